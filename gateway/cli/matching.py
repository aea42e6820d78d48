"""`gateway match`: who was not recognised, the answers one by one or of many at once, who gave them, and taking them back."""

from __future__ import annotations

import getpass
import shlex
import sys
from collections.abc import Collection, Sequence
from typing import Any

import click

from gateway.cli.asked import wrong_usage
from gateway.cli.face import Face, common
from gateway.cli.files import show_done
from gateway.cli.helped import Command, Option
from gateway.cli.progress import shown_progress
from gateway.cli.walking import walk
from gateway.cli.words import cell, counted, day, instant, masked, rule_in_short
from gateway.errors import EXIT_DONE, EXIT_UNAVAILABLE
from gateway.flow.matching import Chosen

PERSONS_SHOWN_MAX = 10
"""Persons of one answer that the history names."""


class Rows(click.IntRange):
    """Rows of a sheet: 14, 14-19, or several with commas."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[int]:  # type: ignore[override]
        found: set[int] = set()
        for part in str(value).split(","):
            ends = [click.IntRange.convert(self, end.strip(), param, ctx) for end in part.replace("–", "-").split("-", 1)]  # type: ignore[arg-type]
            found.update(range(ends[0], ends[-1] + 1))
        return frozenset(found)


@click.command("match", cls=Command)
@click.argument("persons", metavar="[PERSON]...", nargs=-1)
@click.option("--child", metavar="ID", cls=Option)
@click.option("--outside", is_flag=True, cls=Option)
@click.option("--undo", is_flag=True, cls=Option)
@click.option("--answer", metavar="N", type=click.IntRange(1), cls=Option)
@click.option("--answered", is_flag=True, cls=Option)
@click.option("--group", metavar="ID", cls=Option)
@click.option("--row", "rows", metavar="N", type=Rows(1), multiple=True, cls=Option)
@click.option("--file", metavar="NAME", cls=Option)
@click.option("--source", metavar="NAME", cls=Option)
@click.option("--all", "everybody", is_flag=True, cls=Option)
@click.option("--yes", is_flag=True, cls=Option)
@click.option("--as", "actor", metavar="NAME", cls=Option)
@click.option("--group-words", metavar="WORDS", cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def match(
    face: Face,
    persons: tuple[str, ...],
    child: str | None,
    outside: bool,
    undo: bool,
    answer: int | None,
    answered: bool,
    group: str | None,
    rows: tuple[frozenset[int], ...],
    file: str | None,
    source: str | None,
    everybody: bool,
    yes: bool,
    actor: str | None,
    group_words: str | None,
    provider: str | None,
) -> int:
    said = [child is not None, outside, undo]
    chosen = Chosen(provider, group, source, file, frozenset().union(*rows))
    if group_words is not None:
        if group is None or persons or any(said) or rows:
            raise wrong_usage("match.words_need_group", "match")
        return _answer_group(face, provider, group_words, group)
    if answered:
        if any(said):
            raise wrong_usage("match.history_alone", "match")
        return _history(face, provider, persons)
    if answer is not None:
        if not undo or persons or child is not None or outside:
            raise wrong_usage("match.answer_is_undone", "match")
        return _take_back(face, provider, answer, _who(actor))
    if persons:
        if sum(said) != 1:
            raise wrong_usage("match.one_answer", "match")
        if len(persons) > 1 and child is not None:
            raise wrong_usage("match.one_child", "match")
        return _answer_persons(face, persons, chosen, "" if undo else child, outside, _who(actor))
    if outside and child is None and not undo:
        if not everybody and not chosen.is_narrow:
            raise wrong_usage("match.outside_whom", "match")
        return _answer_many(face, chosen, yes, _who(actor))
    if any(said):
        raise wrong_usage("match.nobody", "match")
    return _queue(face, chosen, _who(actor))


def _who(actor: str | None) -> str:
    """Who answers: as named, else the user of the system."""
    named = (actor or "").strip()
    if named:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return ""


# ---------------------------------------------------------------- answers


def _answer_persons(face: Face, persons: Sequence[str], chosen: Chosen, child: str | None, outside: bool, by: str) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.answer_match(persons, chosen.provider, chosen.group, child, outside, chosen.rows or None, progress, by)
    name = "match.undone" if child == "" else "match.outside" if outside else "match.done"
    return _done(face, name, answer)


def _answer_many(face: Face, chosen: Chosen, yes: bool, by: str) -> int:
    """All that are chosen are outside. First it shows whom that means: an answer to somebody who is not shown is nobody's will."""
    known = face.gateway.provider(chosen.provider).provider
    chosen = Chosen(known, chosen.group, chosen.source, chosen.file, chosen.rows)
    queue = [one for one in face.gateway.match_queue(known, not yes, chosen) if one["queue"] == "match"]
    if not yes:
        preview = {"answer": None, "answered": 0, "would_answer": queue}
        face.answer(preview, lambda: _show_preview(face, queue))
        if not queue or face.as_json or not sys.stdin.isatty():
            return EXIT_DONE
        if not click.confirm(face.text("match.many_ask", persons=counted("person", len(queue), face.language)), err=True):
            face.put(face.text("match.many_declined"))
            return EXIT_DONE
    elif not queue:
        face.answer({"answer": None, "answered": 0, "complete": True}, lambda: face.put(face.text("match.none_chosen")))
        return EXIT_DONE
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.say_outside(known, [one["key"] for one in queue], by, progress)
    return _done(face, "match.outside", answer)


def _done(face: Face, name: str, answer: dict[str, Any]) -> int:
    sentence = face.text(name, persons=counted("person", answer["answered"], face.language))
    if answer.get("answer") is not None:
        sentence += " " + face.text("match.undo_how", answer=answer["answer"])
    face.answer(answer, lambda: show_done(face, sentence, answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


def _take_back(face: Face, provider: str | None, number: int, by: str) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.take_back_answer(provider, number, by, progress)
    return _done(face, "match.undone", answer)


def _answer_group(face: Face, provider: str | None, words: str, group: str) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.answer_group(provider, words, group, progress)
    face.answer(answer, lambda: show_done(face, face.text("match.group_done", words=words, group=group), answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


# ---------------------------------------------------------------- what waits


def _queue(face: Face, chosen: Chosen, by: str) -> int:
    queue = face.gateway.match_queue(chosen.provider, True, chosen)
    if queue and not face.as_json and sys.stdin.isatty() and sys.stdout.isatty():
        return walk(face, queue, by, show_person, _show_group)
    face.answer(queue, lambda: _show_queue(face, queue))
    return EXIT_DONE


def _show_queue(face: Face, queue: Sequence[dict[str, Any]]) -> None:
    if not queue:
        face.put(face.text("match.none"))
        return
    for one in queue:
        if one["queue"] == "groups":
            _show_group(face, one)
        else:
            show_person(face, one)
    face.put()
    face.put(face.text("match.how"))


def _show_group(face: Face, one: dict[str, Any]) -> None:
    face.put(face.text("match.group", words=one["words"], provider=one["provider"]), style="bold")
    face.put(face.text("match.group_how", words=shlex.quote(one["words"])), 4, is_typed=True)


def show_person(face: Face, one: dict[str, Any], numbered: bool = False) -> None:
    """A person of the queue with its candidates; ``numbered``: they are chosen by their numbers."""
    face.put(" · ".join(_known(face, one)), style="bold")
    face.put(f"{one['rule']}  {rule_in_short(one['rule'], face.language)}", 2)
    if not one["candidates"]:
        face.put(face.text("match.no_candidates"), 4)
    for number, candidate in enumerate(one["candidates"], start=1):
        numbers = ", ".join(masked(number) for number in candidate["certificates"])
        named = f"{number})" if numbered else f"--child {candidate['child']}"
        face.put(f"{named}  {candidate['name']}  {numbers}", 4)
        if candidate["reasons"]:
            face.put("; ".join(candidate["reasons"]), 8)


def _known(face: Face, one: dict[str, Any]) -> list[str]:
    place = cell(one["sheet"], one["row"], None, face.language)
    known = [
        face.text("quoted", words=one["person"]),
        one["group"],
        place or face.text("match.in_system", source=one["source"], id=one["id"] or "—"),
        counted("mark", one["marks"], face.language),
        f"{day(one['first'])}–{day(one['last'])}",
    ]
    if one["certificate"]:
        known.insert(1, face.text("report.certificate", number=masked(one["certificate"])))
    return known


def _show_preview(face: Face, queue: Sequence[dict[str, Any]]) -> None:
    """Whom an answer would be about; whom the register has by this very name or number is told beside it."""
    if not queue:
        face.put(face.text("match.none_chosen"))
        return
    face.put(face.text("match.many", persons=counted("person", len(queue), face.language)), style="bold")
    for one in queue:
        face.put(" · ".join(_known(face, one)), 2)
        for alike in (each for each in one["candidates"] if each["is_alike"]):
            face.put(face.text("match.many_alike", name=alike["name"], reasons="; ".join(alike["reasons"])), 4)
    face.put()
    face.put(face.text("match.many_how"))


# ---------------------------------------------------------------- what was answered


def _history(face: Face, provider: str | None, persons: Collection[str]) -> int:
    found = face.gateway.answered(provider, persons)

    def show() -> None:
        if not found:
            face.put(face.text("match.none_answered"))
        for one in found:
            said = face.text(f"match.said.{one['said']}", child=one["child"])
            head = (f"№ {one['answer']}", instant(one["at"]), one["by"] or "—", said, counted("person", len(one["persons"]), face.language))
            face.put(" · ".join(head), style="bold")
            named = [face.text("quoted", words=each["person"] or "—") for each in one["persons"][:PERSONS_SHOWN_MAX]]
            left = len(one["persons"]) - len(named)
            face.put(", ".join(named) + (face.text("match.and_more", number=left) if left else ""), 2)
            if one["undone_at"]:
                face.put(face.text("match.was_undone", at=instant(one["undone_at"]), by=one["undone_by"] or "—"), 2)

    face.answer(found, show)
    return EXIT_DONE
