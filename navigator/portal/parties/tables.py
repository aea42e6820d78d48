"""What was done to limits and agreements on the pages: by whom and when. Added to and never changed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import ROW_ID, metadata

party_steps = Table(
    "party_steps",
    metadata,
    Column("step", ROW_ID, primary_key=True, autoincrement=True),
    Column("what", Text, CheckConstraint("what IN ('limit', 'agreement')"), nullable=False),
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("provider", ForeignKey("providers.provider")),  # of an agreement
    Column("said", Text, nullable=False),  # JSON: a year, a number and kopecks; or two days
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Index("party_steps_by_payer", "payer", "what"),
    Index("party_steps_by_provider", "provider"),
)
