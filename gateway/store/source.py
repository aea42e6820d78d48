"""What is known of a source before an input of it is compared: its persons, groups, lessons, and the words that stand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.collect import Cell, GroupTold, Person, StandingMark, Word
from gateway.core.facts import Place, Status
from gateway.core.match import MarkState
from gateway.core.periods import Period
from gateway.store import register
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.rows import among, reserve_ids

# Statements that every input needs are made once: making one takes longer than running it.
_PERSON, _SEQUENCE, _GROUP, _MARK = t.person.c, t.sequence.c, t.source_group.c, t.mark.c
_PERSONS = sa.select(
    _PERSON.person, _PERSON.identity, _PERSON.name_key, _PERSON.group_id, _PERSON.has_number, _PERSON.row, _PERSON.child,
    _PERSON.answered_at,
).where(_PERSON.provider == sa.bindparam("provider"), _PERSON.source == sa.bindparam("source"))  # fmt: skip
_NUMBERS = sa.select(_SEQUENCE.next).where(_SEQUENCE.shard == sa.bindparam("provider"), _SEQUENCE.name == sa.bindparam("name"))
_GROUPS = sa.select(_GROUP.words, _GROUP.shown, _GROUP.group_id, _GROUP.first, _GROUP.last, _GROUP.own_ids).where(
    _GROUP.provider == sa.bindparam("provider"), _GROUP.source == sa.bindparam("source")
)
_MARKS = sa.select(
    _MARK.person, _MARK.group_id, _MARK.day, _MARK.lesson, _MARK.mark, _MARK.status, _MARK.hours, _MARK.from_empty, _MARK.sheet, _MARK.row,
    _MARK.col, _MARK.state, _MARK.run,
).where(
    _MARK.provider == sa.bindparam("provider"), _MARK.source == sa.bindparam("source"), _MARK.day >= sa.bindparam("first"),
    _MARK.day <= sa.bindparam("last"),
)  # fmt: skip
_MARKS_OF_GROUPS = _MARKS.where(among(_MARK.group_id, "groups"))
_MARKS_OF_PERSONS = _MARKS.where(among(_MARK.person, "persons"))


def persons_of(connection: Connection, provider: str, source: str) -> tuple[list[Person], set[int]]:
    """The source's persons, and which of them were recognised by what they are told by, and not by anybody's answer."""
    persons, matched = [], set()
    for *told_by, child, answered_at in connection.execute(_PERSONS, {"provider": provider, "source": source}):
        persons.append(Person(*told_by))
        if child is not None and answered_at is None:
            matched.add(told_by[0])
    return persons, matched


def sources_of(engine: Engine, provider: str) -> set[str]:
    """The names under which something of the provider was taken in."""
    with reading(engine) as connection:
        return set(connection.execute(sa.select(t.run.c.source).where(t.run.c.provider == provider).distinct()).scalars())


def next_person(connection: Connection, provider: str) -> int:
    return int(connection.execute(_NUMBERS, {"provider": provider, "name": "person"}).scalar_one_or_none() or 1)


def marks_of(
    connection: Connection, provider: str, source: str, groups: Iterable[str], period: Period, persons: Iterable[int] = ()
) -> dict[Cell, StandingMark]:
    """The source's marks of these groups, and of these persons in any group, on these days, with the word that each says now."""
    found = {}
    asked = {"provider": provider, "source": source, "first": period.first, "last": period.last}
    for query, name, some in ((_MARKS_OF_GROUPS, "groups", sorted(set(groups))), (_MARKS_OF_PERSONS, "persons", sorted(set(persons)))):
        rows = connection.execute(query, {**asked, name: some}) if some else ()
        for person, group, day, lesson, mark, status, hours, from_empty, sheet, row, col, state, run in rows:
            word = Word(Status(status), hours, from_empty, Place(sheet, row, col))
            counts = state not in (MarkState.DROPPED, MarkState.WITHDRAWN, MarkState.UNFIT)
            found[Cell(person, group, day, lesson)] = StandingMark(mark, word, counts, run)
    return found


class NamedGroup(NamedTuple):
    """``shown``: a group's words as written last; ``group``: what they mean, the register's group or a reference (N03); ``told``: of it so
    far."""

    shown: str
    group: str
    told: GroupTold = GroupTold()


def named_groups(connection: Connection, provider: str, source: str) -> dict[str, NamedGroup]:
    """Folded words → the group, as remembered."""
    rows = connection.execute(_GROUPS, {"provider": provider, "source": source})
    return {
        words: NamedGroup(shown, group, GroupTold(Period(first, last) if first else None, frozenset(json.loads(own_ids or "[]"))))
        for words, shown, group, first, last, own_ids in rows
    }


Moved = tuple[str, str, str]
"""Folded words, the group that they meant before, the register's group that they mean now."""


def moved_groups(before: Mapping[str, NamedGroup], groups: Mapping[str, str]) -> list[Moved]:
    """Words that now mean another group than before, unless other words mean the old group too.

    Args:
        groups: folded words → the register's group that they mean now.
    """
    return [
        (words, before[words].group, group)
        for words, group in sorted(groups.items())
        if words in before
        and before[words].group != group
        and not any(other != words and old.group == before[words].group for other, old in before.items())
    ]


def regroup(engine: Engine, provider: str, source: str, moved: Iterable[Moved]) -> None:
    """Words that mean another group take their marks with them."""
    with writing(engine) as connection:
        reserve_ids(connection, provider, "answer", 1)  # an input that is planned on the old groups is planned anew
        for words, old, group in moved:
            register.name_group(connection, provider, source, words, group, old)
