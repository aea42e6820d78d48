"""What the status page shows, as plain data: no child's name and no whole certificate number comes this far."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gateway.bootstrap import Gateway
from gateway.console.words import Speech
from gateway.core.rules import order_of

MONTHS_SHOWN_MAX = 3
DIFFERENCES_SHOWN_MAX = 5
"""Of one class in one month: enough to know where to look."""
STALE_AFTER = dt.timedelta(days=7)
DEFAULT_ZONE = "Europe/Moscow"
COUNTED_BY_THEMSELVES = frozenset({"rejected", "unanswered"})
"""Differences that the first line names with the register's own numbers."""

_LONG_NUMBER = re.compile(r"\d{6,}(\d{4})")


@dataclass(frozen=True, slots=True)
class RegisterSaid:
    """Our side and the register's, month by month, the latest first."""

    months: tuple[Mapping[str, Any], ...]


def register_said(gateway: Gateway) -> RegisterSaid:
    """Reconcile the latest months, by the facts at hand.

    Raises:
        RegisterUnavailable: the register does not answer.
    """
    months = gateway.months()[-MONTHS_SHOWN_MAX:]
    if not months:
        gateway.ask_register()
    return RegisterSaid(tuple(gateway.reconcile(month, reads_register=False) for month in reversed(months)))


def page_of(gateway: Gateway, said: RegisterSaid | None, language: str) -> dict[str, Any]:
    """Everything on the page. ``said`` None: the register does not answer."""
    say = Speech(language)
    status = gateway.status(language)
    now = dt.datetime.fromisoformat(status["now"])
    providers = gateway.providers()
    zones = {provider: known.time_zone for provider, known in providers.items()}
    zone = next(iter(zones.values()), DEFAULT_ZONE)
    payable = gateway.payable()
    unsent = [providers[provider].name for provider in status["without_input"] if provider in providers]
    months = [_month(one, say) for one in said.months] if said is not None else None
    waits = _waits(status, say)
    return {
        "now": _moment(now, now, zone, say),
        "verdict": _verdict(status, unsent, said, say),
        "counts": status["counts"],
        "totals": _totals(status["counts"]),
        "not_charged": _named(status["counts"]["not_charged"], "reason.", say),
        "refused": _refused(gateway, status["counts"]["refused"]),
        "sums": {name: say.money(value) for name, value in status["sums"].items()},
        "clubs": [_club(one, payable, zones.get(one["provider"], zone), now, say) for one in status["sources"]],
        "unsent": unsent,
        "has_providers": bool(providers),
        "waits": waits,
        "waits_nothing": not any(one["count"] for one in waits),
        "register": _register(status, said, zone, now, say),
        "schedule": [_job(one, zones.get(one["provider"], zone), now, say) for one in status["schedule"]],
        "months": months,
    }


def masked(text: str) -> str:
    """A long number, such as a certificate's, by its last four digits."""
    return _LONG_NUMBER.sub(r"…\1", text)


# ---------------------------------------------------------------- the page's parts, from the top downwards


def _verdict(status: Mapping[str, Any], unsent: list[str], said: RegisterSaid | None, say: Speech) -> dict[str, Any]:
    """One line that tells whether somebody has to do something."""
    found = [one for month in said.months for one in month["differences"]] if said is not None else []
    differences = sum(one["class"] not in COUNTED_BY_THEMSELVES for one in found)
    wrong = [
        say(name, count=number)
        for name, number in (("verdict.differences", differences), ("verdict.rejected", status["register"]["rejected"]))
        if number
    ]
    asks = [
        say(name, count=number)
        for name, number in (
            ("verdict.waiting", sum(status["waiting"].values())),
            ("verdict.unanswered", status["register"]["unanswered"]),
            ("verdict.unread", status["counts"]["unread"]),
            ("verdict.unsent", len(unsent)),
            ("verdict.troubled", sum(bool((one["reading"] or {}).get("trouble")) for one in status["sources"])),
        )
        if number
    ]
    if said is None:
        asks.append(say("verdict.silent"))
    if not status["sources"]:
        return {"level": "asks", "what": say("verdict.empty"), "details": [say("verdict.silent")] if said is None else []}
    level = "wrong" if wrong else "asks" if asks else "calm"
    return {"level": level, "what": say(f"verdict.{level}"), "details": wrong + asks}


def _totals(counts: Mapping[str, Any]) -> dict[str, int]:
    return {name: sum(counts[name].values()) for name in ("not_charged", "refused", "waiting")}


def _named(numbers: Mapping[str, int], prefix: str, say: Speech) -> list[tuple[str, int]]:
    return sorted(((say.word(prefix, name), number) for name, number in numbers.items()), key=lambda one: -one[1])


def _refused(gateway: Gateway, refused: Mapping[str, int]) -> list[dict[str, Any]]:
    if not refused:
        return []
    titles = {rule["id"]: rule["title"] for rule in gateway.rules_in_force()}
    return [{"rule": rule, "title": titles.get(rule, rule), "count": refused[rule]} for rule in sorted(refused, key=order_of)]


def _club(source: Mapping[str, Any], payable: Mapping[str, int], zone: str, now: dt.datetime, say: Speech) -> dict[str, Any]:
    at = dt.datetime.fromisoformat(source["at"])
    counts = source["counts"]
    return {
        "name": source["name"],
        "source": say("source.system") if source["reading"] else say.word("source.", source["source"]),
        **_reading(source["reading"], zone, now, say),
        "file": masked(source["file"]),
        "at": _moment(at, now, zone, say),
        "is_stale": now - at > STALE_AFTER,
        "is_whole": source["finished"],
        "marks": counts["marks"],
        "charged": counts["charged"],
        "unread": counts["unread"],
        **_totals(counts),
        "sum": say.money(payable.get(source["provider"], 0)),
    }


def _reading(reading: Mapping[str, Any] | None, zone: str, now: dt.datetime, say: Speech) -> dict[str, Any]:
    """Of a system that is asked: what its last reading brought, or what ended it, and when one came to its end last."""
    if reading is None:
        return {"trouble": None, "brought": None, "read_at": None}
    read_at = reading["read_at"]
    return {
        "trouble": reading["trouble"],
        "brought": say("reading.brought", new=reading["new"], refused=reading["refused"] + reading["unread"]),
        "read_at": _moment(dt.datetime.fromisoformat(read_at), now, zone, say) if read_at else None,
    }


def _waits(status: Mapping[str, Any], say: Speech) -> list[dict[str, Any]]:
    waiting = status["waiting"]
    register = status["register"]
    return [
        {"name": name, "what": say(f"waits.{name}"), "count": count, "command": command}
        for name, count, command in (
            ("match", waiting["match"], "gateway match"),
            ("withdrawals", waiting["withdrawals"], "gateway confirm"),
            ("conflicts", waiting["conflicts"], "gateway conflicts"),
            ("rejected", register["rejected"], "gateway reconcile"),
            ("unanswered", register["unanswered"], "gateway run"),
            ("kept", status["kept_debits"], "gateway reconcile"),
        )
        if count or name in waiting
    ]


def _job(one: Mapping[str, Any], zone: str, now: dt.datetime, say: Speech) -> dict[str, Any]:
    """A job of the schedule: its pace, its last run, its next."""
    last, running = one["last"], one["running"]
    pace = say("schedule.off")
    if one["at"]:
        pace = say("schedule.daily", at=one["at"])
    elif one["every_minutes"]:
        pace = say("schedule.every", minutes=one["every_minutes"])
    return {
        "what": say(f"schedule.{one['kind']}", source=one["source"]),
        "pace": pace,
        "outcome": say.word("outcome.", last["outcome"]) if last else None,
        "is_good": last is not None and last["outcome"] in ("done", "asks"),
        "said": last["said"] if last else None,
        "cure": last["cure"] if last else None,
        "failures": say("schedule.failures", count=last["failures"]) if last and last["failures"] > 1 else None,
        "at": _moment(dt.datetime.fromisoformat(last["at"]), now, zone, say) if last else None,
        "next": _moment(dt.datetime.fromisoformat(one["next_at"]), now, zone, say) if one["next_at"] else None,
        "running": say("schedule.now", by=running["by"]) if running else None,
    }


def _register(status: Mapping[str, Any], said: RegisterSaid | None, zone: str, now: dt.datetime, say: Speech) -> dict[str, Any]:
    register = status["register"]
    read_at = register["read_at"]
    under_way = [(say(f"under_way.{name}"), number) for name, number in status["under_way"].items() if number]
    return {
        "address": address_shown(register["url"]),
        "answers": said is not None,
        "read_at": _moment(dt.datetime.fromisoformat(read_at), now, zone, say) if read_at else None,
        "accepted": register["accepted"],
        "rejected": register["rejected"],
        "unanswered": register["unanswered"],
        "under_way": under_way,
    }


def address_shown(url: str) -> str:
    """The register's address without a name and password that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _month(one: Mapping[str, Any], say: Speech) -> dict[str, Any]:
    sums = [one["booked_kopecks"], one["accepted_kopecks"], one["register_kopecks"]]
    return {
        "month": one["month"],
        "title": say.month(one["month"]),
        "booked": say.money(sums[0]),
        "accepted": say.money(sums[1]),
        "register": say.money(sums[2]),
        "is_one_sum": len(set(sums)) == 1,
        "entries": say("entries", debits=one["debits"], reversals=one["reversals"]),
        "count": len(one["differences"]),
        "differences": list(_differences(one["differences"], say)),
    }


def _differences(found: Iterable[Mapping[str, Any]], say: Speech) -> Iterable[dict[str, Any]]:
    """By what they are and what mends them: a hundred of one kind are one thing to do."""
    kinds: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in found:
        kinds.setdefault((one["class"], one["cure"]), []).append(one)
    for (kind, cure), those in kinds.items():
        yield {
            "what": say.word("difference.", kind),
            "cure": cure,
            "count": len(those),
            "examples": [_example(one, say) for one in those[:DIFFERENCES_SHOWN_MAX]],
            "left_out": max(0, len(those) - DIFFERENCES_SHOWN_MAX),
        }


def _example(one: Mapping[str, Any], say: Speech) -> dict[str, str]:
    return {
        "where": " ".join(part for part in (one["group"], say.day(one["date"]) if one["date"] else "") if part),
        "operation": one["subject"][:8],
        "here": _side(one["here"], say),
        "there": _side(one["there"], say),
    }


def _side(text: str, say: Speech) -> str:
    """«debit 180.00» in the page's language; a register's own words stand as they are."""
    first, _, rest = text.partition(" ")
    return masked(" ".join(part for part in (say.word("said.", first), rest) if part))


def _moment(at: dt.datetime, now: dt.datetime, zone: str, say: Speech) -> dict[str, str]:
    """An instant by the clock of ``zone``, and how long ago it was."""
    local = at.astimezone(ZoneInfo(zone))
    return {"iso": local.isoformat(), "text": say.moment(local), "ago": say.ago(now - at)}
