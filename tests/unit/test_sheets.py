"""The builder of sheets: the same words give the same bytes, and they say what was meant."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl

from tests.builders import sheets


def grid() -> sheets.Grid:
    rows = [sheets.Row("Пчёлкина Яна", "0479900001", {3: "Н"}), sheets.Row("Шмелёв Олег", 479900002)]
    return sheets.Grid("Хор", dt.date(2025, 11, 1), rows)


def test_the_same_words_give_the_same_bytes() -> None:
    assert sheets.one_grid("Клуб", grid()) == sheets.one_grid("Клуб", grid())


def test_two_grids_stand_one_under_another() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(sheets.month_book("Клуб", {"Хор": [grid(), grid()]}))).worksheets[0]
    assert [row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 2).value == "Пчёлкина Яна"] == [9, 23]
    assert sheet.cell(9, 3).value == "0479900001"
    assert sheet.cell(10, 3).value == 479900002
    assert (sheet.cell(9, 5).value, sheet.cell(9, 7).value, sheet.cell(9, 8).value) == ("В", "Н", None)
    assert sheet.cell(8, 5 + 29).value == 30
    assert sheet.cell(8, 5 + 30).value is None
