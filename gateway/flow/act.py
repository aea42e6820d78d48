"""What a month's reconciliation act (акт сверки) says: parties, counts, sums, differences, closing balances. No child's name is in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.core.facts import Text
from gateway.core.reconcile import Posted
from gateway.flow.run import Flow
from gateway.store import reconcile as store_reconcile
from gateway.store import register as store_register
from gateway.store import views
from gateway.store.engine import reading


def act(flow: Flow, reconciled: Mapping[str, Any], seal_heads: Mapping[str, str], now: dt.datetime) -> dict[str, Any]:
    """The act of a month that has just been reconciled.

    Args:
        reconciled: `Gateway.reconcile`'s answer.
        seal_heads: payer → the head of its ledger's seals at this moment, where the ledger is sealed.
    """
    month = str(reconciled["month"])
    with reading(flow.engine) as connection:
        names = {key: one.name for key, one in store_register.providers(connection).items()}
    ours = store_reconcile.accepted_money(flow.engine, month)
    theirs = flow.register.statement(month).operations
    here, there = _sums(ours), _sums(theirs)
    balances = store_reconcile.balances_of_providers(flow.engine, month)
    providers = [
        _provider(flow, one, names.get(one, one), month, here.get(one, _NOTHING), there.get(one, _NOTHING), balances.get(one, 0))
        for one in sorted(here.keys() | there.keys() | balances.keys() | _marked(flow, month))
    ]
    columns = ("debits", "debited", "reversals", "reversed", "sum", "register_debits", "register_reversals", "register_sum", "balance")
    marks = ("marks", "charged", "not_charged", "refused", "waiting")
    return {
        "month": month,
        "made_at": now.isoformat(),
        "register": flow.register_name,
        "payers": _payers(reconciled, ours),
        "providers": providers,
        "total": {name: sum(one[name] for one in providers) for name in (*marks, *columns)},
        "cured": reconciled["cured"],
        "differences": list(reconciled["differences"]),
        "agrees": not reconciled["differences"],
        "seal_heads": dict(seal_heads),
    }


_NOTHING = {"debits": 0, "debited": 0, "reversals": 0, "reversed": 0}


def _sums(operations: Iterable[Any]) -> dict[str, dict[str, int]]:
    """Provider → how many debits and reversals, and their kopecks."""
    sums: dict[str, dict[str, int]] = {}
    for one in operations:
        mine = sums.setdefault(one.provider, dict(_NOTHING))
        count, amount = ("debits", "debited") if one.kind == "debit" else ("reversals", "reversed")
        mine[count] += 1
        mine[amount] += one.amount
    return sums


def _marked(flow: Flow, month: str) -> set[str]:
    return {row["provider"] for row in views.claims(flow.engine, month=month)}


def _provider(
    flow: Flow, provider: str, name: str, month: str, here: Mapping[str, int], there: Mapping[str, int], balance: int
) -> dict[str, Any]:
    counts = views.counts(flow.engine, provider, month)
    answered = {key: sum(counts[key].values()) for key in ("not_charged", "refused", "waiting")}
    return {
        "provider": provider, "name": name, "marks": counts["marks"], "charged": counts["charged"], **answered, **here,
        "sum": here["debited"] - here["reversed"], "register_debits": there["debits"], "register_reversals": there["reversals"],
        "register_sum": there["debited"] - there["reversed"], "balance": balance,
    }  # fmt: skip


def _payers(reconciled: Mapping[str, Any], ours: Iterable[Posted]) -> list[dict[str, Any]]:
    """Each payer's part of the month, and whether it has closed it."""
    states: Mapping[str, str] = reconciled["states"]
    sums: dict[str, int] = dict.fromkeys(states, 0)
    for one in ours:
        sums[one.payer] = sums.get(one.payer, 0) + (one.amount if one.kind == "debit" else -one.amount)
    return [{"payer": payer, "state": states.get(payer, "open"), "sum": amount} for payer, amount in sorted(sums.items())]


CLASS_WORDS = {
    "missing_there": Text("нет в реестре", "missing there"),
    "missing_here": Text("нет у нас", "missing here"),
    "other_sum": Text("другая сумма", "another sum"),
    "other_state": Text("другое состояние", "another state"),
    "rejected": Text("отклонено реестром", "rejected"),
    "unanswered": Text("нет ответа", "unanswered"),
    "other_balance": Text("другой остаток", "another balance"),
    "late_answer": Text("поздний ответ", "late answer"),
    "moved_elsewhere": Text("движение помимо нас", "moved elsewhere"),
    "closed_changed": Text("закрытая ведомость изменилась", "a closed statement changed"),
}
"""What the act calls each class of difference."""
