"""When a dated word of the register was in force. Used by the rules on a certificate's state and kind."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from gateway.plugins import ALWAYS, Period

_ONE_DAY = dt.timedelta(days=1)


def days_in_force(entries: Sequence[tuple[str, dt.date | None]], word: str) -> tuple[Period, ...]:
    """The days on which ``word`` was in force.

    Args:
        entries: (word, first day), the oldest first; a first day None means «from the beginning».
    """
    if len(entries) == 1 and entries[0] == (word, None):
        return (ALWAYS,)  # most of all
    found = []
    for place, (entry, first) in enumerate(entries):
        first = first or dt.date.min
        following = entries[place + 1][1] if place + 1 < len(entries) else dt.date.max
        if following is None or following == dt.date.min:
            continue
        last = following if place + 1 == len(entries) else following - _ONE_DAY
        if entry == word and first <= last:
            found.append(Period(first, last))
    return tuple(found)
