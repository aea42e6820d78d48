"""No page's number of statements grows with its rows: every GET route of `RULES`, with few rows and with many.

The rows are multiplied table by table, whatever tables there are: a copy keeps what it refers to and gets another key. So each object of
`test_access.World` has more of everything that hangs on it, and a page that somebody adds is looked at by itself.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Column, Connection, Integer, String, Table, UniqueConstraint, event, insert, select
from sqlalchemy.exc import IntegrityError

from navigator.engine import writing
from navigator.portal import records
from navigator.portal.access import RULES
from navigator.portal.tables import guardians, instant
from navigator.tables import DAY, metadata

from .conftest import Pages
from .test_access import PROMISES, World

FEW, MANY = 2, 14
LEFT_ALONE = (
    "secrets", "sign_ins", "tokens", "catalogue_states", "catalogue_entries", "loaded_rows", "feed_items", "closed_months", "reads",
    "children", "certificates",
)  # fmt: skip
"""Tables that are no lists of a page's, or that the asking itself fills; and children, who come whole, each with a certificate."""

GROW = ("children", "guardians", "groups", "programmes", "timetable", "enrollments", "acceptances", "requests", "applications", "disputes")


def test_no_page_asks_more_where_there_is_more(pages: Pages):
    world = World(pages)
    grown = {name: 0 for name in metadata.tables}
    few = _multiplied(world, grown, FEW, 0)
    many = _multiplied(world, grown, MANY, FEW)
    assert all(grown[name] >= MANY for name in GROW), grown
    asked = {route for route, _who in many}
    assert asked == set(RULES) & {promise.route for promise in PROMISES if promise.method == "GET"} - {"static", "bootstrap.static"}
    worse = {key: (few[key], many[key]) for key in many if many[key] > few[key]}
    assert worse == {}, "statements with few rows, and with many"


def _multiplied(world: World, grown: dict[str, int], copies: int, beginning: int) -> dict[tuple[str, str], int]:
    """The statements of each page, for each of those who may, once every row of the world has so many copies."""
    with writing(world.pages.engine) as connection:
        for table in metadata.sorted_tables:
            if table.name not in LEFT_ALONE:
                grown[table.name] += _multiply(connection, table, copies, beginning)
        more = _more_children(connection, world, copies, beginning)
        grown["children"] += more
        grown["guardians"] += more
    counts = {}
    for promise in PROMISES:
        if promise.method == "GET" and promise.answer == "yes" and promise.route not in ("static", "bootstrap.static"):
            world.ask(promise)  # what a first visitor brings up to date is there then
            counts[promise.route, promise.who] = _counted(world, promise)
    return counts


def _counted(world: World, promise: Any) -> int:
    visitor, number = world.visitor(promise.who), 0

    def count(*_: Any) -> None:
        nonlocal number
        number += 1

    event.listen(world.pages.engine, "before_cursor_execute", count)
    try:
        visitor.get(world.path(promise.route), follow=False)
    finally:
        event.remove(world.pages.engine, "before_cursor_execute", count)
    assert visitor.status in (200, 302, 410), (promise, visitor.status)
    return number


# ---------------------------------------------------------------- more of everything


def _multiply(connection: Connection, table: Table, copies: int, beginning: int) -> int:
    """Add so many copies of each first row of a table; how many there are. What may be there only once stays alone."""
    rows = [dict(row._mapping) for row in connection.execute(select(table)) if not _is_copy(table, row._mapping)]
    made = 0
    for number in range(beginning + 1, beginning + copies + 1):
        for row in rows:
            try:
                with connection.begin_nested():
                    connection.execute(insert(table), [_copy(table, row, number)])
                made += 1
            except IntegrityError:
                continue
    return made


def _is_copy(table: Table, row: Any) -> bool:
    return any("~" in str(row[column.name]) for column in table.columns if isinstance(column.type, String))


def _copy(table: Table, row: dict[str, Any], number: int) -> dict[str, Any]:
    """Another row that refers to the same: of each key that must differ one part is another."""
    copy = {column.name: row[column.name] for column in table.columns if not (column.primary_key and column.autoincrement is True)}
    keys: list[list[Column[Any]]] = [list(table.primary_key.columns)]
    keys += [list(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys += [[column] for column in table.columns if column.unique]
    keys += [[each for each in index.columns if isinstance(each, Column)] for index in table.indexes if index.unique]
    for key in keys:
        free = [column for column in key if column.name in copy and not column.foreign_keys]
        whole = [column for column in free if isinstance(column.type, Integer) and column.name != "weekday"]
        days = [column for column in free if isinstance(column.type, String) and column.type.length == DAY.length and row[column.name]]
        if whole:
            copy[whole[0].name] = row[whole[0].name] + 1_000 * number
        elif days:
            copy[days[0].name] = (dt.date.fromisoformat(row[days[0].name]) + dt.timedelta(days=7 * number)).isoformat()
        elif free:
            mark, length = f"~{number}", getattr(free[0].type, "length", None)
            copy[free[0].name] = str(row[free[0].name])[: None if length is None else length - len(mark)] + mark
    if "title" in copy or "last_name" in copy:
        named = "title" if "title" in copy else "last_name"
        copy[named] = f"{row[named]}~{number}"
    return copy


def _more_children(connection: Connection, world: World, copies: int, beginning: int) -> int:
    """Brothers and sisters of the family's child, with certificates; the parent stands for all of them."""
    numbers = range(beginning + 1, beginning + copies + 1)
    born = {"last_name": "Иванова", "birth_date": "2015-01-01", "payer": "pskov"}
    held = {"payer": "pskov", "kind": "financing", "state": "active", "valid_from": "2025-01-01", "valid_to": "2025-12-31"}
    records.store(
        connection,
        world.pages.clock,
        children=[{"child": f"k-1~{number}", "first_name": f"Мария {number}", **born} for number in numbers],
        certificates=[{"certificate": f"00999{number:05d}", "child": f"k-1~{number}", "nominal": "100.00", **held} for number in numbers],
    )
    since = {"person": world.persons["parent"], "since": instant(world.pages.clock.now()), "is_first": True}
    connection.execute(insert(guardians), [{"child": f"k-1~{number}", **since} for number in numbers])
    return copies
