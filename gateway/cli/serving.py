"""`gateway serve`: the pages, what programs ask, and the schedule, from the first request to a clean stop."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

import click

from gateway.bootstrap import open_gateway
from gateway.cli.asked import both
from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Option
from gateway.errors import EXIT_DONE, EXIT_USAGE, UserError
from gateway.settings import standing_clock

if TYPE_CHECKING:
    from gateway.scheduler import Scheduler


@click.command("serve", cls=Command)
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", cls=Option)
@click.option("--pages-only", is_flag=True, cls=Option)
@common
def serve(face: Face, port: int | None, pages_only: bool) -> int:
    # Flask and APScheduler come with them: no other command waits for that.
    from waitress.server import create_server  # type: ignore[import-untyped]

    from gateway.console import BODY_BYTES_MAX, create_app
    from gateway.scheduler import Scheduler

    if not face.debug:
        logging.getLogger().setLevel(logging.WARNING)  # it runs for months: what went wrong is looked for in its log
    if port is None:
        port = face.gateway.settings.console_port
    scheduler = None if pages_only else Scheduler(lambda: open_gateway(face.database, face.language), _clock())
    app = create_app(lambda language: open_gateway(face.database, language), background=scheduler)
    try:
        server = create_server(
            app, host="127.0.0.1", port=port, ident="gateway", clear_untrusted_proxy_headers=True, max_request_body_size=2 * BODY_BYTES_MAX
        )
    except OSError as error:
        raise UserError(both("serve.taken", port=port, error=error.strerror or error), both("serve.taken.cure"), EXIT_USAGE) from error
    url = f"http://127.0.0.1:{server.effective_port}"
    stop = _Stop(scheduler)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    if scheduler is not None:
        scheduler.start()
    face.answer({"url": url}, lambda: face.put(face.text("serve.ready", url=url), is_typed=True))
    try:
        server.run()  # returns when `stop` raises; requests under way are finished by its own threads
    finally:
        server.close()
    if not stop.has_ended:  # a job hangs in a call that nobody can end; it is done again
        sys.stdout.flush()
        os._exit(EXIT_DONE)
    return EXIT_DONE


class _Stop:
    """The first signal lets the jobs leave off while the pages still answer (not ready); when they have, or at the second, all ends."""

    def __init__(self, scheduler: Scheduler | None) -> None:
        self._scheduler = scheduler
        self._is_asked = False
        self.has_ended = scheduler is None

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        if self._scheduler is None or self._is_asked:
            raise SystemExit(EXIT_DONE)
        self._is_asked = True
        threading.Thread(target=self._end_jobs, args=(self._scheduler,), daemon=True).start()

    def _end_jobs(self, scheduler: Scheduler) -> None:
        self.has_ended = scheduler.stop()
        signal.raise_signal(signal.SIGTERM)


def _clock() -> Callable[[], dt.datetime] | None:
    """Where GATEWAY_NOW stands the clock still, the schedule's own goes on from there: else nothing would ever be due again."""
    standing = standing_clock()
    if standing is None:
        return None
    begun = time.monotonic()
    return lambda: standing + dt.timedelta(seconds=time.monotonic() - begun)
