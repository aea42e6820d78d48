"""Closing a month: what would be lost, the closing on both sides, and the payer's word on what comes after a year is closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gateway.core.close import Loss, LossKind, MonthState, statement_digest
from gateway.core.facts import Text
from gateway.core.money import roubles_from_kopecks
from gateway.core.periods import month_period
from gateway.core.post import Operation
from gateway.errors import EXIT_REFUSED, UserError
from gateway.flow.run import Flow, Progress
from gateway.store import months as store_months
from gateway.store import preview as store_preview
from gateway.store import reconcile as store_reconcile
from gateway.store import register as store_register
from gateway.store.engine import reading

NAMED_MAX = 20
"""Operations that a refusal names one by one."""


def preview(flow: Flow, month: str, payers: Iterable[str], language: str) -> dict[str, Any]:
    """What would be lost, and for whom, payer by payer."""
    with reading(flow.engine) as connection:
        providers = store_register.providers(connection)
    names = {key: one.name for key, one in providers.items()}
    states = {row.payer: row.state for row in store_months.rows(flow.engine, month)}
    entries = []
    for payer in payers:
        losses = [] if states.get(payer) is MonthState.CLOSED else store_preview.losses(flow.engine, payer, month)
        entries.append(
            {
                "payer": payer,
                "state": states.get(payer, MonthState.OPEN).value,
                "losses": [_loss_entry(loss, names, language) for loss in losses],
                "marks": sum(loss.marks for loss in losses if loss.kind not in (LossKind.UNANSWERED, LossKind.NOT_SENT)),
                "amount": roubles_from_kopecks(sum(loss.amount for loss in losses)),
                "waits_for": [id_ for loss in losses if loss.kind is LossKind.UNANSWERED for id_ in loss.operations],
            }
        )
    return {"month": month, "payers": entries}


def _loss_entry(loss: Loss, names: Mapping[str, str], language: str) -> dict[str, Any]:
    return {
        "kind": loss.kind.value, "provider": loss.provider, "provider_name": names.get(loss.provider, loss.provider),
        "group": loss.group.lstrip("?") if loss.group else None, "marks": loss.marks, "children": loss.children,
        "amount": roubles_from_kopecks(loss.amount), "rule": loss.rule,
        "reason": loss.reason.in_language(language) if loss.reason else None,
        "cure": loss.cure.in_language(language), "certificates": list(loss.certificates), "operations": list(loss.operations),
    }  # fmt: skip


# ---------------------------------------------------------------- closing


def close(flow: Flow, month: str, payers: Collection[str], over: Collection[str], now: dt.datetime, progress: Progress) -> list[str]:
    """Close the month for these payers, here and at the register; those that are closed now. Interrupted, the same call goes on.

    Raises:
        UserError: operations are not answered and nobody named them; the other payers' month is closed all the same.
        RegisterUnavailable: the month stays «closing».
    """
    _check_is_past(month, now)
    flow.read_register(now, progress)
    flow.run(now, progress)
    waiting: list[Operation] = []
    closed = []
    for payer in payers:
        closing = store_months.begin(flow.engine, payer, month, over, flow.rules.nominal_period, now)
        if closing.waits_for:
            waiting += closing.waits_for
            continue
        finish(flow, payer, month, now)
        closed.append(payer)
    flow.run(now, progress)  # what was cancelled is booked in the next open month
    if waiting:
        raise _waits(month, waiting)
    return closed


def finish(flow: Flow, payer: str, month: str, now: dt.datetime) -> None:
    """Close a month that is closing at the register, take over what it booked until then, and keep both statements' digests."""
    row = store_months.rows(flow.engine, month, payer)[0]
    if row.state is not MonthState.CLOSING:
        return
    register = flow.register.close_month(month, payer, row.over) if flow.register.can.months else None
    flow.read_register(now)
    here, there = digests(flow, payer, month)
    store_months.finish(flow.engine, payer, month, here, there, register, now)


def digests(flow: Flow, payer: str, month: str) -> tuple[str, str]:
    """The payer's statement of the month as it is now: ours, and the register's."""
    ours = store_reconcile.accepted_money(flow.engine, month, payer)
    theirs = flow.register.statement(month, payer).operations
    return (
        statement_digest((one.id, one.kind, one.amount) for one in ours),
        statement_digest((one.id, one.kind, one.amount) for one in theirs),
    )


def finish_all(flow: Flow, now: dt.datetime) -> int:
    """Finish what was interrupted; the number of months that are closed by it."""
    closing = [row for row in store_months.rows(flow.engine) if row.state is MonthState.CLOSING]
    for row in closing:
        finish(flow, row.payer, row.month, now)
    return len(closing)


def _check_is_past(month: str, now: dt.datetime) -> None:
    if month_period(month).first > now.date():
        raise UserError(
            Text(f"Месяц {month} ещё не начался.", f"The month {month} has not begun."), Text("Проверьте месяц.", "Check the month.")
        )


def _waits(month: str, waiting: Collection[Operation]) -> UserError:
    listed = "; ".join(
        f"{one.id} ({one.kind} {roubles_from_kopecks(one.amount)}, {one.provider}, {one.day.isoformat()})"
        for one in list(waiting)[:NAMED_MAX]
    )
    more = len(waiting) - NAMED_MAX
    listed += f"; … +{more}" if more > 0 else ""
    return UserError(
        Text(
            f"Месяц {month} не закрыт: реестр не ответил на операции ({len(waiting)}): {listed}.",
            f"The month {month} is not closed: the register has not answered {len(waiting)} operations: {listed}.",
        ),
        Text(
            "Дождитесь ответа (gateway run) или закройте поверх них: --over и номер каждой. Принятые позже обе стороны учтут в следующем "
            "открытом месяце.",
            "Wait for the answer (gateway run), or close over them: --over with each id. What is accepted later, "
            "both sides book in the next "
            "open month.",
        ),
        EXIT_REFUSED,
    )


# ---------------------------------------------------------------- what comes late


def late_queue(flow: Flow, month: str | None, payer: str | None, language: str) -> list[dict[str, Any]]:
    """What waits for a payer's decision: by payer, month and provider."""
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for row in store_months.late_claims(flow.engine, month, payer):
        if row["accepted"] is None:
            found.setdefault((row["payer"], row["month"], row["provider"]), []).append(row)
    return [
        {
            "queue": "months", "payer": of_payer, "month": of_month, "provider": provider, "marks": len(rows),
            "children": len({row["child"] for row in rows}),
            "debits": roubles_from_kopecks(sum(row["late_amount"] for row in rows if row["late_kind"] == "debit")),
            "reversals": roubles_from_kopecks(sum(row["late_amount"] for row in rows if row["late_kind"] == "reversal")),
        }
        for (of_payer, of_month, provider), rows in sorted(found.items())
    ]  # fmt: skip


def decide_late(flow: Flow, month: str, payer: str | None, provider: str | None, accept: bool, now: dt.datetime) -> int:
    """The payer's word on everything of that month that waits, or that was answered otherwise before; the number of claims.

    Raises:
        UserError: nothing waits.
    """
    rows = [row for row in store_months.late_claims(flow.engine, month, payer, provider) if row["accepted"] is not accept]
    waiting = [row for row in rows if row["accepted"] is None] or rows
    if not waiting:
        raise UserError(
            Text(f"Решения плательщика по месяцу {month} ничего не ждёт.", f"Nothing of the month {month} waits for the payer."),
            Text("Список покажет gateway months.", "gateway months shows the list."),
        )
    store_months.decide_late(flow.engine, waiting, accept, now)
    return len(waiting)
