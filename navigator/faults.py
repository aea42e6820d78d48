"""What a test register can be told to do badly, so that whoever speaks to it can be tried: lose a reply, refuse, dawdle, be away.

Faults befall operations only: there a fault could cost money; a read that fails is simply repeated.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask import Response

from navigator.refusals import rejection

DROP_REPLY, REJECT, DELAY, DOWN = "drop_reply", "reject_next", "delay", "down_until"


class Faults:
    """The faults that are set, in the server's process. Each ``next`` counts down; all threads share them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        """Behave well again."""
        self._left = {DROP_REPLY: 0, REJECT: 0, DELAY: 0}
        self._delay_seconds = 0
        self._down_until: dt.datetime | None = None

    def set(self, fault: Mapping[str, Any], aware: Callable[[dt.datetime], dt.datetime]) -> None:
        """Add a fault of `navigator.forms.Fault`."""
        with self._lock:
            if fault["fault"] == DOWN:
                self._down_until = aware(dt.datetime.fromisoformat(fault["until"]))
            else:
                self._left[fault["fault"]] += fault["next"]
                self._delay_seconds = fault.get("seconds", self._delay_seconds)

    def is_down(self, now: dt.datetime) -> bool:
        """Whether the register plays dead at this instant of its clock."""
        return self._down_until is not None and now < self._down_until

    def wait(self) -> None:
        """Dawdle, where that was asked for."""
        if self._take(DELAY, 1):
            time.sleep(self._delay_seconds)

    def rejections(self, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers to those operations that are to be rejected whatever they say: the first of the batch."""
        return [rejection(operation["id"], "test_fault") for operation in operations[: self._take(REJECT, len(operations))]]

    def passed_on(self, response: Response) -> Response:
        """The reply, or the torn beginning of one: the work is done and committed, and the sender does not learn of it."""
        if not self._take(DROP_REPLY, 1):
            return response
        whole = response.get_data()

        def torn() -> Iterator[bytes]:
            yield whole[: len(whole) // 2]

        lost = Response(torn(), mimetype=response.mimetype)
        lost.headers["Content-Length"] = str(len(whole))  # more than comes: the server closes the connection in mid-reply
        return lost

    def _take(self, fault: str, wanted: int) -> int:
        with self._lock:
            taken = min(wanted, self._left[fault])
            self._left[fault] -= taken
            return taken
