"""Municipalities, providers, programmes of every direction, groups and timetables, as rows of a district's files."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.core.money import roubles_from_kopecks

Row = dict[str, Any]

GROUP_SIZES = (10, 12, 12, 15, 15)
CHILDREN_PER_PROVIDER, CHILDREN_PER_GROUP = 150, 8
PROVIDERS_MIN, GROUPS_MIN = 6, 18
PAYERS = (
    "Комитет образования Синеборского района",
    "Администрация Долгоозёрского района",
    "Отдел образования Тихоручьевского округа",
    "Комитет образования Звонкогорского округа",
    "Администрация Светлобродского района",
    "Отдел образования Туманноярского района",
)
_PLACES = ("Синеборск", "Долгое Озеро", "Тихий Ручей", "Звонкие Горы", "Светлый Брод", "Туманный Яр")
_KINDS = ("Дом детского творчества", "Центр технического творчества", "Спортивная школа", "Школа искусств", "Клуб", "Студия")
_NAMES = ("Родничок", "Вектор", "Олимпик", "Радуга", "Парус", "Орбита", "Маяк", "Искра", "Горизонт", "Ступени", "Лад", "Компас")
_SOLE_TRADERS = ("Клуб", "Студия")
_STREETS = ("Школьная", "Садовая", "Озёрная", "Лесная", "Полевая", "Центральная", "Речная")
_TEACHERS = (
    "Боровикова",
    "Дымов",
    "Ельникова",
    "Заречная",
    "Ключевская",
    "Листьев",
    "Морозкина",
    "Ручьёв",
    "Снегирёва",
    "Травин",
    "Ясенева",
)

# Direction → programmes with the ages, in years, that they take.
DIRECTIONS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "техническая": (
        ("Робототехника", 8, 14), ("Программирование на Python", 11, 17), ("3D-моделирование", 10, 16), ("Авиамоделирование", 9, 15),
        ("Конструирование для малышей", 5, 8),
    ),
    "естественно-научная": (
        ("Юный биолог", 8, 13), ("Занимательная химия", 12, 17), ("Астрономия", 10, 17), ("Физика в опытах", 9, 14),
        ("Природа родного края", 6, 11),
    ),
    "художественная": (
        ("Акварель", 7, 14), ("Лепка и керамика", 6, 12), ("Хоровая студия", 6, 15), ("Народный танец", 7, 16),
        ("Театральная мастерская", 9, 17), ("Гитара с нуля", 10, 17), ("Хореография для малышей", 5, 7),
    ),
    "физкультурно-спортивная": (
        ("Плавание", 6, 15), ("Самбо", 8, 17), ("Футбол", 7, 15), ("Баскетбол", 10, 17), ("Спортивная гимнастика", 5, 10),
    ),
    "туристско-краеведческая": (
        ("Юный турист", 9, 15), ("Скалолазание", 9, 17), ("Спортивное ориентирование", 10, 17), ("Мой край", 7, 12),
        ("Школа экскурсовода", 12, 17),
    ),
    "социально-гуманитарная": (
        ("Английский язык", 7, 15), ("Школа журналистики", 12, 17), ("Шахматы", 6, 17), ("Ораторское искусство", 11, 17),
        ("Подготовка к школе", 5, 7),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """A group as the rest of the seed needs it. ``ages``: whole years, both included; ``slots``: weekday, start, end."""

    group: str
    provider: str
    payers: frozenset[str]
    ages: tuple[int, int]
    places: int
    module: Row
    slots: tuple[tuple[int, str, str], ...]


class _Kind(NamedTuple):
    """What the groups of a module share; ``groups``: how their ids begin."""

    groups: str
    provider: str
    payers: frozenset[str]
    ages: tuple[int, int]
    module: Row
    where: Row


_TABLES = ("payers", "providers", "agreements", "programmes", "modules", "groups", "timetable")


@dataclass(slots=True)
class Town:
    """The rows by table, and the groups."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in _TABLES})
    groups: list[Group] = field(default_factory=list)


def school_year(today: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day of the school year that goes on, or, in summer, of the one that comes."""
    first = today.year if today.month >= 6 else today.year - 1
    return dt.date(first, 9, 1), dt.date(first + 1, 5, 31)


def make_town(chance: random.Random, prefix: str, children: int, today: dt.date) -> Town:
    """A town for so many children. Its ids begin with ``prefix``."""
    town = Town()
    payers = [f"{prefix}m{number}" for number in range(1, 3 if children < 1_000 else len(PAYERS) + 1)]
    town.rows["payers"] = [{"payer": payer, "name": name} for payer, name in zip(payers, PAYERS, strict=False)]
    whole_year = {"valid_from": f"{school_year(today)[0].year}-01-01", "valid_to": f"{school_year(today)[1].year}-12-31"}
    agreed: dict[str, list[str]] = {}
    for number in range(max(PROVIDERS_MIN, children // CHILDREN_PER_PROVIDER)):
        provider = _provider(town, prefix, number, len(payers))
        home = payers[number % len(payers)]
        agreed[provider] = [payer for payer in payers if payer == home or chance.random() < 0.8]
        town.rows["agreements"] += [{"provider": provider, "payer": payer, **whole_year} for payer in agreed[provider]]
    _programmes(town, chance, prefix, max(GROUPS_MIN, children // CHILDREN_PER_GROUP), agreed, today)
    return town


def _provider(town: Town, prefix: str, number: int, payers: int) -> str:
    provider, kind = f"{prefix}o{number + 1:03d}", _KINDS[number % len(_KINDS)]
    again = number // (len(_KINDS) * len(_NAMES))  # of several hundred providers some have a number, as schools do
    name = _NAMES[(number + number // len(_KINDS)) % len(_NAMES)] + (f" № {again + 1}" if again else "")
    is_sole = kind in _SOLE_TRADERS
    row = {"provider": provider, "name": f"{kind} «{name}», {_PLACES[number % payers]}", "time_zone": "Europe/Moscow", "state": "active"}
    licence = None if is_sole else f"Л-00-{number + 1:05d}"
    town.rows["providers"].append({**row, "sole_trader": "true" if is_sole else "false", "licence": licence})
    return provider


def _programmes(town: Town, chance: random.Random, prefix: str, groups: int, agreed: dict[str, list[str]], today: dt.date) -> None:
    """Direction by direction in turn, so that the smallest town has every one; two groups to a programme."""
    offered = [(direction, one) for turn in range(7) for direction, all_ in DIRECTIONS.items() for one in all_[turn : turn + 1]]
    providers = list(agreed)
    for number in range((groups + 1) // 2):
        direction, (title, youngest, oldest) = offered[number % len(offered)]
        provider = providers[number % len(providers)]
        programme, module = f"{prefix}p{number + 1:05d}", f"{prefix}u{number + 1:05d}"
        ages = {"age_from_months": str(youngest * 12), "age_to_months": str(oldest * 12 + 11)}
        row = {"programme": programme, "provider": provider, "title": title, "direction": direction, "verified": "true"}
        town.rows["programmes"].append({**row, **ages})
        said = {"module": module, "programme": programme, "title": f"{title}, 1 год", "open": "true", "planned_hours": "72"}
        said |= _prices(chance)
        town.rows["modules"].append(said)
        where = {
            "locality": _PLACES[number % len(providers) % len(town.rows["payers"])],
            "address": _address(number),
            "teacher": _teacher(number),
        }
        kind = _Kind(f"{prefix}g{number + 1:05d}", provider, frozenset(agreed[provider]), (youngest, oldest), said, where)
        for letter in "АБ":
            _group(town, chance, kind, letter, today)


def _address(number: int) -> str:
    """A street that every town has, and a house of it."""
    return f"ул. {_STREETS[number % len(_STREETS)]}, д. {number * 7 % 48 + 1}"


def _teacher(number: int) -> str:
    """A name put together, not drawn: what is drawn after it stays as it is."""
    return f"{_TEACHERS[number % len(_TEACHERS)]} {'АБВГДЕИМНОПСТ'[number * 5 % 13]}. {'АБВГДИМНОПСЮ'[number * 7 % 12]}."


def _prices(chance: random.Random) -> Row:
    """Most cost what the certificate pays; of some the family pays a share, a few are free of charge."""
    normative = chance.randrange(120_00, 260_00, 5_00)
    price = chance.choices((normative, normative + chance.randrange(20_00, 90_00, 5_00), 0), (60, 33, 7))[0]
    unit = chance.choices(("lesson", "academic_hour"), (3, 1))[0]
    if unit == "academic_hour":
        price, normative = price // 2, normative // 2
    return {"unit": unit, "unit_price": roubles_from_kopecks(price), "unit_normative": roubles_from_kopecks(normative if price else 0)}


def _group(town: Town, chance: random.Random, kind: _Kind, letter: str, today: dt.date) -> None:
    first, last = school_year(today)
    season = {"valid_from": first.isoformat(), "valid_to": last.isoformat()}
    start, minutes = chance.choice((15, 16, 17, 18)) * 60 + chance.choice((0, 30)), chance.choice((45, 60, 90))
    times = {"starts_at": _time(start), "ends_at": _time(start + minutes)}
    weekdays = sorted(chance.sample(range(1, 7), 2))
    places = chance.choice(GROUP_SIZES)
    key = f"{kind.groups}{letter}"
    row = {"group": key, "module": kind.module["module"], "title": f"Группа {letter}", "places": str(places), **kind.where}
    town.rows["groups"].append({**row, "starts_on": first.isoformat(), "ends_on": last.isoformat()})
    for weekday in weekdays:
        town.rows["timetable"].append({"group": key, "weekday": str(weekday), "weeks": "every", **times, **season})
    slots = tuple((weekday, times["starts_at"], times["ends_at"]) for weekday in weekdays)
    town.groups.append(Group(key, kind.provider, kind.payers, kind.ages, places, kind.module, slots))


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
