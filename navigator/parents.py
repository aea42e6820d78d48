"""Persons from outside the pages: parents who registered earlier, as the district's CSV, and persons of clubs, payers and the operator.

None of them has a password unless whoever makes it gives one: each chooses it from a letter, so that nobody else ever knew it.
Imported by the commands that need it only.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any, NamedTuple

from marshmallow import ValidationError
from sqlalchemy import Connection, Engine, insert, select

from navigator.cells import Cell
from navigator.clock import Clock
from navigator.commands import CommandRefused
from navigator.district import Problem, RowSchema
from navigator.engine import portions, writing
from navigator.loading import Refused
from navigator.portal import mail, sessions
from navigator.portal.account import store
from navigator.portal.account.pages import JOIN_LASTS
from navigator.portal.app import create_portal
from navigator.portal.family.store import link
from navigator.portal.forms import EMAIL, PASSWORD_MAX, PASSWORD_MIN
from navigator.portal.tables import guardians, instant, persons
from navigator.site import settings_from
from navigator.tables import children, payers, providers
from navigator.texts import RU


class Address(Cell):
    """An e-mail's address, folded to lower case."""

    def read(self, text: str) -> str:
        folded = text.strip().lower()
        if not EMAIL.fullmatch(folded):
            raise ValidationError("not_an_email")
        return folded


class ParentRow(RowSchema):
    """A parent and one child; a parent of two has two rows."""

    key = ("email", "child")
    email = Address(required=True)
    child = Cell(required=True)
    last_name = Cell()
    first_name = Cell()
    patronymic = Cell()
    phone = Cell()


class Imported(NamedTuple):
    """How many parents and how many bonds between a parent and a child are new."""

    parents: int
    bonds: int


def import_parents(engine: Engine, clock: Clock, file: str, content: bytes) -> Imported:
    """Take in a district's parents: all rows or none; the same file again changes nothing.

    Raises:
        Refused: with every problem of the file.
    """
    rows, problems = _read(file, content)
    create_portal(engine, clock, settings_from(), "", starts_postman=False)  # makes the pages' tables where no page was asked for yet
    with writing(engine) as connection:
        problems += _references(connection, file, rows)
        if problems:
            raise Refused(sorted(problems, key=lambda problem: problem.row or 0))
        return store_parents(connection, clock, [values for _, values in rows])


def _read(file: str, content: bytes) -> tuple[list[tuple[int, dict[str, Any]]], list[Problem]]:
    schema, rows, problems = ParentRow(), [], []
    try:
        lines = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True, restkey="")
        missing = [name for name in ParentRow.key if name not in (lines.fieldnames or ())]
        if missing:
            return [], [Problem(file, 1, missing[0], "column_missing", ", ".join(missing))]
        for number, raw in enumerate(lines, start=2):
            if "" in raw or None in raw.values():
                problems.append(Problem(file, number, None, "cell_count", str(len(raw))))
                continue
            try:
                rows.append((number, schema.load({name: value.strip() or None for name, value in raw.items()})))
            except ValidationError as error:
                assert isinstance(error.messages, dict), "a row's errors are named by its columns"
                problems += [Problem(file, number, name, str(codes[0]), raw.get(name) or "") for name, codes in error.messages.items()]
    except UnicodeDecodeError as error:
        problems.append(Problem(file, content[: error.start].count(b"\n") + 1, None, "not_utf8", ""))
    except csv.Error as error:
        problems.append(Problem(file, None, None, "not_csv", str(error)))
    return rows, problems


def _references(connection: Connection, file: str, rows: list[tuple[int, dict[str, Any]]]) -> list[Problem]:
    known: set[str] = set()
    for portion in portions(values["child"] for _, values in rows):
        known.update(connection.scalars(select(children.c.child).where(children.c.child.in_(portion))))
    others = {email for email, (_, role) in _known(connection, rows).items() if role != "parent"}
    lost = [Problem(file, number, "child", "unknown_reference", row["child"]) for number, row in rows if row["child"] not in known]
    return lost + [Problem(file, number, "email", "email_taken", row["email"]) for number, row in rows if row["email"] in others]


def _known(connection: Connection, rows: list[tuple[int, dict[str, Any]]]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for portion in portions(values["email"] for _, values in rows):
        wanted = select(persons.c.email, persons.c.person, persons.c.role).where(persons.c.email.in_(portion))
        found.update((email, (person, role)) for email, person, role in connection.execute(wanted))
    return found


def store_parents(connection: Connection, clock: Clock, rows: list[dict[str, Any]]) -> Imported:
    """Store parents and their bonds (columns of `ParentRow`) within the caller's transaction; who is there already stays as it is."""
    now = clock.now()
    ids = {email: person for email, (person, _) in _known(connection, [(0, row) for row in rows]).items()}
    new = {row["email"]: row for row in rows if row["email"] not in ids}
    names = ("last_name", "first_name", "patronymic", "phone")
    made = [
        {"person": store.new_id(), "email": email, "role": "parent", "language": RU, "made_at": instant(now)}
        | {name: row.get(name) or "" for name in names}
        for email, row in new.items()
    ]
    if made:
        connection.execute(insert(persons), made)
    ids.update((row["email"], row["person"]) for row in made)
    bonds: dict[str, set[str]] = {}
    for portion in portions(row["child"] for row in rows):
        for child, person in connection.execute(select(guardians.c.child, guardians.c.person).where(guardians.c.child.in_(portion))):
            bonds.setdefault(child, set()).add(person)
    added = []
    for row in rows:
        mine = bonds.setdefault(row["child"], set())
        if ids[row["email"]] not in mine:
            added.append({"child": row["child"], "person": ids[row["email"]], "since": instant(now), "is_first": not mine})
            mine.add(ids[row["email"]])
    if added:
        connection.execute(insert(guardians), added)
    return Imported(len(made), len(added))


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


def _whose(connection: Connection, wanted: Wanted) -> None:
    """What is named must be there."""
    named = [("no_provider", providers.c.provider, wanted.provider), ("no_payer", payers.c.payer, wanted.payer)]
    named += [("no_child", children.c.child, child) for child in wanted.children]
    for code, column, key in named:
        if key and connection.scalar(select(column).where(column == key)) is None:
            raise CommandRefused(code, key)
