"""Stage 1, collect: what an adapter read becomes facts, compared with the facts that stand.

A file is never skipped because it was seen before, and nothing is ever withdrawn because a batch does not mention it: only a window may do
that, and above a limit only a person.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from gateway.core.collect import cards, questions, resent, shared, told
from gateway.core.collect.known import (
    CARDS,
    UNKNOWN_GROUP,
    Cell,
    Collected,
    GroupTold,
    HeldWithdrawal,
    Known,
    NewPerson,
    Person,
    ReadBatch,
    ReadMark,
    Row,
    Sheet,
    StandingMark,
    Told,
    Word,
    group_reference,
)
from gateway.core.collect.persons import PersonBook
from gateway.core.facts import Batch, EmptyMeaning, Finding, Group, Lesson, LessonState, Mark, Member, Place, Status, Window
from gateway.core.lessons import Schedule, StandingLesson
from gateway.core.names import folded
from gateway.core.periods import Period, intersection

__all__ = [
    "CARDS", "UNKNOWN_GROUP", "Cell", "Collected", "GroupTold", "HeldWithdrawal", "Known", "NeedsAll", "NewPerson", "Person", "ReadBatch",
    "ReadMark", "Row", "StandingMark", "Told", "Word", "digest", "group_reference", "plan", "plan_read", "read", "resent", "shared", "told",
]  # fmt: skip


class NeedsAll(Exception):
    """What an input says cannot be judged by its changed rows alone: all of it has to be compared."""


def read(
    batches: Iterable[Batch],
    group_of: Callable[[str], str | None],
    today: dt.date,
    before: Mapping[str, tuple[str, GroupTold]] = MappingProxyType({}),
) -> list[ReadBatch]:
    """What was read, group by group.

    Args:
        today: the provider's own date.
        before: the source's groups as they were told before, as `shared.share` takes them.
    """
    found = [_read_batch(batch, group_of, today) for batch in batches]
    shared.share(found, before)
    return found


def _read_batch(batch: Batch, group_of: Callable[[str], str | None], today: dt.date) -> ReadBatch:
    parts: dict[str, _Part] = defaultdict(_Part)
    member_of: dict[str, Member] = {}
    own_ids: dict[str, frozenset[str]] = defaultdict(frozenset)
    for record in batch.records:
        if isinstance(record, Member):
            member_of[record.key] = record
            parts[record.group].members.append(record)
        elif isinstance(record, Lesson):
            parts[record.group].lessons.append(record)
        elif isinstance(record, Group):
            parts[record.words]  # known, though nothing more is said of it
            own_ids[record.words] |= {record.own_id} if record.own_id is not None else set()
    for record in batch.records:
        if isinstance(record, Mark):
            parts[member_of[record.member].group].marks.append(record)
    for window in batch.windows:
        parts[window.group].windows.append(window)
    reference = {words: group_reference(words, group_of(words)) for words in parts}
    sheets = [
        _sheet(reference[words], words, each, window, member_of, today)
        for words, part in parts.items()
        for window, each in part.by_window()
    ]  # fmt: skip
    return ReadBatch(batch, reference, set(reference), sheets, own_ids)


@dataclass(slots=True)
class _Part:
    """What a batch says of one group."""

    members: list[Member] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    lessons: list[Lesson] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)

    def by_window(self) -> Iterable[tuple[Window | None, _Part]]:
        """Most often one; of several windows each with what falls into it, and what falls into none at the end."""
        if len(self.windows) <= 1:
            yield (self.windows[0] if self.windows else None), self
            return
        marks, lessons = self.marks, self.lessons
        for window in self.windows:
            within = [mark for mark in marks if mark.day in window.period], [lesson for lesson in lessons if lesson.day in window.period]
            yield window, _Part(self.members, *within)
            marks = [mark for mark in marks if mark.day not in window.period]
            lessons = [lesson for lesson in lessons if lesson.day not in window.period]
        if marks or lessons:
            yield None, _Part(self.members, marks, lessons)


def _sheet(group: str, words: str, part: _Part, window: Window | None, member_of: dict[str, Member], today: dt.date) -> Sheet:
    meaning, last = _meaning_of_empty(window, today)
    start_of = {lesson.own_id: start for lesson in part.lessons if lesson.own_id and (start := start_text(lesson))}
    return Sheet(group, words, window, part.members, part.marks, part.lessons, member_of, start_of, meaning, last)


def digest(batches: Iterable[ReadBatch], key_of: Callable[[str], str]) -> None:
    """Give the sheets their digests, unless two of them speak of the same days of a group: those are compared one after the other."""
    sheets = [sheet for each in batches for sheet in each.sheets]
    if told.are_apart(sheets):
        for sheet in sheets:
            sheet.digests = told.digests_of(sheet, key_of)


def plan(batches: Iterable[Batch], known: Known) -> Collected:
    """Compare what was read with what is known. Pure: no clock, no store."""
    return plan_read(read(batches, known.group_of, known.today), known)


def plan_read(batches: Iterable[ReadBatch], known: Known) -> Collected:
    """Compare what was read with what is known.

    Of sheets that were told before (`told.recognise`) only the changed rows are compared, and only their persons' marks need be known.

    Raises:
        NeedsAll: the changed rows do not suffice; never where no sheet was told before.
    """
    collected = Collected()
    batches = list(batches)
    is_part = any(sheet.changed is not None for each in batches for sheet in each.sheets)
    persons = PersonBook(known)
    for each in batches:
        _plan_batch(each, known, persons, collected)
    cards.hold(collected, known)
    if any(entry.is_known for entry in collected.persons):  # what a person is known by has changed, and any sheet may speak of it
        if is_part:
            raise NeedsAll
        collected.told.clear()
    return collected


def _plan_batch(read: ReadBatch, known: Known, persons: PersonBook, collected: Collected) -> None:
    for words, group in read.reference.items():
        collected.groups[folded(words)] = group
        collected.group_words.setdefault(group, words)
    for key, told_now in shared.told_of(read).items():
        collected.groups_told[key] = collected.groups_told.get(key, GroupTold()).absorb(told_now)
    if read.batch.cursor is not None:
        collected.cursor = read.batch.cursor
    if read.batch.is_resent:  # it is the latest word on itself alone: what was found in such a file before stands no more
        collected.covered.add(("", ""))
    for finding in read.batch.findings:
        collected.findings.append((finding, read.reference.get(finding.group) if finding.group else None))
    unknown = [sheet for sheet in read.sheets if sheet.changed is None]
    person_of = persons.of_members([member for sheet in unknown for member in sheet.members], read.reference, collected)
    for sheet in unknown:
        sheet.person_of = person_of
    for sheet in read.sheets:
        before = len(collected.findings)
        _plan_sheet(sheet, known, collected)
        if len(collected.findings) == before and (kept := told.told_as(sheet)) is not None:
            collected.told.append(kept)
            if sheet.changed is not None and not sheet.changed:
                collected.stands.add(kept)


def _plan_sheet(sheet: Sheet, known: Known, collected: Collected) -> None:
    if sheet.window is not None:
        month = f"{sheet.window.period.first:%Y-%m}"
        collected.covered.add((sheet.group, month))
    contradicted = _days_off_against_timetable(sheet, known)
    if contradicted:
        collected.findings.append((questions.timetable_question(sheet, contradicted), sheet.group))
        collected.stopped += 1
        return
    _ask_about_empty(sheet, known, collected)
    if sheet.changed is None:
        read = _compare(sheet, known, collected)
        collected.read_later(lambda: read)
        return
    if sheet.changed:
        rows = [member for member in sheet.members if member.key in sheet.changed]
        _compare(replace(sheet, members=rows, marks=[mark for mark in sheet.marks if mark.member in sheet.changed]), known, collected)
    collected.read_later(lambda: _read_again(sheet, collected.words))


def _compare(sheet: Sheet, known: Known, collected: Collected) -> list[ReadMark]:
    """What the sheet's rows say against what stands; the marks that they give."""
    said, read = _words_of(sheet, collected.findings)
    found = []
    for cell, word in said.items():
        standing = known.marks.get(cell)
        changes = word.status is not Status.NOTHING and (standing is None or not standing.word.says_the_same_as(word))
        if changes:
            collected.words[cell] = word
        if cell in read:
            said_before = standing is not None and known.resumes is not None and standing.run == known.resumes
            found.append(ReadMark(read[cell], cell, word, changes or said_before))
    found += resent.as_they_stand(sheet, said, known)
    complete = _complete_days(sheet)
    _plan_withdrawals(sheet, said, complete, known, collected)
    if sheet.changed is None:  # lessons are part of what a told sheet is known by
        _plan_lessons(sheet, complete, known, collected)
    return found


def _read_again(sheet: Sheet, words: Mapping[Cell, Word]) -> list[ReadMark]:
    """The marks of a sheet that was told before. ``words``: what the input newly says."""
    said, read = _words_of(sheet, [])
    return [ReadMark(read[cell], cell, word, cell in words) for cell, word in said.items() if cell in read]


def _complete_days(sheet: Sheet) -> Period | None:
    """The days of which the sheet says all: only there may what it no longer says be withdrawn. None: of no day."""
    if sheet.window is None or sheet.meaning is None or sheet.meaning is EmptyMeaning.UNKNOWN:
        return None
    return intersection(sheet.window.period, Period(dt.date.min, sheet.last or dt.date.max))


def _words_of(sheet: Sheet, findings: list[tuple[Finding, str | None]]) -> tuple[dict[Cell, Word], dict[Cell, Member]]:
    """The sheet's words by cell.

    Of a child written twice the explicit word counts; two that differ are a question, and neither is taken.
    """
    said: dict[Cell, Word] = {}
    read: dict[Cell, Member] = {}
    disputed: set[Cell] = set()
    for mark in sheet.marks:
        word = _word_of(mark, sheet.meaning, sheet.last)
        if word is None:
            continue
        lesson = sheet.start_of.get(mark.lesson, mark.lesson) if mark.lesson else ""
        cell = Cell(sheet.person_of[mark.member], sheet.group, mark.day, lesson)
        earlier = said.get(cell)
        if earlier is None or (earlier.from_empty and not word.from_empty):
            said[cell], read[cell] = word, sheet.member_of[mark.member]
        elif not word.from_empty and not earlier.from_empty and not earlier.says_the_same_as(word):
            disputed.add(cell)
            findings.append((questions.twice_differently(sheet, mark.place, earlier.place), sheet.group))
    for cell in disputed:
        del said[cell]
    return said, {cell: member for cell, member in read.items() if cell in said and said[cell].status is not Status.NOTHING}


def _word_of(mark: Mark, meaning: EmptyMeaning | None, last: dt.date | None) -> Word | None:
    """None where the cell says nothing at all; `Status.NOTHING` where it says that there is no mark."""
    if mark.status in (Status.DAY_OFF, Status.NOTHING):
        return Word(Status.NOTHING, None, False, mark.place)
    if mark.status is not Status.UNMARKED:
        return Word(mark.status, mark.hours, False, mark.place)
    if meaning is None or meaning is EmptyMeaning.UNKNOWN or (last is not None and mark.day > last):
        return None
    if meaning is EmptyMeaning.NOTHING:
        return Word(Status.NOTHING, None, True, mark.place)
    return Word(Status.ATTENDED, None, True, mark.place)


def _meaning_of_empty(window: Window | None, today: dt.date) -> tuple[EmptyMeaning | None, dt.date | None]:
    """What empty cells mean, and the last day up to which they count. Before the month is over presence needs a day that a person named."""
    if window is None:
        return None, None
    if window.unmarked is EmptyMeaning.ATTENDED and today <= window.period.last and window.filled_to is None:
        return EmptyMeaning.UNKNOWN, None
    return window.unmarked, window.filled_to


def _ask_about_empty(sheet: Sheet, known: Known, collected: Collected) -> None:
    """Tell which empty cells do not count, and why."""
    window = sheet.window
    if window is None:
        return
    if sheet.meaning is not window.unmarked:
        collected.findings.append((questions.filled_to_question(sheet), sheet.group))
        return
    last = sheet.last
    if last is None or known.today <= window.period.last or sheet.meaning is EmptyMeaning.UNKNOWN:
        return
    if any(mark.status is Status.UNMARKED and mark.day > last for mark in sheet.marks):
        collected.findings.append((questions.kept_filled_to_question(sheet, last), sheet.group))


def _days_off_against_timetable(sheet: Sheet, known: Known) -> list[tuple[dt.date, Place]]:
    """Days that are «В» for the whole group although the register plans a lesson: the sheet was kept for another timetable."""
    if sheet.group.startswith(UNKNOWN_GROUP) or all(mark.status is not Status.DAY_OFF for mark in sheet.marks):
        return []
    of_day: dict[dt.date, list[Mark]] = defaultdict(list)
    for mark in sheet.marks:
        if mark.status is not Status.NOTHING:
            of_day[mark.day].append(mark)
    planned = known.lesson_days(sheet.group) - known.nonworking
    return [
        (day, marks[0].place)
        for day, marks in sorted(of_day.items())
        if day in planned and all(mark.status is Status.DAY_OFF for mark in marks)
    ]


def _plan_withdrawals(sheet: Sheet, said: Mapping[Cell, Word], complete: Period | None, known: Known, collected: Collected) -> None:
    """What a complete window no longer says is withdrawn; above the limit and more than one child, only held for a person.

    What a person has declined to withdraw stands, and is not asked about again by itself.
    """
    window = sheet.window
    listed = {sheet.person_of[member.key] for member in sheet.members}
    if sheet.changed is not None:  # these are its changed rows alone; the others are listed as they were
        listed.update(sheet.person_of.values())
    lists_all = window is not None and window.lists_all  # where a row could not be read, who is missing may stand in it
    # Of the other rows of a sheet that was told before nothing is asked here, though another sheet may have had their marks loaded.
    asked = None if sheet.changed is None else {sheet.person_of[member] for member in sheet.changed}
    standing = {
        cell: mark
        for cell, mark in known.marks.items()
        if cell.group == sheet.group and mark.word.status is not Status.NOTHING and (asked is None or cell.person in asked)
    }
    # A sign that says «nothing» or «day off» is a person's own word on this very cell.
    for cell in standing:
        word = said.get(cell)
        if word is not None and word.status is Status.NOTHING and not word.from_empty:
            collected.words[cell] = word
            collected.withdrawn += standing[cell].counts
    if window is None or complete is None:
        return
    collected.told_again.update(cell for cell in known.declined if cell in said and said[cell].status is not Status.NOTHING)
    within = {cell: mark for cell, mark in standing.items() if cell.day in complete}
    gone = [
        cell
        for cell, mark in within.items()
        if cell not in collected.words
        and (
            said[cell].status is Status.NOTHING
            if cell in said
            else lists_all and (cell.person not in listed or (window.lists_lessons and bool(cell.lesson)))
        )
    ]
    moved = _moved(gone, said, standing, complete) if window.lists_lessons else set()
    stands = {cell for cell in gone if cell not in moved and cell in known.declined}
    missing = [cell for cell in gone if cell not in moved]
    lost = [cell for cell in missing if cell not in stands]
    counted = [cell for cell in lost if within[cell].counts]
    known_marks = sum(mark.counts for mark in within.values())
    children = len({cell.person for cell in counted})
    if children > 1 and sheet.changed is not None:
        raise NeedsAll  # how many marks there are in all is not known
    if children > 1 and len(counted) * 100 > known_marks * known.limit_percent:
        month = f"{window.period.first:%Y-%m}"
        counted = [cell for cell in missing if within[cell].counts]  # what was declined is asked about again: it is more now
        children = len({cell.person for cell in counted})
        collected.held.append(HeldWithdrawal(sheet.group, month, tuple(sorted(missing)), children, known_marks))
        collected.findings.append((questions.withdrawal_question(sheet, len(counted), children, known_marks), sheet.group))
        stands, counted = set(missing), []
    for cell in gone:
        if cell in stands:
            continue
        collected.words[cell] = Word(Status.NOTHING, None, False, within[cell].word.place)
    collected.withdrawn += len(counted)


def _moved(gone: Iterable[Cell], said: Mapping[Cell, Word], standing: Mapping[Cell, StandingMark], days: Period) -> set[Cell]:
    """Those of the cells for which their child has another lesson now, which had no mark before: the lesson was moved, and nothing is lost.

    Were they held for a person's answer as what is lost is, the lesson would be charged at both times meanwhile.
    """
    new: dict[int, list[dt.date]] = defaultdict(list)
    for cell, word in said.items():
        if cell.lesson and cell not in standing and word.status is not Status.NOTHING and cell.day in days:
            new[cell.person].append(cell.day)
    moved = set()
    for is_of_day in (True, False):  # to another hour before to another day
        for cell in sorted(gone):
            days_left = new[cell.person]
            if cell.lesson and cell not in moved and days_left and (not is_of_day or cell.day in days_left):
                days_left.remove(cell.day if is_of_day else days_left[0])
                moved.add(cell)
    return moved


def _plan_lessons(sheet: Sheet, complete: Period | None, known: Known, collected: Collected) -> None:
    """What the sheet says of lessons, and those that it does not speak of any more: cancellations, and of a timetable all."""
    said = {(lesson.day, start_text(lesson)): lesson for lesson in sheet.lessons}
    standing = {(lesson.day, lesson.starts_at): lesson for lesson in known.lessons if lesson.group == sheet.group}
    for (day, starts_at), lesson in said.items():
        ends_at = f"{lesson.ends_at:%H:%M}" if lesson.ends_at else ""
        word = StandingLesson(sheet.group, day, starts_at, ends_at, lesson.state)
        if standing.get((day, starts_at)) != word:
            collected.lessons.append(word)
    window = sheet.window
    if window is None:
        return
    marked = _marked(sheet.group, known, collected)
    for (day, starts_at), before in standing.items():
        is_told = day in window.period if window.lists_lessons else complete is not None and window.lists_all and day in complete
        is_gone = is_told and (day, starts_at) not in said and (window.lists_lessons or before.state is LessonState.CANCELLED)
        if is_gone and (day, starts_at) not in marked:
            collected.lessons.append(before._replace(state=None))
    if window.lists_lessons:
        schedule = Schedule(sheet.group, window.period)
        is_any = any(starts_at for _, starts_at in said)
        if not is_any and any(day in window.period for day, _ in marked):
            return  # its marks stand until a person has answered, and its timetable with them
        if is_any is not (schedule in known.schedules):
            (collected.schedules if is_any else collected.unscheduled).append(schedule)


def _marked(group: str, known: Known, collected: Collected) -> set[tuple[dt.date, str]]:
    """The lessons, by day and start, at which the source's own marks stand: as long as they do, what a person is asked to withdraw must not
    go by the back door.
    """
    return {
        (cell.day, cell.lesson)
        for cell, mark in known.marks.items()
        if cell.group == group and cell.lesson and collected.words.get(cell, mark.word).status is not Status.NOTHING
    }


def start_text(lesson: Lesson) -> str:
    """A lesson's start as it is kept; "" where none is said."""
    return f"{lesson.starts_at:%H:%M}" if lesson.starts_at else ""
