"""How this adapter says what it met: a place, what is there, and the cure, in both languages. Never a child's name."""

from __future__ import annotations

from adapters.spreadsheet.grid import column_letters
from gateway.plugins import Finding, InputRefused, Level, Place, Text


def place(sheet: str | None, row: int | None = None, column: int | None = None) -> Place:
    """A line above a table (row 0 and less) has no row of its own."""
    if row is not None and row < 1:
        return Place(sheet)
    return Place(sheet, row, None if column is None else column_letters(column))


def unread(where: Place, what: Text, cure: Text, group: str | None = None) -> Finding:
    """Was not taken."""
    return Finding(Level.UNREAD, where, what, cure, group)


def question(where: Place, what: Text, cure: Text, group: str | None = None) -> Finding:
    """Was taken, or left out on purpose."""
    return Finding(Level.QUESTION, where, what, cure, group)


def refused(what: Text, cure: Text, where: Place | None = None) -> InputRefused:
    """Nothing of the file is taken."""
    return InputRefused(unread(where or Place(), what, cure))


def shown(text: str, characters_max: int = 24) -> str:
    """A sign as a message may quote it: short, so that no sentence about a child travels in it."""
    return text if len(text) <= characters_max else text[:characters_max] + "…"
