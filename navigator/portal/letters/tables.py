"""Which letters somebody wants, and which digests were written."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint, String, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import metadata

letter_choices = Table(  # no row: no letters
    "letter_choices",
    metadata,
    Column("person", ForeignKey("persons.person"), primary_key=True),
    Column("choice", Text, CheckConstraint("choice IN ('none', 'weekly', 'each')"), nullable=False),
    Column("chosen_at", INSTANT, nullable=False),
    Column("told_to", BigInteger, nullable=False),  # the last acceptance that letters about each debit have looked at
    Index("letters_by_choice", "choice", "person"),
)

digests = Table(  # one per person and week, also where there was nothing to tell: what stands here is not written again
    "digests",
    metadata,
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("week", String(8), nullable=False),  # the ISO week that it tells of, «2025-W44»
    Column("made_at", INSTANT, nullable=False),
    PrimaryKeyConstraint("person", "week"),
)
