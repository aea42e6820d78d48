"""Bytes of a text file → text. The encodings that office programs in Russia write; what is none of them is refused, never read as signs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

from adapters.spreadsheet.findings import refused
from gateway.plugins import InputRefused, Text

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OF_ONE_BYTE = ("cp1251", "cp866", "koi8-r", "mac-cyrillic", "iso8859-5")
_SAMPLE = 16_384
_WORD = re.compile(r"[^\W\d_]+")
_RUSSIAN = re.compile(r"^(?:[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+)$")


def decoded(data: bytes, declared: str | None = None) -> str:
    """The text, without a mark of byte order.

    Args:
        declared: the encoding that the file itself names; it counts if the bytes agree.

    Raises:
        InputRefused: no known encoding makes words of these bytes.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _strict(data, encoding)
    for encoding in _candidates(data, declared):
        try:
            text = data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if _is_russian(text[:_SAMPLE]):
            return text
    raise _unknown()


def _candidates(data: bytes, declared: str | None) -> Iterator[str]:
    if b"\x00" in data[:_SAMPLE]:
        sample = data[:_SAMPLE]
        yield "utf-16-be" if sample[0::2].count(0) > sample[1::2].count(0) else "utf-16-le"
        return
    if declared:
        yield declared
    yield "utf-8"
    guess = from_bytes(_telling(data), cp_isolation=list(_OF_ONE_BYTE)).best()
    if guess is not None:
        yield guess.encoding
    yield from _OF_ONE_BYTE


def _telling(data: bytes) -> bytes:
    """The lines that tell an encoding, out of the file's beginning: those with bytes beyond ASCII."""
    lines = data[:_SAMPLE].splitlines(keepends=True)
    telling = b"".join(line for line in lines if not line.isascii())
    return telling or data[:_SAMPLE]


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unknown() from error


def _is_russian(text: str) -> bool:
    """Whether the words look as words are written: a capital at the beginning only, or all capitals; a few may be otherwise."""
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    fair = sum(1 for word in words if _RUSSIAN.match(word))
    return fair >= 0.7 * len(words)


def _unknown() -> InputRefused:
    return refused(
        Text(
            "кодировка текста не опознана: вместо букв вышли бы кракозябры",
            "the text's encoding is not recognised: it would be read as gibberish",
        ),
        Text(
            "Откройте файл в Excel и сохраните как «Книга Excel (XLSX)» или «CSV UTF-8».",
            "Open the file in Excel and save it as an Excel workbook (XLSX) or as “CSV UTF-8”.",
        ),
    )
