"""Months: open, closing, closed. What a closed month means for what comes late, and what closing it would lose.

A late fact of a closed month is booked in the next open one, referring to its own. Where that lies in another year, the payer decides
first. December's own marks are December's as long as December is open, whatever the date.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple

from gateway.core.book import Barred
from gateway.core.claims import Claim
from gateway.core.facts import Text
from gateway.core.periods import Period, month_of, month_period
from gateway.core.post import ClaimChange, Operation, OperationState, Settled, released
from gateway.core.refusals import a08_declined, a08_waits


class MonthState(StrEnum):
    OPEN = "open"
    CLOSING = "closing"  # nothing new is booked in it; the register has not confirmed yet
    CLOSED = "closed"


def next_month(month: str) -> str:
    """The month after, ``YYYY-MM``."""
    return month_of(month_period(month).last + dt.timedelta(days=1))


def next_open(month: str, shut: Collection[str]) -> str:
    """The month itself, or the first one after it that is neither closing nor closed."""
    while month in shut:
        month = next_month(month)
    return month


class Decision(NamedTuple):
    """The payer's word on one late operation; it holds for this amount only."""

    amount: int
    accepted: bool


@dataclass(frozen=True, slots=True)
class Months:
    """Where a payer's debits and reversals are booked (`gateway.core.book.BookedIn`).

    Attributes:
        shut: months that are closing or closed.
        decisions: what the payer said of late operations of a past year, by operation id.
    """

    shut: frozenset[str]
    nominal_period: Callable[[dt.date], Period]
    decisions: Mapping[str, Decision] = field(default_factory=dict)

    def __call__(self, claim: Claim, operation: str, amount: int) -> str | Barred:
        month = month_of(claim.day)
        if month not in self.shut:
            return month
        later = next_open(month, self.shut)
        if self.nominal_period(month_period(later).first) == self.nominal_period(claim.day):
            return later
        decision = self.decisions.get(operation)
        if decision is None or decision.amount != amount:
            return Barred(a08_waits(month, later), waits=True)
        return later if decision.accepted else Barred(a08_declined(month), waits=False)


# ---------------------------------------------------------------- closing


class OpenOperation(NamedTuple):
    """A debit or reversal of the month that is not answered. ``was_sent``: nobody knows what became of it."""

    operation: Operation
    was_sent: bool


@dataclass(slots=True)
class Closing:
    """What closing does to the month's operations.

    Attributes:
        cancelled: what was never sent is released, and booked anew in the next open month.
        waits_for: sent, not answered, and not named by the person: the month cannot be closed yet.
        over: closed over by name: what the register takes of them later is booked in the next open month by both sides.
    """

    cancelled: Settled
    waits_for: list[Operation] = field(default_factory=list)
    over: list[Operation] = field(default_factory=list)


def plan(operations: Iterable[OpenOperation], over: Collection[str], nominal_period: Callable[[dt.date], Period]) -> Closing:
    """Plan the closing. ``over``: ids, or their first digits, of operations that the person names."""
    closing = Closing(Settled())
    for one in operations:
        if not one.was_sent:
            _cancel(one.operation, nominal_period, closing.cancelled)
        elif any(one.operation.id.startswith(name) for name in over):
            closing.over.append(one.operation)
        else:
            closing.waits_for.append(one.operation)
    return closing


def _cancel(operation: Operation, nominal_period: Callable[[dt.date], Period], settled: Settled) -> None:
    settled.states.append((operation, OperationState.CANCELLED, None, None, None))
    settled.changes.append(ClaimChange(operation.payer, operation.claim, under_way=-1, lists="decide"))
    if operation.kind == "debit":
        account, transfer = released(operation, nominal_period)
        settled.transfers.append((operation.operation, transfer))
        settled.freed.add(account)


def statement_digest(lines: Iterable[tuple[str, str, int]]) -> str:
    """Digest of a month's money operations (id, kind, kopecks), in whatever order they come: the same statement has the same digest."""
    digest = blake2b(digest_size=16)
    for id_, kind, amount in sorted(lines):
        digest.update(f"{id_} {kind} {amount}\n".encode())
    return digest.hexdigest()


# ---------------------------------------------------------------- what would be lost


class LossKind(StrEnum):
    MATCH = "match"
    CONFLICT = "conflict"
    REFUSED = "refused"
    LATE = "late"  # waits for the payer's decision
    NOT_SENT = "not_sent"
    UNANSWERED = "unanswered"
    WITHDRAWAL = "withdrawal"
    SILENT = "silent"


class Loss(NamedTuple):
    """One line of the preview: what, for whom, how much of it, and what can still be done.

    Attributes:
        rule: of a refusal, its first rule.
        children: how many children it is about; certificates: their numbers, where they are known.
        amount: kopecks, where a price is known.
    """

    kind: LossKind
    provider: str
    group: str | None
    marks: int
    children: int
    amount: int
    cure: Text
    rule: str | None = None
    reason: Text | None = None
    certificates: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()


class LostClaim(NamedTuple):
    """A claim of the month that costs nothing as it stands, though it might."""

    kind: LossKind
    provider: str
    group: str
    child: str
    certificate: str | None
    price: int
    rule: str | None
    reason: Text | None
    cure: Text


def losses_of(claims: Iterable[LostClaim]) -> list[Loss]:
    """The claims summed up by what is the matter with them, provider by provider; the dearest first."""
    found: dict[tuple[LossKind, str, str, str | None], list[LostClaim]] = {}
    for claim in claims:
        found.setdefault((claim.kind, claim.provider, claim.group, claim.rule), []).append(claim)
    losses = [
        Loss(
            kind, provider, group, len(each), len({one.child for one in each}), sum(one.price for one in each), each[0].cure, rule,
            each[0].reason, tuple(sorted({one.certificate for one in each if one.certificate})),
        )
        for (kind, provider, group, rule), each in found.items()
    ]  # fmt: skip
    return sorted(losses, key=lambda loss: (-loss.amount, loss.kind, loss.provider, loss.group or "", loss.rule or ""))
