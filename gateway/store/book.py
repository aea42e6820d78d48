"""Book: a certificate's answers all together, read, planned and saved in ONE transaction, so that nobody else can spend in between."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.book import Booked, BookedAll
from gateway.core.claims import Answer, Claim
from gateway.core.ledger import AccountName
from gateway.core.post import OperationState
from gateway.store import tables as t
from gateway.store.claims import ANSWER_NAMES, CLAIM_COLUMNS, answer_from, answer_values, claim_from, strike, with_live_debit
from gateway.store.engine import in_chunks, insert_many, reserve_ids, writing
from gateway.store.ledger import free_of, lock_accounts, save_transfers
from gateway.store.months import lock_months

BATCH = 10_000


@dataclass(frozen=True, slots=True)
class BookWork:
    """Listed answers of one payer's certificates, each certificate whole, and what their accounts may spend."""

    connection: Connection
    payer: str
    decided: Sequence[tuple[Claim, Answer]]
    free: Mapping[AccountName, int]

    def save(self, booked: BookedAll, now: dt.datetime) -> None:
        """Store answers, operations and holds. Part of the work's transaction."""
        _save_answers(self.connection, self.payer, booked.answers, now)
        _name_what_is_withdrawn(self.connection, self.payer, booked)
        rows = _save_operations(self.connection, self.payer, booked, now)
        save_transfers(self.connection, [(rows[hold.booking], hold.transfer) for hold in booked.holds], now)
        strike(self.connection, t.to_book, self.payer, [claim.row for claim, _ in self.decided])


@contextmanager
def work(engine: Engine, limit: int = BATCH) -> Iterator[BookWork | None]:
    """The next batch; None where there is nothing. Claims with an operation under way stay on the list until it is answered."""
    with writing(engine) as connection:
        payer = _next_payer(connection)
        if payer is None:
            yield None
            return
        decided = _decided(connection, payer, limit)
        certificates = {answer.certificate for _, answer in decided if answer.certificate}
        lock_months(connection, payer, [claim for claim, _ in decided])
        lock_accounts(connection, payer, certificates)
        yield BookWork(connection, payer, decided, free_of(connection, payer, certificates))


# The list comes first, however many claims there are: an outer join, which SQLite does not turn round as long as nothing else speaks of
# the claim (`coalesce`).
_LISTED = t.to_book.outerjoin(t.claim, (t.to_book.c.payer == t.claim.c.payer) & (t.to_book.c.claim == t.claim.c.claim))
_IS_FREE = sa.func.coalesce(t.claim.c.under_way, 1) == 0


def _next_payer(connection: Connection) -> str | None:
    return connection.execute(
        sa.select(t.to_book.c.payer)
        .select_from(_LISTED)
        .where(_IS_FREE)
        .order_by(t.to_book.c.payer)
        .limit(1)
        .with_for_update(of=t.to_book, skip_locked=True)
    ).scalar_one_or_none()


def _decided(connection: Connection, payer: str, limit: int) -> list[tuple[Claim, Answer]]:
    certificate = sa.func.coalesce(t.to_book.c.certificate, "")
    rows = connection.execute(
        sa.select(t.to_book.c.answer, certificate, *CLAIM_COLUMNS)
        .select_from(with_live_debit(_LISTED))
        .where(t.to_book.c.payer == payer, _IS_FREE)
        .order_by(certificate, t.to_book.c.claim)
        .limit(limit)
        .with_for_update(of=t.to_book, skip_locked=True)
    ).all()
    if len(rows) == limit and rows[0][1] != rows[-1][1]:
        # The last certificate may be cut: it comes whole with the next batch.
        rows = [row for row in rows if row[1] != rows[-1][1]]
    elif len(rows) == limit:
        return _decided(connection, payer, limit * 10)
    return [(claim_from(row[2:]), answer_from(row[0])) for row in rows]


def _save_answers(connection: Connection, payer: str, answers: Sequence[Booked], now: dt.datetime) -> None:
    if not answers:
        return
    names, at = (*ANSWER_NAMES, "decided_at"), now.isoformat()
    rows = []
    for booked in answers:
        values = answer_values(booked.answer, booked.amount, booked.keeps, booked.claim.starts_at > now)
        rows.append({"of_claim": booked.claim.row} | {"new_" + name: value for name, value in zip(names, (*values, at), strict=True)})
    rows.sort(key=itemgetter("of_claim"))  # all who write claims write them in this order
    statement = (
        sa.update(t.claim)
        .where(t.claim.c.payer == payer, t.claim.c.claim == sa.bindparam("of_claim"))
        .values({name: sa.bindparam("new_" + name) for name in names})
    )
    connection.execute(statement, rows)


def _name_what_is_withdrawn(connection: Connection, payer: str, booked: BookedAll) -> None:
    """An attendance that is taken back names the enrollment that it was sent with, be it that the child has none in the group any more."""
    places = {one.claim.row: place for place, one in enumerate(booked.operations) if one.status == "none"}
    columns = t.operation.c
    for claims in in_chunks(sorted(places)):
        rows = connection.execute(
            sa.select(columns.claim, columns.enrollment, columns.certificate)
            .where(
                columns.payer == payer, columns.claim.in_(claims), columns.kind == "attendance", columns.state == "accepted",
                columns.enrollment.is_not(None),
            )
            .order_by(columns.operation)
        )  # fmt: skip
        for claim, enrollment, certificate in rows:
            place = places[claim]
            booked.operations[place] = booked.operations[place]._replace(enrollment=enrollment, certificate=certificate)


_OPERATION_COLUMNS = (
    "payer", "operation", "id", "kind", "claim", "n", "month", "amount", "enrollment", "certificate", "minutes", "after", "refers_to",
    "status", "state", "booked_at", "tries",
)  # fmt: skip


def insert_operations(connection: Connection, payer: str, booked: BookedAll, first: int, now: dt.datetime) -> None:
    """Insert the operations, in the order of the plan. ``first``: the key of the first, the others' follow."""
    at = now.isoformat()
    insert_many(
        connection,
        t.operation,
        _OPERATION_COLUMNS,
        [
            (
                payer, first + offset, one.id, one.kind, one.claim.row, one.n, one.month, one.amount, one.enrollment, one.certificate,
                one.minutes, one.after, one.refers_to, one.status, OperationState.TO_SEND.value, at, 0,
            )
            for offset, one in enumerate(booked.operations)
        ],
    )  # fmt: skip


def _save_operations(connection: Connection, payer: str, booked: BookedAll, now: dt.datetime) -> list[int]:
    """Insert the operations and count them as under way; their keys, in the order of the plan."""
    if not booked.operations:
        return []
    first = reserve_ids(connection, payer, "operation", len(booked.operations))
    insert_operations(connection, payer, booked, first, now)
    under_way: dict[int, int] = {}
    for one in booked.operations:
        under_way[one.claim.row] = under_way.get(one.claim.row, 0) + 1
    connection.execute(
        sa.update(t.claim)
        .where(t.claim.c.payer == payer, t.claim.c.claim == sa.bindparam("of_claim"))
        .values(under_way=t.claim.c.under_way + sa.bindparam("more")),
        [{"of_claim": claim, "more": count} for claim, count in sorted(under_way.items())],
    )
    return list(range(first, first + len(booked.operations)))
