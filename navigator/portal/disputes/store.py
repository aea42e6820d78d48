"""Disputes: filed by a parent, answered by the club, decided by the operator where the club is silent, closed by the register's own word.

A correction is not made here. The club makes it in its own system, and it comes to the register as any correction does: a reversal, or
another mark of the same lesson. `follow` sees it and closes the dispute.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Row, Select, and_, exists, func, insert, select, update

from navigator.clock import Clock
from navigator.engine import reading, writing
from navigator.operations import DEBIT
from navigator.portal import sessions
from navigator.portal.disputes import lessons, letters
from navigator.portal.disputes.lessons import Lesson
from navigator.portal.disputes.tables import dispute_steps, disputes
from navigator.portal.region import region
from navigator.portal.tables import instant, moment_of, persons
from navigator.tables import acceptances, children, groups, modules, programmes, providers

OPEN, CORRECTING, CONFIRMED, CORRECTED, WITHDRAWN = "open", "correcting", "confirmed", "corrected", "withdrawn"
STATES = (OPEN, CORRECTING, CONFIRMED, CORRECTED, WITHDRAWN)
LIVE = (OPEN, CORRECTING)
_LESSON = ("child", "group", "date", "slot")
OF_CHILD_MAX = 20
"""How many disputes are filed about a child in a day."""
A_DAY = dt.timedelta(days=1)
PARENT, CLUB, OPERATOR, REGISTER = "parent", "club", "operator", "register"


class Over(Exception):
    """The dispute is no longer in a state that this needs: somebody was faster, or the register was."""


class NotYet(Exception):
    """The operator may not decide yet: the club still has time to answer."""


class NotDisputable(Exception):
    """The lesson has nothing to dispute, is disputed already, or the operator has decided the same before."""


class TooMany(Exception):
    """The family has filed its disputes of the day: each is a letter to the club."""


class Correction(NamedTuple):
    """What the register says now of a disputed lesson. ``operation``: the acceptance that says it."""

    dispute: str
    operation: str
    amount_kopecks: int
    status: str | None


# ---------------------------------------------------------------- looking

_TITLES = (groups.c.title, programmes.c.title.label("programme_title"))


def _with_titles(wanted: Select[Any]) -> Select[Any]:
    """Disputes with `_TITLES`: a group is called by its programme too."""
    joined = wanted.join(groups, groups.c.group == disputes.c.group).join(modules, modules.c.module == groups.c.module)
    return joined.join(programmes, programmes.c.programme == modules.c.programme)


def dispute(connection: Connection, key: str) -> Row[Any] | None:
    """A dispute with its child, its group's titles, its club's name, and who filed it."""
    names = (children.c.last_name, children.c.first_name, children.c.patronymic, children.c.birth_date)
    titles = (*_TITLES, providers.c.name.label("provider_name"))
    wanted = select(disputes, *names, *titles, persons.c.email, persons.c.language)
    joined = wanted.join(children, children.c.child == disputes.c.child).join(persons, persons.c.person == disputes.c.person)
    joined = _with_titles(joined).join(providers, providers.c.provider == disputes.c.provider)
    return connection.execute(joined.where(disputes.c.dispute == key)).one_or_none()


def steps_of(connection: Connection, key: str) -> list[Row[Any]]:
    """What became of a dispute, step by step, each with the name of whoever took it."""
    wanted = select(dispute_steps, persons.c.last_name, persons.c.first_name).outerjoin(persons, persons.c.person == dispute_steps.c.person)
    return list(connection.execute(wanted.where(dispute_steps.c.dispute == key).order_by(dispute_steps.c.step)))


def of_child(connection: Connection, child: str) -> list[Row[Any]]:
    """A child's disputes, the last one first."""
    wanted = _with_titles(select(disputes, *_TITLES)).where(disputes.c.child == child)
    return list(connection.execute(wanted.order_by(disputes.c.ordinal.desc()).limit(100)))


def live_of_child(connection: Connection, child: str) -> dict[tuple[str, str, int], str]:
    """The number of the dispute about each of a child's lessons that is in dispute now."""
    mine = (disputes.c.child == child) & disputes.c.state.in_(LIVE)
    rows = connection.execute(select(disputes.c.group, disputes.c.date, disputes.c.slot, disputes.c.dispute).where(mine))
    return {(row.group, row.date, row.slot): row.dispute for row in rows}


def listed(
    connection: Connection, state: str, provider: str | None, after: int, limit: int, silent_since: str | None = None
) -> list[Row[Any]]:
    """Disputes of a state in the order of filing, behind ``after``; a club's, or all.

    Args:
        silent_since: only those for which the club has done nothing since then.
    """
    mine = disputes.c.ordinal > after
    mine &= disputes.c.state.in_(LIVE) if silent_since is not None else disputes.c.state == state
    if silent_since is not None:
        mine &= disputes.c.waits_since <= silent_since
    if provider is not None:
        mine &= disputes.c.provider == provider
    wanted = select(disputes, children.c.last_name, children.c.first_name, *_TITLES, providers.c.name.label("provider_name"))
    joined = _with_titles(wanted.join(children, children.c.child == disputes.c.child))
    joined = joined.join(providers, providers.c.provider == disputes.c.provider)
    return list(connection.execute(joined.where(mine).order_by(disputes.c.ordinal).limit(limit)))


def counts(connection: Connection, provider: str | None) -> dict[str, int]:
    """How many disputes are in each state; of a club, or in all."""
    wanted = select(disputes.c.state, func.count()).group_by(disputes.c.state)
    if provider is not None:
        wanted = wanted.where(disputes.c.provider == provider)
    known: dict[str, int] = {state: number for state, number in connection.execute(wanted)}
    return {state: known.get(state, 0) for state in STATES}


def silent_before(now: dt.datetime) -> str:
    """A club that was to do something before this instant has been silent for too long."""
    return instant(now - dt.timedelta(days=region().dispute_answer_days))


def silent_count(connection: Connection, now: dt.datetime) -> int:
    """How many disputes wait for the operator's decision."""
    mine = disputes.c.state.in_(LIVE) & (disputes.c.waits_since <= silent_before(now))
    return connection.scalar(select(func.count()).select_from(disputes).where(mine)) or 0


def may_decide(connection: Connection, row: Row[Any], now: dt.datetime) -> bool:
    """Whether the operator may decide: the club is silent, or it has confirmed the same lesson before and the family does not agree."""
    if row.state not in LIVE:
        return False
    same = [disputes.c[name] == getattr(row, name) for name in _LESSON]
    return row.waits_since <= silent_before(now) or _was_confirmed(connection, CLUB, *same, disputes.c.ordinal < row.ordinal)


def decides_from(row: Row[Any]) -> dt.datetime:
    """From when on the operator may decide."""
    return moment_of(row.waits_since) + dt.timedelta(days=region().dispute_answer_days)


# ---------------------------------------------------------------- filing and answering


def file(connection: Connection, clock: Clock, child: str, person: str, lesson: Lesson, reason: str) -> str:
    """File a dispute about a lesson's debit, or its mark where nothing is debited; its number.

    Raises:
        NotDisputable, TooMany: see there.
    """
    subject = lesson.subject
    if subject is None or live_of_child(connection, child).get((lesson.group, lesson.date, lesson.slot)) is not None:
        raise NotDisputable(lesson.date)
    if is_decided(connection, child, lesson):
        raise NotDisputable(lesson.date)
    now, throttle = clock.now(), f"disputes of {child}"
    if sessions.is_throttled(connection, throttle, now, OF_CHILD_MAX, A_DAY):
        raise TooMany(child)
    sessions.note_attempt(connection, throttle, now, A_DAY)
    ordinal = 1 + (connection.scalar(select(func.max(disputes.c.ordinal))) or 0)
    is_debit = subject.kind == DEBIT
    row = {
        "dispute": f"S-{now.year}-{ordinal:06d}",
        "ordinal": ordinal,
        "child": child,
        "group": lesson.group,
        "date": lesson.date,
        "slot": lesson.slot,
        "lesson_starts_at": lesson.starts_at,
        "provider": subject.provider,
        "payer": subject.payer,
        "person": person,
        "subject": "debit" if is_debit else "mark",
        "operation": subject.id,
        "amount_kopecks": subject.amount_kopecks,
        "status": lesson.mark.status if lesson.mark is not None else None,
        "seen": lesson.last,
        "state": OPEN,
        "reason": reason,
        "filed_at": instant(now),
        "waits_since": instant(now),
    }
    connection.execute(insert(disputes), [row])
    _step(connection, row["dispute"], OPEN, PARENT, person, now, reason)
    _tell(connection, row["dispute"], OPEN, PARENT, reason)
    return str(row["dispute"])


def is_decided(connection: Connection, child: str, lesson: Lesson) -> bool:
    """Whether the operator has confirmed this very debit or mark: then it is not asked a third time."""
    if lesson.subject is None:
        return False
    return _was_confirmed(connection, OPERATOR, disputes.c.child == child, disputes.c.operation == lesson.subject.id)


def confirm(connection: Connection, now: dt.datetime, key: str, role: str, person: str, reason: str) -> None:
    """The debit or mark is right, and this is why; the dispute is over.

    Raises:
        Over: it is over already.
        NotYet: it is the club's to answer.
    """
    _look_who_decides(connection, now, key, role)
    _move(connection, now, key, CONFIRMED, role, person, reason, ended_at=instant(now))


def promise(connection: Connection, now: dt.datetime, key: str, role: str, person: str, reason: str) -> None:
    """The club will correct it in its own system, or the operator tells it to. From now on the register's word is waited for.

    Raises:
        Over: it is over already.
        NotYet: it is the club's to answer.
    """
    _look_who_decides(connection, now, key, role)
    _move(connection, now, key, CORRECTING, role, person, reason, waits_since=instant(now))


def withdraw(connection: Connection, now: dt.datetime, key: str, person: str) -> None:
    """The family takes it back.

    Raises:
        Over: it is over already.
    """
    _move(connection, now, key, WITHDRAWN, PARENT, person, "", ended_at=instant(now))


# ---------------------------------------------------------------- the register's word


def follow(engine: Engine, clock: Clock) -> int:
    """Close what the register has corrected since; how many. One statement where there is nothing to close."""
    with reading(engine) as connection:
        if not corrections(connection):
            return 0
    with writing(engine) as connection:
        found = corrections(connection)
        for each in found:
            values = {"amount_after_kopecks": each.amount_kopecks, "status_after": each.status, "corrected_by": each.operation}
            _move(connection, clock.now(), each.dispute, CORRECTED, REGISTER, None, "", ended_at=instant(clock.now()), **values)
        return len(found)


def corrections(connection: Connection) -> list[Correction]:
    """The live disputes whose lesson the register has another word about: another sum in force, or another mark.

    A debit that was reversed and came again with the same sum is none: the family would pay as before.
    """
    same = [acceptances.c[name] == disputes.c[name] for name in _LESSON]
    said = (disputes.c.dispute, disputes.c.subject, disputes.c.amount_kopecks.label("said_kopecks"), disputes.c.status.label("said"))
    wanted = select(*said, acceptances).select_from(disputes).join(acceptances, and_(*same))
    later = acceptances.alias("later")
    has_later = exists().where(*(later.c[name] == disputes.c[name] for name in _LESSON), later.c.acceptance > disputes.c.seen)
    rows = connection.execute(wanted.where(disputes.c.state.in_(LIVE), has_later))
    told: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        told[row.dispute].append(row)
    return [found for its_rows in told.values() if (found := _correction(its_rows)) is not None]


def _correction(told: list[Row[Any]]) -> Correction | None:
    """``told``: all that the register has accepted about the lesson, each row with what is disputed."""
    dispute, mark, money = told[0], lessons.latest_mark(told), lessons.latest_money(told)
    amount = money.amount_kopecks if money is not None and money.kind == DEBIT else 0
    status = mark.status if mark is not None else None
    is_debit = dispute.subject == "debit"
    changed = money if is_debit else mark
    if changed is None or (amount == dispute.said_kopecks if is_debit else status == dispute.said):
        return None
    return Correction(dispute.dispute, changed.id, amount, status)


# ---------------------------------------------------------------- parts


def _move(connection: Connection, now: dt.datetime, key: str, state: str, role: str, person: str | None, text: str, **values: Any) -> None:
    live = (disputes.c.dispute == key) & disputes.c.state.in_(LIVE)
    if not connection.execute(update(disputes).where(live).values(state=state, **values)).rowcount:
        raise Over(key)
    _step(connection, key, state, role, person, now, text)
    _tell(connection, key, state, role, text)


def _look_who_decides(connection: Connection, now: dt.datetime, key: str, role: str) -> None:
    row = dispute(connection, key)
    if role == OPERATOR and row is not None and row.state in LIVE and not may_decide(connection, row, now):
        raise NotYet(key)


def _step(connection: Connection, key: str, state: str, role: str, person: str | None, now: dt.datetime, text: str) -> None:
    row = {"dispute": key, "state": state, "role": role, "person": person, "at": instant(now), "text": text}
    connection.execute(insert(dispute_steps), [row])


def _tell(connection: Connection, key: str, state: str, role: str, text: str) -> None:
    row = dispute(connection, key)
    assert row is not None
    letters.to_parent(connection, row, state, role, text)
    if role == OPERATOR or state in (OPEN, WITHDRAWN):
        letters.to_club(connection, row, state, role)


def _was_confirmed(connection: Connection, role: str, *which: Any) -> bool:
    """Whether somebody of this role has confirmed one of these disputes."""
    earlier = select(dispute_steps.c.step).join(disputes, disputes.c.dispute == dispute_steps.c.dispute)
    said = earlier.where(*which, dispute_steps.c.role == role, dispute_steps.c.state == CONFIRMED)
    return connection.scalar(said.limit(1)) is not None
