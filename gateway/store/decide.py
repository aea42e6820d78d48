"""Decide: listed claims with the facts that they need, and its save: answers on book's list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from gateway.core.book import without_funds
from gateway.core.claims import Answer, Claim
from gateway.core.decide import RegisterFacts, view_of
from gateway.core.periods import Period, month_of, month_period
from gateway.core.rules import ClaimView
from gateway.store import tables as t
from gateway.store.claims import (
    ANSWER_COLUMNS,
    CLAIM_COLUMNS,
    answer_text,
    answer_values,
    claim_from,
    facts_for,
    strike,
    with_live_debit,
)
from gateway.store.engine import claiming, reading, saving
from gateway.store.rows import in_chunks

BATCH = 10_000


class ListedClaims(NamedTuple):
    """A batch of one payer's listed claims with the register's facts about them.

    ``stand``: claim's row → the values of its answer as they stand (`ANSWER_COLUMNS`), for claims of which book has nothing to do yet.
    """

    payer: str
    claims: list[Claim]
    facts: RegisterFacts
    claimed: Connection | None = None
    stand: Mapping[int, Sequence[Any]] = MappingProxyType({})


@contextmanager
def work(engine: Engine, limit: int = BATCH) -> Iterator[ListedClaims | None]:
    """The next batch on decide's list, of one payer; None where there is none that nobody else is at."""
    with claiming(engine) as (connection, claimed):
        payer = connection.execute(_NEXT).scalar_one_or_none()
        if payer is None:
            yield None
            return
        # First the list, then the claims: PostgreSQL gives a row that it locks as it is now, and what is joined to it as it was when the
        # statement began, so that a claim in the same statement might be older than the attempt beside it.
        listed = connection.execute(_LISTED, {"payer": payer, "most": limit})
        attempts = {claim: attempt for claim, attempt in listed}
        claims, stand = _claims(connection, payer, attempts)
        facts = facts_for(connection, {(claim.payer, claim.provider, claim.child, claim.group) for claim in claims})
        if claimed is None:
            connection.rollback()
        yield ListedClaims(payer, claims, facts, claimed, stand)


def _claims(connection: Connection, payer: str, attempts: Mapping[int, int]) -> tuple[list[Claim], dict[int, Sequence[Any]]]:
    """The listed claims, and how the answer stands of those that wait for nothing."""
    span = {"payer": payer, "first": min(attempts), "last": max(attempts)}
    to_book = set(connection.execute(_TO_BOOK, span).scalars())
    rows = connection.execute(_CLAIMS, span)
    width = len(CLAIM_COLUMNS)
    claims: list[Claim] = []
    stand: dict[int, Sequence[Any]] = {}
    for row in rows:
        attempt = attempts.get(row[1])
        if attempt is None:
            continue  # another worker's, or listed since
        claim = claim_from(row[:width], attempt)
        claims.append(claim)
        if not claim.under_way and claim.row not in to_book:
            stand[claim.row] = row[width:]
    return claims, stand


# Statements of every batch are made once: making one takes longer than running it.
_D = t.to_decide.c
_SPAN: tuple[sa.BindParameter[Any], sa.BindParameter[Any]] = (sa.bindparam("first"), sa.bindparam("last"))
_NEXT = sa.select(_D.payer).order_by(_D.payer, _D.claim).limit(1).with_for_update(skip_locked=True)
_LISTED = (
    sa.select(_D.claim, _D.attempt)
    .where(_D.payer == sa.bindparam("payer"))
    .order_by(_D.claim)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TO_BOOK = sa.select(t.to_book.c.claim).where(t.to_book.c.payer == sa.bindparam("payer"), t.to_book.c.claim.between(*_SPAN))
# The list comes first, however many claims there are: SQLite does not turn an outer join round.
_CLAIMS = (
    sa.select(*CLAIM_COLUMNS, *ANSWER_COLUMNS)
    .select_from(with_live_debit(t.to_decide.outerjoin(t.claim, (_D.payer == t.claim.c.payer) & (_D.claim == t.claim.c.claim))))
    .where(_D.payer == sa.bindparam("payer"), _D.claim.between(*_SPAN))
    .order_by(_D.claim)
)
_ATTEMPTS = (
    sa.select(_D.claim, _D.attempt).where(_D.payer == sa.bindparam("payer"), _D.claim.between(*_SPAN)).order_by(_D.claim).with_for_update()
)


def history(engine: Engine, claims: Sequence[Claim], now: dt.datetime) -> Callable[[Claim, str], Sequence[ClaimView]]:
    """The children's other claims, for rules that look at a day, a month or a year; loaded once for the whole batch.

    The claims at hand count with the words that they have here: a dry run's are not stored.
    """
    if not claims:
        return lambda claim, reach: ()
    years = Period(dt.date(min(one.day for one in claims).year, 1, 1), dt.date(max(one.day for one in claims).year, 12, 31))
    views: dict[str, list[ClaimView]] = {}
    for one in claims:
        if one.status is not None:
            views.setdefault(one.child, []).append(view_of(one, now))
    at_hand = {one.key for one in claims}
    with reading(engine) as connection:
        for payer in sorted({claim.payer for claim in claims}):
            for children in in_chunks(sorted({claim.child for claim in claims if claim.payer == payer})):
                rows = connection.execute(
                    sa.select(*CLAIM_COLUMNS)
                    .select_from(with_live_debit())
                    .where(
                        t.claim.c.payer == payer, t.claim.c.child.in_(children), t.claim.c.status.is_not(None),
                        t.claim.c.day >= years.first, t.claim.c.day <= years.last,
                    )
                )  # fmt: skip
                for one in map(claim_from, rows):
                    if one.key not in at_hand:
                        views.setdefault(one.child, []).append(view_of(one, now))

    def of(claim: Claim, reach: str) -> Sequence[ClaimView]:
        period = _reach(claim.day, reach)
        return [
            view
            for view in views.get(claim.child, ())
            if view.day in period and (view.group, view.day, view.slot) != (claim.group, claim.day, claim.slot)
        ]

    return of


def _reach(day: dt.date, reach: str) -> Period:
    if reach == "day":
        return Period(day, day)
    if reach == "month":
        return month_period(month_of(day))
    return Period(dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))


def save(engine: Engine, listed: ListedClaims, decided: Iterable[tuple[Claim, Answer]], now: dt.datetime) -> None:
    """Put the answers on book's list, only for claims whose attempt is still the one that was read.

    An answer that stands already, with nothing to book for it whatever the certificate holds, is done with: its claim only leaves the
    list, and what its row says of the answer stays, the time included.
    """
    payer = listed.payer
    answers = {claim.row: (claim, answer) for claim, answer in decided}
    with saving(engine, listed.claimed) as connection:
        # What is claimed is locked: nobody can have listed it anew.
        ours = sorted(answers) if listed.claimed is not None else _still_ours(connection, payer, answers)
        changed = [row for row in ours if not _stands(*answers[row], listed.stand.get(row), now)]
        rows = [
            {
                "payer": payer, "claim": row, "attempt": 1, "certificate": answers[row][1].certificate,
                "answer": answer_text(answers[row][1]),
            }
            for row in changed
        ]  # fmt: skip
        if rows:
            connection.execute(_hand_over(connection.dialect.name), rows)
        strike(connection, t.to_decide, payer, ours)


@cache
def _hand_over(dialect: str) -> sa.Insert:
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(t.to_book)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["payer", "claim"],
        set_={"attempt": t.to_book.c.attempt + 1, "certificate": new.certificate, "answer": new.answer},
    )


def _stands(claim: Claim, answer: Answer, standing: Sequence[Any] | None, now: dt.datetime) -> bool:
    """Whether booking the answer would leave everything as it is. ``standing``: the claim's `ANSWER_COLUMNS`; None: it waits for book."""
    if standing is None:
        return False
    booked = without_funds(claim, answer)
    return booked is not None and answer_values(booked.answer, booked.amount, booked.keeps, claim.starts_at > now) == tuple(standing)


def _still_ours(connection: Connection, payer: str, answers: Mapping[int, tuple[Claim, Answer]]) -> list[int]:
    if not answers:
        return []
    rows = connection.execute(_ATTEMPTS, {"payer": payer, "first": min(answers), "last": max(answers)})
    return [claim for claim, attempt in rows if claim in answers and answers[claim][0].attempt == attempt]


def claims_at(engine: Engine, keys: Iterable[tuple[str, str, str]], period: Period) -> list[Claim]:
    """Claims of these (payer, provider, group) within the period, for a dry run."""
    found: list[Claim] = []
    with reading(engine) as connection:
        for payer, provider, group in sorted(set(keys)):
            rows = connection.execute(
                sa.select(*CLAIM_COLUMNS)
                .select_from(with_live_debit())
                .where(
                    t.claim.c.payer == payer, t.claim.c.provider == provider, t.claim.c.group_id == group,
                    t.claim.c.day >= period.first, t.claim.c.day <= period.last,
                )
            )  # fmt: skip
            found.extend(map(claim_from, rows))
    return found
