"""What a known person is told by changes: a card is corrected, a row is mended or gains its number. What was before can stand again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.match import MarkState
from gateway.store import register, told
from gateway.store import tables as t
from gateway.store.rows import among, in_chunks, insert_many, update_many

_P, _E, _M = t.person.c, t.earlier_person.c, t.mark.c
_KNOWN_BY = ("identity", "name_key", "group_id", "has_number", "row")
_TOLD_BY = (*_KNOWN_BY, "sealed")
_TAKEN_FOR = ("child", "matched_by", "rule")
_STOOD = sa.select(_P.person, *(_P[name] for name in (*_TOLD_BY, *_TAKEN_FOR))).where(
    _P.provider == sa.bindparam("provider"), among(_P.person, "persons")
)
_TAKEN_FOR_NOBODY = (
    sa.update(t.person)
    .where(_P.provider == sa.bindparam("of_provider"), among(_P.person, "persons"), _P.answered_at.is_(None))
    .values(child=None, matched_by=None, rule=None)
)


def change(connection: Connection, provider: str, rows: Sequence[Mapping[str, Any]], mended: Collection[int], run: int) -> None:
    """Known persons are told by other words from here on, and their marks are matched anew.

    Args:
        rows: ``person`` and the columns of what it is told by.
        mended: those whose match by their old words counts no more, unless somebody said it.
        run: that says so.
    """
    if not rows:
        return
    latest = {row["person"]: row for row in rows}
    persons = sorted(latest)
    before = connection.execute(_STOOD, {"provider": provider, "persons": persons}).all()
    kept = changed_by(connection, provider, run)  # a run that is taken up again, or has many parts, keeps what was before all of it
    others = [row for row in before if any(getattr(row, name) != latest[row.person][name] for name in _KNOWN_BY)]
    columns = ("provider", "run", "person", *_TOLD_BY, *_TAKEN_FOR)
    insert_many(connection, t.earlier_person, columns, [(provider, run, *row) for row in others if row.person not in kept])
    told_by = [(*(row[name] for name in _TOLD_BY), provider, person) for person, row in latest.items()]
    update_many(connection, t.person, _TOLD_BY, ("provider", "person"), told_by)
    if mended:
        connection.execute(_TAKEN_FOR_NOBODY, {"of_provider": provider, "persons": sorted(mended)})
    _match_anew(connection, provider, persons)


def changed_by(connection: Connection, provider: str, run: int) -> set[int]:
    """The persons that a run has changed."""
    return set(connection.execute(sa.select(_E.person).where(_E.provider == provider, _E.run == run)).scalars())


def take_back(connection: Connection, provider: str, run: int) -> int:
    """What a run has changed of persons is taken back; the number of their marks that it did not say itself.

    Where a later run has changed a person again, that stays, and what was before this one would stand if the later one were taken back too.
    What a person has answered stays in any case.
    """
    mine = {row.person: row for row in connection.execute(sa.select(t.earlier_person).where(_E.provider == provider, _E.run == run))}
    if not mine:
        return 0
    later = sa.select(_E.person, sa.func.min(_E.run)).where(_E.provider == provider, _E.run > run, among(_E.person, "persons"))
    rows = connection.execute(later.group_by(_E.person), {"persons": sorted(mine)})
    next_run = {person: number for person, number in rows}
    connection.execute(sa.delete(t.earlier_person).where(_E.provider == provider, _E.run == run))
    before = (*_TOLD_BY, *_TAKEN_FOR)
    passed = [(*(getattr(mine[person], name) for name in before), provider, number, person) for person, number in next_run.items()]
    update_many(connection, t.earlier_person, before, ("provider", "run", "person"), passed)
    again = sorted(mine.keys() - next_run.keys())
    now = {row.person: row for row in connection.execute(_STOOD, {"provider": provider, "persons": again})}
    taken = _identities_of_others(connection, provider, mine, again)
    told_by = [
        (
            now[person].identity if mine[person].identity in taken else mine[person].identity,
            *(getattr(mine[person], name) for name in _TOLD_BY[1:]), provider, person,
        )
        for person in again
    ]  # fmt: skip
    update_many(connection, t.person, _TOLD_BY, ("provider", "person"), told_by)
    answered = set(connection.execute(_ANSWERED, {"provider": provider, "persons": again}).scalars())
    taken_for = [(*(getattr(mine[person], name) for name in _TAKEN_FOR), provider, person) for person in again if person not in answered]
    update_many(connection, t.person, _TAKEN_FOR, ("provider", "person"), taken_for)
    for source in set(connection.execute(_SOURCES, {"provider": provider, "persons": again}).scalars()):
        told.forget_source(connection, provider, source)
    _match_anew(connection, provider, again)
    return int(connection.execute(_STANDING, {"provider": provider, "persons": again, "run": run}).scalar_one())


def _identities_of_others(connection: Connection, provider: str, mine: Mapping[int, Any], again: Sequence[int]) -> set[str]:
    """Of the identities that shall stand again those that somebody else is known by meanwhile."""
    wanted = {mine[person].identity for person in again}
    rows = connection.execute(
        sa.select(_P.identity).where(_P.provider == provider, among(_P.identity, "identities"), ~among(_P.person, "persons")),
        {"identities": sorted(wanted), "persons": list(again)},
    )
    return set(rows.scalars())


_OF_PERSONS = (_P.provider == sa.bindparam("provider"), among(_P.person, "persons"))
_ANSWERED = sa.select(_P.person).where(*_OF_PERSONS, _P.answered_at.is_not(None))
_SOURCES = sa.select(_P.source).where(*_OF_PERSONS).distinct()
_STANDING = sa.select(sa.func.count()).where(
    _M.provider == sa.bindparam("provider"), among(_M.person, "persons"), _M.run != sa.bindparam("run"),
    _M.state.not_in([MarkState.DROPPED.value, MarkState.WITHDRAWN.value, MarkState.UNFIT.value]),
)  # fmt: skip


def _match_anew(connection: Connection, provider: str, persons: Sequence[int]) -> None:
    for chunk in in_chunks(persons):
        register.list_marks(connection, provider, _M.person.in_(chunk))
