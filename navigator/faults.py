"""What a test register was told to do badly: which faults are set, on which requests they fall, and how often each really fell.

Here is only the reckoning; `navigator.misbehaviour` does what a fault says. Threads share all of it.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

DELAY, LATE, DROP_REQUEST, DROP_REPLY, DUPLICATE = "delay", "late_request", "drop_request", "drop_reply", "duplicate"
SWAP, CORRUPT, ERROR_500, ERROR_429, DRIP = "swap_answers", "corrupt", "error_500", "error_429", "slow_drip"
DOWN, REJECT, REFUSE = "down_until", "reject_next", "refuse"
BEFORE, AFTER = "before", "after"

OPERATIONS_PATH = "/register/v1/operations"
ALWAYS = 1_000_000_000
"""``left`` of a fault that is set by its share and not by a number."""

Operation = Mapping[str, Any]


class Fault:
    """One fault that was set. ``fired`` counts the requests (`REJECT`: items) that it really befell."""

    def __init__(self, said: Mapping[str, Any], until: dt.datetime | None) -> None:
        """``said``: a loaded `navigator.forms.Fault`."""
        self.name: str = said["fault"]
        self.path: str = said.get("path", OPERATIONS_PATH)
        self.until = until
        share = said.get("share")
        self.left: int = said.get("next", ALWAYS if share else 1)
        self.skip: int = said.get("skip", 0)
        self.fired = 0
        self._share: int = share or 100
        self._random = random.Random(said.get("seed", 0))
        self.seconds: float = said.get("seconds", 1)
        self.when: str = said.get("when", BEFORE)
        self.how: str | None = said.get("how")
        self.status: int = said.get("status", 500)
        self.retry_after: int = said.get("retry_after", 1)
        self.code: str = said.get("code", "test_fault")
        self.where: Mapping[str, Any] = said.get("where", {})
        self._said = {**said, **({"until": until.isoformat()} if until else {})}

    @property
    def is_over(self) -> bool:
        return self.left <= 0

    def falls(self) -> bool:
        """Whether it falls on this one; counted if so. The caller holds the lock."""
        if self.is_over:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self._share < 100 and self._random.randrange(100) >= self._share:
            return False
        self.left -= 1
        self.fired += 1
        return True

    def concerns(self, operation: Operation) -> bool:
        """Whether it is meant for operations like this one."""
        known = {**operation["claim"], **{name: value for name, value in operation.items() if name != "claim"}}
        return all(known.get(name) == value for name, value in self.where.items())

    def told(self) -> dict[str, Any]:
        """What was said when it was set, and what became of it. ``left``: None where it ends by the clock or by a well-again alone."""
        endless = self.until is not None or self.left > ALWAYS // 2
        return {**self._said, "left": None if endless and not self.is_over else self.left, "fired": self.fired}


class Faults:
    """All that were set since the server started, in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set: list[Fault] = []
        self._well = threading.Event()

    def set(self, said: Mapping[str, Any], aware: Callable[[dt.datetime], dt.datetime]) -> Fault:
        """Add a fault."""
        until = aware(dt.datetime.fromisoformat(said["until"])) if "until" in said else None
        fault = Fault(said, until)
        with self._lock:
            self._set.append(fault)
        return fault

    def end(self) -> None:
        """Behave well again, at once: whatever is being held back goes on. The counters stay."""
        with self._lock:
            for fault in self._set:
                fault.left = 0
            self._well.set()
            self._well = threading.Event()

    def forget(self) -> None:
        """The same, and the counters go too."""
        self.end()
        with self._lock:
            self._set = []

    def told(self) -> dict[str, Any]:
        """Each fault with its counters, and how often each kind fired in all."""
        with self._lock:
            listed = [fault.told() for fault in self._set]
        sums: Counter[str] = Counter()
        for each in listed:
            sums[each["fault"]] += each["fired"]
        return {"faults": listed, "fired": dict(sums)}

    def is_any_set(self, path: str) -> bool:
        """Whether a request to this path needs a second look."""
        with self._lock:
            return any(not fault.is_over and fnmatchcase(path, fault.path) for fault in self._set)

    def take(self, name: str, path: str, when: str = BEFORE) -> Fault | None:
        """The fault of this kind that falls on this request, if one does."""
        with self._lock:
            for fault in self._set:
                if fault.name == name and fault.when == when and fnmatchcase(path, fault.path) and fault.falls():
                    return fault
        return None

    def down(self, path: str, now: dt.datetime) -> Fault | None:
        """The fault by which the register plays dead at this instant of its clock."""
        with self._lock:
            for fault in self._set:
                if fault.until is None or fault.is_over or not fnmatchcase(path, fault.path):
                    continue
                if now >= fault.until:
                    fault.left = 0
                    continue
                fault.fired += 1
                return fault
        return None

    def rejected(self, operations: Sequence[Operation], path: str) -> dict[int, Fault]:
        """Which operations of a batch, by their places, are to be rejected whatever they say."""
        found: dict[int, Fault] = {}
        with self._lock:
            mine = [fault for fault in self._set if fault.name == REJECT and fnmatchcase(path, fault.path)]
            for place, operation in enumerate(operations):
                for fault in mine:
                    if fault.concerns(operation) and fault.falls():
                        found[place] = fault
                        break
        return found

    def wait(self, seconds: float) -> None:
        """Dawdle, but no longer than until all is well again."""
        self._well.wait(seconds)
