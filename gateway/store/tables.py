"""Every table, and the two keys by which they shard: facts of a source by provider, money by payer.

Held by a test: each table has its key NOT NULL, in its primary key and in every unique and foreign key, and no foreign key joins the two
groups. Keys are never updated. Ids within a key are plain integers, handed out in blocks (`sequence`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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

BY_PROVIDER = "provider"
BY_PAYER = "payer"
BY_REGISTER = "register"


def _table(name: str, shard: str, *items: Column | UniqueConstraint | CheckConstraint | PrimaryKeyConstraint | Index) -> Table:  # type: ignore[type-arg]
    return Table(name, metadata, *items, info={"shard": shard})


# ---------------------------------------------------------------- what the register said, as a whole (small, read by every node)

register_cursor = _table(
    "register_cursor", BY_REGISTER,
    Column("register", String, nullable=False), Column("feed", String, nullable=False), Column("cursor", String), Column("read_at", String),
    PrimaryKeyConstraint("register", "feed"),
)  # fmt: skip

layout = _table(  # which version of these tables the database has
    "layout", BY_REGISTER,
    Column("register", String, nullable=False), Column("digest", String, nullable=False), PrimaryKeyConstraint("register"),
)  # fmt: skip

scheduled_job = _table(  # what `gateway serve` does by itself: one node at a time, each under a lease
    "scheduled_job", BY_REGISTER,
    Column("register", String, nullable=False), Column("job", String, nullable=False), Column("next_at", String),
    Column("leased_by", String), Column("leased_until", String), Column("started_at", String), Column("finished_at", String),
    Column("outcome", String), Column("said", Text), Column("cure", Text), Column("failures", Integer, nullable=False),
    Column("hinted_at", String),
    PrimaryKeyConstraint("register", "job"),
)  # fmt: skip

sequence = _table(
    "sequence", "shard",
    Column("shard", String, nullable=False), Column("name", String, nullable=False), Column("next", BigInteger, nullable=False),
    PrimaryKeyConstraint("shard", "name"),
)  # fmt: skip

# ---------------------------------------------------------------- keyed by provider: catalogue and raw facts

catalogue_provider = _table(
    "catalogue_provider", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("body", Text, nullable=False), PrimaryKeyConstraint("provider"),
)  # fmt: skip

catalogue_group = _table(
    "catalogue_group", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("group_id", String, nullable=False), Column("title_folded", String, nullable=False),
    Column("body", Text, nullable=False), Column("schedule", String, nullable=False),
    PrimaryKeyConstraint("group_id", "provider"), Index("catalogue_group_by_provider", "provider"),
)  # fmt: skip

run = _table(
    "run", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("run", BigInteger, nullable=False), Column("id", String, nullable=False),
    Column("source", String, nullable=False), Column("file", String, nullable=False), Column("sha256", String, nullable=False),
    Column("request", String, nullable=False),  # hash of mapping and month: the same file read otherwise is another run
    Column("month", String), Column("started_at", String, nullable=False),
    Column("finished_at", String),  # null: its report has not been given yet, and the same request takes it up again
    Column("undone_at", String), Column("counts", Text),
    Column("withdrawn", Integer),  # marks taken back, for the report of a run that is taken up again
    PrimaryKeyConstraint("provider", "run"), UniqueConstraint("provider", "id"),
)  # fmt: skip

source_state = _table(  # of a source that is asked
    "source_state", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("cursor", Text),
    Column("tried_at", String), Column("read_at", String),  # the last reading, and the last that came to its end
    Column("trouble", Text), Column("new", Integer), Column("refused", Integer), Column("unread", Integer),
    PrimaryKeyConstraint("provider", "source"),
)  # fmt: skip

delivery = _table(  # what was pushed and stored: the same delivery told again is stored once; `delivery`: digest of its name
    "delivery", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("delivery", String, nullable=False),
    Column("at", String, nullable=False),
    PrimaryKeyConstraint("provider", "source", "delivery"),
)  # fmt: skip

mapping = _table(
    "mapping", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("body", Text, nullable=False),
    Column("file", String, nullable=False), Column("kept_at", String, nullable=False),
    PrimaryKeyConstraint("provider", "source"),
)  # fmt: skip

source_group = _table(
    "source_group", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("words", String, nullable=False),
    Column("shown", String, nullable=False), Column("group_id", String, nullable=False),
    Column("first", Date), Column("last", Date),  # the days of which it has told marks or lessons
    Column("own_ids", String),  # JSON: the source's ids of it
    PrimaryKeyConstraint("provider", "source", "words"),
)  # fmt: skip

person = _table(
    "person", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("person", BigInteger, nullable=False), Column("source", String, nullable=False),
    Column("identity", String, nullable=False), Column("name_key", String, nullable=False), Column("group_id", String, nullable=False),
    Column("has_number", Boolean, nullable=False), Column("row", Integer),
    Column("sealed", Text, nullable=False),  # name, number, birth date and place, encrypted: a match may be undone and asked again
    Column("child", String), Column("matched_by", String),  # number, name; answer: a person's, and then child null is outside or undone
    Column("is_outside", Boolean, nullable=False), Column("answered_at", String),
    Column("rule", String),  # N01, N02 while it waits
    PrimaryKeyConstraint("provider", "person"), UniqueConstraint("provider", "source", "identity"),
    Index("person_by_child", "provider", "child"),
)  # fmt: skip

earlier_person = _table(  # what a person was told by, and taken for, before a run changed it: for taking the run back
    "earlier_person", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("run", BigInteger, nullable=False), Column("person", BigInteger, nullable=False),
    Column("identity", String, nullable=False), Column("name_key", String, nullable=False), Column("group_id", String, nullable=False),
    Column("has_number", Boolean, nullable=False), Column("row", Integer), Column("sealed", Text, nullable=False),
    Column("child", String), Column("matched_by", String), Column("rule", String),
    PrimaryKeyConstraint("provider", "run", "person"), Index("earlier_person_by_person", "provider", "person"),
)  # fmt: skip

match_answer = _table(  # who is whom, as people said it, and what stood before each answer; one of many persons has a row for each
    "match_answer", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("answer", BigInteger, nullable=False), Column("person", BigInteger, nullable=False),
    Column("child", String), Column("is_outside", Boolean, nullable=False),  # neither: whoever it was said to be, it is not
    Column("answered_by", String, nullable=False), Column("answered_at", String, nullable=False),
    Column("before_child", String), Column("before_matched_by", String), Column("before_outside", Boolean, nullable=False),
    Column("before_answered_at", String), Column("before_rule", String),
    Column("undone_by", String), Column("undone_at", String),  # taken back, and what stood before stands again
    PrimaryKeyConstraint("provider", "answer", "person"), Index("match_answer_by_person", "provider", "person"),
)  # fmt: skip

mark = _table(
    "mark", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("mark", BigInteger, nullable=False), Column("source", String, nullable=False),
    Column("person", BigInteger, nullable=False), Column("group_id", String, nullable=False), Column("day", Date, nullable=False),
    Column("lesson", String, nullable=False), Column("status", String, nullable=False), Column("hours", Integer),
    Column("from_empty", Boolean, nullable=False), Column("sheet", String), Column("row", Integer), Column("col", String),
    Column("run", BigInteger, nullable=False), Column("state", String, nullable=False), Column("rule", String), Column("child", String),
    Column("lessons", Integer, nullable=False), Column("slot", Integer, nullable=False),  # 0: all the day's lessons
    PrimaryKeyConstraint("provider", "mark"),
    Index("mark_by_group", "provider", "group_id", "day"),
    Index("mark_by_person", "provider", "person"),
)  # fmt: skip

earlier_word = _table(  # what a mark said before, for taking a run back
    "earlier_word", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("mark", BigInteger, nullable=False), Column("run", BigInteger, nullable=False),
    Column("status", String, nullable=False), Column("hours", Integer), Column("from_empty", Boolean, nullable=False),
    Column("sheet", String), Column("row", Integer), Column("col", String), Column("replaced_by", BigInteger, nullable=False),
    PrimaryKeyConstraint("provider", "mark", "run", "replaced_by"),
)  # fmt: skip

own_lesson = _table(  # a provider's own word on a lesson; starts_at "" is all of the day's
    "own_lesson", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("group_id", String, nullable=False),
    Column("day", Date, nullable=False), Column("starts_at", String, nullable=False), Column("ends_at", String, nullable=False),
    Column("state", String, nullable=False),  # of `LessonState`, or gone
    Column("run", BigInteger, nullable=False),
    PrimaryKeyConstraint("provider", "group_id", "day", "source", "starts_at"), Index("own_lesson_by_run", "provider", "run"),
)  # fmt: skip

own_schedule = _table(  # days of which a source told the group's whole timetable, or tells it no more: the latest run's word counts
    "own_schedule", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("group_id", String, nullable=False),
    Column("first", Date, nullable=False), Column("last", Date, nullable=False), Column("run", BigInteger, nullable=False),
    Column("is_told", Boolean, nullable=False), PrimaryKeyConstraint("provider", "group_id", "source", "first", "last", "run"),
)  # fmt: skip

earlier_lesson = _table(  # what was said of a lesson before, for taking a run back
    "earlier_lesson", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("group_id", String, nullable=False),
    Column("day", Date, nullable=False), Column("starts_at", String, nullable=False), Column("ends_at", String, nullable=False),
    Column("state", String, nullable=False), Column("run", BigInteger, nullable=False), Column("replaced_by", BigInteger, nullable=False),
    PrimaryKeyConstraint("provider", "group_id", "day", "source", "starts_at", "run", "replaced_by"),
)  # fmt: skip

told = _table(  # a sheet as it was told, by digests, as long as the words stand that it left; `rows`: person:digest,…
    "told", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("source", String, nullable=False), Column("group_id", String, nullable=False),
    Column("first", Date, nullable=False), Column("last", Date, nullable=False), Column("head", String, nullable=False),
    Column("rows", Text, nullable=False),
    PrimaryKeyConstraint("provider", "source", "group_id", "first"),
)  # fmt: skip

finding = _table(
    "finding", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("finding", BigInteger, nullable=False), Column("run", BigInteger, nullable=False),
    Column("source", String, nullable=False), Column("level", String, nullable=False), Column("group_id", String), Column("month", String),
    Column("sheet", String), Column("row", Integer), Column("col", String), Column("body", Text, nullable=False),
    Column("stands", Boolean, nullable=False),
    PrimaryKeyConstraint("provider", "finding"),
)  # fmt: skip

withdrawal = _table(  # withdrawals above the limit, and what a person said of them
    "withdrawal", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("withdrawal", BigInteger, nullable=False), Column("run", BigInteger, nullable=False),
    Column("source", String, nullable=False), Column("group_id", String, nullable=False), Column("month", String, nullable=False),
    Column("children", Integer, nullable=False), Column("known", Integer, nullable=False), Column("state", String, nullable=False),
    Column("answered_at", String), Column("answer_run", BigInteger),
    PrimaryKeyConstraint("provider", "withdrawal"),
)  # fmt: skip

held_card = _table(  # corrected cards that wait for an answer, as the system has them now: their `withdrawal` bears the group "@cards"
    "held_card", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("withdrawal", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False), Column("name_key", String, nullable=False), Column("has_number", Boolean, nullable=False),
    Column("sealed", Text, nullable=False), PrimaryKeyConstraint("provider", "withdrawal", "person"),
)  # fmt: skip

withdrawal_mark = _table(
    "withdrawal_mark", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("withdrawal", BigInteger, nullable=False),
    Column("mark", BigInteger, nullable=False),
    PrimaryKeyConstraint("provider", "withdrawal", "mark"),
)  # fmt: skip

taken_source = _table(  # whose word counts where two sources differ
    "taken_source", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("child", String, nullable=False), Column("group_id", String, nullable=False),
    Column("day", Date, nullable=False), Column("starts_at", String, nullable=False), Column("source", String, nullable=False),
    Column("is_only", Boolean, nullable=False), Column("answered_at", String, nullable=False),
    PrimaryKeyConstraint("provider", "child", "group_id", "day", "starts_at"),
)  # fmt: skip

to_match = _table(
    "to_match", BY_PROVIDER,
    Column("provider", String, nullable=False), Column("mark", BigInteger, nullable=False), Column("attempt", Integer, nullable=False),
    PrimaryKeyConstraint("provider", "mark"),
)  # fmt: skip

# ---------------------------------------------------------------- keyed by payer: certificates, claims, money

certificate = _table(
    "certificate", BY_PAYER,
    Column("payer", String, nullable=False), Column("certificate", String, nullable=False), Column("child", String, nullable=False),
    Column("number", String, nullable=False), Column("body", Text, nullable=False),
    # The key stands second here, and in the claim's: they are also looked for by who asks without knowing the payer.
    PrimaryKeyConstraint("certificate", "payer"), UniqueConstraint("child", "payer", "certificate"),
)  # fmt: skip

certificate_number = _table(
    "certificate_number", BY_PAYER,
    Column("payer", String, nullable=False), Column("number", String, nullable=False), Column("certificate", String, nullable=False),
    PrimaryKeyConstraint("payer", "number", "certificate"),
)  # fmt: skip

enrollment = _table(
    "enrollment", BY_PAYER,
    Column("payer", String, nullable=False), Column("enrollment", String, nullable=False), Column("child", String, nullable=False),
    Column("group_id", String, nullable=False), Column("certificate", String, nullable=False), Column("body", Text, nullable=False),
    PrimaryKeyConstraint("payer", "enrollment"), Index("enrollment_by_child", "payer", "child", "group_id"),
)  # fmt: skip

claim = _table(
    "claim", BY_PAYER,
    Column("payer", String, nullable=False), Column("claim", BigInteger, nullable=False), Column("key", String, nullable=False),
    Column("provider", String, nullable=False), Column("child", String, nullable=False), Column("group_id", String, nullable=False),
    Column("day", Date, nullable=False), Column("slot", Integer, nullable=False), Column("month", String, nullable=False),
    Column("starts_at", String, nullable=False), Column("ends_at", String, nullable=False),
    # the word
    Column("status", String), Column("hours", Integer), Column("from_empty", Boolean, nullable=False),
    Column("is_cancelled", Boolean, nullable=False), Column("conflict", String, nullable=False), Column("mark", BigInteger),
    Column("is_said", Boolean, nullable=False),  # false: its debit was adopted, and no source has spoken of it here since
    # the answer
    Column("answer", String), Column("not_charged", String), Column("first_rule", String), Column("reasons", Text),
    Column("amount", BigInteger),
    Column("price", BigInteger), Column("parent", BigInteger), Column("enrollment", String), Column("certificate", String),
    Column("lacks_funds", Boolean, nullable=False), Column("is_early", Boolean, nullable=False), Column("keeps", Boolean, nullable=False),
    Column("decided_at", String),  # when this answer came to stand: the same answer once more leaves it
    # what the register has accepted
    Column("live", String), Column("last_acceptance", String), Column("debits", Integer, nullable=False),
    Column("attendance", String), Column("attendances", Integer, nullable=False), Column("under_way", Integer, nullable=False),
    PrimaryKeyConstraint("payer", "claim"),
    UniqueConstraint("provider", "child", "payer", "group_id", "day", "slot"),
    CheckConstraint("under_way >= 0", name="claim_under_way"),
    Index("claim_by_group", "payer", "provider", "group_id", "day"),
    Index("claim_by_certificate", "payer", "certificate"),
)  # fmt: skip
Index("claim_unsaid", claim.c.payer, claim.c.provider, sqlite_where=claim.c.is_said.is_(False), postgresql_where=claim.c.is_said.is_(False))

to_decide = _table(
    "to_decide", BY_PAYER,
    Column("payer", String, nullable=False), Column("claim", BigInteger, nullable=False), Column("attempt", Integer, nullable=False),
    PrimaryKeyConstraint("payer", "claim"),
)  # fmt: skip

to_book = _table(  # holds the answer before funds; a certificate's answers are booked together
    "to_book", BY_PAYER,
    Column("payer", String, nullable=False), Column("claim", BigInteger, nullable=False), Column("attempt", Integer, nullable=False),
    Column("certificate", String), Column("answer", Text, nullable=False),
    PrimaryKeyConstraint("payer", "claim"),
)  # fmt: skip

operation = _table(
    "operation", BY_PAYER,
    Column("payer", String, nullable=False), Column("operation", BigInteger, nullable=False), Column("id", String, nullable=False),
    Column("kind", String, nullable=False), Column("claim", BigInteger, nullable=False), Column("n", Integer, nullable=False),
    Column("month", String, nullable=False), Column("amount", BigInteger, nullable=False), Column("enrollment", String),
    Column("certificate", String), Column("minutes", Integer, nullable=False), Column("after", String), Column("refers_to", String),
    Column("status", String), Column("state", String, nullable=False), Column("number", String), Column("reason", Text),
    Column("booked_at", String, nullable=False), Column("sent_at", String), Column("answered_at", String),
    Column("tries", Integer, nullable=False),
    # who has taken it to send it, and when it may be tried again; instants in UTC, so that they compare as text
    Column("attempt", Integer), Column("leased_by", String), Column("leased_until", String),
    Column("next_try_at", String),
    # a person's words: the hold given back while nobody had answered; an adopted or late debit that shall stand; a reversal that was
    # asked for
    Column("released_at", String), Column("kept_at", String), Column("by_person", Boolean),
    PrimaryKeyConstraint("payer", "operation"),
    CheckConstraint("amount >= 0", name="operation_amount"),
    Index("operation_by_claim", "payer", "claim"),
    Index("operation_by_month", "payer", "month"),
)  # fmt: skip
# What waits is few among all that ever was: an index of its own, which an answer leaves.
Index(
    "operation_open", operation.c.payer, operation.c.state, operation.c.operation,
    sqlite_where=operation.c.answered_at.is_(None), postgresql_where=operation.c.answered_at.is_(None),
)  # fmt: skip

month = _table(  # a payer's months that were booked in, or closed
    "month", BY_PAYER,
    Column("payer", String, nullable=False), Column("month", String, nullable=False), Column("state", String, nullable=False),
    Column("over", Text), Column("closing_at", String), Column("closed_at", String),  # over: ids of operations that it was closed over
    Column("digest_here", String), Column("digest_there", String), Column("digest_register", String),
    PrimaryKeyConstraint("payer", "month"),
)  # fmt: skip

late_decision = _table(  # the payer's word on an operation of a closed month of a past year
    "late_decision", BY_PAYER,
    Column("payer", String, nullable=False), Column("operation_id", String, nullable=False), Column("claim", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False), Column("accepted", Boolean, nullable=False),
    Column("answered_at", String, nullable=False),
    PrimaryKeyConstraint("payer", "operation_id"), Index("late_decision_by_claim", "payer", "claim"),
)  # fmt: skip

difference = _table(  # what reconciliation found, and since when
    "difference", BY_PAYER,
    Column("payer", String, nullable=False), Column("difference", String, nullable=False),  # digest of its class and subject
    Column("month", String, nullable=False), Column("class", String, nullable=False), Column("subject", String, nullable=False),
    Column("first_seen", String, nullable=False), Column("last_seen", String, nullable=False), Column("gone_at", String),
    PrimaryKeyConstraint("payer", "difference"), Index("difference_by_month", "payer", "month"),
)  # fmt: skip

account = _table(
    "account", BY_PAYER,
    Column("payer", String, nullable=False), Column("account", BigInteger, nullable=False), Column("period", String, nullable=False),
    Column("kind", String, nullable=False), Column("owner", String, nullable=False),
    Column("in_settled", BigInteger, nullable=False), Column("out_settled", BigInteger, nullable=False),
    Column("in_held", BigInteger, nullable=False), Column("out_held", BigInteger, nullable=False),
    Column("seals", Integer), Column("seal", String),  # how many it has, and the last one's digest
    PrimaryKeyConstraint("payer", "account"), UniqueConstraint("payer", "owner", "period", "kind"),
    CheckConstraint("in_settled >= 0 AND out_settled >= 0 AND in_held >= 0 AND out_held >= 0", name="account_sums"),
    CheckConstraint(
        "kind NOT IN ('certificate', 'reserve') OR in_settled - out_settled - out_held >= 0", name="account_free"
    ),
)  # fmt: skip

transfer = _table(  # append only
    "transfer", BY_PAYER,
    Column("payer", String, nullable=False), Column("transfer", BigInteger, nullable=False),
    Column("source", BigInteger, nullable=False), Column("target", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("kind", String, nullable=False), Column("month", String, nullable=False), Column("cause", String, nullable=False),
    Column("operation", BigInteger), Column("refers_to", String), Column("at", String, nullable=False),
    PrimaryKeyConstraint("payer", "transfer"),
    CheckConstraint("amount > 0 AND source <> target", name="transfer_amount"),
    Index("transfer_by_source", "payer", "source"),
    Index("transfer_by_target", "payer", "target"),
)  # fmt: skip

seal = _table(  # a digest of what one batch added to one account, chained to the account's seal before; append only
    "seal", BY_PAYER,
    Column("payer", String, nullable=False), Column("account", BigInteger, nullable=False), Column("seq", Integer, nullable=False),
    Column("first", BigInteger, nullable=False), Column("last", BigInteger, nullable=False), Column("count", Integer, nullable=False),
    Column("previous", String, nullable=False), Column("digest", String, nullable=False), Column("at", String, nullable=False),
    PrimaryKeyConstraint("payer", "account", "seq"),
    CheckConstraint("count > 0 AND first <= last", name="seal_span"),
)  # fmt: skip

posting = _table(  # one row per payer whose operations were ever sent: the lock of whoever takes them, and whether any may be
    "posting", BY_PAYER,
    Column("payer", String, nullable=False), Column("stopped_at", String), Column("why", Text), Column("faults", String),
    Column("lifted", String), Column("lifted_at", String),  # faults, lifted: digest of what was found, and of what a person let pass
    PrimaryKeyConstraint("payer"),
)  # fmt: skip

register_link = _table(  # how the conversation with a register goes
    "register_link", BY_REGISTER,
    Column("register", String, nullable=False), Column("failures", Integer, nullable=False), Column("openings", Integer, nullable=False),
    Column("open_until", String), Column("strays", Integer, nullable=False), Column("strayed_at", String),
    Column("recover_since", String),  # the register knows of operations that we do not: adopt before anything is sent
    PrimaryKeyConstraint("register"),
)  # fmt: skip
