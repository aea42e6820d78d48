"""Corrected cards that are too many at once wait for a person's answer (`gateway.core.collect.cards`): kept, settled, applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.collect import CARDS, Collected
from gateway.core.facts import Member
from gateway.store import persons, told
from gateway.store import tables as t
from gateway.store.rows import among, insert_many, reserve_ids

_C, _W, _P = t.held_card.c, t.withdrawal.c, t.person.c
_OF_QUESTION = (_C.provider == _W.provider) & (_C.withdrawal == _W.withdrawal)
_ASKED = (
    sa.select(_W.state, _C.person, _C.name_key)
    .join(t.held_card, _OF_QUESTION)
    .where(
        _W.provider == sa.bindparam("provider"), _W.source == sa.bindparam("source"), _W.group_id == CARDS,
        _W.state.in_(["waiting", "declined"]),
    )
)  # fmt: skip


def asked_of(connection: Connection, provider: str, source: str) -> tuple[dict[int, str], frozenset[tuple[int, str]]]:
    """Person → the name key of its card that waits; and (person, name key) of those that were declined."""
    waiting: dict[int, str] = {}
    declined = set()
    for state, person, name_key in connection.execute(_ASKED, {"provider": provider, "source": source}):
        if state == "waiting":
            waiting[person] = name_key
        else:
            declined.add((person, name_key))
    return waiting, frozenset(declined)


def number_of(withdrawals: sa.FromClause) -> sa.ScalarSelect[Any]:
    """How many cards each of these questions is about."""
    of_question = (_C.provider == withdrawals.c.provider) & (_C.withdrawal == withdrawals.c.withdrawal)
    return sa.select(sa.func.count()).select_from(t.held_card).where(of_question).correlate(withdrawals).scalar_subquery()


def save(connection: Connection, provider: str, source: str, collected: Collected, run: int, seal: Callable[[Member], str]) -> None:
    """Store cards that wait from here on, with those that waited before, as one question; those that are told otherwise wait no more."""
    if not collected.held_cards and not collected.cards_settled:
        return
    waiting = (_W.provider == provider) & (_W.source == source) & (_W.group_id == CARDS) & (_W.state == "waiting")
    questions = list(connection.execute(sa.select(_W.withdrawal).where(waiting)).scalars())
    of_these = (_C.provider == provider) & _C.withdrawal.in_(questions)
    told_otherwise = collected.cards_settled | {entry.person.person for entry in collected.held_cards}
    connection.execute(sa.delete(t.held_card).where(of_these, among(_C.person, "persons")), {"persons": sorted(told_otherwise)})
    left = connection.execute(sa.select(_C.person, _C.name_key, _C.has_number, _C.sealed).where(of_these)).all()
    if left and not collected.held_cards:
        return
    connection.execute(sa.update(t.withdrawal).where(waiting).values(state="superseded"))
    if not collected.held_cards:
        return
    key = reserve_ids(connection, provider, "withdrawal", 1)
    insert_many(
        connection,
        t.withdrawal,
        ("provider", "withdrawal", "run", "source", "group_id", "month", "children", "known", "state"),
        [(provider, key, run, source, CARDS, "", len(left) + len(collected.held_cards), collected.cards_known, "waiting")],
    )
    connection.execute(sa.delete(t.held_card).where(of_these))
    held = [(entry.person.person, entry.person.name_key, entry.person.has_number, seal(entry.member)) for entry in collected.held_cards]
    insert_many(
        connection,
        t.held_card,
        ("provider", "withdrawal", "person", "name_key", "has_number", "sealed"),
        [(provider, key, *card) for card in (*left, *held)],
    )


def apply(connection: Connection, provider: str, withdrawal: int, run: int) -> None:
    """The children are matched anew by their cards, as a run that can be taken back. Nothing where the question is about no cards."""
    rows = connection.execute(
        sa.select(_P.person, _P.source, _P.identity, _P.group_id, _P.row, _C.name_key, _C.has_number, _C.sealed)
        .join(t.person, (_P.provider == _C.provider) & (_P.person == _C.person))
        .where(_C.provider == provider, _C.withdrawal == withdrawal)
    ).mappings()
    found = [dict(row) for row in rows]
    persons.change(connection, provider, found, {row["person"] for row in found}, run)
    for source in sorted({row["source"] for row in found}):
        told.forget_source(connection, provider, source)
