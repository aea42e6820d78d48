"""What the club's pages keep beside the register: where a programme's verification stands, who changed which lesson and why, days off."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, ForeignKeyConstraint, Index, PrimaryKeyConstraint, String, Table, Text

from navigator.portal.tables import INSTANT
from navigator.tables import DAY, ROW_ID, metadata

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

closed_groups = Table(  # groups that take nobody new; a closed module of the register is another thing: nothing is debited for it (M02)
    "closed_groups",
    metadata,
    Column("group", ForeignKey("groups.group"), primary_key=True),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
)

days_off = Table(  # when a club, or one group of it, does not meet
    "days_off",
    metadata,
    Column("day_off", ROW_ID, primary_key=True, autoincrement=True),
    Column("provider", ForeignKey("providers.provider"), nullable=False),
    Column("group", ForeignKey("groups.group")),  # none: all of them
    Column("first", DAY, nullable=False),
    Column("last", DAY, nullable=False),
    Column("title", Text, nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
    CheckConstraint("first <= last", name="day_off_in_order"),
    Index("days_off_by_provider", "provider", "last"),
)

lesson_notes = Table(  # why a single lesson of the register differs from the timetable; one that a district brought has no note
    "lesson_notes",
    metadata,
    Column("group", Text, nullable=False),
    Column("date", DAY, nullable=False),
    Column("starts_at", String(5), nullable=False),
    Column("what", Text, CheckConstraint("what IN ('cancelled', 'left', 'moved', 'added', 'day_off', 'kept')"), nullable=False),
    Column("from_date", DAY),  # of a moved lesson: where the timetable had it
    Column("from_time", String(5)),
    Column("reason", Text, nullable=False, server_default=""),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
    PrimaryKeyConstraint("group", "date", "starts_at"),
    ForeignKeyConstraint(["group", "date", "starts_at"], ["lessons.group", "lessons.date", "lessons.starts_at"], ondelete="CASCADE"),
)
