"""What was debited, gathered by payer, group and the lesson's month: an acceptance never changes, so what is gathered stays right."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, PrimaryKeyConstraint, String, Table, Text

from navigator.tables import metadata

used_sums = Table(
    "used_sums",
    metadata,
    Column("payer", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("month", String(7), nullable=False),
    Column("kopecks", BigInteger, nullable=False),  # debits less reversals
    PrimaryKeyConstraint("payer", "group", "month"),
)

used_marks = Table(  # how far they are gathered: one row
    "used_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("acceptance", BigInteger, nullable=False),
)
