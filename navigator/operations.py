"""Operations, in three steps: read what the batch speaks of, judge one after the other in memory, save what was accepted.

All in one writing transaction, so that what was read stays true. An item stands or falls by itself: a refused one leaves no trace.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select

from gateway.core.money import roubles_from_kopecks
from navigator import catalogue, months, people
from navigator.acceptances import CLAIM, ClaimKey, Stored, acceptance_answer, as_served, by_ids, chains, claim_key
from navigator.engine import portions
from navigator.ledger import InsufficientFunds, Ledger, nominal_period
from navigator.refusals import rejection
from navigator.tables import acceptances, certificates, enrollments

ATTENDANCE, DEBIT, REVERSAL = "attendance", "debit", "reversal"
MONEY = "money"
NOT_IN_FORCE = ("draft", "requested", "refused")
"""States of an enrollment that never was in force; one that has ended was, within its days."""

Operation = Mapping[str, Any]
Answer = dict[str, Any]

_PLAIN = ("kind", "enrollment", "certificate", "n", "month", "amount_kopecks", "after", "refers_to", "status")


@dataclass(slots=True)
class Knowledge:
    """What the register knows of all that a batch speaks of, kept up to date while the batch is judged."""

    ledger: Ledger
    accepted_at: str
    next_acceptance: int
    accepted: dict[str, Stored] = field(default_factory=dict)
    money: dict[ClaimKey, list[Stored]] = field(default_factory=dict)
    attendances: dict[ClaimKey, int] = field(default_factory=dict)
    certificates: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    kinds: dict[str, list[people.Dated]] = field(default_factory=dict)
    states: dict[str, list[people.Dated]] = field(default_factory=dict)
    enrollments: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    group_providers: dict[str, str] = field(default_factory=dict)
    closed: months.Closed = field(default_factory=months.Closed)
    new: list[Stored] = field(default_factory=list)


def take(connection: Connection, operations: Sequence[Operation], now: dt.datetime) -> list[Answer]:
    """Answer each operation, in order, and store what was accepted. The caller commits before it passes the answers on."""
    known = _read(connection, operations, now)
    answers = [judge(known, operation) for operation in operations]
    known.ledger.save()
    if known.new:
        connection.execute(insert(acceptances), known.new)
    return answers


def judge(known: Knowledge, operation: Operation) -> Answer:
    """One operation by what is known; an accepted one becomes a part of it."""
    before = known.accepted.get(operation["id"])
    if before is not None:
        differing = _differing_field(operation, before)
        return acceptance_answer(before) if differing is None else rejection(operation["id"], "other_body", field=differing)
    if operation["kind"] == ATTENDANCE:
        return _judge_attendance(known, operation)
    chain = known.money.setdefault(claim_key(operation["claim"]), [])
    if operation["after"] != (chain[-1]["id"] if chain else None):
        return {"id": operation["id"], "outcome": "behind", "acceptances": [as_served(stored) for stored in chain]}
    if operation["amount_kopecks"] <= 0:
        return rejection(operation["id"], "bad_amount", **operation)
    return _judge_debit(known, operation, chain) if operation["kind"] == DEBIT else _judge_reversal(known, operation, chain)


# ---------------------------------------------------------------- judging


def _judge_attendance(known: Knowledge, operation: Operation) -> Answer:
    if operation["amount_kopecks"] != 0:
        return rejection(operation["id"], "bad_amount", **operation)
    # A withdrawal ("none") of what was accepted is judged by that alone, whatever became of the enrollment: that is what it is for.
    is_withdrawal = operation["status"] == "none" and known.attendances.get(claim_key(operation["claim"]), 0) > 0
    refusal = _missing(known, operation) or (
        None if is_withdrawal else _not_enrolled(known, operation, any_day=operation["status"] == "none")
    )
    return refusal or _accept(known, operation, known.enrollments[operation["enrollment"]]["payer"], operation["month"])


def _judge_debit(known: Knowledge, operation: Operation, chain: Sequence[Stored]) -> Answer:
    refusal = _missing(known, operation) or _not_enrolled(known, operation)
    if refusal:
        return refusal
    claim = operation["claim"]
    payer = known.enrollments[operation["enrollment"]]["payer"]
    if chain and chain[-1]["kind"] == DEBIT:
        return rejection(operation["id"], "already_debited", live=chain[-1]["id"])
    month = known.closed.booking_month(payer, operation)
    if month is None:
        return rejection(operation["id"], "month_closed", month=operation["month"])
    certificate = known.certificates[operation["certificate"]]
    is_valid = certificate["valid_from"] <= claim["date"] <= certificate["valid_to"]
    if not is_valid or people.word_on(known.states.get(operation["certificate"], []), claim["date"]) != "active":
        return rejection(operation["id"], "not_active", date=claim["date"])
    if people.word_on(known.kinds.get(operation["certificate"], []), claim["date"]) != "financing":
        return rejection(operation["id"], "not_financing", date=claim["date"])
    period = nominal_period(dt.date.fromisoformat(claim["date"]))
    amount = operation["amount_kopecks"]
    try:
        known.ledger.debit(operation["certificate"], payer, period, claim["provider"], amount, operation["id"])
    except InsufficientFunds as error:
        needed, left = roubles_from_kopecks(amount), roubles_from_kopecks(error.free_kopecks)
        return rejection(operation["id"], "insufficient_funds", needed=needed, left=left)
    return _accept(known, operation, payer, month)


def _judge_reversal(known: Knowledge, operation: Operation, chain: Sequence[Stored]) -> Answer:
    """Judged by the debit alone: whatever became of the enrollment and the certificate, money that was taken can be given back."""
    live = chain[-1] if chain and chain[-1]["kind"] == DEBIT else None
    if live is None:
        return _no_live_debit(operation, "у занятия нет действующего списания", "the lesson has no live debit")
    if operation["refers_to"] != live["id"]:
        return _no_live_debit(operation, f"действует списание {live['id']}", f"the live debit is {live['id']}")
    for name in ("amount_kopecks", "certificate", "enrollment"):
        if operation[name] != live[name]:
            return _no_live_debit(operation, f"у списания другое поле {name}: {live[name]}", f"the debit's {name} is {live[name]}")
    if operation["claim"]["provider"] != live["provider"]:
        return _no_live_debit(operation, f"списано в пользу {live['provider']}", f"the debit is {live['provider']}'s")
    month = known.closed.booking_month(live["payer"], operation)
    if month is None:
        return rejection(operation["id"], "month_closed", month=operation["month"])
    period = nominal_period(dt.date.fromisoformat(live["date"]))
    known.ledger.reverse(live["certificate"], live["payer"], period, live["provider"], live["amount_kopecks"], operation["id"])
    return _accept(known, operation, live["payer"], month)


def _no_live_debit(operation: Operation, ru_detail: str, en_detail: str) -> Answer:
    return rejection(operation["id"], "no_live_debit", ru_detail=ru_detail, en_detail=en_detail)


def _missing(known: Knowledge, operation: Operation) -> Answer | None:
    claim = operation["claim"]
    if operation["certificate"] not in known.certificates:
        return rejection(operation["id"], "unknown_certificate", certificate=operation["certificate"])
    if operation["enrollment"] not in known.enrollments:
        return rejection(operation["id"], "unknown_enrollment", enrollment=operation["enrollment"])
    if known.group_providers.get(claim["group"]) != claim["provider"]:
        return rejection(operation["id"], "unknown_group", group=claim["group"], provider=claim["provider"])
    return None


def _not_enrolled(known: Knowledge, operation: Operation, any_day: bool = False) -> Answer | None:
    enrollment, claim = known.enrollments[operation["enrollment"]], operation["claim"]
    first, last = enrollment["starts_on"], enrollment["ends_on"]
    detail: tuple[str, str] | None = None
    if enrollment["group"] != claim["group"]:
        detail = (f"оно в группу {enrollment['group']}", f"it is one in the group {enrollment['group']}")
    elif enrollment["child"] != claim["child"]:
        detail = ("оно другого ребёнка", "it is another child's")
    elif enrollment["certificate"] != operation["certificate"]:
        detail = ("оно по другому сертификату", "it is on another certificate")
    elif not any_day and enrollment["state"] in NOT_IN_FORCE:
        detail = (f"оно не вступило в силу ({enrollment['state']})", f"it is not in force ({enrollment['state']})")
    elif not any_day and not first <= claim["date"] <= last:
        detail = (f"{claim['date']} вне его срока {first} … {last}", f"{claim['date']} lies outside its days {first} … {last}")
    if detail is None:
        return None
    return rejection(operation["id"], "not_enrolled", enrollment=operation["enrollment"], ru_detail=detail[0], en_detail=detail[1])


def _accept(known: Knowledge, operation: Operation, payer: str, month: str) -> Answer:
    claim = operation["claim"]
    key = claim_key(claim)
    is_money = operation["kind"] != ATTENDANCE
    stored: Stored = {
        "acceptance": known.next_acceptance,
        "id": operation["id"],
        **{name: claim[name] for name in CLAIM},
        **{name: operation[name] for name in _PLAIN},
        "month": month,
        "asked_month": None if month == operation["month"] else operation["month"],
        "payer": payer,
        "journal": MONEY if is_money else ATTENDANCE,
        "place": len(known.money[key]) if is_money else known.attendances.get(key, 0),
        "accepted_at": known.accepted_at,
    }
    known.next_acceptance += 1
    known.accepted[operation["id"]] = stored
    known.new.append(stored)
    if is_money:
        known.money[key].append(stored)
    else:
        known.attendances[key] = stored["place"] + 1
    return acceptance_answer(stored)


def _differing_field(operation: Operation, before: Stored) -> str | None:
    said = {**before, "month": before["asked_month"] or before["month"]}
    for name in _PLAIN:
        if operation[name] != said[name]:
            return name
    for name in CLAIM:
        if operation["claim"][name] != before[name]:
            return f"claim.{name}"
    return None


# ---------------------------------------------------------------- reading


def _read(connection: Connection, operations: Sequence[Operation], now: dt.datetime) -> Knowledge:
    last = connection.scalar(select(func.max(acceptances.c.acceptance))) or 0
    known = Knowledge(Ledger(connection, now.isoformat()), now.isoformat(), last + 1)
    known.accepted = by_ids(connection, [operation["id"] for operation in operations])
    keys = {claim_key(operation["claim"]) for operation in operations}
    money: dict[ClaimKey, list[Stored]] = defaultdict(list)
    for stored in chains(connection, keys):
        key = claim_key(stored)
        if stored["journal"] == MONEY:
            money[key].append(stored)
        else:
            known.attendances[key] = known.attendances.get(key, 0) + 1
    known.money = dict(money)
    named = {operation["certificate"] for operation in operations}
    _read_certificates(connection, known, named)
    _read_enrollments(connection, known, {operation["enrollment"] for operation in operations})
    groups = {operation["claim"]["group"] for operation in operations}
    known.group_providers = catalogue.providers_of_groups(connection, groups)
    payers = {row["payer"] for row in known.enrollments.values()} | {chain[-1]["payer"] for chain in known.money.values()}
    known.closed = months.read_closed(connection, payers, operations)
    known.ledger.read(named | {operation["claim"]["provider"] for operation in operations})
    return known


def _read_certificates(connection: Connection, known: Knowledge, keys: set[str]) -> None:
    for portion in portions(keys):
        rows = connection.execute(select(certificates).where(certificates.c.certificate.in_(portion)))
        known.certificates.update((row.certificate, dict(row._mapping)) for row in rows)
    known.kinds = people.words_of(connection, keys, people.KIND)
    known.states = people.words_of(connection, keys, people.STATE)


def _read_enrollments(connection: Connection, known: Knowledge, keys: set[str]) -> None:
    for portion in portions(keys):
        wanted = select(enrollments, certificates.c.child).join(certificates)
        rows = connection.execute(wanted.where(enrollments.c.enrollment.in_(portion)))
        known.enrollments.update((row.enrollment, dict(row._mapping)) for row in rows)
