"""Whose account was ended, by whom and why. The person's row stays: what it did names it; its address is free again."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import metadata

ended_persons = Table(
    "ended_persons",
    metadata,
    Column("person", ForeignKey("persons.person"), primary_key=True),
    Column("email", Text, nullable=False),  # the one that it had
    Column("reason", Text, nullable=False),
    Column("ended_by", ForeignKey("persons.person"), nullable=False),
    Column("ended_at", INSTANT, nullable=False),
)
