"""The match queue on a terminal: one person after the other, each answered by a key and Enter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from gateway.cli.face import Face
from gateway.cli.files import show_done
from gateway.cli.progress import shown_progress
from gateway.cli.words import counted
from gateway.errors import EXIT_DONE, EXIT_UNAVAILABLE

_KEYS = {"o": "o", "щ": "o", "о": "o", "s": "s", "ы": "s", "с": "s", "": "s", "u": "u", "г": "u", "q": "q", "й": "q"}
"""What is typed → what is meant, on a keyboard that is set to Russian too: by the key's place, or by the look of its letter."""

Entry = dict[str, Any]


def walk(
    face: Face, queue: Sequence[Entry], by: str, show_person: Callable[[Face, Entry, bool], None], show_group: Callable[[Face, Entry], None]
) -> int:
    """Ask of each person who it is. Each answer is stored at once; what follows from them is worked out at the end."""
    face.interrupted = "interrupted.import"
    given: list[tuple[str, int]] = []  # provider and number of each answer that stands
    for at, one in enumerate(queue, start=1):
        face.put(f"{at}/{len(queue)}", style="dim")
        if one["queue"] == "groups":
            show_group(face, one)
            continue
        show_person(face, one, True)
        if not _ask(face, one, by, given):
            break
    if not given:
        return EXIT_DONE
    with shown_progress(face) as progress:
        complete = face.gateway.after_answer(progress)
    show_done(face, face.text("match.done", persons=counted("person", len(given), face.language)), {"complete": complete})
    return EXIT_DONE if complete else EXIT_UNAVAILABLE


def _ask(face: Face, one: Entry, by: str, given: list[tuple[str, int]]) -> bool:
    """Ask until there is an answer, or the person is left for another time; False: the end is asked for."""
    last = len(one["candidates"])
    question = face.text("walk.ask", last=last) if last else face.text("walk.ask_none")
    while True:
        typed = str(click.prompt(question, default="", show_default=False, prompt_suffix=" ")).strip().lower()
        key = _KEYS.get(typed)
        if key == "q":
            return False
        if key == "s":
            return True
        if key == "u":
            _take_last_back(face, by, given)
        elif key == "o" or (typed.isdecimal() and 1 <= int(typed) <= last):
            child = None if key == "o" else one["candidates"][int(typed) - 1]["child"]
            given.append((one["provider"], face.gateway.answer_one(one["provider"], one["key"], child, by)))
            return True
        else:
            face.put(face.text("walk.no_such_key", typed=typed))


def _take_last_back(face: Face, by: str, given: list[tuple[str, int]]) -> None:
    if not given:
        face.put(face.text("walk.nothing_given"))
        return
    provider, number = given.pop()
    face.gateway.take_one_back(provider, number, by)
    face.put(face.text("walk.taken_back", answer=number))
