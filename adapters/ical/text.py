"""A calendar as text: its encoding, its folded lines, its components. What is broken in one event stays in that event."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

_FOLD = re.compile(rb"\r?\n[ \t]")
_NAME = re.compile(r"([A-Za-z0-9-]{1,64})[;:]")
_KEPT = frozenset(
    {"UID", "RECURRENCE-ID", "SEQUENCE", "LAST-MODIFIED", "DTSTAMP", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE"}
    | {"STATUS", "SUMMARY", "CATEGORIES", "LOCATION"}
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Block(NamedTuple):
    """One component of a calendar. ``lines``: unfolded; ``is_whole`` False: it has no end of its own."""

    kind: str
    lines: tuple[str, ...]
    is_whole: bool = True

    def first(self, name: str) -> str | None:
        """The value of the first line of a property, as it is written; None where there is none."""
        for line in self.lines:
            found = _NAME.match(line)
            if found is not None and found[1].upper() == name:
                return line.partition(":")[2].strip()
        return None


def lines_of(content: bytes) -> list[str]:
    """The unfolded lines of a calendar.

    Lines are folded by octets, in the middle of a letter too: so before they are decoded. A continuation without its leading space is no
    property, and belongs to the line before.

    Raises:
        ValueError: it is no calendar, or not a whole one.
    """
    if content.startswith(_UTF16):
        content = content.decode("utf-16", "replace").encode()
    content = _FOLD.sub(b"", content.removeprefix(codecs.BOM_UTF8).strip())
    if content[:15].upper() != b"BEGIN:VCALENDAR" or content[-13:].upper() != b"END:VCALENDAR":
        raise ValueError("no whole calendar")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("cp1251", "replace")
    lines: list[str] = []
    for line in re.split(r"\r\n|\n|\r", text):
        if _NAME.match(line):
            lines.append(line)
        elif line.strip() and lines:
            lines[-1] += line
    return lines


def blocks_of(lines: list[str]) -> Iterator[Block]:
    """The events and time zones of a calendar. Of an event only what a lesson is made of is kept: no person, no description."""
    kind, inner, kept = "", [], []  # type: str, list[str], list[str]
    for line in lines:
        word, _, named = line.partition(":")
        word, named = word.upper(), named.strip().upper()
        if not kind:
            if word == "BEGIN" and named in ("VEVENT", "VTIMEZONE"):
                kind, inner, kept = named, [], []
            continue
        if (word, named) == ("BEGIN", kind) or (word == "END" and named == "VCALENDAR"):
            yield Block(kind, tuple(kept), is_whole=False)
            kind, inner, kept = kind if word == "BEGIN" else "", [], []
        elif word == "END" and named == kind:
            yield Block(kind, tuple(kept), is_whole=not inner)
            kind = ""
        elif kind == "VTIMEZONE":
            kept.append(line)
        elif word == "BEGIN":
            inner.append(named)
        elif word == "END":
            if named in inner:
                del inner[inner.index(named) :]
        elif not inner and re.split("[;:]", line, maxsplit=1)[0].upper() in _KEPT:
            kept.append(line)
