"""Stage 1, collect: what an adapter read becomes facts, compared with the facts that stand.

A file is never skipped because it was seen before, and nothing is ever withdrawn because a batch does not mention it: only a window may do
that, and above a limit only a person.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from gateway.core.collect import questions, told
from gateway.core.collect.known import (
    UNKNOWN_GROUP,
    Cell,
    Collected,
    HeldWithdrawal,
    Known,
    NewPerson,
    Person,
    ReadBatch,
    ReadMark,
    Row,
    Sheet,
    StandingLesson,
    StandingMark,
    Told,
    Word,
    group_reference,
)
from gateway.core.collect.persons import PersonBook
from gateway.core.facts import Batch, EmptyMeaning, Finding, Group, Lesson, LessonState, Mark, Member, Place, Status, Window
from gateway.core.names import folded
from gateway.core.periods import Period, intersection

__all__ = [
    "UNKNOWN_GROUP", "Cell", "Collected", "HeldWithdrawal", "Known", "NeedsAll", "NewPerson", "Person", "ReadBatch", "ReadMark", "Row",
    "StandingLesson", "StandingMark", "Told", "Word", "digest", "group_reference", "plan", "plan_read", "read", "told",
]  # fmt: skip


class NeedsAll(Exception):
    """What an input says cannot be judged by its changed rows alone: all of it has to be compared."""


def read(batches: Iterable[Batch], group_of: Callable[[str], str | None], today: dt.date) -> list[ReadBatch]:
    """What was read, group by group. ``today``: the provider's own date."""
    return [_read_batch(batch, group_of, today) for batch in batches]


def _read_batch(batch: Batch, group_of: Callable[[str], str | None], today: dt.date) -> ReadBatch:
    members = [record for record in batch.records if isinstance(record, Member)]
    groups = {record.group for record in members} | {record.words for record in batch.records if isinstance(record, Group)}
    reference = {words: group_reference(words, group_of(words)) for words in groups | {window.group for window in batch.windows}}
    windows = {window.group: window for window in batch.windows}
    marks = [record for record in batch.records if isinstance(record, Mark)]
    lessons = [record for record in batch.records if isinstance(record, Lesson)]
    member_of = {member.key: member for member in members}
    sheets = []
    for words, group in reference.items():
        window = windows.get(words)
        meaning, last = _meaning_of_empty(window, today)
        sheets.append(
            Sheet(
                group=group,
                words=words,
                window=window,
                members=[member for member in members if member.group == words],
                marks=[mark for mark in marks if member_of[mark.member].group == words],
                lessons=[lesson for lesson in lessons if lesson.group == words],
                member_of=member_of,
                meaning=meaning,
                last=last,
            )
        )
    return ReadBatch(batch, reference, {*reference, *(lesson.group for lesson in lessons)}, sheets)


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
    if any(entry.is_known for entry in collected.persons):  # what a person is known by has changed, and any sheet may speak of it
        if is_part:
            raise NeedsAll
        collected.told.clear()
    return collected


def _plan_batch(read: ReadBatch, known: Known, persons: PersonBook, collected: Collected) -> None:
    for words, group in read.reference.items():
        collected.groups[folded(words)] = group
        collected.group_words.setdefault(group, words)
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
        cell = Cell(sheet.person_of[mark.member], sheet.group, mark.day, mark.lesson or "")
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
    """What a complete window no longer says is withdrawn; above the limit and more than one child, only held for a person."""
    window = sheet.window
    listed = {sheet.person_of[member.key] for member in sheet.members}
    if sheet.changed is not None:  # these are its changed rows alone; the others are listed as they were
        listed.update(sheet.person_of.values())
    lists_all = window is not None and window.lists_all  # where a row could not be read, who is missing may stand in it
    standing = {cell: mark for cell, mark in known.marks.items() if cell.group == sheet.group and mark.word.status is not Status.NOTHING}
    # A sign that says «nothing» or «day off» is a person's own word on this very cell.
    for cell in standing:
        word = said.get(cell)
        if word is not None and word.status is Status.NOTHING and not word.from_empty:
            collected.words[cell] = word
            collected.withdrawn += standing[cell].counts
    if window is None or complete is None:
        return
    within = {cell: mark for cell, mark in standing.items() if cell.day in complete}
    gone = [
        cell
        for cell, mark in within.items()
        if cell not in collected.words
        and ((lists_all and cell.person not in listed) or (cell in said and said[cell].status is Status.NOTHING))
    ]
    counted = [cell for cell in gone if within[cell].counts]
    known_marks = sum(mark.counts for mark in within.values())
    children = len({cell.person for cell in counted})
    if children > 1 and sheet.changed is not None:
        raise NeedsAll  # how many marks there are in all is not known
    if children > 1 and len(counted) * 100 > known_marks * known.limit_percent:
        month = f"{window.period.first:%Y-%m}"
        collected.held.append(HeldWithdrawal(sheet.group, month, tuple(sorted(gone)), children, known_marks))
        collected.findings.append((questions.withdrawal_question(sheet, len(counted), children, known_marks), sheet.group))
        return
    for cell in gone:
        collected.words[cell] = Word(Status.NOTHING, None, False, within[cell].word.place)
    collected.withdrawn += len(counted)


def _plan_lessons(sheet: Sheet, complete: Period | None, known: Known, collected: Collected) -> None:
    """What the sheet says of lessons, and what it takes back: a cancellation that a complete sheet no longer speaks of."""
    said = {(lesson.day, lesson.starts_at.strftime("%H:%M") if lesson.starts_at else ""): lesson.state for lesson in sheet.lessons}
    standing = {(lesson.day, lesson.starts_at): lesson.state for lesson in known.lessons if lesson.group == sheet.group}
    for (day, starts_at), state in said.items():
        if standing.get((day, starts_at)) is not state:
            collected.lessons.append(StandingLesson(sheet.group, day, starts_at, state))
    if complete is None or sheet.window is None or not sheet.window.lists_all:
        return
    for (day, starts_at), state in standing.items():
        if day in complete and (day, starts_at) not in said and state is LessonState.CANCELLED:
            collected.lessons.append(StandingLesson(sheet.group, day, starts_at, LessonState.PLANNED))
