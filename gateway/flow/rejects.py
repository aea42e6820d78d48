"""The rows of refused and waiting marks, as a secretary mends them and sends them again."""

from __future__ import annotations

from typing import Any

from gateway.core.facts import Status
from gateway.core.match import MarkState
from gateway.core.periods import month_of
from gateway.core.refusals import n01, n02, n03, n04
from gateway.core.rules import Refusal, order_of
from gateway.flow.report import reason_entry
from gateway.flow.run import Flow
from gateway.store import rejects as store_rejects
from gateway.store.rejects import Reject


def rejects(
    flow: Flow, provider: str | None, month: str | None, source: str | None, group: str | None, systems: frozenset[str], language: str
) -> list[dict[str, Any]]:
    """One entry for each mark. ``can_be_sent``: its row may come back in a file; a namesake's and a system's own may not.

    Args:
        systems: sources that are asked: what is wrong in them is mended there.
    """
    found = []
    for one in store_rejects.rejects(flow.engine, provider, source, group):
        if month is not None and month_of(one.day) != month:
            continue
        facts = flow.vault.unseal(one.sealed)
        sheet, row, column = one.place
        found.append(
            {
                "provider": one.provider, "source": one.source, "file": one.file, "sheet": sheet, "row": row, "column": column,
                "child": facts["name"], "certificate": facts["number"], "group": one.words, "date": one.day.isoformat(),
                "status": one.status, "hours": one.hours / 100 if one.hours is not None else None, "from_empty_cell": one.from_empty,
                "answer": "refused" if one.refusals or one.state is MarkState.NO_LESSON else "waiting",
                "reasons": [reason_entry(refusal, language) for refusal in _reasons(one)],
                "can_be_sent": not one.is_namesake and one.source not in systems,
            }
        )  # fmt: skip
    return found


def _reasons(one: Reject) -> list[Refusal]:
    if one.refusals:
        return sorted(one.refusals, key=lambda refusal: order_of(refusal.rule))
    if one.state is MarkState.NO_LESSON:
        return [n04(one.day)]
    return [{"N02": lambda: n02(2), "N03": lambda: n03(one.words)}.get(one.rule or "", n01)()]


def sign_of(status: str, hours: float | None, from_empty: bool) -> str:
    """What stands in the row again; "" of an empty cell, which says nothing new."""
    if hours is not None:
        return f"{hours:g}".replace(".", ",")
    if from_empty:
        return ""
    return SIGNS[Status(status)]


SIGNS = {Status.ATTENDED: "был", Status.LATE: "опоздал", Status.ABSENT: "не был", Status.EXCUSED: "уважительная причина"}
