"""Applications to leave."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import DAY, metadata

leavings = Table(  # one for an enrollment, and final: the place goes to whoever waits
    "leavings",
    metadata,
    Column("leaving", Text, primary_key=True),  # its number
    Column("ordinal", BigInteger, nullable=False, unique=True),
    Column("enrollment", ForeignKey("enrollments.enrollment"), nullable=False, unique=True),
    Column("child", ForeignKey("children.child"), nullable=False, index=True),
    Column("group", ForeignKey("groups.group"), nullable=False),
    Column("provider", ForeignKey("providers.provider"), nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("last_day", DAY, nullable=False),
    Column("ended_before", DAY, nullable=False),  # the last day that the enrollment had until then
    Column("reason", Text, nullable=False),  # one of `forms.REASONS`
    Column("words", Text, nullable=False, server_default=""),
    Column("filed_at", INSTANT, nullable=False),
    Index("leavings_by_provider", "provider", "ordinal"),
)
