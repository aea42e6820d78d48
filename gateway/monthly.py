"""The months and their reconciliation, as a part of the `Gateway` (bootstrap.py)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gateway.act import write_act
from gateway.core.facts import Text
from gateway.core.periods import month_of, month_period
from gateway.errors import EXIT_REFUSED, UserError
from gateway.flow import Progress, silent
from gateway.flow import act as flow_act
from gateway.flow import close as flow_close
from gateway.flow import explain as flow_explain
from gateway.flow import reconcile as flow_reconcile
from gateway.flow import verify as flow_verify
from gateway.store import months as store_months
from gateway.store import reconcile as store_reconcile
from gateway.store import views
from gateway.wired import Wired

RECONCILED_DAYS = 92
"""How far back the daily reconciliation looks: a quarter. Older months are reconciled on demand."""


class Monthly(Wired):
    """What the `Gateway` can do with a month."""

    # ------------------------------------------------------------ closing

    def close_preview(self, month: str, payer: str | None = None, progress: Progress = silent) -> dict[str, Any]:
        """What closing the month would lose, and for whom."""
        checked_month(month)
        self.flow.read_register(self.clock(), progress)
        return flow_close.preview(self.flow, month, self._payers(payer), self.language)

    def close_month(
        self, month: str, payer: str | None = None, over: Sequence[str] = (), confirm: bool = True, progress: Progress = silent
    ) -> dict[str, Any]:
        """Close a month, here and at the register.

        Args:
            payer: None closes it for all.
            over: ids of unanswered operations to close over, or their first six digits.
            confirm: whoever asks has seen what would be lost; False: then nothing may be.

        Raises:
            UserError: something is not answered, or would be lost and nobody has confirmed.
        """
        checked_month(month)
        now, payers = self.clock(), self._payers(payer)
        _check_names(over)
        if not confirm:
            self._check_nothing_lost(month, payers)
        closed = flow_close.close(self.flow, month, payers, over, now, progress)
        return {"month": month, "closed": closed, "months": self.month_states(month)}

    def _payers(self, payer: str | None) -> list[str]:
        if payer is None:
            return store_months.payers(self.flow.engine)
        known = store_months.payers(self.flow.engine)
        if payer not in known:
            raise UserError(
                Text(f"Плательщика «{payer}» реестр не знает.", f"The register knows no payer “{payer}”."),
                Text(f"Укажите --payer: {', '.join(known) or '—'}.", f"Give --payer, one of: {', '.join(known) or '—'}."),
            )
        return [payer]

    def _check_nothing_lost(self, month: str, payers: Sequence[str]) -> None:
        preview = flow_close.preview(self.flow, month, payers, self.language)
        if any(entry["losses"] for entry in preview["payers"]):
            raise UserError(
                Text(f"Закрытие месяца {month} оставило бы отметки без ответа.", f"Closing {month} would leave marks without an answer."),
                Text(f"Посмотрите их: gateway close {month}.", f"See them first: gateway close {month}."),
                EXIT_REFUSED,
            )

    def month_states(self, month: str | None = None) -> list[dict[str, Any]]:
        """The months that were booked in or closed, the latest first, payer by payer."""
        return [
            {
                "month": row.month, "payer": row.payer, "state": row.state.value, "closing_at": row.closing_at, "closed_at": row.closed_at,
                "digest": row.digest_here, "over": list(row.over),
            }
            for row in store_months.rows(self.flow.engine, month)
        ]  # fmt: skip

    def open_operations_at(self, enrollment: str, day: dt.date, slot: int) -> list[str]:
        """Ids of an enrollment's debits and reversals at a lesson that wait for an answer."""
        return store_months.open_operations_at(self.flow.engine, enrollment, day, slot)

    # ------------------------------------------------------------ what comes after a year is closed

    def late_queue(self, month: str | None = None, payer: str | None = None) -> list[dict[str, Any]]:
        """Facts of a closed month of a past year, which wait for their payer."""
        return flow_close.late_queue(self.flow, month, payer, self.language)

    def decide_late(
        self, month: str, accept: bool, payer: str | None = None, provider: str | None = None, progress: Progress = silent
    ) -> dict[str, Any]:
        """The payer allows them, booked in the next open month, or does not."""
        checked_month(month)
        answered = flow_close.decide_late(self.flow, month, payer, provider, accept, self.clock())
        return {"answered": answered, "complete": self.after_answer(progress)}

    # ------------------------------------------------------------ reconciling

    def reconcile(self, month: str, reads_register: bool = True) -> dict[str, Any]:
        """Compare the provider's marks, our ledger and the register's statement of a month, and mend what is safe.

        ``reads_register`` False: by the facts at hand, so that nothing is stored, and nothing mended.
        """
        checked_month(month)
        found = (flow_reconcile.reconcile if reads_register else flow_reconcile.look)(self.flow, month, self.clock())
        sums = views.booked(self.flow.engine, month)
        return {
            "month": month,
            "booked_kopecks": sums["booked"],
            "accepted_kopecks": sums["accepted"],
            "register_kopecks": found.statement.sum,
            "debits": found.statement.debits,
            "reversals": found.statement.reversals,
            "cured": found.cured,
            "states": {row.payer: row.state.value for row in store_months.rows(self.flow.engine, month)},
            "differences": [flow_explain.difference_entry(one, self.language) for one in found.differences],
        }

    def reconcile_due(self, now: dt.datetime) -> list[dict[str, Any]]:
        """The day's reconciliation, for the scheduler: nothing where it was done today already. A closing that was cut off is finished."""
        engine, register = self.flow.engine, self.flow.register_name
        if store_reconcile.reconciled_on(engine, register) == now.date():
            return []
        self.flow.read_register(now)
        flow_close.finish_all(self.flow, now)
        since = now.date() - dt.timedelta(days=RECONCILED_DAYS)
        done = [self.reconcile(month) for month in views.months(engine) if month_period(month).last >= since]
        store_reconcile.save_reconciled(engine, register, now)
        return done

    def act(self, reconciled: Mapping[str, Any]) -> dict[str, Any]:
        """What the reconciliation act (акт сверки) of a month says that `reconcile` has just told of. No child's name is in it."""
        return flow_act.act(self.flow, reconciled, flow_verify.heads(self.flow), self.clock())

    def write_act(self, reconciled: Mapping[str, Any], path: Path) -> None:
        """Write the act as HTML or XLSX, by the file's ending (`check_act_name`)."""
        check_act_name(path)
        write_act(self.act(reconciled), path)


def check_act_name(path: Path) -> None:
    """Refuse a file that is neither HTML nor XLSX.

    Raises:
        UserError: its ending is another.
    """
    if path.suffix.lower() not in (".html", ".xlsx"):
        raise UserError(
            Text(f"{path.name}: акт пишется в .html или .xlsx.", f"{path.name}: an act is written as .html or .xlsx."),
            Text("Дайте файлу одно из этих окончаний.", "Give the file one of these endings."),
        )


def _check_names(over: Sequence[str]) -> None:
    for name in over:
        if len(name) < 6 or not set(name.lower()) <= set("0123456789abcdef"):
            raise UserError(
                Text(f"«{name}» не номер операции.", f"“{name}” is no operation's id."),
                Text("Номера называет gateway close; хватит первых шести знаков.", "gateway close names them; six digits are enough."),
            )


def checked_month(month: str) -> None:
    """Refuse what is no month.

    Raises:
        UserError: it is not ``YYYY-MM``.
    """
    try:
        if month_of(month_period(month).first) != month:
            raise ValueError(month)
    except ValueError as error:
        raise UserError(
            Text(f"«{month}» не месяц.", f"“{month}” is not a month."),
            Text("Пишите ГГГГ-ММ, например 2025-10.", "Write YYYY-MM, for example 2025-10."),
        ) from error
