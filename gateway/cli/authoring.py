"""`gateway new adapter`."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Group, Option, show_help
from gateway.errors import EXIT_DONE
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
    written = new_adapter(name, into)

    def show() -> None:
        for path in written:
            face.put(str(path), 2)
        face.put(face.text("new.next"))
        face.put(f"pytest {written[0].parent}", 2, is_typed=True)
        face.put(face.text("new.then"))

    face.answer({"folder": str(written[0].parent), "files": [str(path) for path in written]}, show)
    return EXIT_DONE
