"""Marks that were refused, or wait, with what their row said, for a person to mend it; and the cells that were not understood."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.facts import Status, Text
from gateway.core.match import MarkState
from gateway.core.rules import Refusal
from gateway.store import tables as t
from gateway.store.claims import refusals_from
from gateway.store.engine import reading
from gateway.store.rows import among

_M, _P, _C, _R, _G, _F = t.mark.c, t.person.c, t.claim.c, t.run.c, t.source_group.c, t.finding.c


class Reject(NamedTuple):
    """One mark. ``sealed``: its person; ``answer``: refused, waiting or unread; ``rule``: why it waits or has no lesson; ``refusals``: of
    its claims; ``file``: that said it."""

    provider: str
    source: str
    file: str
    person: int
    child: str | None
    sealed: str
    words: str
    day: dt.date
    lesson: str
    status: str
    hours: int | None
    from_empty: bool
    place: tuple[str | None, int | None, str | None]
    state: MarkState
    rule: str | None
    answer: str
    refusals: tuple[Refusal, ...]


class _Answer(NamedTuple):
    """Of a mark's claims the answers, and their refusals, each once."""

    answers: set[str]
    refusals: dict[Refusal, None]


_OPEN = {MarkState.WAITING: "waiting", MarkState.NO_LESSON: "refused", MarkState.UNFIT: "unread"}
"""Where a mark without a claim has come to → what that is called."""


def rejects(engine: Engine, provider: str | None, source: str | None, group: str | None) -> list[Reject]:
    """Refused and waiting marks, and those that no lesson can hold, by source, group, person and day."""
    asked = ((_M.provider, provider), (_M.source, source), (_M.group_id, group))
    where = [_M.status != Status.NOTHING.value, *(column == value for column, value in asked if value is not None)]
    query = (
        sa.select(t.mark, _P.sealed, _R.file)
        .join(t.person, (_P.provider == _M.provider) & (_P.person == _M.person))
        .join(t.run, (_R.provider == _M.provider) & (_R.run == _M.run))
        .where(*where)
    )
    found: list[Reject] = []
    with reading(engine) as connection:
        of_claims = _of_claims(connection, provider)
        shown = _shown_words(connection)
        rows = list(connection.execute(query.where(_M.state.in_([state.value for state in _OPEN]))).mappings())
        # Marks with claims are many, those with refused ones few: only these are read.
        claimed = query.where(_M.state == MarkState.CLAIMED.value, among(_M.mark, "marks"))
        rows += connection.execute(claimed, {"marks": sorted({mark for _, mark in of_claims})}).mappings()
    for row in rows:
        state = MarkState(row["state"])
        if state is MarkState.NO_LESSON and row["status"] in (Status.ABSENT.value, Status.EXCUSED.value):
            continue
        told = of_claims.get((row["provider"], row["mark"]))
        if state is MarkState.CLAIMED and told is not None:
            found.append(_reject(dict(row), shown, "refused" if "refused" in told.answers else "waiting", told.refusals))
        elif state is not MarkState.CLAIMED:
            found.append(_reject(dict(row), shown, _OPEN[state], ()))
    return sorted(found, key=lambda one: (one.provider, one.source, one.words, one.person, one.day, one.lesson))


def _of_claims(connection: Connection, provider: str | None) -> dict[tuple[str, int], _Answer]:
    """(provider, mark) → what became of its claims, where some are refused or wait."""
    where: list[sa.ColumnElement[bool]] = [_C.answer.in_(["refused", "waiting"]), _C.status.is_not(None), _C.mark.is_not(None)]
    if provider is not None:
        where.append(_C.provider == provider)
    found: dict[tuple[str, int], _Answer] = defaultdict(lambda: _Answer(set(), {}))
    rows = connection.execute(sa.select(_C.provider, _C.mark, _C.answer, _C.reasons).where(*where).order_by(_C.slot))
    for of_provider, mark, answer, reasons in rows:
        told = found[(of_provider, mark)]
        told.answers.add(answer)
        told.refusals.update(dict.fromkeys(refusals_from(reasons)))
    return dict(found)


def _shown_words(connection: Connection) -> dict[tuple[str, str, str], str]:
    """(provider, source, group) → its words in that source."""
    rows = connection.execute(sa.select(_G.provider, _G.source, _G.group_id, _G.shown).order_by(_G.shown.desc()))
    return {(row.provider, row.source, row.group_id): row.shown for row in rows}


def _reject(row: Mapping[str, Any], shown: Mapping[tuple[str, str, str], str], answer: str, refusals: Iterable[Refusal]) -> Reject:
    return Reject(
        provider=row["provider"],
        source=row["source"],
        file=row["file"],
        person=row["person"],
        child=row["child"],
        sealed=row["sealed"],
        words=shown.get((row["provider"], row["source"], row["group_id"]), row["group_id"]),
        day=row["day"],
        lesson=row["lesson"],
        status=row["status"],
        hours=row["hours"],
        from_empty=bool(row["from_empty"]),
        place=(row["sheet"], row["row"], row["col"]),
        state=MarkState(row["state"]),
        rule=row["rule"],
        answer=answer,
        refusals=tuple(refusals),
    )


# ---------------------------------------------------------------- what was not understood


class Unread(NamedTuple):
    """A cell, row or sheet of a file that was not taken."""

    file: str
    sheet: str | None
    row: int | None
    column: str | None
    what: Text
    cure: Text


def unread(engine: Engine, provider: str | None, month: str | None, source: str | None, group: str | None) -> list[Unread]:
    """What was not taken, and is told so still, in the order of its place."""
    asked = ((_F.provider, provider), (_F.month, month), (_F.source, source), (_F.group_id, group))
    where: list[sa.ColumnElement[bool]] = [_F.level == "unread", _F.stands.is_(True)]
    where += [column == value for column, value in asked if value is not None]
    query = (
        sa.select(_R.file, _F.sheet, _F.row, _F.col, _F.body)
        .join(t.run, (_R.provider == _F.provider) & (_R.run == _F.run))
        .where(*where)
        .order_by(_F.provider, _F.source, _F.finding)
    )
    with reading(engine) as connection:
        found = []
        for file, sheet, row, column, body in connection.execute(query):
            what_ru, what_en, cure_ru, cure_en = json.loads(body)
            found.append(Unread(file, sheet, row, column, Text(what_ru, what_en), Text(cure_ru, cure_en)))
        return found
