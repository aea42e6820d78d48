"""Coming to where the register is: a gateway restored from an old backup, or on an empty database, adopts before it sends anything.

Every reading of the movements does this for money. Where it shows that the register is ahead, its attendance is adopted too, so that what
is counted per claim goes on from the register's count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gateway.core.adopt import Place
from gateway.core.close import next_month
from gateway.core.periods import month_of
from gateway.flow.post import accepted_from
from gateway.plugins.register import Acceptance
from gateway.store import adopt as store_adopt
from gateway.store import link as store_link
from gateway.store import register as store_register
from gateway.store.adopt import Movement
from gateway.store.engine import Engine

if TYPE_CHECKING:
    from gateway.flow.run import Flow

MONTHS_MAX = 60
"""How far back the attendance is asked for."""
PAGE = 2_000


@dataclass(slots=True)
class Adoption:
    """One reading of what the register knows.

    Attributes:
        money: operations of money that nobody here had asked for; attendance: the same of attendance.
    """

    flow: Flow
    now: dt.datetime
    money: int = 0
    attendance: int = 0
    _months: set[str] = field(default_factory=set)
    _is_first: bool = False

    def save_movements(self, engine: Engine, register: str, items: Sequence[Acceptance], cursor: str, now: dt.datetime) -> None:
        """Take over a page of the register's movements."""
        self._is_first = self._is_first or store_register.cursor_of(engine, register, "movements") is None
        movements = [_movement(one) for one in items if one.kind != "attendance"]
        adopted = store_adopt.save_movements(engine, register, movements, cursor, self.flow.rules.nominal_period, now)
        self.money += adopted.strange
        self._months |= adopted.months

    def finish(self, progress: Callable[[str, int], None]) -> None:
        """Adopt the attendance too, where the register has shown that it is ahead of us.

        Raises:
            RegisterUnavailable: it is tried again with the next reading; nothing is sent before.
        """
        engine, register = self.flow.engine, self.flow.register_name
        is_asked = store_link.link_to(engine, register).recover_since is not None
        if not self.money and not is_asked:
            return
        if not is_asked:
            # Remembered before it is begun: if it breaks off, the next reading goes on.
            store_link.must_recover(engine, register, self.now)
        if self.flow.register.can.attendance:
            months = self._all_months() if is_asked or self._is_first else sorted(self._months)
            for month in months:
                self._take_attendance(self.flow.register.attendance(month), progress)
        store_link.has_recovered(engine, register)

    def _take_attendance(self, records: Iterable[Acceptance], progress: Callable[[str, int], None]) -> None:
        page: list[Movement] = []
        for record in records:
            page.append(_movement(record))
            if len(page) == PAGE:
                self._save_attendance(page, progress)
                page = []
        if page:
            self._save_attendance(page, progress)

    def _save_attendance(self, page: Sequence[Movement], progress: Callable[[str, int], None]) -> None:
        self.attendance += store_adopt.save_attendances(self.flow.engine, self.flow.register_name, page, self.now)
        progress("register", len(page))

    def _all_months(self) -> list[str]:
        """Every month in which the register may have attendance: from the first enrollment's on, this month and the next included."""
        last = next_month(month_of(self.now.date()))
        first = store_adopt.first_month(self.flow.engine) or last
        months = [first]
        while months[-1] < last:
            months.append(next_month(months[-1]))
        return months[-MONTHS_MAX:]


def recover(flow: Flow, now: dt.datetime, progress: Callable[[str, int], None]) -> dict[str, Any]:
    """Read all that the register ever accepted, and adopt what is not known here. Nothing is sent.

    Raises:
        RegisterUnavailable: what was adopted by then stays, and the next reading goes on.
    """
    store_link.must_recover(flow.engine, flow.register_name, now)
    store_register.forget_cursor(flow.engine, flow.register_name, "movements")
    adoption = flow.read_register(now, progress)
    return {"money": adoption.money, "attendance": adoption.attendance}


def _movement(one: Acceptance) -> Movement:
    place = Place(one.provider, one.child, one.group, one.day, one.slot)
    return Movement(accepted_from(one), place, one.lesson_starts_at, one.status)
