"""Bytes of a text file → text. The encodings that office programs in Russia write; what is none of them is refused, never read as signs."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Iterator

from adapters.spreadsheet.findings import refused
from gateway.plugins import InputRefused, Text

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OF_ONE_BYTE = ("cp1251", "cp866", "koi8-r", "mac-cyrillic", "iso8859-5")
_SAMPLE = 4_096
_ODD_CASE = re.compile(r"[а-яё][А-ЯЁ]|[А-ЯЁ]{2}[а-яё]")
_OFTEN = dict(
    zip(
        "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфёъ",
        (110, 85, 80, 74, 67, 63, 55, 47, 45, 44, 35, 32, 30, 28, 26, 20, 19, 17, 17, 16, 16, 14, 12, 10, 9, 7, 6, 5, 4, 3, 3, 3, 1),
        strict=True,
    )
)
"""Letter → how often it stands among a thousand letters of Russian."""
_USUAL = frozenset("№«»–—…“”„’‘‐‑−✓✔√☑\u00a0\u200b\ufeff")
_NEVER = 0.02
_ODD = math.log(0.05)
_LIKELY_MIN = -4.6
_TOLD_MIN = 12


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
        if _reads_as_russian(text[:_SAMPLE]):
            return text
    raise _unknown()


def _candidates(data: bytes, declared: str | None) -> Iterator[str]:
    sample = data[:_SAMPLE]
    if b"\x00" in sample:
        yield "utf-16-be" if sample[0::2].count(0) > sample[1::2].count(0) else "utf-16-le"
        return
    if declared:
        yield declared
    yield "utf-8"
    telling = b"".join(line for line in sample.splitlines(keepends=True) if not line.isascii()) or sample
    yield from sorted(_OF_ONE_BYTE, key=lambda encoding: -_likelihood(telling.decode(encoding, "replace"))[0])


def _likelihood(text: str) -> tuple[float, int]:
    """How much the text looks like Russian (by its letters, by how capitals stand in words, by strange signs), and how many signs told."""
    score, told = _ODD * len(_ODD_CASE.findall(text)), 0
    for sign, count in Counter(text.lower()).items():
        if not sign.isascii() and sign not in _USUAL:
            score += count * math.log(_OFTEN.get(sign, _NEVER) / 1000)
            told += count
    return score, told


def _reads_as_russian(text: str) -> bool:
    """Not gibberish: whatever is not ASCII is as likely as words are. A few signs and letters tell nothing."""
    score, told = _likelihood(text)
    return told < _TOLD_MIN or score >= _LIKELY_MIN * told


def _strict(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _unknown() from error


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
