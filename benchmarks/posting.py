"""The row `posting`: a backlog sent to a register that answers at once, beside a bare loop of requests with the very same bodies."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any

import requests

from benchmarks.databases import folder
from benchmarks.ours import Ours
from benchmarks.results import Row
from benchmarks.speed import frozen_gc
from benchmarks.town import NOW, Town
from gateway.flow import Flow
from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.plugins.register import Answer

Progress = Callable[[int, int], None]


class RecordingRegister(HttpRegister):
    """The gateway's own connector; what it is given to send is remembered."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.sent: list[Sequence[dict[str, Any]]] = []

    def send(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        self.sent.append(operations)
        return super().send(operations)


def posting(town: Town, progress: Progress) -> list[Row]:
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    server = context.Process(target=_serve, args=(far,), daemon=True)
    server.start()
    try:
        url = f"http://127.0.0.1:{near.recv()}"
        with folder() as home:
            ours = Ours(home, town)
            try:
                for provider in range(town.providers):
                    ours.take(provider, town.batches(provider))
                    progress(provider + 1, town.providers)
                register = RecordingRegister(url)
                ours.flow.register = register
                before = _bare(url, _some_bodies(town))
                with frozen_gc():
                    begun = time.perf_counter()
                    complete = Flow.run(ours.flow, NOW)
                    drained = time.perf_counter() - begun
                if not complete:
                    raise AssertionError("the stub answers everything")
                bare = min(_bare(url, register.sent), _bare(url, register.sent))
            finally:
                ours.close()
    finally:
        server.terminate()
        server.join()
    operations = sum(map(len, register.sent))
    ratio = bare / drained
    notes = {
        "operations": operations, "requests": len(register.sent), "bare, operations/s": round(operations / bare),
        "warm-up of the bare loop, s": round(before, 2), "200,000 operations drain in, s": round(200_000 * drained / operations, 1),
        "at once": register.can.parallel,
    }  # fmt: skip
    return [Row("posting", operations / drained, "operations/s", ratio, "≥ 0.5", ratio >= 0.5, notes)]


def _some_bodies(town: Town) -> list[list[dict[str, Any]]]:
    return [[{"id": f"{number:032x}", "kind": "debit"} for number in range(500)]]


def _bare(url: str, bodies: Sequence[Sequence[dict[str, Any]]]) -> float:
    """One request after another over one connection; each answer is read as JSON."""
    with requests.Session() as session:
        session.trust_env = False
        begun = time.perf_counter()
        for body in bodies:
            answer = session.post(url + "/register/v1/operations", json={"operations": body}, timeout=60)
            if len(answer.json()["answers"]) != len(body):
                raise AssertionError("the stub answers everything")
        return time.perf_counter() - begun


# ---------------------------------------------------------------- the register, in a process of its own


class _Accepts(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answers = [{"id": one["id"], "outcome": "accepted", "number": f"N-{one['id'][:12]}"} for one in asked["operations"]]
        body = json.dumps({"answers": answers}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        return None


def _serve(pipe: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Accepts)
    server.daemon_threads = True
    pipe.send(server.server_address[1])
    server.serve_forever()
