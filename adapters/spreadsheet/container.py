"""What a file is by its bytes, whatever its name says, and why it is not read if it is not a workbook that we read."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from io import BytesIO
from pathlib import Path

import olefile

from adapters.spreadsheet.findings import refused
from adapters.spreadsheet.settings import SpreadsheetSettings
from gateway.plugins import InputRefused, Text

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_RATIO_FROM_BYTES = 1_000_000
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?(?:[^?]|\?(?!>))*\?>\s*|<!--(?:[^-]|-(?!->))*-->\s*)*<[A-Za-z_]")
_UNPACKED_FROM_BYTES = 4_096  # at a time: they make 4 MB at most
_PROLOG_MAX = 8_192  # a document type can stand before the first element only
_ENCODING = re.compile(rb"""\s*(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding=["']([^"']*)""")


class FileKind(Enum):
    """A kind of file: its name in both languages."""

    XLSX = Text("книга Excel XLSX", "an Excel workbook XLSX")
    XLSB = Text("двоичная книга Excel XLSB", "a binary Excel workbook XLSB")
    XLS = Text("книга старого Excel (XLS)", "a workbook of old Excel (XLS)")
    XML_2003 = Text("таблица XML 2003", "an XML 2003 spreadsheet")
    ODS = Text("таблица ODS", "an ODS spreadsheet")
    HTML = Text("HTML", "HTML")
    CSV = Text("текст CSV", "CSV text")
    DOCX = Text("документ Word DOCX", "a Word document DOCX")
    DOC = Text("документ старого Word (DOC)", "a document of old Word (DOC)")
    PDF = Text("PDF", "PDF")
    ENCRYPTED = Text("зашифрованная книга", "an encrypted workbook")
    UNKNOWN = Text("не таблица", "no spreadsheet")


_OLE_NAMES = {
    "EncryptedPackage": FileKind.ENCRYPTED,
    "WordDocument": FileKind.DOC,
    "Workbook": FileKind.XLS,
    "Book": FileKind.XLS,
}
"""A stream of a compound file, the decisive one first → the kind."""


def file_kind(path: Path) -> FileKind:
    """The kind by the first bytes and, of a ZIP, by its parts.

    Raises:
        OSError: the file cannot be opened.
        zipfile.BadZipFile: a ZIP that is cut off or damaged.
    """
    with path.open("rb") as file:
        start = file.read(8192)
    if start.startswith(_OLE):
        return _ole_kind(path)
    if start.startswith(b"PK"):
        return _zip_kind(path)
    if start.startswith(b"%PDF"):
        return FileKind.PDF
    return _text_kind(start)


def _ole_kind(path: Path) -> FileKind:
    names = _first_ole_names(path)
    if not names & _OLE_NAMES.keys():
        try:
            with olefile.OleFileIO(path) as book:
                names = {entry[-1] for entry in book.listdir()}
        except Exception:  # what a damaged directory makes the library stumble over: the names are looked for as they are
            data = path.read_bytes()
            names = {name for name in _OLE_NAMES if name.encode("utf-16le") in data}
    return next((kind for name, kind in _OLE_NAMES.items() if name in names), FileKind.UNKNOWN)


def _first_ole_names(path: Path) -> set[str]:
    """The streams named in the directory's first sector, where office programs put the decisive one."""
    with path.open("rb") as file:
        header = file.read(512)
        size = 1 << int.from_bytes(header[30:32], "little") % 16
        file.seek((int.from_bytes(header[48:52], "little") + 1) * size)
        entries = file.read(size)
    lengths = ((at, int.from_bytes(entries[at + 64 : at + 66], "little")) for at in range(0, len(entries), 128))
    return {entries[at : at + length - 2].decode("utf-16-le", "replace") for at, length in lengths if 2 < length <= 64}


def _zip_kind(path: Path) -> FileKind:
    with zipfile.ZipFile(path) as archive:
        names = {name.lower().lstrip("/") for name in archive.namelist()}
        if any(part.flag_bits & 1 for part in archive.infolist()):
            return FileKind.ENCRYPTED
        manifest = next((name for name in archive.namelist() if name.lower() == "meta-inf/manifest.xml"), None)
        if manifest is not None and b"encryption-data" in archive.open(manifest).read(1_000_000):
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
    if b"\x00" in start:
        start = _narrow(start)
    text = start.lower()
    if b"urn:schemas-microsoft-com:office:spreadsheet" in text and b"<html" not in text:
        return FileKind.XML_2003
    if any(tag in text for tag in (b"<html", b"<table", b"<!doctype html", b"<meta")):
        return FileKind.HTML
    is_text = not _CONTROL.search(start.rstrip(b"\x1a"))
    if is_text and any(mark in start for mark in (b";", b",", b"\t", b"|")):
        return FileKind.CSV
    return FileKind.UNKNOWN


def _narrow(start: bytes) -> bytes:
    """A text in UTF-16 with one byte to each sign of ASCII; anything else keeps its zero bytes."""
    big = start.startswith(b"\xfe\xff") or start[0::2].count(0) > start[1::2].count(0)
    text = start[: len(start) // 2 * 2].decode("utf-16-be" if big else "utf-16-le", "replace")
    return text.encode("utf-8") if "\x00" not in text else start


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


DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
"""What the standard library raises at a file whose bytes are not what they say."""


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
    what = Text(f"это {kind.value.ru}: такие не читаем", f"this is {kind.value.en}: not read here")
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


def checked_parts(path: Path, settings: SpreadsheetSettings, elements: Callable[[str, bytes, bool], int]) -> dict[str, bytes]:
    """The XML parts of a zipped file, their names in lower case, checked before any library sees the file.

    Args:
        elements: how many cells and rows a part (its name, its data) holds or makes a library create; exactly, or at most and quickly.

    Raises:
        InputRefused: damaged, beyond a limit once unpacked, or with a document type (entities).
    """
    parts: dict[str, bytes] = {}
    count, is_exact = 0, False
    with zipfile.ZipFile(path) as archive:
        listed = archive.infolist()
        _check_unpacked(listed, settings)
        for part in listed:
            name = part.filename.lower().lstrip("/")
            if not name.endswith((".xml", ".rels")) or name.startswith("meta-inf/"):
                continue
            parts[name] = _checked_part(archive, part)
            count += elements(name, parts[name], is_exact)
            if count > settings.cells_max and not is_exact:
                count, is_exact = sum(elements(name, data, True) for name, data in parts.items()), True
            if count > settings.cells_max:
                raise too_many_cells(settings.cells_max)
    return parts


_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_STORED_VERSION, _UTF8_NAMES, _DAY_ONE = 20, 0x800, 0x21  # 1 January 1980: an entry has to have a day


def repacked(parts: Mapping[str, bytes]) -> bytes:
    """Checked parts as an archive of their own, not packed: a library need not unpack them once more, and reads what was checked and no
    other part that an archive may hold under the same name."""
    bodies, entries, at = [], [], 0
    for name, data in parts.items():
        word, crc = name.encode(), zlib.crc32(data)
        about = _STORED_VERSION, _UTF8_NAMES, 0, 0, _DAY_ONE, crc, len(data), len(data), len(word), 0
        bodies += [_LOCAL.pack(b"PK\3\4", *about), word, data]
        entries += [_ENTRY.pack(b"PK\1\2", _STORED_VERSION, *about, 0, 0, 0, 0, at), word]
        at += _LOCAL.size + len(word) + len(data)
    listed = b"".join(entries)
    end = _END.pack(b"PK\5\6", 0, 0, len(parts), len(parts), len(listed), at, 0)
    return b"".join([*bodies, listed, end])


def _check_unpacked(listed: Sequence[zipfile.ZipInfo], settings: SpreadsheetSettings) -> None:
    unpacked = sum(part.file_size for part in listed)
    is_bomb = any(
        part.file_size > _RATIO_FROM_BYTES and part.file_size > settings.unpacked_ratio_max * max(part.compress_size, 1) for part in listed
    )
    if is_bomb or unpacked > settings.unpacked_bytes_max or len(listed) > settings.parts_max:
        raise _too_large(f"{unpacked // 1_000_000} МБ", f"{unpacked // 1_000_000} MB")


def _checked_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    try:
        data = _unpacked(archive, part)
    except DAMAGED as error:
        raise damaged() from error
    if not _is_utf8(data):
        raise damaged()
    if b"<!DOCTYPE" in data[:_PROLOG_MAX] or not _PROLOG.match(data, 0, _PROLOG_MAX):
        what = Text(
            "в книге есть описание типа документа (DOCTYPE): такую не открываем", "the workbook has a document type (DOCTYPE): not opened"
        )
        raise refused(what, _SAVE_AS)
    return data


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """What the part holds, and never more than it says that it does. (The standard library puts it together in blocks and copies them,
    which takes some three times as long.)

    Raises:
        zipfile.BadZipFile, zlib.error: it holds something else.
    """
    if part.compress_type != zipfile.ZIP_DEFLATED:
        return archive.read(part)
    with archive.open(part):  # looks at the part's own header, and leaves the file behind it
        assert archive.fp is not None  # it is open
        packed = archive.fp.read(part.compress_size)
    decoder, unpacked = zlib.decompressobj(-zlib.MAX_WBITS), BytesIO()
    for at in range(0, len(packed), _UNPACKED_FROM_BYTES):
        unpacked.write(decoder.decompress(packed[at : at + _UNPACKED_FROM_BYTES]))
        if unpacked.tell() > part.file_size:
            break
    data = unpacked.getvalue()
    if len(data) != part.file_size or not decoder.eof or zlib.crc32(data) != part.CRC:
        raise zipfile.BadZipFile
    return data


def _is_utf8(data: bytes) -> bool:
    """Whether the scan sees what a parser would: other encodings could hide elements from it."""
    declared = _ENCODING.match(data)
    return b"\x00" not in data[:256] and (declared is None or declared[1].lower() in (b"utf-8", b"us-ascii", b"ascii"))


def too_many_cells(cells_max: int) -> InputRefused:
    return _too_large(f"больше {cells_max} клеток", f"more than {cells_max} cells")


def too_many_sheets(sheets_max: int) -> InputRefused:
    return refused(
        Text(f"в книге больше {sheets_max} листов", f"the workbook has more than {sheets_max} sheets"),
        Text("Разделите книгу на несколько.", "Split the workbook."),
    )


def _too_large(ru: str, en: str) -> InputRefused:
    return refused(
        Text(f"книга слишком велика в развёрнутом виде: {ru}", f"the workbook is too large once unpacked: {en}"),
        Text(
            "Скопируйте клетки табеля в новую книгу (без пустых оформленных строк и столбцов) и сохраните её.",
            "Copy the timesheet's cells into a new workbook (without empty formatted rows and columns) and save it.",
        ),
    )
