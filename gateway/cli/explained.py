"""How `gateway explain` tells why a lesson was debited, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.table import Table

from gateway.cli.face import Face
from gateway.cli.words import cell, day, hour, instant, masked, roubles, word


def show_explained(face: Face, found: list[dict[str, Any]]) -> None:
    for number, one in enumerate(found):
        if number:
            face.put()
        _show(face, one)


def _show(face: Face, one: Mapping[str, Any]) -> None:
    why = word("not_charged", one["not_charged"], face.language)
    title = face.text(f"explain.{one['answer']}", amount=roubles(one["amount"], face.language), why=why)
    group = f"{one['module']}, {one['group_title']}" if one["module"] else one["group_title"]
    parts = [title, face.text("report.certificate", number=masked(one["certificate"])), day(one["date"]), face.text("quoted", words=group)]
    face.put(" · ".join(parts), style="bold")
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, words in (
        ("provider", one["provider_name"]),
        ("lesson", _lesson(face, one)),
        ("mark", _mark(face, one["mark"])),
        ("tariff", _tariff(face, one)),
        ("rules", face.text("explain.met", rules=" ".join(one["rules_met"])) if one["rules_met"] else ""),
    ):
        if words:
            table.add_row(f"  {face.text(f'explain.{name}')}", words)
    for reason in one["details"]:
        table.add_row(f"  {face.text('explain.reason')}", f"{reason['rule']}  {reason['reason']}\n→ {reason['cure']}")
    _add_operations(face, table, one)
    face.put(table)


def _lesson(face: Face, one: Mapping[str, Any]) -> str:
    lesson = one["lesson"]
    if lesson is None or not lesson["minutes"]:
        return face.text("explain.no_lesson")
    name = "explain.lesson_cancelled" if lesson["cancelled"] else "explain.lesson_planned"
    slot = "" if one["slot"] == 1 else f" (№{one['slot']})"
    hours = {"first": hour(lesson["starts_at"]), "last": hour(lesson["ends_at"])}
    return face.text(name, day=day(one["date"]), minutes=lesson["minutes"], **hours) + slot


def _mark(face: Face, mark: Mapping[str, Any] | None) -> str:
    if mark is None:
        return face.text("explain.no_mark")
    said = word("status", mark["status"], face.language)
    if mark["hours"] is not None:
        said += f", {mark['hours']:g} {face.text('explain.hours')}"
    if mark["from_empty_cell"]:
        said += f" ({face.text('explain.from_empty')})"
    place = cell(mark["sheet"], mark["row"], mark["column"], face.language) or "—"
    return f"{said}\n" + face.text("explain.mark_place", file=mark["file"] or mark["source"], place=place, at=instant(mark["taken_at"]))


def _tariff(face: Face, one: Mapping[str, Any]) -> str:
    tariff = one["tariff"]
    if tariff is None:
        return face.text("explain.no_tariff") if one["lesson"] else ""
    lines = [*tariff["lines"], face.text("explain.pack", pack=one["pack"])]
    return "\n".join(lines)


def _add_operations(face: Face, table: Table, one: Mapping[str, Any]) -> None:
    operations = one["operations"]
    for operation in operations:
        kind, state = word("operation", operation["kind"], face.language), word("operation_state", operation["state"], face.language)
        amount = "" if operation["kind"] == "attendance" else f" {roubles(operation['amount'], face.language)}"
        said = f" «{word('status', operation['status'], face.language)}»" if operation["status"] else ""
        title = "explain.register" if operation["kind"] == "attendance" else "explain.booking"
        words = f"{kind}{amount}{said} · {instant(operation['booked_at'])} · {operation['id'][:12]}\n{state}"
        if operation["answered_at"]:
            words += f" {instant(operation['answered_at'])}"
        if operation["number"]:
            words += f", № {operation['number']}"
        if operation["late"]:
            words += f"\n{operation['late']}"
        if operation["reason"]:
            words += f": {operation['reason']}"
        table.add_row(f"  {face.text(title)}", words)
    if not operations:
        table.add_row(f"  {face.text('explain.booking')}", face.text("explain.no_operations"))
    if one["keeps"]:
        table.add_row(f"  {face.text('explain.kept')}", face.text("explain.kept_words"))
    if one["free"] is not None:
        table.add_row(f"  {face.text('explain.free')}", roubles(one["free"], face.language))
