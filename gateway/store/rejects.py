"""Marks that were refused, or wait: with what their row said, for a person to mend it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Engine

from gateway.core.facts import Status
from gateway.core.match import MarkState
from gateway.core.rules import Refusal
from gateway.store import tables as t
from gateway.store.claims import refusals_from
from gateway.store.engine import reading

_M, _P, _C, _R, _G = t.mark.c, t.person.c, t.claim.c, t.run.c, t.source_group.c


class Reject(NamedTuple):
    """One mark. ``sealed``: its person; ``rule``: why it waits or has no lesson; ``refusals``: of its claims; ``file``: that said it."""

    provider: str
    source: str
    file: str
    person: int
    is_namesake: bool
    sealed: str
    group: str
    words: str
    day: dt.date
    status: str
    hours: int | None
    from_empty: bool
    place: tuple[str | None, int | None, str | None]
    state: MarkState
    rule: str | None
    refusals: tuple[Refusal, ...]


def rejects(engine: Engine, provider: str | None, source: str | None, group: str | None) -> list[Reject]:
    """Refused and waiting marks, by source, group, person and day."""
    refused = _refused(engine, provider)
    where: list[sa.ColumnElement[bool]] = [_M.status != Status.NOTHING.value]
    for column, value in ((_M.provider, provider), (_M.source, source), (_M.group_id, group)):
        if value is not None:
            where.append(column == value)
    waits = _M.state.in_([MarkState.WAITING.value, MarkState.NO_LESSON.value])
    query = (
        sa.select(t.mark, _P.sealed, _P.row.label("namesake"), _R.file)
        .join(t.person, (_P.provider == _M.provider) & (_P.person == _M.person))
        .join(t.run, (_R.provider == _M.provider) & (_R.run == _M.run))
        .where(*where, waits | (_M.state == MarkState.CLAIMED.value))
        .order_by(_M.provider, _M.source, _M.group_id, _M.person, _M.day, _M.lesson)
    )
    found = []
    with reading(engine) as connection:
        shown = {
            (row.provider, row.source, row.group_id): row.shown
            for row in connection.execute(sa.select(_G.provider, _G.source, _G.group_id, _G.shown).order_by(_G.shown))
        }
        for row in connection.execute(query).mappings():
            refusals = refused.get((row["provider"], row["mark"]), ())
            if row["state"] == MarkState.CLAIMED.value and not refusals:
                continue
            if row["state"] == MarkState.NO_LESSON.value and row["status"] in (Status.ABSENT.value, Status.EXCUSED.value):
                continue
            found.append(_reject(dict(row), shown, refusals))
    return found


def _refused(engine: Engine, provider: str | None) -> dict[tuple[str, int], tuple[Refusal, ...]]:
    """(provider, mark) → the refusals of its claims, each once."""
    where = [_C.answer == "refused", _C.status.is_not(None), _C.mark.is_not(None)]
    if provider is not None:
        where.append(_C.provider == provider)
    found: dict[tuple[str, int], dict[Refusal, None]] = defaultdict(dict)
    with reading(engine) as connection:
        for of_provider, mark, reasons in connection.execute(sa.select(_C.provider, _C.mark, _C.reasons).where(*where).order_by(_C.slot)):
            found[(of_provider, mark)].update(dict.fromkeys(refusals_from(reasons)))
    return {key: tuple(refusals) for key, refusals in found.items()}


def _reject(row: Mapping[str, Any], shown: Mapping[tuple[str, str, str], str], refusals: tuple[Refusal, ...]) -> Reject:
    return Reject(
        provider=row["provider"],
        source=row["source"],
        file=row["file"],
        person=row["person"],
        is_namesake=row["namesake"] is not None,
        sealed=row["sealed"],
        group=row["group_id"],
        words=shown.get((row["provider"], row["source"], row["group_id"]), row["group_id"]),
        day=row["day"],
        status=row["status"],
        hours=row["hours"],
        from_empty=bool(row["from_empty"]),
        place=(row["sheet"], row["row"], row["col"]),
        state=MarkState(row["state"]),
        rule=row["rule"],
        refusals=refusals,
    )
