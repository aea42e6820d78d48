"""`gateway sync`, `adapters`."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli.asked import day_from
from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Group, Option, show_help
from gateway.cli.progress import shown_progress
from gateway.cli.report import show_reading, show_report
from gateway.cli.words import masked, word
from gateway.core.facts import Finding, Lesson, Mark, Member, Window
from gateway.core.facts import Group as GroupRecord
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_UNREADABLE
from gateway.plugins import Checked, SourceError, SourceUnavailable, Verdict
from gateway.plugins.sources import Told


@click.command("sync", cls=Command)
@click.argument("provider", metavar="[PROVIDER]", required=False)
@click.option("--source", metavar="NAME", cls=Option)
@click.option("--since", metavar="DATE", cls=Option)
@click.option("--all", "shows_all", is_flag=True, cls=Option)
@common
def sync(face: Face, provider: str | None, source: str | None, since: str | None, shows_all: bool) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        reports = face.gateway.sync(provider, source, day_from(since) if since else None, progress)

    def show() -> None:
        for number, report in enumerate(reports):
            if number:
                face.put()
            show_reading(face, report, shows_all)

    face.answer(reports, show)
    for report in reports:
        face.gateway.finished(report)  # only now: a reading that is stopped before tells the same again
    return max(map(_code, reports), default=EXIT_DONE)


def _code(report: dict[str, Any]) -> int:
    """The worst of several is the answer's: what nobody can read goes after what may be there later."""
    trouble = report["trouble"]
    if trouble is not None:
        return EXIT_UNAVAILABLE if trouble["again"] else EXIT_UNREADABLE
    if not report["complete"]:
        return EXIT_UNAVAILABLE
    return EXIT_DONE if report["outcome"] == "accepted" else EXIT_REFUSED


# ---------------------------------------------------------------- adapters


@click.group("adapters", cls=Group)
@click.pass_context
def adapters(context: click.Context) -> None:
    show_help(context)


@adapters.command("list", cls=Command)
@common
def list_(face: Face) -> int:
    found = face.gateway.adapters()
    sources = face.gateway.settings.sources
    answer = {
        "adapters": [
            {
                "name": one.name,
                "title": one.title.in_language(face.language),
                "can": one.can,
                "settings": [
                    {
                        "name": field.name,
                        "help": field.help.in_language(face.language),
                        "expected": field.expected.in_language(face.language),
                        "default": field.default,
                        "secret": field.is_secret,
                    }
                    for field in one.settings
                ],
            }
            for one in found
        ],
        "sources": [{"name": one.name, "adapter": one.adapter, "provider": one.provider} for one in sources.values()],
    }

    def show() -> None:
        shown: list[dict[str, Any]] = answer["adapters"]  # type: ignore[assignment]
        for one in shown:
            can = ", ".join(word("adapter_can", each, face.language) for each in one["can"])
            face.put(f"{one['name']}  {one['title']}: {can}", style="bold")
            for field in one["settings"]:
                default = face.text("adapters.required") if field["default"] is None else field["default"]
                secret = face.text("adapters.secret") if field["secret"] else ""
                face.put(f"{field['name']} = {default or '—'}  {field['help']}{secret}", 4)
        face.put()
        if not sources:
            face.put(face.text("adapters.no_sources"))
        for each in sources.values():
            face.put(face.text("adapters.source", name=each.name, adapter=each.adapter, provider=each.provider))

    face.answer(answer, show)
    return EXIT_DONE


SIGNS = {Verdict.GOOD: "✓", Verdict.QUESTION: "?", Verdict.BAD: "✗"}


@adapters.command("check", cls=Command)
@click.argument("name", metavar="NAME")
@common
def check(face: Face, name: str) -> int:
    lines: list[Checked] = []
    trouble: SourceError | None = None
    try:
        for line in face.gateway.check_source(name):
            lines.append(line)
            if not face.as_json:
                _show_line(face, line)
    except SourceError as error:
        trouble = error
        what = face.text("adapters.reading")
        if not face.as_json:
            face.put(f"✗ {what}: {error.what.in_language(face.language)}\n  → {error.cure.in_language(face.language)}")
    bad = [line for line in lines if line.verdict is Verdict.BAD]
    questions = [line for line in lines if line.verdict is Verdict.QUESTION]
    answer = {
        "source": name,
        "good": not (bad or questions or trouble),
        "lines": [_line_entry(line, face.language) for line in lines],
        "trouble": _trouble_entry(trouble, face.language),
    }

    def show() -> None:
        face.put()
        face.put(face.text("adapters.good" if answer["good"] else "adapters.not_good", name=name))

    face.answer(answer, show)
    if isinstance(trouble, SourceUnavailable):
        return EXIT_UNAVAILABLE
    return EXIT_REFUSED if bad or trouble else EXIT_DONE


def _show_line(face: Face, line: Checked) -> None:
    guess = face.text("adapters.guess") if line.is_guess else ""
    face.put(f"{SIGNS[line.verdict]} {line.what.in_language(face.language)}{guess}: {line.found.in_language(face.language)}")
    if line.cure is not None:
        face.put(f"→ {line.cure.in_language(face.language)}", 4)


def _line_entry(line: Checked, language: str) -> dict[str, Any]:
    return {
        "what": line.what.in_language(language),
        "verdict": line.verdict.value,
        "found": line.found.in_language(language),
        "cure": line.cure.in_language(language) if line.cure else None,
        "guess": line.is_guess,
    }


def _trouble_entry(trouble: SourceError | None, language: str) -> dict[str, Any] | None:
    if trouble is None:
        return None
    again = isinstance(trouble, SourceUnavailable)
    return {"what": trouble.what.in_language(language), "cure": trouble.cure.in_language(language), "again": again}


@adapters.command("try", cls=Command)
@click.argument("name", metavar="NAME")
@click.option("--since", metavar="DATE", cls=Option)
@common
def try_(face: Face, name: str, since: str | None) -> int:
    face.interrupted = "interrupted.dry"
    records: list[dict[str, Any]] = []

    def seen(record: Told) -> None:
        entry = _record_entry(record, face.language)
        if face.as_json:
            records.append(entry)
        else:
            face.put("  ".join(str(value) for value in entry.values() if value not in (None, "")))

    try:
        report = face.gateway.try_source(name, day_from(since) if since else None, seen)
    except SourceError as error:
        code = EXIT_UNAVAILABLE if isinstance(error, SourceUnavailable) else EXIT_UNREADABLE
        return face.fail(error.what.in_language(face.language), error.cure.in_language(face.language), code)

    def show() -> None:
        face.put()
        show_report(face, report | {"is_source": True}, name, is_dry=True)

    face.answer(report | {"records": records}, show)
    return EXIT_DONE if report["outcome"] == "accepted" else EXIT_REFUSED


def _record_entry(record: Told, language: str) -> dict[str, Any]:
    """A record as it is shown: its kind first, then what it says."""
    kind = word("record", type(record).__name__.lower(), language)
    if isinstance(record, GroupRecord):
        return {"kind": kind, "group": record.words, "id": record.own_id, "url": record.place.url}
    if isinstance(record, Member):
        born = record.birth_date.isoformat() if record.birth_date else None
        number = masked(record.certificate) if record.certificate else None
        return {"kind": kind, "group": record.group, "id": record.own_id, "name": record.name, "born": born, "certificate": number}
    if isinstance(record, Lesson):
        times = "–".join(f"{time:%H:%M}" for time in (record.starts_at, record.ends_at) if time)
        state = word("lesson_state", record.state.value, language)
        return {"kind": kind, "group": record.group, "id": record.own_id, "date": record.day.isoformat(), "times": times, "state": state}
    if isinstance(record, Mark):
        status = word("status", record.status.value, language)
        return {"kind": kind, "member": record.member, "date": record.day.isoformat(), "lesson": record.lesson, "status": status}
    if isinstance(record, Window):
        first, last = (day.isoformat() for day in record.period)
        return {"kind": kind, "group": record.group, "first": first, "last": last, "lists_all": record.lists_all}
    assert isinstance(record, Finding)
    return {"kind": kind, "what": record.what.in_language(language), "cure": record.cure.in_language(language), "url": record.place.url}
