"""Persons from outside the pages: parents who registered earlier, as the district's CSV, and persons of clubs, payers and the operator.

None of them has a password unless whoever makes it gives one: each chooses it from a letter, so that nobody else ever knew it.
Imported by the commands that need it only.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select

from navigator.clock import Clock
from navigator.commands import CommandRefused
from navigator.engine import writing
from navigator.loading import Refused
from navigator.portal import mail, sessions
from navigator.portal.account import store
from navigator.portal.account.pages import JOIN_LASTS
from navigator.portal.app import create_portal
from navigator.portal.family.store import link
from navigator.portal.forms import EMAIL, PASSWORD_MAX, PASSWORD_MIN
from navigator.portal.importing import families
from navigator.portal.privacy import keeping
from navigator.site import settings_from
from navigator.tables import children, payers, providers


def import_parents(engine: Engine, clock: Clock, file: str, content: bytes) -> families.Imported:
    """Take in a district's parents: all rows or none; the same file again changes nothing.

    Raises:
        Refused: with every problem of the file.
    """
    rows, problems = families.read(file, content)
    create_portal(engine, clock, settings_from(), "", starts_postman=False)  # makes the pages' tables where no page was asked for yet
    with writing(engine) as connection:
        problems += families.references(connection, file, rows)
        if problems:
            raise Refused(sorted(problems, key=lambda problem: problem.row or 0))
        return families.store_parents(connection, clock, [values for _, values in rows])


@dataclass(frozen=True, slots=True)
class Wanted:
    """A person to be made. ``provider`` of a club's, ``payer`` of a payer's, ``children`` of a parent; names may be left to the person."""

    email: str
    role: str
    language: str
    provider: str | None = None
    payer: str | None = None
    children: tuple[str, ...] = ()
    last_name: str = ""
    first_name: str = ""


def make_person(engine: Engine, clock: Clock, wanted: Wanted, password: str = "") -> str:
    """Make a person, and write the letter that lets it choose a password; the letter's link, which works once.

    Called again for somebody who has no password yet, it writes another letter. With a ``password`` there is no letter and no link: the
    account is ready, or has this password from now on, and every sign-in that there was ends.

    Raises:
        CommandRefused: no e-mail's address, or another role's; a provider, payer or child that is not known; a password that is too short.
    """
    email = wanted.email.strip().lower()
    if not EMAIL.fullmatch(email):
        raise CommandRefused("not_an_email", wanted.email)
    if password and not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise CommandRefused("password_length", f"{PASSWORD_MIN}–{PASSWORD_MAX}")
    hashed = store.HASHER.hash(password) if password else ""
    app = create_portal(engine, clock, settings_from(), "http://127.0.0.1:8080", starts_postman=False)
    with app.test_request_context(), writing(engine) as connection:
        _whose(connection, wanted)
        known = store.by_email(connection, email)
        if known is not None and (known.role != wanted.role or (known.confirmed_at is not None and not password)):
            raise CommandRefused("email_taken", email)
        names = {name: text for name in ("last_name", "first_name") if (text := getattr(wanted, name))}
        if known is None:
            of = {"provider": wanted.provider, "payer": wanted.payer, **names}
            person = store.add(connection, email, wanted.role, wanted.language, clock.now(), **of)
        else:
            person = known.person
        for child in wanted.children:
            link(connection, child, person, clock.now())
        if password:
            store.confirm(connection, person, hashed, clock.now(), **names)
            sessions.end(connection, person, clock.now())
            return ""
        address = mail.link("account.join", token=sessions.new_token(connection, "join", email, clock.now(), JOIN_LASTS))
        mail.queue(connection, "join", email, wanted.language, link=address, known=True)
    app.extensions["postman"].send_due()
    return address


def forget_due(engine: Engine, clock: Clock) -> keeping.Forgotten:
    """Delete what is kept too long (`navigator.portal.privacy.keeping`), on a register whose pages may not have been asked for yet."""
    app = create_portal(engine, clock, settings_from(), "", starts_postman=False)
    with app.app_context():
        return keeping.forget_due(engine, clock)


def _whose(connection: Connection, wanted: Wanted) -> None:
    """What is named must be there."""
    named = [("no_provider", providers.c.provider, wanted.provider), ("no_payer", payers.c.payer, wanted.payer)]
    named += [("no_child", children.c.child, child) for child in wanted.children]
    for code, column, key in named:
        if key and connection.scalar(select(column).where(column == key)) is None:
            raise CommandRefused(code, key)
