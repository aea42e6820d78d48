"""What came of the enrollments: attendance, and the debits of those who were there, as the gateway sends them."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core.money import kopecks_from_roubles
from navigator.portal.catalogue.costs import cost_of
from navigator.seed.places import Enrolled

Operation = dict[str, Any]

STATUSES = (("attended", "absent", "excused"), (86, 10, 4))
_ZONE = ZoneInfo("Europe/Moscow")
_NOTHING: Operation = {"n": 0, "after": None, "refers_to": None, "status": None, "closed_over": False}


def make_marks(chance: random.Random, enrolled: Iterable[Enrolled], first: dt.date, last: dt.date) -> list[Operation]:
    """The operations of all lessons between the days, both included, in the order of the lessons."""
    made = [each for one in enrolled for each in marks_of(chance, one, max(first, one.starts_on), min(last, one.ends_on))]
    return sorted(made, key=lambda each: (each["claim"]["date"], each["claim"]["lesson_starts_at"], each["id"]))


def marks_of(chance: random.Random, one: Enrolled, first: dt.date, last: dt.date) -> Iterator[Operation]:
    """The operations of one enrollment's lessons between the days, weekday by weekday."""
    module = {
        "unit": one.group.module["unit"],
        "unit_price_kopecks": kopecks_from_roubles(one.group.module["unit_price"]),
        "unit_normative_kopecks": kopecks_from_roubles(one.group.module["unit_normative"]),
    }
    for weekday, starts_at, ends_at in one.group.slots:
        cost = cost_of(module, _minutes(ends_at) - _minutes(starts_at))
        amount = (cost.certificate_kopecks or 0) if cost is not None else 0
        day = first + dt.timedelta(days=(weekday - first.isoweekday()) % 7)
        while day <= last:
            status = chance.choices(*STATUSES)[0]
            claim = _claim(one, day, starts_at)
            yield _operation(one, claim, "attendance", 0) | {"status": status}
            if status == "attended" and amount and one.child.is_active:
                yield _operation(one, claim, "debit", amount)
            day += dt.timedelta(days=7)


def _claim(one: Enrolled, day: dt.date, starts_at: str) -> dict[str, Any]:
    begins = dt.datetime.combine(day, dt.time.fromisoformat(starts_at), _ZONE)
    named = {"provider": one.group.provider, "child": one.child.child, "group": one.group.group}
    return {**named, "date": day.isoformat(), "slot": 1, "lesson_starts_at": begins.isoformat()}


def _operation(one: Enrolled, claim: dict[str, Any], kind: str, amount_kopecks: int) -> Operation:
    text = f"{kind} {claim['child']} {claim['group']} {claim['date']} {claim['slot']}"
    named = {"id": hashlib.blake2b(text.encode(), digest_size=16).hexdigest(), "kind": kind, "claim": claim}
    said = {"enrollment": one.enrollment, "certificate": f"cert-{one.child.certificate}", "month": claim["date"][:7]}
    return {**_NOTHING, **named, **said, "amount_kopecks": amount_kopecks}


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])
