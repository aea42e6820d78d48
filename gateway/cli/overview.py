"""How the status, the certificate, the claims and the month's reconciliation look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gateway.cli.face import Face
from gateway.cli.words import counted, day, instant, masked, month, roubles, word

UNDER_WAY = ("to_match", "to_decide", "to_book", "to_send", "unanswered")

DIFFERENCES_SHOWN_MAX = 10
"""Of each class; all of them are in ``--json`` and in the act."""


def show_under_way(face: Face, under_way: Mapping[str, int]) -> None:
    """What the stages have still to do; one sentence where there is nothing."""
    if not any(under_way.values()):
        face.put(face.text("under_way.nothing"))
        return
    parts = [f"{face.text(f'under_way.{name}')} {under_way[name]}" for name in UNDER_WAY if under_way[name]]
    face.put(f"{face.text('under_way')}: {' · '.join(parts)} → gateway run")


def show_status(face: Face, status: Mapping[str, Any], problems: int) -> None:
    table = _titled()
    _add_sources(face, table, status)
    _add_register(face, table, status)
    _add_schedule(face, table, status)
    counts = status["counts"]
    words = [f"{face.text('status.marks')} {counts['marks']}", f"{word('answer', 'charged', face.language)} {counts['charged']}"]
    for name in ("not_charged", "refused", "waiting"):
        words.append(f"{word('answer', name, face.language)} {sum(counts[name].values())}")
    if counts["unread"]:
        words.append(f"{face.text('report.unread_cells')} {counts['unread']}")
    table.add_row(face.text("status.counts"), " · ".join(words))
    sums = status["sums"]
    money = {name: roubles(sums[name], face.language) for name in ("booked", "accepted")}
    table.add_row(face.text("status.sums"), face.text("status.booked", **money))
    for name, command in (("match", "match"), ("withdrawals", "confirm"), ("conflicts", "conflicts")):
        if status["waiting"][name]:
            table.add_row(
                face.text("status.person"), face.text(f"status.waits.{name}", number=status["waiting"][name]) + f" → gateway {command}"
            )
    if status["kept_debits"]:
        table.add_row(face.text("status.person"), face.text("status.kept", number=status["kept_debits"]))
    if problems:
        table.add_row(face.text("status.plugins"), face.text("status.refused_plugins", number=problems))
    face.put(table)
    show_under_way(face, status["under_way"])


def _titled() -> Table:
    """Rows of a title and what stands beside it."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    return table


def _add_sources(face: Face, table: Table, status: Mapping[str, Any]) -> None:
    title = face.text("status.sources")
    for source in status["sources"]:
        counts = source["counts"]
        name = "status.source" if source["finished"] else "status.source_interrupted"
        if source["outcome"] == "refused":
            name = "status.source_refused"
        reading = source["reading"]
        if reading is not None:
            name = "status.reading_trouble" if reading["trouble"] else "status.reading" if reading["new"] else "status.reading_nothing"
        words = {
            "marks": counted("mark", counts["marks"], face.language),
            "refused": counted("refusal", sum(counts["refused"].values()), face.language),
            "provider": source["provider"],
            "file": source["file"],
            "at": instant(source["at"]),
            "run": source["run"],
            "new": counted("mark", reading["new"], face.language) if reading else "",
            **((reading and reading["trouble"]) or {}),
        }
        table.add_row(title, face.text(name, **words))
        title = ""
    if status["without_input"]:
        table.add_row(title, face.text("status.without_input", providers=", ".join(status["without_input"])))
    elif not status["sources"]:
        table.add_row(title, face.text("status.no_sources"))


def _add_register(face: Face, table: Table, status: Mapping[str, Any]) -> None:
    register = status["register"]
    read_at = instant(register["read_at"]) if register["read_at"] else face.text("status.never_read")
    numbers = {name: register[name] for name in ("accepted", "rejected", "unanswered")}
    words = face.text("status.register_line", at=read_at, **numbers)
    table.add_row(face.text("status.register"), f"{register['url']}\n{words}")


def _add_schedule(face: Face, table: Table, status: Mapping[str, Any]) -> None:
    title, jobs = face.text("status.schedule"), status["schedule"]
    if not any(job["last"] or job["running"] for job in jobs):
        table.add_row(title, face.text("status.schedule_idle"))
        return
    for job in jobs:
        cure = f"\n→ {job['last']['cure']}" if job["last"] and job["last"]["cure"] else ""
        words = {"pace": _pace(face, job), "last": _last(face, job), "next": _next(face, job)}
        table.add_row(title, face.text("status.job", job=job["job"], **words) + cure)
        title = ""


def _pace(face: Face, job: Mapping[str, Any]) -> str:
    if job["at"]:
        return face.text("status.job_at", at=job["at"])
    return face.text("status.job_every", minutes=job["every_minutes"]) if job["every_minutes"] else face.text("status.job_off")


def _last(face: Face, job: Mapping[str, Any]) -> str:
    last = job["last"]
    if last is None:
        return face.text("status.job_never")
    outcome = word("job_outcome", last["outcome"], face.language)
    return face.text("status.job_last", outcome=outcome, at=instant(last["at"]), said=last["said"])


def _next(face: Face, job: Mapping[str, Any]) -> str:
    if job["running"]:
        return face.text("status.job_now", by=job["running"]["by"])
    return face.text("status.job_next", at=instant(job["next_at"])) if job["next_at"] else face.text("status.job_no_next")


# ---------------------------------------------------------------- certificate, claims, reconcile


def show_certificate(face: Face, found: Mapping[str, Any]) -> None:
    language = face.language
    kind, state = word("certificate_kind", found["kind"], language), word("certificate_state", found["state"], language)
    face.put(f"{face.text('report.certificate', number=masked(found['certificate']))} · {kind} · {state}", style="bold")
    valid = face.text("certificate.valid", first=day(found["valid_from"]), last=day(found["valid_to"]))
    period = face.text("certificate.period", first=day(found["period"]["first"]), last=day(found["period"]["last"]))
    face.put(f"{valid}\n{period}")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name in ("funded", "free", "reserved", "held", "paid", "elsewhere", "lapsed", "shortfall"):
        if name in found and (name in ("funded", "free", "paid") or found[name] != "0.00"):
            table.add_row(face.text(f"certificate.{name}"), roubles(found[name], language))
    face.put(table, 2)


def show_claims(face: Face, claims: list[dict[str, Any]]) -> None:
    if not claims:
        face.put(face.text("claims.none"))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False)
    for name in ("date", "enrollment", "certificate", "group", "status", "answer", "amount", "reasons"):
        table.add_column(face.text(f"claims.{name}"), justify="right" if name == "amount" else "left", overflow="fold")
    for one in claims:
        slot = "" if one["slot"] == 1 else f" №{one['slot']}"
        why = ", ".join(one["reasons"]) or (word("not_charged", one["not_charged"], face.language) if one["not_charged"] else "")
        said = [day(one["date"]) + slot, one["enrollment"] or "—", masked(one["certificate"]), one["group"]]
        said += [word("status", one["status"], face.language), word("answer", one["answer"], face.language)]
        table.add_row(*said, roubles(one["amount"], face.language) if one["amount"] else "", why)
    face.put(table)
    face.put(counted("claim", len(claims), face.language))


def show_reconciled(face: Face, found: Mapping[str, Any]) -> None:
    language = face.language
    face.put(face.text("reconcile.title", month=month(found["month"], language)), style="bold")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_row(face.text("reconcile.booked"), roubles(found["booked_kopecks"], language), "")
    table.add_row(face.text("reconcile.accepted"), roubles(found["accepted_kopecks"], language), "")
    operations = face.text("reconcile.operations", debits=found["debits"], reversals=found["reversals"])
    table.add_row(face.text("reconcile.register"), roubles(found["register_kopecks"], language), operations)
    face.put(table, 2)
    if found["cured"]:
        face.put(face.text("reconcile.cured", number=found["cured"]))
    face.put(face.text("reconcile.differences", number=len(found["differences"])))
    shown: Counter[str] = Counter()
    for one in found["differences"]:
        shown[one["class"]] += 1
        if shown[one["class"]] > DIFFERENCES_SHOWN_MAX:
            continue
        slot = f" №{one['slot']}" if one["slot"] and one["slot"] > 1 else ""
        lesson = f"{day(one['date'])}{slot}" if one["date"] else ""
        age = face.text("reconcile.age", days=counted("day", one["age_days"], language)) if one["age_days"] else ""
        where = " · ".join(part for part in (one["provider"] or one["payer"], one["group"], lesson, age) if part)
        face.put(f"{word('difference', one['class'], language)}: {where}", 2, "bold")
        face.put(face.text("reconcile.sides", here=one["here"], there=one["there"], subject=one["subject"][:12]), 4)
        face.put(f"→ {one['cure']}", 4)
    left_out = sum(max(0, number - DIFFERENCES_SHOWN_MAX) for number in shown.values())
    if left_out:
        face.put(face.text("reconcile.more", number=left_out), 2)
    if "act" in found:
        face.put(face.text("reconcile.act", file=found["act"]))
