"""What a day's cell says: signs, hours, and everything that must not become a mark."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import Font

from adapters.spreadsheet.grid import Cell, Kind, column_letters, column_number
from adapters.spreadsheet.signs import Meaning, default_signs, reading, sign_table
from adapters.spreadsheet.words import folded, sign_key, tidy
from gateway.plugins import Level, Status
from tests.adapters.sheets import FORM, Book, column, refusal, taken, with_sheet

OWN = {"cells": {"empty": "nothing", "codes": {"н": "absent", "ув": "excused", "2": "attended", "опозд": "late", "К": "cancelled"}}}


def text(value: str) -> Cell:
    return Cell(Kind.TEXT, tidy(value))


def one(tmp_path: Path, value: Any, mapping: dict[str, Any]) -> tuple[str | None, bool]:
    """(status, is the cell told as unread) of a value on 7 October."""
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {7: value, 8: "Н"})
    read = taken(book.save(), mapping)
    return read.said("Иванов Пётр", 7)[0], ("Лист1", 5, column(7)) in read.unread()


@pytest.mark.parametrize("sign", ["Н", "н", "H", "h", " Н ", "Н\u00a0", "\u200bн"])
def test_case_blanks_and_latin_twins_are_one_sign(tmp_path: Path, sign: str) -> None:
    assert one(tmp_path, sign, FORM) == ("absent", False)


@pytest.mark.parametrize("sign", ["П", "+", "✓", "да", "Б", "о", "У", "н/б", "НН", "+-", "?", "Н Н", "нб", "болел", "Н.", "0,5ч"])
def test_with_codes_only_they_are_known(tmp_path: Path, sign: str) -> None:
    assert one(tmp_path, sign, FORM) == (None, True)


@pytest.mark.parametrize(
    ("sign", "status"),
    [
        ("Н", "absent"),
        ("нб", "absent"),
        ("В", "day_off"),
        ("B", "day_off"),
        ("Х", "nothing"),
        ("x", "nothing"),
        ("-", "nothing"),
        ("—", "nothing"),
        ("+", "attended"),
        ("✓", "attended"),
        ("✔", "attended"),
        ("v", "attended"),
        ("V", "attended"),
        ("да", "attended"),
        ("п", "attended"),
        ("б", None),
        ("О", None),
        ("У", None),
        ("К", None),
        ("но", None),
        ("нн", None),
        ("?", None),
        ("я", None),
        ("н/б", None),
        ("+-", None),
    ],
)
def test_without_codes_the_signs_of_the_forms_are_known_and_local_ones_are_not(tmp_path: Path, sign: str, status: str | None) -> None:
    assert one(tmp_path, sign, {}) == (status, status is None)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (1, "attended:100"),
        (1.5, "attended:150"),
        ("1,5", "attended:150"),
        ("1.5", "attended:150"),
        (0, "absent:0"),
        ("0", "absent:0"),
        ("0,00", "absent:0"),
        (2, "attended"),
        ("2", "attended"),
        ("2,0", "attended"),
        ("опозд", "late"),
        ("Ув", "excused"),
        (24, "attended:2400"),
        (0.75, "attended:75"),
    ],
)
def test_numbers_are_hours_unless_named(tmp_path: Path, value: Any, status: str) -> None:
    assert one(tmp_path, value, OWN) == (status, False)


@pytest.mark.parametrize("value", ["2ч", "2 часа", -2, "-2,00", 25, 1.333, "1,5,5", "1/2", "1-2", "1e1", 1e300, True, "½"])
def test_what_is_no_number_of_hours_gives_no_mark(tmp_path: Path, value: Any) -> None:
    assert one(tmp_path, value, OWN) == (None, True)


def test_a_date_that_the_office_program_made_of_a_number(tmp_path: Path) -> None:
    assert one(tmp_path, dt.datetime(2025, 1, 2), OWN) == (None, True)
    assert one(tmp_path, dt.time(1, 30), OWN) == (None, True)


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALUE!", "#DIV/0!"])
def test_error_cells_are_unread_with_a_cure(tmp_path: Path, error: str) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {7: error})
    read = taken(book.save())
    assert read.said("Иванов Пётр", 7) == [None]
    (finding,) = [finding for finding in read.findings if finding.place.column == column(7)]
    assert error in finding.what.ru and finding.cure.ru


def with_result(xml: str, cell: str, result: str) -> str:
    """The result beside a formula, as an office program stores it."""
    return re.sub(rf'(<c r="{cell}"[^>]*?)(?: t="\w+")?>(<f>[^<]*</f>)<v ?/?>(?:</v>)?', rf'\1 t="str">\2<v>{result}</v>', xml)


def test_formulas_count_by_their_stored_result_and_are_never_evaluated(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {7: '=IF(1=1,"Н","")', 8: '="Н"'})
    read = taken(with_sheet(book.save(), lambda xml: with_result(xml, f"{column(7)}5", "Н")))
    assert read.said("Иванов Пётр", 7, 8, 9) == ["absent", None, "unmarked"]
    assert read.unread() == [("Лист1", 5, column(8))]


def test_a_cell_of_blanks_is_empty(tmp_path: Path) -> None:
    for blank in (" ", "\u00a0", "\u200b", "\t\n"):
        assert one(tmp_path, blank, FORM) == ("unmarked", False)


def test_a_struck_out_mark_is_not_taken(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid()
    row = sheet.child("Иванов Пётр", {7: "Н"})
    sheet.sheet[f"{column(7)}{row}"].font = Font(strike=True)
    read = taken(book.save())
    assert (read.said("Иванов Пётр", 7), read.unread()) == ([None], [("Лист1", row, column(7))])


def test_a_latin_twin_is_asked_about_once(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {7: "H", 8: "B", 9: "H"})
    assert taken(book.save()).questions() == [("Лист1", 5, column(7))]


# ---------------------------------------------------------------- the mapping


@pytest.mark.parametrize(
    ("mapping", "word"),
    [
        ({"cells": {"empty": "present"}}, "empty"),
        ({"cells": {"filled_to": "вчера"}}, "filled_to"),
        ({"cells": {"codes": {"Н": "missing"}}}, "codes"),
        ({"cells": {"codes": {"Н": "absent", "h": "attended"}}}, "codes"),
        ({"cells": {"codes": ["Н"]}}, "codes"),
        ({"cells": 5}, "cells"),
        ({"columns": {"child": 2}}, "child"),
        ({"columns": {"certificate": "A1"}}, "certificate"),
    ],
)
def test_a_wrong_mapping_is_refused_by_its_key(tmp_path: Path, mapping: dict[str, Any], word: str) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    finding = refusal(book.save(), mapping)
    assert word in finding.what.ru and word in finding.what.en and finding.cure.ru


def test_an_unknown_key_is_told(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    read = taken(book.save(), {"cells": {"emty": "attended", "empty": "attended"}})
    assert "emty" in read.findings[0].what.ru


def test_an_unknown_table_is_told(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    read = taken(book.save(), {"colums": {"child": "B"}, "groups": {}})
    assert [finding.level for finding in read.findings if "colums" in finding.what.ru and "colums" in finding.what.en] == [Level.QUESTION]


def test_columns_of_the_mapping_go_before_the_headers_words(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Шахматы")
    sheet.line("октябрь 2025")
    sheet.line("код", "кто", "№", *range(1, 32))
    sheet.line("4712000011", "Иванов Пётр", 1, *["Н"])
    mapping = {"cells": FORM["cells"], "columns": {"certificate": "А", "child": "в", "first_day": "d"}}
    (member,) = taken(book.save(), mapping).members
    assert (member.name, member.certificate) == ("Иванов Пётр", "4712000011")


def test_a_wrong_first_day_of_the_mapping_stops_the_group(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    assert refusal(book.save(), {**FORM, "columns": {"first_day": "E"}}).place[:3] == ("Лист1", 4, "E")


# ---------------------------------------------------------------- properties


@given(st.text(max_size=20))
def test_folding_is_done_once_and_for_all(value: str) -> None:
    assert tidy(tidy(value)) == tidy(value)
    assert sign_key(sign_key(value)) == sign_key(value)
    assert folded(tidy(value)) == folded(value)


@given(st.text(min_size=1, max_size=6))
def test_a_sign_is_known_taken_as_hours_or_told_and_nothing_else(value: str) -> None:
    if not tidy(value):
        return
    read = reading(text(value), default_signs())
    assert (read.meaning is None) == (read.what is not None)
    if read.status is Status.ATTENDED and read.hours is None:
        assert sign_key(value) in {"+", "✓", "v", "да", "п"}


@given(st.decimals(min_value=0, max_value=24, places=2))
def test_hours_are_exact_hundredths(hours: Decimal) -> None:
    for written in (str(hours), str(hours).replace(".", ",")):
        read = reading(text(written), default_signs())
        assert read.hours == int(hours * 100)
        assert read.meaning is (Meaning.ATTENDED if hours else Meaning.ABSENT)


@given(st.integers(1, 16384))
def test_columns_are_named_as_the_office_program_does(number: int) -> None:
    assert column_number(column_letters(number)) == number


def test_a_sign_named_twice_is_found() -> None:
    assert sign_table({"Н": Meaning.ABSENT, "H": Meaning.ABSENT})[1] is None
    assert sign_table({"Н": Meaning.ABSENT, "H": Meaning.LATE})[1] == "H"
    assert sign_table({"1": Meaning.ATTENDED, "1,0": Meaning.ABSENT})[1] == "1,0"
