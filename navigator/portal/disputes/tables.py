"""Disputes and their steps."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, text

from navigator.portal.tables import INSTANT
from navigator.tables import DAY, ROW_ID, metadata

_LIVE = text("state IN ('open', 'correcting')")

disputes = Table(  # what stands in the register and is disputed; it is closed when the register says something else of the same lesson
    "disputes",
    metadata,
    Column("dispute", Text, primary_key=True),  # its number
    Column("ordinal", BigInteger, nullable=False, unique=True),  # the order of filing
    Column("child", ForeignKey("children.child"), nullable=False, index=True),
    Column("group", ForeignKey("groups.group"), nullable=False),
    Column("date", DAY, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("lesson_starts_at", String(35), nullable=False),
    Column("provider", ForeignKey("providers.provider"), nullable=False),
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),  # who filed it
    Column("subject", Text, CheckConstraint("subject IN ('debit', 'mark')"), nullable=False),
    Column("operation", String(32), nullable=False),  # the acceptance that is disputed
    Column("amount_kopecks", BigInteger, nullable=False),  # what was debited; 0 of a mark
    Column("status", Text),  # what was marked
    Column("seen", BigInteger, nullable=False),  # the last acceptance about the lesson when it was filed: only a later one can correct it
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("filed_at", INSTANT, nullable=False),
    Column("waits_since", INSTANT, nullable=False),  # since when the club is to do something
    Column("ended_at", INSTANT),
    Column("corrected_by", String(32)),  # the acceptance that corrected it
    Column("amount_after_kopecks", BigInteger),
    Column("status_after", Text),
    CheckConstraint("state IN ('open', 'correcting', 'confirmed', 'corrected', 'withdrawn')", name="dispute_state"),
    Index("one_live_dispute", "child", "group", "date", "slot", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
    Index("disputes_by_provider", "provider", "state", "ordinal"),
    Index("disputes_by_state", "state", "ordinal"),
)

dispute_steps = Table(  # added to and never changed
    "dispute_steps",
    metadata,
    Column("step", ROW_ID, primary_key=True, autoincrement=True),
    Column("dispute", ForeignKey("disputes.dispute"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("role", Text, CheckConstraint("role IN ('parent', 'club', 'operator', 'register')"), nullable=False),
    Column("person", ForeignKey("persons.person")),  # none: the register itself
    Column("at", INSTANT, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
)
