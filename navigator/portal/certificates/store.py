"""Certificates looked up, and where one stands. A list costs the same few statements however many there are."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, exists, or_, select

from gateway.core.periods import Period
from navigator import people
from navigator.ledger import Ledger, Standing
from navigator.people import Dated
from navigator.portal.certificates.tables import certificate_steps
from navigator.portal.tables import persons
from navigator.tables import (
    certificate_words,
    certificates,
    children,
    enrollments,
    groups,
    modules,
    nominals,
    payers,
    programmes,
    providers,
)

STATES = ("requested", "active", "frozen", "closed")
KINDS = ("accounting", "financing")


class OfYear(NamedTuple):
    """What a payer gave for one period, and what became of it."""

    first: str
    last: str
    payer: str
    payer_name: str
    standing: Standing


class Picture(NamedTuple):
    """A certificate on a day. ``states`` and ``kinds`` with their days, oldest first; ``years`` by period and payer."""

    certificate: str
    child: str
    payer: str
    payer_name: str
    valid_from: str
    valid_to: str
    on: str
    number: str
    numbers: tuple[tuple[str, str], ...]
    kind: str
    state: str
    kinds: tuple[Dated, ...]
    states: tuple[Dated, ...]
    years: tuple[OfYear, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; "" is anything. ``query``: a number, a СНИЛС, or a last name with the beginning of a first name."""

    query: str = ""
    payer: str = ""
    kind: str = ""
    state: str = ""


# ---------------------------------------------------------------- lists


def listed(connection: Connection, wanted: Wanted, today: dt.date, after: str, limit: int) -> list[Row[Any]]:
    """Certificates with their children, by their lasting id behind ``after``."""
    names = (children.c.last_name, children.c.first_name, children.c.patronymic, children.c.birth_date)
    joined = certificates.join(children, children.c.child == certificates.c.child).join(payers, payers.c.payer == certificates.c.payer)
    mine = select(certificates, *names, payers.c.name.label("payer_name")).select_from(joined)
    mine = mine.where(certificates.c.certificate > after)
    if wanted.payer:
        mine = mine.where(certificates.c.payer == wanted.payer)
    for what, word in ((people.KIND, wanted.kind), (people.STATE, wanted.state)):
        if word:
            mine = mine.where(_has_word(what, word, today))
    if wanted.query:
        mine = mine.where(_is_meant(connection, wanted.query))
    return list(connection.execute(mine.order_by(certificates.c.certificate).limit(limit)))


def described(connection: Connection, keys: Sequence[str], today: dt.date) -> dict[str, tuple[str, str, str]]:
    """The present number, kind and state of each of these certificates."""
    numbers, day = people.numbers_of(connection, keys), today.isoformat()
    kinds, states = people.words_of(connection, keys, people.KIND), people.words_of(connection, keys, people.STATE)
    return {
        key: (
            numbers[key][-1]["number"],
            people.word_on(kinds[key], day) or "accounting",
            people.word_on(states[key], day) or "requested",
        )
        for key in keys
    }


def _has_word(what: str, word: str, today: dt.date) -> Any:
    """The word is the one in force today: the latest of those that have begun."""
    words = certificate_words.alias()
    begun = (words.c.certificate == certificates.c.certificate) & (words.c.what == what) & (words.c.from_day <= today.isoformat())
    latest = select(words.c.word).where(begun).order_by(words.c.from_day.desc()).limit(1)
    return latest.scalar_subquery() == word


def _is_meant(connection: Connection, query: str) -> Any:
    digits = re.sub(r"[\s\-]", "", query)
    if not digits.isdigit():
        return children.c.child.in_(by_name(connection, query))
    found = people.certificates_by_number(connection, [digits]).get(digits)
    spelled = f"{digits[:3]}-{digits[3:6]}-{digits[6:9]} {digits[9:]}"
    of_child = select(children.c.child).where(children.c.snils.in_([digits, spelled, query]))
    return or_(certificates.c.certificate == (found or ""), certificates.c.child.in_(of_child))


def by_name(connection: Connection, query: str) -> Any:
    """Children by the beginning of the last name, or by the whole of it and the beginning of the first."""
    last, _, first = query.partition(" ")
    mine, begins = select(children.c.child), _beginning(connection)
    if first:
        is_first = or_(*(begins(children.c.first_name, each) for each in _spellings(first)))
        mine = mine.where(children.c.last_name.in_(_spellings(last)), is_first)
    else:
        mine = mine.where(or_(*(begins(children.c.last_name, each) for each in _spellings(last))))
    # By the index of names first: else PostgreSQL walks through all certificates in order, hoping for enough bearers of a rare name.
    return select(mine.cte("meant").prefix_with("MATERIALIZED", dialect="postgresql").c.child)


def _spellings(word: str) -> list[str]:
    return sorted({word, word.title(), word.upper()})  # SQLite folds the case of Latin letters only


def _beginning(connection: Connection) -> Callable[[Any, str], Any]:
    """How a database says «begins with» so that its index of names is used."""
    if connection.dialect.name == "postgresql":
        return lambda column, text: column.startswith(text, autoescape=True)
    return lambda column, text: and_(column >= text, column < text + "\U0010ffff")


# ---------------------------------------------------------------- one of them


def picture(connection: Connection, key: str, today: dt.date) -> Picture | None:
    """Where a certificate stands; None where there is none."""
    wanted = select(certificates, payers.c.name).join(payers, payers.c.payer == certificates.c.payer)
    row = connection.execute(wanted.where(certificates.c.certificate == key)).one_or_none()
    if row is None:
        return None
    numbers = tuple((each["number"], each["from"] or "") for each in people.numbers_of(connection, [key])[key])
    kinds = _changing(people.words_of(connection, [key], people.KIND).get(key, ()))
    states = _changing(people.words_of(connection, [key], people.STATE).get(key, ()))
    day = today.isoformat()
    return Picture(
        key,
        row.child,
        row.payer,
        row.name or row.payer,
        row.valid_from,
        row.valid_to,
        day,
        numbers[-1][0],
        numbers,
        people.word_on(kinds, day) or "accounting",
        people.word_on(states, day) or "requested",
        kinds,
        states,
        _years(connection, key),
    )


def _changing(words: Sequence[Dated]) -> tuple[Dated, ...]:
    """Without those that say what the one before says."""
    return tuple(each for place, each in enumerate(words) if not place or words[place - 1].word != each.word)


def _years(connection: Connection, key: str) -> tuple[OfYear, ...]:
    ledger, names = Ledger(connection, ""), select(nominals, payers.c.name).join(payers, payers.c.payer == nominals.c.payer)
    rows = connection.execute(names.where(nominals.c.certificate == key).order_by(nominals.c.first, nominals.c.payer)).all()
    found = []
    for row in rows:
        period = Period(dt.date.fromisoformat(row.first), dt.date.fromisoformat(row.last))
        standing = ledger.standing(key, row.payer, period)
        if any(standing):
            found.append(OfYear(row.first, row.last, row.payer, row.name or row.payer, standing))
    return tuple(found)


def enrolled(connection: Connection, key: str) -> list[Row[Any]]:
    """The enrollments on a certificate, the latest first."""
    joined = enrollments.join(groups, groups.c.group == enrollments.c.group).join(modules, modules.c.module == groups.c.module)
    joined = joined.join(programmes, programmes.c.programme == modules.c.programme)
    joined = joined.join(providers, providers.c.provider == programmes.c.provider)
    joined = joined.join(payers, payers.c.payer == enrollments.c.payer)
    names = (groups.c.title.label("group_title"), programmes.c.title.label("programme_title"), programmes.c.programme)
    whose = (providers.c.name.label("provider_name"), providers.c.provider, payers.c.name.label("payer_name"))
    wanted = select(enrollments, *names, *whose).select_from(joined).where(enrollments.c.certificate == key)
    return list(connection.execute(wanted.order_by(enrollments.c.starts_on.desc(), enrollments.c.enrollment)))


def steps(connection: Connection, key: str) -> list[dict[str, Any]]:
    """What was done to a certificate on the pages, the latest first, and by whom."""
    names = (persons.c.last_name, persons.c.first_name, persons.c.patronymic)
    wanted = select(certificate_steps, *names).join(persons, persons.c.person == certificate_steps.c.person)
    rows = connection.execute(wanted.where(certificate_steps.c.certificate == key).order_by(certificate_steps.c.step.desc()))
    return [{**row._mapping, "said": json.loads(row.said)} for row in rows]


def is_of_payer(connection: Connection, key: str, payer: str) -> bool:
    """Whether the certificate is this payer's today."""
    return bool(connection.scalar(select(exists().where(certificates.c.certificate == key, certificates.c.payer == payer))))
