"""Persons that wait to be recognised, the answers that people gave, and taking an answer back: then what stood before it stands again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.facts import Status
from gateway.core.match import MarkState
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.queues import next_answer
from gateway.store.register import list_marks
from gateway.store.rows import among, in_chunks, insert_many, update_many

_P, _M, _A = t.person.c, t.mark.c, t.match_answer.c

# ---------------------------------------------------------------- what waits


def waiting_persons(engine: Engine, provider: str | None = None) -> list[Mapping[str, Any]]:
    """Persons with marks that wait (N01, N02): the number of these ``marks``, their days, and the ``file`` that told of them last."""
    where = [_M.state == MarkState.WAITING.value, _M.rule.in_(["N01", "N02"]), _M.status != Status.NOTHING.value]
    if provider is not None:
        where.append(_M.provider == provider)
    waiting = (
        sa.select(
            _M.provider, _M.person, sa.func.sum(_M.lessons).label("marks"), sa.func.min(_M.day).label("first"),
            sa.func.max(_M.day).label("last"), sa.func.min(_M.rule).label("waits"), sa.func.max(_M.run).label("said_by"),
        )
        .where(*where)
        .group_by(_M.provider, _M.person)
        .subquery()
    )  # fmt: skip
    counted = [waiting.c[name] for name in ("marks", "first", "last", "waits")]
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.person, *counted, t.run.c.file)
            .join(waiting, (waiting.c.provider == _P.provider) & (waiting.c.person == _P.person))
            .outerjoin(t.run, (t.run.c.provider == waiting.c.provider) & (t.run.c.run == waiting.c.said_by))
            .order_by(_P.provider, _P.group_id, _P.person)
        ).mappings()
        return [dict(row) for row in rows]


def persons(engine: Engine, provider: str, group: str | None = None) -> list[Mapping[str, Any]]:
    """All persons of a provider, for finding the one that an answer names."""
    where = [_P.provider == provider]
    if group is not None:
        where.append(_P.group_id == group)
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(sa.select(t.person).where(*where).order_by(_P.person)).mappings()]


# ---------------------------------------------------------------- answers

_STANDS = ("child", "matched_by", "is_outside", "answered_at", "rule")
_BEFORE = ("before_child", "before_matched_by", "before_outside", "before_answered_at", "before_rule")


class Answered(NamedTuple):
    """What a person said of others. ``child`` None and not outside: whoever it was taken for, it is not; it waits again."""

    child: str | None
    is_outside: bool
    by: str
    at: dt.datetime


def answer_persons(engine: Engine, provider: str, persons: Iterable[int], said: Answered) -> int:
    """Remember whose these persons' marks are, and match them anew: all of them or none. The answer's number."""
    whom = sorted(set(persons))
    with writing(engine) as connection:
        answer = next_answer(connection, provider)
        before = connection.execute(_STOOD, {"provider": provider, "persons": whom}).all()
        at = said.at.isoformat()
        insert_many(
            connection,
            t.match_answer,
            ("provider", "answer", "person", "child", "is_outside", "answered_by", "answered_at", *_BEFORE),
            [(provider, answer, person, said.child, said.is_outside, said.by, at, *stood) for person, *stood in before],
        )
        rows = [(said.child, "answer", said.is_outside, at, None, provider, person) for person, *_ in before]
        update_many(connection, t.person, _STANDS, ("provider", "person"), rows)
        _match_anew(connection, provider, whom)
    return answer


_STOOD = sa.select(_P.person, *(_P[name] for name in _STANDS)).where(
    _P.provider == sa.bindparam("provider"), among(_P.person, "persons")
)  # fmt: skip
_STOOD = _STOOD.order_by(_P.person).with_for_update()


def _match_anew(connection: Connection, provider: str, persons: Sequence[int]) -> None:
    for chunk in in_chunks(persons):
        list_marks(connection, provider, _M.person.in_(chunk))


# ---------------------------------------------------------------- history, and taking back


def answers(engine: Engine, provider: str | None = None) -> list[Mapping[str, Any]]:
    """Every answer, the latest first, each person of it with what is sealed of it."""
    where = [] if provider is None else [_A.provider == provider]
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.match_answer, _P.sealed, _P.group_id, _P.source)
            .join(t.person, (_P.provider == _A.provider) & (_P.person == _A.person))
            .where(*where)
            .order_by(_A.answered_at.desc(), _A.provider, _A.answer.desc(), _A.person)
        ).mappings()
        return [dict(row) for row in rows]


def take_back(engine: Engine, provider: str, answer: int, by: str, now: dt.datetime) -> int | None:
    """Take an answer back for all whom it was about; the number of persons of whom something else stands now.

    What stood before it stands again; where a later answer was given, that one stays, and it is what stood before this one that would
    stand again if the later one were taken back too. None: there is no such answer, or it was taken back already.
    """
    with writing(engine) as connection:
        of_answer = (_A.provider == provider) & (_A.answer == answer) & _A.undone_at.is_(None)
        mine = {row.person: row for row in connection.execute(sa.select(t.match_answer).where(of_answer).with_for_update())}
        if not mine:
            return None
        next_answer(connection, provider)
        later = _next_answers(connection, provider, answer, mine)
        update_many(
            connection,
            t.match_answer,
            _BEFORE,
            ("provider", "answer", "person"),
            [(*_before(mine[person]), provider, number, person) for person, number in later.items()],
        )
        again = sorted(mine.keys() - later)
        rows = [(*_before(mine[person]), provider, person) for person in again]
        update_many(connection, t.person, _STANDS, ("provider", "person"), rows)
        _match_anew(connection, provider, again)
        connection.execute(sa.update(t.match_answer).where(of_answer).values(undone_by=by, undone_at=now.isoformat()))
    return len(again)


def _before(row: Any) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _BEFORE)


def _next_answers(connection: Connection, provider: str, answer: int, persons: Iterable[int]) -> dict[int, int]:
    """Person → the first answer that was given after this one and stands."""
    rows = connection.execute(
        sa.select(_A.person, sa.func.min(_A.answer))
        .where(_A.provider == provider, _A.answer > answer, _A.undone_at.is_(None), among(_A.person, "persons"))
        .group_by(_A.person),
        {"persons": sorted(persons)},
    )
    return {person: number for person, number in rows}
