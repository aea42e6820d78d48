"""Who wants which letters, who has not had this week's yet, and what they are to be told: by batches, never by person."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from navigator.portal.letters.forms import EACH, NONE, WEEKLY
from navigator.portal.letters.tables import digests, letter_choices
from navigator.portal.tables import guardians, instant, persons
from navigator.tables import acceptances, children

MONEY, ATTENDANCE = "money", "attendance"


def choice_of(connection: Connection, person: str) -> str:
    """What the person has chosen; none until then."""
    return connection.scalar(select(letter_choices.c.choice).where(letter_choices.c.person == person)) or NONE


def choose(connection: Connection, person: str, choice: str, now: dt.datetime) -> None:
    """Set what the person wants from now on: nothing that came before is told."""
    values = {"choice": choice, "chosen_at": instant(now), "told_to": _last_acceptance(connection)}
    if not connection.execute(update(letter_choices).where(letter_choices.c.person == person).values(**values)).rowcount:
        connection.execute(insert(letter_choices), [{"person": person, **values}])


def stop(connection: Connection, person: str) -> None:
    """No more letters; one who never chose has none to stop."""
    connection.execute(update(letter_choices).where(letter_choices.c.person == person).values(choice=NONE))


# ---------------------------------------------------------------- the weekly digest


def without_digest(connection: Connection, week: str, chosen_before: dt.datetime, limit: int) -> list[Row[Any]]:
    """The persons who want a digest, wanted it when it fell due, and have none of this week yet."""
    c = letter_choices.c
    has_it = select(digests.c.week).where(digests.c.person == c.person, digests.c.week == week).exists()
    wanted = select(persons.c.person, persons.c.email, persons.c.language, persons.c.first_name)
    wanted = wanted.join(letter_choices, c.person == persons.c.person)
    mine = c.choice.in_((WEEKLY, EACH)) & (c.chosen_at <= instant(chosen_before)) & ~has_it
    return list(connection.execute(wanted.where(mine).order_by(persons.c.person).limit(limit)))


def note_digests(connection: Connection, people: list[str], week: str, now: dt.datetime) -> None:
    """These have had this week's."""
    connection.execute(insert(digests), [{"person": person, "week": week, "made_at": instant(now)} for person in people])


def children_of(connection: Connection, people: list[str]) -> dict[str, list[Any]]:
    """Each person's children, the eldest first."""
    wanted = select(guardians.c.person, children.c.child, children.c.first_name)
    wanted = wanted.join(children, children.c.child == guardians.c.child).where(guardians.c.person.in_(people))
    found: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(wanted.order_by(children.c.birth_date, children.c.child)):
        found[row.person].append(row)
    return found


def told_between(connection: Connection, keys: list[str], since: dt.datetime, until: dt.datetime) -> dict[str, list[Row[Any]]]:
    """What the register accepted about each child from ``since`` on and before ``until`` (its own time zone), by the lesson's day."""
    a = acceptances.c
    mine = a.child.in_(keys) & (a.accepted_at >= since.isoformat()) & (a.accepted_at < until.isoformat())
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(select(acceptances).where(mine).order_by(a.date, a.acceptance)):
        found[row.child].append(row)
    return found


# ---------------------------------------------------------------- each debit


def has_news(connection: Connection) -> bool:
    """Whether anything was accepted that letters about each debit have not looked at; nobody wants any: no."""
    looked_at = connection.scalar(select(func.min(letter_choices.c.told_to)).where(letter_choices.c.choice == EACH))
    return looked_at is not None and looked_at < _last_acceptance(connection)


def news(connection: Connection, limit: int) -> tuple[list[Row[Any]], int]:
    """Debits and reversals to tell, in the register's order, each with whom; and the acceptance up to which it is all looked at."""
    a, c = acceptances.c, letter_choices.c
    since = connection.scalar(select(func.min(c.told_to)).where(c.choice == EACH)) or 0
    behind = select(a.acceptance).where(a.acceptance > since).order_by(a.acceptance).limit(limit).subquery()
    upto = connection.scalar(select(func.max(behind.c.acceptance))) or since
    wanted = select(acceptances, persons.c.person, persons.c.email, persons.c.language, children.c.first_name)
    wanted = wanted.join(guardians, guardians.c.child == a.child).join(children, children.c.child == a.child)
    wanted = wanted.join(letter_choices, c.person == guardians.c.person).join(persons, persons.c.person == c.person)
    mine = (a.journal == MONEY) & (a.acceptance > since) & (a.acceptance <= upto) & (a.acceptance > c.told_to) & (c.choice == EACH)
    return list(connection.execute(wanted.where(mine).order_by(persons.c.person, a.acceptance))), upto


def note_news(connection: Connection, upto: int) -> None:
    """Up to there all is told."""
    mine = (letter_choices.c.choice == EACH) & (letter_choices.c.told_to < upto)
    connection.execute(update(letter_choices).where(mine).values(told_to=upto))


def _last_acceptance(connection: Connection) -> int:
    return connection.scalar(select(func.max(acceptances.c.acceptance))) or 0
