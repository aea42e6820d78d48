"""Stage 6, reconcile: our ledger beside the register's statement and attendance. Each difference has its class, its place and its cure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from gateway.core.facts import Text


class DifferenceClass(StrEnum):
    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    OTHER_SUM = "other_sum"
    OTHER_STATE = "other_state"  # a booked debit that today's facts would no longer bear, or attendance that differs
    REJECTED = "rejected"  # the register refused an attendance or a reversal
    UNANSWERED = "unanswered"
    OTHER_BALANCE = "other_balance"


class Posted(NamedTuple):
    """A money operation as one side has it. Amounts are kopecks, a reversal's too positive."""

    id: str
    kind: str
    amount: int
    provider: str
    group: str
    child: str
    day: dt.date
    slot: int


class Difference(NamedTuple):
    """``subject``: the operation's or claim's id; ``here`` and ``there``: what each side says, as text."""

    kind: DifferenceClass
    subject: str
    provider: str
    group: str
    day: dt.date | None
    slot: int | None
    here: str
    there: str
    cure: Text


_CURE = {
    DifferenceClass.MISSING_THERE: Text(
        "Реестр потерял принятую операцию: передайте её номер оператору Навигатора.",
        "The register lost an operation that it accepted: tell the Navigator's operator its number.",
    ),
    DifferenceClass.MISSING_HERE: Text(
        "Операция есть только в реестре: выполните gateway run, чтобы принять её к учёту.",
        "Only the register has this operation: gateway run takes it over.",
    ),
    DifferenceClass.OTHER_SUM: Text(
        "Суммы расходятся: сверьте операцию с оператором Навигатора.", "The sums differ: compare the operation with the Navigator's operator."
    ),
    DifferenceClass.OTHER_STATE: Text(
        "Решает человек: снимите отметку, чтобы вернуть списание, или оставьте как есть.",
        "A person decides: withdraw the mark to take the debit back, or let it stand.",
    ),
    DifferenceClass.REJECTED: Text(
        "Реестр не принял операцию: устраните названную причину и подайте табель снова.",
        "The register refused the operation: mend the reason it names and send the sheet again.",
    ),
    DifferenceClass.UNANSWERED: Text(
        "Реестр ещё не ответил: выполните gateway run, когда он доступен.", "The register has not answered: gateway run once it is there."
    ),
    DifferenceClass.OTHER_BALANCE: Text(
        "Остатки расходятся: выполните gateway run и сверьте снова; если останется, это дело оператора.",
        "The balances differ: gateway run, then reconcile again; if it stays, it is the operator's.",
    ),
}


def cure_of(kind: DifferenceClass) -> Text:
    return _CURE[kind]


def compare_money(ours: Iterable[Posted], theirs: Iterable[Posted]) -> list[Difference]:
    """Operations of one booking month, by id: missing there, missing here, other sum or kind."""
    here = {posted.id: posted for posted in ours}
    there = {posted.id: posted for posted in theirs}
    differences = []
    for id_ in sorted(here.keys() | there.keys()):
        mine, other = here.get(id_), there.get(id_)
        if mine is not None and other is not None and (mine.kind, mine.amount) == (other.kind, other.amount):
            continue
        if mine is None:
            kind = DifferenceClass.MISSING_HERE
        elif other is None:
            kind = DifferenceClass.MISSING_THERE
        else:
            kind = DifferenceClass.OTHER_SUM
        known = mine or other
        assert known is not None  # the id came from one of them
        differences.append(
            Difference(kind, id_, known.provider, known.group, known.day, known.slot, _words(mine), _words(other), cure_of(kind))
        )
    return differences


def compare_attendance(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(claim's key, our status, their status) where they differ; «none» and a missing record are the same."""
    differing = []
    for key in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(key, "none"), theirs.get(key, "none")
        if mine != other:
            differing.append((key, mine, other))
    return differing


def _words(posted: Posted | None) -> str:
    return "—" if posted is None else f"{posted.kind} {posted.amount // 100}.{posted.amount % 100:02d}"
