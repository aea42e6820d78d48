"""What closing a payer's month would lose, and for whom: read only."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.close import Loss, LossKind, LostClaim, losses_of
from gateway.core.decide import IN_FORCE
from gateway.core.facts import Text
from gateway.core.match import MarkState
from gateway.core.periods import Period, month_period
from gateway.core.refusals import a14, n01, n02, n03, n04
from gateway.store import codec
from gateway.store import tables as t
from gateway.store.claims import refusals_from
from gateway.store.engine import reading
from gateway.store.months import open_operations
from gateway.store.register import payers_of

_C, _M, _W = t.claim.c, t.mark.c, t.withdrawal.c

_CURE_WITHDRAWAL = Text("подтвердите или отклоните снятие: gateway confirm", "confirm or decline the withdrawal: gateway confirm")
_CURE_SILENT = Text("спросите табель у организации до закрытия", "ask the provider for its sheet before the month is closed")
_CURE_NOT_SENT = Text("выполните gateway run: операции уйдут в реестр", "gateway run: the operations go to the register")
_CURE_UNANSWERED = Text(
    "выполните gateway run: реестр будет спрошен; или закройте поверх них: --over",
    "gateway run: the register is asked; or close over them: --over",
)


def losses(engine: Engine, payer: str, month: str) -> list[Loss]:
    """One line for each thing that would be lost, cut by provider and group."""
    with reading(engine) as connection:
        served = _providers(connection, payer, month_period(month))
        found = losses_of([*_claims(connection, payer, month), *_without_lesson(connection, payer, month, served)])
        found += _unmatched(connection, month, served)
        found += _withdrawals(connection, month, served)
        found += _silent(connection, month, served)
        found += _unanswered(connection, payer, month)
    return found


def _providers(connection: Connection, payer: str, period: Period) -> dict[str, set[str]]:
    """Provider → the payer's children in its groups within these days."""
    served: dict[str, set[str]] = {}
    for (body,) in connection.execute(sa.select(t.enrollment.c.body).where(t.enrollment.c.payer == payer)):
        one = codec.enrollment_from(body)
        if one.state in IN_FORCE and one.period.overlaps(period):
            served.setdefault(one.provider, set()).add(one.child)
    return dict(sorted(served.items()))


def _claims(connection: Connection, payer: str, month: str) -> list[LostClaim]:
    columns = (
        _C.provider, _C.group_id, _C.child, t.certificate.c.number, _C.price, _C.answer, _C.first_rule, _C.conflict, _C.reasons,
    )  # fmt: skip
    rows = connection.execute(
        sa.select(*columns)
        .outerjoin(t.certificate, (t.certificate.c.payer == _C.payer) & (t.certificate.c.certificate == _C.certificate))
        .where(_C.payer == payer, _C.month == month, _C.status.is_not(None), (_C.answer.in_(["refused", "waiting"])) | (_C.conflict != ""))
        .order_by(_C.claim)
    )
    found = []
    for provider, group, child, number, price, answer, rule, conflict, reasons in rows:
        refusals = refusals_from(reasons)
        first = next((one for one in refusals if one.rule == rule), a14(conflict.split(", ")) if conflict else None)
        if first is None:
            continue
        kind = LossKind.CONFLICT if conflict else LossKind.LATE if answer == "waiting" else LossKind.REFUSED
        found.append(LostClaim(kind, provider, group, child, number, price or 0, first.rule, first.reason, first.cure))
    return found


def _without_lesson(connection: Connection, payer: str, month: str, served: dict[str, set[str]]) -> list[LostClaim]:
    """Marks on days on which the group has no lesson (N04)."""
    period = month_period(month)
    rows: list[tuple[str, str, str | None, dt.date]] = []
    for provider in served:
        found = connection.execute(
            sa.select(_M.provider, _M.group_id, _M.child, _M.day).where(
                _M.provider == provider, _M.day >= period.first, _M.day <= period.last, _M.state == MarkState.NO_LESSON.value,
                _M.status.in_(["attended", "late"]),
            )
        )  # fmt: skip
        rows += [(of, group, child, day) for of, group, child, day in found]
    payer_of = payers_of(connection, {child for _, _, child, _ in rows if child})
    return [
        LostClaim(LossKind.REFUSED, provider, group, child, None, 0, "N04", n04(day).reason, n04(day).cure)
        for provider, group, child, day in rows
        if child and payer_of(child, group, day) == payer
    ]


def _unmatched(connection: Connection, month: str, served: dict[str, set[str]]) -> list[Loss]:
    """Marks whose child or group nobody knows yet: whose money it would be is not known either."""
    period = month_period(month)
    found = []
    for provider in served:
        rows = connection.execute(
            sa.select(_M.group_id, _M.rule, sa.func.sum(_M.lessons), sa.func.count(sa.distinct(_M.person)))
            .where(
                _M.provider == provider, _M.day >= period.first, _M.day <= period.last, _M.state == MarkState.WAITING.value,
                _M.status != "nothing",
            )
            .group_by(_M.group_id, _M.rule)
            .order_by(_M.group_id, _M.rule)
        )  # fmt: skip
        for group, rule, marks, persons in rows:
            refusal = n02(2) if rule == "N02" else n03(group.lstrip("?")) if rule == "N03" else n01()
            reason = Text("детей с таким именем несколько", "several children have that name") if rule == "N02" else refusal.reason
            found.append(Loss(LossKind.MATCH, provider, group, int(marks or 0), int(persons), 0, refusal.cure, rule, reason))
    return found


def _withdrawals(connection: Connection, month: str, served: dict[str, set[str]]) -> list[Loss]:
    marks = (
        sa.select(sa.func.count())
        .where(t.withdrawal_mark.c.provider == _W.provider, t.withdrawal_mark.c.withdrawal == _W.withdrawal)
        .scalar_subquery()
    )
    found = []
    for provider in served:
        rows = connection.execute(
            sa.select(_W.group_id, _W.children, marks).where(_W.provider == provider, _W.month == month, _W.state == "waiting")
        )
        found += [
            Loss(LossKind.WITHDRAWAL, provider, group, int(number), int(children), 0, _CURE_WITHDRAWAL) for group, children, number in rows
        ]
    return found


def _silent(connection: Connection, month: str, served: dict[str, set[str]]) -> list[Loss]:
    """Providers that have the payer's children in their groups, and that said nothing of the month."""
    period = month_period(month)
    found = []
    for provider, children in served.items():
        heard = connection.execute(
            sa.select(_M.mark).where(_M.provider == provider, _M.day >= period.first, _M.day <= period.last).limit(1)
        ).first()
        if heard is None:
            found.append(Loss(LossKind.SILENT, provider, None, 0, len(children), 0, _CURE_SILENT))
    return found


def _unanswered(connection: Connection, payer: str, month: str) -> list[Loss]:
    found: dict[tuple[LossKind, str], list[tuple[str, str, int, str]]] = {}
    for one in open_operations(connection, payer, month):
        kind = LossKind.UNANSWERED if one.was_sent else LossKind.NOT_SENT
        operation = one.operation
        found.setdefault((kind, operation.provider), []).append((operation.id, operation.child, operation.amount, operation.group))
    return [
        Loss(
            kind, provider, None, len(each), len({child for _, child, _, _ in each}), sum(amount for _, _, amount, _ in each),
            _CURE_UNANSWERED if kind is LossKind.UNANSWERED else _CURE_NOT_SENT, operations=tuple(id_ for id_, _, _, _ in each),
        )
        for (kind, provider), each in sorted(found.items())
    ]  # fmt: skip
