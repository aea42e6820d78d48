"""Reconcile: the provider's marks, our claims and ledger, and the register's statement, attendance and balances, side by side.

What is safe is mended first: unanswered operations are asked about, what only the register knows is taken over, attendance that differs
is sent again as a new operation, a mark without its claim and a charge without its debit go back on their lists. The rest is a person's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.core.claims import claim_key
from gateway.core.close import MonthState
from gateway.core.facts import Text
from gateway.core.money import roubles_from_kopecks
from gateway.core.post import Answered
from gateway.core.reconcile import (
    Aged,
    Balances,
    Difference,
    DifferenceClass,
    Posted,
    compare_attendance,
    compare_balances,
    compare_money,
    cure_of,
)
from gateway.flow.close import digests
from gateway.flow.run import Flow
from gateway.plugins.register import Acceptance, Outcome, Statement
from gateway.store import months as store_months
from gateway.store import outbox as store_outbox
from gateway.store import post as store_post
from gateway.store import reconcile as store_reconcile
from gateway.store import register as store_register
from gateway.store import views
from gateway.store.claims import refusals_from
from gateway.store.engine import reading


class Reconciled(NamedTuple):
    """``cured``: how many differences were mended before what is listed was found."""

    statement: Statement
    differences: list[Aged]
    cured: int


class _Sides(NamedTuple):
    """What the register says of a month, asked once."""

    statement: Statement
    attendance: dict[str, Acceptance]


def reconcile(flow: Flow, month: str, now: dt.datetime) -> Reconciled:
    """Compare, mend what is safe, compare again.

    Raises:
        RegisterUnavailable: the register cannot be asked.
    """
    flow.read_register(now)
    asked = _ask(flow, month, now)
    sides = _sides(flow, month)
    found = _compare(flow, month, sides)
    cured = _cure(flow, found, sides, now)
    if cured:
        flow.run(now)
        flow.read_register(now)
        sides = _sides(flow, month)
        found = _compare(flow, month, sides)
    seen = store_reconcile.seen(flow.engine, month, found, now)
    aged = [Aged(one, first, (now - first).days) for one, first in zip(found, seen, strict=True)]
    return Reconciled(sides.statement, aged, asked + cured)


def look(flow: Flow, month: str, now: dt.datetime) -> Reconciled:
    """The differences by the facts at hand: nothing is stored and nothing mended."""
    sides = _sides(flow, month)
    found = _compare(flow, month, sides)
    first_seen = store_reconcile.first_seen(flow.engine, month, found, now)
    return Reconciled(sides.statement, [Aged(one, first, (now - first).days) for one, first in zip(found, first_seen, strict=True)], 0)


def _sides(flow: Flow, month: str) -> _Sides:
    records = flow.register.attendance(month) if flow.register.can.attendance else ()
    return _Sides(
        flow.register.statement(month), {claim_key(one.provider, one.child, one.group, one.day, one.slot): one for one in records}
    )


def _compare(flow: Flow, month: str, sides: _Sides) -> list[Difference]:
    found = _money(flow, month, sides.statement)
    found += _attendance(flow, month, sides.attendance) if flow.register.can.attendance else []
    found += [_open(row) for row in store_reconcile.open_operations(flow.engine, month)]
    found += [_kept(row) for row in views.kept_claims(flow.engine) if row["month"] == month]
    found += [_late(row) for row in store_outbox.late_debits(flow.engine, month)]
    found += _marks(flow, month)
    found += _balances(flow, month) if flow.register.can.balances else []
    return found + _closed(flow, month)


# ---------------------------------------------------------------- comparing


def _money(flow: Flow, month: str, statement: Statement) -> list[Difference]:
    payer_of = _payers(flow, {one.child for one in statement.operations})
    theirs = [
        Posted(one.id, one.kind, one.amount, one.provider, one.group, one.child, one.day, one.slot, payer_of(one.child, one.group, one.day))
        for one in statement.operations
    ]
    ours = store_reconcile.accepted_money(flow.engine, month)
    here, there = {one.id for one in ours}, {one.id for one in theirs}
    unknown = [one for one in theirs if one.id not in here]
    known_here = store_reconcile.known_as(
        flow.engine, ((one.id, one.provider, one.child, one.group, one.day, one.slot, one.payer) for one in unknown)
    )
    lost = sorted(here - there)
    answers = flow.register.lookup(lost) if lost and flow.register.can.lookup else ()
    return compare_money(ours, theirs, known_here, {one.id for one in answers if one.outcome is Outcome.ACCEPTED})


def _payers(flow: Flow, children: Iterable[str]) -> store_register.Payers:
    with reading(flow.engine) as connection:
        return store_register.payers_of(connection, children)


def _attendance(flow: Flow, month: str, records: Mapping[str, Acceptance]) -> list[Difference]:
    theirs = {key: one.status or "none" for key, one in records.items()}
    differing = compare_attendance(store_reconcile.attendance(flow.engine, month), theirs)
    ours = store_reconcile.claims_by_key(flow.engine, {key for key, _, _ in differing})
    result = []
    for key, here, there in differing:
        row, record = ours.get(key), records.get(key)
        if row is not None:
            place = (row["provider"], row["group_id"], row["day"], row["slot"])
            is_safe, payer = bool(row["is_said"]), row["payer"]
        else:
            assert record is not None  # one of the two sides has it
            place = (record.provider, record.group, record.day, record.slot)
            is_safe, payer = False, _payers(flow, {record.child})(record.child, record.group, record.day)
        cure = _CURE_ATTENDANCE if is_safe else _CURE_ATTENDANCE_ONLY_THERE
        result.append(Difference(DifferenceClass.OTHER_STATE, key, *place, here, there, cure, payer, is_safe))
    return result


_CURE_ATTENDANCE = Text("Отметка уйдёт в реестр ещё раз: gateway run.", "The mark goes to the register again: gateway run.")
_CURE_ATTENDANCE_ONLY_THERE = Text(
    "Эта отметка есть только в реестре: подайте табель или снимите её в Навигаторе.",
    "Only the register has this mark: send its sheet, or withdraw it in the Navigator.",
)
_CURE_NO_CLAIM = Text("Отметка будет сопоставлена заново: gateway run.", "The mark is matched anew: gateway run.")
_CURE_NO_MARK = Text("Подайте табель снова: за этим занятием нет отметки.", "Send the sheet again: no mark stands behind this lesson.")
_CURE_NO_DEBIT = Text("Списание будет учтено заново: gateway run.", "The debit is booked anew: gateway run.")


def _open(row: Mapping[str, Any]) -> Difference:
    kind = DifferenceClass.REJECTED if row["state"] == "rejected" else DifferenceClass.UNANSWERED
    reason, _ = store_reconcile.reason_of(row)
    here = row["kind"] if not row["amount"] else f"{row['kind']} {roubles_from_kopecks(row['amount'])}"
    return Difference(
        kind, row["id"], row["provider"], row["group_id"], row["day"], row["slot"], here, reason, cure_of(kind), row["payer"],
        kind is DifferenceClass.UNANSWERED,
    )  # fmt: skip


def _kept(row: Mapping[str, Any]) -> Difference:
    """A booked debit that today's facts would no longer bear: nothing is taken back, a person judges."""
    refusals = refusals_from(row["reasons"])
    today = ", ".join(one.rule for one in refusals) or roubles_from_kopecks(row["price"] or 0)
    booked = roubles_from_kopecks(row["amount"] or 0)
    kind = DifferenceClass.OTHER_STATE if refusals else DifferenceClass.OTHER_SUM
    if row["status"] is None:
        kind, today = DifferenceClass.OTHER_STATE if row["is_said"] else DifferenceClass.MOVED_ELSEWHERE, "—"
    cure = Text(
        f"Списано {booked}, по нынешним данным: {today}. Решает человек: снимите отметку, чтобы вернуть списание, или оставьте как есть.",
        f"Debited {booked}; by today's facts: {today}. A person decides: withdraw the mark to take the debit back, or let it stand.",
    )
    if row["status"] is not None and not row["is_said"]:
        cure = _CURE_UNSAID
    subject = row["live"] or row["key"]
    return Difference(kind, subject, row["provider"], row["group_id"], row["day"], row["slot"], booked, today, cure, row["payer"])


_CURE_UNSAID = Text(
    "Реестр знает больше, чем этот шлюз до восстановления: подайте табель ещё раз, его слово будет последним.",
    "The register knows more than this gateway did before it was restored: send the sheet again, and its word is the last.",
)


def _marks(flow: Flow, month: str) -> list[Difference]:
    """The provider's marks beside our claims, and our answers beside our debits."""
    only_marks, only_claims = store_reconcile.marks_and_claims(flow.engine, month)
    payer_of = _payers(flow, {child for _, child, _, _ in only_marks | only_claims})
    found = []
    for lessons, kind, here, there, cure, is_safe in (
        (only_marks, DifferenceClass.MISSING_HERE, "—", "mark", _CURE_NO_CLAIM, True),
        (only_claims, DifferenceClass.OTHER_STATE, "claim", "—", _CURE_NO_MARK, False),
    ):
        for provider, child, group, day in sorted(lessons):
            key = claim_key(provider, child, group, day, 1)
            found.append(Difference(kind, key, provider, group, day, None, here, there, cure, payer_of(child, group, day), is_safe))
    for row in store_reconcile.not_posted(flow.engine, month):
        place = (row["provider"], row["group_id"], row["day"], row["slot"])
        here = roubles_from_kopecks(row["amount"])
        found.append(Difference(DifferenceClass.MISSING_THERE, row["key"], *place, here, "—", _CURE_NO_DEBIT, row["payer"], True))
    return found


def _balances(flow: Flow, month: str) -> list[Difference]:
    found = []
    for payer, numbers in sorted(store_reconcile.certificates_of(flow.engine, month).items()):
        known = store_reconcile.balances_of(flow.engine, payer, numbers)
        ours = {key: balances for key, balances in known.items() if balances is not None}
        under_way = known.keys() - ours.keys()
        theirs = {
            (one.certificate, one.first.isoformat()): Balances(one.nominal, one.paid, one.available)
            for one in flow.register.balances(sorted(numbers.values()))
            if one.payer in ("", payer)
        }
        compared = {key: balances for key, balances in theirs.items() if key not in under_way}
        found += compare_balances(ours, compared, payer)
    return found


def _late(row: Mapping[str, Any]) -> Difference:
    """A debit that the register took after a person had released its hold: it stands at both, and a person decides whether it should."""
    amount = roubles_from_kopecks(row["amount"])
    place = (row["provider"], row["group_id"], row["day"], row["slot"])
    return Difference(DifferenceClass.LATE_ANSWER, row["id"], *place, "—", f"debit {amount}", _CURE_LATE, row["payer"])


_CURE_LATE = Text(
    "Удержание было снято человеком, а реестр списал позже. Решает человек: gateway outbox reverse НОМЕР или gateway outbox keep НОМЕР.",
    "A person had released the hold, and the register debited later. A person decides: gateway outbox "
    "reverse ID, or gateway outbox keep ID.",
)


def _closed(flow: Flow, month: str) -> list[Difference]:
    """A closed month's statement is what it was, here and there."""
    kind = DifferenceClass.CLOSED_CHANGED
    found = []
    for row in store_months.rows(flow.engine, month):
        if row.state is not MonthState.CLOSED or row.digest_here is None:
            continue
        here, there = digests(flow, row.payer, month)
        if (here, there) != (row.digest_here, row.digest_there):
            shown = (_change(row.digest_here, here), _change(row.digest_there or "", there))
            found.append(Difference(kind, f"{row.payer} {month}", "", "", None, None, *shown, cure_of(kind), row.payer))
    return found


def _change(before: str, after: str) -> str:
    return "=" if before == after else f"{before[:12]} → {after[:12]}"


# ---------------------------------------------------------------- mending what is safe


def _ask(flow: Flow, month: str, now: dt.datetime) -> int:
    """Ask about what was sent and never answered; how many are settled by it. Those that the register does not know are sent again."""
    settled = 0
    for operations in store_reconcile.unanswered_of(flow.engine, month).values() if flow.register.can.lookup else ():
        answers = {one.id: one for one in flow.register.lookup([operation.id for operation in operations])}
        accepted = [
            Answered(operation, Outcome.ACCEPTED.value, answers[operation.id].number, None, None, month=answers[operation.id].month)
            for operation in operations
            if answers[operation.id].outcome is Outcome.ACCEPTED
        ]
        if accepted:
            store_post.settle(flow.engine, accepted, flow.rules.nominal_period, now)
            settled += len(accepted)
    if settled:
        flow.run(now)
    return settled


def _cure(flow: Flow, found: Sequence[Difference], sides: _Sides, now: dt.datetime) -> int:
    """Put right what is safe; how many differences that is about."""
    safe = {(one.kind, one.subject): one for one in found if one.is_safe and one.payer}
    adopted = _adopt(flow, safe, sides.statement, now)
    resent = _resend_attendance(flow, safe, sides.attendance)
    missing = [one for one in safe.values() if one.kind is DifferenceClass.MISSING_HERE and one.slot is None]
    only_marks, _ = store_reconcile.marks_and_claims(flow.engine, sides.statement.month) if missing else (set(), set())
    store_reconcile.list_marks_again(flow.engine, only_marks)
    relisted = 0
    for row in store_reconcile.not_posted(flow.engine, sides.statement.month):
        store_reconcile.list_again(flow.engine, row["payer"], [row["claim"]])
        relisted += 1
    return adopted + resent + len(only_marks) + relisted


def _adopt(flow: Flow, safe: Mapping[tuple[DifferenceClass, str], Difference], statement: Statement, now: dt.datetime) -> int:
    """Take over what only the register has."""
    kinds = (DifferenceClass.MISSING_HERE, DifferenceClass.LATE_ANSWER)
    unknown = [one for one in statement.operations if any((kind, one.id) in safe for kind in kinds)]
    cursor = store_register.cursor_of(flow.engine, flow.register_name, "movements")
    if unknown and cursor is not None:
        flow.save_movements(flow.engine, flow.register_name, unknown, cursor, now)
    return len(unknown)


def _resend_attendance(flow: Flow, safe: Mapping[tuple[DifferenceClass, str], Difference], records: Mapping[str, Acceptance]) -> int:
    """The register's status is taken for its last word; deciding anew finds ours, and sends it under the next number."""
    keys = [subject for kind, subject in safe if kind is DifferenceClass.OTHER_STATE]
    words: dict[str, dict[int, tuple[str | None, int]]] = {}
    for key, row in store_reconcile.claims_by_key(flow.engine, keys).items():
        record = records.get(key)
        following = max(row["attendances"], record.n + 1 if record else 0)
        words.setdefault(row["payer"], {})[row["claim"]] = (record.status if record else None, following)
    for payer, mine in words.items():
        store_reconcile.take_over_attendance(flow.engine, payer, mine)
    return sum(len(mine) for mine in words.values())
