"""Collect compares what was read with what stands: nothing is invented, and only a window withdraws."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.collect import Cell, Collected, GroupTold, Person, StandingMark, plan, read
from gateway.core.facts import Batch, EmptyMeaning, Finding, Group, Lesson, LessonState, Level, Status, Text, Window
from gateway.core.lessons import Schedule, StandingLesson
from gateway.core.periods import Period, month_period
from tests.builders.facts import DAY, OCTOBER, batch, day, known, mark, member, place, standing, window

ATTENDED, ABSENT, EMPTY, NOTHING, DAY_OFF = Status.ATTENDED, Status.ABSENT, Status.UNMARKED, Status.NOTHING, Status.DAY_OFF
FULL = window()
PERSON = Person(1, "name|волнова ася|g-1", "name|волнова ася", "g-1", False, None)


def taken(*records: Any, windows: Iterable[Any] = (FULL,), **more: Any) -> Collected:
    return plan([batch(*records, windows=windows)], known(**more))


def said(collected: Collected) -> dict[tuple[int, dt.date], Status]:
    return {(cell.person, cell.day): word.status for cell, word in collected.words.items()}


def questions(collected: Collected) -> list[str]:
    return [finding.what.en for finding, _ in collected.findings if finding.level is Level.QUESTION]


def unread(collected: Collected) -> list[str]:
    return [finding.what.en for finding, _ in collected.findings if finding.level is Level.UNREAD]


def many(count: int, first_row: int = 14) -> tuple[list[Any], list[Person]]:
    """Members m-1 … with a number each, and the same as known persons 1 …"""
    members = [member(f"m-{n}", f"Волнова Ася{n}", row=first_row + n, certificate=f"{n:010d}") for n in range(1, count + 1)]
    persons = [Person(n, f"number|{n:010d}|волнова ася{n}", f"name|волнова ася{n}", "g-1", True, None) for n in range(1, count + 1)]
    return members, persons


# ---------------------------------------------------------------- words


def test_a_new_mark_is_a_new_word() -> None:
    collected = taken(member(), mark())
    assert said(collected) == {(1, DAY): ATTENDED}
    assert [(read.cell, read.is_new) for read in collected.read] == [(Cell(1, "g-1", DAY, ""), True)]


def test_an_unchanged_mark_is_read_and_says_nothing_new() -> None:
    collected = taken(member(), mark(), persons=[PERSON], marks=dict([standing()]))
    assert said(collected) == {}
    assert [read.is_new for read in collected.read] == [False]
    assert collected.persons == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"status": ABSENT}, {}),
        ({"hours": 100}, {"hours": 200}),
        ({"hours": 100}, {}),
        ({"from_empty": True}, {}),  # now a person has signed what was taken from an empty cell
    ],
)
def test_a_changed_mark_says_something_new(before: dict[str, Any], now: dict[str, Any]) -> None:
    collected = taken(member(), mark(**now), persons=[PERSON], marks=dict([standing(**before)]))
    assert said(collected) == {(1, DAY): ATTENDED}
    assert [read.is_new for read in collected.read] == [True]


def test_another_place_of_the_same_word_is_not_new() -> None:
    collected = taken(member(row=99), mark(row=99), persons=[PERSON], marks=dict([standing()]))
    assert said(collected) == {}


def test_a_mark_may_stand_at_a_lesson_of_the_sources_own() -> None:
    collected = taken(member(), mark(lesson="L-1"), mark(lesson="L-2", status=ABSENT))
    assert {cell.lesson: word.status for cell, word in collected.words.items()} == {"L-1": ATTENDED, "L-2": ABSENT}


def test_a_resumed_run_reports_as_new_what_it_said_before_it_was_interrupted() -> None:
    members, persons = many(2)
    marks = dict([standing(1, run=7), standing(2, run=6, number=2)])
    collected = taken(*members, mark("m-1"), mark("m-2"), persons=persons, marks=marks, resumes=7)
    assert said(collected) == {}
    assert {read.cell.person: read.is_new for read in collected.read} == {1: True, 2: False}


def test_findings_of_the_input_are_told_with_their_group() -> None:
    finding = Finding(Level.UNREAD, place(), Text("а", "a"), Text("б", "b"), "Парусники")
    of_the_file = Finding(Level.UNREAD, place(), Text("в", "c"), Text("б", "b"))
    collected = plan([Batch((member(),), (), (finding, of_the_file))], known())
    assert collected.findings == [(finding, "g-1"), (of_the_file, None)]


def test_a_group_without_members_is_remembered() -> None:
    collected = plan([batch(Group("Парусники", place()))], known())
    assert collected.groups == {"парусники": "g-1"}
    assert collected.group_words == {"g-1": "Парусники"}


def test_an_unknown_group_is_kept_by_its_words() -> None:
    collected = taken(member(group="Юнги  2"), mark(), windows=[window(group="Юнги  2")])
    assert collected.groups == {"юнги 2": "?юнги 2"}
    assert {cell.group for cell in collected.words} == {"?юнги 2"}


def test_what_was_covered_is_named_by_group_and_month() -> None:
    assert taken(member(), mark()).covered == {("g-1", "2025-10")}
    assert taken(member(), mark(), windows=[]).covered == set()


# ---------------------------------------------------------------- empty cells


@pytest.mark.parametrize(
    ("meaning", "status", "read"),
    [(EmptyMeaning.ATTENDED, ATTENDED, 1), (EmptyMeaning.NOTHING, None, 0), (EmptyMeaning.UNKNOWN, None, 0)],
)
def test_what_an_empty_cell_means_is_its_windows_word(meaning: EmptyMeaning, status: Status | None, read: int) -> None:
    collected = taken(member(), mark(status=EMPTY), windows=[window(meaning)])
    assert [word.status for word in collected.words.values()] == ([status] if status else [])
    assert all(word.from_empty for word in collected.words.values())
    assert len(collected.read) == read


def test_without_a_window_an_empty_cell_means_nothing_at_all() -> None:
    collected = taken(member(), mark(status=EMPTY), windows=[])
    assert (said(collected), collected.read) == ({}, [])


@pytest.mark.parametrize(("filled_to", "counted"), [(day(5), 0), (DAY, 1), (day(7), 1)])
def test_empty_cells_count_up_to_the_last_filled_day_included(filled_to: dt.date, counted: int) -> None:
    collected = taken(member(), mark(status=EMPTY), windows=[window(filled_to=filled_to)])
    assert len(collected.words) == counted


def test_a_sign_counts_after_the_last_filled_day_too() -> None:
    collected = taken(member(), mark(status=ABSENT), windows=[window(filled_to=day(5))])
    assert said(collected) == {(1, DAY): ABSENT}


@pytest.mark.parametrize(("today", "asked"), [(day(15), True), (day(31), True), (dt.date(2025, 11, 1), False)])
def test_before_the_month_is_over_empty_cells_need_a_day_that_a_person_named(today: dt.date, asked: bool) -> None:
    collected = taken(member(), mark(status=EMPTY), mark(day_=day(9), status=EMPTY), today=today)
    assert len(collected.words) == (0 if asked else 2)
    assert [("month is not over" in one) for one in questions(collected)] == ([True] if asked else [])


def test_a_filled_to_answers_the_question_before_it_is_asked() -> None:
    collected = taken(member(), mark(status=EMPTY), windows=[window(filled_to=DAY)], today=day(15))
    assert (len(collected.words), questions(collected)) == (1, [])


@pytest.mark.parametrize("meaning", [EmptyMeaning.NOTHING, EmptyMeaning.UNKNOWN])
def test_where_empty_is_no_presence_an_unfinished_month_asks_nothing(meaning: EmptyMeaning) -> None:
    assert questions(taken(member(), mark(status=EMPTY), windows=[window(meaning)], today=day(15))) == []


def test_an_unfinished_month_withdraws_no_earlier_empty_cell() -> None:
    collected = taken(member(), mark(status=EMPTY), persons=[PERSON], marks=dict([standing(from_empty=True)]), today=day(15))
    assert (said(collected), collected.withdrawn) == ({}, 0)


# ---------------------------------------------------------------- days off


def test_a_day_off_on_a_lessons_day_stops_the_whole_group() -> None:
    members, _ = many(2)
    marks = [mark("m-1", status=DAY_OFF), mark("m-2", status=DAY_OFF), mark("m-1", day(9), EMPTY)]
    collected = taken(*members, *marks, lesson_days=[DAY, day(9)])
    assert (said(collected), collected.read) == ({}, [])
    assert "day off" in questions(collected)[0]


def test_one_childs_day_off_contradicts_nobody() -> None:
    members, _ = many(2)
    collected = taken(*members, mark("m-1", status=DAY_OFF), mark("m-2"), lesson_days=[DAY])
    assert said(collected) == {(2, DAY): ATTENDED}


def test_a_child_that_was_not_listed_then_does_not_hide_a_day_off() -> None:
    members, _ = many(2)
    collected = taken(*members, mark("m-1", status=DAY_OFF), mark("m-2", status=NOTHING), lesson_days=[DAY])
    assert len(questions(collected)) == 1


@pytest.mark.parametrize(("lesson_days", "nonworking"), [((), ()), ((DAY,), (DAY,))])
def test_a_day_off_without_a_lesson_or_on_a_holiday_contradicts_nothing(lesson_days: Any, nonworking: Any) -> None:
    collected = taken(member(), mark(status=DAY_OFF), mark(day_=day(9)), lesson_days=lesson_days, nonworking=frozenset(nonworking))
    assert said(collected) == {(1, day(9)): ATTENDED}
    assert questions(collected) == []


def test_a_group_without_a_timetable_has_nothing_to_contradict() -> None:
    collected = taken(member(), mark(status=DAY_OFF), lesson_days=[DAY], groups={})
    assert questions(collected) == []


def test_a_contradicted_sheet_withdraws_nothing() -> None:
    collected = taken(member(), mark(status=DAY_OFF), lesson_days=[DAY], persons=[PERSON], marks=dict([standing(day_=day(9))]))
    assert (said(collected), collected.withdrawn) == ({}, 0)


# ---------------------------------------------------------------- withdrawals


def test_a_window_withdraws_whom_it_no_longer_lists() -> None:
    members, persons = many(2)
    marks = dict([standing(1), standing(2, number=2)])
    collected = taken(members[0], mark("m-1"), persons=persons, marks=marks)
    assert said(collected) == {(2, DAY): NOTHING}
    assert collected.withdrawn == 1


@pytest.mark.parametrize("windows", [[], [window(EmptyMeaning.UNKNOWN)], [window(lists_all=False)]])
def test_only_a_complete_window_withdraws(windows: list[Any]) -> None:
    members, persons = many(2)
    marks = dict([standing(1), standing(2, number=2)])
    collected = taken(members[0], mark("m-1"), persons=persons, marks=marks, windows=windows)
    assert (said(collected), collected.withdrawn) == ({}, 0)


def test_a_list_that_could_not_be_read_whole_still_takes_back_what_its_cells_say() -> None:
    collected = taken(
        member(), mark(status=EMPTY), persons=[PERSON], marks=dict([standing()]), windows=[window(EmptyMeaning.NOTHING, lists_all=False)]
    )
    assert said(collected) == {(1, DAY): NOTHING}


def test_days_outside_the_window_and_other_groups_stand() -> None:
    members, persons = many(2)
    marks = dict([standing(2, dt.date(2025, 9, 30)), standing(2, dt.date(2025, 11, 1), number=2), standing(2, number=3, group="g-2")])
    assert said(taken(members[0], mark("m-1"), persons=persons, marks=marks)) == {(1, DAY): ATTENDED}


def test_an_empty_cell_that_means_nothing_takes_an_earlier_mark_back() -> None:
    collected = taken(member(), mark(status=EMPTY), windows=[window(EmptyMeaning.NOTHING)], persons=[PERSON], marks=dict([standing()]))
    assert (said(collected), collected.withdrawn) == ({(1, DAY): NOTHING}, 1)


@pytest.mark.parametrize("sign", [NOTHING, DAY_OFF])
@pytest.mark.parametrize("windows", [[], [FULL], [window(EmptyMeaning.UNKNOWN)]])
def test_a_sign_for_nothing_is_a_persons_own_word_whatever_the_window(sign: Status, windows: list[Any]) -> None:
    collected = taken(member(), mark(status=sign), windows=windows, persons=[PERSON], marks=dict([standing()]))
    assert (said(collected), collected.withdrawn, collected.read) == ({(1, DAY): NOTHING}, 1, [])


def test_what_is_withdrawn_already_is_not_withdrawn_again() -> None:
    members, persons = many(2)
    marks = dict([standing(1), standing(2, number=2, status=NOTHING, counts=False)])
    assert said(taken(members[0], mark("m-1"), persons=persons, marks=marks)) == {}


def gone(known_marks: int, gone_marks: int, children: int = 2, **more: Any) -> Collected:
    """``known_marks`` stand, of which the new sheet lacks ``gone_marks`` of so many children."""
    members, persons = many(children + 1)
    marks: dict[Cell, StandingMark] = {}
    records: list[Any] = []
    for number in range(known_marks):
        is_gone = number < gone_marks
        person = 2 + number % children if is_gone else 1
        day_ = day(1) + dt.timedelta(days=number % 31)
        cell, stands = standing(person, day_, number=number)
        marks[cell._replace(lesson=str(number))] = stands
        if not is_gone:
            records.append(mark("m-1", day_, lesson=str(number)))
    return taken(members[0], *records, persons=persons, marks=marks, **more)


@pytest.mark.parametrize(
    ("known_marks", "gone_marks", "children", "held"),
    [
        (20, 2, 2, False),
        (21, 2, 2, False),
        (19, 2, 2, True),
        (20, 3, 2, True),
        (20, 3, 1, False),
        (3, 3, 1, False),
        (3, 2, 2, True),
        (30, 3, 3, False),
    ],
)
def test_above_ten_percent_and_more_than_one_child_a_person_confirms_first(
    known_marks: int, gone_marks: int, children: int, held: bool
) -> None:
    collected = gone(known_marks, gone_marks, children)
    assert collected.withdrawn == (0 if held else gone_marks)
    assert len(collected.words) == (0 if held else gone_marks)
    assert [(one.group, one.month, len(one.marks), one.children, one.known) for one in collected.held] == (
        [("g-1", "2025-10", gone_marks, children, known_marks)] if held else []
    )
    assert ("earlier marks" in "".join(questions(collected))) is held


def test_the_limit_is_the_packs() -> None:
    assert gone(20, 4, limit_percent=20).held == []
    assert gone(20, 5, limit_percent=20).held != []


def test_cells_that_are_no_mark_count_neither_as_known_nor_as_gone() -> None:
    members, persons = many(3)
    marks = dict([standing(1, day(n), number=n) for n in range(1, 12)])
    marks |= dict([standing(2, day(n), number=100 + n, from_empty=True, counts=False) for n in range(1, 12)])
    marks |= dict([standing(2, day(20), number=200)])
    records = [mark("m-1", day(n)) for n in range(1, 12)]
    collected = taken(members[0], members[2], *records, persons=persons, marks=marks)
    assert collected.held == [] and collected.withdrawn == 1
    assert len(collected.words) == 12  # the dropped cells go too, uncounted


# ---------------------------------------------------------------- a child written twice


def test_equal_rows_of_one_child_are_one() -> None:
    members = [member("m-1", certificate="4700000001"), member("m-2", row=15, certificate="4700000001")]
    collected = taken(*members, mark("m-1"), mark("m-2", row=15))
    assert said(collected) == {(1, DAY): ATTENDED}
    assert (len(collected.read), unread(collected)) == (1, [])


def test_two_signs_that_differ_are_a_question_and_neither_is_taken() -> None:
    members = [member("m-1", certificate="4700000001"), member("m-2", row=15, certificate="4700000001")]
    collected = taken(*members, mark("m-1"), mark("m-2", status=ABSENT, row=15), mark("m-1", day(9)))
    assert said(collected) == {(1, day(9)): ATTENDED}
    assert [read.cell.day for read in collected.read] == [day(9)]
    assert "differ" in unread(collected)[0]


@pytest.mark.parametrize("empty_first", [True, False])
def test_of_a_sign_and_an_empty_cell_the_sign_counts(empty_first: bool) -> None:
    members = [member("m-1", certificate="4700000001"), member("m-2", row=15, certificate="4700000001")]
    marks = [mark("m-1", status=EMPTY), mark("m-2", status=ABSENT, row=15)]
    collected = taken(*members, *(marks if empty_first else reversed(marks)))
    assert said(collected) == {(1, DAY): ABSENT}
    assert (len(collected.read), unread(collected)) == (1, [])


def test_a_disputed_cell_leaves_what_stood() -> None:
    members = [member("m-1", certificate="4700000001"), member("m-2", row=15, certificate="4700000001")]
    person = Person(1, "number|4700000001|волнова ася", "name|волнова ася", "g-1", True, None)
    collected = taken(*members, mark("m-1"), mark("m-2", status=ABSENT, row=15), persons=[person], marks=dict([standing()]))
    assert (said(collected), collected.withdrawn) == ({}, 0)


# ---------------------------------------------------------------- who is who


def test_namesakes_without_a_number_are_told_apart_by_their_rows() -> None:
    collected = taken(member("m-1"), member("m-2", row=15), mark("m-1"), mark("m-2", status=ABSENT, row=15))
    assert said(collected) == {(1, DAY): ATTENDED, (2, DAY): ABSENT}
    assert [(entry.person.row, entry.is_known) for entry in collected.persons] == [(14, False), (15, False)]


def test_who_shares_its_name_with_a_numbered_child_is_a_namesake_too() -> None:
    collected = taken(member("m-1", certificate="4700000001"), member("m-2", row=15))
    assert [entry.person.row for entry in collected.persons] == [None, 15]


def test_the_same_name_in_another_group_is_no_namesake() -> None:
    collected = plan([batch(member("m-1"), member("m-2", group="Юнги", row=15))], known(groups={"Парусники": "g-1", "Юнги": "g-2"}))
    assert [entry.person.row for entry in collected.persons] == [None, None]


def test_the_sources_own_id_goes_before_everything() -> None:
    first = taken(member(own_id="77", certificate="4700000001")).persons[0].person
    renamed = taken(member(own_id="77", name="Мелевая Ася"), persons=[first])
    assert renamed.persons == []


def test_a_number_holds_its_row_together_when_the_patronymic_comes_or_goes() -> None:
    first = taken(member(certificate="4700000001")).persons[0].person
    assert taken(member(name="ВОЛНОВА Ася Петровна", certificate="4700000001"), persons=[first]).persons == []


def test_one_number_with_two_names_is_two_persons() -> None:
    collected = taken(member("m-1", certificate="4700000001"), member("m-2", name="Мелевая Юля", row=15, certificate="4700000001"))
    assert [entry.person.person for entry in collected.persons] == [1, 2]


@pytest.mark.parametrize(("before", "now"), [(None, "4700000001"), ("4700000001", None)])
def test_a_person_is_found_again_when_its_number_is_added_or_lost(before: str | None, now: str | None) -> None:
    person = taken(member(certificate=before)).persons[0].person
    (entry,) = taken(member(certificate=now), persons=[person]).persons
    assert (entry.is_known, entry.person.person, entry.person.has_number) == (True, person.person, now is not None)


def test_another_number_is_another_person() -> None:
    person = taken(member(certificate="4700000001")).persons[0].person
    (entry,) = taken(member(certificate="4700000002"), persons=[person]).persons
    assert (entry.is_known, entry.person.person) == (False, 2)


def test_a_birth_date_tells_namesakes_of_different_groups_and_years_apart() -> None:
    first = taken(member(birth_date=dt.date(2014, 1, 1))).persons[0].person
    assert taken(member(birth_date=dt.date(2014, 1, 1)), persons=[first]).persons == []
    assert taken(member(birth_date=dt.date(2015, 1, 1)), persons=[first]).persons[0].person.person == 2


def test_an_added_row_does_not_slide_a_namesakes_answer_on_to_the_other_child() -> None:
    two = [entry.person for entry in taken(member("m-1", row=14), member("m-2", row=15)).persons]
    same = taken(member("m-1", row=14), member("m-2", row=15), persons=two)
    moved = taken(member("m-1", row=15), member("m-2", row=16), persons=two)
    assert same.persons == []
    assert {entry.person.person for entry in moved.persons} == {3, 4}


# ---------------------------------------------------------------- lessons


def cancelled(day_: dt.date = DAY, starts_at: dt.time | None = None, state: LessonState = LessonState.CANCELLED) -> Lesson:
    return Lesson("Парусники", day_, state, place(), starts_at=starts_at)


def test_a_cancelled_lesson_is_new_once() -> None:
    word = StandingLesson("g-1", DAY, "", "", LessonState.CANCELLED)
    assert taken(member(), cancelled()).lessons == [word]
    assert taken(member(), cancelled(), lessons=[word]).lessons == []


def test_a_lesson_with_a_time_is_one_of_the_day() -> None:
    assert taken(member(), cancelled(starts_at=dt.time(9, 5))).lessons == [StandingLesson("g-1", DAY, "09:05", "", LessonState.CANCELLED)]


def test_a_cancellation_that_is_gone_from_a_complete_sheet_is_taken_back() -> None:
    word = StandingLesson("g-1", DAY, "", "", LessonState.CANCELLED)
    assert taken(member(), lessons=[word]).lessons == [word._replace(state=None)]
    assert taken(member(), lessons=[word], windows=[]).lessons == []
    november = word._replace(day=dt.date(2025, 11, 3))
    assert taken(member(), lessons=[november, word._replace(group="g-2")]).lessons == []


# ---------------------------------------------------------------- a system's own lessons


def held(day_: dt.date = DAY, starts_at: str = "16:00", own_id: str = "L-1", **more: Any) -> Lesson:
    starts = dt.time.fromisoformat(starts_at)
    return Lesson("Парусники", day_, LessonState.HELD, place(), own_id=own_id, starts_at=starts, ends_at=dt.time(20, 0), **more)


def all_lessons(lists_all: bool = True) -> list[Window]:
    return [replace(window(EmptyMeaning.NOTHING, lists_all=lists_all), lists_lessons=True)]


AT_FOUR = StandingLesson("g-1", DAY, "16:00", "20:00", LessonState.HELD)
SCHEDULE = Schedule("g-1", OCTOBER)


def at_four(number: int = 1, person: int = 1, day_: dt.date = DAY) -> tuple[Cell, StandingMark]:
    cell, mark_ = standing(person, day_, number=number)
    return cell._replace(lesson="16:00"), mark_


def test_a_lesson_is_known_by_its_start_whatever_its_id() -> None:
    for own_id in ("L-1", "other"):
        collected = taken(member(), held(own_id=own_id), mark(lesson=own_id), persons=[PERSON], marks=dict([at_four()]), lessons=[AT_FOUR])
        assert (collected.words, collected.lessons) == ({}, [])


def test_a_told_timetable_is_new_once_and_none_where_no_lesson_has_a_time() -> None:
    assert taken(member(), held(), windows=all_lessons()).schedules == [SCHEDULE]
    assert taken(member(), held(), windows=all_lessons(), schedules=[SCHEDULE], lessons=[AT_FOUR]).schedules == []
    assert taken(member(), cancelled(), windows=all_lessons()).schedules == []
    assert taken(member(), held(), windows=[window()]).schedules == []
    gone = taken(member(), windows=all_lessons(), schedules=[SCHEDULE], lessons=[AT_FOUR])
    assert gone.unscheduled == [SCHEDULE]


def test_a_lesson_that_is_not_told_any_more_is_gone_with_its_mark() -> None:
    found = taken(member(), windows=all_lessons(), persons=[PERSON], marks=dict([at_four()]), lessons=[AT_FOUR])
    assert [word.status for word in found.words.values()] == [Status.NOTHING]
    assert found.lessons == [AT_FOUR._replace(state=None)]


def test_a_lesson_stays_as_long_as_a_person_is_asked_about_its_marks() -> None:
    members, persons = many(2)
    marks = dict([at_four(1, 1), at_four(2, 2)])
    found = taken(*members, windows=all_lessons(), persons=persons, marks=marks, lessons=[AT_FOUR])
    assert (len(found.held), found.words, found.lessons) == (1, {}, [])


@pytest.mark.parametrize("windows", [[], [window(EmptyMeaning.NOTHING)], all_lessons(lists_all=False)])
def test_only_who_tells_all_lessons_takes_a_mark_at_a_lesson_back(windows: list[Window]) -> None:
    found = taken(member(), windows=windows, persons=[PERSON], marks=dict([at_four()]), lessons=[AT_FOUR])
    assert found.words == {} and found.lessons == []


def test_a_changed_end_is_a_change() -> None:
    later = AT_FOUR._replace(ends_at="19:00")
    assert taken(member(), held(), windows=all_lessons(), lessons=[later]).lessons == [AT_FOUR]


def test_two_groups_of_a_source_that_are_one_of_the_registers_withdraw_nothing_of_each_other() -> None:
    batch_ = batch(
        member("m-1", "Волнова Ася"), member("m-2", "Рифова Ася", group="Вечерние"),
        windows=[window(EmptyMeaning.NOTHING), window(EmptyMeaning.NOTHING, group="Вечерние")],
    )  # fmt: skip
    for groups, withdrawn in (({"Парусники": "g-1", "Вечерние": "g-1"}, 0), ({"Парусники": "g-1", "Вечерние": "g-2"}, 1)):
        assert plan([batch_], known(dict([standing(7)]), groups=groups)).withdrawn == withdrawn


@pytest.mark.parametrize(
    ("words", "group", "told", "takes_back"),
    [
        ("вечерние", "g-1", GroupTold(OCTOBER, frozenset({"12"})), False),
        ("вечерние", "g-1", GroupTold(Period(dt.date(2025, 9, 1), day(1))), False),
        ("вечерние", "g-1", GroupTold(month_period("2025-09"), frozenset({"12"})), True),  # last year's
        ("вечерние", "g-1", GroupTold(None, frozenset({"12"})), True),  # it has never had a lesson
        ("вечерние", "g-1", GroupTold(OCTOBER, frozenset({"11", "12"})), True),  # the same group, under the name that it had
        ("вечерние", "g-2", GroupTold(OCTOBER, frozenset({"12"})), True),
        ("парусники", "g-1", GroupTold(OCTOBER, frozenset({"12"})), True),
    ],
)
def test_a_group_that_another_part_of_the_reading_told_is_not_taken_back(words: str, group: str, told: GroupTold, takes_back: bool) -> None:
    here = batch(Group("Парусники", place(), "11"), member(), windows=all_lessons())
    (read_batch,) = read([here], {"Парусники": "g-1"}.get, day(31), {words: (group, told)})
    (sheet,) = read_batch.sheets
    assert sheet.window is not None and (sheet.window.lists_all, sheet.window.lists_lessons) == (takes_back, takes_back)


def test_what_is_told_of_a_group_is_remembered_with_its_words() -> None:
    found = taken(Group("Парусники", place(), "11"), member(), mark(), windows=[window(EmptyMeaning.NOTHING)]).groups_told
    assert found == {"парусники": GroupTold(OCTOBER, frozenset({"11"}))}
    later = GroupTold(Period(dt.date(2025, 11, 3), dt.date(2025, 11, 4)))
    assert found["парусники"].absorb(later) == GroupTold(Period(OCTOBER.first, dt.date(2025, 11, 4)), frozenset({"11"}))
    assert taken(member(), windows=[window(EmptyMeaning.NOTHING)]).groups_told["парусники"].days is None


def test_several_windows_of_a_group_are_each_compared_with_what_falls_into_them() -> None:
    november = replace(window(EmptyMeaning.NOTHING), period=month_period("2025-11"))
    records = batch(member(), mark(), mark(day_=dt.date(2025, 11, 3)), windows=[window(EmptyMeaning.NOTHING), november])
    found = plan([records], known())
    assert len(found.words) == 2 and found.covered == {("g-1", "2025-10"), ("g-1", "2025-11")}


# ---------------------------------------------------------------- as a whole


@given(st.lists(st.sampled_from([ATTENDED, ABSENT, Status.EXCUSED, EMPTY]), min_size=1, max_size=31))
def test_the_same_sheet_again_says_nothing_new(statuses: list[Status]) -> None:
    marks = [mark(day_=day(n), status=status) for n, status in enumerate(statuses, start=1)]
    first = taken(member(), *marks)
    stands = {cell: StandingMark(n, word, True, 1) for n, (cell, word) in enumerate(first.words.items())}
    again = taken(member(), *marks, persons=[first.persons[0].person], marks=stands)
    assert (again.words, again.persons, again.withdrawn, again.held) == ({}, [], 0, [])
    assert [read.cell for read in again.read] == [read.cell for read in first.read]


@given(st.permutations(list(range(1, 6))))
def test_the_order_of_rows_says_nothing(order: list[int]) -> None:
    members, persons = many(5)
    statuses = {1: ATTENDED, 2: ABSENT, 3: EMPTY, 4: NOTHING, 5: Status.LATE}
    records = [record for n in order for record in (members[n - 1], mark(f"m-{n}", status=statuses[n]))]
    marks = dict([standing(n, number=n) for n in (1, 4)])
    collected = taken(*records, persons=persons, marks=marks)
    assert said(collected) == {(2, DAY): ABSENT, (3, DAY): ATTENDED, (4, DAY): NOTHING, (5, DAY): Status.LATE}


# ---------------------------------------------------------------- cards that change all at once


def of_cards(known_cards: int, changed: int, matched: int | None = None, **more: Any) -> Collected:
    """A source's known cards, told by it again, the first ``changed`` of them with another name."""
    cards = [member(f"m-{n}", f"Волнова Ася{n}", row=None, own_id=str(n)) for n in range(1, known_cards + 1)]
    first = taken(*cards, windows=[])
    told = [replace(card, name=f"{card.name}?") if n <= changed else card for n, card in enumerate(cards, start=1)]
    persons = [entry.person for entry in first.persons]
    who = range(1, (known_cards if matched is None else matched) + 1)
    return taken(*told, windows=[], persons=persons, matched=set(who), next_person=known_cards + 1, **more)


@pytest.mark.parametrize(
    ("known_cards", "changed", "matched", "held"),
    [
        (30, 3, None, 0),  # ten percent
        (30, 4, None, 4),
        (3, 1, None, 0),  # one alone
        (30, 30, 0, 0),  # nobody was recognised by these: nothing is lost
        (30, 30, 2, 2),
    ],
)
def test_above_ten_percent_and_more_than_one_corrected_card_a_person_answers_first(
    known_cards: int, changed: int, matched: int | None, held: int
) -> None:
    collected = of_cards(known_cards, changed, matched)
    assert (len(collected.held_cards), collected.cards_asked, len(collected.persons)) == (held, held, changed - held)
    assert len(collected.mended) == changed - held
    assert ("all at once" in "".join(questions(collected))) is bool(held)


def test_a_card_that_waits_or_was_declined_is_not_counted_again() -> None:
    asked = of_cards(30, 4).held_cards
    keys = {entry.person.person: entry.person.name_key for entry in asked}
    waits = of_cards(30, 5, cards_waiting=keys)
    assert (len(waits.held_cards), waits.cards_asked, len(waits.persons)) == (0, 4, 1)
    declined = of_cards(30, 5, cards_declined=set(keys.items()))
    assert (declined.cards_asked, questions(declined), len(declined.persons)) == (0, [], 1)
    assert of_cards(30, 1, cards_waiting=keys).cards_settled == {2, 3, 4}


def test_a_new_card_that_is_told_in_two_ways_in_one_reading_is_one_new_person() -> None:
    collected = taken(member(own_id="7"), member("m-2", "Волнова Анна", "Гребцы", own_id="7"), windows=[])
    (entry,) = collected.persons
    assert (entry.is_known, entry.member.name, collected.mended) == (False, "Волнова Анна", set())
