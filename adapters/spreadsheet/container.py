"""What a file is by its bytes, whatever its name says, and why it is not read if it is not a workbook that we read."""

from __future__ import annotations

import re
import zipfile
import zlib
from enum import Enum
from pathlib import Path

from adapters.spreadsheet.findings import refused
from adapters.spreadsheet.grid import column_number
from adapters.spreadsheet.settings import SpreadsheetSettings
from gateway.plugins import InputRefused, Text

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_RATIO_FROM_BYTES = 1_000_000
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml$", re.IGNORECASE)
_ENCODING = re.compile(rb"""\s*(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding=["']([^"']*)""")
_RANGE = re.compile(
    rb"""<(?:\w+:)?(?:mergeCell|hyperlink)\b[^>]*?\bref=["']\$?([A-Za-z]{1,3})\$?(\d{1,7}):\$?([A-Za-z]{1,3})\$?(\d{1,7})"""
)
_ELEMENT = re.compile(rb"<(?:\w+:)?(?:c|row)[ />]")


class FileKind(Enum):
    """A kind of file: its name in both languages."""

    XLSX = Text("книга Excel XLSX", "an Excel workbook XLSX")
    XLSB = Text("двоичная книга Excel XLSB", "a binary Excel workbook XLSB")
    XLS = Text("книга старого Excel (XLS)", "a workbook of old Excel (XLS)")
    XML_2003 = Text("таблица XML 2003", "an XML 2003 spreadsheet")
    ODS = Text("таблица ODS", "an ODS spreadsheet")
    HTML = Text("HTML", "HTML")
    CSV = Text("текст CSV", "CSV text")
    DOCX = Text("документ Word", "a Word document")
    PDF = Text("PDF", "PDF")
    ENCRYPTED = Text("зашифрованная книга", "an encrypted workbook")
    UNKNOWN = Text("не таблица", "no spreadsheet")


def file_kind(path: Path) -> FileKind:
    """The kind by the first bytes and, of a ZIP, by its parts.

    Raises:
        OSError: the file cannot be opened.
        zipfile.BadZipFile: a ZIP that is cut off or damaged.
    """
    with path.open("rb") as file:
        start = file.read(8192)
        if start.startswith(_OLE):
            return _ole_kind(start + file.read())
    if start.startswith(b"PK"):
        return _zip_kind(path)
    if start.startswith(b"%PDF"):
        return FileKind.PDF
    return _text_kind(start)


def _ole_kind(data: bytes) -> FileKind:
    if "EncryptedPackage".encode("utf-16le") in data:
        return FileKind.ENCRYPTED
    if "WordDocument".encode("utf-16le") in data:
        return FileKind.DOCX
    if any(name.encode("utf-16le") in data for name in ("Workbook", "Book")):
        return FileKind.XLS
    return FileKind.UNKNOWN


def _zip_kind(path: Path) -> FileKind:
    with zipfile.ZipFile(path) as archive:
        names = {name.lower().lstrip("/") for name in archive.namelist()}
        if any(part.flag_bits & 1 for part in archive.infolist()):
            return FileKind.ENCRYPTED
    if "xl/workbook.xml" in names:
        return FileKind.XLSX
    if "xl/workbook.bin" in names:
        return FileKind.XLSB
    if "word/document.xml" in names:
        return FileKind.DOCX
    if "content.xml" in names and "meta-inf/manifest.xml" in names:
        return FileKind.ODS
    return FileKind.UNKNOWN


def _text_kind(start: bytes) -> FileKind:
    text = start.lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in text and b"<html" not in text:
        return FileKind.XML_2003
    if any(tag in text for tag in (b"<html", b"<table", b"<!doctype html", b"<meta")):
        return FileKind.HTML
    if b"\x00" not in start.replace(b"\xff\xfe", b"", 1)[:64] and any(mark in start for mark in (b";", b",", b"\t")):
        return FileKind.CSV
    return FileKind.UNKNOWN


# ---------------------------------------------------------------- refusals

_SAVE_AS = Text(
    "Откройте файл в Excel или LibreOffice и сохраните как «Книга Excel (XLSX)».",
    "Open the file in Excel or LibreOffice and save it as an Excel workbook (XLSX).",
)
_DAMAGED = Text("файл повреждён или обрывается: книгу нельзя открыть", "the file is damaged or cut off: the workbook cannot be opened")
_SEND_AGAIN = Text(
    "Откройте файл в Excel, дайте Excel восстановить его, сохраните заново как XLSX и отправьте ещё раз.",
    "Open the file in Excel, let Excel repair it, save it anew as XLSX and send it again.",
)


def damaged() -> InputRefused:
    return refused(_DAMAGED, _SEND_AGAIN)


def not_a_workbook(kind: FileKind) -> InputRefused:
    """The refusal of a kind that this adapter does not read."""
    if kind is FileKind.ENCRYPTED:
        return refused(
            Text("файл зашифрован паролем", "the file is encrypted with a password"),
            Text(
                "Снимите пароль (Файл → Сведения → Защита книги) и сохраните снова.",
                "Remove the password (File → Info → Protect Workbook) and save again.",
            ),
        )
    if kind is FileKind.UNKNOWN:
        return refused(
            Text("это не таблица: содержимое файла не опознано", "this is no spreadsheet: the content is not recognised"), _SAVE_AS
        )
    what = Text(f"это {kind.value.ru}, а не книга Excel (XLSX)", f"this is {kind.value.en}, not an Excel workbook (XLSX)")
    return refused(what, _SAVE_AS)


def check_size(path: Path, settings: SpreadsheetSettings) -> None:
    """Raises:
    InputRefused: there is no such file, it is empty, or larger than the limit.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise refused(
            Text("файл не открывается", "the file cannot be opened"),
            Text("Проверьте имя файла и право читать его.", "Check the file's name and the right to read it."),
        ) from error
    if size == 0:
        raise refused(
            Text("файл пуст (0 байт)", "the file is empty (0 bytes)"),
            Text("Сохраните таблицу и отправьте её ещё раз.", "Save the table and send it again."),
        )
    if size > settings.file_bytes_max:
        limit = settings.file_bytes_max // 1_000_000
        raise refused(
            Text(f"файл больше {limit} МБ", f"the file is larger than {limit} MB"),
            Text("Оставьте в книге только листы табеля за этот месяц.", "Leave only this month's timesheets in the workbook."),
        )


def check_unpacked(path: Path, settings: SpreadsheetSettings) -> bool:
    """Whether any sheet holds a formula; read before a library unpacks anything.

    Raises:
        InputRefused: the workbook unpacks to more than the limits, or has a document type (entities).
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        is_bomb = any(
            part.file_size > _RATIO_FROM_BYTES and part.file_size > settings.unpacked_ratio_max * max(part.compress_size, 1)
            for part in parts
        )
        if is_bomb or unpacked > settings.unpacked_bytes_max or len(parts) > settings.parts_max:
            raise _too_large(f"{unpacked // 1_000_000} МБ", f"{unpacked // 1_000_000} MB")
        return _scan_parts(archive, parts, settings)


def _scan_parts(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], settings: SpreadsheetSettings) -> bool:
    has_formula, elements = False, 0
    for part in parts:
        if not part.filename.lower().endswith((".xml", ".rels")):
            continue
        try:
            data = archive.read(part)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise damaged() from error
        if not _is_utf8(data):
            raise damaged()
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            raise refused(
                Text(
                    "в книге есть описание типа документа (DOCTYPE): такую не открываем",
                    "the workbook has a document type (DOCTYPE): not opened",
                ),
                _SAVE_AS,
            )
        if _SHEET_PART.search(part.filename):
            elements += sum(1 for _ in _ELEMENT.finditer(data)) + sum(map(_cells_covered, _RANGE.finditer(data)))
            has_formula = has_formula or b"<f" in data or b":f>" in data or b":f " in data
            if elements > settings.cells_max:
                raise _too_large(f"больше {settings.cells_max} клеток", f"more than {settings.cells_max} cells")
    return has_formula


def _is_utf8(data: bytes) -> bool:
    """Whether the scan sees what a parser would: other encodings could hide elements from it."""
    declared = _ENCODING.match(data)
    return b"\x00" not in data[:256] and (declared is None or declared[1].lower() in (b"utf-8", b"us-ascii", b"ascii"))


def _cells_covered(match: re.Match[bytes]) -> int:
    """Cells that a merged area or a link over an area makes the library create."""
    left, top, right, bottom = (column_number(match[1].decode()), int(match[2]), column_number(match[3].decode()), int(match[4]))
    return (abs(right - left) + 1) * (abs(bottom - top) + 1)


def _too_large(ru: str, en: str) -> InputRefused:
    return refused(
        Text(f"книга слишком велика в развёрнутом виде: {ru}", f"the workbook is too large once unpacked: {en}"),
        Text(
            "Скопируйте клетки табеля в новую книгу (без пустых оформленных строк и столбцов) и сохраните её.",
            "Copy the timesheet's cells into a new workbook (without empty formatted rows and columns) and save it.",
        ),
    )
