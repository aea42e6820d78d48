"""What is no workbook, or too large a one, is refused with words that help; nothing is half-read."""

from __future__ import annotations

import os
import time
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from adapters.spreadsheet.adapter import SpreadsheetAdapter, gateway_adapters
from adapters.spreadsheet.settings import SpreadsheetSettings
from gateway.plugins import InputRefused
from tests.adapters.sheets import FORM, NOW, Book, refusal, taken

WORKBOOK = "<workbook/>"


def written(folder: Path, content: bytes, name: str = "табель.xlsx") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def zipped(folder: Path, parts: dict[str, bytes | str]) -> Path:
    path = folder / "табель.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def ole(*names: str) -> bytes:
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(1024) + b"".join(name.encode("utf-16le") for name in names) + bytes(512)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "пуст"),
        (ole("EncryptedPackage"), "зашифрован"),
        (ole("Workbook"), "повреждён"),
        (ole("WordDocument"), "Word"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "нет табеля"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>', "XML 2003"),
        ("Товар;Цена\nЧай;10\n".encode("cp1251"), "нет табеля"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "не таблица"),
        (b"PK\x03\x04 cut off in the middle", "повреждён"),
    ],
)
def test_other_content_under_the_name_of_a_workbook(tmp_path: Path, content: bytes, word: str) -> None:
    finding = refusal(written(tmp_path, content))
    assert word in finding.what.ru
    assert finding.what.en and finding.cure.ru and finding.cure.en
    assert finding.place == (None, None, None, None)


def test_the_password_is_taken_off_by_the_secretary(tmp_path: Path) -> None:
    assert "Снимите пароль (Файл → Сведения → Защита книги)" in refusal(written(tmp_path, ole("EncryptedPackage"))).cure.ru


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"word/document.xml": "<d/>"}, "нет табеля"),
        ({"word/document.xml": "<d>"}, "повреждён"),
        (
            {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>", "META-INF/manifest.xml": "<x/>"},
            "нет табеля",
        ),
        ({"xl/workbook.bin": b"\x00"}, "XLSB"),
        ({"readme.txt": "nothing"}, "не таблица"),
        ({"xl/workbook.xml": WORKBOOK}, "повреждён"),
        ({"xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "b">]><workbook/>'}, "DOCTYPE"),
    ],
)
def test_other_zips(tmp_path: Path, parts: dict[str, bytes | str], word: str) -> None:
    assert word in refusal(zipped(tmp_path, parts)).what.ru


def test_a_zip_with_a_password(tmp_path: Path) -> None:
    content = bytearray(zipped(tmp_path, {"xl/workbook.xml": WORKBOOK}).read_bytes())
    content[content.find(b"PK\x01\x02") + 8] |= 1  # the directory's flag of an encrypted part
    assert "зашифрован" in refusal(written(tmp_path, bytes(content))).what.ru


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "не открывается" in refusal(tmp_path / "нет.xlsx").what.ru


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"xl/workbook.xml": WORKBOOK, "xl/worksheets/sheet1.xml": b" " * 70_000_000})
    assert path.stat().st_size < 100_000
    assert "слишком велика" in refusal(path).what.ru


def test_a_part_that_unpacks_to_very_much_more_than_it_packs(tmp_path: Path) -> None:
    assert "слишком велика" in refusal(zipped(tmp_path, {"xl/workbook.xml": WORKBOOK, "xl/styles.xml": b"a" * 5_000_000})).what.ru


def test_a_damaged_part(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    content = bytearray(book.save().read_bytes())
    middle = content.find(b"xl/worksheets/sheet1.xml") + 60
    content[middle : middle + 200] = bytes(200)
    assert "повреждён" in refusal(written(tmp_path, bytes(content))).what.ru


@pytest.mark.parametrize(
    ("limits", "word"),
    [
        (SpreadsheetSettings(file_bytes_max=1000), "больше 0 МБ"),
        (SpreadsheetSettings(cells_max=10), "слишком велика"),
        (SpreadsheetSettings(parts_max=2), "слишком велика"),
        (SpreadsheetSettings(sheets_max=0), "листов"),
        (SpreadsheetSettings(rows_max=4), "за пределами"),
        (SpreadsheetSettings(columns_max=33), "за пределами"),
    ],
)
def test_each_limit_has_its_refusal(tmp_path: Path, limits: SpreadsheetSettings, word: str) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    with pytest.raises(InputRefused) as refused:
        list(SpreadsheetAdapter(limits).parse(book.save(), FORM, "2025-10", NOW))
    assert word in refused.value.finding.what.ru


@pytest.mark.parametrize(
    "element", ['<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', '<hyperlinks><hyperlink ref="$A$1:$XFD$9999"/></hyperlinks>']
)
def test_an_area_of_a_billion_cells_is_not_spread_out(tmp_path: Path, element: str) -> None:
    path = zipped(tmp_path, {"xl/workbook.xml": WORKBOOK, "xl/worksheets/sheet1.xml": f"<worksheet><sheetData/>{element}</worksheet>"})
    assert "слишком велика" in refusal(path).what.ru


@pytest.mark.parametrize("declared", ["utf-16", "cp037"])
def test_an_encoding_that_would_hide_elements_from_the_limits(tmp_path: Path, declared: str) -> None:
    sheet = f'<?xml version="1.0" encoding="{declared}"?><worksheet/>'
    encoded = sheet.encode("utf-16") if declared == "utf-16" else sheet.encode()
    assert "повреждён" in refusal(zipped(tmp_path, {"xl/workbook.xml": WORKBOOK, "xl/worksheets/sheet1.xml": encoded})).what.ru


@pytest.mark.parametrize("text", ["-" * 1000, "А" * 999 + "!", "_" * 999 + "!", "А. " * 333 + "!", "зачисл " * 142, "1 " * 500, "«" * 999])
def test_texts_made_to_slow_a_pattern_down(tmp_path: Path, text: str) -> None:
    book = Book(tmp_path)
    sheet = book.sheet("Лист1")
    sheet.line(text)
    sheet.head("Шахматы")
    sheet.header()
    for ordinal in (1, None):
        sheet.child("Иванов Пётр" if ordinal else text, {1: text}, number=text, ordinal=ordinal, reason=text)
    path = book.save()
    started = time.perf_counter()
    taken(path)
    assert time.perf_counter() - started < 2


def test_long_text_in_a_cell_is_cut(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {7: "Я" * 30_000})
    read = taken(book.save())
    assert read.said("Иванов Пётр", 7) == [None]
    assert all(len(finding.what.ru) < 200 for finding in read.findings)


def test_findings_are_told_up_to_a_limit(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid()
    for ordinal in range(1, 16):
        sheet.child(f"Иванов Пётр{'а' * ordinal}", dict.fromkeys(range(1, 32), "??"), ordinal=ordinal)
    findings = taken(book.save()).findings
    assert len(findings) == SpreadsheetSettings().findings_max + 1
    assert "ещё 165" in findings[-1].what.ru


def test_a_stray_cell_far_away_is_refused_at_its_place(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    book.book.worksheets[0]["XFD1048576"] = "x"
    assert refusal(book.save()).place[:3] == ("Лист1", 1048576, "XFD")


def test_a_long_list_on_another_sheet_is_no_hindrance(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {1: "Н"})
    book.sheet("База").line("Телефоны")
    book.book["База"]["A9999"] = "x"
    assert taken(book.save()).said("Иванов Пётр", 1) == ["absent"]


def test_a_stray_format_far_away_costs_nothing(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {1: "Н"})
    book.book.worksheets[0]["XFD1048576"].number_format = "0.00"
    assert taken(book.save()).said("Иванов Пётр", 1, 2) == ["absent", "unmarked"]


def test_a_workbook_without_a_timesheet(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active["A1"] = "Список покупок"
    book.save(tmp_path / "x.xlsx")
    assert "нет табеля" in refusal(tmp_path / "x.xlsx").what.ru


def test_the_adapter_comes_in_through_the_hook() -> None:
    (adapter,) = gateway_adapters()
    assert (adapter.name, bool(adapter.title.ru), bool(adapter.title.en)) == ("spreadsheet", True, True)
    assert adapter.reads(Path("любой.doc"))


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_reading_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр")
    path = book.save()
    before = path.read_bytes()
    path.chmod(0o400)
    taken(path)
    assert path.read_bytes() == before
