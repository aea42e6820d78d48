"""Stage 1, collect: what an adapter read becomes facts, compared with the facts that stand.

A file is never skipped because it was seen before, and nothing is ever withdrawn because a batch does not mention it: only a window may do
that, and above a limit only a person.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.core.facts import (
    Batch,
    EmptyMeaning,
    Finding,
    Group,
    Lesson,
    LessonState,
    Level,
    Mark,
    Member,
    Place,
    Status,
    Text,
    Window,
)
from gateway.core.names import folded, person_words
from gateway.core.periods import Period, intersection

UNKNOWN_GROUP = "?"
"""Prefix of a group that no register's group is known for yet: "?" and its folded words."""


class Person(NamedTuple):
    """A member as the gateway remembers it: by keyed hashes, so that no name has to be kept.

    ``identity`` finds the same member again; ``name_key`` finds it when a number has been added to or lost from its row.
    ``row`` is set for namesakes without a number: they are told apart by their row alone, and only a person may match them.
    """

    person: int
    identity: str
    name_key: str
    group: str
    has_number: bool
    row: int | None


class Cell(NamedTuple):
    """The key of a mark: one person of a group on one day, or at one lesson of the source's own."""

    person: int
    group: str
    day: dt.date
    lesson: str


class Word(NamedTuple):
    """What a source says of a cell. ``status`` is a real one, or `Status.NOTHING`: nothing is said any more."""

    status: Status
    hours: int | None
    from_empty: bool
    place: Place

    def says_the_same_as(self, other: Word) -> bool:
        return self.status == other.status and self.hours == other.hours and self.from_empty == other.from_empty


class StandingMark(NamedTuple):
    """A mark that is known: ``counts`` is false for an empty cell on a day without a lesson, which is no mark to anybody.

    ``run`` said its word.
    """

    mark: int
    word: Word
    counts: bool
    run: int


class StandingLesson(NamedTuple):
    group: str
    day: dt.date
    starts_at: str
    state: LessonState


class NewPerson(NamedTuple):
    """``name`` is kept, sealed, only until the person is matched."""

    person: Person
    member: Member
    is_known: bool


class ReadMark(NamedTuple):
    """A mark that the input gives, for the report: the member as written, and the cell it became."""

    member: Member
    cell: Cell
    word: Word
    is_new: bool


class HeldWithdrawal(NamedTuple):
    """Withdrawals above the limit: nothing is taken back until a person confirms."""

    group: str
    month: str
    marks: tuple[Cell, ...]
    children: int
    known: int


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of the source's groups before the input.

    Attributes:
        group_of: the register's group for a group's words, or None.
        lesson_days: planned days of a register's group within the input's period (cancelled lessons are not planned).
        nonworking: official days off, on which «В» contradicts no timetable.
        today: the provider's own date.
        next_person: the first free person key.
        resumes: the interrupted run that this one takes up again: what it said already is new in this report too.
    """

    group_of: Callable[[str], str | None]
    lesson_days: Callable[[str], frozenset[dt.date]]
    nonworking: frozenset[dt.date]
    today: dt.date
    key_of: Callable[[str], str]
    persons: Iterable[Person]
    marks: Mapping[Cell, StandingMark]
    lessons: Iterable[StandingLesson]
    next_person: int
    limit_percent: int = 10
    resumes: int | None = None


@dataclass(slots=True)
class Collected:
    """The plan: what is to be stored, and what the report tells."""

    persons: list[NewPerson] = field(default_factory=list)
    words: dict[Cell, Word] = field(default_factory=dict)
    lessons: list[StandingLesson] = field(default_factory=list)
    held: list[HeldWithdrawal] = field(default_factory=list)
    findings: list[tuple[Finding, str | None]] = field(default_factory=list)
    read: list[ReadMark] = field(default_factory=list)
    covered: set[tuple[str, str]] = field(default_factory=set)  # (group, month) of which this input is the latest word
    groups: dict[str, str] = field(default_factory=dict)  # folded words → group
    group_words: dict[str, str] = field(default_factory=dict)  # group → words as written
    withdrawn: int = 0
    stopped: int = 0  # groups of which nothing was taken until a person has looked


def plan(batches: Iterable[Batch], known: Known) -> Collected:
    """Compare what was read with what is known. Pure: no clock, no store."""
    collected = Collected()
    persons = _PersonBook(known)
    for batch in batches:
        _plan_batch(batch, known, persons, collected)
    return collected


def group_reference(words: str, register_group: str | None) -> str:
    """The register's group, or a reference by its words where none is known (N03)."""
    return register_group if register_group is not None else UNKNOWN_GROUP + folded(words)


def _plan_batch(batch: Batch, known: Known, persons: _PersonBook, collected: Collected) -> None:
    members = [record for record in batch.records if isinstance(record, Member)]
    groups = {record.group for record in members} | {record.words for record in batch.records if isinstance(record, Group)}
    reference = {words: group_reference(words, known.group_of(words)) for words in groups | {window.group for window in batch.windows}}
    for words, group in reference.items():
        collected.groups[folded(words)] = group
        collected.group_words.setdefault(group, words)
    for finding in batch.findings:
        collected.findings.append((finding, reference.get(finding.group) if finding.group else None))

    person_of = persons.of_members(members, reference, collected)
    windows = {window.group: window for window in batch.windows}
    marks = [record for record in batch.records if isinstance(record, Mark)]
    lessons = [record for record in batch.records if isinstance(record, Lesson)]
    member_of = {member.key: member for member in members}
    for words, group in reference.items():
        sheet = _Sheet(
            group=group,
            words=words,
            window=windows.get(words),
            members=[member for member in members if member.group == words],
            marks=[mark for mark in marks if member_of[mark.member].group == words],
            lessons=[lesson for lesson in lessons if lesson.group == words],
            person_of=person_of,
            member_of=member_of,
        )
        _plan_sheet(sheet, known, collected)


@dataclass(slots=True)
class _Sheet:
    """One group's part of a batch."""

    group: str
    words: str
    window: Window | None
    members: list[Member]
    marks: list[Mark]
    lessons: list[Lesson]
    person_of: dict[str, int]
    member_of: dict[str, Member]


def _plan_sheet(sheet: _Sheet, known: Known, collected: Collected) -> None:
    if sheet.window is not None:
        month = f"{sheet.window.period.first:%Y-%m}"
        collected.covered.add((sheet.group, month))
    contradicted = _days_off_against_timetable(sheet, known)
    if contradicted:
        collected.findings.append((_timetable_question(sheet, contradicted), sheet.group))
        collected.stopped += 1
        return
    meaning, last = _meaning_of_empty(sheet, known, collected)
    said, read = _words_of(sheet, meaning, last, collected)
    for cell, word in said.items():
        standing = known.marks.get(cell)
        changes = word.status is not Status.NOTHING and (standing is None or not standing.word.says_the_same_as(word))
        if changes:
            collected.words[cell] = word
        if cell in read:
            said_before = standing is not None and known.resumes is not None and standing.run == known.resumes
            collected.read.append(ReadMark(read[cell], cell, word, changes or said_before))
    complete = _complete_days(sheet, meaning, last)
    _plan_withdrawals(sheet, said, complete, known, collected)
    _plan_lessons(sheet, complete, known, collected)


def _complete_days(sheet: _Sheet, meaning: EmptyMeaning | None, last: dt.date | None) -> Period | None:
    """The days of which the sheet says all: only there may what it no longer says be withdrawn. None: of no day."""
    if sheet.window is None or meaning is None or meaning is EmptyMeaning.UNKNOWN:
        return None
    return intersection(sheet.window.period, Period(dt.date.min, last or dt.date.max))


def _words_of(
    sheet: _Sheet, meaning: EmptyMeaning | None, last: dt.date | None, collected: Collected
) -> tuple[dict[Cell, Word], dict[Cell, Member]]:
    """The sheet's words by cell.

    Of a child written twice the explicit word counts; two that differ are a question, and neither is taken.
    """
    said: dict[Cell, Word] = {}
    read: dict[Cell, Member] = {}
    disputed: set[Cell] = set()
    for mark in sheet.marks:
        word = _word_of(mark, meaning, last)
        if word is None:
            continue
        cell = Cell(sheet.person_of[mark.member], sheet.group, mark.day, mark.lesson or "")
        earlier = said.get(cell)
        if earlier is None or (earlier.from_empty and not word.from_empty):
            said[cell], read[cell] = word, sheet.member_of[mark.member]
        elif not word.from_empty and not earlier.from_empty and not earlier.says_the_same_as(word):
            disputed.add(cell)
            collected.findings.append((_twice_differently(sheet, mark.place, earlier.place), sheet.group))
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


def _meaning_of_empty(sheet: _Sheet, known: Known, collected: Collected) -> tuple[EmptyMeaning | None, dt.date | None]:
    """What empty cells mean, and the last day up to which they count. Before the month is over presence needs a day that a person named."""
    window = sheet.window
    if window is None:
        return None, None
    month_is_over = known.today > window.period.last
    if window.unmarked is EmptyMeaning.ATTENDED and not month_is_over and window.filled_to is None:
        collected.findings.append((_filled_to_question(sheet), sheet.group))
        return EmptyMeaning.UNKNOWN, None
    last = window.filled_to
    left_out = [mark for mark in sheet.marks if mark.status is Status.UNMARKED and last is not None and mark.day > last]
    if month_is_over and last is not None and left_out and window.unmarked is not EmptyMeaning.UNKNOWN:
        collected.findings.append((_kept_filled_to_question(sheet, last), sheet.group))
    return window.unmarked, last


def _days_off_against_timetable(sheet: _Sheet, known: Known) -> list[tuple[dt.date, Place]]:
    """Days that are «В» for the whole group although the register plans a lesson: the sheet was kept for another timetable."""
    if sheet.group.startswith(UNKNOWN_GROUP):
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


def _plan_withdrawals(sheet: _Sheet, said: Mapping[Cell, Word], complete: Period | None, known: Known, collected: Collected) -> None:
    """What a complete window no longer says is withdrawn; above the limit and more than one child, only held for a person."""
    window = sheet.window
    listed = {sheet.person_of[member.key] for member in sheet.members}
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
    if children > 1 and len(counted) * 100 > known_marks * known.limit_percent:
        month = f"{window.period.first:%Y-%m}"
        collected.held.append(HeldWithdrawal(sheet.group, month, tuple(sorted(gone)), children, known_marks))
        collected.findings.append((_withdrawal_question(sheet, len(counted), children, known_marks), sheet.group))
        return
    for cell in gone:
        collected.words[cell] = Word(Status.NOTHING, None, False, within[cell].word.place)
    collected.withdrawn += len(counted)


def _plan_lessons(sheet: _Sheet, complete: Period | None, known: Known, collected: Collected) -> None:
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


class _PersonBook:
    """Finds the person of each member, among those that are known and those of this input."""

    def __init__(self, known: Known) -> None:
        self._key_of = known.key_of
        self._by_identity: dict[str, Person] = {}
        self._by_name: dict[tuple[str, str], list[Person]] = defaultdict(list)
        self._next = known.next_person
        for person in known.persons:
            self._remember(person)

    def _remember(self, person: Person) -> None:
        self._by_identity[person.identity] = person
        self._by_name[(person.group, person.name_key)].append(person)

    def of_members(self, members: list[Member], reference: Mapping[str, str], collected: Collected) -> dict[str, int]:
        """The person of each member, by the member's key within its batch."""
        alike = Counter((member.group, folded(member.name)) for member in members if member.certificate is None)
        numbered = {(member.group, folded(member.name)) for member in members if member.certificate is not None}
        rows: dict[tuple[str, str], list[int | None]] = defaultdict(list)
        for member in members:
            rows[(member.group, folded(member.name))].append(member.place.row)
        found: dict[str, int] = {}
        for member in members:
            name = (member.group, folded(member.name))
            is_namesake = member.certificate is None and member.own_id is None and (alike[name] > 1 or name in numbered)
            found[member.key] = self._person(member, reference[member.group], rows[name] if is_namesake else None, collected)
        return found

    def _person(self, member: Member, group: str, alike_rows: list[int | None] | None, collected: Collected) -> int:
        name_key = self._key_of("name|" + folded(member.name))
        row = member.place.row if alike_rows is not None else None
        identity = self._key_of(_identity_words(member, group, row, alike_rows or []))
        person = self._by_identity.get(identity)
        if person is not None:
            return person.person
        same = self._same_name(group, name_key, member.certificate is not None) if row is None and member.own_id is None else None
        number = same.person if same is not None else self._next
        self._next += same is None
        person = Person(number, identity, name_key, group, member.certificate is not None, row)
        self._remember(person)
        collected.persons.append(NewPerson(person, member, is_known=same is not None))
        return number

    def _same_name(self, group: str, name_key: str, has_number: bool) -> Person | None:
        """The one known member of that name in the group whose row has since gained, or lost, its number."""
        latest = {person.person: person for person in self._by_name[(group, name_key)]}
        if len(latest) != 1:
            return None
        (person,) = latest.values()
        return person if person.row is None and person.has_number is not has_number else None


def _identity_words(member: Member, group: str, row: int | None, alike_rows: list[int | None]) -> str:
    """What a member is known by: the source's own id, else the number, else name and birth date, else name and group.

    Namesakes are known by their rows, all of them together: where one row above is added, the answers given for the old rows must not slide
    on to the other child.
    """
    if member.own_id is not None:
        return f"own|{member.own_id}"
    name = folded(member.name)
    if member.certificate is not None:
        return f"number|{member.certificate}|{person_words(name)}"
    if row is not None:
        return f"row|{name}|{group}|{row}|{alike_rows}"
    if member.birth_date is not None:
        return f"birth|{name}|{member.birth_date.isoformat()}"
    return f"name|{name}|{group}"


# ---------------------------------------------------------------- what a person is told


def _question(place: Place, what: Text, cure: Text, group: str) -> Finding:
    return Finding(Level.QUESTION, place, what, cure, group)


def _timetable_question(sheet: _Sheet, days: list[tuple[dt.date, Place]]) -> Finding:
    listed = ", ".join(f"{day:%d.%m}" for day, _ in days)
    return _question(
        days[0][1]._replace(row=None),
        Text(
            f"Группа «{sheet.words}»: выходной отмечен в дни, когда по расписанию есть занятие ({listed}). Лист группы не принят.",
            f"Group “{sheet.words}”: a day off is marked on days that have a lesson by the timetable ({listed}). "
            f"The group's sheet was not taken.",
        ),
        Text(
            "Исправьте расписание группы в Навигаторе (отмените или перенесите занятие) или отметки «выходной» в "
            "табеле и подайте его снова.",
            "Mend the group's timetable in the Navigator (cancel or move the lesson), or the day-off marks in "
            "the sheet, and send it again.",
        ),
        sheet.words,
    )


def _filled_to_question(sheet: _Sheet) -> Finding:
    place = sheet.members[0].place if sheet.members else Place()
    return _question(
        Place(sheet=place.sheet),
        Text(
            f"Группа «{sheet.words}»: месяц ещё не кончился, и неизвестно, по какой день заполнен табель. Пустые "
            f"клетки не считаются явкой.",
            f"Group “{sheet.words}”: the month is not over, and nobody said up to which day the sheet is filled. Empty cells do not count.",
        ),
        Text(
            "Укажите в файле соответствия [cells] filled_to = последний заполненный день или подайте табель после конца месяца.",
            "Give [cells] filled_to = the last filled day in the mapping file, or send the sheet after the month's end.",
        ),
        sheet.words,
    )


def _kept_filled_to_question(sheet: _Sheet, last: dt.date) -> Finding:
    place = sheet.members[0].place if sheet.members else Place()
    return _question(
        Place(sheet=place.sheet),
        Text(
            f"Группа «{sheet.words}»: месяц кончился, а по файлу соответствия табель заполнен по {last:%d.%m}: "
            f"пустые клетки после него не считаны.",
            f"Group “{sheet.words}”: the month is over, but by the mapping the sheet is filled to {last:%d.%m}: "
            f"empty cells after it were not counted.",
        ),
        Text(
            "Если табель заполнен до конца, уберите filled_to из файла соответствия и подайте табель с ним снова.",
            "If the sheet is filled to its end, take filled_to out of the mapping file and send the sheet with it again.",
        ),
        sheet.words,
    )


def _twice_differently(sheet: _Sheet, place: Place, earlier: Place) -> Finding:
    return Finding(
        Level.UNREAD,
        place,
        Text(
            f"Ребёнок записан в группе дважды, и отметки за этот день разные (другая в строке {earlier.row}, столбец {earlier.column}).",
            f"The child stands in the group twice, and the marks of this day differ (the other one: row "
            f"{earlier.row}, column {earlier.column}).",
        ),
        Text("Оставьте одну строку или одинаковые отметки.", "Keep one row, or equal marks."),
        sheet.words,
    )


def _withdrawal_question(sheet: _Sheet, marks: int, children: int, known: int) -> Finding:
    place = sheet.members[0].place if sheet.members else Place()
    return _question(
        Place(sheet=place.sheet),
        Text(
            f"Группа «{sheet.words}»: в новом табеле нет {marks} из {known} прежних отметок ({children} детей). Пока ничего не снято.",
            f"Group “{sheet.words}”: {marks} of {known} earlier marks ({children} children) are not in the new "
            f"sheet. Nothing was withdrawn yet.",
        ),
        Text(
            "Если строки удалены намеренно, подтвердите: gateway confirm. Если нет, верните строки и подайте табель снова.",
            "If the rows were removed on purpose, confirm: gateway confirm. If not, put them back and send the sheet again.",
        ),
        sheet.words,
    )
