"""The server beneath an emulator: real connections, in a thread of its own, and the faults of the wire."""

from __future__ import annotations

import contextlib
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from gateway.plugins.testing.traffic import Answer, Fault, Request

if TYPE_CHECKING:
    from gateway.plugins.testing.emulator import Emulator

DRIP_SECONDS = 0.15
"""Between two bytes of a dripping answer."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; an author's mistake is kept by the handler."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.emulator.connections += 1
        self._connection = self.server.emulator.connections

    def do_GET(self) -> None:
        emulator = self.server.emulator
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        request = Request(self.command, parts.path, parse_qs(parts.query), headers, body, emulator.clock(), self._connection, parts.query)
        with emulator.counting():
            time.sleep(emulator.thinks_seconds)
            try:
                answer, fault = emulator.served(request)
                head, content = self._written(answer, fault)
            except Exception as error:  # an author's mistake: the kit raises it itself, for nobody looks into a thread
                emulator.failed(request, error)
                fault = None
                head, content = self._written(Answer({"message": f"the emulator failed: {type(error).__name__}: {error}"}, 500), fault)
        self._send(head, content, fault)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_PROPFIND = do_REPORT = do_GET

    def _written(self, answer: Answer, fault: Fault | None) -> tuple[bytes, bytes]:
        """Head and content."""
        content = answer.content()
        length = len(content) if fault is not Fault.OVERSIZED else 10**12
        head = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('?', ''))[0]}", f"Content-Length: {length}"]
        head += [f"{name}: {value}" for name, value in ({"Content-Type": "application/json"} | dict(answer.headers)).items()]
        return "\r\n".join([*head, "", ""]).encode("latin-1"), content

    def _send(self, head: bytes, content: bytes, fault: Fault | None) -> None:
        if fault is Fault.CUT:
            self.connection.sendall(head + content[: len(content) // 2])
            self._hang_up()
        elif fault is Fault.DRIP:
            self._drip(head, content)
        elif fault is Fault.OVERSIZED:
            self._pour(head)
        else:
            self.connection.sendall(head + content)

    def _drip(self, head: bytes, content: bytes) -> None:
        with contextlib.suppress(OSError):
            self.connection.sendall(head)
            for place in range(len(content)):
                self.connection.sendall(content[place : place + 1])
                time.sleep(DRIP_SECONDS)
        self._hang_up()

    def _pour(self, head: bytes) -> None:
        with contextlib.suppress(OSError):
            self.connection.sendall(head + b'["')
            for _ in range(1024):  # 64 MB: whoever takes all of that has no limit
                self.connection.sendall(b"x" * 65536)
                self.server.emulator.poured_bytes += 65536
        self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in `Emulator.log`."""
