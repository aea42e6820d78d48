"""Every kind of file gives the same reading of the same table; what the kind is, the bytes say."""

from __future__ import annotations

import datetime as dt
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlwt

from adapters.spreadsheet.container import FileKind, file_kind, repacked
from adapters.spreadsheet.formats import read_grids, xlsx
from adapters.spreadsheet.formats.xlsx import read_xlsx
from adapters.spreadsheet.formats.xlsx_sparse import read_sparse
from adapters.spreadsheet.grid import Area, Grid, Kind
from adapters.spreadsheet.settings import SpreadsheetSettings
from tests.adapters.files import KINDS, SEEING, document, html, ods_cell, ods_parts, ods_table, written, zipped
from tests.adapters.sheets import FORM, Book, refusal, taken, with_sheet

SETTINGS = SpreadsheetSettings()
HEAD: list[list[Any]] = [
    ["ТАБЕЛЬ"],
    ["за октябрь 2025 г."],
    ["Группа", None, "Шахматы"],
    ["№ п/п", "Фамилия, имя ребенка", "Сертификат", *range(1, 32), "Причины"],
]
"""The children begin in row 5, day 1 stands in column D."""


def child(ordinal: int, name: str, marks: dict[int, Any] | None = None, number: str = "") -> list[Any]:
    return [ordinal, name, number, *((marks or {}).get(day) for day in range(1, 32)), ""]


TABLE = [
    *HEAD,
    child(1, "Иванов Пётр", {1: "Н", 2: 1.5, 7: "К"}, "4712000011"),
    child(2, "Петров Иван", {3: "В"}),
    child(3, "Сидоров Олег"),
]


def grid(path: Path) -> Grid:
    (only,) = read_grids(path, SETTINGS)
    return only


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_the_same_reading(tmp_path: Path, kind: str) -> None:
    read = taken(written(tmp_path, kind, TABLE))
    assert (read.groups, read.names) == (["Шахматы"], ["Иванов Пётр", "Петров Иван", "Сидоров Олег"])
    assert read.said("Иванов Пётр", 1, 2, 3, 7) == ["absent", "attended:150", "unmarked", None]
    assert read.said("Петров Иван", 3, 31) == ["day_off", "unmarked"]
    assert read.members[0].certificate == "4712000011"
    sheet = {"csv": "табель.csv", "html": "1", "docx": "1"}.get(kind, "Лист1")
    assert read.unread() == [(sheet, 5, "J")]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "html", "docx"])
def test_each_kind_sees_what_is_hidden_struck_and_merged(tmp_path: Path, kind: str) -> None:
    merged = [(1, 1, 1, 10), (6, 5, 6, 6)]
    found = grid(written(tmp_path, kind, TABLE, hidden_rows=[7], struck_rows=[5], merged=merged))
    assert found.hidden_rows == {7}
    assert set(found.merged) >= {Area(*area) for area in merged}
    assert {row for row, cells in found.rows.items() for cell in cells.values() if cell.struck} == {5}


@pytest.mark.parametrize("kind", SEEING)
def test_hidden_columns(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, kind, TABLE, hidden_columns=[34])
    assert grid(path).hidden_columns == {34}
    assert any("столбец дня 31 скрыт" in finding.what.ru for finding in taken(path).findings)


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "html", "docx"])
def test_a_cell_merged_downwards_covers_the_rows_below(tmp_path: Path, kind: str) -> None:
    table = [*HEAD[:3], ["№ п/п", "ФИО", "Дни посещения", *[None] * 30], [None, None, *range(1, 32)], [1, "Иванов Пётр", "Н"]]
    path = written(tmp_path, kind, table, merged=[(4, 1, 5, 1), (4, 2, 5, 2), (4, 3, 4, 33)])
    assert taken(path).said("Иванов Пётр", 1, 31) == ["absent", "unmarked"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_name_of_the_file_says_nothing(tmp_path: Path, kind: str) -> None:
    for name in ("табель.xlsx", "табель.xls", "табель.txt"):
        assert taken(written(tmp_path, kind, TABLE, name)).names[0] == "Иванов Пётр"


def test_kinds_are_told_by_their_bytes(tmp_path: Path) -> None:
    for kind in KINDS:
        assert file_kind(written(tmp_path, kind, TABLE, "x")) is FileKind[kind.upper()]


# ---------------------------------------------------------------- XLSX: two readers, one result


def looks(found: Grid) -> tuple[object, ...]:
    return found.rows, found.hidden_rows, found.hidden_columns, set(found.merged), found.is_hidden, found.beyond


def test_both_readers_of_xlsx_see_the_same(tmp_path: Path) -> None:
    book = Book(tmp_path)
    sheet = book.grid()
    row = sheet.child(
        "Иванов Пётр", {1: "Н", 2: True, 3: dt.date(2025, 10, 3), 4: 0.1, 5: "=1+1", 6: dt.time(10, 30), 7: 1e15}, reason="  "
    )
    sheet.sheet.cell(row, 20, "#REF!").data_type = "e"
    sheet.sheet.cell(row, 21, dt.date(2025, 10, 1)).number_format = "mmmm yyyy"
    sheet.sheet.cell(row, 22, "а\u00a0 б\n")
    sheet.strike(sheet.child("Петров Иван", {9: 3}))
    sheet.sheet.row_dimensions[row].hidden = True
    sheet.sheet.column_dimensions["G"].hidden = True
    sheet.sheet.merge_cells("A1:C2")
    book.sheet("Второй").line("x")
    path = book.save()
    fast, careful = read_xlsx(path, SETTINGS), read_sparse(path, True, SETTINGS)
    assert [looks(one) for one in fast] == [looks(one) for one in careful]
    assert {cell.kind for cell in fast[0].rows[row].values()} == set(Kind)
    assert [one.values for one in careful] == [(), ()] and fast[0].values, "the two are not one reader"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (' r="B5"', ""),
        ("<c r=", "<c  r="),
        ("<worksheet ", '<worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '),
    ],
)
def test_a_sheet_that_is_not_written_as_usual_is_read_cell_by_cell(tmp_path: Path, before: str, after: str) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {1: "Н"})
    path = with_sheet(book.save(), lambda xml: xml.replace(before, after))
    (found,) = read_xlsx(path, SETTINGS)
    assert found.values == () and taken(path).said("Иванов Пётр", 1, 2) == ["absent", "unmarked"]


FRAMES = '<c r="H9" s="1"/><c r="I9" s="1" t="n" /><c r="J9"></c>'


def test_cells_that_are_only_frames_are_not_given_to_the_library_and_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {1: "Н", 2: 3})
    path = book.save()
    bare = looks(read_xlsx(path, SETTINGS)[0])
    framed = with_sheet(path, lambda xml: xml.replace("</row>", f'{FRAMES}<c r="K9"><v>7</v></c></row>', 1))
    given: list[bytes] = []
    monkeypatch.setattr(xlsx, "repacked", lambda parts: given.append(parts["xl/worksheets/sheet1.xml"]) or repacked(parts))
    (found,) = read_xlsx(framed, SETTINGS)
    assert all(frame.encode() not in given[0] for frame in (FRAMES, 'r="H9"', 'r="I9"', 'r="J9"')) and b'r="K9"' in given[0]
    assert [cell.text for cell in found.rows.pop(9).values()] == ["7"] and looks(found) == bare


def test_a_text_that_looks_like_a_frame_is_read_as_written(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {1: "Н"})
    quoted = '<c r="K9" t="inlineStr"><is><t><![CDATA[<c r="A1"/>]]></t></is></c>'
    (found,) = read_xlsx(with_sheet(book.save(), lambda xml: xml.replace("</row>", f"{quoted}</row>", 1)), SETTINGS)
    assert found.rows[9][11].text == '<c r="A1"/>'


def test_a_very_large_workbook_is_given_to_the_library_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {1: "Н"})
    path = book.save()
    expected = looks(read_xlsx(path, SETTINGS)[0])
    monkeypatch.setattr(xlsx, "_REPACKED_BYTES_MAX", 100)
    monkeypatch.setattr(xlsx, "repacked", None)  # is not called
    assert looks(read_xlsx(path, SETTINGS)[0]) == expected


def test_checked_parts_are_packed_again_as_an_archive_of_their_own(tmp_path: Path) -> None:
    parts = {"xl/workbook.xml": b"<a/>" * 1000, "xl/листы/1.xml": "<б/>".encode(), "empty.xml": b""}
    with zipfile.ZipFile(BytesIO(repacked(parts))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == parts


def test_cells_in_two_corners_are_read_without_the_rectangle_between(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.grid().child("Иванов Пётр", {1: "Н"})
    book.sheet("База").line("Телефоны")
    book.book["База"]["ZZ99999"] = "x"
    (_, stray) = read_grids(book.save(), SETTINGS)
    assert stray.values == () and stray.beyond == (99999, 702)


# ---------------------------------------------------------------- XLS


def test_xls_errors_dates_and_formulas(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Лист1")
    sheet.write(0, 0, dt.date(2025, 10, 1), xlwt.easyxf(num_format_str="MMMM YYYY"))
    sheet.write(0, 1, dt.date(2025, 10, 1), xlwt.easyxf(num_format_str="DD.MM.YYYY"))
    sheet.row(0).set_cell_error(2, "#REF!")
    sheet.write(0, 3, xlwt.Formula("1+1"))
    sheet.write(0, 4, True)
    sheet.write(0, 5, 3)
    book.save(str(tmp_path / "x"))
    row = grid(tmp_path / "x").rows[1]
    assert [row[column].kind for column in range(1, 7)] == [Kind.DATE, Kind.DATE, Kind.ERROR, Kind.NO_RESULT, Kind.BOOLEAN, Kind.NUMBER]
    assert (row[1].shows_month, row[2].shows_month, row[3].text, row[6].text) == (True, False, "#REF!", "3")


def test_a_long_xls_and_its_last_hidden_row(tmp_path: Path) -> None:
    """Records of all kinds in runs: rows above 32, empty framed cells, numbers side by side."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Лист1")
    frame, struck = xlwt.easyxf("borders: left thin"), xlwt.easyxf("font: struck_out on")
    for row in range(400):
        for column, value in enumerate(["а", None, None, 1, 2, 3, 2.5, None, *range(8), None]):
            sheet.write(row, column, value, struck if (row, column) in ((399, 0), (200, 4)) else frame)
    sheet.row(398).hidden = True
    book.save(str(tmp_path / "x"))
    found = grid(tmp_path / "x")
    assert (found.hidden_rows, found.struck) == ({399}, {(400, 1), (201, 5)})


def test_an_xls_with_a_password(tmp_path: Path) -> None:
    path = written(tmp_path, "xls", TABLE)
    content = path.read_bytes()
    start = content.index(b"\x42\x00\x02\x00")  # the record of the code page becomes one of a password
    path.write_bytes(content[:start] + b"\x2f\x00" + content[start + 2 :])
    assert "зашифрован" in refusal(path).what.ru


def test_a_cut_xls_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "xls", TABLE)
    content = path.read_bytes()
    path.write_bytes(content[:600] + content[1700:])
    assert "повреждён" in refusal(path).what.ru


# ---------------------------------------------------------------- ODS


ROW, CELL = "<table:table-row", "<table:table-cell"
REPEATED, REPEATED_ROWS = "table:number-columns-repeated", "table:number-rows-repeated"
STRUCK = '<style:text-properties style:text-line-through-type="single"/>'


def test_ods_hidden_sheets_repeated_rows_errors_and_formulas(tmp_path: Path) -> None:
    row = "<table:table-row>{}</table:table-row>".format
    error = (
        f'{CELL} table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    )
    table = (
        '<table:table table:name="А" table:style-name="ta1"><table:table-column table:number-columns-repeated="3"/>'
        + f"<table:table-header-rows>{ROW} {REPEATED_ROWS}='3'>{CELL}/></table:table-row></table:table-header-rows>".replace("'", '"')
        + row(ods_cell("х") + error + f'{CELL} table:formula="of:=1+1"/>' + f'{CELL} {REPEATED}="16380"/>')
        + f'{ROW} table:visibility="filter" {REPEATED_ROWS}="2">' + ods_cell("скрыто", "ce2") + "</table:table-row>"
        + f'{ROW} {REPEATED_ROWS}="1048570">{CELL} {REPEATED}="16384"/></table:table-row></table:table>'
    )  # fmt: skip
    other = ods_table("Б", [["y"]], set(), set(), set(), [], style="ta2")
    first, second = read_grids(zipped(tmp_path / "x", ods_parts(table + other)), SETTINGS)
    assert (first.is_hidden, second.is_hidden) == (False, True)
    assert [(row, column, cell.kind) for row, cells in first.rows.items() for column, cell in cells.items()] == [
        (4, 1, Kind.TEXT), (4, 2, Kind.ERROR), (4, 3, Kind.NO_RESULT), (5, 1, Kind.TEXT), (6, 1, Kind.TEXT),
    ]  # fmt: skip
    assert (first.hidden_rows, first.rows[4][2].text) == ({5, 6}, "#DIV/0!")
    assert first.rows[5][1].struck


@pytest.mark.parametrize("between", ["", "\n  ", "<!-- x -->"])
@pytest.mark.parametrize("words", ["x", "with windows and doors, " * 400])
def test_ods_rows_are_found_however_they_are_set_apart(tmp_path: Path, between: str, words: str) -> None:
    """Rows in groups, with blanks between them, tables with nothing in them; texts full of the letters that lead to rows and spans."""
    hidden = f'{ROW} table:visibility="collapse">{ods_cell("a")}{ods_cell(words)}</table:table-row>'
    wide = f"{ROW}>{ods_cell('b', 'ce2', 2, 2)}{ods_cell(words)}</table:table-row>"
    groups = f"<table:table-row-group>{between}{wide}{between}</table:table-row-group>"
    rows = between.join([hidden, f"<table:table-rows>{between}{groups}{between}{hidden}{between}</table:table-rows>", wide])
    tables = [
        f'<table:table table:name="{name}">{between}{body}{between}</table:table>' for name, body in (("А", ""), ("Б", rows), ("В", rows))
    ]
    found = read_grids(zipped(tmp_path / "x", ods_parts(between.join(tables))), SETTINGS)
    assert [len(one.rows) for one in found] == [0, 4, 4]
    for one in found[1:]:
        assert (one.hidden_rows, one.merged) == ({1, 3}, (Area(2, 1, 3, 2), Area(4, 1, 5, 2)))
        assert [row for row in one.rows if one.rows[row][1].struck] == [2, 4]


def test_ods_styles_stand_upon_each_other(tmp_path: Path) -> None:
    styles = (
        '<number:date-style style:name="N1"><number:month number:textual="true"/><number:year/></number:date-style>'
        '<style:style style:name="ce5" style:family="table-cell" style:data-style-name="N1"/>'
        '<style:style style:name="ce6" style:family="table-cell" style:parent-style-name="Выбыл"/>'
    )
    date = f'{CELL} table:style-name="ce5" office:value-type="date" office:date-value="2025-10-01"><text:p>окт.</text:p></table:table-cell>'
    row = f"<table:table-row>{date}{ods_cell('Иванов', 'ce6')}</table:table-row>"
    parts = ods_parts(f'<table:table table:name="А">{row}</table:table>', styles)
    parts["styles.xml"] = (
        parts["content.xml"].partition("<office:automatic-styles>")[0].replace("document-content", "document-styles")
        + f'<office:styles><style:style style:name="Выбыл" style:family="table-cell">{STRUCK}'
        "</style:style></office:styles></office:document-styles>"
    )
    cells = grid(zipped(tmp_path / "x", parts)).rows[1]
    assert (cells[1].kind, cells[1].shows_month, cells[2].struck) == (Kind.DATE, True, True)


@pytest.mark.parametrize(
    "row",
    [
        f'{ROW} {REPEATED_ROWS}="1000000">' + ods_cell("x") * 3 + "</table:table-row>",
        f'{ROW}>{CELL} {REPEATED}="3000000" office:value-type="float" office:value="1"/></table:table-row>',
        f'{ROW}>{CELL} office:value-type="float" office:value="1" {REPEATED}="3000000"/></table:table-row>',
        f'{ROW} {REPEATED_ROWS}="900">{CELL} {REPEATED}="9000"/>' + ods_cell("x") + "</table:table-row>",
    ],
)  # fmt: skip
def test_ods_does_not_unfold_what_is_repeated(tmp_path: Path, row: str) -> None:
    path = zipped(tmp_path / "x", ods_parts(f'<table:table table:name="А">{row}</table:table>'))
    assert "слишком велика" in refusal(path).what.ru


def test_an_ods_with_a_password(tmp_path: Path) -> None:
    parts = ods_parts(ods_table("А", TABLE, set(), set(), set(), []))
    parts["META-INF/manifest.xml"] = "<manifest:file-entry><manifest:encryption-data/></manifest:file-entry>"
    assert "зашифрован" in refusal(zipped(tmp_path / "x", parts)).what.ru


# ---------------------------------------------------------------- HTML


def test_a_page_for_each_group_in_one_file(tmp_path: Path) -> None:
    """The form's head in a table of its own, ruled by colspans; the next page is the next group."""
    pages = []
    for group in ("Лепка", "Шахматы"):
        head = f"<table><tr><td colspan=76>ТАБЕЛЬ<tr><td>за<td>Октябрь<td>2025<tr><td>Группа:<td>{group}</table>"
        days = "".join(f"<td colspan=2>{day}</td>" for day in range(1, 32))
        row = "<tr><td>1<td colspan=25>Иванов &laquo;Пётр&raquo;" + "<td colspan=2>н" + "<td colspan=2>" * 30 + "<td>справка"
        pages.append(f"<HTML><BODY>{head}<table><tr><td>№<td colspan=25>Фамилия, имя ребенка{days}<td>Причины{row}</table></BODY></HTML>")
    path = tmp_path / "Table_октябрь.xls"
    path.write_bytes("\r\n".join(pages).encode("cp1251"))
    read = taken(path, month=None)
    assert read.groups == ["Лепка", "Шахматы"]
    assert [member.place[:2] for member in read.members] == [("2", 2), ("4", 2)]
    marks = [mark for mark in read.records if getattr(mark, "status", None) == "absent"]
    assert [mark.place.column for mark in marks] == ["AA", "AA"]


def test_a_row_that_is_out_of_step_with_the_header_gives_no_mark(tmp_path: Path) -> None:
    """One cell more before the days: each mark stands under the halves of two days."""
    days = "".join(f"<td colspan=2>{day}" for day in range(1, 32))
    row = "<tr><td>1<td>Иванов Пётр<td>" + "<td colspan=2>" + "<td colspan=2>н" + "<td colspan=2>" * 29
    (tmp_path / "x").write_text(f"<table><tr><td>за октябрь 2025 г.<tr><td>№<td>ФИО{days}{row}</table>", encoding="utf-8")
    read = taken(tmp_path / "x")
    assert not [record for record in read.records if getattr(record, "status", None) == "absent"]
    assert read.unread() and all("между двумя днями" in finding.what.ru for finding in read.findings if finding.level == "unread")


def test_the_foot_of_one_page_is_not_the_head_of_the_next(tmp_path: Path) -> None:
    foot = "<table><tr><td>Группа:<td>Чужая</table></body></html>"
    page = html(TABLE[3:], set(), set(), set(), [])
    (tmp_path / "x.xls").write_text(page.replace("</body></html>", foot) + page.replace("Иванов", "Юдин"), encoding="utf-8")
    assert taken(tmp_path / "x.xls").groups == ["x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "koi8-r"])
def test_a_page_says_its_encoding_rightly_or_not(tmp_path: Path, encoding: str) -> None:
    page = html(TABLE, set(), set(), set(), [])
    (tmp_path / "x").write_bytes(page.replace("№ п/п", "N п/п").encode(encoding))
    assert taken(tmp_path / "x").names == ["Иванов Пётр", "Петров Иван", "Сидоров Олег"]


def test_text_of_scripts_and_comments_is_not_read(tmp_path: Path) -> None:
    page = html(TABLE, set(), set(), set(), []).replace(
        "<body>", "<body><script>var x = '<td>';</script><!-- <td>нет --><style>td{}</style>"
    )
    (tmp_path / "x").write_text(page.replace("Петров Иван", "Петров<br>Иван"), encoding="utf-8")
    assert grid(tmp_path / "x").above == () and taken(tmp_path / "x").names[1] == "Петров Иван"


def test_a_table_within_a_table(tmp_path: Path) -> None:
    page = (
        html(TABLE, set(), set(), set(), [])
        .replace("<table>", "<table><tr><td>Школа<table>")
        .replace("</table>", "</table></td></tr></table>")
    )
    (tmp_path / "x").write_text(page, encoding="utf-8")
    outer, inner = read_grids(tmp_path / "x", SETTINGS)
    assert (outer.name, inner.name, outer.rows[1][1].text) == ("1", "2", "Школа")
    assert taken(tmp_path / "x").members[0].place.sheet == "2"


# ---------------------------------------------------------------- DOCX


def test_a_documents_head_stands_above_its_table(tmp_path: Path) -> None:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in ("Октябрь 2025", "Структурное подразделение: Лепка"))
    table = written(tmp_path, "docx", TABLE[3:])
    with zipfile.ZipFile(table) as archive:
        text = archive.read("word/document.xml").decode()
    path = zipped(tmp_path / "y", {"word/document.xml": text.replace("<w:body>", "<w:body>" + body)})
    read = taken(path, month=None)
    assert (read.groups, read.members[0].place[:3]) == (["Лепка"], ("1", 2, "B"))
    assert read.batches[0].records[0].place[:3] == ("1", None, None)


def test_deleted_text_of_a_tracked_change_is_not_read(tmp_path: Path) -> None:
    cell = "<w:tc><w:p><w:del><w:r><w:delText>Н</w:delText></w:r></w:del><w:ins><w:r><w:t>В</w:t></w:r></w:ins></w:p></w:tc>"
    moved = "<w:tc><w:p><w:moveFrom><w:r><w:t>Н</w:t></w:r></w:moveFrom><w:r><w:rPr><w:strike/></w:rPr><w:t>В</w:t></w:r></w:p></w:tc>"
    path = zipped(tmp_path / "x", {"word/document.xml": document(f"<w:tbl><w:tr>{cell}{moved}</w:tr></w:tbl>")})
    first, second = grid(path).rows[1].values()
    assert (first.text, first.struck, second.text, second.struck) == ("В", False, "В", True)


def test_a_mapping_of_one_kind_of_sheet(tmp_path: Path) -> None:
    """Answers for journals go before the general ones, and leave months' sheets alone."""
    journal = [["Октябрь 2025"], ["№", "ФИО", "01.10", "03.10"], [1, "Иванов Пётр", "Н", ""]]
    mapping = {**FORM, "journal": {"cells": {"empty": "nothing", "codes": {"Н": "excused"}}}}
    assert taken(written(tmp_path, "csv", journal), mapping).said("Иванов Пётр", 1) == ["excused"]
    assert taken(written(tmp_path, "csv", TABLE), mapping).said("Иванов Пётр", 1) == ["absent"]
