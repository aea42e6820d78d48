"""Promises about what comes later: going on from a cursor, corrections, and what may be withdrawn."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from gateway.core.facts import Batch, EmptyMeaning, LessonState, Mark, Member, Status
from gateway.plugins.source import SourceUnavailable
from gateway.plugins.testing.club import NOW, Club, ClubGroup, ClubLesson
from gateway.plugins.testing.promises import LIVE, first_lines, keep, promise
from gateway.plugins.testing.rig import Rig
from gateway.plugins.testing.standing import Standing, differences
from gateway.plugins.testing.traffic import Fault

CURSOR_CHARACTERS_MAX = 2000


@promise("from every cursor the reading goes on without a gap", "the gateway may stop after any batch; what lay behind would never be read")
def every_cursor_goes_on(rig: Rig) -> None:
    batches = rig.pull()
    keep(rig.last_cursor(batches) is not None, "no batch has a cursor")
    for place, batch in enumerate(batches):
        if batch.cursor is None:
            continue
        rest = rig.pull(batch.cursor)
        wrong = differences(Standing().take(batches[: place + 1]).take(rest), rig.truth())
        keep(not wrong, f"after batch {place + 1} of {len(batches)}: {first_lines(wrong)}")


@promise("a reading that was cut short goes on where it was", "a large club would begin again and again, and never come to its end", {LIVE})
def a_cursor_spares_what_was_read(rig: Rig) -> None:
    rig.restart(groups=6)
    batches = rig.pull()
    whole = len(rig.emulator.log)
    middle = next(batch.cursor for batch in batches[len(batches) // 2 :] if batch.cursor is not None)
    rig.emulator.log.clear()
    rig.pull(middle)
    keep(len(rig.emulator.log) < whole, f"{whole} requests from the beginning, {len(rig.emulator.log)} from the middle")


@promise(
    "a cursor that nobody understands is a first reading", "after an update the old cursor is still there: the club must not stand still"
)
def a_strange_cursor_is_a_first_reading(rig: Rig) -> None:
    for cursor in ("", "?", '{"page":', '{"v":99}', "[]", "7", "x" * 5000):
        wrong = differences(Standing().take(rig.pull(cursor)), rig.truth())
        keep(not wrong, f"with the cursor {cursor[:20]!r}: {first_lines(wrong)}")


@promise("a cursor is a short text", "it is stored with each batch, and shown")
def a_cursor_is_short(rig: Rig) -> None:
    for batch in rig.pull():
        keep(batch.cursor is None or isinstance(batch.cursor, str), f"a cursor is {type(batch.cursor).__name__}")
        keep(len(batch.cursor or "") <= CURSOR_CHARACTERS_MAX, f"a cursor of {len(batch.cursor or '')} characters")


@promise("the same again changes nothing", "every night's reading would make new facts, and undo what a person has answered")
def the_same_again_is_no_change(rig: Rig) -> None:
    first, again = rig.pull(), rig.pull()
    keep(_said(first) == _said(again), "two first readings of the same say different things")
    before = Standing().take(first)
    later = rig.pull(rig.last_cursor(first), rig.hours_later(7))
    new = [record for record in _said(later) - _said(first) if isinstance(record, Mark | Member)]
    keep(not new, f"seven hours later, with nothing changed, it newly says {first_lines(list(map(str, new)), 2)}")
    after = Standing().take(first).take(later, confirmed=True)
    keep(before.marks == after.marks and before.lessons == after.lessons, "seven hours later something else stands")


def _said(batches: list[Batch]) -> set[object]:
    return {record for batch in batches for record in batch.records}


def _later(rig: Rig, change: Callable[[Club], None], confirmed: bool = True) -> Standing:
    """What stands after a first reading, a change, and the next reading three hours later."""
    first = rig.pull()
    change(rig.club)
    return Standing().take(first).take(rig.pull(rig.last_cursor(first), NOW + dt.timedelta(hours=3)), confirmed)


def _is_followed(rig: Rig, change: Callable[[Club], None]) -> None:
    found = _later(rig, change)
    wrong = differences(found, rig.truth())
    keep(not wrong, first_lines(wrong))


@promise("a corrected mark is told", "the family pays for what the child did not attend", {LIVE}, about={"marks"})
def a_corrected_mark_is_told(rig: Rig) -> None:
    def correct(club: Club) -> None:
        statuses = rig.emulator.statuses
        for lesson, child in list(club.held_with(*statuses))[::3]:
            lesson.marks[child] = statuses[(statuses.index(lesson.marks[child]) + 1) % len(statuses)]

    _is_followed(rig, correct)


@promise("a mark that comes late is told", "teachers mark on Sunday what was on Monday", {LIVE}, about={"marks"})
def a_late_mark_is_told(rig: Rig) -> None:
    lesson = rig.club.lessons_of(LessonState.HELD)[0]
    late = lesson.marks.copy()
    lesson.marks = dict(list(late.items())[:1])

    def mark(club: Club) -> None:
        club.lessons[lesson.id].marks = late

    _is_followed(rig, mark)


@promise("a mark that is taken out is withdrawn", "it was a mistake, and it would stay paid", {LIVE}, about={"marks"})
def a_mark_taken_out_is_withdrawn(rig: Rig) -> None:
    def take_out(club: Club) -> None:
        lesson = _held_alone(club)
        lesson.marks.pop(next(iter(lesson.marks)))

    _is_followed(rig, take_out)


@promise("a lesson that is held later brings its marks then", "planned today, held tomorrow: the usual way of a lesson", {LIVE})
def a_planned_lesson_is_held(rig: Rig) -> None:
    lesson = rig.club.lessons_of(LessonState.PLANNED)[0]
    lesson.day = NOW.date() - dt.timedelta(days=1)

    def hold(club: Club) -> None:
        lesson.state = LessonState.HELD
        lesson.marks = dict.fromkeys(club.groups[lesson.group].children, Status.ATTENDED)

    _is_followed(rig, hold)


@promise(
    "before a lesson is held it has no marks",
    "systems prefill «absent»: what is only planned would count as missed",
    {LIVE},
    about={"marks"},
)
def a_planned_lesson_has_no_marks(rig: Rig) -> None:
    lesson = rig.club.lessons_of(LessonState.PLANNED)[0]
    lesson.marks = dict.fromkeys(rig.club.groups[lesson.group].children, rig.emulator.statuses[-1])
    told = [cell for cell in rig.pulled().marks if cell.lesson == lesson.id]
    keep(not told, f"{len(told)} marks of a lesson that is only planned")


@promise("a lesson that is cancelled is told as cancelled", "a cancelled lesson is paid for by nobody", {"cancels", LIVE})
def a_cancelled_lesson_is_told(rig: Rig) -> None:
    def cancel(club: Club) -> None:
        lesson = _held_alone(club)
        lesson.state, lesson.marks = LessonState.CANCELLED, {}

    _is_followed(rig, cancel)


@promise("a lesson that is not cancelled after all is told so", "it would never be paid", {"cancels", LIVE})
def a_cancelled_lesson_comes_back(rig: Rig) -> None:
    def hold(club: Club) -> None:
        lesson = club.lessons_of(LessonState.CANCELLED)[0]
        lesson.state = LessonState.HELD
        lesson.marks = dict.fromkeys(club.groups[lesson.group].children, Status.ATTENDED)

    _is_followed(rig, hold)


@promise("a lesson that vanished is withdrawn", "many systems delete instead of cancelling: its debits would stand for ever", {LIVE})
def a_vanished_lesson_is_withdrawn(rig: Rig) -> None:
    _is_followed(rig, lambda club: club.lessons.__delitem__(_held_alone(club).id))


@promise("a lesson that is moved stands where it was moved to, and only there", "it would be paid on both days", {LIVE})
def a_moved_lesson_moves(rig: Rig) -> None:
    def move(club: Club) -> None:
        lesson = _held_alone(club)
        lesson.day -= dt.timedelta(days=1)
        lesson.starts_at, lesson.ends_at = dt.time(11, 0), dt.time(11, 45)

    _is_followed(rig, move)


@promise(
    "a child that leaves keeps the marks of its lessons", "what was attended is paid, whoever leaves afterwards", {LIVE}, about={"marks"}
)
def who_leaves_keeps_the_past(rig: Rig) -> None:
    def leave(club: Club) -> None:
        for group in club.groups.values():
            group.children.pop(0)

    _is_followed(rig, leave)


@promise("a child that comes is told", "it would wait for the next month", {LIVE}, about={"members"})
def who_comes_is_told(rig: Rig) -> None:
    def come(club: Club) -> None:
        for group in club.groups:
            child = club.add_child([group], "4700099999")
            lesson = max((each for each in club.lessons_of(LessonState.HELD) if each.group == group), key=lambda each: each.day)
            lesson.marks[child.id] = Status.ATTENDED

    found = _later(rig, come)
    keep(not differences(found, rig.truth()), first_lines(differences(found, rig.truth())))
    keep(rig.truth().members.keys() <= found.members.keys(), "the new child is in no list")


def _held_alone(club: Club) -> ClubLesson:
    """A held lesson of the middle of the time that is told, on a day by itself."""
    lessons = [lesson for lesson in club.lessons_of(LessonState.HELD) if lesson.starts_at.hour == 16]
    return lessons[len(lessons) // 2]


@promise(
    "an answer without anything in it withdraws nothing",
    "a system that has lost its data for an hour would empty the whole month",
    {LIVE},
    about={"marks"},
)
def an_empty_answer_withdraws_nothing(rig: Rig) -> None:
    first = rig.pull()
    before = Standing().take(first)
    rig.emulator.fail(Fault.EMPTY)
    later, _ = rig.pull_until_it_fails()
    after = Standing().take(first).take(later)
    gone = before.marks.keys() - after.marks.keys()
    keep(not gone, f"{len(gone)} of {len(before.marks)} marks are gone without a person's word")


@promise(
    "lessons that come back empty withdraw nothing by themselves",
    "only a person may say that a whole group was never there",
    {LIVE},
    about={"marks"},
)
def an_empty_list_of_lessons_withdraws_nothing(rig: Rig) -> None:
    first = rig.pull()
    before = Standing().take(first)
    for lesson in list(rig.club.lessons.values()):
        del rig.club.lessons[lesson.id]
    after = Standing().take(first).take(rig.pull())
    gone = before.marks.keys() - after.marks.keys()
    keep(not gone, f"{len(gone)} of {len(before.marks)} marks are gone without a person's word")


@promise("a reading that is cut short withdraws nothing", "whatever came after the cut would count as deleted")
def what_was_not_read_is_not_withdrawn(rig: Rig) -> None:
    rig.restart(page_size=3, groups=2)
    first, count = [], 0
    for batch in rig.batches():
        first.append(batch)
        count = len(rig.emulator.log)  # what comes behind the last batch, such as a good-bye, withholds nothing
    for moment in range(0, count, max(1, count // 12)):
        rig.emulator.heal()
        rig.emulator.fail(Fault.SERVER_ERROR, after=moment)
        part, error = rig.pull_until_it_fails()
        wrong = differences(Standing().take(first).take(part, confirmed=True), rig.truth())
        keep(not wrong, f"nothing is answered from request {moment + 1} on: {first_lines(wrong)}")
        keep(isinstance(error, SourceUnavailable), f"nothing is answered from request {moment + 1} on, and nobody is told")


@promise("a window speaks only of what was read", "what lies outside of it is withdrawn by nobody's word", {"since", LIVE})
def windows_are_of_what_was_read(rig: Rig) -> None:
    old_day = NOW.date() - dt.timedelta(weeks=36)
    rig.club.lessons_of(LessonState.HELD)[0].day = old_day
    first = Standing().take(rig.pull(since=NOW.date() - dt.timedelta(weeks=40)))

    def of_winter() -> tuple[int, int]:
        return sum(cell.day == old_day for cell in first.marks), sum(lesson.day == old_day for lesson in first.lessons)

    told = of_winter()
    keep(bool(told[0] if "marks" in rig.tells else told[1]), "lessons or marks of last winter were not read, although they were asked for")
    first.take(rig.pull(), confirmed=True)
    keep(of_winter() == told, "a reading of the last weeks withdrew lessons or marks of last winter")


@promise(
    "the first and the last day of a window are read to their last lesson",
    "a window says of all its days that everything was told: lessons of a day that was left out are taken back, with the money",
    {LIVE},
)
def windows_are_read_to_their_ends(rig: Rig) -> None:
    ends: dict[str, set[dt.date]] = {}
    for batch in rig.pull():
        for window in batch.windows:
            if window.lists_all or window.lists_lessons:
                ends.setdefault(window.group, set()).update((window.period.first, window.period.last))
    keep(bool(ends), "no window says that everything of its days was told")
    new = [lesson for group in rig.club.groups.values() for lesson in _early_and_late(rig, group, ends.get(group.title, set()))]
    _keep_those(rig.pulled(), rig, new)


@promise("the very day is read from which it is asked to read", "a club's first lessons would never be paid", {"since", LIVE})
def the_day_asked_for_is_read(rig: Rig) -> None:
    for since in (dt.date(2025, 7, 1), dt.date(2025, 6, 30), dt.date(2025, 5, 14)):
        rig.restart()
        new = [lesson for group in rig.club.groups.values() for lesson in _early_and_late(rig, group, {since})]
        _keep_those(Standing().take(rig.pull(since=since)), rig, new)


def _early_and_late(rig: Rig, group: ClubGroup, days: Iterable[dt.date]) -> Iterator[ClubLesson]:
    """Lessons in the first and the last minutes of these days; held, or planned where the day has not passed yet."""
    for day in sorted(days):
        state = LessonState.HELD if day < NOW.date() else LessonState.PLANNED
        said = [rig.emulator.statuses[0]] * len(group.children) if state is LessonState.HELD else []
        for time in (dt.time(0, 5), dt.time(23, 45)):
            yield rig.club.add_lesson(group.id, day, time, state, said, minutes=10)


def _keep_those(found: Standing, rig: Rig, lessons: list[ClubLesson]) -> None:
    """These lessons stand, with their marks."""
    wrong = [line for line in differences(found, rig.truth()) if any(f"lesson {lesson.id}" in line for lesson in lessons)]
    days = sorted({lesson.day for lesson in lessons})
    keep(not wrong, f"lessons of {', '.join(map(str, days))}, early and late: {first_lines(wrong)}")


@promise("only windows withdraw, and they say what an empty cell means", "nothing is guessed where money hangs on it")
def windows_say_what_they_mean(rig: Rig) -> None:
    windows = [window for batch in rig.pull() for window in batch.windows]
    keep(bool(windows), "no window: nothing that vanishes would ever be withdrawn")
    for window in windows:
        keep(isinstance(window.unmarked, EmptyMeaning), f"unmarked is {window.unmarked!r}")
        keep(window.period.first <= window.period.last, f"a window of {window.period.first} … {window.period.last}")
