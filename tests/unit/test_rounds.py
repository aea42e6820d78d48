from __future__ import annotations

import datetime as dt

import pytest

from gateway.plugins import ROUND_DONE, ListPage, SourceUnavailable, id_or_none, round_of, whole_list

TODAY = dt.date(2025, 10, 28)


def spans(cursor: str | None = None, today: dt.date = TODAY, back: int = 45, since: dt.date | None = None) -> list[str]:
    return [f"{month.first}…{month.last.day}" for month in round_of(cursor, today, back, since=since).months]


# ---------------------------------------------------------------- whole months


def test_whole_months_are_read_back_and_some_days_ahead() -> None:
    assert spans() == ["2025-09-01…30", "2025-10-01…31", "2025-11-01…30"]
    assert spans(today=dt.date(2025, 10, 20), back=10) == ["2025-10-01…31"]
    assert spans(today=dt.date(2026, 1, 1), back=1) == ["2025-12-01…31", "2026-01-01…31"]


def test_since_reaches_further_back_and_never_less() -> None:
    assert spans(since=dt.date(2025, 8, 20))[0] == "2025-08-01…31"
    assert spans(since=dt.date(2025, 10, 20)) == spans()


def test_a_round_goes_on_after_the_group_of_its_cursor() -> None:
    begun = round_of(None, TODAY, 45, since=dt.date(2025, 6, 3))
    assert begun.left(["9", "12", "11"]) == ["11", "12", "9"]
    again = round_of(begun.cursor_after("12"), TODAY + dt.timedelta(days=1), 45)
    assert again.left(["9", "12", "11"]) == ["9"]
    assert again.months[0].first == dt.date(2025, 6, 1), "what it was asked for at the beginning is read to the end"


@pytest.mark.parametrize(
    "cursor", [None, ROUND_DONE, "", "7", "[]", '{"v": 9, "first": "2025-06-01", "after": "9"}', '{"v": 1, "first": "?", "after": "9"}']
)
def test_whatever_else_begins_a_new_round(cursor: str | None) -> None:
    assert round_of(cursor, TODAY, 45).left(["9"]) == ["9"]


# ---------------------------------------------------------------- lists in pages


def pages(*readings: list[tuple[list[int], int | None]]) -> tuple[list[int], object]:
    """Each reading is a list of pages: (ids, total)."""
    turn = iter([page for reading in readings for page in reading])
    asked: list[int] = []

    def page(number: int) -> ListPage:
        asked.append(number)
        ids, total = next(turn)
        return ListPage([{"id": each} for each in ids], total)

    return asked, page


def read(*readings: list[tuple[list[int], int | None]]) -> tuple[list[int], list[int]]:
    asked, page = pages(*readings)
    found = whole_list(page, id_or_none, "crm.example")  # type: ignore[arg-type]
    return [item["id"] for item in found.items], asked


def test_a_list_that_stands_still_is_read_once() -> None:
    assert read([([1, 2], 3), ([3], 3)]) == ([1, 2, 3], [0, 1])
    assert read([([], 0)]) == ([], [0])


def test_a_list_that_changes_is_read_again() -> None:
    moved = [([1, 2], 4), ([4], 3)]  # 1 was deleted: 3 is on the first page now
    assert read(moved, [([2, 3], 3), ([4], 3)]) == ([2, 3, 4], [0, 1, 0, 1])


def test_a_total_that_is_wrong_for_good_is_believed_no_more_when_two_readings_agree() -> None:
    wrong = [([1, 2], 9), ([], 9)]
    assert read(wrong, wrong) == ([1, 2], [0, 1, 0, 1])
    unsaid = [([1, 2], None), ([], None)]
    assert read(unsaid, unsaid) == ([1, 2], [0, 1, 0, 1])


@pytest.mark.parametrize("total", [None, 9])
def test_a_list_that_gives_its_last_page_for_ever_ends_there(total: int | None) -> None:
    asked: list[int] = []

    def page(number: int) -> ListPage:
        asked.append(number)
        items: list[list[object]] = [[{"id": 1}, {"id": 2}], [{"id": 3}, "?"]]
        return ListPage(items[min(number, 1)], total)

    found = whole_list(page, id_or_none, "crm.example")
    assert ([item["id"] for item in found.items], found.nameless) == ([1, 2, 3], ["?"])
    assert asked == [0, 1, 2, 0, 1, 2]


def test_a_list_that_never_stands_still_is_told() -> None:
    readings = [[([number, 100], 3), ([], 3)] for number in range(4)]
    with pytest.raises(SourceUnavailable, match="keeps changing"):
        read(*readings)


def test_an_item_of_two_pages_is_one_and_what_has_no_id_is_kept_apart() -> None:
    turn = iter([ListPage([{"id": 1}, {"id": 2}], 4), ListPage([{"id": 2}, {"id": 3}, "?"], 4)])
    found = whole_list(lambda number: next(turn), id_or_none, "crm.example", kept=lambda item: item["id"])
    assert found == ([1, 2, 3], ["?"])
