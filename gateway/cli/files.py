"""`gateway import`, `dry-run`, `rejects`, `undo`, `mappings`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from gateway.cli.asked import both, wrong_usage
from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Option
from gateway.cli.progress import shown_progress
from gateway.cli.report import show_report
from gateway.cli.words import counted, instant
from gateway.cli.words import month as month_words
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_UNREADABLE, EXIT_USAGE, UserError
from gateway.rejects import write_rejects

_CODES = {"accepted": EXIT_DONE, "partly": EXIT_REFUSED, "refused": EXIT_UNREADABLE}


def _of_a_file(command: Callable[..., int]) -> Callable[..., int]:
    """What an import and a dry run are told."""
    for option in (
        click.option("--source", metavar="NAME", cls=Option),
        click.option("--month", metavar="YYYY-MM", cls=Option),
        click.option("--mapping", metavar="FILE", type=click.Path(path_type=Path), cls=Option),
        click.option("--provider", metavar="ID", cls=Option),
        click.argument("file", metavar="FILE", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


def _asked_again(given: dict[str, Any]) -> str:
    """The arguments as they are typed."""
    words = [str(given["file"])]
    for name in ("provider", "mapping", "month", "source"):
        if given[name] is not None:
            words += [f"--{name}", str(given[name])]
    return shlex.join(words)


@click.command("import", cls=Command)
@_of_a_file
@click.option("--all", "shows_all", is_flag=True, cls=Option)
@common
def import_(face: Face, shows_all: bool, **given: Any) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        report = face.gateway.import_file(given["file"], given["provider"], given["mapping"], given["month"], given["source"], progress)
    face.answer(report, lambda: show_report(face, report, _asked_again(given), is_dry=False, shows_all=shows_all))
    face.gateway.finished(report)  # only now: an import that is stopped before tells the same again
    return _CODES[report["outcome"]] if report["complete"] or report["outcome"] == "refused" else EXIT_UNAVAILABLE


@click.command("dry-run", cls=Command)
@_of_a_file
@common
def dry_run(face: Face, **given: Any) -> int:
    face.interrupted = "interrupted.dry"
    with shown_progress(face) as progress:
        report = face.gateway.dry_run_file(given["file"], given["provider"], given["mapping"], given["month"], given["source"], progress)
    face.answer(report, lambda: show_report(face, report, _asked_again(given), is_dry=True))
    return _CODES[report["outcome"]]


@click.command("undo", cls=Command)
@click.argument("file_or_run", metavar="FILE|RUN")
@click.option("--provider", metavar="ID", cls=Option)
@common
def undo(face: Face, file_or_run: str, provider: str | None) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.undo(provider, Path(file_or_run).name, progress)
    face.answer(answer, lambda: show_done(face, face.text("undone", marks=counted("mark", answer["changed"], face.language)), answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


@click.command("rejects", cls=Command)
@click.option("--out", metavar="FILE.xlsx", type=click.Path(dir_okay=False, path_type=Path), cls=Option)
@click.option("--month", metavar="YYYY-MM", cls=Option)
@click.option("--group", metavar="ID", cls=Option)
@click.option("--source", metavar="NAME", cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def rejects(face: Face, out: Path | None, month: str | None, group: str | None, source: str | None, provider: str | None) -> int:
    if out is not None and out.suffix.lower() != ".xlsx":
        raise wrong_usage("rejects.xlsx_only", "rejects")
    found = face.gateway.rejects(provider, month, source, group)
    sent = [one for one in found if one["can_be_sent"]]
    if out is not None and found:
        _check_of_one_source(sent)
        unread = face.gateway.unread(provider, month, source, group)
        try:
            write_rejects(found, unread, out, face.gateway.clock())
        except FileExistsError as error:
            raise UserError(both("rejects.there", path=out), both("rejects.there.cure"), EXIT_USAGE) from error

    def show() -> None:
        if not found:
            face.put(face.text("rejects.none"))
            return
        for one in sorted({each["date"][:7] for each in found}):
            number = sum(each["date"][:7] == one for each in found)
            face.put(f"{month_words(one, face.language)}: {counted('mark', number, face.language)}")
        if out is None:
            face.put(face.text("rejects.how"))
            return
        face.put(face.text("rejects.written", path=out, marks=counted("mark", len(found), face.language)))
        if sent:
            options = shlex.join([str(out), "--provider", sent[0]["provider"], "--source", sent[0]["source"]])
            face.put(face.text("rejects.send", asked=options), is_typed=True)

    face.answer(found, show)
    return EXIT_DONE


def _check_of_one_source(sent: Sequence[Mapping[str, Any]]) -> None:
    """A file is taken in for one provider and one source."""
    providers = sorted({one["provider"] for one in sent})
    if len(providers) > 1:
        raise UserError(both("rejects.providers"), both("rejects.providers.cure", names=", ".join(providers)), EXIT_USAGE)
    sources = sorted({one["source"] for one in sent})
    if len(sources) > 1:
        raise UserError(both("rejects.sources"), both("rejects.sources.cure", names=", ".join(sources)), EXIT_USAGE)


@click.command("mappings", cls=Command)
@click.option("--provider", metavar="ID", cls=Option)
@common
def mappings(face: Face, provider: str | None) -> int:
    kept = face.gateway.mappings(provider)

    def show() -> None:
        if not kept:
            face.put(face.text("mappings.none"))
        for one in kept:
            face.put(face.text("mappings.one", **one | {"kept_at": instant(one["kept_at"])}), style="bold")
            face.put(one["body"].strip() + "\n")

    face.answer(kept, show)
    return EXIT_DONE


def show_done(face: Face, sentence: str, answer: dict[str, Any]) -> None:
    """What an answer or an undo has led to."""
    face.put(sentence)
    if not answer["complete"]:
        face.put(face.text("report.incomplete"), style="bold")
