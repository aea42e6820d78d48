"""Book: a certificate's answers all together, read, planned and saved in ONE transaction, so that nobody else can spend in between."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.book import BookedAll
from gateway.core.claims import Answer, Claim
from gateway.core.ledger import AccountName
from gateway.core.post import OperationState
from gateway.store import tables as t
from gateway.store.claims import ANSWER_NAMES, CLAIM_COLUMNS, answer_from, answer_values, claim_from, strike, with_live_debit
from gateway.store.engine import writing
from gateway.store.ledger import free_of, lock_accounts, save_transfers
from gateway.store.months import lock_months
from gateway.store.rows import among, in_chunks, insert_many, reserve_ids, update_many

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
        _save_claims(self.connection, self.payer, booked, now)
        _name_what_is_withdrawn(self.connection, self.payer, booked)
        first = reserve_ids(self.connection, self.payer, "operation", len(booked.operations)) if booked.operations else 0
        insert_operations(self.connection, self.payer, booked, first, now)
        save_transfers(self.connection, [(first + hold.booking, hold.transfer) for hold in booked.holds], now)
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


_CERTIFICATE = sa.func.coalesce(t.to_book.c.certificate, "")
# Made once: making a statement takes longer than running it.
_NEXT = (
    sa.select(t.to_book.c.payer)
    .select_from(_LISTED)
    .where(_IS_FREE)
    .order_by(t.to_book.c.payer)
    .limit(1)
    .with_for_update(of=t.to_book, skip_locked=True)
)
_ANSWERS = (
    sa.select(t.to_book.c.claim, _CERTIFICATE, t.to_book.c.answer)
    .select_from(_LISTED)
    .where(t.to_book.c.payer == sa.bindparam("payer"), _IS_FREE)
    .order_by(_CERTIFICATE, t.to_book.c.claim)
    .limit(sa.bindparam("most"))
    .with_for_update(of=t.to_book, skip_locked=True)
)


def _next_payer(connection: Connection) -> str | None:
    return connection.execute(_NEXT).scalar_one_or_none()


def _decided(connection: Connection, payer: str, limit: int) -> list[tuple[Claim, Answer]]:
    listed = connection.execute(_ANSWERS, {"payer": payer, "most": limit}).all()
    if len(listed) == limit and listed[0][1] != listed[-1][1]:
        # The last certificate may be cut: it comes whole with the next batch.
        listed = [row for row in listed if row[1] != listed[-1][1]]
    elif len(listed) == limit:
        return _decided(connection, payer, limit * 10)
    # First the list, then the claims, as in decide: what is joined to a row that PostgreSQL locks may be older than the row.
    answers = {claim: answer for claim, _, answer in listed}
    rows = connection.execute(_CLAIMS, {"payer": payer, "claims": sorted(answers)})
    return [(claim, answer_from(answers[claim.row])) for claim in map(claim_from, rows)]


# Held from here on, in the order in which all hold them who write claims.
_CLAIMS = (
    sa.select(*CLAIM_COLUMNS)
    .select_from(with_live_debit())
    .where(t.claim.c.payer == sa.bindparam("payer"), among(t.claim.c.claim, "claims"), t.claim.c.under_way == 0)
    .order_by(t.claim.c.claim)
    .with_for_update(of=t.claim)
)


def _save_claims(connection: Connection, payer: str, booked: BookedAll, now: dt.datetime) -> None:
    """Each claim's answer, and how many operations more it has under way."""
    under_way = Counter(operation.claim.row for operation in booked.operations)
    at = now.isoformat()
    rows = [
        (*answer_values(answer, amount, keeps, claim.starts_at > now), at, under_way[claim.row], payer, claim.row)
        for claim, answer, amount, keeps in booked.answers
    ]
    update_many(connection, t.claim, (*ANSWER_NAMES, "decided_at", "under_way"), ("payer", "claim"), rows, added=("under_way",))


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
