"""Match: what it needs of listed marks, and its save: marks' states, claims' words, and decide's list."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.claims import claim_key
from gateway.core.conflicts import Taken
from gateway.core.facts import Place, RegisterGroup, Status
from gateway.core.lessons import OwnLessons
from gateway.core.match import ClaimWord, Match, Matched, PersonToMatch, Unit, WordAt
from gateway.core.periods import Period, month_of
from gateway.store import lessons, register
from gateway.store import tables as t
from gateway.store.engine import claiming, reading, saving
from gateway.store.rows import among, insert_many, list_again, lock_new_claims, reserve_ids, update_many

BATCH = 10_000

_WORD_COLUMNS = (
    t.mark.c.mark, t.mark.c.source, t.mark.c.person, t.mark.c.group_id, t.mark.c.day, t.mark.c.status, t.mark.c.hours, t.mark.c.from_empty,
    t.mark.c.run, t.mark.c.sheet, t.mark.c.row, t.mark.c.col, t.mark.c.child, t.mark.c.lesson,
)  # fmt: skip


class ListedMarks(NamedTuple):
    """A batch of one provider's listed marks; ``attempts``: as they were when they were read."""

    provider: str
    words: list[WordAt]
    attempts: dict[int, int]
    claimed: Connection | None = None


@dataclass(slots=True)
class MatchContext:
    """What match needs to know of these marks. ``own``: what the provider's sources say of lessons."""

    persons: dict[int, PersonToMatch] = field(default_factory=dict)
    groups: dict[str, RegisterGroup] = field(default_factory=dict)
    zone: str = "Europe/Moscow"
    own: OwnLessons = field(default_factory=OwnLessons)


@contextmanager
def work(engine: Engine, limit: int = BATCH) -> Iterator[ListedMarks | None]:
    """The next batch on match's list, of one provider; None where there is none that nobody else is at."""
    with claiming(engine) as (connection, claimed):
        provider = connection.execute(_NEXT).scalar_one_or_none()
        if provider is None:
            yield None
            return
        rows = connection.execute(_LISTED, {"provider": provider, "most": limit}).all()
        if claimed is None:
            connection.rollback()
        yield ListedMarks(provider, [_word(row[1:]) for row in rows], {row[1]: row[0] for row in rows}, claimed)


# Statements of every batch are made once: making one takes longer than running it.
_NEXT = sa.select(t.to_match.c.provider).order_by(t.to_match.c.provider, t.to_match.c.mark).limit(1).with_for_update(skip_locked=True)
_LISTED = (
    sa.select(t.to_match.c.attempt, *_WORD_COLUMNS)
    .join(t.to_match, (t.to_match.c.provider == t.mark.c.provider) & (t.to_match.c.mark == t.mark.c.mark))
    .where(t.mark.c.provider == sa.bindparam("provider"), t.to_match.c.provider == sa.bindparam("provider"))
    .order_by(t.mark.c.mark)
    .limit(sa.bindparam("most"))
    .with_for_update(of=t.to_match, skip_locked=True)
)


def is_anything_listed(engine: Engine) -> bool:
    """Whether match, decide or book have anything on their lists."""
    with reading(engine) as connection:
        return bool(connection.execute(_ANYTHING).scalar_one())


_ANYTHING = sa.select(sa.or_(*(sa.exists().select_from(table) for table in (t.to_match, t.to_decide, t.to_book))))


def _word(row: Sequence[Any]) -> WordAt:
    mark, source, person, group, day, status, hours, from_empty, run, sheet, line, column, child, lesson = row
    return WordAt(mark, source, person, group, day, Status(status), hours, from_empty, run, Place(sheet, line, column), child, lesson)


_PERSONS = sa.select(t.person.c.person, t.person.c.row, t.person.c.sealed, t.person.c.child, t.person.c.matched_by, t.person.c.is_outside)
_PERSONS = _PERSONS.where(t.person.c.provider == sa.bindparam("provider"), among(t.person.c.person, "persons"))


def context(
    engine: Engine, provider: str, words: Iterable[WordAt], person_of: Callable[[Mapping[str, Any]], PersonToMatch]
) -> MatchContext:
    """Load persons, groups and lessons for these marks. ``person_of`` unseals a person's row."""
    words = list(words)
    found = MatchContext()
    with reading(engine) as connection:
        rows = connection.execute(_PERSONS, {"provider": provider, "persons": sorted({word.person for word in words})})
        found.persons.update({row["person"]: person_of(dict(row)) for row in rows.mappings()})
        groups = {word.group for word in words}
        found.groups = register.groups_of(connection, groups)
        found.zone = zone_of(connection, provider)
        if words:
            days = [word.day for word in words]
            found.own = lessons.own_of(connection, provider, groups, Period(min(days), max(days)))
    return found


def zone_of(connection: Connection, provider: str) -> str:
    known = register.providers(connection, [provider]).get(provider)
    return known.time_zone if known is not None else "Europe/Moscow"


class Around(NamedTuple):
    """What stands around the units at hand: other marks, claims' slots, and answers on conflicts."""

    siblings: list[WordAt]
    slots: dict[Unit, set[int]]
    take: dict[Unit, list[Taken]]


def around(engine: Engine, provider: str, units: Iterable[Unit], without: Iterable[int]) -> Around:
    """Load what stands at these (child, group, day) besides the marks ``without``."""
    wanted = set(units)
    children = sorted({child for child, _, _ in wanted})
    groups = sorted({group for _, group, _ in wanted})
    left_out = set(without)
    result = Around([], defaultdict(set), defaultdict(list))
    if not wanted:
        return result
    days = [day for _, _, day in wanted]
    asked = {"provider": provider, "children": children, "groups": groups, "first": min(days), "last": max(days)}
    with reading(engine) as connection:
        for word in map(_word, connection.execute(_SIBLINGS, asked)):
            if word.mark not in left_out and (word.child, word.group, word.day) in wanted:
                result.siblings.append(word)
        for child, group, day, slot in connection.execute(_SLOTS, asked):
            result.slots[(child, group, day)].add(slot)
        for child, group, day, *taken in connection.execute(_TAKEN, {"provider": provider, "children": children}):
            result.take[(child, group, day)].append(Taken(*taken))
    return result


def _of_units(table: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
    columns = table.c
    return (
        columns.provider == sa.bindparam("provider"), among(columns.child, "children"), among(columns.group_id, "groups"),
        columns.day >= sa.bindparam("first"), columns.day <= sa.bindparam("last"),
    )  # fmt: skip


_SIBLINGS = sa.select(*_WORD_COLUMNS).where(*_of_units(t.mark), t.mark.c.state == "claimed")
_SLOTS = sa.select(t.claim.c.child, t.claim.c.group_id, t.claim.c.day, t.claim.c.slot)
_SLOTS = _SLOTS.where(*_of_units(t.claim), t.claim.c.status.is_not(None))
_TOOK = t.taken_source.c
_TAKEN = sa.select(_TOOK.child, _TOOK.group_id, _TOOK.day, _TOOK.starts_at, _TOOK.source, _TOOK.is_only)
_TAKEN = _TAKEN.where(_TOOK.provider == sa.bindparam("provider"), among(_TOOK.child, "children")).order_by(_TOOK.answered_at)


# ---------------------------------------------------------------- saving


def save(engine: Engine, work: ListedMarks, matched: Matched, payer_of: Callable[[str, str, dt.date], str]) -> None:
    """Store marks' states and claims' words, and list the claims whose word changed; only for marks whose attempt is still the one read.

    Args:
        payer_of: (child, group, day) → the payer that the lesson's money belongs to.
    """
    with saving(engine, work.claimed) as connection:
        if not _is_ours(connection, work):
            return  # somebody listed one of these anew meanwhile: the whole batch is worked out again
        _save_marks(connection, work.provider, matched)
        save_persons(connection, work.provider, matched.persons)
        of_payer: dict[str, list[ClaimWord]] = defaultdict(list)
        for word in matched.claims:
            of_payer[payer_of(word.child, word.group, word.day)].append(word)
        for payer, words in sorted(of_payer.items()):
            _save_claims(connection, payer, work.provider, words)
        connection.execute(_LEAVE, {"of_provider": work.provider, "marks": sorted(work.attempts)})


def _is_ours(connection: Connection, work: ListedMarks) -> bool:
    rows = connection.execute(_ATTEMPTS, {"provider": work.provider, "marks": sorted(work.attempts)})
    return {mark: attempt for mark, attempt in rows} == work.attempts


_LEAVE = sa.delete(t.to_match).where(t.to_match.c.provider == sa.bindparam("of_provider"), among(t.to_match.c.mark, "marks"))
_ATTEMPTS = sa.select(t.to_match.c.mark, t.to_match.c.attempt).where(
    t.to_match.c.provider == sa.bindparam("provider"), among(t.to_match.c.mark, "marks")
)
_ATTEMPTS = _ATTEMPTS.order_by(t.to_match.c.mark).with_for_update()


def _save_marks(connection: Connection, provider: str, matched: Matched) -> None:
    rows = [(state.value, rule, child, stands_for, slot, provider, mark) for mark, state, rule, child, stands_for, slot in matched.marks]
    update_many(connection, t.mark, ("state", "rule", "child", "lessons", "slot"), ("provider", "mark"), rows)


def save_persons(connection: Connection, provider: str, persons: Mapping[int, Match]) -> None:
    """Remember who is whom: an answer of a person is never overwritten here."""
    rows = [
        {"of_person": person, "new_child": match.child, "new_matched_by": match.by, "new_rule": match.rule}
        for person, match in persons.items()
        if match.by != "answer" and not match.is_outside
    ]
    if not rows:
        return
    statement = (
        sa.update(t.person)
        .where(t.person.c.provider == provider, t.person.c.person == sa.bindparam("of_person"), t.person.c.answered_at.is_(None))
        .values({name: sa.bindparam("new_" + name) for name in ("child", "matched_by", "rule")})
    )
    connection.execute(statement, rows)


_CLAIM_COLUMNS = (
    "payer", "claim", "key", "provider", "child", "group_id", "day", "slot", "month", "starts_at", "ends_at", "status", "hours",
    "from_empty",
    "is_cancelled", "conflict", "mark", "is_said", "lacks_funds", "is_early", "keeps", "debits", "attendances", "under_way",
)  # fmt: skip
_COMPARED = ("starts_at", "ends_at", "status", "hours", "from_empty", "is_cancelled", "conflict")
_WRITTEN = (*_COMPARED, "mark", "is_said")


def _save_claims(connection: Connection, payer: str, provider: str, words: Sequence[ClaimWord]) -> None:
    known = _known_claims(connection, payer, provider, words)
    if any(word.status is not None and _key(word) not in known for word in words):
        lock_new_claims(connection, payer, provider)
        known = _known_claims(connection, payer, provider, words)
    new = [word for word in words if word.status is not None and _key(word) not in known]
    first = reserve_ids(connection, payer, "claim", len(new)) if new else 0
    insert_many(connection, t.claim, _CLAIM_COLUMNS, [_new_claim(payer, first + offset, provider, word) for offset, word in enumerate(new)])
    insert_many(connection, t.to_decide, ("payer", "claim", "attempt"), [(payer, first + offset, 1) for offset in range(len(new))])
    changed = []
    for word in words:
        row = known.get(_key(word))
        if row is not None:
            values = _word_values(word, row)
            if any(row[name] != values[name] for name in _COMPARED):
                changed.append((*(values[name] for name in _WRITTEN), payer, row["claim"]))
    changed.sort(key=itemgetter(-1))  # all who write claims write them in this order, so that nobody waits in a ring
    update_many(connection, t.claim, _WRITTEN, ("payer", "claim"), changed)
    list_again(connection, t.to_decide, payer, [row[-1] for row in changed])


def _key(word: ClaimWord) -> tuple[str, str, dt.date, int]:
    return (word.child, word.group, word.day, word.slot)


def _known_claims(
    connection: Connection, payer: str, provider: str, words: Sequence[ClaimWord]
) -> dict[tuple[str, str, dt.date, int], Mapping[str, Any]]:
    wanted = {_key(word) for word in words}
    days = [word.day for word in words]
    asked = {
        "payer": payer, "provider": provider, "children": sorted({word.child for word in words}),
        "groups": sorted({word.group for word in words}), "first": min(days), "last": max(days),
    }  # fmt: skip
    rows = connection.execute(_KNOWN, asked).mappings()
    by_key = {(row["child"], row["group_id"], row["day"], row["slot"]): row for row in rows}
    return {key: row for key, row in by_key.items() if key in wanted}  # type: ignore[misc]


_C = t.claim.c
_KNOWN = sa.select(_C.claim, _C.child, _C.group_id, _C.day, _C.slot, _C.mark, _C.is_said, *(_C[name] for name in _COMPARED)).where(
    _C.payer == sa.bindparam("payer"), *_of_units(t.claim)
)


def _new_claim(payer: str, claim: int, provider: str, word: ClaimWord) -> tuple[Any, ...]:
    starts_at, ends_at = _times(word)
    return (
        payer, claim, claim_key(provider, word.child, word.group, word.day, word.slot), provider, word.child, word.group, word.day,
        word.slot,
        month_of(word.day), starts_at, ends_at, word.status.value if word.status else None, word.hours, word.from_empty, word.is_cancelled,
        word.conflict, word.mark, True, False, False, False, 0, 0, 0,
    )  # fmt: skip


def _times(word: ClaimWord) -> tuple[str, str]:
    assert word.starts_at is not None and word.ends_at is not None  # a word that says something is at a lesson
    return word.starts_at.isoformat(), word.ends_at.isoformat()


def _word_values(word: ClaimWord, row: Mapping[str, Any]) -> dict[str, Any]:
    """A withdrawn word leaves the lesson's times as they were: the reversal still names them."""
    times = {"starts_at": row["starts_at"], "ends_at": row["ends_at"]}
    if word.status is not None:
        times = dict(zip(("starts_at", "ends_at"), _times(word), strict=True))
    return times | {
        "status": word.status.value if word.status else None, "hours": word.hours, "from_empty": word.from_empty,
        "is_cancelled": word.is_cancelled, "conflict": word.conflict, "mark": word.mark,
        "is_said": word.status is not None or row["is_said"],
    }  # fmt: skip
