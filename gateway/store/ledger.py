"""The ledger's rows: accounts with their four sums, and transfers, which are only ever added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.ledger import AccountKind, AccountName, Balance, Sums, Transfer, changes_of
from gateway.store import tables as t
from gateway.store.rows import among, insert_many, reserve_ids, update_many
from gateway.store.seal import SEALED_COLUMNS, Sealed, seal, sealed_under


class Account(NamedTuple):
    """An account's row: its key, its sums, how many seals it has, and the last one's digest."""

    account: int
    sums: Sums
    seals: int
    head: str


def save_transfers(
    connection: Connection,
    booked: Sequence[tuple[int | None, Transfer]],
    now: dt.datetime,
    first: int | None = None,
    held: Mapping[AccountName, Account] | None = None,
) -> None:
    """Add transfers (each with its operation's key), seal them and bring their accounts up. Part of the caller's transaction.

    Args:
        first: the first transfer's key, where the caller has reserved them, all of one payer.
        held: the accounts that the caller has locked (`hold_accounts`).

    Raises:
        sqlalchemy.exc.IntegrityError: an account would fall below zero: nothing of the transaction is kept.
    """
    if not booked:
        return
    changes = changes_of(transfer for _, transfer in booked)
    at = now.isoformat()
    payers = sorted({account.payer for account in changes})
    for payer in payers:
        mine = booked if len(payers) == 1 else [one for one in booked if one[1].source.payer == payer]
        names = changes.keys() if len(payers) == 1 else [name for name in changes if name.payer == payer]
        key = reserve_ids(connection, payer, "transfer", len(mine)) if first is None else first
        rows = _opened(connection, payer, names, held or {})
        new, under = [], []
        for transfer, (operation, (source, target, amount, kind, month, cause, _, refers_to)) in enumerate(mine, key):
            of_source, of_target = rows[source].account, rows[target].account
            new.append((transfer, of_source, of_target, amount, kind.value, month, cause, operation, refers_to, at))
            under.append(sealed_under(of_source, source.kind, of_target, target.kind))
        insert_many(connection, t.transfer, ("payer", *SEALED_COLUMNS), [(payer, *row) for row in new])
        heads = {rows[name].account: (rows[name].seals, rows[name].head) for name in names}
        sealed = {one.account: one for one in seal(connection, payer, under, new, heads, at)}
        _bring_up(connection, payer, {rows[name].account: changes[name] for name in names}, sealed)


def _bring_up(connection: Connection, payer: str, changes: Mapping[int, Sums], sealed: Mapping[int, Sealed]) -> None:
    """Add to the accounts' sums, and give those that were sealed their new heads."""
    # Sealed ones first and in order of the key, as they are locked: a provider's account is held for as short as can be.
    heads = [(*changes[one.account], one.seq, one.digest, payer, one.account) for _, one in sorted(sealed.items())]
    update_many(connection, t.account, (*Sums._fields, "seals", "seal"), ("payer", "account"), heads, added=Sums._fields)
    others = [(*changes[account], payer, account) for account in sorted(changes.keys() - sealed)]
    update_many(connection, t.account, Sums._fields, ("payer", "account"), others, added=Sums._fields)


_A = t.account.c
_OWNED = (_A.payer == sa.bindparam("payer")) & among(_A.owner, "owners")
_KEYS = sa.select(_A.period, _A.kind, _A.owner, _A.account).where(_OWNED)
_SUMS = sa.select(_A.period, _A.kind, _A.owner, _A.in_settled, _A.out_settled, _A.in_held, _A.out_held).where(_OWNED)
_LOCKED = sa.select(_A.account).where(_OWNED).order_by(_A.account).with_for_update()
_ACCOUNTS = sa.select(
    _A.period, _A.kind, _A.owner, _A.account, _A.seals, _A.seal, _A.in_settled, _A.out_settled, _A.in_held, _A.out_held
).where(_OWNED)
_ACCOUNTS = _ACCOUNTS.order_by((_A.kind == AccountKind.CERTIFICATE.value).desc(), _A.account).with_for_update()


def hold_accounts(connection: Connection, payer: str, owners: Iterable[str]) -> dict[AccountName, Account]:
    """All accounts of these owners, nobody else's until the transaction ends; certificates first, in the order in which all hold them."""
    rows = connection.execute(_ACCOUNTS, {"payer": payer, "owners": sorted(set(owners))})
    return {
        AccountName(payer, period, AccountKind(kind), owner): Account(account, Sums(*sums), seals or 0, head or "")
        for period, kind, owner, account, seals, head, *sums in rows
    }


def _opened(
    connection: Connection, payer: str, names: Iterable[AccountName], held: Mapping[AccountName, Account]
) -> Mapping[AccountName, Account]:
    """The rows of a payer's accounts, held; what is missing is opened, empty."""
    unknown = [name for name in names if name not in held]
    if not unknown:
        return held
    found = {**held, **hold_accounts(connection, payer, {name.owner for name in unknown})}
    missing = [name for name in unknown if name not in found]
    if missing:
        first = reserve_ids(connection, payer, "account", len(missing))
        new = [(payer, first + at, name.period, name.kind.value, name.owner, 0, 0, 0, 0) for at, name in enumerate(missing)]
        insert_many(connection, t.account, ("payer", "account", "period", "kind", "owner", *Sums._fields), new)
        found.update({name: Account(first + at, Sums(), 0, "") for at, name in enumerate(missing)})
    return found


def _find(connection: Connection, names: Sequence[AccountName]) -> dict[AccountName, int]:
    found: dict[AccountName, int] = {}
    for payer in sorted({name.payer for name in names}):
        owners = sorted({name.owner for name in names if name.payer == payer})
        for period, kind, owner, account in connection.execute(_KEYS, {"payer": payer, "owners": owners}):
            found[AccountName(payer, period, AccountKind(kind), owner)] = account
    return {name: found[name] for name in names if name in found}


def sums_of(connection: Connection, payer: str, owners: Iterable[str]) -> dict[AccountName, Sums]:
    """The sums of all accounts of these owners."""
    rows = connection.execute(_SUMS, {"payer": payer, "owners": sorted(set(owners))})
    return {AccountName(payer, period, AccountKind(kind), owner): Sums(*sums) for period, kind, owner, *sums in rows}


def lock_accounts(connection: Connection, payer: str, owners: Iterable[str]) -> None:
    """Lock these owners' accounts until the transaction ends, always in the order of their keys, so that no two writers deadlock."""
    if connection.dialect.name == "sqlite":
        return  # a writing transaction there is alone already
    connection.execute(_LOCKED, {"payer": payer, "owners": sorted(set(owners))})


def free_of(connection: Connection, payer: str, certificates: Iterable[str]) -> dict[AccountName, int]:
    """What the certificates' accounts may spend, kopecks."""
    return {name: sums.free for name, sums in sums_of(connection, payer, certificates).items() if name.kind is AccountKind.CERTIFICATE}


def balances(connection: Connection, payer: str, certificates: Iterable[str]) -> dict[AccountName, Balance]:
    """Each certificate's account as its transfers tell it: worked out from the rows, not from the account's sums (only ``free`` is)."""
    result: dict[AccountName, Balance] = {}
    sums = sums_of(connection, payer, certificates)
    accounts = {name: row for name, row in _find(connection, list(sums)).items() if name.kind is AccountKind.CERTIFICATE}
    for name, row in accounts.items():
        moved = _moved(connection, payer, row)
        owed = sums.get(name._replace(kind=AccountKind.SHORTFALL), Sums())
        result[name] = Balance(
            funded=moved.get(("in", "fund", "settled"), 0) - moved.get(("out", "fund", "settled"), 0),
            free=sums[name].free,
            reserved=moved.get(("out", "reserve", "settled"), 0) - moved.get(("in", "reserve", "settled"), 0),
            held=moved.get(("out", "payable", "held"), 0),
            paid=moved.get(("out", "payable", "settled"), 0) - moved.get(("in", "payable", "settled"), 0),
            elsewhere=moved.get(("out", "elsewhere", "settled"), 0) - moved.get(("in", "elsewhere", "settled"), 0),
            lapsed=moved.get(("out", "lapsed", "settled"), 0) - moved.get(("in", "lapsed", "settled"), 0),
            shortfall=owed.out_settled - owed.in_settled,
        )
    return result


_HELD = {"hold": 1, "settle": -1, "release": -1}
_SETTLED = {"plain": 1, "settle": 1, "reversal": 1}


def _moved(connection: Connection, payer: str, account: int) -> dict[tuple[str, str, str], int]:
    """Sums of an account's transfers by (direction, kind of the other account, held or settled)."""
    moved: dict[tuple[str, str, str], int] = {}
    for direction, mine, other in (("out", t.transfer.c.source, t.transfer.c.target), ("in", t.transfer.c.target, t.transfer.c.source)):
        rows = connection.execute(
            sa.select(t.account.c.kind, t.transfer.c.kind, sa.func.sum(t.transfer.c.amount))
            .join(t.account, (t.account.c.payer == t.transfer.c.payer) & (t.account.c.account == other))
            .where(t.transfer.c.payer == payer, mine == account)
            .group_by(t.account.c.kind, t.transfer.c.kind)
        )
        for account_kind, kind, amount in rows:
            for word, signs in (("held", _HELD), ("settled", _SETTLED)):
                key = (direction, account_kind, word)
                moved[key] = moved.get(key, 0) + signs.get(kind, 0) * int(amount)
    return moved


def payable_by_provider(connection: Connection) -> dict[str, int]:
    """What has been accepted for each provider, less reversals, in all periods and from all payers, kopecks."""
    columns = t.account.c
    rows = connection.execute(
        sa.select(columns.owner, sa.func.sum(columns.in_settled - columns.out_settled))
        .where(columns.kind == AccountKind.PAYABLE.value)
        .group_by(columns.owner)
    )
    return {owner: int(amount) for owner, amount in rows}


def faults(connection: Connection, payer: str | None = None) -> list[str]:
    """Accounts whose four sums are not those of their transfers, and certificates whose invariant does not hold; of all, or of one
    payer."""
    found = []
    moves = t.transfer.c
    mine_only = [moves.payer == payer] if payer is not None else []
    expected: dict[tuple[str, int], list[int]] = {}
    for direction, mine in ((0, moves.target), (1, moves.source)):
        query = sa.select(moves.payer, mine, moves.kind, sa.func.sum(moves.amount)).where(*mine_only)
        for of_payer, account, kind, amount in connection.execute(query.group_by(moves.payer, mine, moves.kind)):
            sums = expected.setdefault((of_payer, account), [0, 0, 0, 0])
            sums[direction] += _SETTLED.get(kind, 0) * int(amount)
            sums[direction + 2] += _HELD.get(kind, 0) * int(amount)
    owners: dict[str, set[str]] = {}
    accounts = sa.select(t.account) if payer is None else sa.select(t.account).where(t.account.c.payer == payer)
    for row in connection.execute(accounts).mappings():
        kept = [row["in_settled"], row["out_settled"], row["in_held"], row["out_held"]]
        if kept != expected.get((row["payer"], row["account"]), [0, 0, 0, 0]):
            found.append(f"account {row['payer']}/{row['account']} ({row['kind']}): sums {kept} are not those of its transfers")
        if row["kind"] == AccountKind.CERTIFICATE:
            owners.setdefault(row["payer"], set()).add(row["owner"])
    for of_payer, certificates in sorted(owners.items()):
        for name, balance in balances(connection, of_payer, certificates).items():
            if not balance.is_consistent:
                found.append(f"certificate {name.owner}, period {name.period}: {balance} does not add up")
    return found
