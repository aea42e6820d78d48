"""An input of which nothing was known before, from its words to its operations, in one transaction and without lists.

The same plans as ever, with one save at their end: what is new to everybody needs no list to be found by the next stage. Where anything
of it
is known, or anybody else's work touches it, nothing is saved here and the input goes the way of the lists.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.book import BookedAll
from gateway.core.collect import Cell, Collected, Word
from gateway.core.facts import Member
from gateway.core.ledger import AccountKind, AccountName
from gateway.core.match import MarkMatched, Matched
from gateway.core.periods import Period, month_of
from gateway.store import collect as store_collect
from gateway.store import lessons, told
from gateway.store import match as store_match
from gateway.store import tables as t
from gateway.store.book import insert_operations
from gateway.store.claims import refusals_text
from gateway.store.collect import Fence, Run, RunRequest
from gateway.store.engine import writing
from gateway.store.ledger import Account, hold_accounts, save_transfers
from gateway.store.rows import among, days_for, insert_many, lock_new_claims, reserve_blocks, reserve_ids


def fence_of(engine: Engine, provider: str, register: str) -> Fence:
    """What has to be as it was when the plans' facts were read: the provider's runs and answers, and the register's cursors."""
    with writing(engine) as connection:  # held, if only for a moment: whoever is saving has a number already, and its facts not yet
        return _fence(connection, provider, register)


def _fence(connection: Connection, provider: str, register: str) -> Fence:
    inputs = store_collect.inputs_so_far(connection, provider)
    return (*inputs, *((feed, str(cursor)) for feed, cursor in connection.execute(_CURSORS, {"register": register})))


_CURSORS = (
    sa.select(t.register_cursor.c.feed, t.register_cursor.c.cursor)
    .where(t.register_cursor.c.register == sa.bindparam("register"))
    .order_by(t.register_cursor.c.feed)
    .with_for_update(read=True)
)
_ANYTHING_KNOWN = sa.select(
    sa.or_(
        sa.exists().where(
            among(t.claim.c.payer, "payers"), t.claim.c.provider == sa.bindparam("provider"), among(t.claim.c.group_id, "groups"),
            t.claim.c.day >= sa.bindparam("first"), t.claim.c.day <= sa.bindparam("last"),
        ),
        *(sa.exists().where(among(table.c.payer, "payers")) for table in (t.to_decide, t.to_book)),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WholeWork:
    """An open transaction in which nobody else touches what it reads."""

    connection: Connection
    asked: RunRequest
    held: dict[str, Mapping[AccountName, Account]] = field(default_factory=dict)

    def first_ids(self, shard: str, name: str, count: int) -> int:
        return reserve_ids(self.connection, shard, name, count) if count else 0

    def is_new(self, payers: Sequence[str], groups: Sequence[str], period: Period) -> bool:
        """Whether no claim of these groups and days is known, and no list of these payers holds anything."""
        for payer in payers:
            lock_new_claims(self.connection, payer, self.asked.provider)
        asked = {"payers": payers, "provider": self.asked.provider, "groups": groups, "first": period.first, "last": period.last}
        return not self.connection.execute(_ANYTHING_KNOWN, asked).scalar_one()

    def hold(self, payer: str, certificates: Sequence[str]) -> Mapping[AccountName, int]:
        """What the certificates' accounts may spend, kopecks; they, and what they pay into, are held until the transaction ends."""
        held = hold_accounts(self.connection, payer, (*certificates, self.asked.provider))
        self.held[payer] = held
        return {name: account.sums.free for name, account in held.items() if name.kind is AccountKind.CERTIFICATE}

    def save(
        self,
        collected: Collected,
        seal: Callable[[Member], str],
        matched: Matched,
        mark_of: Mapping[tuple[str, int], int],
        booked: Mapping[str, BookedAll],
        now: dt.datetime,
    ) -> Run:
        """Store everything.

        Args:
            matched: match's plan, the marks in the words' order.
            mark_of: (payer, claim's key) → the place of the mark whose word it is, among the words.
            booked: payer → book's plan.
        """
        connection = self.connection
        ids = reserve_blocks(connection, self.asked.provider, {"run": 1, "mark": len(collected.words)})
        run = store_collect.open_run(connection, self.asked, now, ids["run"])
        matches = matched.persons
        store_collect.save_surroundings(connection, self.asked, collected, run.run, seal, matches)
        lessons.save(connection, self.asked.provider, self.asked.source, collected, run.run)
        told.keep(connection, self.asked.provider, self.asked.source, collected)
        new = {entry.person.person for entry in collected.persons}
        store_match.save_persons(connection, self.asked.provider, {person: match for person, match in matches.items() if person not in new})
        _insert_marks(connection, self.asked, collected.words, ids["mark"], matched.marks, run.run)
        for payer, plan in booked.items():
            _insert_claims(connection, payer, plan, mark_of, ids["mark"], now)
            first = reserve_blocks(connection, payer, {"operation": len(plan.operations), "transfer": len(plan.holds)})
            insert_operations(connection, payer, plan, first["operation"], now)
            transfers = [(first["operation"] + hold.booking, hold.transfer) for hold in plan.holds]
            save_transfers(connection, transfers, now, first["transfer"], self.held[payer])
        return run


@contextmanager
def opened(engine: Engine, asked: RunRequest, register: str, fence: Fence) -> Iterator[WholeWork | None]:
    """The transaction; None where somebody has been at work since the fence was read."""
    with writing(engine) as connection:
        yield WholeWork(connection, asked) if _fence(connection, asked.provider, register) == fence else None


def _insert_marks(
    connection: Connection, asked: RunRequest, words: Mapping[Cell, Word], first: int, matched: Sequence[MarkMatched], run: int
) -> None:
    provider, source = asked.provider, asked.source
    day_of, rows = days_for(connection), []
    for mark, ((person, group, day, lesson), word), (_, state, rule, child, stands_for, slot) in zip(
        range(first, first + len(words)), words.items(), matched, strict=True
    ):
        status, hours, from_empty, place = word.status, word.hours, word.from_empty, word.place
        rows.append(
            (
                provider, mark, source, person, group, day_of(day), lesson, status.value, hours, from_empty, place.sheet, place.row,
                place.column, run, state.value, rule, child, stands_for, slot,
            )
        )  # fmt: skip
    insert_many(connection, t.mark, _MARK_COLUMNS, rows)


_MARK_COLUMNS = (
    "provider", "mark", "source", "person", "group_id", "day", "lesson", "status", "hours", "from_empty", "sheet", "row", "col", "run",
    "state", "rule", "child", "lessons", "slot",
)  # fmt: skip

_CLAIM_COLUMNS = (
    "payer", "claim", "key", "provider", "child", "group_id", "day", "slot", "month", "starts_at", "ends_at", "status", "hours",
    "from_empty", "is_cancelled", "conflict", "mark", "is_said", "answer", "not_charged", "first_rule", "reasons", "amount", "price",
    "parent", "enrollment", "certificate", "lacks_funds", "is_early", "keeps", "decided_at", "debits", "attendances", "under_way",
)  # fmt: skip


def _insert_claims(
    connection: Connection, payer: str, plan: BookedAll, mark_of: Mapping[tuple[str, int], int], first_mark: int, now: dt.datetime
) -> None:
    under_way = Counter([operation.claim.row for operation in plan.operations])
    at, day_of, rows = now.isoformat(), days_for(connection), []
    times: dict[dt.datetime, tuple[str, bool]] = {}  # a lesson's times are those of all its children
    for claim, (kind, not_charged, refusals, price, parent, enrollment, certificate, _), amount, keeps in plan.answers:
        row, day = claim.row, claim.day
        starts_at, is_early = _told(claim.starts_at, now, times)
        ends_at, _ = _told(claim.ends_at, now, times)
        rows.append(
            (
                payer, row, claim.key, claim.provider, claim.child, claim.group, day_of(day), claim.slot, month_of(day), starts_at,
                ends_at, claim.status.value if claim.status else None, claim.hours, claim.from_empty, claim.is_cancelled, claim.conflict,
                first_mark + mark_of[payer, row], True, kind.value, not_charged.value if not_charged else None,
                refusals[0].rule if refusals else None, refusals_text(refusals) if refusals else None, amount, price, parent, enrollment,
                certificate, bool(refusals) and any(one.rule == "A07" for one in refusals), is_early, keeps, at, 0, 0, under_way[row],
            )
        )  # fmt: skip
    insert_many(connection, t.claim, _CLAIM_COLUMNS, rows)


def _told(instant: dt.datetime, now: dt.datetime, known: dict[dt.datetime, tuple[str, bool]]) -> tuple[str, bool]:
    """An instant as text, and whether it is still to come."""
    told = known.get(instant)
    if told is None:
        told = known[instant] = (instant.isoformat(), instant > now)
    return told
