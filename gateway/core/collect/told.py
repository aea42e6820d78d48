"""What a sheet has told before, kept as digests: what says the same again needs none of its marks read back.

A digest is kept only of a sheet of which nothing was asked, held or disputed, and only as long as nobody else writes a word of its group:
comparing such a sheet again would find nothing. It never decides that something is new; that is found by comparing words.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable
from hashlib import blake2b
from operator import attrgetter

from gateway.core.collect.known import Digests, Row, Sheet, Told
from gateway.core.facts import Mark

DIGEST_BYTES = 16
FORM = "1"
"""Part of every digest: another number where the comparison of words itself changes, so that all sheets are compared once more."""

_SAID = attrgetter("day", "status", "hours", "lesson")
_MEMBER = attrgetter("name", "place.row", "own_id", "certificate", "certificate_padded", "certificate_unreadable", "birth_date")


def told_as(sheet: Sheet) -> Told | None:
    """What is kept of a sheet whose persons are known.

    None where it has no digests, or a person stands in two rows: these words are weighed against each other, and no row speaks for itself.
    """
    if sheet.digests is None or sheet.window is None:
        return None
    persons = [sheet.person_of[member.key] for member in sheet.members]
    if len(set(persons)) < len(persons):
        return None
    return Told(sheet.group, sheet.window.period, sheet.digests.head, tuple(map(Row, persons, sheet.digests.rows)))


def digests_of(sheet: Sheet, key_of: Callable[[str], str]) -> Digests | None:
    """None where the sheet may be known only by comparing: it has no window, or speaks of days outside of it."""
    window = sheet.window
    if window is None or sheet.meaning is None:
        return None
    period = window.period
    marks_of: dict[str, list[Mark]] = defaultdict(list)
    for mark in sheet.marks:
        marks_of[mark.member].append(mark)
    rows = []
    for member in sheet.members:
        mine = marks_of.get(member.key)
        if mine is None:
            rows.append("")
            continue
        days, statuses, hours, lessons = zip(*map(_SAID, mine), strict=True)
        if min(days) < period.first or max(days) > period.last:
            return None
        said = f"{[day.toordinal() for day in days]}{'/'.join(statuses)}{hours}{lessons}"
        rows.append(blake2b(said.encode(), digest_size=DIGEST_BYTES).hexdigest())
    if not all(lesson.day in period for lesson in sheet.lessons):
        return None
    told = [
        (lesson.day.toordinal(), str(lesson.starts_at), str(lesson.ends_at), lesson.state.value, lesson.own_id) for lesson in sheet.lessons
    ]
    about = (FORM, sheet.group, *map(str, period), sheet.meaning.value, str(sheet.last), window.lists_all, window.lists_lessons)
    head = repr((about, told, [_MEMBER(member) for member in sheet.members]))
    return Digests(key_of("sheet|" + head), tuple(rows))


def recognise(sheets: Iterable[Sheet], told: Iterable[Told]) -> None:
    """Find the sheets that were told before, and which of their rows say something else now."""
    known = {(one.group, one.period.first): one for one in told}
    for sheet in sheets:
        if sheet.digests is None or sheet.window is None:
            continue
        before = known.get((sheet.group, sheet.window.period.first))
        if before is None or before.head != sheet.digests.head or len(before.rows) != len(sheet.members):
            continue
        rows = list(zip(sheet.members, before.rows, sheet.digests.rows, strict=True))
        sheet.person_of = {member.key: row.person for member, row, _ in rows}
        sheet.changed = frozenset(member.key for member, row, digest in rows if row.digest != digest)


def are_apart(sheets: Iterable[Sheet]) -> bool:
    """Whether no two sheets of an input speak of the same group and day: then each may be compared without the others."""
    periods: dict[str, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    for sheet in sheets:
        if sheet.window is None:
            return False
        periods[sheet.group].append(sheet.window.period)
    return all(one[1] < other[0] for spans in periods.values() for one, other in zip(sorted(spans), sorted(spans)[1:], strict=False))
