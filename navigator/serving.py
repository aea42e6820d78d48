"""The register's server: waitress, from the first request to a clean stop."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

from sqlalchemy import Engine
from waitress.server import create_server  # type: ignore[import-untyped]

from navigator.app import create_app
from navigator.clock import Clock

THREADS = 8


class AddressTaken(Exception):
    """The address cannot be listened on."""


def serve_until_stopped(engine: Engine, clock: Clock, is_test: bool, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is told the address once requests are answered.

    Raises:
        AddressTaken: nothing was served.
    """
    app = create_app(engine, clock, is_test)
    try:
        server = create_server(app, host=host, port=port, threads=THREADS, ident="navigator", clear_untrusted_proxy_headers=True)
    except OSError as error:
        raise AddressTaken(error.strerror or str(error)) from error
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    shown = f"[{host}]" if ":" in host else host
    ready(f"http://{shown}:{server.effective_port}")
    try:
        server.run()  # returns when _stop raises; requests under way are finished by its own threads
    finally:
        server.close()
        engine.dispose()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
