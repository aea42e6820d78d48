"""Seals: what a batch added to an account, digested and chained to the account's seal before.

A byte that is changed behind our back in a transfer, or a row that is gone, no longer fits its seal, which names the account and the batch.
Each transfer is sealed once: under the certificate's account, where it touches one. Whoever rewrites transfers and all seals after them
still has another head; only what was published outside (the act of a reconciliation) stops that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.ledger import AccountKind
from gateway.store import tables as t
from gateway.store.rows import insert_many

DIGEST_BYTES = 16
SEALED_COLUMNS = ("transfer", "source", "target", "amount", "kind", "month", "cause", "operation", "refers_to", "at")
"""What a seal covers of a transfer: all of its row but the payer, which starts the chain."""

_A, _S, _T = t.account.c, t.seal.c, t.transfer.c


def text_of(row: Sequence[Any]) -> str:
    """A transfer's `SEALED_COLUMNS` as the seal digests them."""
    return "%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1e" % tuple(row)  # noqa: UP031 (a tuple as it is: half of the time)


def digest_of(payer: str, account: int, previous: str, texts: Iterable[str]) -> str:
    return blake2b(f"{payer}\x1f{account}\x1f{previous}\x1e{''.join(texts)}".encode(), digest_size=DIGEST_BYTES).hexdigest()


def sealed_under(source: int, source_kind: str, target: int, target_kind: str) -> int:
    """The account whose seal covers a transfer."""
    return target if target_kind == AccountKind.CERTIFICATE and source_kind != AccountKind.CERTIFICATE else source


class Sealed(NamedTuple):
    """An account's new head. ``seq``: how many seals it has then."""

    account: int
    seq: int
    digest: str


def seal(
    connection: Connection, payer: str, under: Sequence[int], rows: Sequence[Sequence[Any]], heads: Mapping[int, tuple[int, str]], at: str
) -> list[Sealed]:
    """Seal a batch's transfers, each under the account beside it. The caller saves the heads. Part of the caller's transaction.

    Args:
        rows: `SEALED_COLUMNS` of each transfer, in the order of their keys.
        heads: account → (its seals so far, the last one's digest), locked by the caller.
    """
    batches: dict[int, list[Sequence[Any]]] = defaultdict(list)
    for account, row in zip(under, rows, strict=True):
        batches[account].append(row)
    new, sealed = [], []
    for account in sorted(batches):
        mine = batches[account]
        seals, previous = heads[account]
        digest = digest_of(payer, account, previous, map(text_of, mine))
        new.append((payer, account, seals + 1, mine[0][0], mine[-1][0], len(mine), previous, digest, at))
        sealed.append(Sealed(account, seals + 1, digest))
    insert_many(connection, t.seal, ("payer", "account", "seq", "first", "last", "count", "previous", "digest", "at"), new)
    return sealed


def head_of(connection: Connection, payer: str) -> str:
    """The head of a payer's heads: it changes with every transfer, and is what an act publishes."""
    digest = blake2b(payer.encode(), digest_size=DIGEST_BYTES)
    sealed = sa.select(_A.account, _A.seals, _A.seal).where(_A.payer == payer, _A.seals.is_not(None))
    rows = connection.execute(sealed.order_by(_A.account))
    for account, seals, head in rows:
        digest.update(f"{account}\x1f{seals}\x1f{head}\x1e".encode())
    return digest.hexdigest()


def payers(connection: Connection) -> list[str]:
    """Payers that have accounts."""
    return [payer for (payer,) in connection.execute(sa.select(_A.payer).distinct().order_by(_A.payer))]


# ---------------------------------------------------------------- proving


class Broken(NamedTuple):
    """A seal that does not hold.

    ``owner``: the account's, a certificate's lasting id or a provider; ``batch``: the seal's number, 0: none.
    """

    account: int
    kind: str
    owner: str
    period: str
    batch: int
    at: str
    what: str


NOT_ITS_TRANSFERS, NOT_THE_CHAIN, NOT_THE_HEAD, NOT_SEALED = "transfers", "chain", "head", "unsealed"
STREAM = 5_000


@dataclass(slots=True)
class _Open:
    """A seal whose transfers are being read."""

    row: sa.RowMapping
    count: int = 0
    digest: Any = field(default=None)


def broken(connection: Connection, payer: str) -> list[Broken]:
    """Every seal of a payer that does not hold, read once through its transfers."""
    accounts = {row["account"]: dict(row) for row in connection.execute(sa.select(t.account).where(_A.payer == payer)).mappings()}
    found: dict[tuple[int, int, str], Broken] = {}

    def tell(account: int, batch: int, at: str, what: str) -> None:
        known = accounts.get(account, {"kind": "?", "owner": "", "period": ""})
        found.setdefault((account, batch, what), Broken(account, known["kind"], known["owner"], known["period"], batch, at, what))

    _prove_transfers(connection, payer, accounts, tell)
    _prove_chains(connection, payer, accounts, tell)
    return [found[key] for key in sorted(found)]


def _prove_transfers(connection: Connection, payer: str, accounts: Mapping[int, Mapping[str, Any]], tell: Any) -> None:
    seals = iter(_streamed(connection, sa.select(t.seal).where(_S.payer == payer).order_by(_S.first, _S.account)))
    ahead = next(seals, None)
    open_seals: dict[int, _Open] = {}

    def close(account: int) -> None:
        one = open_seals.pop(account)
        if one.count != one.row["count"] or one.digest.hexdigest() != one.row["digest"]:
            tell(account, one.row["seq"], one.row["at"], NOT_ITS_TRANSFERS)

    transfers = sa.select(*(_T[name] for name in SEALED_COLUMNS)).where(_T.payer == payer).order_by(_T.transfer)
    for row in _streamed(connection, transfers):
        while ahead is not None and ahead["first"] <= row["transfer"]:
            if ahead["account"] in open_seals:
                close(ahead["account"])
            begun = blake2b(f"{payer}\x1f{ahead['account']}\x1f{ahead['previous']}\x1e".encode(), digest_size=DIGEST_BYTES)
            open_seals[ahead["account"]] = _Open(ahead, digest=begun)
            ahead = next(seals, None)
        source, target = accounts.get(row["source"]), accounts.get(row["target"])
        account = sealed_under(row["source"], source["kind"] if source else "", row["target"], target["kind"] if target else "")
        one = open_seals.get(account)
        if one is None or row["transfer"] > one.row["last"]:
            tell(account, 0, row["at"], NOT_SEALED)
            continue
        one.digest.update(text_of(tuple(row[name] for name in SEALED_COLUMNS)).encode())
        one.count += 1
    for account in list(open_seals):
        close(account)
    for one in (*((ahead,) if ahead is not None else ()), *seals):  # seals of transfers that are gone from the end
        tell(one["account"], one["seq"], one["at"], NOT_ITS_TRANSFERS)


def _prove_chains(connection: Connection, payer: str, accounts: Mapping[int, Mapping[str, Any]], tell: Any) -> None:
    last: dict[int, tuple[int, str]] = {}
    query = sa.select(_S.account, _S.seq, _S.previous, _S.digest, _S.at).where(_S.payer == payer).order_by(_S.account, _S.seq)
    for row in _streamed(connection, query):
        seq, digest = last.get(row["account"], (0, ""))
        if (row["seq"], row["previous"]) != (seq + 1, digest):
            tell(row["account"], row["seq"], row["at"], NOT_THE_CHAIN)
        last[row["account"]] = (row["seq"], row["digest"])
    for account, known in accounts.items():
        if (known["seals"] or 0, known["seal"] or "") != last.get(account, (0, "")):
            tell(account, known["seals"] or 0, "", NOT_THE_HEAD)
    for account in last.keys() - accounts.keys():
        tell(account, last[account][0], "", NOT_THE_HEAD)


def _streamed(connection: Connection, query: sa.Select[Any]) -> Iterator[sa.RowMapping]:
    for rows in connection.execute(query, execution_options={"yield_per": STREAM}).mappings().partitions():
        yield from rows
