"""Sources that differ about one lesson (A14): whose word counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.core.claims import LessonAt
from gateway.core.facts import PRESENT, Status


class Taken(NamedTuple):
    """A person's answer on a conflict: whose word counts at the lesson of this start, as "HH:MM".

    ``is_only``: it was the day's only lesson. A start that is mended leaves such a lesson what it was.
    """

    starts_at: str
    source: str
    is_only: bool


def taken_at(answers: Sequence[Taken], lessons: Sequence[LessonAt]) -> dict[int, str]:
    """Slot → the source whose word was chosen there. An answer stays with its lesson when another is put in before it."""
    slot_at = {f"{lesson.starts_at:%H:%M}": lesson.slot for lesson in lessons}
    taken = {slot_at[one.starts_at]: one.source for one in answers if one.starts_at in slot_at}
    if len(lessons) == 1 and not taken:
        taken.update((lessons[0].slot, one.source) for one in answers if one.is_only)
    return taken


def whose_word(said: Mapping[str, Status | None], taken: str | None, precedence: Sequence[str]) -> tuple[str, str]:
    """A14: equal words are one; else the source that a person took, else the first by precedence, else a conflict.

    Args:
        said: source → its word; None: two of its cards or rows are of this child and say different things.

    Returns:
        The source whose word stands, and the names of those that differ: "" where none do, twice the one that differs from itself.
    """
    if taken is not None and said.get(taken) is not None:
        return taken, ""
    first = min(said)
    if len({Status.ATTENDED if status in PRESENT else status for status in said.values()}) == 1 and said[first] is not None:
        return first, ""
    names = sorted([*said, *(source for source, status in said.items() if status is None)])
    settled = settled_by(names, precedence)
    return (settled, "") if settled is not None else (first, ", ".join(names))


def settled_by(names: Sequence[str], precedence: Sequence[str]) -> str | None:
    """Whose word counts by the provider's order; None: it names none of those that differ, or first one that differs from itself."""
    goes_first = next((source for source in precedence if source in names), None)
    return goes_first if goes_first is not None and names.count(goes_first) == 1 else None
