"""Municipalities and providers as the operator sees them; a page costs the same few statements however many there are."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select

from navigator.clock import Clock
from navigator.operations import NOT_IN_FORCE
from navigator.portal import records
from navigator.portal.enrolling.store import UNFUNDED
from navigator.portal.parties.tables import party_steps
from navigator.portal.tables import instant, limits, persons, requests
from navigator.tables import accounts, agreements, children, enrollments, groups, modules, nominals, payers, programmes, providers

HISTORY = 50


# ---------------------------------------------------------------- municipalities


def payer(connection: Connection, key: str) -> Row[Any] | None:
    """A payer; None where there is none."""
    return connection.execute(select(payers).where(payers.c.payer == key)).one_or_none()


def years(connection: Connection, key: str, today: dt.date) -> list[dict[str, Any]]:
    """This year, and each one with a limit or with nominals: the limits, what was given, and what of that is debited; the latest first."""
    given = select(nominals.c.first, func.count(), func.sum(nominals.c.amount_kopecks))
    given = given.where(nominals.c.payer == key, nominals.c.amount_kopecks > 0).group_by(nominals.c.first)
    paid = select(accounts.c.first, func.sum(accounts.c.in_kopecks - accounts.c.out_kopecks))
    paid = paid.where(accounts.c.payer == key, accounts.c.kind == "payable").group_by(accounts.c.first)
    found: dict[int, dict[str, Any]] = {}

    def of(year: int) -> dict[str, Any]:
        fresh = {"year": year, "certificates": None, "sum_kopecks": None, "number": 0, "given": 0, "used": 0}
        return found.setdefault(year, fresh)

    of(today.year)
    for row in connection.execute(select(limits).where(limits.c.payer == key)):
        of(row.year).update(certificates=row.certificates, sum_kopecks=row.sum_kopecks)
    for first, number, total in connection.execute(given):
        of(int(first[:4])).update(number=number, given=int(total))
    for first, total in connection.execute(paid):
        of(int(first[:4])).update(used=int(total))
    return [found[year] for year in sorted(found, reverse=True)]


def queue(connection: Connection, key: str, after: int, limit: int) -> list[Row[Any]]:
    """Who was accepted and waits for this payer's money, in the order of asking, behind ``after``."""
    names = (children.c.last_name, children.c.first_name, groups.c.title, providers.c.name.label("provider_name"))
    joined = requests.join(children, children.c.child == requests.c.child).join(groups, groups.c.group == requests.c.group)
    joined = joined.join(providers, providers.c.provider == requests.c.provider)
    mine = (requests.c.payer == key) & (requests.c.state == UNFUNDED) & (requests.c.place > after)
    return list(connection.execute(select(requests, *names).select_from(joined).where(mine).order_by(requests.c.place).limit(limit)))


def waiting(connection: Connection, key: str) -> int:
    """How many wait for this payer's money."""
    mine = (requests.c.payer == key) & (requests.c.state == UNFUNDED)
    return connection.scalar(select(func.count()).select_from(requests).where(mine)) or 0


def agreed_with(connection: Connection, key: str, today: dt.date) -> int:
    """With how many providers a payer has an agreement today."""
    mine = (agreements.c.payer == key) & _holds(today)
    return connection.scalar(select(func.count(agreements.c.provider.distinct())).where(mine)) or 0


# ---------------------------------------------------------------- providers


def listed(connection: Connection, query: str, payer_key: str, today: dt.date, after: str, limit: int) -> list[Row[Any]]:
    """Providers by their keys behind ``after``: with verified programmes, and with how many payers they have an agreement today.

    Of those whose name holds the words; with ``payer_key`` also until when the agreement with that payer holds (None: there is none).
    """
    counted = select(programmes.c.provider, func.count().label("number")).where(programmes.c.verified.is_(True))
    numbers = counted.group_by(programmes.c.provider).subquery()
    with_whom = func.count(agreements.c.payer.distinct()).label("payers")
    until = func.max(agreements.c.valid_to).label("until")
    held = select(agreements.c.provider, with_whom, until).where(_holds(today))
    if payer_key:
        held = held.where(agreements.c.payer == payer_key)
    agreed = held.group_by(agreements.c.provider).subquery()
    mine = select(providers, numbers.c.number, agreed.c.payers, agreed.c.until).select_from(
        providers.outerjoin(numbers, numbers.c.provider == providers.c.provider).outerjoin(
            agreed, agreed.c.provider == providers.c.provider
        )
    )
    for word in query.split():
        spelled = {word, word.lower(), word.title(), word.upper()}  # SQLite folds the case of Latin letters only
        mine = mine.where(or_(*(providers.c.name.contains(each, autoescape=True) for each in sorted(spelled))))
    return list(connection.execute(mine.where(providers.c.provider > after).order_by(providers.c.provider).limit(limit)))


def provider(connection: Connection, key: str) -> Row[Any] | None:
    """A provider; None where there is none."""
    return connection.execute(select(providers).where(providers.c.provider == key)).one_or_none()


def agreements_of(connection: Connection, key: str) -> list[Row[Any]]:
    """A provider's agreements, the latest first, each with its payer's name."""
    wanted = select(agreements, payers.c.name).join(payers, payers.c.payer == agreements.c.payer).where(agreements.c.provider == key)
    return list(connection.execute(wanted.order_by(agreements.c.valid_to.desc(), payers.c.name, agreements.c.valid_from)))


def places(connection: Connection, key: str, today: dt.date) -> tuple[int, int, int]:
    """A provider's verified programmes, its groups that have not ended, and the children enrolled in them today."""
    joined = groups.join(modules, modules.c.module == groups.c.module).join(programmes, programmes.c.programme == modules.c.programme)
    mine = programmes.c.provider == key
    verified = connection.scalar(select(func.count()).select_from(programmes).where(mine, programmes.c.verified.is_(True)))
    goes_on = or_(groups.c.ends_on.is_(None), groups.c.ends_on >= today.isoformat())
    open_groups = connection.scalar(select(func.count()).select_from(joined).where(mine, goes_on))
    here = joined.join(enrollments, enrollments.c.group == groups.c.group)
    day = today.isoformat()
    in_force = and_(enrollments.c.starts_on <= day, enrollments.c.ends_on >= day, enrollments.c.state.not_in(NOT_IN_FORCE))
    enrolled = connection.scalar(select(func.count(enrollments.c.certificate.distinct())).select_from(here).where(mine, in_force))
    return verified or 0, open_groups or 0, enrolled or 0


def agree(connection: Connection, clock: Clock, provider_key: str, payer_key: str, first: dt.date, last: dt.date, person: str) -> None:
    """An agreement from day to day; one that begins on that day already has another end from now on. As a row of a district."""
    days = {"valid_from": first.isoformat(), "valid_to": last.isoformat()}
    records.store(connection, clock, agreements=[{"provider": provider_key, "payer": payer_key, **days}])
    note(connection, clock.now(), "agreement", payer_key, person, days, provider_key)


def _holds(today: dt.date) -> Any:
    return and_(agreements.c.valid_from <= today.isoformat(), agreements.c.valid_to >= today.isoformat())


# ---------------------------------------------------------------- the history


def note(
    connection: Connection, now: dt.datetime, what: str, payer_key: str, person: str, said: dict[str, Any], provider_key: str | None = None
) -> None:
    """Write down what was done: a limit, or an agreement."""
    row = {"what": what, "payer": payer_key, "provider": provider_key, "said": json.dumps(said), "person": person, "at": instant(now)}
    connection.execute(insert(party_steps), [row])


def steps(connection: Connection, **of: str) -> list[dict[str, Any]]:
    """What was done, the latest first: of a ``payer`` or of a ``provider``, each with who did it and the payer's name."""
    names = (persons.c.last_name, persons.c.first_name, payers.c.name.label("payer_name"))
    joined = party_steps.join(persons, persons.c.person == party_steps.c.person).join(payers, payers.c.payer == party_steps.c.payer)
    wanted = select(party_steps, *names).select_from(joined)
    for name, key in of.items():
        wanted = wanted.where(party_steps.c[name] == key)
    rows = connection.execute(wanted.order_by(party_steps.c.step.desc()).limit(HISTORY))
    return [{**row._mapping, "said": json.loads(row.said)} for row in rows]
