"""Deletion after its time: what is kept longer than the region says goes, by itself once a day, or by ``navigator forget``."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, delete, func, or_, select

from navigator.clock import Clock
from navigator.engine import portions, reading, writing
from navigator.portal.disputes.tables import dispute_steps, disputes
from navigator.portal.privacy import erasing
from navigator.portal.proposals.tables import proposals
from navigator.portal.region import region
from navigator.portal.tables import guardians, instant, mails, persons, reads, sign_ins, tokens
from navigator.tables import certificates, children

BATCH = 200


class Forgotten(NamedTuple):
    """How many of each went."""

    children: int = 0
    accounts: int = 0
    disputes: int = 0
    proposals: int = 0
    reads: int = 0
    letters: int = 0
    sign_ins: int = 0
    links: int = 0


class Daily:
    """The chore: once a day in a process, whoever of several is first."""

    def __init__(self) -> None:
        self._done_on: WeakKeyDictionary[Engine, dt.date] = WeakKeyDictionary()

    def __call__(self, engine: Engine, clock: Clock) -> int:
        if self._done_on.get(engine) != clock.today():
            forget_due(engine, clock)
            self._done_on[engine] = clock.today()
        return 0  # it writes no letters


daily = Daily()


def forget_due(engine: Engine, clock: Clock) -> Forgotten:
    """Delete what is due now; how much it was. A child of whom something still goes on is left until it has ended."""
    now = clock.now()
    gone = _children(engine, clock)
    accounts = _accounts(engine, clock)
    with writing(engine) as connection:
        return Forgotten(
            children=gone,
            accounts=accounts,
            disputes=_disputes(connection, now),
            proposals=_older(connection, proposals, proposals.c.expires_at, now, region().keep_reads_days),
            reads=_older(connection, reads, reads.c.at, now, region().keep_reads_days),
            letters=_older(connection, mails, mails.c.sent_at, now, region().keep_letters_days),
            sign_ins=_older(connection, sign_ins, sign_ins.c.seen_at, now, region().keep_sign_ins_days),
            links=_older(connection, tokens, tokens.c.expires_at, now, region().keep_sign_ins_days),
        )


def _children(engine: Engine, clock: Clock) -> int:
    """Those whose last certificate ended long ago."""
    before = (clock.today() - dt.timedelta(days=region().keep_child_days)).isoformat()
    with reading(engine) as connection:
        ended = select(certificates.c.child).group_by(certificates.c.child).having(func.max(certificates.c.valid_to) < before)
        named = or_(*(children.c[name].is_not(None) for name in erasing.PERSONAL))
        due = list(connection.scalars(select(children.c.child).where(children.c.child.in_(ended), named)))
    done = 0
    for portion in portions(due):
        for start in range(0, len(portion), BATCH):
            with writing(engine) as connection:
                today = clock.today().isoformat()
                some = portion[start : start + BATCH]
                still = erasing.still_open(connection, some, today)
                over = [child for child in some if child not in still]
                for child in over:
                    erasing.forget_child(connection, clock, child, erasing.DUE)
            done += len(over)
    return done


def _accounts(engine: Engine, clock: Clock) -> int:
    """Those of parents who stand for nobody, have not signed in for long, and registered long ago."""
    before = instant(clock.now() - dt.timedelta(days=region().keep_child_days))
    idle = (persons.c.role == "parent") & (persons.c.made_at < before) & persons.c.email.not_like("gone-%")
    idle &= persons.c.person.not_in(select(guardians.c.person)) & persons.c.person.not_in(select(sign_ins.c.person))
    with writing(engine) as connection:
        due = connection.execute(select(persons).where(idle)).all()
        for row in due:
            erasing.close_account(connection, clock, row, erasing.DUE)
    return len(due)


def _disputes(connection: Connection, now: dt.datetime) -> int:
    over = select(disputes.c.dispute).where(disputes.c.ended_at < instant(now - dt.timedelta(days=region().keep_reads_days)))
    connection.execute(delete(dispute_steps).where(dispute_steps.c.dispute.in_(over)))
    return int(connection.execute(delete(disputes).where(disputes.c.dispute.in_(over))).rowcount)


def _older(connection: Connection, table: object, column: object, now: dt.datetime, days: int) -> int:
    return int(connection.execute(delete(table).where(column < instant(now - dt.timedelta(days=days)))).rowcount)  # type: ignore[arg-type,operator]
