"""What makes a sheet another than the one that was told, and where its changed rows alone do not suffice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from gateway.core.collect import Known, NeedsAll, Person, ReadBatch, StandingMark, Told, digest, plan_read, read, told
from gateway.core.facts import EmptyMeaning, Lesson, LessonState, Place, Status
from tests.builders.facts import DAY, batch, day, known, mark, member, place, window

ROWS = [member(f"m-{n}", f"Волнова Ася{n}", row=14 + n, certificate=f"{n:010d}") for n in range(1, 4)]
MARKS = [mark(f"m-{n}") for n in range(1, 4)]
GROUPS: dict[str, str | None] = {"Парусники": "g-1", "Гребцы": "g-2"}


def sheets(records: Iterable[Any], windows: Sequence[Any] = (window(),), today: dt.date = dt.date(2025, 11, 5)) -> list[ReadBatch]:
    batches = read([batch(*records, windows=windows)], GROUPS.get, today)
    digest(batches, lambda words: words)
    return batches


def first_told(records: Iterable[Any] = (*ROWS, *MARKS), **more: Any) -> tuple[list[Told], Known]:
    """What is kept of the sheet, and what is known once it is stored."""
    collected = plan_read(sheets(records, **more), known(groups=GROUPS))
    stands = {cell: StandingMark(n, word, True, 1) for n, (cell, word) in enumerate(collected.words.items())}
    return collected.told, known(stands, [entry.person for entry in collected.persons], groups=GROUPS)


def changed(before: Sequence[Told], records: Iterable[Any], **more: Any) -> frozenset[str] | None:
    (each,) = sheets(records, **more)
    told.recognise(each.sheets, before)
    return each.sheets[0].changed


def test_the_same_in_other_cells_is_the_same() -> None:
    before, _ = first_told()
    moved = [mark(f"m-{n}", row=99) for n in range(1, 4)]
    assert changed(before, [*ROWS, *moved]) == frozenset()


@pytest.mark.parametrize(
    "other",
    [
        mark("m-2", status=Status.ABSENT), mark("m-2", hours=200), mark("m-2", day_=day(9)), mark("m-2", lesson="17"),
        mark("m-2", status=Status.UNMARKED),
    ],
)  # fmt: skip
def test_a_row_that_says_something_else_is_told_from_the_others(other: Any) -> None:
    before, _ = first_told()
    assert changed(before, [*ROWS, MARKS[0], other, MARKS[2]]) == frozenset({"m-2"})


LESSON = Lesson("Парусники", DAY, LessonState.CANCELLED, Place())


@pytest.mark.parametrize(
    ("records", "more"),
    [
        ([*ROWS[:2], *MARKS[:2]], {}),
        ([ROWS[1], ROWS[0], ROWS[2], *MARKS], {}),
        ([member("m-1", "Волнова Аля", row=15, certificate=f"{1:010d}"), *ROWS[1:], *MARKS], {}),
        ([*ROWS, *MARKS, LESSON], {}),
        ([*ROWS, *MARKS], {"windows": [window(EmptyMeaning.NOTHING)]}),
        ([*ROWS, *MARKS], {"windows": [window(filled_to=day(20))]}),
        ([*ROWS, *MARKS], {"windows": [window(lists_all=False)]}),
        ([*ROWS, *MARKS], {"today": dt.date(2025, 10, 20)}),
        ([*ROWS, *MARKS], {"windows": []}),
    ],
)
def test_another_list_lesson_or_window_is_another_sheet(records: list[Any], more: dict[str, Any]) -> None:
    before, _ = first_told()
    assert changed(before, records, **more) is None


@pytest.mark.parametrize(
    "records",
    [
        [*ROWS, *MARKS, mark("m-1", day_=dt.date(2025, 11, 3))],
        [*ROWS, *MARKS, Lesson("Парусники", dt.date(2025, 11, 3), LessonState.CANCELLED, Place())],
        [*ROWS, member("m-4", "Волнова Ася1", row=30, certificate=f"{1:010d}"), *MARKS, mark("m-4", day_=day(9))],
        [*ROWS, *MARKS, mark("m-1", status=Status.ABSENT)],
    ],
)
def test_days_outside_a_person_in_two_rows_and_what_is_disputed_are_never_known_by_digest(records: list[Any]) -> None:
    assert first_told(records)[0] == []


def test_two_sheets_of_the_same_days_of_a_group_are_never_known_by_digest() -> None:
    twice = [batch(*ROWS, *MARKS, windows=[window()]) for _ in range(2)]
    batches = read(twice, GROUPS.get, dt.date(2025, 11, 5))
    digest(batches, lambda words: words)
    assert plan_read(batches, known(groups=GROUPS)).told == []


def test_one_childs_emptied_row_is_withdrawn_by_itself_and_of_two_all_is_needed() -> None:
    windows = [window(EmptyMeaning.NOTHING)]
    before, stands = first_told(windows=windows)
    for number in (1, 2):
        emptied = [mark(f"m-{n}", status=Status.UNMARKED if n <= number else Status.ATTENDED) for n in range(1, 4)]
        (each,) = sheets([*ROWS, *emptied], windows)
        told.recognise(each.sheets, before)
        if number == 1:
            assert plan_read([each], stands).withdrawn == 1
        else:
            with pytest.raises(NeedsAll):
                plan_read([each], stands)


def test_where_a_person_is_known_by_something_else_now_all_is_needed_and_nothing_is_kept() -> None:
    before, stands = first_told()
    gained = Person(9, "name|гребцова ия|g-2", "name|гребцова ия", "g-2", False, None)
    more = known(dict(stands.marks), [*stands.persons, gained], groups=GROUPS)
    numbered = member("n-1", "Гребцова Ия", "Гребцы", certificate="0000000009")
    (each,) = sheets([*ROWS, *MARKS, numbered], [window(), window(group="Гребцы")])
    collected = plan_read([each], more)
    assert [entry.is_known for entry in collected.persons] == [True]
    assert collected.told == []
    told.recognise(each.sheets, before)
    with pytest.raises(NeedsAll):
        plan_read([each], more)


def test_its_marks_are_read_out_as_ever() -> None:
    before, stands = first_told()
    (each,) = sheets([*ROWS, MARKS[0], mark("m-2", status=Status.ABSENT), MARKS[2]])
    whole = plan_read([each], stands)
    told.recognise(each.sheets, before)
    assert each.sheets[0].changed == frozenset({"m-2"})
    part = plan_read([each], stands)
    assert (part.read, part.words, part.told) == (whole.read, whole.words, whole.told)
    assert [one.is_new for one in part.read] == [False, True, False]
    assert part.read[0].word.place == place()
