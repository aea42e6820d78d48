"""What was deleted, so that it can be shown that it was, and is not brought back by a file that still has it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import ROW_ID, metadata

erasures = Table(  # added to and never changed; whose it was stands here as an id that names nobody any more
    "erasures",
    metadata,
    Column("erasure", ROW_ID, primary_key=True, autoincrement=True),
    Column("at", INSTANT, nullable=False),
    Column("what", Text, CheckConstraint("what IN ('child', 'account')"), nullable=False),
    Column("key", Text, nullable=False),  # the child's or the person's id
    Column("why", Text, CheckConstraint("why IN ('asked', 'due')"), nullable=False),
    Index("erasures_by_key", "what", "key"),
)
