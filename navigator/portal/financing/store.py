"""Certificates as a family sees them, and applications for personified financing."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from importlib import resources
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from navigator import people
from navigator.clock import Clock
from navigator.ledger import Ledger, Standing, nominal_period
from navigator.portal import records
from navigator.portal.region import last_day, region
from navigator.portal.tables import application_steps, applications, consents, instant, persons
from navigator.tables import certificates, children, payers

SUBMITTED, ACCEPTED, RETURNED, WITHDRAWN = "submitted", "accepted", "returned", "withdrawn"


class Certificate(NamedTuple):
    """A child's certificate today. ``kind``: accounting or financing; ``standing`` is that of this calendar year."""

    certificate: str
    number: str
    kind: str
    state: str
    valid_from: str
    valid_to: str
    standing: Standing


class Decided(Exception):
    """The application is no longer in the state that this needs: somebody was faster."""


# ---------------------------------------------------------------- certificates


def give_accounting(connection: Connection, clock: Clock, child: str, payer: str, birth_date: dt.date) -> str:
    """A certificate of accounting, at once, valid until the child outgrows the region's ages; its number.

    Numbers are drawn, not counted: whoever has one cannot guess his neighbour's.
    """
    number = free_number(connection)
    row = {"certificate": number, "child": child, "payer": payer, "kind": "accounting", "state": "active"}
    valid = {"valid_from": clock.today().isoformat(), "valid_to": last_day(birth_date, region().age_to).isoformat()}
    records.store(connection, clock, certificates=[{**row, **valid}])
    return number


def free_number(connection: Connection) -> str:
    """A number that no certificate ever had, drawn."""
    prefix = region().number_prefix
    while True:
        number = prefix + "".join(secrets.choice("0123456789") for _ in range(10 - len(prefix)))
        if number not in people.certificates_by_number(connection, [number]):
            return number


def certificate_of(connection: Connection, child: str, today: dt.date) -> Certificate | None:
    """The child's latest certificate, None where it has none."""
    wanted = select(certificates).where(certificates.c.child == child).order_by(certificates.c.valid_from.desc()).limit(1)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    key, day = row.certificate, today.isoformat()
    kind = people.word_on(people.words_of(connection, [key], people.KIND)[key], day) or "accounting"
    state = people.word_on(people.words_of(connection, [key], people.STATE)[key], day) or "requested"
    standing = Ledger(connection, "").standing(key, row.payer, nominal_period(today))
    number = people.numbers_of(connection, [key])[key][-1]["number"]
    return Certificate(key, number, kind, state, row.valid_from, row.valid_to, standing)


# ---------------------------------------------------------------- applications


def consent_text(language: str) -> str:
    """The text of the consent to personified financing."""
    return resources.files("navigator.portal").joinpath(f"consents/financing.{language}.txt").read_text("utf-8")


def submit(connection: Connection, now: dt.datetime, child: str, person: str, payer: str, category: str, language: str) -> str:
    """Hand an application in, or one that came back in again; its number. The consent is kept word for word."""
    text = consent_text(language)
    digest = hashlib.sha256(text.encode()).hexdigest()
    version = region().consent_version
    if connection.scalar(select(consents.c.digest).where(consents.c.digest == digest)) is None:
        row = {"digest": digest, "version": version, "language": language, "text": text, "first_used_on": now.date().isoformat()}
        connection.execute(insert(consents), [row])
    said = {"person": person, "payer": payer, "category": category, "state": SUBMITTED, "consent_version": version}
    said |= {"consent_digest": digest, "consent_language": language, "consented_at": instant(now), "submitted_at": instant(now)}
    returned = select(applications.c.application).where(applications.c.child == child, applications.c.state == RETURNED)
    number = connection.scalar(returned)
    if number is None:
        number = _next_number(connection, now.year)
        connection.execute(insert(applications), [{"application": number, "child": child, **said}])
    else:
        connection.execute(update(applications).where(applications.c.application == number).values(**said))
    _step(connection, number, SUBMITTED, person, now, "")
    return number


def decide(connection: Connection, now: dt.datetime, number: str, person: str, state: str, reason: str) -> None:
    """Accept or return an application that was handed in, or withdraw it.

    Raises:
        Decided: it is not handed in any more.
    """
    mine = (applications.c.application == number) & (applications.c.state == SUBMITTED)
    if connection.execute(update(applications).where(mine).values(state=state)).rowcount != 1:
        raise Decided(number)
    _step(connection, number, state, person, now, reason)


def latest_of(connection: Connection, child: str) -> Row[Any] | None:
    """The child's last application."""
    wanted = (
        select(applications)
        .where(applications.c.child == child)
        .order_by(applications.c.submitted_at.desc(), applications.c.application.desc())
    )
    return connection.execute(wanted.limit(1)).one_or_none()


def steps_of(connection: Connection, number: str) -> list[Row[Any]]:
    """What became of an application, the first step first."""
    return list(
        connection.execute(select(application_steps).where(application_steps.c.application == number).order_by(application_steps.c.step))
    )


def application(connection: Connection, number: str) -> Row[Any]:
    """An application with its child, its applicant and its municipality."""
    names = (children.c.last_name, children.c.first_name, children.c.patronymic, children.c.birth_date, children.c.snils)
    whose = (persons.c.email, persons.c.language, persons.c.phone)
    whose_name = (persons.c.last_name.label("parent_last_name"), persons.c.first_name.label("parent_first_name"))
    wanted = select(applications, *names, *whose, *whose_name, payers.c.name.label("payer_name"))
    joined = wanted.join(children, children.c.child == applications.c.child).join(persons, persons.c.person == applications.c.person)
    return connection.execute(joined.join(payers, payers.c.payer == applications.c.payer).where(applications.c.application == number)).one()


def listed(connection: Connection, state: str, payer: str | None, after: str, limit: int) -> list[Row[Any]]:
    """Applications of a state by number, behind ``after``; of one payer, or of all."""
    mine = (applications.c.state == state) & (applications.c.application > after)
    if payer is not None:
        mine &= applications.c.payer == payer
    names = (children.c.last_name, children.c.first_name, children.c.birth_date, payers.c.name.label("payer_name"))
    joined = select(applications, *names).join(children, children.c.child == applications.c.child)
    joined = joined.join(payers, payers.c.payer == applications.c.payer)
    return list(connection.execute(joined.where(mine).order_by(applications.c.application).limit(limit)))


def counts(connection: Connection, payer: str | None) -> dict[str, int]:
    """How many applications are in which state."""
    wanted = select(applications.c.state, func.count()).group_by(applications.c.state)
    if payer is not None:
        wanted = wanted.where(applications.c.payer == payer)
    found = {state: number for state, number in connection.execute(wanted)}
    return {state: found.get(state, 0) for state in (SUBMITTED, ACCEPTED, RETURNED, WITHDRAWN)}


def _next_number(connection: Connection, year: int) -> str:
    """Counted within the year; there is one writer at a time, so no number is given twice."""
    prefix = f"{year}-"
    mine = applications.c.application.like(f"{prefix}%")
    last = connection.scalar(select(func.max(applications.c.application)).where(mine))
    return f"{prefix}{int(last.rpartition('-')[2]) + 1 if last else 1:06d}"


def _step(connection: Connection, number: str, state: str, person: str, now: dt.datetime, reason: str) -> None:
    row = {"application": number, "state": state, "person": person, "at": instant(now), "reason": reason}
    connection.execute(insert(application_steps), [row])
