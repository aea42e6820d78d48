"""A made-up town into the register, in one transaction: all of it or nothing.

Providers, groups, children, certificates and enrollments go in as rows of a district (`navigator.loading`), parents as the district's own
parents, attendance and debits as operations that are judged one by one, applications and requests for a place as a parent hands them in.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from navigator import operations
from navigator.clock import Clock
from navigator.commands import CommandRefused
from navigator.engine import writing
from navigator.portal import records
from navigator.portal.enrolling import quote
from navigator.portal.enrolling import store as enrolling
from navigator.portal.financing import store as financing
from navigator.portal.importing.families import store_parents
from navigator.portal.tables import guardians, persons
from navigator.seed import CHILDREN_MAX
from navigator.seed.families import ACCOUNTING, FINANCING, Child, Families, make_families
from navigator.seed.marks import make_marks
from navigator.seed.places import Enrolled, make_places, term
from navigator.seed.town import Group, Row, Town, make_town
from navigator.tables import children, metadata, payers, providers

BATCH = 5_000
APPLICATIONS, REQUESTS = 12, 24


class Sown(NamedTuple):
    """How much of what there is now; ``operations``: those that the register accepted."""

    payers: int
    providers: int
    programmes: int
    groups: int
    children: int
    enrollments: int
    operations: int
    refused: int
    applications: int
    requests: int


class Drawn(NamedTuple):
    """A town before anything of it is stored, and the chance that goes on from there."""

    chance: random.Random
    town: Town
    families: Families
    enrolled: list[Enrolled]


def draw(count: int, number: int, today: dt.date) -> Drawn:
    """The town ``number`` of ``count`` children as it is on a day."""
    chance, prefix = random.Random(f"town {number} of {count}"), f"s{number}-"
    town = make_town(chance, prefix, count, today)
    families = make_families(chance, prefix, number, count, [row["payer"] for row in town.rows["payers"]], today)
    return Drawn(chance, town, families, make_places(chance, prefix, families.children, town.groups, today))


def sow(engine: Engine, clock: Clock, count: int, number: int, weeks: int, is_beside: bool = False) -> Sown:
    """Make the town ``number`` of ``count`` children, with the marks of so many weeks before today.

    The same number, count, weeks and day make the same town.

    Args:
        is_beside: whether the register may know a district already.

    Raises:
        CommandRefused: it does and may not, or this very town is there already; nothing was stored.
    """
    assert 1 <= count <= CHILDREN_MAX, "a town's numbers are handed out within this"
    today = clock.today()
    with writing(engine) as connection:
        metadata.create_all(connection)
        if not is_beside and _knows_a_district(connection):
            raise CommandRefused("has_a_district", "")
        if connection.scalar(select(children.c.child).where(children.c.child == f"s{number}-c00001")) is not None:
            raise CommandRefused("town_is_there", str(number))
        chance, town, families, enrolled = draw(count, number, today)
        rows = {**town.rows, "children": families.children_rows, "certificates": families.certificate_rows}
        records.store(connection, clock, **rows, enrollments=[each.row() for each in enrolled])
        store_parents(connection, clock, families.parent_rows)
        first = max(term(today)[0], today - dt.timedelta(weeks=weeks))
        accepted, refused = _take(connection, clock, make_marks(chance, enrolled, first, today - dt.timedelta(days=1)))
        applied = _apply(connection, clock, families.children, families.parent_rows)
        asked = _ask(connection, clock, chance, families.children, town.groups, enrolled)
    return Sown(
        payers=len(rows["payers"]),
        providers=len(rows["providers"]),
        programmes=len(rows["programmes"]),
        groups=len(rows["groups"]),
        children=len(rows["children"]),
        enrollments=len(enrolled),
        operations=accepted,
        refused=refused,
        applications=applied,
        requests=asked,
    )


def _knows_a_district(connection: Connection) -> bool:
    keys = (payers.c.payer, providers.c.provider, children.c.child)
    return any(connection.scalar(select(key).limit(1)) is not None for key in keys)


def _take(connection: Connection, clock: Clock, made: list[dict[str, object]]) -> tuple[int, int]:
    accepted = 0
    for start in range(0, len(made), BATCH):
        answers = operations.take(connection, made[start : start + BATCH], clock.now())
        accepted += sum(answer["outcome"] == "accepted" for answer in answers)
    return accepted, len(made) - accepted


def _apply(connection: Connection, clock: Clock, all_children: list[Child], parent_rows: list[Row]) -> int:
    """The first families with a certificate of accounting ask for one of financing; the operator has not looked at them yet."""
    waiting = [child for child in all_children if child.kind == ACCOUNTING][:APPLICATIONS]
    whose = _parents(connection, waiting)
    for child in waiting:
        financing.submit(connection, clock.now(), child.child, whose[child.child], child.payer, "common", "ru")
    return len(waiting)


def _ask(
    connection: Connection, clock: Clock, chance: random.Random, all_children: list[Child], groups: list[Group], enrolled: list[Enrolled]
) -> int:
    """Some families ask for a place: where none is free they wait on the list."""
    busy = {one.child.child for one in enrolled}
    asking = [child for child in all_children if child.kind == FINANCING and child.is_active and child.child not in busy][:REQUESTS]
    whose = _parents(connection, asking)
    done = 0
    for child in asking:
        fitting = [each for each in groups if each.ages[0] <= child.age <= each.ages[1] and child.payer in each.payers]
        item = enrolling.group(connection, chance.choice(fitting).group) if fitting else None
        offer = None if item is None else quote.quote_of(item, clock.today())
        if item is not None and offer is not None:
            enrolling.ask(connection, clock, child.child, whose[child.child], item, offer)
            done += 1
    return done


def _parents(connection: Connection, of: list[Child]) -> dict[str, str]:
    wanted = select(guardians.c.child, guardians.c.person).join(persons, persons.c.person == guardians.c.person)
    return {child: person for child, person in connection.execute(wanted.where(guardians.c.child.in_([each.child for each in of])))}
