"""Collect, the source's side: what is known of a source, and a run's new words, in one transaction with match's list."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.collect import UNKNOWN_GROUP, Cell, Collected, Person, StandingLesson, StandingMark, Word
from gateway.core.facts import Finding, LessonState, Member, Place, Status
from gateway.core.match import MarkState, Match
from gateway.core.names import folded
from gateway.core.periods import Period
from gateway.store import register
from gateway.store import tables as t
from gateway.store.engine import in_chunks, insert_many, reading, relist, reserve_ids, upsert, writing


class Run(NamedTuple):
    """An import: ``run`` is its key within the provider, ``id`` what a person sees, ``withdrawn`` how many marks it has taken back so
    far."""

    run: int
    id: str
    withdrawn: int = 0


class RunRequest(NamedTuple):
    """What is asked: the same file with the same mapping and month is the same request."""

    provider: str
    source: str
    file: str
    sha256: str
    request: str
    month: str | None


def unfinished_run(engine: Engine, asked: RunRequest) -> Run | None:
    """The interrupted run of the same request, whose report nobody has seen."""
    columns = t.run.c
    with reading(engine) as connection:
        row = connection.execute(
            sa.select(columns.run, columns.id, columns.withdrawn)
            .where(
                columns.provider == asked.provider, columns.source == asked.source, columns.sha256 == asked.sha256,
                columns.request == asked.request, columns.finished_at.is_(None), columns.undone_at.is_(None),
            )
            .order_by(columns.run.desc())
        ).first()  # fmt: skip
    return Run(row.run, row.id, row.withdrawn or 0) if row else None


def finish_run(engine: Engine, provider: str, id_: str, counts: dict[str, Any], now: dt.datetime) -> None:
    """The run's report has been given."""
    with writing(engine) as connection:
        connection.execute(
            sa.update(t.run)
            .where(t.run.c.provider == provider, t.run.c.id == id_)
            .values(finished_at=now.isoformat(), counts=json.dumps(counts, ensure_ascii=False))
        )


# ---------------------------------------------------------------- what is known


def persons_of(connection: Connection, provider: str, source: str) -> list[Person]:
    columns = t.person.c
    rows = connection.execute(
        sa.select(columns.person, columns.identity, columns.name_key, columns.group_id, columns.has_number, columns.row).where(
            columns.provider == provider, columns.source == source
        )
    )
    return [Person(*row) for row in rows]


def next_person(connection: Connection, provider: str) -> int:
    columns = t.sequence.c
    value = connection.execute(sa.select(columns.next).where(columns.shard == provider, columns.name == "person")).scalar_one_or_none()
    return int(value or 1)


def marks_of(connection: Connection, provider: str, source: str, groups: Iterable[str], period: Period) -> dict[Cell, StandingMark]:
    """The source's marks of these groups and days, with the word that each says now."""
    columns, found = t.mark.c, {}
    for chunk in in_chunks(sorted(set(groups))):
        rows = connection.execute(
            sa.select(
                columns.person, columns.group_id, columns.day, columns.lesson, columns.mark, columns.status, columns.hours,
                columns.from_empty, columns.sheet, columns.row, columns.col, columns.state, columns.run,
            ).where(
                columns.provider == provider, columns.source == source, columns.group_id.in_(chunk),
                columns.day >= period.first, columns.day <= period.last,
            )
        )  # fmt: skip
        for person, group, day, lesson, mark, status, hours, from_empty, sheet, row, col, state, run in rows:
            word = Word(Status(status), hours, from_empty, Place(sheet, row, col))
            counts = state not in (MarkState.DROPPED, MarkState.WITHDRAWN, MarkState.UNFIT)
            found[Cell(person, group, day, lesson)] = StandingMark(mark, word, counts, run)
    return found


def lessons_of(connection: Connection, provider: str, source: str, groups: Iterable[str]) -> list[StandingLesson]:
    columns, found = t.own_lesson.c, []
    for chunk in in_chunks(sorted(set(groups))):
        rows = connection.execute(
            sa.select(columns.group_id, columns.day, columns.starts_at, columns.state).where(
                columns.provider == provider, columns.source == source, columns.group_id.in_(chunk)
            )
        )
        found += [StandingLesson(group, day, starts_at, LessonState(state)) for group, day, starts_at, state in rows]
    return found


def regroup(engine: Engine, provider: str, source: str, groups: Mapping[str, str]) -> None:
    """Words that now mean another group than before take their marks with them, unless other words mean the old group too.

    Args:
        groups: folded words → the register's group that they mean now.
    """
    columns = t.source_group.c
    with reading(engine) as connection:
        before = dict(
            connection.execute(
                sa.select(columns.words, columns.group_id).where(columns.provider == provider, columns.source == source)
            ).all()
        )
    changed = [
        (words, before[words], group)
        for words, group in sorted(groups.items())
        if words in before and before[words] != group and not any(other != words and old == before[words] for other, old in before.items())
    ]
    if not changed:
        return
    with writing(engine) as connection:
        reserve_ids(connection, provider, "answer", 1)  # an input that is planned on the old groups is planned anew
        for words, old, group in changed:
            register.name_group(connection, provider, source, words, group, old)


def group_answers(connection: Connection, provider: str, source: str) -> dict[str, str]:
    """Folded words → register's group, as remembered; words without a group are left out."""
    columns = t.source_group.c
    rows = connection.execute(sa.select(columns.words, columns.group_id).where(columns.provider == provider, columns.source == source))
    return {words: group for words, group in rows if not group.startswith(UNKNOWN_GROUP)}


# ---------------------------------------------------------------- saving


Fence = tuple[tuple[str, ...], ...]


def inputs_so_far(connection: Connection, provider: str) -> Fence:
    """How many runs and answers of the provider there are.

    The row of answers is held until the transaction ends: two inputs of one provider are planned one after the other. The row of runs is
    only read: its next number is taken in a transaction of its own (`reserve_ids`), which must not wait for this one.
    """
    columns = t.sequence.c
    held = sa.select(columns.next).where(columns.shard == provider, columns.name == "answer").with_for_update()
    runs = sa.select(columns.next).where(columns.shard == provider, columns.name == "run")
    numbers = {"answer": connection.execute(held).scalar() or 1, "run": connection.execute(runs).scalar() or 1}
    return tuple((name, str(number)) for name, number in numbers.items())


def save(
    engine: Engine,
    asked: RunRequest,
    collected: Collected,
    resumes: Run | None,
    seal: Callable[[Member], str],
    fence: Fence,
    now: dt.datetime,
) -> Run | None:
    """Store a run's new words and list them for match, all in one transaction: an import is whole or not there.

    None where another input of the provider has been stored since the fence was read: then what is known is another, and nothing was saved.

    Args:
        seal: encrypts a member's name, number and birth date, which are kept only until it is matched.
    """
    with writing(engine) as connection:
        so_far = inputs_so_far(connection, asked.provider)
        if so_far != fence[: len(so_far)]:
            return None
        run = resumes or open_run(connection, asked, now)
        save_surroundings(connection, asked, collected, run.run, seal, {})
        _save_words(connection, asked, collected.words, run.run)
        _save_lessons(connection, asked, collected.lessons, run.run)
        _save_held(connection, asked, collected, run.run)
        withdrawn = run.withdrawn + collected.withdrawn
        connection.execute(sa.update(t.run).where(t.run.c.provider == asked.provider, t.run.c.run == run.run).values(withdrawn=withdrawn))
    return run._replace(withdrawn=withdrawn)


def save_surroundings(
    connection: Connection, asked: RunRequest, collected: Collected, run: int, seal: Callable[[Member], str], matches: Mapping[int, Match]
) -> None:
    """All that a run says besides its marks: groups, persons (``matches``: whose some of them are known to be), findings."""
    _save_groups(connection, asked, collected)
    _save_persons(connection, asked, collected, seal, matches)
    _save_findings(connection, asked, collected, run)


def save_refused(engine: Engine, asked: RunRequest, finding: Finding, now: dt.datetime) -> Run:
    """Store a run of which nothing was taken."""
    with writing(engine) as connection:
        run = open_run(connection, asked, now)
        collected = Collected(findings=[(finding, None)], covered={("", asked.month or "")})
        _save_findings(connection, asked, collected, run.run)
    return run


def open_run(connection: Connection, asked: RunRequest, now: dt.datetime) -> Run:
    key = reserve_ids(connection, asked.provider, "run", 1)
    run = Run(key, f"{now:%Y%m%d}-{key:04d}-{asked.sha256[:6]}")
    insert_many(
        connection,
        t.run,
        ("provider", "run", "id", "source", "file", "sha256", "request", "month", "started_at"),
        [(asked.provider, run.run, run.id, asked.source, asked.file, asked.sha256, asked.request, asked.month, now.isoformat())],
    )
    return run


def _save_groups(connection: Connection, asked: RunRequest, collected: Collected) -> None:
    shown = {folded(words): words for words in collected.group_words.values()}
    for words, group in collected.groups.items():
        if not group.startswith(UNKNOWN_GROUP):
            register.name_group(connection, asked.provider, asked.source, words, group) if _waits(connection, asked, words) else None
    upsert(
        connection,
        t.source_group,
        [
            {"provider": asked.provider, "source": asked.source, "words": words, "shown": shown.get(words, words), "group_id": group}
            for words, group in collected.groups.items()
        ],
        ["provider", "source", "words"],
    )


def _waits(connection: Connection, asked: RunRequest, words: str) -> bool:
    columns = t.source_group.c
    group = connection.execute(
        sa.select(columns.group_id).where(columns.provider == asked.provider, columns.source == asked.source, columns.words == words)
    ).scalar_one_or_none()
    return group is not None and group.startswith(UNKNOWN_GROUP)


def _save_persons(
    connection: Connection, asked: RunRequest, collected: Collected, seal: Callable[[Member], str], matches: Mapping[int, Match]
) -> None:
    new = [entry for entry in collected.persons if not entry.is_known]
    if new:
        reserve_ids(connection, asked.provider, "person", len(new))
    rows: list[dict[str, Any]] = [
        {
            "provider": asked.provider, "person": entry.person.person, "source": asked.source, "identity": entry.person.identity,
            "name_key": entry.person.name_key, "group_id": entry.person.group, "has_number": entry.person.has_number,
            "row": entry.person.row, "sealed": seal(entry.member),
        }
        for entry in collected.persons
    ]  # fmt: skip
    known = {entry.person.person for entry in collected.persons if entry.is_known}
    insert_many(
        connection,
        t.person,
        (
            "provider", "person", "source", "identity", "name_key", "group_id", "has_number", "row", "sealed", "is_outside", "child",
            "matched_by", "rule",
        ),
        [(*row.values(), False, *_whose(matches.get(row["person"]))) for row in rows if row["person"] not in known],
    )  # fmt: skip
    for row in rows:
        if row["person"] in known:
            where = (t.person.c.provider == asked.provider) & (t.person.c.person == row["person"])
            changed = {name: row[name] for name in ("identity", "name_key", "group_id", "has_number", "row", "sealed")}
            connection.execute(sa.update(t.person).where(where).values(changed))


def _whose(match: Match | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if match is None else (match.child, match.by, match.rule)


_MARK_COLUMNS = (
    "provider", "mark", "source", "person", "group_id", "day", "lesson", "status", "hours", "from_empty", "sheet", "row", "col", "run",
    "state", "lessons",
)  # fmt: skip


def _save_words(connection: Connection, asked: RunRequest, words: dict[Cell, Word], run: int) -> None:
    if not words:
        return
    days = [cell.day for cell in words]
    known = marks_of(connection, asked.provider, asked.source, {cell.group for cell in words}, Period(min(days), max(days)))
    new = [(cell, word) for cell, word in words.items() if cell not in known]
    first = reserve_ids(connection, asked.provider, "mark", len(new)) if new else 0
    insert_many(
        connection,
        t.mark,
        _MARK_COLUMNS,
        [
            (
                asked.provider, first + offset, asked.source, cell.person, cell.group, cell.day, cell.lesson, word.status.value, word.hours,
                word.from_empty, word.place.sheet, word.place.row, word.place.column, run, MarkState.LISTED.value, 0,
            )
            for offset, (cell, word) in enumerate(new)
        ],
    )  # fmt: skip
    changed = {known[cell].mark: word for cell, word in words.items() if cell in known}
    replace_words(connection, asked.provider, changed, run)
    insert_many(
        connection, t.to_match, ("provider", "mark", "attempt"), [(asked.provider, first + offset, 1) for offset in range(len(new))]
    )


def replace_words(connection: Connection, provider: str, words: dict[int, Word], run: int) -> None:
    """Give marks a new word, keep the one before, and list them for match."""
    columns = t.mark.c
    for chunk in in_chunks(sorted(words)):
        before = connection.execute(
            sa.select(
                columns.mark, columns.run, columns.status, columns.hours, columns.from_empty, columns.sheet, columns.row, columns.col
            ).where(columns.provider == provider, columns.mark.in_(chunk))
        ).all()
        insert_many(
            connection,
            t.earlier_word,
            ("provider", "mark", "run", "status", "hours", "from_empty", "sheet", "row", "col", "replaced_by"),
            [(provider, *row, run) for row in before],
        )
        connection.execute(
            sa.update(t.mark)
            .where(columns.provider == provider, columns.mark == sa.bindparam("of_mark"))
            .values(
                {name: sa.bindparam("new_" + name) for name in ("status", "hours", "from_empty", "sheet", "row", "col")} | {"run": run}
            ),
            [_new_word(mark, words[mark]) for mark in chunk],
        )
        relist(
            connection,
            t.to_match,
            sa.select(columns.provider, columns.mark).where(columns.provider == provider, columns.mark.in_(chunk)),
            "provider",
        )


def _new_word(mark: int, word: Word) -> dict[str, Any]:
    return {
        "of_mark": mark, "new_status": word.status.value, "new_hours": word.hours, "new_from_empty": word.from_empty,
        "new_sheet": word.place.sheet, "new_row": word.place.row, "new_col": word.place.column,
    }  # fmt: skip


def _save_lessons(connection: Connection, asked: RunRequest, lessons: Sequence[StandingLesson], run: int) -> None:
    replace_lessons(connection, asked.provider, asked.source, lessons, run)


def replace_lessons(connection: Connection, provider: str, source: str, lessons: Sequence[StandingLesson], run: int) -> None:
    """Give lessons a new word, keep the one before, and list their marks for match."""
    columns = t.own_lesson.c
    for lesson in lessons:
        key = (columns.group_id == lesson.group) & (columns.day == lesson.day) & (columns.starts_at == lesson.starts_at)
        before = connection.execute(
            sa.select(columns.state, columns.run).where(columns.provider == provider, columns.source == source, key)
        ).one_or_none()
        if before is not None:
            row = (provider, source, lesson.group, lesson.day, lesson.starts_at, before.state, before.run, run)
            insert_many(
                connection, t.earlier_lesson, ("provider", "source", "group_id", "day", "starts_at", "state", "run", "replaced_by"), [row]
            )
        upsert(
            connection,
            t.own_lesson,
            [
                {
                    "provider": provider, "source": source, "group_id": lesson.group, "day": lesson.day, "starts_at": lesson.starts_at,
                    "state": lesson.state.value, "run": run,
                }
            ],
            ["provider", "source", "group_id", "day", "starts_at"],
        )  # fmt: skip
        register.list_marks(connection, provider, (t.mark.c.group_id == lesson.group) & (t.mark.c.day == lesson.day))


def _save_findings(connection: Connection, asked: RunRequest, collected: Collected, run: int) -> None:
    """The latest input about a group and month is the one whose findings stand."""
    columns = t.finding.c
    for group, month in sorted(collected.covered):
        connection.execute(
            sa.update(t.finding)
            .where(
                columns.provider == asked.provider, columns.source == asked.source, columns.month == month,
                (columns.group_id == group) | columns.group_id.is_(None), columns.run != run,
            )
            .values(stands=False)
        )  # fmt: skip
    connection.execute(sa.delete(t.finding).where(columns.provider == asked.provider, columns.run == run))
    months = {group: month for group, month in collected.covered}
    default = next(iter(sorted(months.values())), asked.month)
    add_findings(
        connection,
        asked.provider,
        asked.source,
        run,
        [(finding, group, months.get(group or "", default)) for finding, group in collected.findings],
    )


def add_findings(
    connection: Connection, provider: str, source: str, run: int, findings: Sequence[tuple[Finding, str | None, str | None]]
) -> None:
    """Store findings, each with its group and month."""
    first = reserve_ids(connection, provider, "finding", len(findings)) if findings else 0
    insert_many(
        connection,
        t.finding,
        ("provider", "finding", "run", "source", "level", "group_id", "month", "sheet", "row", "col", "body", "stands"),
        [
            (
                provider, first + offset, run, source, finding.level.value, group, month, finding.place.sheet, finding.place.row,
                finding.place.column, json.dumps([*finding.what, *finding.cure], ensure_ascii=False), True,
            )
            for offset, (finding, group, month) in enumerate(findings)
        ],
    )  # fmt: skip


def _save_held(connection: Connection, asked: RunRequest, collected: Collected, run: int) -> None:
    """Withdrawals that wait for a person. A later input about the same group and month asks anew, or needs no answer any more."""
    columns = t.withdrawal.c
    for group, month in sorted(collected.covered):
        connection.execute(
            sa.update(t.withdrawal)
            .where(
                columns.provider == asked.provider, columns.source == asked.source, columns.group_id == group, columns.month == month,
                columns.state == "waiting",
            )
            .values(state="superseded")
        )  # fmt: skip
    for held in collected.held:
        key = reserve_ids(connection, asked.provider, "withdrawal", 1)
        insert_many(
            connection,
            t.withdrawal,
            ("provider", "withdrawal", "run", "source", "group_id", "month", "children", "known", "state"),
            [(asked.provider, key, run, asked.source, held.group, held.month, held.children, held.known, "waiting")],
        )
        days = [cell.day for cell in held.marks]
        marks = marks_of(connection, asked.provider, asked.source, [held.group], Period(min(days), max(days)))
        insert_many(
            connection,
            t.withdrawal_mark,
            ("provider", "withdrawal", "mark"),
            [(asked.provider, key, marks[cell].mark) for cell in held.marks],
        )
