"""What an adapter's author asks: `gateway adapters record`, `gateway new adapter`."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.asked import day_from
from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Group, Option, show_help
from gateway.cli.progress import shown_progress
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_UNREADABLE
from gateway.plugins import SourceError, SourceUnavailable
from gateway.recorder import record as record_source
from gateway.scaffold import new_adapter


@click.group("new", cls=Group)
@click.pass_context
def new(context: click.Context) -> None:
    show_help(context)


@new.command("adapter", cls=Command)
@click.argument("name", metavar="NAME")
@click.option("--into", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), default=Path("."), cls=Option)
@common
def adapter(face: Face, name: str, into: Path) -> int:
    written = new_adapter(name, into, face.gateway.plugins.adapters)

    def show() -> None:
        for path in written:
            face.put(str(path), 2)
        face.put(face.text("new.next"))
        face.put(f"pytest {written[0].parent}", 2, is_typed=True)
        face.put(face.text("new.then"))

    face.answer({"folder": str(written[0].parent), "files": [str(path) for path in written]}, show)
    return EXIT_DONE


@click.command("record", cls=Command)
@click.argument("name", metavar="NAME")
@click.option("--since", metavar="DATE", cls=Option)
@click.option("--out", "folder", metavar="FOLDER", required=True, type=click.Path(path_type=Path), cls=Option)
@click.option("--keep", "kept", metavar="FIELD", multiple=True, cls=Option)
@common
def record(face: Face, name: str, since: str | None, folder: Path, kept: tuple[str, ...]) -> int:
    face.interrupted = "interrupted.dry"
    try:
        with shown_progress(face) as progress:
            found = record_source(face.gateway, name, day_from(since) if since else None, folder, kept, progress)
    except SourceError as error:
        code = EXIT_UNAVAILABLE if isinstance(error, SourceUnavailable) else EXIT_UNREADABLE
        return face.fail(error.what.in_language(face.language), error.cure.in_language(face.language), code)
    trouble = found.trouble.what.in_language(face.language) if found.trouble else None
    answer = {
        "source": name,
        "folder": str(folder),
        "good": found.is_good,
        "requests": found.requests,
        "live": found.live,
        "replayed": found.replayed,
        "unrecorded": found.unrecorded,
        "trouble": trouble,
    }

    def show() -> None:
        face.put(face.text("record.written", folder=folder, requests=found.requests))
        for told, counts in (("record.live", found.live), ("record.replayed", found.replayed)):
            face.put(face.text(told, **counts), 2)
        if trouble:
            face.put(trouble, 2)
        for each in found.unrecorded:
            face.put(face.text("record.unrecorded", asked=each), 2)
        face.put(face.text("record.good" if found.is_good else "record.not_good"))

    face.answer(answer, show)
    return EXIT_DONE if found.is_good else EXIT_REFUSED
