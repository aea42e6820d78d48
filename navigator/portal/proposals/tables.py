"""Proposals."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import metadata

proposals = Table(  # also for a number that is nobody's: to the club the two look the same
    "proposals",
    metadata,
    Column("proposal", Text, primary_key=True),  # drawn, not counted: its address tells nobody how many there are
    Column("ordinal", BigInteger, nullable=False, unique=True),
    Column("provider", ForeignKey("providers.provider"), nullable=False),
    Column("group", ForeignKey("groups.group"), nullable=False),
    Column("number", String(10), nullable=False),  # as the club has typed it
    Column("child", ForeignKey("children.child"), index=True),  # none: no certificate has that number
    Column("person", ForeignKey("persons.person"), nullable=False),  # of the club
    Column("state", Text, CheckConstraint("state IN ('sent', 'confirmed', 'declined')", name="proposal_state"), nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("answered_at", INSTANT),
    Column("answered_by", ForeignKey("persons.person")),
    Column("request", ForeignKey("requests.request")),  # that came of it
    Index("proposals_by_provider", "provider", "ordinal"),
)
