"""The register's server: waitress, from the first request to a clean stop. A test register's can also cut and refuse connections."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from sqlalchemy import Engine
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]
from waitress.task import WSGITask  # type: ignore[import-untyped]

from navigator.app import create_app
from navigator.clock import Clock
from navigator.misbehaviour import CUT
from navigator.site import Site, settings_from
from navigator.switch import REFUSER

THREADS = 8
CONNECTIONS_MAX = 800
"""How many may be open at once, idle ones of browsers that were answered too; whoever comes then waits. Below what a process may open."""

IDLE_SECONDS_MAX, LOOKED_AT_EVERY_SECONDS = 30, 10
_ROOM = {
    "connection_limit": CONNECTIONS_MAX,
    "backlog": 4 * CONNECTIONS_MAX,
    "channel_timeout": IDLE_SECONDS_MAX,
    "cleanup_interval": LOOKED_AT_EVERY_SECONDS,
    "asyncore_use_poll": True,  # select() knows no descriptor above 1023
}
"""On the day on which places are given out hundreds come at once: with a hundred connections the next waited until the first went idle."""


class AddressTaken(Exception):
    """The address cannot be listened on."""


class _CuttableTask(WSGITask):  # type: ignore[misc]
    def get_environment(self) -> dict[str, Any]:
        environment: dict[str, Any] = super().get_environment()
        environment[CUT] = self.channel.cut
        return environment


class _CuttableChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that the application can cut in the middle of a request, as a failing network would."""

    task_class = _CuttableTask

    def cut(self) -> None:
        """Shut the TCP connection down both ways; waitress finds it dead and closes it."""
        with contextlib.suppress(OSError):  # the other side was faster
            self.socket.shutdown(socket.SHUT_RDWR)


def serve_until_stopped(engine: Engine, clock: Clock, is_test: bool, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is told the address once requests are answered.

    Raises:
        AddressTaken: nothing was served.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that has to wait its turn tells nobody anything
    app = create_app(engine, clock, is_test)
    site = Site(app, engine, clock, settings_from())
    try:
        server = create_server(site, host=host, port=port, threads=THREADS, ident="navigator", clear_untrusted_proxy_headers=True, **_ROOM)
    except OSError as error:
        raise AddressTaken(error.strerror or str(error)) from error
    if is_test:
        for listener in _listeners(server):
            listener.channel_class = _CuttableChannel
        app.config[REFUSER] = lambda seconds: _refuse(server, seconds)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    shown = f"[{host}]" if ":" in host else host
    site.url = f"http://{shown}:{_listeners(server)[0].effective_port}"
    ready(site.url)
    site.begin_pages()
    try:
        server.run()  # returns when _stop raises; requests under way are finished by its own threads
    finally:
        server.close()
        engine.dispose()


def _listeners(server: Any) -> list[Any]:
    """The server's sockets: one, or one per address where the host's name has several."""
    return [server] if isinstance(server, BaseWSGIServer) else [each for each in server.map.values() if isinstance(each, BaseWSGIServer)]


def _refuse(server: Any, seconds: float) -> None:
    """Close the listening sockets for a while: the system itself then refuses whoever comes. Idle connections are cut."""
    for listener in _listeners(server):
        listener.trigger.pull_trigger(lambda listener=listener: _stop_listening(listener, seconds))  # runs in the server's own loop


def _stop_listening(listener: Any, seconds: float) -> None:
    address = listener.socket.getsockname()
    listener.accepting = False
    listener.del_channel()
    listener.socket.close()
    for channel in list(listener.active_channels.values()):
        if not channel.requests:
            channel.will_close = True
    again = threading.Timer(seconds, lambda: listener.trigger.pull_trigger(lambda: _listen_again(listener, address)))
    again.daemon = True
    again.start()


def _listen_again(listener: Any, address: Any) -> None:
    listener.create_socket(listener.family, listener.socktype)
    listener.set_reuse_addr()
    listener.bind(address)
    listener.accept_connections()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
