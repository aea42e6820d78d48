"""The files of an upload: CSV as they are, or in a ZIP; within limits that hold whatever a ZIP claims of itself."""

from __future__ import annotations

import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import IO

UPLOAD_BYTES_MAX = 48 * 1024 * 1024
CONTENT_BYTES_MAX = 96 * 1024 * 1024
FILES_MAX = 40
FAMILIES = "parents.csv"
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, EOFError, RuntimeError, OSError, ValueError)
"""What the ZIP library raises on files that are damaged or made to harm."""


class Unusable(Exception):
    """An upload cannot be looked at. ``code``: no_files, not_a_file_of_ours, bad_zip, locked_zip, twice, too_many, too_large."""

    def __init__(self, code: str, value: str = "") -> None:
        super().__init__(f"{code}: {value}")
        self.code = code
        self.value = value


def unpack(uploads: Iterable[tuple[str, IO[bytes]]]) -> dict[str, bytes]:
    """The CSV files by name, folders left out.

    Raises:
        Unusable: something is no CSV and no ZIP, damaged, locked, there twice, or too much.
    """
    found: dict[str, bytes] = {}
    for filename, stream in uploads:
        if not filename:
            continue
        name = _name(filename)
        if name.lower().endswith(".zip"):
            _unpack_zip(found, name, stream)
        elif name.lower().endswith(".csv"):
            _add(found, name, stream)
        else:
            raise Unusable("not_a_file_of_ours", name)
    if not found:
        raise Unusable("no_files")
    return found


def packed(files: dict[str, bytes]) -> bytes:
    """The files as they are kept until somebody confirms the import."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def sizes(files: dict[str, bytes]) -> str:
    """Their names and lengths, as the history keeps them."""
    return json.dumps({name: len(content) for name, content in sorted(files.items())}, ensure_ascii=False)


def _unpack_zip(found: dict[str, bytes], name: str, stream: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(stream) as archive:
            for entry in archive.infolist():
                inner = _name(entry.filename)
                if entry.is_dir() or inner.startswith(".") or entry.filename.startswith("__MACOSX/"):
                    continue
                if entry.flag_bits & 1:
                    raise Unusable("locked_zip", name)
                if not inner.lower().endswith(".csv"):
                    raise Unusable("not_a_file_of_ours", inner)
                with archive.open(entry) as unpacked:
                    _add(found, inner, unpacked)
    except BROKEN as error:
        raise Unusable("bad_zip", name) from error


def _add(found: dict[str, bytes], name: str, stream: IO[bytes]) -> None:
    """Read as much as there is still room for, and one byte to see whether that was all."""
    if name in found:
        raise Unusable("twice", name)
    if len(found) == FILES_MAX:
        raise Unusable("too_many", str(FILES_MAX))
    room = CONTENT_BYTES_MAX - sum(map(len, found.values()))
    content = stream.read(room + 1)
    if len(content) > room:
        raise Unusable("too_large", str(CONTENT_BYTES_MAX // 1024 // 1024))
    found[name] = content


def _name(filename: str) -> str:
    return PurePosixPath(filename.replace("\\", "/")).name
