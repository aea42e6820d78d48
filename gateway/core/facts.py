"""What a source said. Adapters yield `Batch`es of these records; the register's connector yields `RegisterGroup`,
`RegisterProvider`, `Certificate` and `Enrollment`. Everything is frozen: a fact is superseded, never changed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from gateway.core.periods import Period


class Text(NamedTuple):
    """One message in the two languages of the house."""

    ru: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.ru


class Place(NamedTuple):
    """Where a record stands in its source, for a person to find it.

    ``row`` and ``column`` are as the office program shows them: rows from 1, hidden and empty ones counted, columns as letters.
    None means the whole row, column, sheet or file.
    """

    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    url: str | None = None


class Status(StrEnum):
    """What a mark says about one child at one lesson."""

    ATTENDED = "attended"
    LATE = "late"
    ABSENT = "absent"
    EXCUSED = "excused"
    UNMARKED = "unmarked"  # an empty cell: its window says what it means
    DAY_OFF = "day_off"  # the group does not meet that day: no mark, but evidence against a wrong timetable
    NOTHING = "nothing"  # the child was not on the list then: no mark; takes an earlier one back


PRESENT = frozenset({Status.ATTENDED, Status.LATE})


class EmptyMeaning(StrEnum):
    """What an empty cell means; always said by a person, never guessed."""

    ATTENDED = "attended"
    NOTHING = "nothing"
    UNKNOWN = "unknown"


class LessonState(StrEnum):
    """What a source says of a lesson; only one that was held has marks."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Member:
    """A child on a provider's own list.

    Attributes:
        key: names the member within its batch; marks refer to it.
        group: the group's words in the source.
        name: as written (last name, first name, patronymic); not kept once matched.
        own_id: the source's own lasting id of the person, where it has one (a CRM's customer id).
        certificate: ten digits read from the row, a mended one included; None where the row gives none.
        certificate_padded: the leading zero was lost and put back: matches only together with an agreeing name.
        certificate_unreadable: the row has something in the number's place that is no number: only a person may match it.
        reference: what the gateway itself called the person in a file of refused marks that comes back; is_mended: with another name or
            number than it was given there.
    """

    key: str
    group: str
    name: str
    place: Place
    own_id: str | None = None
    certificate: str | None = None
    certificate_padded: bool = False
    certificate_unreadable: bool = False
    birth_date: dt.date | None = None
    reference: str | None = None
    is_mended: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One cell: one member on one day (a grid: all the group's lessons of that day) or at one lesson (``lesson``: the source's own id).

    Attributes:
        hours: integer hundredths of an hour where the source gave a number of hours, else None.
        revision: the source's own revision or time of change, where it has one.
    """

    member: str
    day: dt.date
    status: Status
    place: Place
    hours: int | None = None
    lesson: str | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Lesson:
    """A provider's own word on a lesson. A grid knows only the day: ``starts_at`` None means all the group's lessons of that day."""

    group: str
    day: dt.date
    state: LessonState
    place: Place
    own_id: str | None = None
    starts_at: dt.time | None = None
    ends_at: dt.time | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group as the source names it."""

    words: str
    place: Place
    own_id: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """«Of this I have told you all»: the members and marks of one group within ``period``.

    Only a window may withdraw what it no longer lists. ``unmarked`` is what its `Status.UNMARKED` marks mean; with UNKNOWN it withdraws
    nothing. ``filled_to`` is the last day up to which empty cells count; None: to the end of the period. ``lists_all`` False: a row could
    not be read, so who is not listed may stand in it, and a member missing from the list is not withdrawn. ``lists_lessons``: the batch
    has all the group's lessons of the period, with their times: they are its timetable, before the register's, and a lesson or a mark at a
    lesson that is not there any more is withdrawn.
    """

    group: str
    period: Period
    unmarked: EmptyMeaning
    filled_to: dt.date | None = None
    lists_all: bool = True
    lists_lessons: bool = False


class Level(StrEnum):
    """What became of that of which a finding speaks."""

    UNREAD = "unread"  # was not taken
    QUESTION = "question"  # was taken, or left out on purpose: a person is told


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the input that a person must know: what, where, and how to mend it. ``group``: whose sheet it is about, if one's."""

    level: Level
    place: Place
    what: Text
    cure: Text
    group: str | None = None


Record = Group | Member | Lesson | Mark


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of a source's answer that may be stored by itself.

    Attributes:
        cursor: where to go on after this batch is stored; None for files.
        is_resent: rows of the gateway's own file of refused marks. A mark `UNMARKED` stands as it is.
    """

    records: tuple[Record, ...] = ()
    windows: tuple[Window, ...] = ()
    findings: tuple[Finding, ...] = ()
    cursor: str | None = None
    is_resent: bool = False


class InputRefused(Exception):
    """The input could not be read at all, or is of the wrong month: nothing of it is taken."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.what.en)
        self.finding = finding


# ---------------------------------------------------------------- the register's facts


class TimetableLine(NamedTuple):
    """``weekday`` 1 Monday … 7; ``weeks`` every, odd, even (by ISO week number)."""

    weekday: int
    starts_at: dt.time
    ends_at: dt.time
    weeks: str
    valid: Period


class LessonException(NamedTuple):
    """A single lesson that differs from the timetable; ``moved_from``: the day left, which then has no lesson.

    Without times it speaks of all the day's lessons.
    """

    day: dt.date
    starts_at: dt.time | None
    ends_at: dt.time | None
    cancelled: bool
    moved_from: dt.date | None


@dataclass(frozen=True, slots=True)
class RegisterProvider:
    """``agreements``: (payer, days) with which payers, and when, the provider may be paid."""

    provider: str
    name: str
    time_zone: str
    state: str
    sole_trader: bool | None = None
    licence: str | None = None
    agreements: tuple[tuple[str, Period], ...] = ()


@dataclass(frozen=True, slots=True)
class RegisterGroup:
    """A group of the catalogue with its module and programme. Prices are kopecks; None: not stated."""

    group: str
    provider: str
    title: str
    module: str
    module_title: str
    module_is_open: bool
    unit: str  # lesson | academic_hour
    unit_price: int | None
    unit_normative: int | None
    programme: str
    programme_title: str
    programme_is_verified: bool
    age_from_months: int | None = None
    age_to_months: int | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    timetable: tuple[TimetableLine, ...] = ()
    exceptions: tuple[LessonException, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate keeps its identity when it is re-issued.

    Attributes:
        certificate: the register's lasting id, not the number.
        numbers: (number, first day), the oldest first; the last one is in force.
        kinds, states: (word, first day of force), the oldest first; a first day None means «from the beginning».
        nominals: (days of the nominal period, kopecks).
        snils_is_valid: the check sum's answer; None where no СНИЛС is given. The number itself is not kept.
        is_present: False where it is told as it is under a payer that it had before its child moved: only the money differs.
    """

    certificate: str
    payer: str
    child: str
    numbers: tuple[tuple[str, dt.date | None], ...]
    kinds: tuple[tuple[str, dt.date | None], ...]
    states: tuple[tuple[str, dt.date | None], ...]
    valid: Period
    nominals: tuple[tuple[Period, int], ...]
    birth_date: dt.date | None = None
    snils_is_valid: bool | None = None
    is_present: bool = True

    @property
    def number(self) -> str:
        return self.numbers[-1][0]


@dataclass(frozen=True, slots=True)
class Enrollment:
    """One child, one group, one period."""

    enrollment: str
    payer: str
    certificate: str
    child: str
    group: str
    provider: str
    period: Period
    state: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A child of the register whom a member may be. Names live only as long as the answer is looked for."""

    child: str
    payer: str
    last_name: str
    first_name: str
    patronymic: str | None = None
    birth_date: dt.date | None = None
    numbers: tuple[str, ...] = ()
    enrolled: tuple[tuple[str, Period], ...] = field(default=())  # (group, days)
