"""Why something was debited, and why not; balances, claims and the status, in the form that docs/cli.md tells."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any

from gateway.core.facts import Certificate, Status, Text
from gateway.core.ledger import AccountKind, AccountName, Balance
from gateway.core.money import roubles_from_kopecks
from gateway.core.periods import month_of
from gateway.core.reconcile import Aged
from gateway.core.refusals import n04
from gateway.core.rules import order_of
from gateway.errors import UserError
from gateway.flow import outbox as flow_outbox
from gateway.flow.report import reason_entry
from gateway.flow.run import Flow
from gateway.packs import RegionPack
from gateway.store import ledger as store_ledger
from gateway.store import matching as store_matching
from gateway.store import outbox as store_outbox
from gateway.store import post as store_post
from gateway.store import queues as store_queues
from gateway.store import register as store_register
from gateway.store import source_state, views
from gateway.store.claims import refusals_from
from gateway.store.engine import reading
from gateway.store.reconcile import reason_of


def certificate_by_number(flow: Flow, number: str) -> Certificate:
    """The certificate that has, or once had, this number.

    Raises:
        UserError: there is none.
    """
    with reading(flow.engine) as connection:
        found = store_register.certificates_by_number(connection, number.strip())
    if not found:
        raise UserError(
            Text(f"Сертификата {number} реестр не знает.", f"The register knows no certificate {number}."),
            Text("Проверьте десять цифр номера, с нулём в начале.", "Check the ten digits, a leading zero included."),
        )
    return found[-1]


def certificate(flow: Flow, number: str, now: dt.datetime) -> dict[str, Any]:
    """A certificate's kind, state and balance, in the nominal period that holds today, or the nearest one that it has."""
    one = certificate_by_number(flow, number)
    with reading(flow.engine) as connection:
        balances = store_ledger.balances(connection, one.payer, [one.certificate])
    periods = sorted(period for period, _ in one.nominals)
    today = min(max(now.date(), one.valid.first), one.valid.last)
    period = next((each for each in periods if today in each), periods[-1] if periods else flow.rules.nominal_period(today))
    name = AccountName(one.payer, period.first.isoformat(), AccountKind.CERTIFICATE, one.certificate)
    balance = balances.get(name, Balance())
    money = {field: roubles_from_kopecks(value) for field, value in balance._asdict().items()}
    return {
        "certificate": one.number,
        "numbers": [known for known, _ in one.numbers],
        "kind": _on(one.kinds, now.date()),
        "state": _on(one.states, now.date()),
        "valid_from": one.valid.first.isoformat(),
        "valid_to": one.valid.last.isoformat(),
        "period": {"first": period.first.isoformat(), "last": period.last.isoformat()},
        **money,
        "available": roubles_from_kopecks(balance.free + balance.reserved),
    }


def paid(flow: Flow, certificates: Collection[tuple[str, str]]) -> dict[tuple[str, str, str], int]:
    """(payer, certificate, the period's first day) → kopecks paid by it, here and elsewhere. ``certificates``: (payer, certificate)."""
    found: dict[tuple[str, str, str], int] = {}
    with reading(flow.engine) as connection:
        for payer in sorted({payer for payer, _ in certificates}):
            mine = [certificate for of, certificate in certificates if of == payer]
            for name, balance in store_ledger.balances(connection, payer, mine).items():
                found[payer, name.owner, name.period] = balance.paid + balance.elsewhere
    return found


def _on(dated: tuple[tuple[str, dt.date | None], ...], day: dt.date) -> str | None:
    in_force = [word for word, first in dated if first is None or first <= day]
    return in_force[-1] if in_force else (dated[0][0] if dated else None)


def claims(
    flow: Flow, enrollment: str | None, month: str | None, answer: str | None, provider: str | None, language: str
) -> list[dict[str, Any]]:
    return [claim_entry(row, language) for row in views.claims(flow.engine, enrollment, month, answer, provider)]


def claim_entry(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    """``reasons`` are the rules' ids, in order; their words stand in ``details``."""
    refusals = refusals_from(row["reasons"]) if row["answer"] in ("refused", "waiting") else ()
    return {
        "enrollment": row["enrollment"],
        "certificate": row.get("number"),
        "provider": row["provider"],
        "group": row["group_id"],
        "date": row["day"].isoformat(),
        "slot": row["slot"],
        "status": row["status"],
        "answer": row["answer"] or "waiting",
        "not_charged": row["not_charged"] if row["answer"] == "not_charged" else None,
        "reasons": [one.rule for one in refusals],
        "details": [reason_entry(one, language) for one in refusals],
        "amount": roubles_from_kopecks(row["amount"]) if row["amount"] is not None else None,
        "from_empty_cell": bool(row["from_empty"]),
    }


# ---------------------------------------------------------------- explain


def explain(
    flow: Flow, pack: RegionPack, debit: str | None, number: str | None, date: dt.date | None, language: str
) -> list[dict[str, Any]]:
    """Every claim behind a debit, or of a certificate on a day, with all that led to its answer.

    Raises:
        UserError: nothing fits.
    """
    if debit is not None:
        row = views.claim_of_operation(flow.engine, debit.strip().lower())
        if row is None:
            raise UserError(
                Text(f"Операции {debit} нет.", f"There is no operation {debit}."),
                Text("Номера операций показывают explain и reconcile.", "explain and reconcile show the operations' ids."),
            )
        return [_explained(flow, pack, row, language)]
    if number is None or date is None:
        raise UserError(
            Text("Укажите номер операции или --certificate и --date.", "Give an operation's id, or --certificate and --date."),
            Text(
                "Пример: gateway explain --certificate 0471234821 --date 2025-10-16",
                "For example: gateway explain --certificate 0471234821 --date 2025-10-16",
            ),
        )  # fmt: skip
    one = certificate_by_number(flow, number)
    found = [_explained(flow, pack, row, language) for row in views.claims_of_child(flow.engine, [one.child], date)]
    return found + [_without_lesson(flow, row, one.number, language) for row in views.marks_without_lesson(flow.engine, one.child, date)]


def _explained(flow: Flow, pack: RegionPack, row: Mapping[str, Any], language: str) -> dict[str, Any]:
    with reading(flow.engine) as connection:
        group = store_register.groups_of(connection, [row["group_id"]])[row["group_id"]]
        provider = store_register.providers(connection).get(row["provider"])
        free = store_ledger.free_of(connection, row["payer"], [row["certificate"] or ""])
    starts_at, ends_at = dt.datetime.fromisoformat(row["starts_at"]), dt.datetime.fromisoformat(row["ends_at"])
    minutes = int((ends_at - starts_at).total_seconds()) // 60
    charge = flow.rules.price(group, minutes) if minutes else None
    mark = views.mark_of(flow.engine, row["provider"], row["mark"])
    refused = [one.rule for one in refusals_from(row["reasons"])]
    met: set[str] = {bound.rule.id for bound in (*flow.rules.enrollment_rules, *flow.rules.mark_rules)}
    numbers = views.numbers_of(flow.engine, [row["certificate"] or ""])
    period = flow.rules.nominal_period(row["day"]).first.isoformat()
    account = AccountName(row["payer"], period, AccountKind.CERTIFICATE, row["certificate"] or "")
    return claim_entry(dict(row) | {"number": numbers.get(row["certificate"] or "")}, language) | {
        "provider_name": provider.name if provider else row["provider"],
        "group_title": group.title,
        "module": group.module_title,
        "lesson": {"starts_at": row["starts_at"], "ends_at": row["ends_at"], "minutes": minutes, "cancelled": bool(row["is_cancelled"])},
        "mark": None if mark is None or row["status"] is None else _mark_entry(row, mark),
        "tariff": None if charge is None else {
            "certificate": roubles_from_kopecks(charge.certificate), "parent": roubles_from_kopecks(charge.parent),
            "lines": [line.in_language(language) for line in charge.lines],
        },
        "pack": pack.name,
        "rules_met": sorted(met - set(refused), key=order_of) if row["answer"] != "not_charged" else [],
        "keeps": bool(row["keeps"]),
        "free": roubles_from_kopecks(free.get(account, 0)),
        "operations": [_operation_entry(one, row["day"], language) for one in views.operations_of(flow.engine, row["payer"], row["claim"])],
        "said": Status(row["status"]).value if row["status"] else None,
    }  # fmt: skip


def _without_lesson(flow: Flow, row: Mapping[str, Any], number: str, language: str) -> dict[str, Any]:
    """A mark on a day without a lesson: there is no claim behind it (N04)."""
    with reading(flow.engine) as connection:
        group = store_register.groups_of(connection, [row["group_id"]])[row["group_id"]]
        provider = store_register.providers(connection).get(row["provider"])
    is_absence = row["status"] in ("absent", "excused")
    refusals = [] if is_absence else [n04(row["day"])]
    return {
        "enrollment": None,
        "certificate": number,
        "provider": row["provider"],
        "group": row["group_id"],
        "date": row["day"].isoformat(),
        "slot": 1,
        "status": row["status"],
        "answer": "not_charged" if is_absence else "refused",
        "not_charged": row["status"] if is_absence else None,
        "reasons": [one.rule for one in refusals],
        "details": [reason_entry(one, language) for one in refusals],
        "amount": None,
        "from_empty_cell": bool(row["from_empty"]),
        "provider_name": provider.name if provider else row["provider"],
        "group_title": group.title,
        "module": group.module_title,
        "mark": _mark_entry(row, row),
        "said": row["status"],
        **{"lesson": None, "tariff": None, "pack": None, "rules_met": [], "keeps": False, "free": None, "operations": []},
    }


def _mark_entry(word: Mapping[str, Any], mark: Mapping[str, Any]) -> dict[str, Any]:
    """``word``: what counts of the lesson; ``mark``: the cell that says it."""
    return {
        "status": word["status"],
        "hours": word["hours"] / 100 if word["hours"] is not None else None,
        "file": mark["file"],
        "source": mark["source"],
        "taken_at": mark["started_at"],
        "sheet": mark["sheet"],
        "row": mark["row"],
        "column": mark["col"],
        "from_empty_cell": bool(word["from_empty"]),
    }


def _late_note(month: str, day: dt.date, language: str) -> str | None:
    """Said of an operation that was booked later than its lesson's month."""
    own = month_of(day)
    if month == own:
        return None
    return Text(f"учтено в {month}: месяц {own} закрыт", f"booked in {month}: the month {own} is closed").in_language(language)


def _operation_entry(row: Mapping[str, Any], day: dt.date, language: str) -> dict[str, Any]:
    reason = Text(*reason_of(row)).in_language(language) if row["reason"] else None
    return {
        "id": row["id"], "kind": row["kind"], "amount": roubles_from_kopecks(row["amount"]), "status": row["status"], "state": row["state"],
        "number": row["number"], "month": row["month"], "late": _late_note(row["month"], day, language), "booked_at": row["booked_at"],
        "answered_at": row["answered_at"], "reason": reason,
    }  # fmt: skip


# ---------------------------------------------------------------- status


def status(flow: Flow, now: dt.datetime, language: str) -> dict[str, Any]:
    """Sources and their freshness, counts, what waits, the register."""
    with reading(flow.engine) as connection:
        providers = store_register.providers(connection)
    readings = {(one.provider, one.source): one for one in source_state.states(flow.engine) if one.tried_at is not None}
    sources: dict[tuple[str, str], dict[str, Any]] = {}
    for row in views.runs(flow.engine):
        key = (row["provider"], row["source"])
        if row["source"] != "answer" and key not in sources:
            finished, outcome = row["finished_at"] is not None, json.loads(row["counts"] or "{}").get("outcome")
            sources[key] = {"file": row["file"], "run": row["id"], "at": row["started_at"], "finished": finished, "outcome": outcome}
    for key, one in readings.items():  # one that never said anything has no run
        nothing: dict[str, Any] = {"file": one.source, "run": None, "finished": True, "outcome": None}
        sources[key] = sources.get(key, nothing) | {"at": one.tried_at.isoformat() if one.tried_at else None}
    for (provider, source), entry in sources.items():
        reading_ = readings.get((provider, source))
        name = providers[provider].name if provider in providers else provider
        entry |= {
            "provider": provider, "name": name, "source": source, "counts": views.counts(flow.engine, provider),
            "reading": reading_entry(reading_, language) if reading_ else None,
        }  # fmt: skip
    states = views.operation_states(flow.engine)
    return {
        "now": now.isoformat(),
        "sources": sorted(sources.values(), key=lambda one: (one["provider"], one["source"])),
        "without_input": sorted(set(providers) - {provider for provider, _ in sources}),
        "counts": views.counts(flow.engine),
        "under_way": store_post.under_way(flow.engine),
        "register": {
            "url": flow.register_name,
            "read_at": max((row["read_at"] for row in views.cursors(flow.engine)), default=None),
            "accepted": states.get("accepted", 0),
            "rejected": states.get("rejected", 0),
            "unanswered": states.get("unanswered", 0),
            "held": states.get("held", 0),
            "link": flow_outbox.register_link(flow, now),
        },
        "stopped": sorted(store_outbox.stopped(flow.engine)),
        "waiting": {
            "match": len(store_matching.waiting_persons(flow.engine)) + len(store_queues.waiting_groups(flow.engine)),
            "withdrawals": len(store_queues.withdrawals(flow.engine)),
            "conflicts": len(store_queues.conflicts(flow.engine)),
        },
        "kept_debits": len(views.kept_claims(flow.engine)),
        "sums": views.booked(flow.engine),
    }


def reading_entry(state: source_state.SourceState, language: str) -> dict[str, Any]:
    """How a system was read last."""
    trouble = state.trouble
    return {
        "tried_at": state.tried_at.isoformat() if state.tried_at else None,
        "read_at": state.read_at.isoformat() if state.read_at else None,
        "trouble": {"what": trouble[0].in_language(language), "cure": trouble[1].in_language(language)} if trouble else None,
        "new": state.new, "refused": state.refused, "unread": state.unread,
    }  # fmt: skip


def difference_entry(aged: Aged, language: str) -> dict[str, Any]:
    one = aged.difference
    return {
        "class": one.kind.value, "subject": one.subject, "payer": one.payer, "provider": one.provider, "group": one.group,
        "date": one.day.isoformat() if one.day else None, "slot": one.slot, "here": one.here, "there": one.there,
        "cure": one.cure.in_language(language), "safe": one.is_safe, "first_seen": aged.first_seen.isoformat(), "age_days": aged.age_days,
    }  # fmt: skip
