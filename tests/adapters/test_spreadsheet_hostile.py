"""Files made to hurt: refused with place, reason and cure, in seconds and within 300 MB; no formula is evaluated, no entity unfolded."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlwt

from adapters.spreadsheet.adapter import SpreadsheetAdapter
from gateway.plugins import InputRefused
from tests.adapters.files import document, ods_cell, ods_parts, written, zipped
from tests.adapters.sheets import FORM, NOW, refusal, taken

MEGABYTES_MAX = 300
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{"&" + chr(97 + n) + ";" * 1}&{chr(97 + n)};&{chr(97 + n)};">' for n in range(9))
    + "]>"
)


def huge_csv(folder: Path) -> Path:
    with (folder / "huge.csv").open("wb") as file:
        file.write("ФИО;1;2\n".encode())
        file.truncate(300_000_000)
    return folder / "huge.csv"


def wide_csv(folder: Path) -> Path:
    (folder / "wide.csv").write_text("№;ФИО;1;8" + ";ы" * 1_000_000 + "\n1;Иванов Пётр;н;н\n", encoding="utf-8")
    return folder / "wide.csv"


def long_csv(folder: Path) -> Path:
    (folder / "long.csv").write_bytes(("ы;" * 40 + "\n").encode("cp1251") * 240_000)
    return folder / "long.csv"


def one_field_csv(folder: Path) -> Path:
    (folder / "field.csv").write_bytes(b'a;b\n"' + b"x" * 15_000_000)
    return folder / "field.csv"


def noise(folder: Path) -> Path:
    (folder / "noise.csv").write_bytes(b"a;b\n" + bytes(range(128, 256)) * 100)
    return folder / "noise.csv"


def wide_html(folder: Path) -> Path:
    (folder / "wide.html").write_text("<table><tr>" + "<td colspan=1000000 rowspan=1000000>x" * 2_000, encoding="utf-8")
    return folder / "wide.html"


def many_cells_html(folder: Path) -> Path:
    (folder / "cells.html").write_text("<table><tr>" + "<td>ы" * 3_000_000, encoding="utf-8")
    return folder / "cells.html"


def nested_html(folder: Path) -> Path:
    (folder / "nested.html").write_text("<table><tr><td>" * 100_000, encoding="utf-8")
    return folder / "nested.html"


def wide_docx(folder: Path) -> Path:
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="99999"/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>'
    return zipped(folder / "wide.docx", {"word/document.xml": document("<w:tbl>" + f"<w:tr>{cell * 50}</w:tr>" * 100 + "</w:tbl>")})


def deep_docx(folder: Path) -> Path:
    return zipped(folder / "deep.docx", {"word/document.xml": document("<w:tbl><w:tr><w:tc>" * 5_000 + "</w:tc></w:tr></w:tbl>" * 5_000)})


def bomb(name: str, part: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        parts = {"xl/workbook.xml": "<workbook/>", "META-INF/manifest.xml": "<m/>", part: "<x>" + " " * 100_000_000}
        return zipped(folder / name, parts if name != "bomb.xlsx" else {key: parts[key] for key in ("xl/workbook.xml", part)})

    return build


def laughing(name: str, part: str) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        parts = {"META-INF/manifest.xml": "<m/>", part: LAUGHS + "<x>&j;</x>"}
        return zipped(folder / name, parts)

    return build


def wide_ods(folder: Path) -> Path:
    far = f'<table:table-cell table:number-columns-repeated="3000000"/>{ods_cell("x")}'
    return zipped(folder / "wide.ods", ods_parts(f'<table:table table:name="А"><table:table-row>{far}</table:table-row></table:table>' * 3))


def lying_ods(folder: Path) -> Path:
    """A part of 900 MB that says of itself that it has a thousandth of that."""
    path, said = folder / "lying.ods", 900_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ods_parts("").items():
            if name != "content.xml":
                archive.writestr(name, text)
        with archive.open("content.xml", "w") as part:
            for _ in range(900):
                part.write(b" " * 1_000_000)
    content, true = path.read_bytes(), struct.pack("<I", 900_000_000)
    assert content.count(true) >= 1
    path.write_bytes(content.replace(true, struct.pack("<I", said)))
    return path


def far_xls(folder: Path) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("А")
    sheet.write(0, 255, "x")
    sheet.write(65_535, 0, "x")
    book.save(str(folder / "far.xls"))
    return folder / "far.xls"


def damaged_xls(folder: Path) -> Path:
    """A record that claims to be longer than the file."""
    content = bytearray(far_xls(folder).read_bytes())
    at = content.find(struct.pack("<HH", 0x0208, 16))
    content[at + 2 : at + 4] = b"\xff\xff"
    (folder / "damaged.xls").write_bytes(content)
    return folder / "damaged.xls"


def nameless_columns_xlsx(folder: Path) -> Path:
    path = written(folder, "xlsx", [["x"]], "columns.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    row = '<row r="1">' + "".join(f'<c r="{"ABCDEFGHIJ"[n % 10] * 5}1"><v>1</v></c>' for n in range(2_000)) + "</row>"
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace("<sheetData>", "<sheetData>" + row)
    return zipped(path, parts)


def placeless_xlsx(folder: Path) -> Path:
    """Formulas whose cells do not say where they stand: the slow reader's."""
    path = written(folder, "xlsx", [["x"]], "placeless.xlsx")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    chance = random.Random(1)
    row = "".join(f"<c><f>A{chance.randrange(10**6)}+{n}</f><v>{chance.random()}</v></c>" for n in range(300))
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace("<sheetData>", "<sheetData>" + f"<row>{row}</row>" * 350)
    return zipped(path, parts)


HOSTILE = {
    "a CSV of 300 MB": (huge_csv, "больше 20 МБ"),
    "a CSV of a million columns": (wide_csv, "слишком велика"),
    "a CSV of ten million cells": (long_csv, "слишком велика"),
    "a CSV of one endless cell": (one_field_csv, "повреждён"),
    "bytes of no encoding": (noise, "кодировка"),
    "an HTML of a million columns": (wide_html, "слишком велика"),
    "an HTML of three million cells": (many_cells_html, "слишком велика"),
    "an HTML of tables in tables": (nested_html, "больше 100 листов"),
    "a DOCX of wide cells": (wide_docx, "слишком велика"),
    "a DOCX of tables in tables": (deep_docx, "больше 100 листов"),
    "a bomb of XLSX": (bomb("bomb.xlsx", "xl/worksheets/sheet1.xml"), "слишком велика"),
    "a bomb of ODS": (bomb("bomb.ods", "content.xml"), "слишком велика"),
    "a bomb of DOCX": (bomb("bomb.docx", "word/document.xml"), "слишком велика"),
    "entities in XLSX": (laughing("laugh.xlsx", "xl/workbook.xml"), "DOCTYPE"),
    "entities in ODS": (laughing("laugh.ods", "content.xml"), "DOCTYPE"),
    "entities in DOCX": (laughing("laugh.docx", "word/document.xml"), "DOCTYPE"),
    "an ODS of a million columns": (wide_ods, "слишком велика"),
    "an ODS that says that it is small": (lying_ods, "повреждён"),
    "an XLS with cells in two corners": (far_xls, "слишком велика"),
    "an XLS with a record beyond its end": (damaged_xls, "повреждён"),
    "an XLSX of placeless formulas": (placeless_xlsx, "слишком велика"),
    "an XLSX of nameless columns": (nameless_columns_xlsx, "повреждён"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_in_words(tmp_path: Path, name: str) -> None:
    build, word = HOSTILE[name]
    finding = refusal(build(tmp_path))
    assert word in finding.what.ru
    assert finding.what.en and finding.cure.ru and finding.cure.en


WORK = """
import json, re, sys
from pathlib import Path
from adapters.spreadsheet.adapter import SpreadsheetAdapter
from gateway.plugins import InputRefused
from tests.adapters.sheets import FORM, NOW
peaks = {}
for path in map(Path, sys.argv[1:]):
    try:
        list(SpreadsheetAdapter().parse(path, FORM, "2025-10", NOW))
    except InputRefused:
        pass
    peaks[path.name] = int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(json.dumps(peaks))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the peak on Linux only")
def test_memory_stays_within_300_mb(tmp_path: Path) -> None:
    """All of them in one process of its own, and two files just within the limits."""
    paths = [build(tmp_path) for build, _ in HOSTILE.values()]
    full = [
        ["за октябрь 2025 г."],
        ["№", "ФИО", *range(1, 32)],
        *([n, f"Иванов Пётр{n}", *[f"н{n}" for _ in range(31)]] for n in range(4_900)),
    ]
    paths += [written(tmp_path, kind, full) for kind in ("xlsx", "csv", "ods")]
    run = subprocess.run(
        [sys.executable, "-c", WORK, *map(str, paths)], capture_output=True, text=True, timeout=240, check=True,
        cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )  # fmt: skip
    peaks = json.loads(run.stdout)
    assert len(peaks) == len(paths)
    assert max(peaks.values()) < MEGABYTES_MAX, peaks


def test_no_formula_is_evaluated(tmp_path: Path) -> None:
    """A formula is what the file says of its result; without one it is told and not taken."""
    table = [["за октябрь 2025 г."], ["№", "ФИО", *range(1, 32)], [1, "Иванов Пётр", "=1+1", '=HYPERLINK("http://x")', "Н"]]
    for kind in ("xlsx", "csv", "html", "docx"):
        read = taken(written(tmp_path, kind, table))
        assert read.said("Иванов Пётр", 1, 2, 3) == [None, None, "absent"]
        assert [place[2] for place in read.unread()] == ["C", "D"]


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_never_ends_in_an_error_of_the_program(tmp_path: Path, seed: int) -> None:
    """Bytes changed at random, in each kind of file: read, or refused; nothing else."""
    chance = random.Random(seed)
    kind = ("xlsx", "xls", "ods", "html", "docx", "csv")[seed % 6]
    path = written(
        tmp_path,
        kind,
        [["за октябрь 2025 г."], ["№", "ФИО", *range(1, 32)], [1, "Иванов Пётр", "Н", 2, 1.5]],
        merged=[(1, 1, 1, 4)] if kind != "csv" else [],
    )
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 5, 40))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content[: chance.choice((len(content), len(content) * 3 // 4))])
    try:
        list(SpreadsheetAdapter().parse(path, FORM, None, NOW))
    except InputRefused as refused:
        assert refused.finding.what.ru
