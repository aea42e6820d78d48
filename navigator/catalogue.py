"""What the catalogue says: providers with their agreements; groups with their module, programme, timetable and single lessons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, select

from navigator.engine import portions
from navigator.tables import agreements, groups, lessons, modules, programmes, providers, timetable

Item = dict[str, Any]

_MODULE = (
    "module",
    "title",
    "unit",
    "unit_price_kopecks",
    "unit_normative_kopecks",
    "price_kopecks",
    "normative_kopecks",
    "planned_hours",
    "open",
)
_PROGRAMME = ("programme", "title", "direction", "age_from_months", "age_to_months", "verified")
_GROUP = ("group", "title", "places", "starts_on", "ends_on")
_LINE = ("weekday", "starts_at", "ends_at", "weeks", "valid_from", "valid_to")
_LESSON = ("date", "starts_at", "ends_at", "state", "moved_from")


def provider_items(connection: Connection, keys: Iterable[str]) -> dict[str, Item]:
    """Each of these providers as the catalogue serves it, under the feed's key of it."""
    items: dict[str, Item] = {}
    for portion in portions(keys):
        agreed: dict[str, list[Item]] = defaultdict(list)
        for row in connection.execute(select(agreements).where(agreements.c.provider.in_(portion)).order_by(*agreements.primary_key)):
            agreed[row.provider].append({"payer": row.payer, "valid_from": row.valid_from, "valid_to": row.valid_to})
        for row in connection.execute(select(providers).where(providers.c.provider.in_(portion))):
            items[f"provider {row.provider}"] = {"kind": "provider", **row._asdict(), "agreements": agreed[row.provider]}
    return items


def group_items(connection: Connection, keys: Iterable[str]) -> dict[str, Item]:
    """Each of these groups as the catalogue serves it, under the feed's key of it."""
    items: dict[str, Item] = {}
    for portion in portions(keys):
        lines = _by_group(connection, timetable, _LINE, portion)
        single = _by_group(connection, lessons, _LESSON, portion)
        module_rows = _rows(connection, modules, groups.c.group.in_(portion))
        programme_rows = _rows(connection, programmes, groups.c.group.in_(portion))
        for row in connection.execute(select(groups).where(groups.c.group.in_(portion))):
            module = module_rows[row.module]
            programme = programme_rows[module["programme"]]
            items[f"group {row.group}"] = {
                "kind": "group",
                **{name: row._mapping[name] for name in _GROUP},
                "provider": programme["provider"],
                "module": {name: module[name] for name in _MODULE},
                "programme": {name: programme[name] for name in _PROGRAMME},
                "timetable": lines[row.group],
                "lessons": single[row.group],
            }
    return items


def providers_of_groups(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """Whose each of these groups is; unknown groups are left out."""
    found: dict[str, str] = {}
    joined = groups.join(modules).join(programmes)
    for portion in portions(keys):
        wanted = select(groups.c.group, programmes.c.provider).select_from(joined).where(groups.c.group.in_(portion))
        found.update((row.group, row.provider) for row in connection.execute(wanted))
    return found


def _by_group(connection: Connection, table: Any, names: tuple[str, ...], portion: list[str]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = defaultdict(list)
    for row in connection.execute(select(table).where(table.c.group.in_(portion)).order_by(*table.primary_key)):
        found[row.group].append({name: row._mapping[name] for name in names})
    return found


def _rows(connection: Connection, table: Any, condition: Any) -> dict[str, Item]:
    key = next(iter(table.primary_key))
    wanted = select(table).distinct().select_from(groups.join(modules).join(programmes)).where(condition)
    rows: list[Row[Any]] = list(connection.execute(wanted))
    return {row._mapping[key.name]: dict(row._mapping) for row in rows}
