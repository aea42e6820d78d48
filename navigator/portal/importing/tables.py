"""Imports on the pages: who, when, which files, and what came of it. The files themselves are here only until they are taken in."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import ROW_ID, metadata

imports = Table(
    "imports",
    metadata,
    Column("import", ROW_ID, primary_key=True, autoincrement=True),
    Column("state", Text, CheckConstraint("state IN ('refused', 'checked', 'loaded', 'dropped')"), nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("files", Text, nullable=False),  # JSON: their names and how long each is
    Column("counts", Text, nullable=False),  # JSON: rows new, changed and unchanged by table; of a refused one empty
    Column("problems", ROW_ID, nullable=False),
    Column("loaded_at", INSTANT),
    Column("content", LargeBinary),  # the files, packed; gone once they are taken in, dropped, or too old: they hold names
    Index("imports_by_state", "state"),
)
