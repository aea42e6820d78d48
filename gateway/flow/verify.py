"""The ledger proves itself: sums from transfers, the invariants, and the seals. Where it does not, nothing is sent for that payer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from gateway.core.facts import Text
from gateway.flow.run import Flow
from gateway.store import ledger as store_ledger
from gateway.store import outbox as store_outbox
from gateway.store import seal as store_seal
from gateway.store import stop as store_stop
from gateway.store import views
from gateway.store.engine import reading
from gateway.store.seal import NOT_ITS_TRANSFERS, NOT_SEALED, NOT_THE_CHAIN, NOT_THE_HEAD, Broken

_WHAT = {
    NOT_ITS_TRANSFERS: Text("проводки изменены или удалены после записи", "its transfers were changed or deleted after they were written"),
    NOT_THE_CHAIN: Text("печать не продолжает предыдущую", "the seal does not continue the one before"),
    NOT_THE_HEAD: Text("последняя печать счёта другая", "the account's last seal is another"),
    NOT_SEALED: Text("проводка без печати", "a transfer that no seal covers"),
}
CURE = Text(
    "Отправка для этого плательщика остановлена. Восстановите базу из копии (gateway restore), затем gateway recover; если причина "
    "известна и принята: gateway verify --lift ПЛАТЕЛЬЩИК --because ПРИЧИНА.",
    "Nothing is sent for this payer any more. Restore the database from a backup (gateway restore), then gateway recover; where the cause "
    "is known and accepted: gateway verify --lift PAYER --because REASON.",
)


def verify(flow: Flow, now: dt.datetime, language: str) -> dict[str, Any]:
    """Prove every payer's ledger; ``faults``: a sentence for each thing that is wrong, empty where all is well."""
    faults: list[str] = []
    broken: list[dict[str, Any]] = []
    heads: dict[str, str] = {}
    with reading(flow.engine) as connection:
        payers = store_seal.payers(connection)
    for payer in payers:
        with reading(flow.engine) as connection:
            sums = store_ledger.faults(connection, payer)
            seals = store_seal.broken(connection, payer)
            heads[payer] = store_seal.head_of(connection, payer)
        entries = _entries(flow, payer, seals, language)
        broken += entries
        found = [*sums, *(one["sentence"] for one in entries)]
        faults += found
        if found:
            store_stop.stop(flow.engine, payer, found[0], store_stop.digest_of([*sums, *map(repr, seals)]), now)
    return {
        "faults": faults,
        "seals": broken,
        "heads": heads,
        "stopped": sorted(store_outbox.stopped(flow.engine)),
        "cure": CURE.in_language(language) if faults else None,
    }


def heads(flow: Flow) -> dict[str, str]:
    """Payer → the head of its seals: what an act of reconciliation publishes."""
    with reading(flow.engine) as connection:
        return {payer: store_seal.head_of(connection, payer) for payer in store_seal.payers(connection)}


def _entries(flow: Flow, payer: str, seals: list[Broken], language: str) -> list[dict[str, Any]]:
    numbers = views.numbers_of(flow.engine, {one.owner for one in seals})
    return [_entry(payer, one, numbers.get(one.owner), language) for one in seals]


def _entry(payer: str, one: Broken, number: str | None, language: str) -> dict[str, Any]:
    what = _WHAT[one.what].in_language(language)
    certificate = f"…{number[-4:]}" if number else None
    whose = certificate or one.owner or one.kind
    place = Text(
        f"плательщик {payer}, счёт {one.account} ({whose}, период с {one.period}), пачка {one.batch or '—'}",
        f"payer {payer}, account {one.account} ({whose}, period from {one.period}), batch {one.batch or '—'}",
    ).in_language(language)
    return {
        "payer": payer, "account": one.account, "kind": one.kind, "certificate": certificate, "period": one.period, "batch": one.batch,
        "at": one.at or None, "fault": one.what, "what": what, "sentence": f"{place}: {what}",
    }  # fmt: skip
