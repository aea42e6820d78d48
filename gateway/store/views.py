"""What the faces show: read only, from one snapshot each."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.collect import Cell
from gateway.core.match import MarkState
from gateway.core.rules import Refusal, order_of
from gateway.store import tables as t
from gateway.store.claims import refusals_from
from gateway.store.engine import reading
from gateway.store.rows import in_chunks

_M, _C = t.mark.c, t.claim.c


class MarkOutcome(NamedTuple):
    state: MarkState
    rule: str | None
    child: str | None
    lessons: int
    slot: int = 0


class ClaimOutcome(NamedTuple):
    """A claim's answer as the report tells it. ``certificate`` is the lasting id."""

    child: str
    group: str
    day: dt.date
    slot: int
    status: str
    answer: str
    not_charged: str | None
    reasons: tuple[Refusal, ...]
    amount: int | None
    enrollment: str | None
    certificate: str | None
    from_empty: bool
    conflict: str


_OUTCOME = (
    _C.child, _C.group_id, _C.day, _C.slot, _C.status, _C.answer, _C.not_charged, _C.reasons, _C.amount, _C.enrollment, _C.certificate,
    _C.from_empty, _C.conflict,
)  # fmt: skip


def _outcome(row: Any) -> ClaimOutcome:
    child, group, day, slot, status, answer, not_charged, reasons, amount, enrollment, certificate, from_empty, conflict = row
    return ClaimOutcome(
        child, group, day, slot, status or "", answer or "waiting", not_charged, refusals_from(reasons), amount, enrollment, certificate,
        bool(from_empty), conflict,
    )  # fmt: skip


def mark_outcomes(engine: Engine, provider: str, source: str, cells: Iterable[Cell]) -> dict[Cell, MarkOutcome]:
    """Where each of these marks has come to."""
    wanted = set(cells)
    found: dict[Cell, MarkOutcome] = {}
    with reading(engine) as connection:
        for persons in in_chunks(sorted({cell.person for cell in wanted})):
            rows = connection.execute(
                sa.select(_M.person, _M.group_id, _M.day, _M.lesson, _M.state, _M.rule, _M.child, _M.lessons, _M.slot).where(
                    _M.provider == provider, _M.source == source, _M.person.in_(persons)
                )
            )
            for person, group, day, lesson, state, rule, child, lessons, slot in rows:
                cell = Cell(person, group, day, lesson)
                if cell in wanted:
                    found[cell] = MarkOutcome(MarkState(state), rule, child, lessons, slot)
    return found


def claim_outcomes(
    engine: Engine, provider: str, wanted: Iterable[tuple[str, str, dt.date]]
) -> dict[tuple[str, str, dt.date], list[ClaimOutcome]]:
    """The claims of each (child, group, day), by slot."""
    keys = set(wanted)
    found: dict[tuple[str, str, dt.date], list[ClaimOutcome]] = defaultdict(list)
    if not keys:
        return found
    first, last = min(key[2] for key in keys), max(key[2] for key in keys)
    with reading(engine) as connection:
        for children in in_chunks(sorted({key[0] for key in keys})):
            rows = connection.execute(
                sa.select(*_OUTCOME)
                .where(_C.provider == provider, _C.child.in_(children), _C.day >= first, _C.day <= last, _C.status.is_not(None))
                .order_by(_C.day, _C.slot)
            )
            for one in map(_outcome, rows):
                if (one.child, one.group, one.day) in keys:
                    found[(one.child, one.group, one.day)].append(one)
    return found


def numbers_of(engine: Engine, certificates: Iterable[str]) -> dict[str, str]:
    """Lasting id → the number in force."""
    found: dict[str, str] = {}
    with reading(engine) as connection:
        for chunk in in_chunks(sorted(set(certificates))):
            rows = connection.execute(
                sa.select(t.certificate.c.certificate, t.certificate.c.number).where(t.certificate.c.certificate.in_(chunk))
            )
            found.update({certificate: number for certificate, number in rows})
    return found


def numbers_of_children(engine: Engine, children: Iterable[str]) -> dict[str, str]:
    """Child → the number of its certificate (of several the latest id's)."""
    found: dict[str, str] = {}
    with reading(engine) as connection:
        for chunk in in_chunks(sorted(set(children))):
            rows = connection.execute(
                sa.select(t.certificate.c.child, t.certificate.c.number)
                .where(t.certificate.c.child.in_(chunk))
                .order_by(t.certificate.c.certificate)
            )
            found.update({child: number for child, number in rows})
    return found


# ---------------------------------------------------------------- counts


def counts(engine: Engine, provider: str | None = None, month: str | None = None) -> dict[str, Any]:
    """Counts over everything that stands: one child, or unmatched person, at one lesson is one mark."""
    with reading(engine) as connection:
        return _counts(connection, provider, month)


def _counts(connection: Connection, provider: str | None, month: str | None) -> dict[str, Any]:
    charged = conflicts = from_empty = 0
    not_charged: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    where: list[sa.ColumnElement[bool]] = [_C.status.is_not(None)]
    if provider is not None:
        where.append(_C.provider == provider)
    if month is not None:
        where.append(_C.month == month)
    rows = connection.execute(
        sa.select(_C.answer, _C.not_charged, _C.first_rule, _C.conflict, _C.from_empty, sa.func.count())
        .where(*where)
        .group_by(_C.answer, _C.not_charged, _C.first_rule, _C.conflict, _C.from_empty)
    )
    for answer, why, rule, conflict, empty, number in rows:
        conflicts += number if conflict else 0
        from_empty += number if empty else 0
        if answer == "charged" and not conflict:
            charged += number
        elif answer == "not_charged":
            not_charged[why] += number
        elif answer == "refused":
            refused[rule] += number
        else:
            waiting["A14" if conflict else rule or "undecided"] += number
    from_empty += _count_unclaimed(connection, provider, month, not_charged, refused, waiting)
    marks = charged + sum(not_charged.values()) + sum(refused.values()) + sum(waiting.values())
    return {
        "marks": marks,
        "charged": charged,
        "not_charged": dict(sorted(not_charged.items())),
        "refused": dict(sorted(refused.items(), key=lambda item: order_of(item[0]))),
        "waiting": dict(sorted(waiting.items())),
        "unread": _unread(connection, provider, month),
        "conflicts": conflicts,
        "from_empty_cells": from_empty,
    }


def _count_unclaimed(
    connection: Connection,
    provider: str | None,
    month: str | None,
    not_charged: Counter[str],
    refused: Counter[str],
    waiting: Counter[str],
) -> int:
    """Marks that have no claim: nobody found, outside, or no lesson. Of one person or child on one day they count once."""
    states = [MarkState.WAITING.value, MarkState.OUTSIDE.value, MarkState.NO_LESSON.value]
    where: list[sa.ColumnElement[bool]] = [_M.state.in_(states), _M.status != "nothing"]
    if provider is not None:
        where.append(_M.provider == provider)
    rows = connection.execute(
        sa.select(
            _M.provider, _M.person, _M.child, _M.group_id, _M.day, _M.state, _M.rule, _M.status, _M.lessons, _M.from_empty, _M.slot
        ).where(*where)
    )
    seen, from_empty = set(), 0
    for of_provider, person, child, group, day, state, rule, status, lessons, empty, slot in rows:
        key = (of_provider, child or person, group, day, slot)
        if key in seen or (month is not None and f"{day:%Y-%m}" != month):
            continue
        seen.add(key)
        from_empty += lessons if empty else 0
        if state == MarkState.OUTSIDE:
            not_charged["outside"] += lessons
        elif state == MarkState.WAITING:
            waiting[rule] += lessons
        elif status in ("absent", "excused"):
            not_charged[status] += 1
        else:
            refused["N04"] += 1
    for counter in (not_charged, refused, waiting):
        for name in [name for name, number in counter.items() if number == 0]:
            del counter[name]
    return from_empty


def _unread(connection: Connection, provider: str | None, month: str | None) -> int:
    columns = t.finding.c
    where: list[sa.ColumnElement[bool]] = [columns.level == "unread", columns.stands.is_(True)]
    unfit: list[sa.ColumnElement[bool]] = [_M.state == MarkState.UNFIT.value]
    if provider is not None:
        where.append(columns.provider == provider)
        unfit.append(_M.provider == provider)
    if month is not None:
        where.append(columns.month == month)
    total = connection.execute(sa.select(sa.func.count()).select_from(t.finding).where(*where)).scalar_one()
    return int(total) + int(connection.execute(sa.select(sa.func.count()).select_from(t.mark).where(*unfit)).scalar_one())


# ---------------------------------------------------------------- claims


def claims(
    engine: Engine, enrollment: str | None = None, month: str | None = None, answer: str | None = None, provider: str | None = None
) -> list[Mapping[str, Any]]:
    """Claims that some source still speaks of, by day, slot and key."""
    where: list[sa.ColumnElement[bool]] = [_C.status.is_not(None)]
    for column, value in ((_C.enrollment, enrollment), (_C.month, month), (_C.answer, answer), (_C.provider, provider)):
        if value is not None:
            where.append(column == value)
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.claim, t.certificate.c.number)
            .outerjoin(t.certificate, (t.certificate.c.payer == _C.payer) & (t.certificate.c.certificate == _C.certificate))
            .where(*where)
            .order_by(_C.day, _C.slot, _C.key)
        ).mappings()
        return [dict(row) for row in rows]


def claims_of_child(engine: Engine, children: Iterable[str], day: dt.date) -> list[Mapping[str, Any]]:
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.claim).where(_C.child.in_(sorted(set(children))), _C.day == day).order_by(_C.slot, _C.key)
        ).mappings()
        return [dict(row) for row in rows]


def claim_of_operation(engine: Engine, id_: str) -> Mapping[str, Any] | None:
    """The claim behind an operation's id, or the start of one (at least 6 digits)."""
    with reading(engine) as connection:
        row = connection.execute(
            sa.select(t.claim)
            .join(t.operation, (t.operation.c.payer == _C.payer) & (t.operation.c.claim == _C.claim))
            .where(t.operation.c.id.startswith(id_, autoescape=True))
            .limit(1)
        ).mappings().one_or_none()  # fmt: skip
        return dict(row) if row else None


def operations_of(engine: Engine, payer: str, claim: int) -> list[Mapping[str, Any]]:
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.operation).where(t.operation.c.payer == payer, t.operation.c.claim == claim).order_by(t.operation.c.operation)
        ).mappings()
        return [dict(row) for row in rows]


def mark_of(engine: Engine, provider: str, mark: int | None) -> Mapping[str, Any] | None:
    """A mark beside the file that said it."""
    if mark is None:
        return None
    with reading(engine) as connection:
        row = connection.execute(
            sa.select(t.mark, t.run.c.file, t.run.c.started_at)
            .outerjoin(t.run, (t.run.c.provider == _M.provider) & (t.run.c.run == _M.run))
            .where(_M.provider == provider, _M.mark == mark)
        ).mappings().one_or_none()  # fmt: skip
        return dict(row) if row else None


def marks_without_lesson(engine: Engine, child: str, day: dt.date) -> list[Mapping[str, Any]]:
    """A child's marks on a day on which the group has no lesson, each beside the file that said it."""
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(t.mark, t.run.c.file, t.run.c.started_at)
            .outerjoin(t.run, (t.run.c.provider == _M.provider) & (t.run.c.run == _M.run))
            .where(_M.child == child, _M.day == day, _M.state == MarkState.NO_LESSON.value)
            .order_by(_M.provider, _M.mark)
        ).mappings()
        return [dict(row) for row in rows]


def months(engine: Engine) -> list[str]:
    """Months that have claims, the earliest first."""
    with reading(engine) as connection:
        return [month for (month,) in connection.execute(sa.select(_C.month).distinct().order_by(_C.month))]


def kept_claims(engine: Engine) -> list[Mapping[str, Any]]:
    """Claims with a live debit that today's facts would no longer bear."""
    kept = (_C.keeps.is_(True), _C.live.is_not(None))  # a reversal may just have been adopted
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(sa.select(t.claim).where(*kept).order_by(_C.day, _C.key)).mappings()]


# ---------------------------------------------------------------- status


def runs(engine: Engine, limit: int = 200) -> list[Mapping[str, Any]]:
    with reading(engine) as connection:
        rows = connection.execute(sa.select(t.run).order_by(t.run.c.started_at.desc(), t.run.c.run.desc()).limit(limit)).mappings()
        return [dict(row) for row in rows]


def cursors(engine: Engine) -> list[Mapping[str, Any]]:
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(sa.select(t.register_cursor)).mappings()]


def operation_states(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        rows = connection.execute(sa.select(t.operation.c.state, sa.func.count()).group_by(t.operation.c.state))
        return {state: int(number) for state, number in rows}


def booked(engine: Engine, month: str | None = None) -> dict[str, int]:
    """Kopecks booked and accepted, reversals taken off."""
    columns = t.operation.c
    sign = sa.case((columns.kind == "reversal", -columns.amount), else_=columns.amount)
    where: list[sa.ColumnElement[bool]] = [columns.state.in_(["to_send", "sending", "unanswered", "accepted"])]
    if month is not None:
        where.append(columns.month == month)
    with reading(engine) as connection:
        rows = connection.execute(sa.select(columns.state, sa.func.sum(sign)).where(*where).group_by(columns.state))
        sums = {state: int(amount or 0) for state, amount in rows}
    return {"booked": sum(sums.values()), "accepted": sums.get("accepted", 0)}
