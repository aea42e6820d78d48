"""The ledger's rows: accounts with their four sums, and transfers, which are only ever added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.ledger import AccountKind, AccountName, Balance, Sums, Transfer, changes_of
from gateway.store import tables as t
from gateway.store.engine import in_chunks, insert_many, reserve_ids
from gateway.store.seal import SEALED_COLUMNS, Sealed, seal, sealed_under


def save_transfers(connection: Connection, booked: Sequence[tuple[int | None, Transfer]], now: dt.datetime) -> None:
    """Add transfers (each with its operation's key), seal them and bring their accounts up. Part of the caller's transaction.

    Raises:
        sqlalchemy.exc.IntegrityError: an account would fall below zero: nothing of the transaction is kept.
    """
    if not booked:
        return
    changes = changes_of(transfer for _, transfer in booked)
    rows = account_rows(connection, changes)
    at = now.isoformat()
    heads: dict[tuple[str, int], Sealed] = {}
    for payer in sorted({account.payer for account in changes}):
        mine = [(operation, transfer) for operation, transfer in booked if transfer.source.payer == payer]
        first = reserve_ids(connection, payer, "transfer", len(mine))
        new = [
            (
                first + offset, rows[transfer.source], rows[transfer.target], transfer.amount, transfer.kind.value, transfer.month,
                transfer.cause, operation, transfer.refers_to, at,
            )
            for offset, (operation, transfer) in enumerate(mine)
        ]  # fmt: skip
        insert_many(connection, t.transfer, ("payer", *SEALED_COLUMNS), [(payer, *row) for row in new])
        under = [
            sealed_under(row[1], transfer.source.kind, row[2], transfer.target.kind) for row, (_, transfer) in zip(new, mine, strict=True)
        ]
        heads |= {(payer, one.account): one for one in seal(connection, payer, under, new, at)}
    _bring_up(connection, {(name.payer, rows[name]): change for name, change in changes.items()}, heads)


def _bring_up(connection: Connection, changes: Mapping[tuple[str, int], Sums], heads: Mapping[tuple[str, int], Sealed]) -> None:
    """Add to the accounts' sums; first those that were sealed, with their new heads."""
    # In order of the key: two writers that lock the same accounts lock them in the same order.
    for sealed in (True, False):
        values: dict[str, Any] = {name: t.account.c[name] + sa.bindparam("plus_" + name) for name in Sums._fields}
        if sealed:
            values |= {"seals": sa.bindparam("new_seals"), "seal": sa.bindparam("new_seal")}
        mine = sorted(key for key in changes if (key in heads) == sealed)
        one = (t.account.c.payer == sa.bindparam("of_payer")) & (t.account.c.account == sa.bindparam("of_account"))
        parameters = [
            {"of_payer": key[0], "of_account": key[1]}
            | {"plus_" + field: value for field, value in changes[key]._asdict().items()}
            | ({"new_seals": heads[key].seq, "new_seal": heads[key].digest} if sealed else {})
            for key in mine
        ]
        if parameters:
            connection.execute(sa.update(t.account).where(one).values(values), parameters)


def account_rows(connection: Connection, names: Iterable[AccountName]) -> dict[AccountName, int]:
    """The keys of these accounts; what is missing is opened, empty."""
    wanted = list(names)
    found = _find(connection, wanted)
    missing = [name for name in wanted if name not in found]
    for payer in sorted({name.payer for name in missing}):
        new = [name for name in missing if name.payer == payer]
        first = reserve_ids(connection, payer, "account", len(new))
        columns = ("payer", "account", "period", "kind", "owner", "in_settled", "out_settled", "in_held", "out_held")
        insert_many(
            connection,
            t.account,
            columns,
            [(payer, first + offset, name.period, name.kind.value, name.owner, 0, 0, 0, 0) for offset, name in enumerate(new)],
        )
        found.update({name: first + offset for offset, name in enumerate(new)})
    return found


def _find(connection: Connection, names: Sequence[AccountName]) -> dict[AccountName, int]:
    found: dict[AccountName, int] = {}
    for payer in sorted({name.payer for name in names}):
        for owners in in_chunks(sorted({name.owner for name in names if name.payer == payer})):
            rows = connection.execute(
                sa.select(t.account.c.period, t.account.c.kind, t.account.c.owner, t.account.c.account).where(
                    t.account.c.payer == payer, t.account.c.owner.in_(owners)
                )
            )
            for period, kind, owner, account in rows:
                found[AccountName(payer, period, AccountKind(kind), owner)] = account
    return {name: found[name] for name in names if name in found}


def sums_of(connection: Connection, payer: str, owners: Iterable[str]) -> dict[AccountName, Sums]:
    """The sums of all accounts of these owners."""
    found: dict[AccountName, Sums] = {}
    for chunk in in_chunks(sorted(set(owners))):
        columns = t.account.c
        rows = connection.execute(
            sa.select(
                columns.period, columns.kind, columns.owner, columns.in_settled, columns.out_settled, columns.in_held, columns.out_held
            )
            .where(columns.payer == payer, columns.owner.in_(chunk))
        )  # fmt: skip
        for period, kind, owner, *sums in rows:
            found[AccountName(payer, period, AccountKind(kind), owner)] = Sums(*sums)
    return found


def lock_accounts(connection: Connection, payer: str, owners: Iterable[str]) -> None:
    """Lock these owners' accounts until the transaction ends, always in the order of their keys, so that no two writers deadlock."""
    if connection.dialect.name == "sqlite":
        return  # a writing transaction there is alone already
    for chunk in in_chunks(sorted(set(owners))):
        connection.execute(
            sa.select(t.account.c.account)
            .where(t.account.c.payer == payer, t.account.c.owner.in_(chunk))
            .order_by(t.account.c.account)
            .with_for_update()
        )


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
