"""`gateway sync`."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli.asked import day_from
from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Option
from gateway.cli.progress import shown_progress
from gateway.cli.report import show_reading
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_UNREADABLE


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
