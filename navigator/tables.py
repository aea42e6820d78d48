"""The register's tables. Nothing here that PostgreSQL cannot do as well; days and instants are ISO text, money integer kopecks.

Three kinds: what the register knows (updated in place), the ledger and the acceptances (added to, never updated; an account
only carries the sums of its transfers), and the feeds (each item as it was last served, with its place in the order of changes).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
ROW_ID = BigInteger().with_variant(Integer, "sqlite")
DAY = String(10)
INSTANT = String(35)

# ---------------------------------------------------------------- what the register knows

payers = Table("payers", metadata, Column("payer", Text, primary_key=True), Column("name", Text))

providers = Table(
    "providers",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("name", Text),
    Column("time_zone", Text),
    Column("sole_trader", Boolean),
    Column("licence", Text),
    Column("state", Text),
)

agreements = Table(
    "agreements",
    metadata,
    Column("provider", ForeignKey("providers.provider"), nullable=False),
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("valid_from", DAY, nullable=False),
    Column("valid_to", DAY, nullable=False),
    PrimaryKeyConstraint("provider", "payer", "valid_from"),
)

programmes = Table(
    "programmes",
    metadata,
    Column("programme", Text, primary_key=True),
    Column("provider", ForeignKey("providers.provider"), nullable=False),
    Column("title", Text),
    Column("direction", Text),
    Column("age_from_months", Integer),
    Column("age_to_months", Integer),
    Column("verified", Boolean),
)

modules = Table(
    "modules",
    metadata,
    Column("module", Text, primary_key=True),
    Column("programme", ForeignKey("programmes.programme"), nullable=False, index=True),
    Column("title", Text),
    Column("unit", Text),
    Column("unit_price_kopecks", BigInteger),
    Column("unit_normative_kopecks", BigInteger),
    Column("price_kopecks", BigInteger),
    Column("normative_kopecks", BigInteger),
    Column("planned_hours", Integer),
    Column("open", Boolean),
)

groups = Table(
    "groups",
    metadata,
    Column("group", Text, primary_key=True),
    Column("module", ForeignKey("modules.module"), nullable=False, index=True),
    Column("title", Text),
    Column("places", Integer),
    Column("starts_on", DAY),
    Column("ends_on", DAY),
    Column("locality", Text),  # where it meets and who teaches it: for families; the feeds do not tell it
    Column("address", Text),
    Column("teacher", Text),
)

timetable = Table(
    "timetable",
    metadata,
    Column("group", ForeignKey("groups.group"), nullable=False),
    Column("weekday", Integer, CheckConstraint("weekday BETWEEN 1 AND 7"), nullable=False),
    Column("starts_at", String(5), nullable=False),
    Column("ends_at", String(5), nullable=False),
    Column("weeks", Text, nullable=False),
    Column("valid_from", DAY, nullable=False),
    Column("valid_to", DAY, nullable=False),
    PrimaryKeyConstraint("group", "weekday", "starts_at", "weeks", "valid_from"),
)

lessons = Table(
    "lessons",
    metadata,
    Column("group", ForeignKey("groups.group"), nullable=False),
    Column("date", DAY, nullable=False),
    Column("starts_at", String(5), nullable=False),
    Column("ends_at", String(5)),
    Column("state", Text, nullable=False),
    Column("moved_from", DAY),
    PrimaryKeyConstraint("group", "date", "starts_at"),
)

children = Table(
    "children",
    metadata,
    Column("child", Text, primary_key=True),
    Column("last_name", Text),
    Column("first_name", Text),
    Column("patronymic", Text),
    Column("birth_date", DAY, index=True),
    Column("snils", Text, index=True),
    Column("payer", ForeignKey("payers.payer")),
)

certificates = Table(
    "certificates",
    metadata,
    Column("certificate", Text, primary_key=True),  # the lasting id
    Column("child", ForeignKey("children.child"), nullable=False, index=True),
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("valid_from", DAY, nullable=False),
    Column("valid_to", DAY, nullable=False),
)

certificate_numbers = Table(
    "certificate_numbers",
    metadata,
    Column("number", Text, primary_key=True),  # a number belongs to one certificate for ever
    Column("certificate", ForeignKey("certificates.certificate"), nullable=False, index=True),
    Column("from_day", DAY),
)

certificate_words = Table(
    "certificate_words",
    metadata,
    Column("certificate", ForeignKey("certificates.certificate"), nullable=False),
    Column("what", Text, nullable=False),  # kind | state
    Column("from_day", DAY, nullable=False),  # "" is «from the beginning», so that it can be part of the key
    Column("word", Text, nullable=False),
    PrimaryKeyConstraint("certificate", "what", "from_day"),
)

nominals = Table(
    "nominals",
    metadata,
    Column("certificate", ForeignKey("certificates.certificate"), nullable=False),
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("first", DAY, nullable=False),
    Column("last", DAY, nullable=False),
    Column("amount_kopecks", BigInteger, CheckConstraint("amount_kopecks >= 0"), nullable=False),
    PrimaryKeyConstraint("certificate", "payer", "first"),
)

enrollments = Table(
    "enrollments",
    metadata,
    Column("enrollment", Text, primary_key=True),
    Column("certificate", ForeignKey("certificates.certificate"), nullable=False, index=True),
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("group", ForeignKey("groups.group"), nullable=False, index=True),
    Column("starts_on", DAY, nullable=False),
    Column("ends_on", DAY, nullable=False),
    Column("state", Text, nullable=False),
)

closed_months = Table(
    "closed_months",
    metadata,
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("month", String(7), nullable=False),
    Column("closed_at", INSTANT, nullable=False),
    Column("digest", String(64), nullable=False),  # SHA-256 of the payer's statement as it was served at the closing
    PrimaryKeyConstraint("payer", "month"),
)

closed_over = Table(  # operations that were named at a closing because they might still be on their way
    "closed_over",
    metadata,
    Column("month", String(7), nullable=False),
    Column("id", String(32), nullable=False),
    PrimaryKeyConstraint("month", "id"),
)

loaded_rows = Table(
    "loaded_rows",
    metadata,
    Column("table", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("row", Text, nullable=False),  # canonical JSON of the row as it was last loaded
    PrimaryKeyConstraint("table", "key"),
)

# ---------------------------------------------------------------- the ledger

accounts = Table(
    "accounts",
    metadata,
    Column("account", ROW_ID, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # fund | certificate | shortfall | payable
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("first", DAY, nullable=False),
    Column("last", DAY, nullable=False),
    Column("owner", Text, nullable=False),  # the certificate, the provider; "" of a fund
    Column("in_kopecks", BigInteger, nullable=False, server_default="0"),
    Column("out_kopecks", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("kind IN ('fund', 'certificate', 'shortfall', 'payable')", name="account_kind"),
    CheckConstraint("kind <> 'certificate' OR out_kopecks <= in_kopecks", name="certificate_never_below_zero"),
    CheckConstraint("kind <> 'shortfall' OR in_kopecks <= out_kopecks", name="shortfall_never_above_zero"),
    UniqueConstraint("kind", "payer", "first", "owner"),
)

transfers = Table(
    "transfers",
    metadata,
    Column("transfer", ROW_ID, primary_key=True, autoincrement=True),
    Column("from_account", ForeignKey("accounts.account"), nullable=False, index=True),
    Column("to_account", ForeignKey("accounts.account"), nullable=False, index=True),
    Column("amount_kopecks", BigInteger, CheckConstraint("amount_kopecks > 0"), nullable=False),
    Column("kind", Text, nullable=False),  # nominal | debit | reversal | shortfall
    Column("operation", String(32)),  # the acceptance that it belongs to
    Column("made_at", INSTANT, nullable=False),
    CheckConstraint("from_account <> to_account"),
)

# ---------------------------------------------------------------- what was accepted, for ever

acceptances = Table(
    "acceptances",
    metadata,
    Column("acceptance", ROW_ID, primary_key=True, autoincrement=True),  # also the cursor of movements
    Column("id", String(32), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("child", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("date", DAY, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("lesson_starts_at", INSTANT, nullable=False),
    Column("enrollment", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("month", String(7), nullable=False),
    Column("asked_month", String(7)),  # where another one than `month` was asked for and was closed
    Column("amount_kopecks", BigInteger, nullable=False),
    Column("after", String(32)),
    Column("refers_to", String(32)),
    Column("status", Text),
    Column("journal", Text, nullable=False),  # money | attendance
    Column("place", Integer, nullable=False),  # ordinal within the claim's journal
    Column("accepted_at", INSTANT, nullable=False),
    # A second wall: a claim's acceptances are one chain, so no two writers can both continue it from the same link.
    UniqueConstraint("child", "group", "date", "slot", "journal", "place"),
    Index("acceptances_by_month", "month", "payer", "acceptance"),
    Index("acceptances_by_day", "date"),
)

# ---------------------------------------------------------------- the feeds

feed_items = Table(
    "feed_items",
    metadata,
    Column("feed", Text, nullable=False),
    Column("item", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON as served
    PrimaryKeyConstraint("feed", "item"),
    UniqueConstraint("feed", "sequence"),
)
