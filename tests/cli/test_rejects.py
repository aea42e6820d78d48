"""What was refused, as a file that may be mended and sent again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway.plugins import Status
from gateway.plugins.resent import HEAD, SIGNS
from tests.cli.conftest import COUNTS, Club, number_of


def rows_of(path: Path, sheet: str = "Исправить") -> list[dict[str, Any]]:
    """The file's lines by the words of its head."""
    found = list(openpyxl.load_workbook(path)[sheet].iter_rows(min_row=4, values_only=True))
    return [dict(zip(HEAD, row, strict=False)) for row in found]


def changed(path: Path, change: Callable[[Any, dict[str, int]], None]) -> Path:
    """The file, mended."""
    book = openpyxl.load_workbook(path)
    sheet = book["Исправить"]
    change(sheet, {name: column for column, name in enumerate(HEAD, start=1)})
    book.save(path)
    return path


@pytest.fixture
def refused(club: Club) -> Path:
    """The usual sheet taken in, and what it had refused."""
    club.take()
    path = club.folder / "otkazy.xlsx"
    club.ask("rejects", "--out", path)
    return path


def again(club: Club, path: Path, code: int = 1) -> Any:
    return club.ask("import", path, "--provider", club.provider, "--mapping", club.mapping, code=code)


def counts(club: Club) -> Any:
    return club.ask("status")["counts"]


def test_every_refused_and_waiting_mark_has_a_line_with_reason_cure_and_place(club: Club, refused: Path) -> None:
    rows = rows_of(refused)
    assert len(rows) == 14  # six refused, eight wait
    zimin = [row for row in rows if row["Ребёнок"] == "Зимин Олег"]
    assert any("C10" in row["Почему не списано"] and "Навигаторе" in row["Что сделать"] for row in zimin)
    assert all("tabel.xlsx, лист «Октябрь»" in row["Где стоит"] for row in rows)
    assert {row["Номер сертификата"] for row in zimin} == {next(iter({row["Номер сертификата"] for row in zimin}))}
    assert all(len(row["Номер сертификата"]) == 10 for row in zimin)


def test_the_answer_says_the_same(club: Club, refused: Path) -> None:
    answer = club.ask("rejects")
    assert len(answer) == 14 and {one["answer"] for one in answer} == {"refused", "waiting"}
    assert all(one["reasons"] and one["can_be_sent"] for one in answer)
    shown = club("rejects").stdout
    assert "октябрь 2025: 14 отметок" in shown and "--out" in shown


def test_an_unchanged_file_says_nothing_new_and_withdraws_nothing(club: Club, refused: Path) -> None:
    before = counts(club)
    report = again(club, refused)
    assert (report["new"], report["withdrawn"], report["held"], report["unread"]) == (0, 0, 0, [])
    assert counts(club) == before == COUNTS


def test_a_sign_that_was_mended_changes_that_mark_alone(club: Club, refused: Path) -> None:
    def mend(sheet: Any, column: dict[str, int]) -> None:
        row = next(row for row in range(4, sheet.max_row + 1) if "C10" in sheet.cell(row, column["Почему не списано"]).value)
        sheet.cell(row, column["Отметка"]).value = "не был"

    report = again(club, changed(refused, mend))
    assert (report["new"], report["withdrawn"], report["held"]) == (1, 0, 0)
    after = counts(club)
    assert after["refused"]["C10"] == COUNTS["refused"]["C10"] - 1 and after["not_charged"] == {"absent": 2}
    assert after["charged"] == COUNTS["charged"] and after["marks"] == COUNTS["marks"]


def test_a_line_that_was_deleted_withdraws_nothing(club: Club, refused: Path) -> None:
    changed(refused, lambda sheet, column: sheet.delete_rows(4, 10))
    report = again(club, refused)
    assert (report["new"], report["withdrawn"], report["held"]) == (0, 0, 0) and counts(club) == COUNTS


def test_a_number_that_was_added_finds_the_child_and_leaves_no_mark_behind(club: Club, refused: Path) -> None:
    def mend(sheet: Any, column: dict[str, int]) -> None:
        for row in range(4, sheet.max_row + 1):
            if sheet.cell(row, column["Ребёнок"]).value == "Котова А.":
                sheet.cell(row, column["Номер сертификата"]).value = number_of(club.n, 4)

    again(club, changed(refused, mend))
    after = counts(club)
    assert after["waiting"] == {"N01": 4} and after["charged"] == COUNTS["charged"] + 4 and after["marks"] == COUNTS["marks"]


def test_nothing_refused_is_said_and_no_file_is_written(club: Club) -> None:
    out = club.folder / "none.xlsx"
    result = club("rejects", "--out", out)
    assert result.exit_code == 0 and "Отказанных отметок нет" in result.stdout and not out.exists()


def test_another_kind_of_file_is_refused(club: Club) -> None:
    assert club("rejects", "--out", club.folder / "otkazy.csv").exit_code == 2


def test_the_report_of_an_import_names_the_command(club: Club) -> None:
    shown = club("import", club.sheet(), "--provider", club.provider, "--mapping", club.mapping).stdout
    assert "gateway rejects --out otkazy.xlsx" in shown


def test_a_name_that_would_be_a_formula_is_a_text(club: Club, refused: Path) -> None:
    sheet = openpyxl.load_workbook(refused)["Исправить"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=4) for cell in row if cell.value is not None} == {"s"}


@pytest.mark.parametrize(
    ("sign", "status"), [("был", "attended"), ("опоздал", "late"), ("не был", "absent"), ("уважительная причина", "excused")]
)
def test_the_files_own_words_are_understood_beside_the_providers_signs(club: Club, refused: Path, sign: str, status: str) -> None:
    assert SIGNS[Status(status)] == sign
    changed(refused, lambda sheet, column: setattr(sheet.cell(4, column["Отметка"]), "value", sign))
    report = json.loads(club("dry-run", refused, "--provider", club.provider, "--mapping", club.mapping, "--json").stdout)
    (mark,) = [one for one in report["marks"] if one["row"] == 4]
    assert mark["status"] == status
