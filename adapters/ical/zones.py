"""Time zones by the names that calendars give them: IANA's, Windows', or one of the calendar's own that it describes itself."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.tz import tzical
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from adapters.ical.text import Block

_BLOCKS_MAX = 200
_LINES_MAX = 400
_FREQUENCY = re.compile(r"FREQ=(\w+)", re.IGNORECASE)
_UTC = frozenset({"UTC", "Z", "GMT", "ETC/UTC"})


class Zones:
    """The zones of one reading. ``unknown``: names that nobody knows; their times are taken for the club's own."""

    def __init__(self, club: ZoneInfo) -> None:
        self.club = club
        self.unknown: set[str] = set()
        self._own: dict[str, Block] = {}
        self._known: dict[str, dt.tzinfo] = {}

    def describe(self, blocks: Iterable[Block]) -> None:
        """Zones that the calendar describes itself. Where a name is known to everybody its description is not looked at."""
        for block in blocks:
            name = block.first("TZID")
            if name and len(self._own) < _BLOCKS_MAX:
                self._own.setdefault(name, block)

    def named(self, name: str) -> dt.tzinfo:
        """The zone of a TZID."""
        found = self._known.get(name)
        if found is None:
            found = _public(name) or _described(self._own.get(name))
            if found is None:
                found = self.club
                self.unknown.add(name)
            self._known[name] = found
        return found


def _public(name: str) -> dt.tzinfo | None:
    """IANA's name, also with a vendor's words before it, or Windows' name."""
    plain = name.strip().strip('"').strip("/")
    if plain.upper() in _UTC:
        return dt.UTC
    parts = plain.split("/")
    for candidate in (plain, WINDOWS_TO_OLSON.get(plain, ""), "/".join(parts[-2:]), "/".join(parts[-3:])):
        try:
            if candidate:
                return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def _described(block: Block | None) -> dt.tzinfo | None:
    """A zone by its description: changes once a year at most, so that working it out has an end."""
    if block is None or not block.is_whole or len(block.lines) > _LINES_MAX:
        return None
    lines = []
    for line in block.lines:
        name = re.split("[;:]", line, maxsplit=1)[0].upper()
        if name == "RRULE" and {found.upper() for found in _FREQUENCY.findall(line)} != {"YEARLY"}:
            return None
        if name == "DTSTART":
            line = "DTSTART:" + line.rpartition(":")[2].strip()
            line += "T000000" if len(line) == len("DTSTART:20250101") else ""
        if name in ("TZID", "BEGIN", "END", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"):
            lines.append(line)
    try:
        found = tzical(io.StringIO("\r\n".join(["BEGIN:VTIMEZONE", *lines, "END:VTIMEZONE", ""]))).get()
        dt.datetime(2025, 1, 1, tzinfo=found).utcoffset()
    except Exception:  # dateutil says what is wrong in whatever exception comes first
        return None
    return found
