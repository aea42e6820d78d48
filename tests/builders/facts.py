"""Facts, claims and answers as the core knows them, each with what matters to a test given and the rest ordinary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core.claims import Answer, AnswerKind, Claim, LessonAt, LiveDebit, claim_key, debit_id
from gateway.core.collect import Cell, Known, Person, StandingMark, Word
from gateway.core.decide import BoundRule, Decider, EligibleDays, RegisterFacts, RulesInForce
from gateway.core.facts import (
    Batch,
    Candidate,
    Certificate,
    EmptyMeaning,
    Enrollment,
    LessonException,
    Mark,
    Member,
    Place,
    RegisterGroup,
    RegisterProvider,
    Status,
    Text,
    TimetableLine,
    Window,
)
from gateway.core.ledger import AccountKind, AccountName
from gateway.core.lessons import StandingLesson
from gateway.core.match import WordAt
from gateway.core.names import parse_name
from gateway.core.periods import ALWAYS, Period, month_period
from gateway.core.post import Operation
from gateway.core.rules import Charge, Eligibility, Refusal

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = dt.datetime(2025, 11, 5, 10, 0, tzinfo=MOSCOW)
DAY = dt.date(2025, 10, 6)
OCTOBER = month_period("2025-10")
YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))


def calendar_year(day: dt.date) -> Period:
    return Period(dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))


def day(number: int, month: int = 10) -> dt.date:
    return dt.date(2025, month, number)


def at(day_: dt.date, hour: int = 16, minute: int = 0, zone: ZoneInfo = MOSCOW) -> dt.datetime:
    return dt.datetime.combine(day_, dt.time(hour, minute), zone)


# ---------------------------------------------------------------- the register's facts


def line(weekday: int, starts_at: str = "16:00", ends_at: str = "17:30", weeks: str = "every", valid: Period = ALWAYS) -> TimetableLine:
    return TimetableLine(weekday, dt.time.fromisoformat(starts_at), dt.time.fromisoformat(ends_at), weeks, valid)


def exception(
    day_: dt.date, starts_at: str | None = None, ends_at: str | None = None, cancelled: bool = False, moved_from: dt.date | None = None
) -> LessonException:
    return LessonException(
        day_,
        dt.time.fromisoformat(starts_at) if starts_at else None,
        dt.time.fromisoformat(ends_at) if ends_at else None,
        cancelled,
        moved_from,
    )


def group(
    *timetable: TimetableLine, exceptions: Iterable[LessonException] = (), name: str = "g-1", price: int | None = 10_000, **more: Any
) -> RegisterGroup:
    ordinary: dict[str, Any] = {
        "provider": "club", "title": "Парусники", "module": "m-1", "module_title": "Модуль", "module_is_open": True, "unit": "lesson",
        "unit_price": price, "unit_normative": price, "programme": "p-1", "programme_title": "Парус", "programme_is_verified": True,
    }  # fmt: skip
    return RegisterGroup(group=name, timetable=timetable, exceptions=tuple(exceptions), **(ordinary | more))


def provider(name: str = "club", time_zone: str = "Europe/Moscow") -> RegisterProvider:
    return RegisterProvider(name, "Клуб", time_zone, "active", agreements=(("town", YEAR),))


def certificate(name: str = "cert-1", child: str = "k-1", nominal: int = 100_000, valid: Period = YEAR, **more: Any) -> Certificate:
    ordinary: dict[str, Any] = {
        "payer": "town", "numbers": (("4700000001", None),), "kinds": (("financing", None),), "states": (("active", None),),
        "nominals": ((valid, nominal),),
    }  # fmt: skip
    return Certificate(certificate=name, child=child, valid=valid, **(ordinary | more))


def enrollment(
    name: str = "D-1", child: str = "k-1", group: str = "g-1", period: Period = YEAR, state: str = "active", certificate: str = "cert-1"
) -> Enrollment:
    return Enrollment(name, "town", certificate, child, group, "club", period, state)


def candidate(child: str = "k-1", name: str = "Волнова Ася", enrolled: Sequence[str] = ("g-1",), **more: Any) -> Candidate:
    last, first, *rest = name.split()
    return Candidate(child, "town", last, first, rest[0] if rest else None, enrolled=tuple((one, YEAR) for one in enrolled), **more)


# ---------------------------------------------------------------- claims and answers


def claim(
    day_: dt.date = DAY,
    slot: int = 1,
    child: str = "k-1",
    group: str = "g-1",
    status: Status | None = Status.ATTENDED,
    live: LiveDebit | None = None,
    minutes: int = 90,
    **more: Any,
) -> Claim:
    key = claim_key("club", child, group, day_, slot)
    starts_at = at(day_, 12 + slot)
    ordinary: dict[str, Any] = {
        "payer": "town", "row": int(key[:8], 16), "hours": None, "from_empty": False, "is_cancelled": False,
        "conflict": "",
    }  # fmt: skip
    if live is not None:
        ordinary |= {"debits": 1, "last_acceptance": live.id}
    return Claim(
        key=key, provider="club", child=child, group=group, day=day_, slot=slot, starts_at=starts_at,
        ends_at=starts_at + dt.timedelta(minutes=minutes), status=status, live=live, **(ordinary | more),
    )  # fmt: skip


def live_debit(
    of: Claim | None = None, amount: int = 10_000, enrollment: str = "D-1", certificate: str = "cert-1", minutes: int = 90
) -> LiveDebit:
    key = (of or claim()).key
    return LiveDebit(7, debit_id(key, 0), amount, enrollment, certificate, minutes)


def charged(price: int = 10_000, enrollment: str = "D-1", certificate: str | None = "cert-1", **more: Any) -> Answer:
    return Answer(AnswerKind.CHARGED, price=price, parent=0, enrollment=enrollment, certificate=certificate, **more)


def refused(*rules: str, price: int | None = 10_000, enrollment: str | None = "D-1", **more: Any) -> Answer:
    refusals = tuple(refusal(rule) for rule in rules)
    return Answer(AnswerKind.REFUSED, refusals=refusals, price=price, enrollment=enrollment, certificate="cert-1", **more)


def refusal(rule: str) -> Refusal:
    return Refusal(rule, Text("причина", "reason"), Text("лекарство", "cure"))


def account(certificate: str = "cert-1", kind: AccountKind = AccountKind.CERTIFICATE, payer: str = "town", year: int = 2025) -> AccountName:
    return AccountName(payer, f"{year}-01-01", kind, certificate)


def operation(kind: str = "debit", amount: int = 10_000, number: int = 1, **more: Any) -> Operation:
    of = claim(child=more.get("child", "k-1"), day_=more.get("day", DAY))
    ordinary: dict[str, Any] = {
        "payer": "town", "operation": number, "id": debit_id(of.key, 0), "kind": kind, "claim": of.row, "claim_key": of.key,
        "provider": "club",
        "child": "k-1", "group": "g-1", "day": DAY, "slot": 1, "starts_at": of.starts_at, "n": 0, "month": "2025-10", "amount": amount,
        "enrollment": "D-1", "certificate": "cert-1", "minutes": 90, "after": None, "refers_to": None, "status": None,
    }  # fmt: skip
    return Operation(**(ordinary | more))


# ---------------------------------------------------------------- decide


class OutsideOf:
    """An enrollment rule that refuses every day outside its intervals."""

    title, act, parameters, switchable = Text("", ""), "assumed", None, True

    def __init__(self, id_: str, *intervals: Period) -> None:
        self.id = id_
        self.intervals = intervals
        self.asked: list[Any] = []

    def eligible(self, view: Any, parameters: Any) -> Eligibility | None:
        self.asked.append(view)
        return Eligibility(self.intervals, refusal(self.id))


class InForce:
    """As A01: the enrollment's own days, where its state counts."""

    id, title, act, parameters, switchable = "A01", Text("", ""), "assumed", None, True

    def eligible(self, view: Any, parameters: Any) -> Eligibility | None:
        return Eligibility((view.period,) if view.period and view.state in ("active", "ending", "closed") else (), refusal("A01"))


class MarkRuleOf:
    """A mark rule that refuses by a function of (claim, history)."""

    title, act, parameters, switchable = Text("", ""), "assumed", None, True

    def __init__(self, id_: str, refuses: Any, history: str = "none") -> None:
        self.id, self.refuses, self.history = id_, refuses, history

    def check(self, claim: Any, history: Any, parameters: Any) -> Refusal | None:
        return refusal(self.id) if self.refuses(claim, history) else None


def decider(
    enrollments: Iterable[Enrollment] = (),
    certificates: Iterable[Certificate] = (),
    enrollment_rules: Iterable[Any] = (),
    mark_rules: Iterable[Any] = (),
    price: int | None = 10_000,
    history_of: Any = None,
    digests: Mapping[str, bytes] | None = None,
    eligible_days: EligibleDays | None = None,
) -> Decider:
    by_pair: dict[tuple[str, str], list[Enrollment]] = {}
    for one in enrollments:
        by_pair.setdefault((one.child, one.group), []).append(one)
    by_child: dict[str, list[Certificate]] = {}
    for each in certificates:
        by_child.setdefault(each.child, []).append(each)
    by_id = {one.certificate: one for one in certificates}
    facts = RegisterFacts({"g-1": group()}, {"club": provider()}, by_pair, by_child, by_id, digests or {})
    rules = RulesInForce(
        [BoundRule(one, None) for one in enrollment_rules],
        [BoundRule(one, None) for one in mark_rules],
        lambda group, minutes: None if price is None else Charge(price, 0, ()),
        calendar_year,
    )
    return Decider(facts, rules, NOW, history_of or (lambda claim, reach: ()), eligible_days)


# ---------------------------------------------------------------- collect and match


def place(row: int = 14, column: str = "K", sheet: str = "Октябрь") -> Place:
    return Place(sheet, row, column)


def member(key: str = "m-1", name: str = "Волнова Ася", group: str = "Парусники", row: int = 14, **more: Any) -> Member:
    return Member(key, group, name, place(row, "B"), **more)


def mark(of: str = "m-1", day_: dt.date = DAY, status: Status = Status.ATTENDED, row: int = 14, **more: Any) -> Mark:
    return Mark(of, day_, status, place(row), **more)


def window(
    empty: EmptyMeaning = EmptyMeaning.ATTENDED, filled_to: dt.date | None = None, group: str = "Парусники", lists_all: bool = True
) -> Window:
    return Window(group, OCTOBER, empty, filled_to, lists_all)


def batch(*records: Any, windows: Iterable[Window] = (), **more: Any) -> Batch:
    return Batch(tuple(records), tuple(windows), **more)


def known(
    marks: dict[Cell, StandingMark] | None = None,
    persons: Iterable[Person] = (),
    lessons: Iterable[StandingLesson] = (),
    lesson_days: Iterable[dt.date] = (),
    groups: dict[str, str | None] | None = None,
    **more: Any,
) -> Known:
    persons = list(persons)
    ordinary: dict[str, Any] = {
        "nonworking": frozenset(),
        "today": NOW.date(),
        "next_person": max((one.person for one in persons), default=0) + 1,
    }
    days = frozenset(lesson_days)
    names = {"Парусники": "g-1"} if groups is None else groups
    return Known(
        group_of=lambda words: names.get(words), lesson_days=lambda group: days, key_of=lambda words: words, persons=persons,
        marks=marks or {}, lessons=lessons, **(ordinary | more),
    )  # fmt: skip


def standing(
    person: int = 1,
    day_: dt.date = DAY,
    status: Status = Status.ATTENDED,
    from_empty: bool = False,
    hours: int | None = None,
    number: int = 1,
    counts: bool = True,
    run: int = 1,
    group: str = "g-1",
) -> tuple[Cell, StandingMark]:
    return Cell(person, group, day_, ""), StandingMark(number, Word(status, hours, from_empty, place()), counts, run)


def lesson(day_: dt.date = DAY, slot: int = 1, minutes: int = 90, is_cancelled: bool = False, group: str = "g-1") -> LessonAt:
    starts_at = at(day_, 12 + 2 * slot)
    return LessonAt(group, day_, slot, starts_at, starts_at + dt.timedelta(minutes=minutes), is_cancelled)


def word(
    mark: int = 1, status: Status = Status.ATTENDED, source: str = "xlsx", person: int = 1, day_: dt.date = DAY, run: int = 1, **more: Any
) -> WordAt:
    ordinary: dict[str, Any] = {"group": "g-1", "hours": None, "from_empty": False, "place": place(), "child": None}
    return WordAt(mark=mark, source=source, person=person, day=day_, status=status, run=run, **(ordinary | more))


def name(text: str) -> Any:
    return parse_name(text)
