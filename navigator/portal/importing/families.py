"""Families that registered earlier, as the district's CSV: checked as a district's rows are, and stored.

None of these parents has a password: each chooses one from a letter, so nobody else ever knew it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any, NamedTuple

from marshmallow import ValidationError
from sqlalchemy import Connection, insert, select

from navigator.cells import Cell
from navigator.clock import Clock
from navigator.district import Problem, RowSchema
from navigator.engine import portions
from navigator.portal.account import store as persons_store
from navigator.portal.forms import EMAIL
from navigator.portal.privacy.tables import erasures
from navigator.portal.tables import guardians, instant, persons
from navigator.tables import children
from navigator.texts import RU

Row = tuple[int, dict[str, Any]]


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


def read(file: str, content: bytes) -> tuple[list[Row], list[Problem]]:
    """The rows of a file, each with its number, and why others are refused."""
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


def references(connection: Connection, file: str, rows: list[Row], coming: Iterable[str] = ()) -> list[Problem]:
    """Rows with a child that is neither known nor ``coming`` with the same import, or with an address of somebody of another role."""
    known = set(coming)
    for portion in portions(values["child"] for _, values in rows):
        known.update(connection.scalars(select(children.c.child).where(children.c.child.in_(portion))))
    others = {email for email, (_, role) in _known(connection, rows).items() if role != "parent"}
    lost = [Problem(file, number, "child", "unknown_reference", row["child"]) for number, row in rows if row["child"] not in known]
    return lost + [Problem(file, number, "email", "email_taken", row["email"]) for number, row in rows if row["email"] in others]


class _Plan(NamedTuple):
    """The rows of persons and guardians that are new."""

    persons: list[dict[str, Any]]
    guardians: list[dict[str, Any]]


def check(connection: Connection, clock: Clock, rows: list[dict[str, Any]]) -> Imported:
    """What `store_parents` would add."""
    return Imported(*map(len, _plan(connection, clock, rows)))


def store_parents(connection: Connection, clock: Clock, rows: list[dict[str, Any]]) -> Imported:
    """Add the parents and the bonds that are not there yet, within the caller's writing transaction. The rows: `ParentRow`'s values."""
    plan = _plan(connection, clock, rows)
    if plan.persons:
        connection.execute(insert(persons), plan.persons)
    if plan.guardians:
        connection.execute(insert(guardians), plan.guardians)
    return Imported(*map(len, plan))


def _plan(connection: Connection, clock: Clock, rows: list[dict[str, Any]]) -> _Plan:
    now, rows = clock.now(), _of_the_known(connection, rows)
    ids = {email: person for email, (person, _) in _known(connection, [(0, row) for row in rows]).items()}
    new = {row["email"]: row for row in rows if row["email"] not in ids}
    names = ("last_name", "first_name", "patronymic", "phone")
    made = [
        {"person": persons_store.new_id(), "email": email, "role": "parent", "language": RU, "made_at": instant(now)}
        | {name: row.get(name) or "" for name in names}
        for email, row in new.items()
    ]
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
    return _Plan(made, added)


def _known(connection: Connection, rows: list[Row]) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for portion in portions(values["email"] for _, values in rows):
        wanted = select(persons.c.email, persons.c.person, persons.c.role).where(persons.c.email.in_(portion))
        found.update((email, (person, role)) for email, person, role in connection.execute(wanted))
    return found


def _of_the_known(connection: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the rows of children whose data were deleted."""
    gone: set[str] = set()
    for portion in portions(row["child"] for row in rows):
        wanted = select(erasures.c.key).where(erasures.c.what == "child", erasures.c.key.in_(portion))
        gone.update(connection.scalars(wanted))
    return [row for row in rows if row["child"] not in gone]
