"""What the register says of certificates, enrollments and children, and how dated words are read and set."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from navigator.catalogue import providers_of_groups
from navigator.engine import portions
from navigator.tables import certificate_numbers, certificate_words, certificates, children, enrollments, nominals

Item = dict[str, Any]
KIND, STATE = "kind", "state"


class Dated(NamedTuple):
    """A word and the day (ISO) from which it holds; "" is «from the beginning»."""

    from_day: str
    word: str


def word_on(words: Sequence[Dated], day: str) -> str | None:
    """The word in force on the day; ``words`` stand oldest first."""
    found = None
    for dated in words:
        if dated.from_day <= day:
            found = dated.word
    return found


def words_of(connection: Connection, keys: Iterable[str], what: str) -> dict[str, list[Dated]]:
    """Each certificate's dated words of one sort (`KIND` or `STATE`), oldest first."""
    found: dict[str, list[Dated]] = defaultdict(list)
    for portion in portions(keys):
        mine = (certificate_words.c.what == what) & certificate_words.c.certificate.in_(portion)
        for row in connection.execute(select(certificate_words).where(mine).order_by(certificate_words.c.from_day)):
            found[row.certificate].append(Dated(row.from_day, row.word))
    return found


def set_word(connection: Connection, certificate: str, what: str, word: str, day: dt.date) -> bool:
    """From the day on the word holds, up to the next dated one. False where it did already."""
    words = words_of(connection, [certificate], what)[certificate]
    if word_on(words, day.isoformat()) == word:
        return False
    mine = (certificate_words.c.certificate == certificate) & (certificate_words.c.what == what)
    same_day = mine & (certificate_words.c.from_day == day.isoformat())
    if not connection.execute(update(certificate_words).where(same_day).values(word=word)).rowcount:
        row = {"certificate": certificate, "what": what, "from_day": day.isoformat(), "word": word}
        connection.execute(insert(certificate_words), [row])
    return True


def drop_words_after(connection: Connection, certificate: str, what: str, day: dt.date, word: str | None = None) -> int:
    """Call off what was to begin after the day, every word or this one; how many were."""
    mine = (certificate_words.c.certificate == certificate) & (certificate_words.c.what == what)
    if word is not None:
        mine &= certificate_words.c.word == word
    return connection.execute(delete(certificate_words).where(mine & (certificate_words.c.from_day > day.isoformat()))).rowcount


def certificates_by_number(connection: Connection, numbers: Iterable[str]) -> dict[str, str]:
    """The lasting id of each number that any certificate ever had."""
    found: dict[str, str] = {}
    for portion in portions(numbers):
        wanted = select(certificate_numbers).where(certificate_numbers.c.number.in_(portion))
        found.update((row.number, row.certificate) for row in connection.execute(wanted))
    return found


def numbers_of(connection: Connection, keys: Iterable[str]) -> dict[str, list[Item]]:
    """Each certificate's numbers as they are served, the oldest first."""
    found: dict[str, list[Item]] = defaultdict(list)
    for portion in portions(keys):
        wanted = select(certificate_numbers).where(certificate_numbers.c.certificate.in_(portion))
        rows = sorted(connection.execute(wanted), key=lambda row: row.from_day or "")
        for row in rows:
            found[row.certificate].append({"number": row.number, "from": row.from_day})
    return found


def certificate_items(connection: Connection, keys: Iterable[str]) -> dict[str, Item]:
    """Each of these certificates as it is served. The nominals are its present payer's; ``earlier`` has those of whom it had before."""
    items: dict[str, Item] = {}
    for portion in portions(keys):
        numbers = numbers_of(connection, portion)
        kinds, states = words_of(connection, portion, KIND), words_of(connection, portion, STATE)
        amounts: dict[str, dict[str, list[Item]]] = defaultdict(lambda: defaultdict(list))
        for row in connection.execute(select(nominals).where(nominals.c.certificate.in_(portion)).order_by(nominals.c.first)):
            period = {"first": row.first, "last": row.last, "amount_kopecks": row.amount_kopecks}
            amounts[row.certificate][row.payer].append(period)
        wanted = select(certificates, children.c.birth_date, children.c.snils).join(children)
        for row in connection.execute(wanted.where(certificates.c.certificate.in_(portion))):
            items[row.certificate] = {
                **row._asdict(),
                "numbers": numbers[row.certificate],
                "kinds": [_served(dated, KIND) for dated in kinds[row.certificate]],
                "states": [_served(dated, STATE) for dated in states[row.certificate]],
                "nominals": amounts[row.certificate].pop(row.payer, []),
                "earlier": [{"payer": payer, "nominals": told} for payer, told in sorted(amounts[row.certificate].items())],
            }
    return items


def enrollment_items(connection: Connection, keys: Iterable[str]) -> dict[str, Item]:
    """Each of these enrollments as it is served; the child is the certificate's, the provider the group's."""
    items: dict[str, Item] = {}
    for portion in portions(keys):
        wanted = select(enrollments, certificates.c.child).join(certificates)
        rows = list(connection.execute(wanted.where(enrollments.c.enrollment.in_(portion))))
        whose = providers_of_groups(connection, {row.group for row in rows})
        for row in rows:
            items[row.enrollment] = {**row._asdict(), "provider": whose[row.group]}
    return items


def candidates(connection: Connection, group: str, first_day: str, last_day: str, numbers: Iterable[str]) -> list[Item]:
    """The children with an enrollment in the group within those days, and the bearers of those numbers, by id."""
    inside = (enrollments.c.group == group) & (enrollments.c.starts_on <= last_day) & (enrollments.c.ends_on >= first_day)
    wanted = select(certificates.c.child).select_from(enrollments.join(certificates)).where(inside)
    keys = set(connection.scalars(wanted))
    for portion in portions(certificates_by_number(connection, numbers).values()):
        keys.update(connection.scalars(select(certificates.c.child).where(certificates.c.certificate.in_(portion))))
    found: list[Item] = []
    for portion in portions(keys):
        found += _candidates(connection, portion)
    return found


def _candidates(connection: Connection, keys: list[str]) -> list[Item]:
    numbers: dict[str, list[str]] = defaultdict(list)
    payers: dict[str, str] = {}
    enrolled: dict[str, list[Item]] = defaultdict(list)
    held = list(connection.execute(select(certificates).where(certificates.c.child.in_(keys)).order_by(certificates.c.certificate)))
    named = numbers_of(connection, [row.certificate for row in held])
    for row in held:
        payers[row.child] = row.payer
        numbers[row.child] += [number["number"] for number in named[row.certificate]]
    wanted = select(enrollments, certificates.c.child).join(certificates).where(certificates.c.child.in_(keys))
    for row in connection.execute(wanted.order_by(enrollments.c.starts_on, enrollments.c.enrollment)):
        enrolled[row.child].append({"group": row.group, "starts_on": row.starts_on, "ends_on": row.ends_on})
    return [
        {
            "child": row.child,
            "payer": row.payer or payers.get(row.child),
            "last_name": row.last_name,
            "first_name": row.first_name,
            "patronymic": row.patronymic,
            "birth_date": row.birth_date,
            "numbers": numbers[row.child],
            "enrollments": enrolled[row.child],
        }
        for row in connection.execute(select(children).where(children.c.child.in_(keys)).order_by(children.c.child))
    ]


def _served(dated: Dated, name: str) -> Item:
    return {name: dated.word, "from": dated.from_day or None}
