"""The rows `xlsx`, `xls`, `ods`, `csv`: a month's workbook read into grids (values, hidden, struck and merged cells), beside what
python-calamine or the csv module alone take to give its cells. Turn by turn, by the process's own time.

Row `files_memory_mb`: what a process takes that reads files of one group after another, of each kind, children, marks and all."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import multiprocessing
import random
import time
import zipfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlwt
from openpyxl import Workbook
from openpyxl.styles import Border, Font, Side
from python_calamine import CalamineWorkbook

from adapters.spreadsheet.adapter import SpreadsheetAdapter
from adapters.spreadsheet.formats import read_grids
from adapters.spreadsheet.settings import SpreadsheetSettings
from benchmarks.databases import folder
from benchmarks.growth import FLAT, MEMORY_MB, peak_mb
from benchmarks.results import Row, at_least, median_ratio

Progress = Callable[[int, int], None]
GROUPS, CHILDREN, TURNS = 20, 120, 9
DAYS = range(1, 32)
NOW = dt.datetime(2025, 11, 5, 10, tzinfo=dt.UTC)
MAPPING = {"cells": {"empty": "attended", "codes": {"Н": "absent", "В": "day_off", "Б": "excused"}}}
RECORDS = (10_000, 1_000_000)
LIMITS = {"xlsx": 0.7, "xls": 0.7, "ods": 0.7, "csv": 0.5}


def sheets(name: str, progress: Progress) -> list[Row]:
    """One row of the table."""
    with folder() as home:
        path = _WRITERS[name](home)
        bare = _csv_alone if name == "csv" else _calamine_alone
        pairs = []
        for turn in range(TURNS):
            pairs.append((_seconds(lambda: bare(path)), _seconds(lambda: read_grids(path, SpreadsheetSettings()))))
            progress(turn + 1, TURNS)
        whole = _seconds(lambda: list(SpreadsheetAdapter().parse(path, MAPPING, "2025-10", NOW)))
    ratio = median_ratio([alone for alone, _ in pairs], [ours for _, ours in pairs])
    cells = GROUPS * (CHILDREN + 5) * (len(DAYS) + 4)
    best = min(ours for _, ours in pairs)
    of = "the csv module's" if name == "csv" else "calamine's"
    notes = {"cells": cells, "marks and all, s": round(whole, 3), "cells alone, s": round(best, 4)}
    return [Row(name, cells / best, "cells/s", ratio, f"≥ {LIMITS[name]} of {of}", at_least(LIMITS[name], ratio), notes)]


def memory(progress: Progress) -> list[Row]:
    """One row of the table. No file has 10⁶ records, for its cells are limited: the process that reads them goes on from file to file."""
    found: list[tuple[int, float]] = []
    with folder() as home:
        paths = [write(home, groups=1) for write in _WRITERS.values()]
        for records in RECORDS:
            context = multiprocessing.get_context("spawn")
            near, far = context.Pipe()
            process = context.Process(target=_read_alone, args=(far, paths, records), daemon=True)
            process.start()
            found.append(near.recv())
            process.join()
            progress(len(found), len(RECORDS))
    (few, low), (many, peak) = found
    notes = {"records": many, "kinds": ", ".join(_WRITERS), f"peak at {few:,} records, MB": round(low)}
    is_flat = peak < MEMORY_MB and peak / low <= FLAT
    return [Row("files_memory_mb", peak, "MB", peak / low, f"flat (≤ {FLAT}), < {MEMORY_MB} MB", is_flat, notes)]


def _read_alone(pipe: Connection, paths: list[Path], records: int) -> None:
    """The kinds in turn, each at least once."""
    read = 0
    for turn, path in enumerate(itertools.cycle(paths)):
        if turn >= len(paths) and read >= records:
            break
        read += sum(len(batch.records) for batch in SpreadsheetAdapter().parse(path, MAPPING, "2025-10", NOW))
    pipe.send((read, peak_mb()))


def _seconds(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _calamine_alone(path: Path) -> list[list[list[Any]]]:
    with CalamineWorkbook.from_path(path) as book:
        return [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]


def _csv_alone(path: Path) -> list[list[str]]:
    with path.open(encoding="cp1251", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


# ---------------------------------------------------------------- the same month in each kind


def _group(number: int) -> Iterator[list[Any]]:
    """A head, a header, children with a third of their cells filled; the same in every run."""
    chance = random.Random(number)
    yield ["ТАБЕЛЬ УЧЕТА ПОСЕЩАЕМОСТИ ДЕТЕЙ"]
    yield ["за октябрь 2025 г."]
    yield ["Группа", f"Шахматы, {number + 1}"]
    yield []
    yield ["№", "Фамилия, имя ребенка", "Сертификат", *DAYS, "Причины"]
    for child in range(1, CHILDREN + 1):
        marks = [chance.choice(["Н", "В", "Б", 2, 1.5, "", "", "", "", "", "", ""]) for _ in DAYS]
        yield [child, f"Иванов Пётр {number}-{child}".replace("-", "а"), f"47{chance.randrange(10**8):08d}", *marks, ""]


def _xlsx(home: Path, groups: int = 0) -> Path:
    """Every cell of the table has its frame, as office programs write it."""
    book = Workbook()
    book.remove(book.worksheets[0])
    thin = Side(style="thin")
    frame = Border(left=thin, right=thin, top=thin, bottom=thin)
    for number in range(groups or GROUPS):
        sheet = book.create_sheet(f"Группа {number + 1}")
        for row, values in enumerate(_group(number), 1):
            for column, value in enumerate(values, 1):
                cell = sheet.cell(row, column, None if value == "" else value)
                cell.border = frame
        sheet.merge_cells("A1:AI1")
        sheet.column_dimensions["AH"].hidden = True
        sheet.row_dimensions[20].hidden = True
        sheet["B30"].font = Font(strike=True)
    book.save(home / "month.xlsx")
    return home / "month.xlsx"


def _xls(home: Path, groups: int = 0) -> Path:
    book = xlwt.Workbook()
    frame = xlwt.easyxf("borders: left thin, right thin, top thin, bottom thin")
    struck = xlwt.easyxf("font: struck_out on; borders: left thin, right thin, top thin, bottom thin")
    for number in range(groups or GROUPS):
        sheet = book.add_sheet(f"Группа {number + 1}")
        for row, values in enumerate(_group(number)):
            for column, value in enumerate(values):
                sheet.write(row, column, None if value == "" else value, struck if (row, column) == (29, 1) else frame)
        sheet.merge(3, 3, 0, 34)
        sheet.col(33).hidden = True
        sheet.row(19).hidden = True
    book.save(str(home / "month.xls"))
    return home / "month.xls"


_ODS_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    + "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style"))
    + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:automatic-styles>'
    '<style:style style:name="ce1" style:family="table-cell"/><style:style style:name="ce2" style:family="table-cell">'
    '<style:text-properties style:text-line-through-style="solid"/></style:style></office:automatic-styles>'
    "<office:body><office:spreadsheet>"
)
_ODS_END = "</office:spreadsheet></office:body></office:document-content>"
_ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def _ods(home: Path, groups: int = 0) -> Path:
    tables = "".join(
        f'<table:table table:name="Группа {number + 1}">'
        + "".join(_ods_row(row, values) for row, values in enumerate(_group(number), 1))
        + "</table:table>"
        for number in range(groups or GROUPS)
    )
    with zipfile.ZipFile(home / "month.ods", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS_TYPE, zipfile.ZIP_STORED)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_TYPE}"/></manifest:manifest>',
        )
        archive.writestr("content.xml", _ODS_HEAD + tables + _ODS_END)
    return home / "month.ods"


def _ods_row(row: int, values: list[Any]) -> str:
    hidden = ' table:visibility="collapse"' if row == 20 else ""
    return f"<table:table-row{hidden}>" + "".join(_ods_cell(row, at, value) for at, value in enumerate(values)) + "</table:table-row>"


def _ods_cell(row: int, at: int, value: Any) -> str:
    look = f' table:style-name="ce{2 if (row, at) == (30, 1) else 1}"' + (' table:number-columns-spanned="4"' if row == 1 else "")
    if value == "":
        return f"<table:table-cell{look}/>"
    if isinstance(value, str):
        kind = 'office:value-type="string" calcext:value-type="string"'
    else:
        kind = f'office:value-type="float" office:value="{value}" calcext:value-type="float"'
    return f"<table:table-cell{look} {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def _csv(home: Path, groups: int = 0) -> Path:
    with (home / "month.csv").open("w", encoding="cp1251", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        for number in range(groups or GROUPS):
            writer.writerows([str(value).replace(".", ",") for value in row] for row in _group(number))
    return home / "month.csv"


_WRITERS: dict[str, Callable[..., Path]] = {"xlsx": _xlsx, "xls": _xls, "ods": _ods, "csv": _csv}
