"""The rows of refused and waiting marks, as a secretary mends them and sends them again; and the cells that nobody could read."""

from __future__ import annotations

from typing import Any

from gateway.core.facts import Place, Status, Text
from gateway.core.match import MarkState, unfit_hours
from gateway.core.periods import month_of
from gateway.core.refusals import n01, n02, n03, n04
from gateway.core.rules import Refusal, order_of
from gateway.flow.report import reason_entry
from gateway.flow.run import Flow
from gateway.plugins.resent import SIGNS
from gateway.store import rejects as store_rejects
from gateway.store import views
from gateway.store.rejects import Reject

NAME_NOT_KEPT = Text("имя не хранится", "the name is not kept")


def rejects(
    flow: Flow, provider: str | None, month: str | None, source: str | None, group: str | None, systems: frozenset[str], language: str
) -> list[dict[str, Any]]:
    """One entry for each mark. ``can_be_sent``: its row may come back in a file; a system's own may not.

    Args:
        systems: sources that are asked: what is wrong in them is mended there.
    """
    rows = [one for one in store_rejects.rejects(flow.engine, provider, source, group) if month in (None, month_of(one.day))]
    numbers = views.numbers_of_children(flow.engine, {one.child for one in rows if one.child})
    found = []
    for one in rows:
        facts = flow.vault.unsealed_if_kept(one.sealed)
        sheet, row, column = one.place
        hours = one.hours / 100 if one.hours is not None else None
        found.append(
            {
                "provider": one.provider, "source": one.source, "file": one.file, "sheet": sheet, "row": row, "column": column,
                "child": facts.get("name") or NAME_NOT_KEPT.in_language(language),
                "certificate": facts.get("number") or numbers.get(one.child or ""), "group": one.words, "date": one.day.isoformat(),
                "lesson": one.lesson, "status": one.status, "hours": hours, "from_empty_cell": one.from_empty,
                "sign": sign_of(one.status, hours, one.from_empty),
                "answer": one.answer,
                "reasons": [reason_entry(refusal, language) for refusal in _reasons(one)],
                "can_be_sent": one.source not in systems and facts.get("id") is None,
                "reference": flow.vault.reference_of(one.provider, one.source, one.person),
            }
        )  # fmt: skip
    return found


def unread(
    flow: Flow, provider: str | None, month: str | None, source: str | None, group: str | None, language: str
) -> list[dict[str, Any]]:
    """Cells that were not understood, and stand so: where, what and the cure."""
    return [
        {
            "file": one.file, "sheet": one.sheet, "row": one.row, "column": one.column,
            "what": one.what.in_language(language), "cure": one.cure.in_language(language),
        }
        for one in store_rejects.unread(flow.engine, provider, month, source, group)
    ]  # fmt: skip


def _reasons(one: Reject) -> list[Refusal]:
    if one.refusals:
        return sorted(one.refusals, key=lambda refusal: order_of(refusal.rule))
    if one.state is MarkState.NO_LESSON:
        return [n04(one.day)]
    if one.state is MarkState.UNFIT:
        return [_unfit(one)]
    return [{"N02": lambda: n02(2), "N03": lambda: n03(one.words)}.get(one.rule or "", n01)()]


def _unfit(one: Reject) -> Refusal:
    """Hours, or a lesson, that the day does not have: no rule's refusal, but a mark that was not taken all the same."""
    if one.hours is not None:
        finding = unfit_hours(one.hours, one.day, Place())
        return Refusal("N04", finding.what, finding.cure)
    return n04(one.day)


def sign_of(status: str, hours: float | None, from_empty: bool) -> str:
    """What stands in the row; "" of an empty cell."""
    if hours is not None:
        return f"{hours:g}".replace(".", ",")
    return "" if from_empty else SIGNS[Status(status)]
