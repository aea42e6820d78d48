"""The port to a central register: what a connector offers to the flow."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from gateway.core.facts import Candidate, Certificate, Enrollment, RegisterGroup, RegisterProvider, Text

Item = TypeVar("Item")


class RegisterUnavailable(Exception):
    """The register cannot be reached or answers nonsense; nothing has been changed.

    ``args[0]`` is a sentence without personal data, in English; ``text`` the same in both languages.
    """

    def __init__(self, sentence: str, ru: str | None = None) -> None:
        super().__init__(sentence)
        self.text = Text(ru or sentence, sentence)


class Outcome(StrEnum):
    """What a register says of one operation."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    BEHIND = "behind"  # the register's last acceptance of the claim is another than our `after`
    UNANSWERED = "unanswered"  # nobody knows whether it was taken
    UNKNOWN = "unknown"  # lookup only: the register has no acceptance under this id


@dataclass(frozen=True, slots=True)
class Acceptance:
    """An operation that the register accepted, with its claim in clear. Amounts are kopecks; ``number`` is the register's own."""

    id: str
    kind: str  # attendance | debit | reversal
    number: str
    accepted_at: dt.datetime
    provider: str
    child: str
    group: str
    day: dt.date
    slot: int
    lesson_starts_at: dt.datetime
    enrollment: str | None
    certificate: str | None
    n: int
    month: str
    amount: int
    refers_to: str | None = None
    status: str | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``acceptances``: with `Outcome.BEHIND`, all the claim's money acceptances at the register, the oldest first.

    ``month``: where the register booked it, if it says so: another than the operation's own, where that was closed before.
    """

    id: str
    outcome: Outcome
    number: str | None = None
    reason: Text | None = None
    cure: Text | None = None
    acceptances: tuple[Acceptance, ...] = ()
    month: str | None = None
    code: str | None = None  # the register's own word for the reason


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Items changed since a cursor, and the cursor to go on from once they are stored; ``more``: ask again at once."""

    items: tuple[Item, ...]
    cursor: str
    more: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A month at the register: sums in kopecks, and every money operation booked in it."""

    month: str
    debits: int
    reversals: int
    sum: int
    operations: tuple[Acceptance, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a certificate stands at the register in one nominal period, kopecks. ``certificate``: its lasting id.

    ``payer``: whose money it is; "" of a register that does not say.
    """

    certificate: str
    first: dt.date
    last: dt.date
    nominal: int
    paid: int
    available: int
    payer: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a register can.

    Attributes:
        idempotent: the same operation under the same id again gets the same answer, and nothing moves; else it is asked (`lookup`) first.
        feed: it tells of operations that nobody here waits for.
        parallel: how many calls of `send` and `lookup` it bears at once, each from a thread of its own.
        fence_seconds: how long a request may still be on its way: before that «not found» does not lead to sending it again.
    """

    idempotent: bool = True
    lookup: bool = True
    feed: bool = True
    attendance: bool = True
    months: bool = True
    balances: bool = True
    parallel: int = 1
    fence_seconds: int = 900


class RegisterConnector(Protocol):
    """Every call raises `RegisterUnavailable` where the register cannot answer."""

    name: str
    can: Capabilities

    def __init__(self, url: str) -> None: ...

    def catalogue(self, since: str | None) -> Page[RegisterProvider | RegisterGroup]: ...

    def certificates(self, since: str | None) -> Page[Certificate]: ...

    def enrollments(self, since: str | None) -> Page[Enrollment]: ...

    def movements(self, since: str | None) -> Page[Acceptance]:
        """Money operations in the order in which the register accepted them."""

    def candidates(self, group: str, first_day: dt.date, last_day: dt.date, numbers: Sequence[str]) -> Sequence[Candidate]:
        """Children enrolled in the group within these days, and the bearers of these certificate numbers."""

    def send(self, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        """One answer per operation; what got no answer is UNANSWERED. Never raises for a cut connection.

        Answers are matched by their id; what the register answered without being asked may be passed on, and is counted.
        """

    def lookup(self, ids: Sequence[str]) -> Sequence[Answer]: ...

    def statement(self, month: str, payer: str | None = None) -> Statement:
        """The month's sums and money operations; ``payer``: of this one's certificates alone."""

    def attendance(self, month: str) -> Iterator[Acceptance]:
        """The last accepted status of every claim of the month, `none` included."""

    def balances(self, numbers: Sequence[str]) -> Sequence[Standing]:
        """Where these certificates stand, by any number that they ever had; asked only where `Capabilities.balances`."""

    def close_month(self, month: str, payer: str, open_operations: Sequence[str]) -> str | None:
        """Close a payer's month; the register's digest of its statement, or None. Asked only where `Capabilities.months`; repeated safely.

        ``open_operations``: ids that we have sent and know no answer to; what the register takes of them later is booked in its next open
        month.
        """
