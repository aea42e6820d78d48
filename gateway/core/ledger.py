"""Double entry in integer kopecks. A transfer moves an amount from one account to another; nothing is ever changed or deleted.

An account keeps four sums: in and out, each held and settled. What a certificate may still spend is `Sums.free`: settled in, less settled
out, less what is held on its way out. The store guards the same with CHECK constraints.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class AccountKind(StrEnum):
    """Accounts of a payer and a nominal period."""

    FUND = "fund"
    CERTIFICATE = "certificate"
    RESERVE = "reserve"
    PAYABLE = "payable"
    LAPSED = "lapsed"
    ELSEWHERE = "elsewhere"
    SHORTFALL = "shortfall"


NEVER_NEGATIVE = frozenset({AccountKind.CERTIFICATE, AccountKind.RESERVE})


class TransferKind(StrEnum):
    PLAIN = "plain"
    HOLD = "hold"
    SETTLE = "settle"
    RELEASE = "release"
    REVERSAL = "reversal"


class AccountName(NamedTuple):
    """``owner``: a certificate's lasting id, a provider, or "" for the payer's own. ``period``: first day of the nominal period, ISO."""

    payer: str
    period: str
    kind: AccountKind
    owner: str


class Sums(NamedTuple):
    in_settled: int = 0
    out_settled: int = 0
    in_held: int = 0
    out_held: int = 0

    @property
    def free(self) -> int:
        return self.in_settled - self.out_settled - self.out_held


class Transfer(NamedTuple):
    """``operation``: the store's key of the operation that caused it; ``refers_to``: id of the operation or fact behind it."""

    source: AccountName
    target: AccountName
    amount: int
    kind: TransferKind
    month: str
    cause: str
    operation: int | None = None
    refers_to: str | None = None


# Which sums of its source and of its target a transfer moves, and in which direction: (index in `Sums`, sign).
_IN_SETTLED, _OUT_SETTLED, _IN_HELD, _OUT_HELD = range(4)
_EFFECT = {
    TransferKind.PLAIN: (((_OUT_SETTLED, 1),), ((_IN_SETTLED, 1),)),
    TransferKind.REVERSAL: (((_OUT_SETTLED, 1),), ((_IN_SETTLED, 1),)),
    TransferKind.HOLD: (((_OUT_HELD, 1),), ((_IN_HELD, 1),)),
    TransferKind.SETTLE: (((_OUT_HELD, -1), (_OUT_SETTLED, 1)), ((_IN_HELD, -1), (_IN_SETTLED, 1))),
    TransferKind.RELEASE: (((_OUT_HELD, -1),), ((_IN_HELD, -1),)),
}


def changes_of(transfers: Iterable[Transfer]) -> dict[AccountName, Sums]:
    """What the transfers add to each account, summed: one row per account, however many transfers.

    Raises:
        ValueError: an amount is not positive, or a transfer leads to the account it leaves.
    """
    moved: dict[tuple[AccountName, AccountName, TransferKind], int] = {}
    for transfer in transfers:
        way = (transfer.source, transfer.target, transfer.kind)
        if transfer.amount <= 0:
            raise ValueError(f"not a transfer: {transfer.amount} kopecks, {transfer.source.kind} → {transfer.target.kind}")
        moved[way] = moved.get(way, 0) + transfer.amount
    changes: dict[AccountName, list[int]] = {}
    for (source, target, kind), amount in moved.items():
        if source == target:
            raise ValueError(f"not a transfer: {amount} kopecks, {source.kind} → {target.kind}")
        for account, effects in zip((source, target), _EFFECT[kind], strict=True):
            sums = changes.get(account)
            if sums is None:
                sums = changes[account] = [0, 0, 0, 0]
            for index, sign in effects:
                sums[index] += sign * amount
    return {account: Sums(*sums) for account, sums in changes.items()}


class Balance(NamedTuple):
    """A certificate in a nominal period, in kopecks, as its transfers tell it."""

    funded: int = 0
    free: int = 0
    reserved: int = 0
    held: int = 0
    paid: int = 0
    elsewhere: int = 0
    lapsed: int = 0
    shortfall: int = 0

    @property
    def is_consistent(self) -> bool:
        """The invariant: funded = free + reserved + held + paid + elsewhere + lapsed − shortfall."""
        return self.funded == self.free + self.reserved + self.held + self.paid + self.elsewhere + self.lapsed - self.shortfall


def funding(certificate: AccountName, before: int, after: int, free: int, cause: str) -> list[Transfer]:
    """Transfers that bring a nominal from ``before`` to ``after`` kopecks.

    A fall takes what is free; what free cannot bear comes from the shortfall account, so that free stays at zero and the debt is seen.
    After a
    rise, `meeting_shortfall` is the caller's next word.
    """
    fund = certificate._replace(kind=AccountKind.FUND, owner="")
    month = certificate.period[:7]
    if after > before:
        return [Transfer(fund, certificate, after - before, TransferKind.PLAIN, month, cause)]
    fall = before - after
    short = max(0, fall - max(free, 0))
    transfers = []
    if short:
        owed = certificate._replace(kind=AccountKind.SHORTFALL)
        transfers.append(Transfer(owed, certificate, short, TransferKind.PLAIN, month, cause))
    if fall:
        transfers.append(Transfer(certificate, fund, fall, TransferKind.PLAIN, month, cause))
    return transfers


def meeting_shortfall(certificate: AccountName, free: int, owed: int, cause: str) -> list[Transfer]:
    """What becomes free meets an open shortfall first: a transfer of as much as there is of both."""
    met = min(free, owed)
    if met <= 0:
        return []
    shortfall = certificate._replace(kind=AccountKind.SHORTFALL)
    return [Transfer(certificate, shortfall, met, TransferKind.PLAIN, certificate.period[:7], cause)]
