"""What waits for a person, and the answers: groups, withdrawals, conflicts (persons: `matching.py`). A second answer replaces the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.collect import UNKNOWN_GROUP, Word
from gateway.core.conflicts import Taken, settled_by
from gateway.core.facts import Place, Status
from gateway.core.match import MarkState, Unit
from gateway.store import cards, lessons, persons
from gateway.store import tables as t
from gateway.store.collect import replace_words
from gateway.store.engine import reading, writing
from gateway.store.register import list_marks, name_group
from gateway.store.rows import in_chunks, insert_many, reserve_ids, upsert


def next_answer(connection: Connection, provider: str) -> int:
    """The number of a new answer: an input that is being planned on what was known before it is planned anew (`store.whole.Fence`)."""
    return reserve_ids(connection, provider, "answer", 1)


# ---------------------------------------------------------------- groups


def waiting_groups(engine: Engine, provider: str | None = None) -> list[Mapping[str, Any]]:
    """Groups' words that name no group of the register (N03)."""
    columns = t.source_group.c
    where: list[sa.ColumnElement[bool]] = [columns.group_id.startswith(UNKNOWN_GROUP, autoescape=True)]
    if provider is not None:
        where.append(columns.provider == provider)
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(sa.select(t.source_group).where(*where)).mappings()]


def named_groups(engine: Engine, provider: str) -> list[Mapping[str, Any]]:
    """All words by which a provider's sources name groups, answered or not."""
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(sa.select(t.source_group).where(t.source_group.c.provider == provider)).mappings()]


def groups_of(engine: Engine, provider: str) -> set[str]:
    """The register's groups of a provider."""
    with reading(engine) as connection:
        rows = connection.execute(sa.select(t.catalogue_group.c.group_id).where(t.catalogue_group.c.provider == provider))
        return {group for (group,) in rows}


def answer_group(engine: Engine, provider: str, source: str, words: str, group: str, before: str) -> None:
    """Give a source's words a register's group; a later answer replaces an earlier one. ``before``: what they mean until now."""
    if before == group:
        return
    with writing(engine) as connection:
        next_answer(connection, provider)
        name_group(connection, provider, source, words, group, before)


# ---------------------------------------------------------------- withdrawals


def withdrawals(engine: Engine, provider: str | None = None, states: Iterable[str] = ("waiting",)) -> list[Mapping[str, Any]]:
    """Withdrawals with the number of ``marks`` that they would take back: empty cells on days without a lesson are none.

    ``cards``: of those that are no withdrawal, but a question about corrected cards, how many.
    """
    columns = t.withdrawal.c
    where: list[sa.ColumnElement[bool]] = [columns.state.in_(list(states))]
    if provider is not None:
        where.append(columns.provider == provider)
    marks = (
        sa.select(sa.func.count())
        .select_from(t.withdrawal_mark)
        .join(t.mark, (t.mark.c.provider == t.withdrawal_mark.c.provider) & (t.mark.c.mark == t.withdrawal_mark.c.mark))
        .where(
            t.withdrawal_mark.c.provider == columns.provider,
            t.withdrawal_mark.c.withdrawal == columns.withdrawal,
            t.mark.c.state.not_in([MarkState.DROPPED.value, MarkState.WITHDRAWN.value, MarkState.UNFIT.value]),
        )
        .correlate(t.withdrawal)
        .scalar_subquery()
    )
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.withdrawal, marks.label("marks"), cards.number_of(t.withdrawal).label("cards"))
            .where(*where)
            .order_by(columns.provider, columns.withdrawal)
        ).mappings()
        return [dict(row) for row in rows]


def answer_withdrawal(engine: Engine, provider: str, withdrawal: int, accept: bool, now: dt.datetime) -> None:
    """Take the held marks back, or let them stand; a later answer undoes an earlier one."""
    with writing(engine) as connection:
        columns = t.withdrawal.c
        where = (columns.provider == provider) & (columns.withdrawal == withdrawal)
        before = connection.execute(sa.select(columns.state, columns.answer_run).where(where)).one()
        run = before.answer_run
        if accept and before.state != "accepted":
            run = _answer_run(connection, provider, now)
            replace_words(connection, provider, _withdrawn_words(connection, provider, withdrawal), run)
            cards.apply(connection, provider, withdrawal, run)
        elif not accept and before.state == "accepted":
            _take_answer_back(connection, provider, before.answer_run)
        connection.execute(
            sa.update(t.withdrawal)
            .where(where)
            .values(state="accepted" if accept else "declined", answered_at=now.isoformat(), answer_run=run)
        )


def _answer_run(connection: Connection, provider: str, now: dt.datetime) -> int:
    """A person's answer says words too: it is a run of its own, so that it can be taken back."""
    run = reserve_ids(connection, provider, "run", 1)
    insert_many(
        connection,
        t.run,
        ("provider", "run", "id", "source", "file", "sha256", "request", "started_at", "finished_at"),
        [(provider, run, f"{now:%Y%m%d}-{run:04d}-answer", "answer", "", "", "", now.isoformat(), now.isoformat())],
    )
    return run


def _withdrawn_words(connection: Connection, provider: str, withdrawal: int) -> dict[int, Word]:
    columns = t.mark.c
    rows = connection.execute(
        sa.select(columns.mark, columns.sheet, columns.row, columns.col)
        .join(t.withdrawal_mark, (t.withdrawal_mark.c.provider == columns.provider) & (t.withdrawal_mark.c.mark == columns.mark))
        .where(columns.provider == provider, t.withdrawal_mark.c.provider == provider, t.withdrawal_mark.c.withdrawal == withdrawal,
               columns.status != Status.NOTHING.value)
    )  # fmt: skip
    return {mark: Word(Status.NOTHING, None, False, Place(sheet, row, column)) for mark, sheet, row, column in rows}


def take_back_words(connection: Connection, provider: str, run: int) -> int:
    """What a run newly said is withdrawn: an earlier run's word stands again, a later run's stays. The number of marks changed."""
    columns, earlier = t.mark.c, t.earlier_word.c
    marks = [mark for (mark,) in connection.execute(sa.select(columns.mark).where(columns.provider == provider, columns.run == run))]
    for chunk in in_chunks(marks):
        undone = sa.select(t.run.c.run).where(t.run.c.provider == provider, t.run.c.undone_at.is_not(None))
        rows = connection.execute(
            sa.select(earlier.mark, earlier.run, earlier.status, earlier.hours, earlier.from_empty, earlier.sheet, earlier.row, earlier.col)
            .where(earlier.provider == provider, earlier.mark.in_(chunk), earlier.run != run, earlier.run.not_in(undone))
            .order_by(earlier.run)
        )
        last = {row.mark: row for row in rows}
        words: dict[int, dict[int, Word]] = {}
        for mark in chunk:
            row = last.get(mark)
            word = Word(Status.NOTHING, None, False, Place())
            if row is not None:
                word = Word(Status(row.status), row.hours, bool(row.from_empty), Place(row.sheet, row.row, row.col))
            words.setdefault(row.run if row is not None else run, {})[mark] = word
        for said_by, each in words.items():
            replace_words(connection, provider, each, said_by)
    return len(marks)


def _take_answer_back(connection: Connection, provider: str, answer_run: int) -> None:
    persons.take_back(connection, provider, answer_run)
    take_back_words(connection, provider, answer_run)


def take_back_withdrawals(connection: Connection, provider: str, run: int) -> None:
    """Withdrawals that a run asked for are no more: what a person confirmed of them is taken back too."""
    columns = t.withdrawal.c
    rows = connection.execute(sa.select(columns.state, columns.answer_run).where(columns.provider == provider, columns.run == run)).all()
    for row in rows:
        if row.state == "accepted":
            _take_answer_back(connection, provider, row.answer_run)
    connection.execute(sa.update(t.withdrawal).where(columns.provider == provider, columns.run == run).values(state="superseded"))


# ---------------------------------------------------------------- conflicts


def conflicts(engine: Engine, provider: str | None = None) -> list[Mapping[str, Any]]:
    where = [t.claim.c.conflict != "", t.claim.c.status.is_not(None)]
    if provider is not None:
        where.append(t.claim.c.provider == provider)
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(sa.select(t.claim).where(*where).order_by(t.claim.c.day, t.claim.c.key)).mappings()]


def sources_at(engine: Engine, provider: str, child: str, group: str, day: dt.date) -> list[str]:
    """The sources that say something of this child in this group on this day."""
    columns = t.mark.c
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(columns.source)
            .where(
                columns.provider == provider, columns.child == child, columns.group_id == group, columns.day == day,
                columns.status != Status.NOTHING.value,
            )
            .distinct()
            .order_by(columns.source)
        )  # fmt: skip
        return [source for (source,) in rows]


def answer_conflict(engine: Engine, provider: str, unit: Unit, taken: Taken, now: dt.datetime) -> None:
    """Whose word counts at a lesson of this child."""
    child, group, day = unit
    with writing(engine) as connection:
        next_answer(connection, provider)
        row = {
            "provider": provider, "child": child, "group_id": group, "day": day, "starts_at": taken.starts_at, "source": taken.source,
            "is_only": taken.is_only, "answered_at": now.isoformat(),
        }  # fmt: skip
        upsert(connection, t.taken_source, [row], ["provider", "child", "group_id", "day", "starts_at"])
        list_marks(connection, provider, (t.mark.c.child == child) & (t.mark.c.group_id == group) & (t.mark.c.day == day))


def list_settled(engine: Engine, provider: str, precedence: Sequence[str]) -> None:
    """Marks at lessons on which sources differ still, though the provider's order settles it: it was set after they were told."""
    columns = t.claim.c
    differ = (columns.provider == provider) & (columns.conflict != "") & columns.mark.is_not(None)
    with reading(engine) as connection:
        rows = connection.execute(sa.select(columns.mark, columns.conflict).where(differ))
        marks = [mark for mark, names in rows if settled_by(names.split(", "), precedence) is not None]
    if marks:
        with writing(engine) as connection:
            for chunk in in_chunks(sorted(marks)):
                list_marks(connection, provider, t.mark.c.mark.in_(chunk))


# ---------------------------------------------------------------- mappings, undo


def keep_mapping(engine: Engine, provider: str, source: str, body: str, file: str, now: dt.datetime) -> None:
    with writing(engine) as connection:
        row = {"provider": provider, "source": source, "body": body, "file": file, "kept_at": now.isoformat()}
        upsert(connection, t.mapping, [row], ["provider", "source"])


def mappings(engine: Engine, provider: str | None = None, source: str | None = None) -> list[Mapping[str, Any]]:
    where = []
    if provider is not None:
        where.append(t.mapping.c.provider == provider)
    if source is not None:
        where.append(t.mapping.c.source == source)
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(sa.select(t.mapping).where(*where).order_by(t.mapping.c.provider)).mappings()]


def undo_run(engine: Engine, provider: str, run: int, now: dt.datetime) -> int:
    """Take back what a run newly said. The number of marks changed; a run that was undone before changes nothing."""
    with writing(engine) as connection:
        where = (t.run.c.provider == provider) & (t.run.c.run == run)
        if connection.execute(sa.select(t.run.c.undone_at).where(where)).scalar_one() is not None:
            return 0
        next_answer(connection, provider)
        connection.execute(sa.update(t.run).where(where).values(undone_at=now.isoformat()))
        connection.execute(sa.update(t.finding).where(t.finding.c.provider == provider, t.finding.c.run == run).values(stands=False))
        take_back_withdrawals(connection, provider, run)
        lessons.take_back(connection, provider, run)
        mended = persons.take_back(connection, provider, run)
        return take_back_words(connection, provider, run) + mended
