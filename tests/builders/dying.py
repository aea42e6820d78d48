"""An import in a process of its own that counts its saves and its sends, and dies at one of them. Nothing of it is in the product.

A save is the commit of a transaction that writes; a send is one request with operations. Each has two moments: just before it is done
(nothing of it happened), and just after (it happened, and nobody here has heard of it).
"""

from __future__ import annotations

import json
import os
import signal
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, event

from gateway.bootstrap import Gateway
from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.plugins.register import Answer
from gateway.store.engine import Engine

WHEN = ("before", "after")


class Moment(NamedTuple):
    """``kind``: save or send; ``number``: counted from 1; ``when``: just before it, or just after."""

    kind: str
    number: int
    when: str

    def __str__(self) -> str:
        return f"{self.when} {self.kind} {self.number}"


class Counted:
    """Counts in this process from here on; at ``dies_at`` it leaves its name in ``trace`` and kills itself with SIGKILL."""

    def __init__(self, dies_at: Moment | None, trace: Path) -> None:
        self._dies_at = dies_at
        self._trace = trace
        self._lock = threading.Lock()
        self.counts = {"save": 0, "send": 0}

    def watch(self, engine: Engine) -> None:
        """Every commit of a transaction that writes is a save."""
        saves = threading.local()
        commit = engine.dialect.do_commit

        @event.listens_for(engine, "commit")
        def _before(connection: Connection) -> None:
            saves.number = self._begins("save") if connection.get_execution_options().get("writes") else None

        def do_commit(connection: Any) -> None:
            commit(connection)
            if (number := getattr(saves, "number", None)) is not None:
                saves.number = None
                self._at(Moment("save", number, "after"))

        engine.dialect.do_commit = do_commit  # type: ignore[method-assign]

    def sends(self, send: Callable[..., Sequence[Answer]]) -> Callable[..., Sequence[Answer]]:
        """``send``, counted."""

        def counted(register: HttpRegister, operations: Sequence[Mapping[str, Any]]) -> Sequence[Answer]:
            number = self._begins("send")
            answers = send(register, operations)
            self._at(Moment("send", number, "after"))
            return answers

        return counted

    def _begins(self, kind: str) -> int:
        with self._lock:
            self.counts[kind] += 1
            number = self.counts[kind]
        self._at(Moment(kind, number, "before"))
        return number

    def _at(self, moment: Moment) -> None:
        if moment == self._dies_at:
            self._trace.write_text(str(moment), encoding="utf-8")
            os.kill(os.getpid(), signal.SIGKILL)


class Ended(NamedTuple):
    """How the process ended: its exit code (-9: killed), its report where it got so far, what it counted."""

    code: int
    report: dict[str, Any] | None
    counts: dict[str, int]


def import_counted(make: Callable[[], Gateway], work: Callable[[Gateway], dict[str, Any]], trace: Path, dies_at: Moment | None) -> Ended:
    """Fork, make a gateway, do the work (it gives a report), tell the report, and say that it was received."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        code = 1
        try:
            os.close(reading)
            counted = Counted(dies_at, trace)
            HttpRegister.send = counted.sends(HttpRegister.send)  # type: ignore[method-assign,assignment]
            gateway = make()
            counted.watch(gateway.engine)
            report = work(gateway)
            os.write(writing, json.dumps(report).encode() + b"\n")
            gateway.finished(report)
            os.write(writing, json.dumps(counted.counts).encode() + b"\n")
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = [json.loads(line) for line in pipe.read().splitlines()]
    _, status = os.waitpid(process, 0)
    return Ended(os.waitstatus_to_exitcode(status), told[0] if told else None, told[1] if len(told) > 1 else {})
