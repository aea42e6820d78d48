"""Collect, the source's side: a run and its new words, in one transaction with match's list."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.collect import CARDS, UNKNOWN_GROUP, Cell, Collected, GroupTold, StandingMark, Word
from gateway.core.facts import Finding, Member
from gateway.core.match import MarkState, Match
from gateway.core.names import folded
from gateway.core.periods import Period
from gateway.store import cards, lessons, persons, register, source_state, told
from gateway.store import tables as t
from gateway.store.engine import writing
from gateway.store.rows import among, insert_many, list_again, reserve_ids, update_many, upsert
from gateway.store.source import NamedGroup, marks_of, named_groups


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
    attempt: int | None = None  # of a source that is asked: a later reading's word counts


# Statements that every input needs are made once: making one takes longer than running it.
_RUN = t.run.c
_UNFINISHED = (
    sa.select(_RUN.run, _RUN.id, _RUN.withdrawn)
    .where(
        _RUN.provider == sa.bindparam("provider"), _RUN.source == sa.bindparam("source"), _RUN.sha256 == sa.bindparam("sha256"),
        _RUN.request == sa.bindparam("request"), _RUN.finished_at.is_(None), _RUN.undone_at.is_(None),
    )
    .order_by(_RUN.run.desc())
)  # fmt: skip
_SEQUENCE = t.sequence.c
_ANSWERS_HELD = sa.select(_SEQUENCE.next).where(_SEQUENCE.shard == sa.bindparam("provider"), _SEQUENCE.name == "answer").with_for_update()
_RUNS = sa.select(_SEQUENCE.next).where(_SEQUENCE.shard == sa.bindparam("provider"), _SEQUENCE.name == "run")


def unfinished_run(connection: Connection, asked: RunRequest) -> Run | None:
    """The interrupted run of the same request, whose report nobody has seen."""
    row = connection.execute(_UNFINISHED, asked._asdict()).first()
    return Run(row.run, row.id, row.withdrawn or 0) if row else None


def finish_run(engine: Engine, provider: str, id_: str, counts: dict[str, Any], now: dt.datetime) -> None:
    """The run's report has been given."""
    with writing(engine) as connection:
        connection.execute(
            sa.update(t.run)
            .where(t.run.c.provider == provider, t.run.c.id == id_)
            .values(finished_at=now.isoformat(), counts=json.dumps(counts, ensure_ascii=False))
        )


# ---------------------------------------------------------------- saving


Fence = tuple[tuple[str, ...], ...]


def inputs_so_far(connection: Connection, provider: str) -> Fence:
    """How many runs and answers of the provider there are.

    The row of answers is held until the transaction ends: two inputs of one provider are planned one after the other. The row of runs is
    only read: its next number is taken in a transaction of its own (`reserve_ids`), which must not wait for this one.
    """
    of = {"provider": provider}
    answers = connection.execute(_ANSWERS_HELD, of).scalar()
    if answers is None:
        reserve_ids(connection, provider, "answer", 0)  # so that there is a row to hold
        answers = connection.execute(_ANSWERS_HELD, of).scalar_one()
    # A statement of its own: whoever waited for the row above would read here what was before he began to wait.
    runs = connection.execute(_RUNS, of).scalar() or 1
    return (("answer", str(answers)), ("run", str(runs)))


def save(
    engine: Engine,
    asked: RunRequest,
    collected: Collected,
    standing: Mapping[Cell, StandingMark],
    resumes: Run | None,
    seal: Callable[[Member], str],
    fence: Fence,
    now: dt.datetime,
) -> Run | None:
    """Store a run's new words and list them for match, all in one transaction: an import is whole or not there.

    None where another input of the provider has been stored since the fence was read: then what is known is another, and nothing was saved.

    Args:
        standing: the marks that the words were compared with, as read since the fence.
        seal: encrypts a member's name, number and birth date, which are kept only until it is matched.
    """
    with writing(engine) as connection:
        so_far = inputs_so_far(connection, asked.provider)
        if so_far != fence[: len(so_far)]:
            return None
        run = resumes or open_run(connection, asked, now)
        save_surroundings(connection, asked, collected, run.run, seal, {})
        _save_words(connection, asked, collected.words, standing, run.run)
        lessons.save(connection, asked.provider, asked.source, collected, run.run)
        _save_held(connection, asked, collected, standing, run.run)
        cards.save(connection, asked.provider, asked.source, collected, run.run, seal)
        told.keep(connection, asked.provider, asked.source, collected)
        withdrawn = run.withdrawn + collected.withdrawn
        if withdrawn:
            where = (t.run.c.provider == asked.provider) & (t.run.c.run == run.run)
            connection.execute(sa.update(t.run).where(where).values(withdrawn=withdrawn))
    return run._replace(withdrawn=withdrawn)


def save_surroundings(
    connection: Connection, asked: RunRequest, collected: Collected, run: int, seal: Callable[[Member], str], matches: Mapping[int, Match]
) -> None:
    """All that a run says besides its marks: where to read on, groups, findings, persons (``matches``: whose some are known to be)."""
    _save_cursor(connection, asked, collected)
    _save_groups(connection, asked, collected)
    _save_persons(connection, asked, collected, seal, matches, run)
    _save_findings(connection, asked, collected, run)


def _save_cursor(connection: Connection, asked: RunRequest, collected: Collected) -> None:
    if asked.attempt is not None:
        source_state.check_is_last(connection, asked.provider, asked.source, asked.attempt)
    if collected.cursor is not None:
        source_state.save_cursor(connection, asked.provider, asked.source, collected.cursor)


def save_nothing(engine: Engine, asked: RunRequest, collected: Collected) -> bool:
    """Store where to read on of an input that leaves all as it stands, without a run. False where there are findings or withdrawals of the
    source that it answers: then nothing was stored.
    """
    with writing(engine) as connection:
        if connection.execute(_WAITS, {"provider": asked.provider, "source": asked.source}).scalar_one():
            return False
        _save_cursor(connection, asked, collected)
    return True


def save_refused(engine: Engine, asked: RunRequest, finding: Finding, now: dt.datetime) -> Run:
    """Store a run of which nothing was taken."""
    with writing(engine) as connection:
        run = open_run(connection, asked, now)
        collected = Collected(findings=[(finding, None)], covered={("", asked.month or "")})
        _save_findings(connection, asked, collected, run.run)
    return run


def open_run(connection: Connection, asked: RunRequest, now: dt.datetime, key: int | None = None) -> Run:
    """``key``: the run's, where the caller has reserved it among others."""
    key = reserve_ids(connection, asked.provider, "run", 1) if key is None else key
    run = Run(key, f"{now:%Y%m%d}-{key:04d}-{asked.sha256[:6]}")
    insert_many(
        connection,
        t.run,
        ("provider", "run", "id", "source", "file", "sha256", "request", "month", "started_at"),
        [(asked.provider, run.run, run.id, asked.source, asked.file, asked.sha256, asked.request, asked.month, now.isoformat())],
    )
    return run


def _save_groups(connection: Connection, asked: RunRequest, collected: Collected) -> None:
    named = named_groups(connection, asked.provider, asked.source)
    shown = {folded(words): words for words in collected.group_words.values()}
    rows = []
    for words, group in collected.groups.items():
        before = named.get(words)
        told_so_far = (before.told if before is not None else GroupTold()).absorb(collected.groups_told[words])
        now = NamedGroup(shown.get(words, words), group, told_so_far)
        if before is not None and before.group.startswith(UNKNOWN_GROUP) and not group.startswith(UNKNOWN_GROUP):
            register.name_group(connection, asked.provider, asked.source, words, group)
        if before != now:
            rows.append(
                {
                    "provider": asked.provider, "source": asked.source, "words": words, "shown": now.shown, "group_id": now.group,
                    "first": now.told.days.first if now.told.days else None, "last": now.told.days.last if now.told.days else None,
                    "own_ids": json.dumps(sorted(now.told.own_ids)),
                }
            )  # fmt: skip
    upsert(connection, t.source_group, rows, ["provider", "source", "words"])


def _save_persons(
    connection: Connection, asked: RunRequest, collected: Collected, seal: Callable[[Member], str], matches: Mapping[int, Match], run: int
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
    mended = {entry.person.person for entry in collected.persons if entry.is_mended}
    persons.change(connection, asked.provider, [row for row in rows if row["person"] in known], mended, run)


def _whose(match: Match | None) -> tuple[str | None, str | None, str | None]:
    return (None, None, None) if match is None else (match.child, match.by, match.rule)


_MARK_COLUMNS = (
    "provider", "mark", "source", "person", "group_id", "day", "lesson", "status", "hours", "from_empty", "sheet", "row", "col", "run",
    "state", "lessons", "slot",
)  # fmt: skip


def _save_words(
    connection: Connection, asked: RunRequest, words: Mapping[Cell, Word], known: Mapping[Cell, StandingMark], run: int
) -> None:
    if not words:
        return
    new = [(cell, word) for cell, word in words.items() if cell not in known]
    first = reserve_ids(connection, asked.provider, "mark", len(new)) if new else 0
    insert_many(
        connection,
        t.mark,
        _MARK_COLUMNS,
        [
            (
                asked.provider, first + offset, asked.source, cell.person, cell.group, cell.day, cell.lesson, word.status.value, word.hours,
                word.from_empty, word.place.sheet, word.place.row, word.place.column, run, MarkState.LISTED.value, 0, 0,
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
    """Give marks a new word, keep the one before, and list them for match. What was told of their days stands no more."""
    if not words:
        return
    before = connection.execute(_WORDS, {"provider": provider, "marks": sorted(words)}).all()
    told.forget(connection, provider, told.days_of([(group, day) for group, day, *_ in before]))
    insert_many(
        connection,
        t.earlier_word,
        ("provider", "mark", "run", "status", "hours", "from_empty", "sheet", "row", "col", "replaced_by"),
        [(provider, *row[2:], run) for row in before],
    )
    rows = [(word.status.value, word.hours, word.from_empty, *word.place[:3], run, provider, mark) for mark, word in sorted(words.items())]
    update_many(connection, t.mark, ("status", "hours", "from_empty", "sheet", "row", "col", "run"), ("provider", "mark"), rows)
    list_again(connection, t.to_match, provider, list(words))


_MARK = t.mark.c
_WORDS = sa.select(
    _MARK.group_id, _MARK.day, _MARK.mark, _MARK.run, _MARK.status, _MARK.hours, _MARK.from_empty, _MARK.sheet, _MARK.row, _MARK.col
).where(_MARK.provider == sa.bindparam("provider"), among(_MARK.mark, "marks"))


def _by_month(covered: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Months, each with the groups of which an input is the latest word."""
    found: dict[str, list[str]] = defaultdict(list)
    for group, month in sorted(covered):
        found[month].append(group)
    return found


def _save_findings(connection: Connection, asked: RunRequest, collected: Collected, run: int) -> None:
    """The latest input about a group and month is the one whose findings stand."""
    for month, groups in _by_month(collected.covered).items():
        past = {"of_provider": asked.provider, "of_source": asked.source, "of_month": month, "groups": groups, "by_run": run}
        connection.execute(_NO_LONGER_STAND, past)
    connection.execute(_OF_RUN, {"of_provider": asked.provider, "by_run": run})
    months = {group: month for group, month in collected.covered}
    default = next(iter(sorted(months.values(), key=lambda month: (not month, month))), asked.month)
    add_findings(
        connection,
        asked.provider,
        asked.source,
        run,
        [(finding, group, months.get(group or "", default)) for finding, group in collected.findings],
    )


_FINDING = t.finding.c
_NO_LONGER_STAND = (
    sa.update(t.finding)
    .where(
        _FINDING.provider == sa.bindparam("of_provider"), _FINDING.source == sa.bindparam("of_source"),
        _FINDING.month == sa.bindparam("of_month"), among(_FINDING.group_id, "groups") | _FINDING.group_id.is_(None),
        _FINDING.run != sa.bindparam("by_run"),
    )
    .values(stands=False)
)  # fmt: skip
_OF_RUN = sa.delete(t.finding).where(_FINDING.provider == sa.bindparam("of_provider"), _FINDING.run == sa.bindparam("by_run"))


_WITHDRAWAL = t.withdrawal.c
_WAITS = sa.select(
    sa.or_(
        sa.exists().where(
            _FINDING.provider == sa.bindparam("provider"), _FINDING.source == sa.bindparam("source"), _FINDING.stands.is_(True)
        ),
        sa.exists().where(
            _WITHDRAWAL.provider == sa.bindparam("provider"), _WITHDRAWAL.source == sa.bindparam("source"), _WITHDRAWAL.state == "waiting"
        ),
    )
)
_SUPERSEDED = (
    sa.update(t.withdrawal)
    .where(
        _WITHDRAWAL.provider == sa.bindparam("of_provider"), _WITHDRAWAL.source == sa.bindparam("of_source"),
        _WITHDRAWAL.month == sa.bindparam("of_month"), among(_WITHDRAWAL.group_id, "groups"), _WITHDRAWAL.state == "waiting",
    )
    .values(state="superseded")
)  # fmt: skip


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


def declined_of(connection: Connection, provider: str, source: str, groups: Iterable[str]) -> frozenset[Cell]:
    """The marks of these groups that a person has said stand, though the source does not tell them any more."""
    rows = connection.execute(_DECLINED, {"provider": provider, "source": source, "groups": sorted(set(groups))})
    return frozenset(Cell(*row) for row in rows)


_DECLINED = (
    sa.select(_MARK.person, _MARK.group_id, _MARK.day, _MARK.lesson)
    .join(t.withdrawal_mark, (t.withdrawal_mark.c.provider == _MARK.provider) & (t.withdrawal_mark.c.mark == _MARK.mark))
    .join(
        t.withdrawal,
        (_WITHDRAWAL.provider == t.withdrawal_mark.c.provider) & (_WITHDRAWAL.withdrawal == t.withdrawal_mark.c.withdrawal),
    )
    .where(
        _WITHDRAWAL.provider == sa.bindparam("provider"), _WITHDRAWAL.source == sa.bindparam("source"), _WITHDRAWAL.state == "declined",
        among(_WITHDRAWAL.group_id, "groups"),
    )
)  # fmt: skip
_TOLD_AGAIN = sa.delete(t.withdrawal_mark).where(
    t.withdrawal_mark.c.provider == sa.bindparam("of_provider"), among(t.withdrawal_mark.c.mark, "marks"),
    t.withdrawal_mark.c.withdrawal.in_(
        sa.select(_WITHDRAWAL.withdrawal).where(_WITHDRAWAL.provider == sa.bindparam("of_provider"), _WITHDRAWAL.state == "declined")
    ),
)  # fmt: skip


def _save_held(connection: Connection, asked: RunRequest, collected: Collected, standing: Mapping[Cell, StandingMark], run: int) -> None:
    """Withdrawals that wait for a person. A later input about the same group and month asks anew, or needs no answer any more."""
    if collected.told_again:
        again = sorted(standing[cell].mark for cell in collected.told_again if cell in standing)
        connection.execute(_TOLD_AGAIN, {"of_provider": asked.provider, "marks": again})
    for month, groups in _by_month(each for each in collected.covered if each[0] != CARDS).items():
        past = {"of_provider": asked.provider, "of_source": asked.source, "of_month": month, "groups": groups}
        connection.execute(_SUPERSEDED, past)
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
