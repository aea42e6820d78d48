"""Decide: listed claims with the facts that they need, and its save: answers on book's list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from gateway.core.claims import Answer, Claim
from gateway.core.decide import RegisterFacts, view_of
from gateway.core.periods import Period, month_of, month_period
from gateway.core.rules import ClaimView
from gateway.store import tables as t
from gateway.store.claims import CLAIM_COLUMNS, answer_text, claim_from, facts_for, with_live_debit
from gateway.store.engine import claiming, in_chunks, reading, saving

BATCH = 10_000


class ListedClaims(NamedTuple):
    """A batch of one payer's listed claims with the register's facts about them."""

    payer: str
    claims: list[Claim]
    facts: RegisterFacts
    claimed: Connection | None = None


@contextmanager
def work(engine: Engine, limit: int = BATCH) -> Iterator[ListedClaims | None]:
    """The next batch on decide's list, of one payer; None where there is none that nobody else is at."""
    with claiming(engine) as (connection, claimed):
        payer = connection.execute(
            sa.select(t.to_decide.c.payer).order_by(t.to_decide.c.payer, t.to_decide.c.claim).limit(1).with_for_update(skip_locked=True)
        ).scalar_one_or_none()
        if payer is None:
            yield None
            return
        # The list comes first, however many claims there are: SQLite does not turn an outer join round.
        joined = with_live_debit(
            t.to_decide.outerjoin(t.claim, (t.to_decide.c.payer == t.claim.c.payer) & (t.to_decide.c.claim == t.claim.c.claim))
        )
        rows = connection.execute(
            sa.select(t.to_decide.c.attempt, *CLAIM_COLUMNS)
            .select_from(joined)
            .where(t.to_decide.c.payer == payer)
            .order_by(t.to_decide.c.claim)
            .limit(limit)
            .with_for_update(of=t.to_decide, skip_locked=True)
        ).all()
        claims = [claim_from(row[1:], row[0]) for row in rows]
        facts = facts_for(connection, {(claim.payer, claim.provider, claim.child, claim.group) for claim in claims})
        if claimed is None:
            connection.rollback()
        yield ListedClaims(payer, claims, facts, claimed)


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


def save(engine: Engine, listed: ListedClaims, decided: Iterable[tuple[Claim, Answer]]) -> None:
    """Put the answers on book's list, only for claims whose attempt is still the one that was read."""
    payer = listed.payer
    answers = {claim.row: (claim, answer) for claim, answer in decided}
    with saving(engine, listed.claimed) as connection:
        ours = _still_ours(connection, payer, answers)
        rows = [
            {
                "payer": payer, "claim": row, "attempt": 1, "certificate": answers[row][1].certificate,
                "answer": answer_text(answers[row][1]),
            }
            for row in ours
        ]  # fmt: skip
        if rows:
            make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            statement = make(t.to_book)
            statement = statement.on_conflict_do_update(
                index_elements=["payer", "claim"],
                set_={
                    "attempt": t.to_book.c.attempt + 1,
                    "certificate": statement.excluded.certificate,
                    "answer": statement.excluded.answer,
                },
            )
            connection.execute(statement, rows)
        for chunk in in_chunks(ours):
            connection.execute(sa.delete(t.to_decide).where(t.to_decide.c.payer == payer, t.to_decide.c.claim.in_(chunk)))


def _still_ours(connection: Connection, payer: str, answers: dict[int, tuple[Claim, Answer]]) -> list[int]:
    ours = []
    for chunk in in_chunks(sorted(answers)):
        rows = connection.execute(
            sa.select(t.to_decide.c.claim, t.to_decide.c.attempt)
            .where(t.to_decide.c.payer == payer, t.to_decide.c.claim.in_(chunk))
            .with_for_update()
        )
        ours += [claim for claim, attempt in rows if answers[claim][0].attempt == attempt]
    return ours


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
