"""The register's own small ledger: double entry, integer kopecks, transfers that are added and never updated.

Accounts, each of one payer and one nominal period: the payer's ``fund``, a ``certificate``'s free money, its ``shortfall``, and what
is ``payable`` to a provider. A nominal is a transfer from the fund; lowered, one back. Where less is free than is to be taken back,
the rest comes out of the shortfall (whose balance is never above zero), and whatever becomes free later meets it first. So always,
per certificate and period: nominal = free + paid − shortfall.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.core.periods import Period
from navigator.engine import portions
from navigator.tables import accounts, nominals, transfers

FUND, CERTIFICATE, SHORTFALL, PAYABLE = "fund", "certificate", "shortfall", "payable"


class InsufficientFunds(Exception):
    """A certificate has less free than the amount; ``free_kopecks`` says how much."""

    def __init__(self, free_kopecks: int) -> None:
        super().__init__(f"only {free_kopecks} kopecks are free")
        self.free_kopecks = free_kopecks


class AccountKey(NamedTuple):
    """Which account: its kind, payer, the nominal period's first and last day (ISO), and whose it is ("" of a fund)."""

    kind: str
    payer: str
    first: str
    last: str
    owner: str


@dataclass(slots=True)
class Account:
    """An account's sums as this transaction sees them."""

    account: int
    in_kopecks: int = 0
    out_kopecks: int = 0
    is_new: bool = False
    is_touched: bool = False

    @property
    def balance_kopecks(self) -> int:
        return self.in_kopecks - self.out_kopecks


class Standing(NamedTuple):
    """A certificate in one nominal period, in kopecks: nominal = available + paid − shortfall."""

    nominal_kopecks: int
    available_kopecks: int
    shortfall_kopecks: int

    @property
    def paid_kopecks(self) -> int:
        return self.nominal_kopecks - self.available_kopecks + self.shortfall_kopecks


def nominal_period(day: dt.date) -> Period:
    """The nominal period that holds the day: its calendar year."""
    return Period(dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))


def nominal_periods(validity: Period) -> list[Period]:
    """Every nominal period that the validity touches, the earliest first."""
    return [Period(dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in range(validity.first.year, validity.last.year + 1)]


class Ledger:
    """The ledger within one writing transaction: read once per owner, changed in memory, saved in one piece by `save`."""

    def __init__(self, connection: Connection, made_at: str) -> None:
        self._connection = connection
        self._made_at = made_at
        self._accounts: dict[AccountKey, Account] = {}
        self._nominals: dict[tuple[str, str, str], tuple[str, int]] = {}
        self._changed_nominals: set[tuple[str, str, str]] = set()
        self._stored_nominals: set[tuple[str, str, str]] = set()
        self._known_owners: set[str] = set()
        self._transfers: list[dict[str, object]] = []
        self._next_account = 1 + (connection.scalar(select(func.max(accounts.c.account))) or 0)

    def read(self, owners: Iterable[str]) -> None:
        """Read the accounts and nominals of these certificates and providers, and the funds; what was read already is kept."""
        new = {*owners, ""} - self._known_owners
        for portion in portions(new):
            for row in self._connection.execute(select(accounts).where(accounts.c.owner.in_(portion))):
                key = AccountKey(row.kind, row.payer, row.first, row.last, row.owner)
                self._accounts[key] = Account(row.account, row.in_kopecks, row.out_kopecks)
            for row in self._connection.execute(select(nominals).where(nominals.c.certificate.in_(portion))):
                named = (row.certificate, row.payer, row.first)
                self._nominals[named] = (row.last, row.amount_kopecks)
                self._stored_nominals.add(named)
        self._known_owners |= new

    def has_nominal(self, certificate: str, payer: str, period: Period) -> bool:
        """Whether the certificate was given a nominal, be it 0, in this period by this payer."""
        self.read([certificate])
        return (certificate, payer, period.first.isoformat()) in self._nominals

    def standing(self, certificate: str, payer: str, period: Period) -> Standing:
        """Where the certificate stands in this period; all zero where it never had a nominal."""
        self.read([certificate])
        _, amount = self._nominals.get((certificate, payer, period.first.isoformat()), ("", 0))
        free = self._accounts.get(_key(CERTIFICATE, payer, period, certificate))
        short = self._accounts.get(_key(SHORTFALL, payer, period, certificate))
        return Standing(amount, free.balance_kopecks if free else 0, -short.balance_kopecks if short else 0)

    def set_nominal(self, certificate: str, payer: str, period: Period, amount_kopecks: int) -> None:
        """Make this the certificate's nominal of the period; the difference comes from the payer's fund or goes back to it."""
        fund = self._account(_key(FUND, payer, period, ""))
        free = self._account(_key(CERTIFICATE, payer, period, certificate))
        before = self.standing(certificate, payer, period).nominal_kopecks
        if amount_kopecks >= before:
            self._move(fund, free, amount_kopecks - before, "nominal")
            self._meet_shortfall(certificate, payer, period)
        else:
            taken = min(free.balance_kopecks, before - amount_kopecks)
            self._move(free, fund, taken, "nominal")
            self._move(self._account(_key(SHORTFALL, payer, period, certificate)), fund, before - amount_kopecks - taken, "nominal")
        named = (certificate, payer, period.first.isoformat())
        self._nominals[named] = (period.last.isoformat(), amount_kopecks)
        self._changed_nominals.add(named)

    def debit(self, certificate: str, payer: str, period: Period, provider: str, amount_kopecks: int, operation: str) -> None:
        """Pay the provider from the certificate.

        Raises:
            InsufficientFunds: nothing moved.
        """
        free = self.standing(certificate, payer, period).available_kopecks
        if free < amount_kopecks:
            raise InsufficientFunds(free)
        source = self._account(_key(CERTIFICATE, payer, period, certificate))
        self._move(source, self._account(_key(PAYABLE, payer, period, provider)), amount_kopecks, "debit", operation)

    def reverse(self, certificate: str, payer: str, period: Period, provider: str, amount_kopecks: int, operation: str) -> None:
        """Give a debit back; a shortfall of the certificate is met first by it."""
        target = self._account(_key(CERTIFICATE, payer, period, certificate))
        self._move(self._account(_key(PAYABLE, payer, period, provider)), target, amount_kopecks, "reversal", operation)
        self._meet_shortfall(certificate, payer, period)

    def save(self) -> None:
        """Write what changed. The sums carry the CHECKs of `navigator.tables`: a mistake in here cannot overdraw a certificate."""
        new = [
            {**key._asdict(), "account": account.account, "in_kopecks": account.in_kopecks, "out_kopecks": account.out_kopecks}
            for key, account in self._accounts.items()
            if account.is_new
        ]
        touched = [
            {"which": account.account, "in_sum": account.in_kopecks, "out_sum": account.out_kopecks}
            for account in self._accounts.values()
            if account.is_touched and not account.is_new
        ]
        if new:
            self._connection.execute(insert(accounts), new)
        if touched:
            changing = update(accounts).where(accounts.c.account == bindparam("which"))
            self._connection.execute(changing.values(in_kopecks=bindparam("in_sum"), out_kopecks=bindparam("out_sum")), touched)
        if self._transfers:
            self._connection.execute(insert(transfers), self._transfers)
        self._save_nominals()
        self._transfers = []
        for account in self._accounts.values():
            account.is_new = account.is_touched = False

    def _save_nominals(self) -> None:
        rows = [
            {"which": c, "whose": p, "since": first, "last": self._nominals[c, p, first][0], "amount": self._nominals[c, p, first][1]}
            for c, p, first in sorted(self._changed_nominals)
        ]
        known = [row for row in rows if (row["which"], row["whose"], row["since"]) in self._stored_nominals]
        new = [row for row in rows if (row["which"], row["whose"], row["since"]) not in self._stored_nominals]
        if known:
            same = nominals.c.certificate == bindparam("which")
            same &= (nominals.c.payer == bindparam("whose")) & (nominals.c.first == bindparam("since"))
            parameters = [{name: row[name] for name in ("which", "whose", "since", "amount")} for row in known]
            self._connection.execute(update(nominals).where(same).values(amount_kopecks=bindparam("amount")), parameters)
        if new:
            names = {"certificate": "which", "payer": "whose", "first": "since", "last": "last", "amount_kopecks": "amount"}
            self._connection.execute(insert(nominals), [{column: row[name] for column, name in names.items()} for row in new])
        self._stored_nominals |= self._changed_nominals
        self._changed_nominals = set()

    def _meet_shortfall(self, certificate: str, payer: str, period: Period) -> None:
        standing = self.standing(certificate, payer, period)
        amount = min(standing.available_kopecks, standing.shortfall_kopecks)
        if amount > 0:
            free = self._account(_key(CERTIFICATE, payer, period, certificate))
            self._move(free, self._account(_key(SHORTFALL, payer, period, certificate)), amount, "shortfall")

    def _account(self, key: AccountKey) -> Account:
        """The account, made where it is new. Numbers are allotted here, in a block: the writer is alone."""
        self.read([key.owner])
        account = self._accounts.get(key)
        if account is None:
            account = self._accounts[key] = Account(self._next_account, is_new=True)
            self._next_account += 1
        return account

    def _move(self, source: Account, target: Account, amount_kopecks: int, kind: str, operation: str | None = None) -> None:
        assert amount_kopecks >= 0, "a transfer goes from its source to its target, never back"
        if amount_kopecks == 0:
            return
        source.out_kopecks += amount_kopecks
        target.in_kopecks += amount_kopecks
        source.is_touched = target.is_touched = True
        row = {"from_account": source.account, "to_account": target.account, "amount_kopecks": amount_kopecks}
        self._transfers.append({**row, "kind": kind, "operation": operation, "made_at": self._made_at})


def _key(kind: str, payer: str, period: Period, owner: str) -> AccountKey:
    return AccountKey(kind, payer, period.first.isoformat(), period.last.isoformat(), owner)
