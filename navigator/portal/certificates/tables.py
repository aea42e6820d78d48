"""What was done to certificates on the pages: by whom, when and why. Added to and never changed."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import ROW_ID, children, metadata

certificate_steps = Table(
    "certificate_steps",
    metadata,
    Column("step", ROW_ID, primary_key=True, autoincrement=True),
    Column("certificate", ForeignKey("certificates.certificate"), nullable=False, index=True),
    Column("change", Text, nullable=False),  # of `certificates.deeds.CHANGES`
    Column("said", Text, nullable=False),  # what it was done with, JSON: a day, a number, a sum in kopecks, a municipality
    Column("reason", Text, nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
)

INDEXES = (
    Index(
        "children_by_name",
        children.c.last_name,
        children.c.first_name,
        postgresql_ops={"last_name": "text_pattern_ops", "first_name": "text_pattern_ops"},
    ),
)
