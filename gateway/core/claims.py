"""A claim is the one thing that may cost money: one child at one lesson. Its ids are computed from the fact, never handed out.

So the same fact gives the same debit on any node and in any year, and the register can refuse to take it twice.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from gateway.core.facts import Status
from gateway.core.rules import Refusal

ID_BYTES = 16


class AnswerKind(StrEnum):
    CHARGED = "charged"
    NOT_CHARGED = "not_charged"
    REFUSED = "refused"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"  # no source says anything of it any more: counted nowhere


class NotCharged(StrEnum):
    """Why a mark costs nothing, in the order in which it is decided."""

    OUTSIDE = "outside"
    CANCELLED = "cancelled"
    ABSENT = "absent"
    EXCUSED = "excused"
    FREE = "free"


def claim_key(provider: str, child: str, group: str, day: dt.date, slot: int) -> str:
    """The claim's lasting id: 32 hex digits of its five parts. ``slot`` counts the group's lessons of the day from 1."""
    return _digest(_claims_of(provider, child, group), _part(day.isoformat()) + _count(slot))


@lru_cache(maxsize=4096)
def _claims_of(provider: str, child: str, group: str) -> blake2b:
    """What the keys of a child's claims in a group begin with."""
    begun = _CLAIM.copy()
    begun.update((_part(provider) + _part(child) + _part(group)).encode())
    return begun


def debit_id(claim: str, n: int) -> str:
    """Id of the claim's debit after ``n`` debits that the register accepted before."""
    return _digest(_DEBIT, f"{len(claim)}:{claim}{_count(n)}")


def reversal_id(debit: str) -> str:
    """Id of the reversal of a debit."""
    return _digest(_REVERSAL, _part(debit))


def attendance_id(claim: str, k: int) -> str:
    """Id of the claim's attendance after ``k`` that the register accepted before."""
    return _digest(_ATTENDANCE, f"{len(claim)}:{claim}{_count(k)}")


def _part(text: str) -> str:
    """Each part carries its length, so that no two lists of parts read alike."""
    return f"{len(text)}:{text}"


@lru_cache(maxsize=256)
def _count(number: int) -> str:
    return _part(str(number))


def _digest(kind: blake2b, parts: str) -> str:
    begun = kind.copy()
    begun.update(parts.encode())
    return begun.hexdigest()


# The digest of what all ids of a kind begin with, once.
_CLAIM, _DEBIT, _REVERSAL, _ATTENDANCE = (
    blake2b(_part(kind).encode(), digest_size=ID_BYTES) for kind in ("claim", "debit", "reversal", "attendance")
)


@lru_cache(maxsize=4096)
def minutes_between(starts_at: dt.datetime, ends_at: dt.datetime) -> int:
    """A lesson's whole minutes; worked out once for all its children."""
    # By instants: the difference of two times of one zone does not see the clock change between them.
    return int(ends_at.timestamp() - starts_at.timestamp()) // 60


class LessonAt(NamedTuple):
    """A lesson of a group: its slot within the day, its times (aware, the provider's zone), and whether it takes place."""

    group: str
    day: dt.date
    slot: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_cancelled: bool

    @property
    def minutes(self) -> int:
        return minutes_between(self.starts_at, self.ends_at)


class LiveDebit(NamedTuple):
    """A debit that the register accepted and no reversal took back."""

    operation: int
    id: str
    amount: int
    enrollment: str | None
    certificate: str
    minutes: int


class Claim(NamedTuple):
    """A claim as it stands: the word on it, and what the register has accepted of it.

    Attributes:
        row: the store's integer key within the payer.
        status: the word that stands; None: none does any more.
        conflict: names of the sources that differ while nobody has said whose word counts, else "".
        debits: debits that the register accepted before (the next one's n).
        last_acceptance: id of the register's last money acceptance that we know (`after`).
        attendances: attendances accepted (the next one's k); attendance: the last accepted status.
        under_way: operations sent or to be sent and not answered yet.
        is_said: some source has spoken of it here since its live debit was adopted; False: only the register knows it.
        attempt: grows whenever the claim is listed; a result is saved only where it is still the one that was read.
    """

    payer: str
    row: int
    key: str
    provider: str
    child: str
    group: str
    day: dt.date
    slot: int
    starts_at: dt.datetime
    ends_at: dt.datetime
    status: Status | None
    hours: int | None
    from_empty: bool
    is_cancelled: bool
    conflict: str
    live: LiveDebit | None = None
    debits: int = 0
    last_acceptance: str | None = None
    attendances: int = 0
    attendance: str | None = None
    under_way: int = 0
    attempt: int = 0
    is_said: bool = True

    @property
    def minutes(self) -> int:
        return minutes_between(self.starts_at, self.ends_at)


class Answer(NamedTuple):
    """ONE answer per claim, by the latest facts, before funds.

    Attributes:
        price: what the certificate would pay, kopecks; None where the lesson has no price or costs nothing whatever its price.
        parent: the parent's share, kopecks.
        attendance: what the register's attendance journal should say; None: nothing is to be sent.
    """

    kind: AnswerKind
    not_charged: NotCharged | None = None
    refusals: tuple[Refusal, ...] = ()
    price: int | None = None
    parent: int | None = None
    enrollment: str | None = None
    certificate: str | None = None
    attendance: str | None = None
