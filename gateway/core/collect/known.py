"""What collect compares: cells and their words, persons and lessons, as they stand and as an input says them."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.core.facts import Batch, EmptyMeaning, Finding, Lesson, Mark, Member, Place, Status, Window
from gateway.core.lessons import Schedule, StandingLesson
from gateway.core.names import folded
from gateway.core.periods import Period

UNKNOWN_GROUP = "?"
"""Prefix of a group that no register's group is known for yet: "?" and its folded words."""

CARDS = "@cards"
"""Stands for a group where a source's cards are meant, of whatever group."""


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
    """The key of a mark: one person of a group on one day, or at one lesson of the source's own.

    ``lesson``: "" all of the day's; else the lesson's start as "HH:MM", so that a lesson that comes again under another id is the same; of
    a lesson whose start is not known its id.
    """

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


class NewPerson(NamedTuple):
    """``name`` is kept, sealed, only until the person is matched. ``is_known``: it is what a known person is told by from here on;
    ``is_mended``: because a person has mended its row, so that whose it was taken for counts no more, unless somebody said it."""

    person: Person
    member: Member
    is_known: bool
    is_mended: bool = False


class ReadMark(NamedTuple):
    """A mark that the input gives, for the report: the member as written, and the cell it became."""

    member: Member
    cell: Cell
    word: Word
    is_new: bool


class GroupTold(NamedTuple):
    """What a source has told of one group of its own.

    ``days``: from the first to the last of which it had marks or lessons; None: of none. ``own_ids``: the source's ids of it, by which it
    is the same group under a new name.
    """

    days: Period | None = None
    own_ids: frozenset[str] = frozenset()

    def absorb(self, later: GroupTold) -> GroupTold:
        """What is known once it was told again."""
        return GroupTold(_together(self.days, later.days), later.own_ids or self.own_ids)


def _together(one: Period | None, other: Period | None) -> Period | None:
    if one is None or other is None:
        return one or other
    return Period(min(one.first, other.first), max(one.last, other.last))


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
        declined: marks that a person has said stand, though they are not told any more.
        matched: persons who were recognised by what they are told by, and not by anybody's answer.
        cards_waiting: person → the name key of its corrected card that waits for an answer; cards_declined: those that were declined.
    """

    group_of: Callable[[str], str | None]
    lesson_days: Callable[[str], frozenset[dt.date]]
    nonworking: frozenset[dt.date]
    today: dt.date
    key_of: Callable[[str], str]
    persons: Iterable[Person]
    marks: Mapping[Cell, StandingMark]
    lessons: Collection[StandingLesson]
    next_person: int
    schedules: Collection[Schedule] = ()
    limit_percent: int = 10
    resumes: int | None = None
    declined: Collection[Cell] = frozenset()
    matched: Collection[int] = frozenset()
    cards_waiting: Mapping[int, str] = field(default_factory=dict)
    cards_declined: Collection[tuple[int, str]] = frozenset()


@dataclass(slots=True)
class Collected:
    """The plan: what is to be stored, and what the report tells."""

    persons: list[NewPerson] = field(default_factory=list)
    words: dict[Cell, Word] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)  # sheets that may be known again by their digests, once this is stored
    stands: set[Told] = field(default_factory=set)  # those of them that are kept already
    lessons: list[StandingLesson] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)  # newly told
    unscheduled: list[Schedule] = field(default_factory=list)  # not told any more
    held: list[HeldWithdrawal] = field(default_factory=list)
    told_again: set[Cell] = field(default_factory=set)  # declined withdrawals that are none any more
    findings: list[tuple[Finding, str | None]] = field(default_factory=list)
    covered: set[tuple[str, str]] = field(default_factory=set)  # (group, month) of which this input is the latest word
    groups: dict[str, str] = field(default_factory=dict)  # folded words → group
    group_words: dict[str, str] = field(default_factory=dict)  # group → words as written
    groups_told: dict[str, GroupTold] = field(default_factory=dict)  # folded words → what of that group was told
    cursor: str | None = None  # where to read on once this is stored
    withdrawn: int = 0
    held_cards: list[NewPerson] = field(default_factory=list)  # corrections that wait for a person from here on
    cards_settled: set[int] = field(default_factory=set)  # persons whose card that waits is told otherwise now
    cards_asked: int = 0  # cards that wait, new ones among them
    cards_known: int = 0  # of so many who were recognised by theirs
    mended: set[int] = field(default_factory=set)  # persons whose row or card says now whose it is
    stopped: int = 0  # groups of which nothing was taken until a person has looked
    _read: list[ReadMark] = field(default_factory=list)
    _unread: deque[Callable[[], list[ReadMark]]] = field(default_factory=deque)

    def absorb(self, later: Collected) -> None:
        """Tell a later part of the same input together with this one, for the report."""
        for name in ("persons", "lessons", "held", "findings"):
            getattr(self, name).extend(getattr(later, name))
        self.covered |= later.covered
        self.mended |= later.mended
        self.withdrawn += later.withdrawn
        self.cards_asked += later.cards_asked
        self.stopped += later.stopped
        self.read_later(lambda: later.read)

    @property
    def is_nothing(self) -> bool:
        """Whether it leaves everything as it stands."""
        changed = (
            self.persons, self.words, self.lessons, self.schedules, self.unscheduled, self.held, self.told_again, self.held_cards,
            self.cards_settled, self.findings,
        )  # fmt: skip
        return not any(changed) and self.stands >= set(self.told)

    @property
    def read(self) -> list[ReadMark]:
        """All marks that the input gives, in its order. Those of sheets that were told before are worked out when they are asked for."""
        while self._unread:
            self._read += self._unread.popleft()()
        return self._read

    def forget_read(self) -> None:
        """Of an input with very many marks the report names only the first."""
        self._read.clear()
        self._unread.clear()

    def read_later(self, marks: Callable[[], list[ReadMark]]) -> None:
        """Add a sheet's marks to `read`."""
        self._unread.append(marks)


def group_reference(words: str, register_group: str | None) -> str:
    """The register's group, or a reference by its words where none is known (N03)."""
    return register_group if register_group is not None else UNKNOWN_GROUP + folded(words)


class Row(NamedTuple):
    """One member of a sheet that was told: the person, and the digest of its marks."""

    person: int
    digest: str


class Told(NamedTuple):
    """A sheet as it was told. ``period``: its window's; ``head``: keyed digest of all but the marks; ``rows``: in its order."""

    group: str
    period: Period
    head: str
    rows: tuple[Row, ...]


class Digests(NamedTuple):
    """What `Told` keeps of a sheet, before its persons are known."""

    head: str
    rows: tuple[str, ...]


@dataclass(slots=True)
class Sheet:
    """One group's part of a batch.

    Attributes:
        start_of: a lesson's own id → its start, as `Cell` has it.
        meaning, last: what empty cells mean, and the last day up to which they count; None: of no cell, and to the end.
        changed: where the sheet was told before, the members whose rows say something else now; None: all rows have to be compared.
    """

    group: str
    words: str
    window: Window | None
    members: list[Member]
    marks: list[Mark]
    lessons: list[Lesson]
    member_of: dict[str, Member]
    start_of: dict[str, str] = field(default_factory=dict)
    meaning: EmptyMeaning | None = None
    last: dt.date | None = None
    person_of: dict[str, int] = field(default_factory=dict)
    digests: Digests | None = None
    changed: frozenset[str] | None = None


@dataclass(slots=True)
class ReadBatch:
    """A batch, sheet by sheet.

    ``reference``: the group of each of its sheets' words; ``words``: all that it calls a group; ``own_ids``: words → the source's ids.
    """

    batch: Batch
    reference: dict[str, str]
    words: set[str]
    sheets: list[Sheet]
    own_ids: Mapping[str, frozenset[str]] = field(default_factory=dict)
