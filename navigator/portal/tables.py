"""The pages' own tables, beside the register's: persons and their sign-ins, mails, families, applications, and who read what.

Days and instants are ISO text; instants are all of the register's own offset style, so that they are compared as instants by `instant`.
Passwords and tokens are stored as hashes only.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    event,
)

from navigator.tables import DAY, ROW_ID, metadata

INSTANT = String(20)
DIGEST = String(64)


def instant(moment: dt.datetime) -> str:
    """An instant as these tables hold it: UTC, to the second, so that text order is time order."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment_of(text: str) -> dt.datetime:
    """An instant of these tables, aware."""
    return dt.datetime.fromisoformat(text)


secrets = Table("secrets", metadata, Column("name", Text, primary_key=True), Column("secret", Text, nullable=False))

persons = Table(
    "persons",
    metadata,
    Column("person", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # folded to lower case
    Column("role", Text, CheckConstraint("role IN ('parent', 'club', 'payer', 'operator')"), nullable=False),
    Column("password", Text),  # argon2; none until the person has chosen one
    Column("last_name", Text, nullable=False, server_default=""),
    Column("first_name", Text, nullable=False, server_default=""),
    Column("patronymic", Text, nullable=False, server_default=""),
    Column("phone", Text, nullable=False, server_default=""),
    Column("language", String(2), nullable=False),
    Column("provider", ForeignKey("providers.provider")),  # of a club's person
    Column("payer", ForeignKey("payers.payer")),  # of a payer's person
    Column("made_at", INSTANT, nullable=False),
    Column("confirmed_at", INSTANT),
    CheckConstraint("role <> 'club' OR provider IS NOT NULL", name="club_has_its_provider"),
    CheckConstraint("role <> 'payer' OR payer IS NOT NULL", name="payer_has_its_payer"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("digest", DIGEST, primary_key=True),  # of the token in the cookie
    Column("sign_in", Text, nullable=False, unique=True),  # its name on the person's own page
    Column("person", ForeignKey("persons.person"), nullable=False, index=True),
    Column("made_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("browser", Text, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column("kind", Text, CheckConstraint("kind IN ('join', 'password', 'invitation')"), nullable=False),
    Column("email", Text, nullable=False),
    Column("child", ForeignKey("children.child")),  # of an invitation
    Column("made_by", ForeignKey("persons.person")),
    Column("made_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
    Index("tokens_by_email", "email", "kind"),
)

mails = Table(
    "mails",
    metadata,
    Column("mail", ROW_ID, primary_key=True, autoincrement=True),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text),  # gone once it is sent: it may hold a link that opens an account
    Column("made_at", INSTANT, nullable=False),
    Column("next_try_at", INSTANT),  # none: sent, or given up
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("sent_at", INSTANT),
    Column("trouble", Text),
    Index("mails_due", "next_try_at"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("attempt", ROW_ID, primary_key=True, autoincrement=True),
    Column("what", Text, nullable=False),  # a keyed hash: no address and no e-mail stands here
    Column("at", INSTANT, nullable=False),
    Index("attempts_by_what", "what", "at"),
)

guardians = Table(
    "guardians",
    metadata,
    Column("child", ForeignKey("children.child"), nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("is_first", Boolean, nullable=False),
    PrimaryKeyConstraint("child", "person"),
    Index("guardians_by_person", "person"),
)

applications = Table(
    "applications",
    metadata,
    Column("application", Text, primary_key=True),  # its number
    Column("child", ForeignKey("children.child"), nullable=False, index=True),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("payer", ForeignKey("payers.payer"), nullable=False, index=True),
    Column("category", Text, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('submitted', 'accepted', 'returned', 'withdrawn')"), nullable=False),
    Column("consent_version", Text, nullable=False),
    Column("consent_digest", DIGEST, nullable=False),  # of the very text that was agreed to
    Column("consent_language", String(2), nullable=False),
    Column("consented_at", INSTANT, nullable=False),
    Column("submitted_at", INSTANT, nullable=False),
    Index("applications_by_state", "state", "submitted_at"),
)

application_steps = Table(  # what became of an application, added to and never changed
    "application_steps",
    metadata,
    Column("step", ROW_ID, primary_key=True, autoincrement=True),
    Column("application", ForeignKey("applications.application"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
)

reads = Table(
    "reads",
    metadata,
    Column("read", ROW_ID, primary_key=True, autoincrement=True),
    Column("at", INSTANT, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("child", Text, nullable=False),
    Index("reads_by_child", "child", "at"),
)

consents = Table(  # every text of consent that anybody agreed to, whole
    "consents",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column("version", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("text", Text, nullable=False),
    Column("first_used_on", DAY, nullable=False),
)

catalogue_entries = Table(  # the words of each programme that is in the catalogue
    "catalogue_entries",
    metadata,
    Column("entry", ROW_ID, primary_key=True, autoincrement=True),
    Column("programme", ForeignKey("programmes.programme"), nullable=False, unique=True),
    Column("text", Text, nullable=False),
)

_INDEXES = {
    "sqlite": "CREATE VIRTUAL TABLE catalogue_words USING fts5(stems)",
    "postgresql": "CREATE INDEX catalogue_words ON catalogue_entries USING gin (to_tsvector('russian', text))",
}


@event.listens_for(catalogue_entries, "after_create")
def _make_index(_table: Table, connection: Connection, **_: object) -> None:
    """Each database's own way to find words."""
    connection.exec_driver_sql(_INDEXES[connection.dialect.name])


catalogue_states = Table(  # how far the catalogue's feed was read into the entries
    "catalogue_states",
    metadata,
    Column("name", Text, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
)

requests = Table(  # a child asks for a place in a group; its enrollment stands in the register once a place is held for it
    "requests",
    metadata,
    Column("request", Text, primary_key=True),  # also the enrollment's number in the register
    Column("child", ForeignKey("children.child"), nullable=False, index=True),
    Column("certificate", ForeignKey("certificates.certificate"), nullable=False),
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("group", ForeignKey("groups.group"), nullable=False),
    Column("provider", ForeignKey("providers.provider"), nullable=False),
    Column("person", ForeignKey("persons.person"), nullable=False),
    Column("place", BigInteger, nullable=False),  # the order of asking, over all groups: first come, first served
    Column("state", Text, nullable=False),
    Column("starts_on", DAY, nullable=False),
    Column("ends_on", DAY, nullable=False),
    Column("lessons", Integer, nullable=False),  # what was quoted, and consented to where the family pays
    Column("price_kopecks", BigInteger, nullable=False),
    Column("certificate_kopecks", BigInteger, nullable=False),
    Column("family_kopecks", BigInteger, nullable=False),
    Column("consented_at", INSTANT),
    Column("asked_at", INSTANT, nullable=False),
    Column("answered_at", INSTANT),
    Column("reason", Text, nullable=False, server_default=""),
    CheckConstraint("state IN ('waiting', 'asked', 'unfunded', 'enrolled', 'refused', 'withdrawn', 'left')", name="request_state"),
    CheckConstraint("family_kopecks = 0 OR consented_at IS NOT NULL", name="who_pays_has_consented"),
    Index("requests_by_group", "group", "state", "place"),
    Index("requests_by_provider", "provider", "state", "place"),
    Index("requests_by_payer", "payer", "state", "place"),
)

limits = Table(  # how many certificates of financing a payer gives in a year, and up to which sum; no row: no limit
    "limits",
    metadata,
    Column("payer", ForeignKey("payers.payer"), nullable=False),
    Column("year", Integer, nullable=False),
    Column("certificates", Integer, CheckConstraint("certificates >= 0"), nullable=False),
    Column("sum_kopecks", BigInteger, CheckConstraint("sum_kopecks >= 0"), nullable=False),
    PrimaryKeyConstraint("payer", "year"),
)
