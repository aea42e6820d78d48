"""The outbox for people: what waits, since when, why; and their word on one operation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from gateway.core.close import MonthState, next_open
from gateway.core.facts import Text
from gateway.core.money import roubles_from_kopecks
from gateway.core.pace import Circuit
from gateway.core.periods import month_of
from gateway.core.post import OPEN, OperationState
from gateway.errors import EXIT_REFUSED, UserError
from gateway.flow.run import Flow
from gateway.store import link as store_link
from gateway.store import months as store_months
from gateway.store import outbox as store_outbox
from gateway.store.outbox import Found

ID_DIGITS_MIN = 6
_S = OperationState


def outbox(flow: Flow, now: dt.datetime, language: str) -> dict[str, Any]:
    """Counts by state, the register's circuit, who is stopped, and what waits, each with why."""
    link = register_link(flow, now)
    stopped = store_outbox.stopped(flow.engine)
    rows = store_outbox.waiting(flow.engine)
    return {
        "counts": store_outbox.counts(flow.engine),
        "register": link,
        "stopped": [{"payer": payer, "why": why} for payer, why in sorted(stopped.items())],
        "waiting": [_entry(row, stopped, link, language) for row in rows],
    }


def register_link(flow: Flow, now: dt.datetime) -> dict[str, Any]:
    """How the conversation with the register goes."""
    link = store_link.link_to(flow.engine, flow.register_name)
    until = link.breaker.open_until
    return {
        "circuit": link.breaker.state(now).value,
        "batches_unanswered": link.breaker.failures,
        "next_probe_at": until.isoformat() if until else None,
        "answers_unasked": link.strays,
        "must_recover": link.recover_since is not None,
    }


def _entry(row: Mapping[str, Any], stopped: Collection[str], link: Mapping[str, Any], language: str) -> dict[str, Any]:
    number = row["certificate_number"]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "state": row["state"],
        "provider": row["provider"],
        "group": row["group_id"],
        "certificate": f"…{number[-4:]}" if number else None,
        "date": row["day"].isoformat(),
        "slot": row["slot"],
        "amount": roubles_from_kopecks(row["amount"]) if row["amount"] else None,
        "since": row["sent_at"] or row["booked_at"],
        "tries": row["tries"],
        "next_try_at": row["next_try_at"],
        "why": _why(row, stopped, link).in_language(language),
        "said": store_outbox.reason_of(row, language),
    }


def _why(row: Mapping[str, Any], stopped: Collection[str], link: Mapping[str, Any]) -> Text:
    if row["state"] == _S.HELD:
        return Text("придержана человеком", "a person holds it back")
    if row["payer"] in stopped:
        return Text("отправка для этого плательщика остановлена: gateway verify", "nothing is sent for this payer: gateway verify")
    if row["state"] == _S.SENDING:
        return Text("отправляется", "on its way")
    if row["state"] == _S.UNANSWERED:
        return Text("реестр не ответил, удержание остаётся", "the register has not answered; its hold stays")
    if row["behind"]:
        return Text("ждёт ответа на более раннюю операцию того же сертификата", "waits for an earlier operation of the same certificate")
    if link["circuit"] != Circuit.CLOSED:
        return Text("реестр не отвечает, отправка ждёт", "the register does not answer; sending waits")
    return Text("ждёт отправки: gateway run", "waits to be sent: gateway run")


# ---------------------------------------------------------------- a person's word


def retry(flow: Flow, id_: str, now: dt.datetime) -> str:
    """Try it again at once: one that is held or rests; one that was rejected is decided anew. Its id."""
    found = _one(flow, id_, {_S.HELD, _S.UNANSWERED, _S.TO_SEND, _S.REJECTED}, "retry")
    if found.state is _S.REJECTED:
        store_outbox.list_again(flow.engine, found)
    else:
        was_sent = found.operation.tries > 0
        _done(store_outbox.change(flow.engine, found, _S.UNANSWERED if was_sent else _S.TO_SEND), found)
        store_outbox.due_at_once(flow.engine, found)
    store_link.probe_at_once(flow.engine, now)
    return found.operation.id


def hold(flow: Flow, id_: str) -> str:
    """Keep it back until a person lets it go. Others of its certificate go on."""
    found = _one(flow, id_, {_S.TO_SEND, _S.UNANSWERED}, "hold")
    _done(store_outbox.change(flow.engine, found, _S.HELD), found)
    return found.operation.id


def release(flow: Flow, id_: str, now: dt.datetime) -> str:
    """Give its hold back, although nobody knows what becomes of it."""
    found = _one(flow, id_, OPEN, "release")
    _done(store_outbox.release_hold(flow.engine, found, flow.rules.nominal_period, now), found)
    return found.operation.id


def reverse(flow: Flow, id_: str, now: dt.datetime) -> str:
    """Take a live debit back because a person says so."""
    found = _one(flow, id_, {_S.ACCEPTED}, "reverse")
    months = store_months.rows(flow.engine, payer=found.operation.payer)
    month = next_open(month_of(found.operation.day), {one.month for one in months if one.state is not MonthState.OPEN})
    _done(found.is_live and store_outbox.reverse(flow.engine, found, month, now), found)
    return found.operation.id


def keep(flow: Flow, id_: str, now: dt.datetime) -> str:
    """Let a debit stand that the register took late."""
    found = _one(flow, id_, {_S.ACCEPTED}, "keep")
    _done(found.is_live, found)
    store_outbox.keep(flow.engine, found, now)
    return found.operation.id


def _one(flow: Flow, id_: str, states: Collection[OperationState], what: str) -> Found:
    wanted = id_.strip().lower()
    found = store_outbox.find(flow.engine, wanted) if len(wanted) >= ID_DIGITS_MIN else []
    if len(found) != 1:
        several = Text(f"Операций с номером на «{id_}»: {len(found)}.", f"Operations whose id starts with “{id_}”: {len(found)}.")
        raise UserError(several, Text("Номера показывает gateway outbox.", "gateway outbox shows the ids."))
    if found[0].state not in states:
        raise _not_now(found[0].state, what)
    return found[0]


def _done(is_done: bool, found: Found) -> None:
    if not is_done:
        raise _not_now(None, found.operation.kind)


def _not_now(state: OperationState | None, what: str) -> UserError:
    at = _STATES[state] if state is not None else Text("уже другая", "another by now")
    return UserError(
        Text(f"{what}: с этой операцией так нельзя, она {at.ru}.", f"{what}: not with this operation; it is {at.en}."),
        Text("Состояние показывает gateway outbox или gateway explain.", "gateway outbox or gateway explain shows its state."),
        EXIT_REFUSED,
    )


_STATES: Mapping[OperationState, Text] = {
    _S.TO_SEND: Text("ждёт отправки", "waiting to be sent"),
    _S.SENDING: Text("сейчас отправляется", "on its way right now"),
    _S.ACCEPTED: Text("принята реестром", "accepted by the register"),
    _S.REJECTED: Text("отклонена реестром", "rejected by the register"),
    _S.UNANSWERED: Text("без ответа", "without an answer"),
    _S.BEHIND: Text("заменена тем, что знает реестр", "replaced by what the register knows"),
    _S.CANCELLED: Text("отменена до отправки", "cancelled before it was sent"),
    _S.HELD: Text("придержана человеком", "held back by a person"),
    _S.RELEASED: Text("снята человеком", "released by a person"),
}
