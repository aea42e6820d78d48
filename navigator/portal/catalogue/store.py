"""The catalogue as families see it: every verified programme of every active provider.

A page costs the same few statements, however many rows there are.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, exists, func, or_, select

from navigator import catalogue
from navigator.portal.catalogue.search import matching
from navigator.portal.club.tables import closed_groups
from navigator.portal.tables import catalogue_entries
from navigator.tables import agreements, certificates, enrollments, groups, modules, programmes, providers, timetable

TAKES_A_PLACE = ("requested", "accepted", "active", "ending")
PAGE = 20

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None and "" are anything. ``months``: a child's age. ``after``: "16:30"."""

    query: str = ""
    months: int | None = None
    direction: str = ""
    weekday: int | None = None
    after: str = ""
    payer: str = ""
    locality: str = ""
    has_places: bool = False
    is_fully_paid: bool = False


def found(connection: Connection, wanted: Wanted, today: dt.date, page: int) -> tuple[list[Item], bool]:
    """A page of programmes, each with its groups; and whether there are more."""
    mine = select(programmes, providers.c.name.label("provider_name")).select_from(
        programmes.join(providers).join(catalogue_entries, catalogue_entries.c.programme == programmes.c.programme)
    )
    mine = mine.where(programmes.c.verified.is_(True), or_(providers.c.state == "active", providers.c.state.is_(None)))
    mine = mine.where(_has_group(wanted, today))
    if wanted.direction:
        mine = mine.where(programmes.c.direction == wanted.direction)
    if wanted.months is not None:
        mine = mine.where(or_(programmes.c.age_from_months.is_(None), programmes.c.age_from_months <= wanted.months))
        mine = mine.where(or_(programmes.c.age_to_months.is_(None), programmes.c.age_to_months >= wanted.months))
    if wanted.payer:
        here = and_(
            agreements.c.provider == programmes.c.provider, agreements.c.payer == wanted.payer, agreements.c.valid_to >= today.isoformat()
        )
        mine = mine.where(exists().where(here))
    mine = matching(mine, wanted.query, connection.dialect.name).order_by(programmes.c.title, programmes.c.programme)
    rows = connection.execute(mine.offset(page * PAGE).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    by_programme = groups_of(connection, [row.programme for row in shown], today)
    return [{**row._asdict(), "groups": by_programme[row.programme]} for row in shown], len(rows) > PAGE


def programme(connection: Connection, key: str, today: dt.date) -> Item | None:
    """A verified programme with its groups, its provider's name and the payers that have an agreement with it."""
    mine = select(programmes, providers.c.name.label("provider_name"), providers.c.licence).join(providers)
    row = connection.execute(mine.where(programmes.c.programme == key, programmes.c.verified.is_(True))).one_or_none()
    if row is None:
        return None
    agreed = select(agreements.c.payer).where(agreements.c.provider == row.provider, agreements.c.valid_to >= today.isoformat())
    payers = set(connection.scalars(agreed.where(agreements.c.valid_from <= today.isoformat())))
    return {**row._asdict(), "groups": groups_of(connection, [key], today)[key], "payers": payers}


def groups_of(connection: Connection, keys: list[str], today: dt.date) -> dict[str, list[Item]]:
    """The groups of these programmes that have not ended, as the catalogue serves them; ``free``: free places, None without a limit."""
    mine = select(groups.c.group).join(modules).where(modules.c.programme.in_(keys), _goes_on(today))
    names = connection.scalars(mine).all()
    items = catalogue.group_items(connection, names)
    taken = places_taken(connection, list(names), today)
    meeting = _where(connection, list(names))
    found: dict[str, list[Item]] = defaultdict(list)
    for item in sorted(items.values(), key=lambda each: (each["title"] or "", each["group"])):
        free = None if item["places"] is None else max(0, item["places"] - taken.get(item["group"], 0))
        found[item["programme"]["programme"]].append({**item, **meeting[item["group"]], "free": free})
    return found


def localities(connection: Connection) -> list[str]:
    """Where the groups of verified programmes meet."""
    mine = select(groups.c.locality).distinct().select_from(groups.join(modules).join(programmes))
    mine = mine.where(programmes.c.verified.is_(True), groups.c.locality.is_not(None))
    return list(connection.scalars(mine.order_by(groups.c.locality)))


def places_taken(connection: Connection, keys: list[str], today: dt.date) -> dict[str, int]:
    """How many places of each group are taken today or promised."""
    mine = select(enrollments.c.group, func.count()).where(enrollments.c.group.in_(keys), _takes_a_place(today))
    return {group: number for group, number in connection.execute(mine.group_by(enrollments.c.group))}


def groups_of_child(connection: Connection, child: str, today: dt.date) -> list[Item]:
    """The groups that a child attends or has asked for."""
    mine = select(enrollments.c.group).join(certificates).where(certificates.c.child == child, _takes_a_place(today))
    return list(catalogue.group_items(connection, connection.scalars(mine).all()).values())


def directions(connection: Connection) -> list[str]:
    """Those of verified programmes."""
    mine = select(programmes.c.direction).where(programmes.c.verified.is_(True), programmes.c.direction.is_not(None)).distinct()
    return list(connection.scalars(mine.order_by(programmes.c.direction)))


def all_providers(connection: Connection, today: dt.date) -> list[Row[Any]]:
    """The register of providers, with how many verified programmes each has."""
    counted = (
        select(programmes.c.provider, func.count().label("number")).where(programmes.c.verified.is_(True)).group_by(programmes.c.provider)
    )
    numbers = counted.subquery()
    mine = select(providers, func.coalesce(numbers.c.number, 0).label("programmes"))
    mine = mine.outerjoin(numbers, numbers.c.provider == providers.c.provider)
    return list(connection.execute(mine.order_by(providers.c.name, providers.c.provider)))


def _where(connection: Connection, keys: list[str]) -> dict[str, Item]:
    """Where each of these groups meets, and who teaches it."""
    wanted = select(groups.c.group, groups.c.locality, groups.c.address, groups.c.teacher).where(groups.c.group.in_(keys))
    return {row.group: row._asdict() for row in connection.execute(wanted)}


def _has_group(wanted: Wanted, today: dt.date) -> Any:
    """One group at least meets all that is asked of a group."""
    mine = select(groups.c.group).select_from(groups.join(modules)).where(modules.c.programme == programmes.c.programme, _goes_on(today))
    if wanted.locality:
        mine = mine.where(groups.c.locality == wanted.locality)
    if wanted.weekday is not None or wanted.after:
        line = timetable.c.group == groups.c.group
        if wanted.weekday is not None:
            line &= timetable.c.weekday == wanted.weekday
        if wanted.after:
            line &= timetable.c.starts_at >= wanted.after
        mine = mine.where(exists().where(line))
    if wanted.has_places:
        taken = select(func.count()).select_from(enrollments).where(enrollments.c.group == groups.c.group, _takes_a_place(today))
        mine = mine.where(or_(groups.c.places.is_(None), groups.c.places > taken.scalar_subquery()))
    if wanted.is_fully_paid:
        mine = mine.where(or_(modules.c.unit_price_kopecks <= modules.c.unit_normative_kopecks, modules.c.unit_price_kopecks == 0))
    return mine.exists()


def _goes_on(today: dt.date) -> Any:
    has_not_ended = or_(groups.c.ends_on.is_(None), groups.c.ends_on >= today.isoformat())
    takes_children = ~exists().where(closed_groups.c.group == groups.c.group)
    return and_(has_not_ended, takes_children, or_(modules.c.open.is_(None), modules.c.open.is_(True)))


def _takes_a_place(today: dt.date) -> Any:
    return and_(enrollments.c.state.in_(TAKES_A_PLACE), enrollments.c.ends_on >= today.isoformat())
