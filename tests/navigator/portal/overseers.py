"""What the tests of the operator's and the payers' pages share: operations taken as the register takes them, a second municipality."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, insert, select

from navigator import operations, people
from navigator.engine import writing
from navigator.portal import sessions
from navigator.portal.tables import instant, persons, sign_ins
from navigator.tables import certificate_words

from ..conftest import make_attendance, make_debit, make_reversal
from .conftest import Pages
from .test_catalogue import bring
from .visitor import Visitor

OF_LUGA = {"enrollment": "D-3", "certificate": "cert-0471000003"}
"""The district's third child, whose certificate the other municipality, Luga, pays."""
LUGA_AGREES = {"agreements": "provider,payer,valid_from,valid_to\nddt,luga,2025-01-01,2025-12-31\n"}


def take(pages: Pages, *said: dict[str, Any]) -> None:
    """The register takes these operations, each of them."""
    with writing(pages.engine) as connection:
        answers = operations.take(connection, [{"closed_over": False, **each} for each in said], pages.clock.now())
    assert all(answer["outcome"] == "accepted" for answer in answers), answers


def activate_luga(pages: Pages) -> None:
    """The third child's certificate, requested so far, becomes active from the beginning of its validity."""
    with writing(pages.engine) as connection:
        mine = (certificate_words.c.certificate == "cert-0471000003") & (certificate_words.c.what == people.STATE)
        connection.execute(certificate_words.update().where(mine).values(word="active"))
    bring(pages, **LUGA_AGREES)


def a_month(pages: Pages) -> None:
    """Four operations: a presence, a debit and its reversal of Pskov's child, a debit of Luga's."""
    activate_luga(pages)
    debit = make_debit("2025-10-06")
    take(pages, make_attendance("2025-10-06"), debit)
    pages.later(minutes=1)
    take(pages, make_reversal(debit))
    take(pages, make_debit("2025-10-13", amount=5000, claim={"child": "k-3"}, **OF_LUGA))


def entered(pages: Pages, email: str) -> Visitor:
    """A browser in which that person is signed in, by the table itself: a password's check takes long on purpose."""
    visitor, now = pages.visitor(), instant(pages.clock.now())
    token = f"token of {email}"
    with writing(pages.engine) as connection:
        person = connection.scalar(select(persons.c.person).where(persons.c.email == email))
        row = {"digest": sessions.digest_of(token), "sign_in": email, "person": person, "browser": "a test"}
        connection.execute(sign_ins.delete().where(sign_ins.c.digest == row["digest"]))
        connection.execute(insert(sign_ins), [{**row, "made_at": now, "seen_at": now}])
    with visitor.client.session_transaction() as session:
        session["_user_id"] = token
    return visitor


class Counting:
    """How many statements the database is asked while this is open."""

    def __init__(self, pages: Pages) -> None:
        self._engine, self.number = pages.engine, 0

    def _count(self, *_: Any) -> None:
        self.number += 1

    def __enter__(self) -> Counting:
        event.listen(self._engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._count)
