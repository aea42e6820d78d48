"""Stage 2, match: whose mark it is, and which lesson it is of. What comes out is the claim.

A person is matched by what cannot be anybody else's; everything else waits for a person, whose answer is remembered. Two sources' words on
one lesson become one: equal ones are already counted, unequal ones wait.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from gateway.core.claims import LessonAt
from gateway.core.collect import UNKNOWN_GROUP
from gateway.core.conflicts import Taken, taken_at, whose_word
from gateway.core.facts import PRESENT, Candidate, Finding, Level, Place, Status, Text
from gateway.core.lessons import DayLessons
from gateway.core.names import PersonName, likeness, names_agree, names_disagree
from gateway.core.periods import ACADEMIC_HOUR_MINUTES, Period, month_of, month_period


class MarkState(StrEnum):
    """Where a mark has come to. Only `CLAIMED` ones have claims."""

    LISTED = "listed"
    CLAIMED = "claimed"
    WAITING = "waiting"  # N01, N02 or N03
    OUTSIDE = "outside"
    NO_LESSON = "no_lesson"  # a sign, or a cell that means presence on a day in doubt, without a lesson: N04, or absent or excused
    DROPPED = "dropped"  # an empty cell on a day without a lesson: no mark to anybody
    UNFIT = "unfit"  # a number of hours that the day's lessons cannot hold: a question
    WITHDRAWN = "withdrawn"


class PersonToMatch(NamedTuple):
    """A member with what is known of it.

    ``answer``: the child that a person said it is, or that its number once found; ``is_outside``: a person said that it is nobody in the
    register; ``is_undone``: a person took the match back, so that nothing but an answer may match it again.
    """

    person: int
    name: PersonName
    number: str | None
    is_padded: bool
    is_unreadable: bool
    birth_date: dt.date | None
    row: int | None
    answer: str | None = None
    is_outside: bool = False
    is_undone: bool = False

    @property
    def needs_candidates(self) -> bool:
        return self.answer is None and not self.is_outside


class Match(NamedTuple):
    """``rule``: why it waits (N01, N02); None where the child is known or the person is outside. ``by``: number, name, or answer."""

    child: str | None
    rule: str | None = None
    is_outside: bool = False
    by: str | None = None


class WordAt(NamedTuple):
    """A standing mark, as far as claims are concerned. ``run`` orders what one source said of the same lesson."""

    mark: int
    source: str
    person: int
    group: str
    day: dt.date
    status: Status
    hours: int | None
    from_empty: bool
    run: int
    place: Place
    child: str | None  # the child it was last matched with
    lesson: str = ""  # which of the day's lessons, as `Cell` has it; "": all of them


class MarkMatched(NamedTuple):
    """``lessons``: how many marks of the report it stands for; ``slot``: of which lesson it is, 0: of all the day's."""

    mark: int
    state: MarkState
    rule: str | None
    child: str | None
    lessons: int
    slot: int = 0


class ClaimWord(NamedTuple):
    """The word on one claim. ``status`` None: nobody says anything of it any more. ``conflict``: the sources that differ, else ""."""

    child: str
    group: str
    day: dt.date
    slot: int
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    status: Status | None
    hours: int | None
    from_empty: bool
    is_cancelled: bool
    conflict: str
    mark: int | None


@dataclass(slots=True)
class Matched:
    """The plan: where each mark has come to, and the word on each claim that they touch."""

    marks: list[MarkMatched] = field(default_factory=list)
    claims: list[ClaimWord] = field(default_factory=list)
    persons: dict[int, Match] = field(default_factory=dict)
    findings: list[tuple[Finding, str | None]] = field(default_factory=list)


Unit = tuple[str, str, dt.date]
"""(child, group, day): claims are worked out for all of a unit's lessons together."""


def identify(person: PersonToMatch, group: str, month: str, candidates: Sequence[Candidate], by_name: bool) -> Match:
    """Whose member this is, among the register's candidates for one group and month.

    By the answer of a person; by a number whose bearer's name does not disagree (a padded number: whose name agrees); by name and birth
    date; and, where the pack allows it, by the full name alone if exactly one child of that name is enrolled in the group in that month.
    """
    if person.is_outside:
        return Match(None, is_outside=True)
    if person.answer is not None:
        return Match(person.answer, by="answer")
    found = _by_number(person, candidates) if person.number is not None else _by_words(person, group, month, candidates, by_name)
    # What a person has undone waits for an answer, though nothing else speaks against it.
    return Match(None, "N01") if person.is_undone and found.child is not None else found


def _by_words(person: PersonToMatch, group: str, month: str, candidates: Sequence[Candidate], by_name: bool) -> Match:
    named = [child for child in candidates if names_agree(person.name, child.last_name, child.first_name, child.patronymic)]
    if person.birth_date is not None:
        born = [child for child in named if child.birth_date == person.birth_date]
        if len(born) == 1 and person.row is None:
            return Match(born[0].child, by="name")
        named = [child for child in named if child.birth_date is None]
    enrolled = [child for child in named if _is_enrolled(child, group, month_period(month))]
    if person.row is not None or len(enrolled) > 1:
        return Match(None, "N02")
    if by_name and len(enrolled) == 1 and not person.is_unreadable:
        return Match(enrolled[0].child, by="name")
    return Match(None, "N01")


def _by_number(person: PersonToMatch, candidates: Sequence[Candidate]) -> Match:
    bearers = [child for child in candidates if person.number in child.numbers]
    if len(bearers) != 1:
        return Match(None, "N01")
    bearer = bearers[0]
    name = (bearer.last_name, bearer.first_name, bearer.patronymic)
    fits = names_agree(person.name, *name) if person.is_padded else not names_disagree(person.name, *name)
    return Match(bearer.child, by="number") if fits else Match(None, "N01")


def _is_enrolled(child: Candidate, group: str, period: Period) -> bool:
    return any(enrolled == group and days.overlaps(period) for enrolled, days in child.enrolled)


class Shown(NamedTuple):
    """A candidate that a person is shown, with the reasons for and against."""

    candidate: Candidate
    reasons: tuple[Text, ...]
    likeness: float


def candidates_shown(person: PersonToMatch, group: str, month: str, candidates: Sequence[Candidate]) -> list[Shown]:
    """The register's children for the match queue, the likeliest first."""
    shown = [
        Shown(child, _reasons(person, group, month, child), likeness(person.name, child.last_name, child.first_name))
        for child in candidates
    ]
    return sorted(shown, key=lambda one: (-one.likeness, one.candidate.child))


def _reasons(person: PersonToMatch, group: str, month: str, child: Candidate) -> tuple[Text, ...]:
    reasons = []
    if names_agree(person.name, child.last_name, child.first_name, child.patronymic):
        reasons.append(Text("имя совпадает", "the name agrees"))
    elif names_disagree(person.name, child.last_name, child.first_name, child.patronymic):
        reasons.append(Text("имя другое", "another name"))
    if person.number is not None:
        agrees = person.number in child.numbers
        reasons.append(Text("номер сертификата совпадает", "the number agrees") if agrees else Text("номер другой", "another number"))
    if person.birth_date is not None and child.birth_date is not None:
        agrees = person.birth_date == child.birth_date
        reasons.append(
            Text("дата рождения совпадает", "the birth date agrees") if agrees else Text("дата рождения другая", "another birth date")
        )
    if _is_enrolled(child, group, month_period(month)):
        reasons.append(Text("зачислен в эту группу", "enrolled in this group"))
    else:
        reasons.append(Text("в эту группу не зачислен", "not enrolled in this group"))
    return tuple(reasons)


def plan(
    listed: Iterable[WordAt],
    siblings: Iterable[WordAt],
    match_of: Callable[[int, str, str], Match],
    lessons_of: Callable[[str, dt.date], DayLessons],
    known_slots: Mapping[Unit, Collection[int]],
    take: Mapping[Unit, Sequence[Taken]],
    precedence: Sequence[str] = (),
) -> Matched:
    """Work out the marks' states and the claims' words.

    Args:
        listed: the marks on the list, withdrawn ones included.
        siblings: other standing marks of the same children, groups and days, already matched.
        match_of: (person, group, month) → whose it is.
        lessons_of: (group, day) → the day's lessons, cancelled ones included, by slot.
        known_slots: slots of each unit's claims that exist.
        take: the answers on conflicts in each unit, the latest last.
        precedence: sources whose word goes first, by the provider's setting.
    """
    matched = Matched()
    units: dict[Unit, list[WordAt]] = defaultdict(list)
    touched: dict[Unit, None] = {}
    for word in listed:
        if word.child is not None:
            touched[(word.child, word.group, word.day)] = None
        found = _judge(word, match_of, lessons_of, matched)
        matched.marks.append(found)
        if found.state is MarkState.CLAIMED:
            unit = (found.child or "", word.group, word.day)
            touched[unit] = None
            units[unit].append(word)
    for word in siblings:
        unit = (word.child or "", word.group, word.day)
        if unit in touched:
            units[unit].append(word)
    for unit in touched:
        lessons, words, slots = lessons_of(unit[1], unit[2]), units[unit], known_slots.get(unit, ())
        if len(words) == 1 and not slots:
            matched.claims.extend(_claims_of_one(words[0], unit[0], lessons))
        else:
            matched.claims.extend(_claims_of(unit, words, lessons, slots, take.get(unit, ()), precedence))
    return matched


def _claims_of_one(word: WordAt, child: str, day: DayLessons) -> list[ClaimWord]:
    """Most claims of all: nobody to differ with, and nothing said before."""
    status, hours, lessons = word.status, word.hours, _lessons_meant(word, day)
    return [
        ClaimWord(
            child, word.group, word.day, lesson.slot, lesson.starts_at, lesson.ends_at,
            status if hours is None else _at_lesson(word, lessons, position), hours, word.from_empty, lesson.is_cancelled, "", word.mark,
        )
        for position, lesson in enumerate(lessons)
    ]  # fmt: skip


def _lessons_meant(word: WordAt, day: DayLessons) -> tuple[LessonAt, ...]:
    """The lessons that a mark speaks of; none where nobody can say which of the day's its own is."""
    if not word.lesson or not day.lessons:
        return day.lessons
    position = day.position(word.source, word.lesson)
    return () if position is None else day.lessons[position : position + 1]


def _judge(
    word: WordAt,
    match_of: Callable[[int, str, str], Match],
    lessons_of: Callable[[str, dt.date], DayLessons],
    matched: Matched,
) -> MarkMatched:
    """Where one mark has come to."""
    if word.status is Status.NOTHING:
        return MarkMatched(word.mark, MarkState.WITHDRAWN, None, None, 0)
    if word.group.startswith(UNKNOWN_GROUP):
        # Without a timetable nobody can say whether an empty cell is a lesson's.
        return MarkMatched(word.mark, MarkState.WAITING, "N03", None, 0 if word.from_empty else 1)
    day = lessons_of(word.group, word.day)
    if not day.lessons and word.from_empty and not day.is_doubtful:
        return MarkMatched(word.mark, MarkState.DROPPED, None, None, 0)
    lessons = _lessons_meant(word, day)
    slot = lessons[0].slot if word.lesson and lessons else 0
    match = match_of(word.person, word.group, month_of(word.day))
    matched.persons[word.person] = match
    if match.is_outside:
        return MarkMatched(word.mark, MarkState.OUTSIDE, None, None, max(1, len(lessons)), slot)
    if match.rule is not None:
        return MarkMatched(word.mark, MarkState.WAITING, match.rule, None, max(1, len(lessons)), slot)
    if not day.lessons:
        return MarkMatched(word.mark, MarkState.NO_LESSON, "N04", match.child, 1)
    if not lessons:
        matched.findings.append((unplaced_lesson(word, day), word.group))
        return MarkMatched(word.mark, MarkState.UNFIT, None, None, 0)
    if word.hours is not None and _spread(word.hours, lessons) is None:
        matched.findings.append((unfit_hours(word.hours, word.day, word.place), word.group))
        return MarkMatched(word.mark, MarkState.UNFIT, None, None, 0)
    return MarkMatched(word.mark, MarkState.CLAIMED, None, match.child, len(lessons), slot)


def _claims_of(
    unit: Unit,
    words: Sequence[WordAt],
    day_lessons: DayLessons,
    known_slots: Collection[int],
    take: Sequence[Taken],
    precedence: Sequence[str],
) -> Iterable[ClaimWord]:
    child, group, day = unit
    best: dict[int, dict[str, tuple[WordAt, Status]]] = defaultdict(dict)
    cards: dict[tuple[int, str], dict[int, Status]] = defaultdict(dict)  # what each of a source's persons of this child signs
    for word in sorted(words, key=_weight):
        lessons = _lessons_meant(word, day_lessons)
        for position, lesson in enumerate(lessons):
            status = _at_lesson(word, lessons, position)
            best[lesson.slot][word.source] = (word, status)
            if not word.from_empty:
                cards[(lesson.slot, word.source)][word.person] = Status.ATTENDED if status in PRESENT else status
    left, taken = set(known_slots), taken_at(take, day_lessons.lessons)
    for lesson in day_lessons.lessons:
        speaking = best.get(lesson.slot)
        if not speaking:
            continue
        left.discard(lesson.slot)
        said = {
            source: status if len(set(cards[(lesson.slot, source)].values())) <= 1 else None for source, (_, status) in speaking.items()
        }
        source, conflict = whose_word(said, taken.get(lesson.slot), precedence)
        word, status = speaking[source]
        yield ClaimWord(
            child, group, day, lesson.slot, lesson.starts_at, lesson.ends_at,
            status, word.hours, word.from_empty, lesson.is_cancelled, conflict, word.mark,
        )  # fmt: skip
    for slot in sorted(left):
        yield ClaimWord(child, group, day, slot, None, None, None, None, False, False, "", None)


def _weight(word: WordAt) -> tuple[bool, int, int]:
    """A02: of one source's words on a lesson the later revision counts; a sign goes before an empty cell."""
    return (not word.from_empty, word.run, word.mark)


def _at_lesson(word: WordAt, lessons: Sequence[LessonAt], position: int) -> Status:
    if word.hours is None:
        return word.status
    parts = _spread(word.hours, lessons) or ()
    return Status.ATTENDED if position < len(parts) and parts[position] > 0 else Status.ABSENT


def _spread(hours: int, lessons: Sequence[LessonAt]) -> list[int] | None:
    """Spread hundredths of an hour over the day's lessons, in order; None where they do not fit.

    A lesson holds its academic hours, begun ones whole: 95 minutes are two and a break.
    """
    left, parts = hours, []
    for lesson in lessons:
        room = max(1, -(-lesson.minutes // ACADEMIC_HOUR_MINUTES)) * 100
        part = min(left, room)
        parts.append(part)
        left -= part
    return parts if left == 0 else None


def unplaced_lesson(word: WordAt, day: DayLessons) -> Finding:
    """What is said of a mark of which nobody can say which of the day's lessons it is of."""
    starts = ", ".join(f"{lesson.starts_at:%H:%M}" for lesson in day.lessons)
    return Finding(
        Level.UNREAD,
        word.place,
        Text(
            f"занятие {word.day:%d.%m.%Y} ({word.lesson}): в этот день у группы занятия {starts}; какое из них — не ясно.",
            f"the lesson of {word.day:%d.%m.%Y} ({word.lesson}): the group has lessons at {starts} that day; which one it is is not clear.",
        ),
        Text(
            "Исправьте время занятия в своей системе или расписание группы в Навигаторе.",
            "Mend the lesson's time in your own system, or the group's timetable in the Navigator.",
        ),
    )


def unfit_hours(hours: int | None, day: dt.date, place: Place) -> Finding:
    """What is said of hours (hundredths) that the day's lessons cannot hold."""
    shown = f"{(hours or 0) / 100:g}"
    return Finding(
        Level.UNREAD,
        place,
        Text(
            f"{shown} ч за {day:%d.%m.%Y} больше, чем длятся занятия группы в этот день.",
            f"{shown} hours on {day:%d.%m.%Y} are more than the group's lessons of that day last.",
        ),
        Text(
            "Исправьте число часов или расписание группы в Навигаторе.",
            "Mend the number of hours, or the group's timetable in the Navigator.",
        ),
    )
