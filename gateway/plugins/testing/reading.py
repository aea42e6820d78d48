"""Promises about reading: all of it, each thing once, in words that the gateway understands."""

from __future__ import annotations

import datetime as dt
import itertools
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from gateway.core.facts import Batch, EmptyMeaning, Group, Lesson, LessonState, Mark, Member, Status
from gateway.plugins.testing.club import TODAY, Club, ClubGroup
from gateway.plugins.testing.promises import ENDS, ENDS_BECAUSE, LIVE, first_lines, keep, promise
from gateway.plugins.testing.rig import Rig
from gateway.plugins.testing.standing import Standing, differences
from gateway.plugins.testing.traffic import Fault


def all_is_told(rig: Rig, found: Standing) -> None:
    """The truth stands, to the last mark."""
    wrong = differences(found, rig.truth())
    keep(not wrong, first_lines(wrong))


@promise("every group, child, lesson and mark of the system is told", "what is not told is never paid, and nobody notices")
def everything_is_told(rig: Rig) -> None:
    found, expected = rig.pulled(), rig.truth()
    keep(found.groups == expected.groups, f"groups told: {sorted(found.groups)}; there are {sorted(expected.groups)}")
    missing = expected.members.keys() - found.members.keys()
    keep(not missing, f"children that were not told: {sorted(missing)}")
    all_is_told(rig, found)


@promise("lists are read to their last page", "the children at the end of the alphabet would never be paid for", {LIVE})
def pages_are_read_to_the_end(rig: Rig) -> None:
    for size in (1, 3):
        rig.restart(page_size=size)
        all_is_told(rig, rig.pulled())


@promise("a list that fills its last page exactly ends there", "an off-by-one loses a page or asks for ever", {LIVE})
def a_full_last_page_is_the_last(rig: Rig) -> None:
    rig.restart(page_size=4, groups=2, children=4, weeks=2)
    all_is_told(rig, rig.pulled())
    keep(len(rig.emulator.log) < 200, f"{len(rig.emulator.log)} requests for two small groups")


@promise(ENDS, ENDS_BECAUSE, {LIVE})
def a_list_that_repeats_its_last_page_ends(rig: Rig) -> None:
    """Many systems give their last page to whoever asks for one beyond it."""
    rig.restart(page_size=3)
    rig.emulator.fail(Fault.LAST_AGAIN)
    all_is_told(rig, rig.pulled())


@promise("what comes on two pages is told once", "a list moves on while it is read; a mark told twice is a question to a person", {LIVE})
def what_comes_twice_is_told_once(rig: Rig) -> None:
    rig.restart(page_size=3)
    rig.emulator.fail(Fault.REPEATED)
    batches = rig.pull()
    all_is_told(rig, Standing().take(batches))
    for batch in batches:
        member_of = {record.key: record for record in batch.records if isinstance(record, Member)}
        cells = Counter((member_of[m.member].group, m.member, m.day, m.lesson) for m in batch.records if isinstance(m, Mark))
        twice = [cell for cell, count in cells.items() if count > 1]
        keep(not twice, f"marks told twice: {first_lines(list(map(str, twice)))}")


@promise("the order of a list does not matter", "no system promises an order that it does not document", {LIVE})
def any_order_will_do(rig: Rig) -> None:
    rig.restart(page_size=3)
    rig.emulator.fail(Fault.SHUFFLED)
    all_is_told(rig, rig.pulled())


def _moments(rig: Rig) -> Iterator[int]:
    """Every moment of a reading, or some thirty of them."""
    rig.restart(page_size=2, groups=2, children=4)
    rig.pull()
    count = len(rig.emulator.log)
    yield from range(1, count, max(1, count // 30))


@promise(
    "a list that shrinks while it is read loses nothing else",
    "the items behind a deleted one move onto a page that was read already: their marks would be withdrawn, and the money taken back",
    {LIVE},
)
def a_list_that_shrinks_loses_nothing(rig: Rig) -> None:
    for moment in _moments(rig):
        emulator = rig.restart(page_size=2, groups=2, children=4)
        before = Standing().take(rig.pull())
        gone = [next(lesson.id for lesson in rig.club.lessons_of(LessonState.HELD) if lesson.group == group) for group in rig.club.groups]
        emulator.meanwhile(moment, lambda club=rig.club, gone=gone: [club.lessons.pop(each) for each in gone])  # type: ignore[misc]
        before.take(rig.pull(), confirmed=True)
        wrong = [line for line in differences(before, rig.truth()) if not any(f"lesson {each}" in line for each in gone)]
        keep(not wrong, f"lessons {gone} were deleted before request {moment + 1}: {first_lines(wrong)}")


@promise("a list that grows while it is read loses nothing", "what is pushed onto the next page must not be left out", {LIVE})
def a_list_that_grows_loses_nothing(rig: Rig) -> None:
    for moment in _moments(rig):
        emulator = rig.restart(page_size=2, groups=2, children=4)
        old = rig.truth()
        emulator.meanwhile(moment, lambda club=rig.club: _put_in_front(club))  # type: ignore[misc]
        found = rig.pulled()
        wrong = [line for line in differences(found, old) if "nothing stands" in line]
        keep(not wrong, f"a lesson was put in front before request {moment + 1}: {first_lines(wrong)}")


def _put_in_front(club: Club) -> None:
    first = next(iter(club.lessons.values()))
    new = club.add_lesson(first.group, first.day - dt.timedelta(days=1), first.starts_at, LessonState.HELD, [Status.ATTENDED])
    club.lessons.pop(new.id)
    new.id = "7"
    club.lessons = {new.id: new} | club.lessons


@promise("an account with nothing in it is read without a fault", "a club that begins today must be able to connect", {LIVE})
def an_empty_account_is_read(rig: Rig) -> None:
    rig.restart(Club())
    found = rig.pulled()
    keep(not found.marks and not found.members, "marks or children came out of nothing")


@promise("a group without children and without lessons is read like any other", "a new group stops nobody", {LIVE})
def an_empty_group_is_read(rig: Rig) -> None:
    rig.club.groups["77"] = ClubGroup("77", "Пустой кружок", [])
    all_is_told(rig, rig.pulled())


@promise("each batch can be stored by itself", "a batch that leans on another is lost when the gateway stops between the two")
def a_batch_stands_alone(rig: Rig) -> None:
    for batch in rig.pull():
        keys = [record.key for record in batch.records if isinstance(record, Member)]
        keep(len(keys) == len(set(keys)), f"two members with one key in a batch: {[k for k, n in Counter(keys).items() if n > 1]}")
        strangers = {mark.member for mark in batch.records if isinstance(mark, Mark)} - set(keys)
        keep(not strangers, f"marks of members that are not in their batch: {sorted(strangers)}")
        named = {record.words for record in batch.records if isinstance(record, Group)}
        spoken_of = {record.group for record in batch.records if isinstance(record, Member | Lesson)} | {w.group for w in batch.windows}
        keep(spoken_of <= named, f"groups spoken of and not in the batch: {sorted(spoken_of - named)}")
        groups = [window.group for window in batch.windows]
        keep(len(groups) == len(set(groups)), "two windows of one group in a batch: only one of them would count")


@promise("records are what they say: days, times of the wall clock, ids as text", "a wrong type is found here, or in a month's statement")
def records_are_well_formed(rig: Rig) -> None:
    for batch in rig.pull():
        for record in batch.records:
            wrong = _wrong_in(record)
            keep(wrong is None, f"{type(record).__name__}: {wrong}")


def _wrong_in(record: Any) -> str | None:
    for name in ("key", "group", "name", "words", "member"):
        value = getattr(record, name, "-")
        if not isinstance(value, str) or not value:
            return f"{name} is {value!r}: text is needed"
    for name in ("own_id", "lesson", "certificate", "revision"):
        value = getattr(record, name, None)
        if value is not None and (not isinstance(value, str) or not value):
            return f"{name} is {value!r}: text or None is needed"
    for name in ("day", "birth_date"):
        value = getattr(record, name, None)
        if value is not None and type(value) is not dt.date:
            return f"{name} is {value!r}: a date is needed"
    for name in ("starts_at", "ends_at"):
        value = getattr(record, name, None)
        if value is not None and (type(value) is not dt.time or value.tzinfo is not None):
            return f"{name} is {value!r}: a time of the wall clock is needed"
    for kind, name, enumeration in ((Mark, "status", Status), (Lesson, "state", LessonState)):
        value = getattr(record, name, None)
        if isinstance(record, kind) and not isinstance(value, enumeration):
            return f"{name} is {value!r}"
    return None


@promise(
    "it tells what it says that it tells, and takes back nothing else",
    "a timetable that also said «of the marks I have told you all» would take back every mark there is",
)
def nothing_else_is_told(rig: Rig) -> None:
    batches = rig.pull()
    records = [record for batch in batches for record in batch.records]
    for what, kind in (("members", Member), ("marks", Mark), ("lessons", Lesson)):
        count = sum(isinstance(record, kind) for record in records)
        keep(bool(count) is (what in rig.tells), f"{count} {what} are told, and `tells` names {', '.join(sorted(rig.tells))}")
    if "marks" not in rig.tells:
        speaking = [window for batch in batches for window in batch.windows if window.unmarked is not EmptyMeaning.UNKNOWN]
        keep(not speaking, f"it tells no marks, and {len(speaking)} of its windows say of marks that they are all told")


@promise("every record says where a person finds it", "whatever is refused is told with its place; without one nobody mends it")
def records_have_their_place(rig: Rig) -> None:
    for record in itertools.chain.from_iterable(batch.records for batch in rig.pull()):
        url = record.place.url
        parts = urlsplit(url or "")
        keep(parts.scheme in ("http", "https") and bool(parts.netloc), f"{type(record).__name__}: the place is {url!r}, no address")


@promise(
    "a mark carries its lesson's own id", "two lessons of one day would become one, and one of them would never be paid", about={"marks"}
)
def two_lessons_of_a_day_are_two(rig: Rig) -> None:
    batches = rig.pull()
    marks = [record for batch in batches for record in batch.records if isinstance(record, Mark)]
    keep(bool(marks) and all(mark.lesson for mark in marks), "marks without their lesson's id")
    ids = {record.own_id for batch in batches for record in batch.records if isinstance(record, Lesson)}
    keep({mark.lesson for mark in marks} <= ids, "marks of lessons that were not told")


@promise(
    "a certificate's number is read as its ten digits",
    "a lost leading zero is another child's number, or nobody's",
    {"certificates"},
    {"members"},
)
def certificates_are_ten_digits(rig: Rig) -> None:
    found, expected = rig.pulled(), rig.truth()
    for key, member in expected.members.items():
        told = found.members[key].certificate
        keep(told == member.certificate, f"child {key[1]}: the number told is {told!r}, the system has {member.certificate!r}")


@promise(
    "what stands in the number's field and is no number is told as unreadable",
    "the child would be matched by name alone",
    {"certificates", LIVE},
    {"members"},
)
def a_number_that_is_none_is_told(rig: Rig) -> None:
    group = next(iter(rig.club.groups))
    child = rig.club.add_child([group], certificate="нет, уточнить")
    members = [record for batch in rig.pull() for record in batch.records if isinstance(record, Member)]
    told = [member for member in members if member.own_id == child.id]
    keep(bool(told), "the child was not told at all")
    keep(all(member.certificate is None and member.certificate_unreadable for member in told), "it was taken for a number, or for none")


@promise(
    "a child is known by the system's own lasting id",
    "whoever is renamed would be another child: asked for again, and paid twice",
    {LIVE},
    about={"members"},
)
def a_renamed_child_is_the_same(rig: Rig) -> None:
    before = {key[1] for key in rig.pulled().members}
    for child in rig.club.children.values():
        child.name = child.name.replace("ович", "евич")
    after = rig.pulled()
    keep({key[1] for key in after.members} == before, "another id after another name")
    keep(before == set(rig.club.children), f"the ids told are {sorted(before)[:3]} …, the system's {sorted(rig.club.children)[:3]} …")


@promise(
    "names and birth dates come as they are written",
    "matching compares them letter by letter; «ё» and patronymics count",
    about={"members"},
)
def names_come_as_written(rig: Rig) -> None:
    found = rig.pulled()
    for key, member in rig.truth().members.items():
        told = found.members[key]
        keep(told.name == member.name, f"told {told.name!r}, written {member.name!r}")
        keep(told.birth_date in (None, member.birth_date), f"born {told.birth_date} instead of {member.birth_date}")


@promise(
    "days and hours are those on the club's own wall", "a lesson at 00:15 or 23:40 would fall on another day, where there is none", {LIVE}
)
def days_are_the_clubs_own(rig: Rig) -> None:
    for zone in ("Europe/Kaliningrad", "Asia/Vladivostok"):
        rig.restart(zone=zone)
        all_is_told(rig, rig.pulled())


@promise("a change of summer time moves no lesson", "an hour's shift makes another lesson of it: a second debit", {LIVE})
def summer_time_moves_no_lesson(rig: Rig) -> None:
    for last in (dt.date(2025, 10, 28), dt.date(2026, 3, 31)):  # the clocks change on 26 October and on 29 March
        rig.restart(zone="Europe/Berlin", until=last)
        now = dt.datetime.combine(last, dt.time(23, 50), ZoneInfo("Europe/Berlin"))
        all_is_told(rig, rig.pulled(now=now))


@promise(
    "a month's last day is read in the first minutes of the next one",
    "the year's end is when everybody reads: December must be whole",
    {LIVE},
)
def the_turn_of_the_year_is_read(rig: Rig) -> None:
    rig.restart(until=dt.date(2025, 12, 31))
    now = dt.datetime(2026, 1, 1, 0, 5, tzinfo=ZoneInfo("Europe/Moscow"))
    all_is_told(rig, rig.pulled(now=now))


@promise("it reads back as far as it is asked to", "the first reading of a club begins in September", {"since", LIVE})
def it_reads_back_as_far_as_asked(rig: Rig) -> None:
    rig.restart(weeks=20)
    since = TODAY - dt.timedelta(weeks=22)
    all_is_told(rig, Standing().take(rig.pull(since=since)))


@promise("memory does not grow with what is read", "a large club's first reading would end the gateway for all clubs", {LIVE})
def memory_is_flat(rig: Rig) -> None:
    small, large = (_peak(rig, groups) for groups in (4, 32))
    keep(large < 2 * small + 400_000, f"{small // 1000} kB for four groups, {large // 1000} kB for thirty-two of the same size")


def _peak(rig: Rig, groups: int) -> int:
    rig.restart(groups=groups, children=12, weeks=20)
    batches = rig.batches(since=TODAY - dt.timedelta(weeks=22 + groups // 7))
    tracemalloc.start()
    try:
        for _ in batches:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@promise("what is read is handed over as it comes", "a reading that is cut short would leave nothing behind, however long it went", {LIVE})
def batches_come_one_by_one(rig: Rig) -> None:
    emulator = rig.restart(groups=8)
    batches = rig.batches()
    next(batch for batch in batches if any(isinstance(record, Mark | Lesson) for record in batch.records))
    first = len(emulator.log)
    for _ in batches:
        pass
    keep(first < len(emulator.log), "the first of them came after the last request")


@promise("a reading may be given up at any moment", "the gateway is stopped, and read again later")
def a_reading_may_be_given_up(rig: Rig) -> None:
    source = rig.source()
    first: list[Batch] = list(itertools.islice(source.pull(None, rig.now, rig.since), 1))
    keep(len(first) == 1, "no batch came")
    again = Standing().take(source.pull(None, rig.now, rig.since))
    keep(not differences(again, rig.truth()), "the next reading of the same source is not whole")
