"""Stage 6, reconcile: the provider's marks, our claims and ledger, and the register's statement, attendance and balances.

Each difference has its class, its place, its cure and its age. What can be mended without anybody's judgement is `is_safe`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from gateway.core.facts import Text
from gateway.core.money import roubles_from_kopecks


class DifferenceClass(StrEnum):
    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    OTHER_SUM = "other_sum"
    OTHER_STATE = "other_state"  # a booked debit that today's facts would no longer bear, or attendance that differs
    REJECTED = "rejected"  # the register refused an attendance or a reversal
    UNANSWERED = "unanswered"
    OTHER_BALANCE = "other_balance"
    LATE_ANSWER = "late_answer"  # the register took an operation that is over here: released, or refused before
    MOVED_ELSEWHERE = "moved_elsewhere"  # money moved at the register without us, or in another month than here
    CLOSED_CHANGED = "closed_changed"  # a closed month's statement is not what it was


class Posted(NamedTuple):
    """A money operation as one side has it. Amounts are kopecks, a reversal's too positive.

    ``payer``: "" where the side does not say.
    """

    id: str
    kind: str
    amount: int
    provider: str
    group: str
    child: str
    day: dt.date
    slot: int
    payer: str = ""


class KnownAs(NamedTuple):
    """How we have an operation that the month's statement here does not list."""

    state: str
    month: str


class Difference(NamedTuple):
    """``subject``: the operation's, claim's or certificate's id; ``here`` and ``there``: what each side says, as text.

    ``is_safe``: mended without a person's judgement.
    """

    kind: DifferenceClass
    subject: str
    provider: str
    group: str
    day: dt.date | None
    slot: int | None
    here: str
    there: str
    cure: Text
    payer: str = ""
    is_safe: bool = False


class Aged(NamedTuple):
    """A difference, and when it was first seen."""

    difference: Difference
    first_seen: dt.datetime
    age_days: int


SAFE = frozenset({DifferenceClass.MISSING_HERE, DifferenceClass.LATE_ANSWER, DifferenceClass.UNANSWERED})
"""Operations of these classes are taken over from the register by themselves."""

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
        "Суммы расходятся: сверьте операцию с оператором Навигатора.",
        "The sums differ: compare the operation with the Navigator's operator.",
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
    DifferenceClass.LATE_ANSWER: Text(
        "Реестр принял операцию, которая у нас снята: она будет учтена, а лишнее возвращено.",
        "The register took an operation that was released here: it is booked, and taken back where it should not stand.",
    ),
    DifferenceClass.MOVED_ELSEWHERE: Text(
        "Деньги двигались в реестре без нас или в другом месяце: решает человек вместе с оператором Навигатора.",
        "Money moved at the register without us, or in another month: for a person, with the Navigator's operator.",
    ),
    DifferenceClass.CLOSED_CHANGED: Text(
        "Ведомость закрытого месяца изменилась: остановите выплаты по нему и передайте оператору Навигатора.",
        "A closed month's statement has changed: stop its payments and tell the Navigator's operator.",
    ),
}


def cure_of(kind: DifferenceClass) -> Text:
    return _CURE[kind]


def compare_money(
    ours: Iterable[Posted],
    theirs: Iterable[Posted],
    known_here: Mapping[str, KnownAs] | None = None,
    taken_there: Collection[str] = (),
) -> list[Difference]:
    """Operations of one booking month, by id.

    Args:
        known_here: how we have operations of theirs that are not among ours.
        taken_there: ids of ours that the register says it accepted, though not in this month.
    """
    here = {posted.id: posted for posted in ours}
    there = {posted.id: posted for posted in theirs}
    differences = []
    for id_ in sorted(here.keys() | there.keys()):
        mine, other = here.get(id_), there.get(id_)
        if mine is not None and other is not None and (mine.kind, mine.amount) == (other.kind, other.amount):
            continue
        before = (known_here or {}).get(id_)
        kind = _class_of(mine, other, before, id_ in taken_there)
        known = mine or other
        assert known is not None  # the id came from one of them
        shown = _words(mine) if mine or not before else f"{before.state} {before.month}"
        differences.append(
            Difference(
                kind,
                id_,
                known.provider,
                known.group,
                known.day,
                known.slot,
                shown,
                _words(other),
                cure_of(kind),
                known.payer,
                kind in SAFE,
            )
        )
    return differences


def _class_of(mine: Posted | None, other: Posted | None, before: KnownAs | None, is_taken: bool) -> DifferenceClass:
    if mine is not None and other is not None:
        return DifferenceClass.OTHER_SUM
    if other is None:
        return DifferenceClass.MOVED_ELSEWHERE if is_taken else DifferenceClass.MISSING_THERE
    if before is None:
        return DifferenceClass.MISSING_HERE
    return DifferenceClass.MOVED_ELSEWHERE if before.state == "accepted" else DifferenceClass.LATE_ANSWER


class Balances(NamedTuple):
    """A certificate in one nominal period, kopecks, as one side has it."""

    nominal: int
    paid: int
    available: int


def compare_balances(ours: Mapping[tuple[str, str], Balances], theirs: Mapping[tuple[str, str], Balances], payer: str) -> list[Difference]:
    """Keys are (certificate's lasting id, the period's first day). A period without money on either side does not differ."""
    nothing, kind = Balances(0, 0, 0), DifferenceClass.OTHER_BALANCE
    return [
        Difference(
            kind, key[0], "", "", None, None, _sums(ours.get(key, nothing)), _sums(theirs.get(key, nothing)), cure_of(kind), payer
        )
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key, nothing) != theirs.get(key, nothing)
    ]  # fmt: skip


def _sums(balances: Balances) -> str:
    return " / ".join(roubles_from_kopecks(kopecks) for kopecks in balances)


def compare_attendance(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """(claim's key, our status, their status) where they differ; «none» and a missing record are the same."""
    differing = []
    for key in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(key, "none"), theirs.get(key, "none")
        if mine != other:
            differing.append((key, mine, other))
    return differing


def _words(posted: Posted | None) -> str:
    return "—" if posted is None else f"{posted.kind} {roubles_from_kopecks(posted.amount)}"
