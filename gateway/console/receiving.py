"""What systems push: deliveries, which are stored before they are answered, and hints, which have a source asked.

Nothing of a body, a signature or a secret gets into a log or an answer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.console.background import Background, OpenGateway, opened
from gateway.console.problems import problem
from gateway.console.words import EN, RU, Speech
from gateway.errors import UserError, trace_of
from gateway.plugins import NotSigned, SourceRefused
from gateway.receiving import NotPushed
from gateway.schedule import POST, sync_job
from gateway.store.engine import StoreUnavailable
from gateway.store.source_state import Overtaken

BODY_BYTES_MAX = 1024 * 1024
PER_MINUTE_MAX = 300
"""Deliveries of one source that were signed well; hints are counted likewise."""
RETRY_SECONDS = 30
NOTED_SECONDS = 300.0
"""That deliveries are refused is noted so often at most: whoever knows the address may send as many as he likes."""
SOON_SECONDS = 6.0
"""When the schedule looks at a job that was hinted at: a little later than it is due."""


class Pushing:
    """The two addresses, and how often each source has used them."""

    def __init__(self, open_gateway: OpenGateway, background: Background | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._open = open_gateway
        self._background = background
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: dict[str, deque[float]] = {}
        self._noted: dict[str, float] = {}

    def delivery(self, source: str) -> Response:
        """Take what a source has pushed."""
        say = Speech(_language())
        request.max_content_length = BODY_BYTES_MAX
        try:
            body = request.get_data(cache=False)
        except RequestEntityTooLarge:
            return problem(413, "too-large", say("push.too_large"), say("push.too_large.cure", megabytes=BODY_BYTES_MAX >> 20))
        headers = {name.lower(): value for name, value in request.headers.items()}

        def take() -> Response:
            with opened(self._open, EN) as gateway:
                if not self._may(source):
                    return self._too_many(say)
                try:
                    told = gateway.receive(source, headers, body)
                except SourceRefused as error:
                    if self._is_to_be_noted(source):
                        gateway.note_refused(source, error)
                    raise
            self._count(source)
            self._wake(POST)
            return jsonify({"status": "stored" if told.is_new else "known", "new": told.new, "unread": told.unread})

        return self._answered(take, say)

    def hint(self, source: str, secret: str) -> Response:
        """Have a source asked soon. The body is not looked at: whoever wrote it may not be who he says."""
        say = Speech(_language())
        given = secret or request.headers.get("Authorization", "").removeprefix("Bearer ")

        def take() -> Response:
            if not self._may(source):
                return self._too_many(say)
            with opened(self._open, EN) as gateway:
                at = gateway.take_hint(source, given)
            self._count(source)
            self._wake(sync_job(source))
            response = jsonify({"status": "noted", "due_at": at.isoformat() if at else None})
            response.status_code = 202
            return response

        return self._answered(take, say)

    def _answered(self, take: Callable[[], Response], say: Speech) -> Response:
        """The answer, or the problem that it is."""
        try:
            return take()
        except NotSigned as error:
            return problem(401, "not-signed", say("push.not_signed"), _sentence(error, say))
        except SourceRefused as error:
            return problem(422, "not-understood", say("push.not_understood"), _sentence(error, say))
        except NotPushed as error:
            return problem(404, "unknown-source", say("push.unknown"), _sentence(error, say))
        except UserError as error:
            return _later(problem(503, "not-set-up", say("push.not_set_up"), _sentence(error, say)))
        except (StoreUnavailable, Overtaken):
            return _later(problem(503, "busy", say("push.busy"), say("push.busy.cure")))
        except Exception as error:  # a mistake of ours, or of an adapter's
            current_app.logger.error("pushed: %s", trace_of(error))
            return problem(500, "unexpected", say("push.unexpected"), say("push.busy.cure"))

    def _wake(self, job: str) -> None:
        if self._background is not None:
            self._background.wake(job, SOON_SECONDS)

    # ------------------------------------------------------------ how often

    def _may(self, source: str) -> bool:
        now = self._clock()
        with self._lock:
            taken = self._taken.get(source, deque())
            while taken and taken[0] <= now - 60:
                taken.popleft()
            return len(taken) < PER_MINUTE_MAX

    def _count(self, source: str) -> None:
        """Only what was believed is counted: else a stranger could shut a source out."""
        with self._lock:
            self._taken.setdefault(source, deque(maxlen=PER_MINUTE_MAX)).append(self._clock())

    def _is_to_be_noted(self, source: str) -> bool:
        now = self._clock()
        with self._lock:
            is_due = now - self._noted.get(source, float("-inf")) >= NOTED_SECONDS
            if is_due:
                self._noted[source] = now
        return is_due

    def _too_many(self, say: Speech) -> Response:
        return _later(problem(429, "too-many", say("push.too_many"), say("push.too_many.cure", number=PER_MINUTE_MAX)))


def add_receiving(app: Flask, open_gateway: OpenGateway, background: Background | None) -> None:
    """Add the two addresses to the application."""
    pushing = Pushing(open_gateway, background)
    app.add_url_rule("/receive/<source>", "receive", pushing.delivery, methods=["POST"])
    app.add_url_rule("/hint/<source>", "hint", lambda source: pushing.hint(source, ""), methods=["POST"])
    app.add_url_rule("/hint/<source>/<secret>", "hint_by_path", pushing.hint, methods=["POST"])


def _later(response: Response) -> Response:
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _sentence(error: UserError | SourceRefused, say: Speech) -> str:
    what, cure = error.what.in_language(say.language), error.cure.in_language(say.language)
    return f"{what}: {cure}" if not what.endswith(".") else f"{what} {cure}"


def _language() -> str:
    asked = request.args.get("lang", "")
    return asked if asked in (RU, EN) else request.accept_languages.best_match([RU, EN], default=RU)
