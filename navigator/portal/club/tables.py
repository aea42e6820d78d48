"""What the club's pages keep beside the register: how far a programme's verification is, and what is asked for meanwhile."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import ROW_ID, metadata

programme_checks = Table(  # where a programme's verification stands; one that a district brought has no row until somebody changes it
    "programme_checks",
    metadata,
    Column("programme", ForeignKey("programmes.programme"), primary_key=True),
    Column("state", Text, CheckConstraint("state IN ('draft', 'sent', 'verified', 'returned')"), nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("proposal", Text, nullable=False, server_default=""),  # JSON: what a verified programme shall become; "" nothing
    Index("programme_checks_by_state", "state", "since", "programme"),
)

programme_check_steps = Table(  # what became of it, added to and never changed
    "programme_check_steps",
    metadata,
    Column("step", ROW_ID, primary_key=True, autoincrement=True),
    Column("programme", ForeignKey("programmes.programme"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("version", Text, nullable=False),  # JSON: the very values that were sent or decided upon
)
