"""Deleting: the child's personal data, the parent's account. The money stays, under a certificate's number that names nobody any more.

What is left of a child is its id, its municipality and what was paid; of an account its id, as the one who handed something in.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Column, Connection, Row, String, delete, insert, select, update

from navigator import changes, people
from navigator.clock import Clock
from navigator.engine import portions
from navigator.loading import FORGOTTEN
from navigator.portal import sessions
from navigator.portal.catalogue.store import TAKES_A_PLACE
from navigator.portal.disputes.store import LIVE as DISPUTED
from navigator.portal.disputes.tables import disputes
from navigator.portal.enrolling.store import ENROLLED
from navigator.portal.enrolling.store import LIVE as ASKED_FOR
from navigator.portal.financing import store as financing
from navigator.portal.letters.tables import digests, letter_choices
from navigator.portal.privacy.tables import erasures
from navigator.portal.tables import applications, guardians, instant, mails, persons, requests, sign_ins, tokens
from navigator.tables import certificates, children, enrollments, groups, loaded_rows, metadata, modules, programmes

ASKED, DUE = "asked", "due"
PERSONAL = ("last_name", "first_name", "patronymic", "birth_date", "snils")
WRITTEN = ("reason", "text", "note", "comment")
"""Columns in which people write what they like, names too; where a table has ``words``, that one, and its reason is one of a list."""

ENROLLMENT, REQUEST, DISPUTE = "enrollment", "request", "dispute"


class Open(Exception):
    """Something of the child still goes on; nothing was deleted."""


def still_open(connection: Connection, keys: Collection[str], today: str) -> dict[str, list[tuple[str, str]]]:
    """What stands against deleting these children's data: of each what it is, and its programme's title or its number."""
    found: dict[str, list[tuple[str, str]]] = {}
    joined = enrollments.join(certificates).join(groups, groups.c.group == enrollments.c.group).join(modules).join(programmes)
    named = select(certificates.c.child, enrollments.c.enrollment, programmes.c.title, groups.c.group).select_from(joined)
    goes_on = enrollments.c.state.in_(TAKES_A_PLACE) & (enrollments.c.ends_on >= today)
    for portion in portions(keys):
        held = connection.execute(named.where(certificates.c.child.in_(portion), goes_on).order_by(enrollments.c.enrollment)).all()
        for row in held:
            found.setdefault(row.child, []).append((ENROLLMENT, str(row.title or row.group)))
        waiting = requests.c.child.in_(portion) & requests.c.state.in_([state for state in ASKED_FOR if state != ENROLLED])
        in_place = {row.enrollment for row in held}  # a place that is held already is the enrollment above
        for child, request in connection.execute(select(requests.c.child, requests.c.request).where(waiting).order_by(requests.c.place)):
            if request not in in_place:
                found.setdefault(child, []).append((REQUEST, str(request)))
        disputed = disputes.c.child.in_(portion) & disputes.c.state.in_(DISPUTED)
        for child, dispute in connection.execute(select(disputes.c.child, disputes.c.dispute).where(disputed).order_by(disputes.c.ordinal)):
            found.setdefault(child, []).append((DISPUTE, str(dispute)))
    return found


def forget_child(connection: Connection, clock: Clock, child: str, why: str) -> None:
    """Delete a child's personal data, whoever stands for it; its certificate is closed from today.

    Raises:
        Open: something of it still goes on.
    """
    now = clock.now()
    if still_open(connection, [child], now.date().isoformat()):
        raise Open(child)
    submitted = select(applications.c.application, applications.c.person)
    for row in connection.execute(submitted.where(applications.c.child == child, applications.c.state == financing.SUBMITTED)).all():
        financing.decide(connection, now, row.application, row.person, financing.WITHDRAWN, "")
    connection.execute(update(children).where(children.c.child == child).values(dict.fromkeys(PERSONAL)))
    _forget_what_was_loaded(connection, child)
    _forget_what_was_written(connection, child)
    for table in (guardians, tokens):
        connection.execute(delete(table).where(table.c.child == child))
    for certificate in connection.scalars(select(certificates.c.certificate).where(certificates.c.child == child)).all():
        people.set_word(connection, certificate, people.STATE, "closed", now.date())
    changes.publish(connection, changes.Touched(children={child}))
    connection.execute(insert(erasures), [{"at": instant(now), "what": "child", "key": child, "why": why}])


def step_back(connection: Connection, child: str, person: str) -> None:
    """The person stands for the child no longer; another one does, and is the first now where this one was."""
    connection.execute(delete(guardians).where(guardians.c.child == child, guardians.c.person == person))
    rest = connection.execute(select(guardians).where(guardians.c.child == child).order_by(guardians.c.since, guardians.c.person)).all()
    assert rest, "whoever is the last to stand for a child deletes its data"
    if not any(row.is_first for row in rest):
        mine = (guardians.c.child == child) & (guardians.c.person == rest[0].person)
        connection.execute(update(guardians).where(mine).values(is_first=True))


def alone_with(connection: Connection, keys: Collection[str], person: str) -> set[str]:
    """Those of these children that nobody else stands for."""
    shared: set[str] = set()
    for portion in portions(keys):
        others = guardians.c.child.in_(portion) & (guardians.c.person != person)
        shared.update(connection.scalars(select(guardians.c.child).where(others)))
    return set(keys) - shared


def close_account(connection: Connection, clock: Clock, me: Row[Any], why: str) -> None:
    """Delete an account that stands for nobody any more: name, address, phone, password, sign-ins, letters."""
    assert connection.scalar(select(guardians.c.child).where(guardians.c.person == me.person).limit(1)) is None
    for table in (sign_ins, letter_choices, digests):
        connection.execute(delete(table).where(table.c.person == me.person))
    connection.execute(delete(tokens).where(tokens.c.email == me.email))
    connection.execute(delete(mails).where(mails.c.recipient == me.email))
    empty = dict.fromkeys(("last_name", "first_name", "patronymic", "phone"), "")
    gone = {"email": f"gone-{me.person}", "password": None, "confirmed_at": None, **empty}  # no address: nobody signs in by it
    connection.execute(update(persons).where(persons.c.person == me.person).values(**gone))
    connection.execute(insert(erasures), [{"at": instant(clock.now()), "what": "account", "key": me.person, "why": why}])
    if why == ASKED:
        sessions.forget_attempts(connection, f"sign-in {me.email}")


def _forget_what_was_loaded(connection: Connection, child: str) -> None:
    """A file that still has the child does not bring its name back (`navigator.loading`)."""
    mine = (loaded_rows.c.table == "children") & (loaded_rows.c.key == json.dumps([child], ensure_ascii=False))
    said = connection.scalar(select(loaded_rows.c.row).where(mine))
    if said is not None:
        row = {**json.loads(said), **dict.fromkeys(PERSONAL, FORGOTTEN)}
        connection.execute(update(loaded_rows).where(mine).values(row=json.dumps(row, ensure_ascii=False, sort_keys=True)))


def _forget_what_was_written(connection: Connection, child: str) -> None:
    """Free texts about the child, in the tables that name it and in those that refer to these."""
    for table in metadata.sorted_tables:
        names = ("words",) if "words" in table.c else WRITTEN
        texts = {name: "" for name in names if name in table.c and isinstance(table.c[name].type, String)}
        if not texts:
            continue
        if "child" in table.c:
            connection.execute(update(table).where(table.c.child == child).values(texts))
            continue
        for column in table.columns:
            theirs = _of_child(column, child)
            if theirs is not None:
                connection.execute(update(table).where(column.in_(theirs)).values(texts))


def _of_child(column: Column[Any], child: str) -> Any:
    """The rows of a child that a column refers to; None where it refers to nothing of a child's."""
    for key in column.foreign_keys:
        if "child" in key.column.table.c and key.column.table is not children:
            return select(key.column).where(key.column.table.c.child == child)
    return None
