"""The application: its addresses, its headers, and what it says when something is not there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from gateway.console.asking import Asking
from gateway.console.background import Background, OpenGateway, opened
from gateway.console.page import RegisterSaid, page_of, register_said
from gateway.console.readiness import Readiness
from gateway.console.receiving import add_receiving
from gateway.console.words import EN, RU, Speech
from gateway.errors import UserError, trace_of
from gateway.plugins.register import RegisterUnavailable
from gateway.settings import standing_clock
from gateway.store.engine import StoreUnavailable

REGISTER_SECONDS = 2.0
"""How long a page waits for the register before it says so."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def create_app(open_gateway: OpenGateway, register_seconds: float = REGISTER_SECONDS, background: Background | None = None) -> Flask:
    """The gateway's pages.

    Args:
        open_gateway: gives the gateway that speaks a language, ru or en; called for each request, so that a page never shows a database
            that is gone.
        register_seconds: how long a page waits for the register.
        background: the schedule at work in this process.
    """
    app = Flask(__name__)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    asking: Asking[RegisterSaid] = Asking()
    readiness = Readiness(open_gateway, register_seconds, background)

    @app.get("/")
    def status() -> str:
        language = language_of()
        with opened(open_gateway, language) as gateway:
            said = _ask(asking, open_gateway, language, register_seconds)
            return render_template("status.html", page=page_of(gateway, said, language), **_frame(language))

    @app.get("/health")
    def health() -> Response:
        return jsonify({"status": "ok"})  # the process lives: nothing else is asked

    @app.get("/ready")
    def ready() -> Response:
        return readiness.answer(language_of())

    add_receiving(app, open_gateway, background)
    app.register_error_handler(UserError, _not_there)
    app.register_error_handler(StoreUnavailable, _not_there)
    app.register_error_handler(RegisterUnavailable, _not_there)
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(Exception, _unexpected)
    app.after_request(_with_headers)
    return app


# ---------------------------------------------------------------- language


def language_of() -> str:
    """By ``?lang=``, else what the browser prefers; Russian where it says neither."""
    asked = request.args.get("lang", "")
    if asked in (RU, EN):
        return asked
    return request.accept_languages.best_match([RU, EN], default=RU)


def _frame(language: str) -> Mapping[str, Any]:
    """What every page needs for its head and foot."""
    return {"say": Speech(language), "language": language, "other": EN if language == RU else RU, "stands_at": _stands_at()}


def _stands_at() -> str:
    """Where GATEWAY_NOW stands the clock still, every page says so."""
    try:
        standing = standing_clock()
    except UserError:
        return ""
    return standing.isoformat() if standing is not None else ""


# ---------------------------------------------------------------- the register, for a moment


def _ask(asking: Asking[RegisterSaid], open_gateway: OpenGateway, language: str, seconds: float) -> RegisterSaid | None:
    """What the register says; None: it does not answer, or not in time."""

    def question() -> RegisterSaid:
        with opened(open_gateway, language) as gateway:
            return register_said(gateway)

    try:
        return asking(language, question, seconds)
    except (TimeoutError, RegisterUnavailable):
        return None


# ---------------------------------------------------------------- what goes wrong


def _not_there(error: Exception) -> tuple[str, int]:
    """The database or the settings are not as they must be: the page says what, and how to mend it."""
    language = language_of()
    say = Speech(language)
    if isinstance(error, UserError):
        what, cure = error.what.in_language(language), error.cure.in_language(language)
    elif isinstance(error, RegisterUnavailable):  # it is unusable before it is asked: its address is no address
        what, cure = say("problem.register", why=error.text.in_language(language)), say("problem.register.cure")
    else:
        what, cure = say("problem.database"), say("problem.database.cure")
    return render_template("problem.html", what=what, cure=cure, **_frame(language)), 503


def _problem(error: HTTPException) -> tuple[str, int]:
    language, code = language_of(), error.code or 500
    name = "problem.not_found" if code == 404 else "problem.request" if code < 500 else "problem.unexpected"
    say = Speech(language)
    return render_template("problem.html", what=say(name), cure=say(f"{name}.cure"), **_frame(language)), code


def _unexpected(error: Exception) -> tuple[str, int]:
    """A fault of ours: the trace goes to the log, and nothing of it to the page."""
    current_app.logger.error("unexpected: %s", trace_of(error))
    language = language_of()
    say = Speech(language)
    return render_template("problem.html", what=say("problem.unexpected"), cure=say("problem.unexpected.cure"), **_frame(language)), 500


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
        response.vary.add("Accept-Language")
    return response
