"""`gateway match`, `confirm`, `conflicts`: what waits for a person, and the answers."""

from __future__ import annotations

import shlex
from typing import Any

import click

from gateway.cli.asked import day_from, wrong_usage
from gateway.cli.face import Face, common
from gateway.cli.files import show_done
from gateway.cli.helped import Command, Option
from gateway.cli.progress import shown_progress
from gateway.cli.words import cell, counted, day, masked, month, rule_in_short
from gateway.errors import EXIT_DONE, EXIT_UNAVAILABLE

# ---------------------------------------------------------------- match


@click.command("match", cls=Command)
@click.argument("persons", metavar="[PERSON]...", nargs=-1)
@click.option("--child", metavar="ID", cls=Option)
@click.option("--outside", is_flag=True, cls=Option)
@click.option("--undo", is_flag=True, cls=Option)
@click.option("--group", metavar="ID", cls=Option)
@click.option("--row", metavar="N", type=click.IntRange(1), cls=Option)
@click.option("--group-words", metavar="WORDS", cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def match(
    face: Face,
    persons: tuple[str, ...],
    child: str | None,
    outside: bool,
    undo: bool,
    group: str | None,
    row: int | None,
    group_words: str | None,
    provider: str | None,
) -> int:
    answers = [child is not None, outside, undo]
    if group_words is not None:
        if group is None or persons or any(answers) or row is not None:
            raise wrong_usage("match.words_need_group", "match")
        return _answer_group(face, provider, group_words, group)
    if not persons:
        if any(answers) or row is not None or group is not None:
            raise wrong_usage("match.nobody", "match")
        queue = face.gateway.match_queue(provider)
        face.answer(queue, lambda: _show_queue(face, queue))
        return EXIT_DONE
    if sum(answers) != 1:
        raise wrong_usage("match.one_answer", "match")
    if len(persons) > 1 and child is not None:
        raise wrong_usage("match.one_child", "match")
    return _answer_persons(face, persons, provider, group, "" if undo else child, outside, row)


def _answer_persons(
    face: Face, persons: tuple[str, ...], provider: str | None, group: str | None, child: str | None, outside: bool, row: int | None
) -> int:
    face.interrupted = "interrupted.import"
    answered, complete = 0, True
    with shown_progress(face) as progress:
        for person in persons:
            done = face.gateway.answer_match(person, provider, group, child, outside, row, progress)
            answered, complete = answered + done["answered"], done["complete"]
    answer: dict[str, Any] = {"answered": answered, "complete": complete}
    name = "match.undone" if child == "" else "match.outside" if outside else "match.done"
    face.answer(answer, lambda: show_done(face, face.text(name, persons=counted("person", answered, face.language)), answer))
    return EXIT_DONE if complete else EXIT_UNAVAILABLE


def _answer_group(face: Face, provider: str | None, words: str, group: str) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.answer_group(provider, words, group, progress)
    face.answer(answer, lambda: show_done(face, face.text("match.group_done", words=words, group=group), answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


def _show_queue(face: Face, queue: list[dict[str, Any]]) -> None:
    if not queue:
        face.put(face.text("match.none"))
        return
    for one in queue:
        if one["queue"] == "groups":
            _show_group(face, one)
        else:
            _show_person(face, one)
    face.put()
    face.put(face.text("match.how"))


def _show_group(face: Face, one: dict[str, Any]) -> None:
    face.put(face.text("match.group", words=one["words"], provider=one["provider"]), style="bold")
    face.put(face.text("match.group_how", words=shlex.quote(one["words"])), 4, is_typed=True)


def _show_person(face: Face, one: dict[str, Any]) -> None:
    known = [
        face.text("quoted", words=one["person"]),
        one["group"],
        cell(one["sheet"], one["row"], None, face.language) or face.text("match.in_system", source=one["source"], id=one["id"] or "—"),
        counted("mark", one["marks"], face.language),
        f"{day(one['first'])}–{day(one['last'])}",
    ]
    if one["certificate"]:
        known.insert(1, face.text("report.certificate", number=masked(one["certificate"])))
    face.put(" · ".join(known), style="bold")
    face.put(f"{one['rule']}  {rule_in_short(one['rule'], face.language)}", 2)
    if not one["candidates"]:
        face.put(face.text("match.no_candidates"), 4)
    for candidate in one["candidates"]:
        numbers = ", ".join(masked(number) for number in candidate["certificates"])
        face.put(f"--child {candidate['child']}  {candidate['name']}  {numbers}", 4)
        if candidate["reasons"]:
            face.put("; ".join(candidate["reasons"]), 8)


# ---------------------------------------------------------------- confirm, conflicts


@click.command("confirm", cls=Command)
@click.option("--accept/--decline", "accept", default=None, cls=Option)
@click.option("--group", metavar="ID", cls=Option)
@click.option("--month", metavar="YYYY-MM", cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def confirm(face: Face, accept: bool | None, group: str | None, month: str | None, provider: str | None) -> int:
    if accept is None:
        waiting = [one for one in face.gateway.withdrawals(provider) if group in (None, one["group"]) and month in (None, one["month"])]
        face.answer(waiting, lambda: _show_withdrawals(face, waiting))
        return EXIT_DONE
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.answer_withdrawals(accept, provider, group, month, progress)
    name = "confirm.accepted" if accept else "confirm.declined"
    face.answer(answer, lambda: show_done(face, face.text(name, number=answer["answered"]), answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


def _show_withdrawals(face: Face, waiting: list[dict[str, Any]]) -> None:
    if not waiting:
        face.put(face.text("confirm.none"))
    for one in waiting:
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
        answer = face.text("conflicts.how", enrollment=one["enrollment"], date=one["date"], slot=one["slot"])
        face.put(answer, 2, is_typed=True)
