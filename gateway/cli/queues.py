"""`gateway confirm`, `conflicts`: what waits for a person, and the answers."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli.asked import day_from, wrong_usage
from gateway.cli.face import Face, common
from gateway.cli.files import show_done
from gateway.cli.helped import Command, Option
from gateway.cli.progress import shown_progress
from gateway.cli.words import counted, day, month
from gateway.errors import EXIT_DONE, EXIT_UNAVAILABLE


@click.command("confirm", cls=Command)
@click.option("--accept/--decline", "accept", default=None, cls=Option)
@click.option("--group", metavar="ID", cls=Option)
@click.option("--month", metavar="YYYY-MM", cls=Option)
@click.option("--cards", "only_cards", is_flag=True, cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def confirm(face: Face, accept: bool | None, group: str | None, month: str | None, only_cards: bool, provider: str | None) -> int:
    if accept is None:
        waiting = [one for one in face.gateway.withdrawals(provider) if group in (None, one["group"]) and month in (None, one["month"])]
        waiting = [one for one in waiting if one["cards"] or not only_cards]
        face.answer(waiting, lambda: _show_withdrawals(face, waiting))
        return EXIT_DONE
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.answer_withdrawals(accept, provider, group, month, progress, only_cards)
    name = "confirm.accepted" if accept else "confirm.declined"
    face.answer(answer, lambda: show_done(face, face.text(name, number=answer["answered"]), answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


def _show_withdrawals(face: Face, waiting: list[dict[str, Any]]) -> None:
    if not waiting:
        face.put(face.text("confirm.none"))
    for one in waiting:
        if one["cards"]:
            face.put(f"{one['provider']} · {one['source']}", style="bold")
            face.put(face.text("confirm.cards", cards=one["cards"], known=one["known"]), 2)
            face.put(face.text("confirm.cards.how"), 2, is_typed=True)
            continue
        words = {
            "marks": counted("mark", one["marks"], face.language),
            "known": one["known"],
            "children": counted("child", one["children"], face.language),
        }
        face.put(f"{one['provider']} · {one['group']} · {month(one['month'], face.language)}", style="bold")
        face.put(face.text("confirm.one", **words), 2)
        face.put(face.text("confirm.how", group=one["group"], month=one["month"]), 2, is_typed=True)


@click.command("conflicts", cls=Command)
@click.option("--enrollment", metavar="ID", cls=Option)
@click.option("--date", metavar="YYYY-MM-DD", cls=Option)
@click.option("--slot", metavar="N", type=click.IntRange(1), default=1, show_default=True, cls=Option)
@click.option("--take", metavar="SOURCE", cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def conflicts(face: Face, enrollment: str | None, date: str | None, slot: int, take: str | None, provider: str | None) -> int:
    if take is None and enrollment is None and date is None:
        found = face.gateway.conflicts(provider)
        face.answer(found, lambda: _show_conflicts(face, found))
        return EXIT_DONE
    if take is None or enrollment is None or date is None:
        raise wrong_usage("conflicts.incomplete", "conflicts")
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.answer_conflict(enrollment, day_from(date), slot, take, progress)
    face.answer(answer, lambda: show_done(face, face.text("conflicts.done", take=take), answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


def _show_conflicts(face: Face, found: list[dict[str, Any]]) -> None:
    if not found:
        face.put(face.text("conflicts.none"))
    for one in found:
        where = f"{one['enrollment'] or '—'} · {one['group']} · {day(one['date'])}, №{one['slot']}"
        face.put(f"{one['provider']} · {where}: {', '.join(one['sources'])}")
        if one["twofold"]:
            face.put(face.text("conflicts.twofold", source=", ".join(one["twofold"])), 2)
        if one["sources"] != one["twofold"]:
            answer = face.text("conflicts.how", enrollment=one["enrollment"], date=one["date"], slot=one["slot"])
            face.put(answer, 2, is_typed=True)
