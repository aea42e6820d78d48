"""Children and their parents. Every name is put together at random; every number is of a range that nobody has.

СНИЛС: 000-000-001 to 001-001-998, the numbers that were never given out with a check number; here they have the right one. Certificates:
numbers that begin with 00, which is no region's. E-mail: the domain ``.example``, which is nobody's (RFC 2606).
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field
from typing import Any

from mimesis import Person
from mimesis.enums import Gender
from mimesis.locales import Locale

from gateway.core.money import roubles_from_kopecks
from navigator.portal.family.snils import check_number
from navigator.portal.region import age_on, last_day, region
from navigator.seed import CHILDREN_MAX

Row = dict[str, Any]

SNILS_LAST = 1_001_998
ACCOUNTING, FINANCING = "accounting", "financing"
_GIRLS = (
    "Анна", "Мария", "София", "Виктория", "Алиса", "Полина", "Ева", "Василиса", "Варвара", "Елизавета", "Арина", "Ксения", "Дарья",
    "Милана", "Вера", "Таисия", "Кира", "Ульяна", "Злата", "Мирослава", "Екатерина", "Маргарита", "Ольга", "Яна",
)  # fmt: skip
_BOYS = (
    "Александр", "Михаил", "Максим", "Артём", "Матвей", "Марк", "Лев", "Иван", "Дмитрий", "Кирилл", "Роман", "Тимофей", "Егор", "Фёдор",
    "Илья", "Никита", "Алексей", "Павел", "Степан", "Ярослав", "Глеб", "Николай", "Семён", "Платон",
)  # fmt: skip
_FATHERS = (
    "Алексей", "Андрей", "Антон", "Борис", "Виктор", "Денис", "Евгений", "Игорь", "Максим", "Олег", "Роман", "Сергей", "Юрий",
)  # fmt: skip
_MOTHERS = ("Анна", "Екатерина", "Елена", "Ирина", "Марина", "Наталья", "Ольга", "Светлана", "Татьяна", "Юлия")
_USUAL = ("ов", "ев", "ёв", "ин", "ын", "ский", "цкий")
_AGES = tuple((age, 1 if age < 7 or age > 15 else 3) for age in range(5, 18))


@dataclass(frozen=True, slots=True)
class Child:
    """A child as the rest of the seed needs it."""

    child: str
    payer: str
    age: int
    certificate: str
    kind: str
    is_active: bool


@dataclass(slots=True)
class Families:
    """The rows of children, certificates and parents, and the children."""

    children_rows: list[Row] = field(default_factory=list)
    certificate_rows: list[Row] = field(default_factory=list)
    parent_rows: list[Row] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)


def make_families(chance: random.Random, prefix: str, number: int, count: int, payers: list[str], today: dt.date) -> Families:
    """So many children with one parent each, brothers and sisters among them.

    Args:
        number: the town's own, which keeps its certificates and СНИЛС apart from another town's.
    """
    person = Person(Locale.RU, seed=chance.getrandbits(32))
    found = Families()
    while len(found.children) < count:
        surname = _surname(person)
        father, mother, payer = chance.choice(_FATHERS), chance.choice(_MOTHERS), chance.choice(payers)
        email = f"{prefix}parent{len(found.children) + 1:05d}@seed.example"
        ages = chance.sample([age for age, weight in _AGES for _ in range(weight)], chance.choices((1, 2, 3), (70, 25, 5))[0])
        for age in sorted(ages, reverse=True)[: count - len(found.children)]:
            child = _child(found, chance, prefix, number, age, payer, today, (surname, father))
            row = {"email": email, "child": child, "last_name": _feminine(surname), "first_name": mother}
            found.parent_rows.append(row)
    return found


def _child(
    found: Families, chance: random.Random, prefix: str, number: int, age: int, payer: str, today: dt.date, names: tuple[str, str]
) -> str:
    place = len(found.children)
    key, surname, father = f"{prefix}c{place + 1:05d}", *names
    is_girl = chance.random() < 0.5
    born = _born(chance, age, today)
    named = {"last_name": _feminine(surname) if is_girl else surname, "first_name": chance.choice(_GIRLS if is_girl else _BOYS)}
    named["patronymic"] = _patronymic(father, is_girl)
    snils = snils_of(number, place)
    found.children_rows.append({"child": key, **named, "birth_date": born.isoformat(), "snils": snils, "payer": payer})
    kind = chance.choices((FINANCING, ACCOUNTING), (82, 18))[0]
    is_active = kind == ACCOUNTING or chance.random() < 0.97
    certificate = f"00{number % 1_000:03d}{place:05d}"
    row: Row = {"certificate": certificate, "child": key, "payer": payer, "kind": kind, "state": "active" if is_active else "frozen"}
    last = dt.date(today.year, 12, 31) if kind == FINANCING else last_day(born, region().age_to)
    row |= {"valid_from": f"{today.year}-01-01", "valid_to": last.isoformat()}
    row["nominal"] = _nominal(chance) if kind == FINANCING else None
    found.certificate_rows.append(row)
    found.children.append(Child(key, payer, age, certificate, kind, is_active))
    return key


def snils_of(number: int, place: int) -> str:
    """The made-up СНИЛС of a town's child, with its check number; each of ten towns of up to `CHILDREN_MAX` children has its own."""
    digits = f"{1 + (number * CHILDREN_MAX + place) % SNILS_LAST:09d}"
    return f"{digits[:3]}-{digits[3:6]}-{digits[6:]} {check_number(digits)}"


def _nominal(chance: random.Random) -> str:
    categories = list(region().categories.values())
    category = chance.choices(categories, [6] + [1] * (len(categories) - 1))[0]
    return roubles_from_kopecks(category.nominal_kopecks)


def _born(chance: random.Random, age: int, today: dt.date) -> dt.date:
    """A birthday of somebody who is so many whole years old today."""
    born = dt.date(today.year - age, 1, 1) + dt.timedelta(days=chance.randrange(365))
    return born if age_on(born, today) == age else born.replace(year=born.year - 1, day=min(born.day, 28))


def _surname(person: Person) -> str:
    while True:
        surname = person.last_name(Gender.MALE)
        if surname.endswith(_USUAL):
            return surname


def _feminine(surname: str) -> str:
    return surname.removesuffix("ий") + "ая" if surname.endswith("ий") else surname + "а"


def _patronymic(father: str, is_girl: bool) -> str:
    stem = father[:-1] if father.endswith(("й", "ь")) else father
    if father.endswith("ий"):
        stem = father[:-2] + "ь"
    soft = father.endswith(("й", "ь"))
    return stem + ("евна" if soft else "овна") if is_girl else stem + ("евич" if soft else "ович")
