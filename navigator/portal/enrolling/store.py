"""Requests for a place, in the order of asking; what a club answers; and the money that comes with it.

All of it is decided under the writer's lock, so the last place and the last certificate of a payer's limit have one taker each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update

from gateway.core.money import roubles_from_kopecks
from navigator import catalogue, changes, commands, people
from navigator.clock import Clock
from navigator.engine import portions
from navigator.portal import records
from navigator.portal.catalogue.store import groups_of_child, places_taken
from navigator.portal.enrolling.quote import Money, Quote
from navigator.portal.financing import store as financing
from navigator.portal.region import region
from navigator.portal.tables import instant, limits, persons, requests
from navigator.tables import certificates, children, enrollments, groups, modules, nominals, payers, programmes

WAITING, ASKED, UNFUNDED, ENROLLED, REFUSED, WITHDRAWN = "waiting", "asked", "unfunded", "enrolled", "refused", "withdrawn"
LEFT = "left"
LIVE = (WAITING, ASKED, UNFUNDED, ENROLLED)

Item = dict[str, Any]


class Answered(Exception):
    """The request is no longer in the state that this needs: somebody was faster."""


class Over(Answered):
    """The days that were asked for, and quoted, have passed."""


# ---------------------------------------------------------------- looking


def group(connection: Connection, key: str) -> Item | None:
    """A group as the catalogue serves it."""
    return next(iter(catalogue.group_items(connection, [key]).values()), None)


def is_full(connection: Connection, item: Item, today: dt.date) -> bool:
    """Whether whoever asks now comes onto the group's list."""
    return item["places"] is not None and places_taken(connection, [item["group"]], today).get(item["group"], 0) >= item["places"]


def others_of(connection: Connection, child: str, today: dt.date) -> list[Item]:
    """The groups that a child attends or has asked for, those too that it waits for."""
    waited = select(requests.c.group).where(requests.c.child == child, requests.c.state.in_((WAITING, ASKED, UNFUNDED)), _goes_on(today))
    items = [*groups_of_child(connection, child, today), *catalogue.group_items(connection, connection.scalars(waited).all()).values()]
    return list({each["group"]: each for each in items}.values())


def money_of(connection: Connection, child: str, today: dt.date) -> Money:
    """What the certificate holds; what an accepted application would give where it is one of accounting, or has nothing this year yet."""
    held, latest = financing.certificate_of(connection, child, today), financing.latest_of(connection, child)
    if held is None or held.state != "active":
        return Money(0, False, False)
    is_accepted = latest is not None and latest.state == financing.ACCEPTED
    if held.kind == "financing" and (held.standing.nominal_kopecks or not is_accepted):
        return Money(held.standing.available_kopecks, True, False)
    return Money(nominal_of(latest.category) if latest is not None and is_accepted else 0, False, is_accepted)


def nominal_of(category: str) -> int:
    """The nominal of a category that the region knows; of one that it knows no more, the common one."""
    known = region().categories
    return known[category if category in known else "common"].nominal_kopecks


def live_request(connection: Connection, child: str, key: str, today: dt.date) -> Row[Any] | None:
    """The child's request for this group that is not over: an enrollment of last year keeps nobody from asking for this one."""
    attended = select(enrollments.c.enrollment).where(enrollments.c.enrollment == requests.c.request)
    is_attended = attended.where(enrollments.c.ends_on >= today.isoformat()).exists()
    is_live = requests.c.state.in_(LIVE) & or_(and_(requests.c.state != ENROLLED, _goes_on(today)), is_attended)
    mine = (requests.c.child == child) & (requests.c.group == key) & is_live
    return connection.execute(select(requests).where(mine).order_by(requests.c.place.desc()).limit(1)).one_or_none()


def of_child(connection: Connection, child: str) -> list[tuple[Row[Any], Item, int]]:
    """A child's requests, the last one first, each with its group and its place on the list (0: it does not wait)."""
    rows = connection.execute(select(requests).where(requests.c.child == child).order_by(requests.c.place.desc()).limit(50)).all()
    items = catalogue.group_items(connection, {row.group for row in rows})
    places = places_of(connection, rows)
    return [(row, items[f"group {row.group}"], places.get(row.request, 0)) for row in rows]


def place_of(connection: Connection, row: Row[Any]) -> int:
    """The place on the list of the group, or of the payer's money; 0 where the request does not wait."""
    if row.state not in (WAITING, UNFUNDED):
        return 0
    same = requests.c.group == row.group if row.state == WAITING else requests.c.payer == row.payer
    mine = select(func.count()).select_from(requests).where(same, requests.c.state == row.state, requests.c.place <= row.place)
    return connection.scalar(mine) or 0


def places_of(connection: Connection, rows: Sequence[Row[Any]]) -> dict[str, int]:
    """The same of many; who does not wait is left out."""
    found: dict[str, int] = {}
    other = requests.alias()
    for state, column in ((WAITING, "group"), (UNFUNDED, "payer")):
        for portion in portions(row.request for row in rows if row.state == state):
            before = (other.c[column] == requests.c[column]) & (other.c.state == state) & (other.c.place <= requests.c.place)
            counted = select(requests.c.request, func.count()).join(other, before).where(requests.c.request.in_(portion))
            found.update((key, number) for key, number in connection.execute(counted.group_by(requests.c.request)))
    return found


TITLES = (groups.c.title, programmes.c.title.label("programme_title"))


def with_titles(wanted: Select[Any]) -> Select[Any]:
    """Requests with `TITLES`: a group is called by its programme too, since «Группа А» is in each of them."""
    joined = wanted.join(groups, groups.c.group == requests.c.group).join(modules, modules.c.module == groups.c.module)
    return joined.join(programmes, programmes.c.programme == modules.c.programme)


def title_of(row: Row[Any]) -> str:
    """What a letter calls the group of a request with its titles: «Лепка, группа А»."""
    return f"{row.programme_title or row.group}, {row.title or row.group}"


def request(connection: Connection, key: str) -> Row[Any] | None:
    """A request with its child and the one who asked."""
    names = (children.c.last_name, children.c.first_name, children.c.patronymic, children.c.birth_date)
    wanted = select(requests, *names, persons.c.email, persons.c.language, *TITLES)
    joined = with_titles(wanted.join(children, children.c.child == requests.c.child).join(persons, persons.c.person == requests.c.person))
    return connection.execute(joined.where(requests.c.request == key)).one_or_none()


def of_provider(connection: Connection, provider: str, state: str, after: int, limit: int) -> list[Row[Any]]:
    """A club's requests of a state in the order of asking, behind ``after``."""
    mine = (requests.c.provider == provider) & (requests.c.state == state) & (requests.c.place > after)
    wanted = select(requests, children.c.last_name, children.c.first_name, children.c.birth_date, *TITLES)
    joined = with_titles(wanted.join(children, children.c.child == requests.c.child))
    return list(connection.execute(joined.where(mine).order_by(requests.c.place).limit(limit)))


# ---------------------------------------------------------------- asking


def ask(connection: Connection, clock: Clock, child: str, person: str, item: Item, quote: Quote) -> str:
    """Ask for a place: held at once where one is free, else on the list. Asked for again, the first request stands."""
    known = live_request(connection, child, item["group"], clock.today())
    if known is not None:
        return str(known.request)
    held = connection.execute(
        select(certificates).where(certificates.c.child == child).order_by(certificates.c.valid_from.desc()).limit(1)
    ).one()
    place = 1 + (connection.scalar(select(func.max(requests.c.place))) or 0)
    key = f"Z-{clock.today().year}-{place:06d}"
    row = {"request": key, "child": child, "certificate": held.certificate, "payer": held.payer, "group": item["group"]}
    row |= {"provider": item["provider"], "person": person, "place": place, "state": WAITING, "asked_at": instant(clock.now())}
    row |= {**quote._asdict(), "starts_on": quote.starts_on.isoformat(), "ends_on": quote.ends_on.isoformat()}
    row["consented_at"] = instant(clock.now()) if quote.family_kopecks else None
    connection.execute(insert(requests), [row])
    hold_places(connection, clock, item["group"])
    return key


def hold_places(connection: Connection, clock: Clock, key: str) -> list[str]:
    """Give the group's free places to those who wait, in their order; the requests that got one."""
    limit = connection.scalar(select(groups.c.places).where(groups.c.group == key))
    free = None if limit is None else limit - places_taken(connection, [key], clock.today()).get(key, 0)
    waiting = select(requests).where(requests.c.group == key, requests.c.state == WAITING, _goes_on(clock.today()))
    waiting = waiting.order_by(requests.c.place)
    rows = connection.execute(waiting if free is None else waiting.limit(max(0, free))).all()
    if rows:
        _enroll(connection, clock, rows, "requested")
        _set(connection, [row.request for row in rows], ASKED)
    return [row.request for row in rows]


def groups_with_free_places(connection: Connection, today: dt.date) -> list[str]:
    """The groups for which somebody waits although a place is free."""
    waited = select(groups.c.group, groups.c.places).where(
        groups.c.group.in_(select(requests.c.group).where(requests.c.state == WAITING).distinct())
    )
    places = {row.group: row.places for row in connection.execute(waited.order_by(groups.c.group))}
    taken = places_taken(connection, list(places), today)
    return [group for group, limit in places.items() if limit is None or taken.get(group, 0) < limit]


def withdraw(connection: Connection, clock: Clock, key: str) -> list[str]:
    """Take a request back before it is answered; the requests that got its place.

    Raises:
        Answered: it is enrolled, or over.
    """
    return _end(connection, clock, key, (WAITING, ASKED, UNFUNDED), WITHDRAWN, "")


def refuse(connection: Connection, clock: Clock, key: str, reason: str) -> list[str]:
    """The club refuses, with its reason; the requests that got the place.

    Raises:
        Answered: the request does not wait for an answer.
    """
    return _end(connection, clock, key, (ASKED,), REFUSED, reason)


def accept(connection: Connection, clock: Clock, key: str) -> list[str]:
    """The club accepts: the certificate of financing with its sum, and the enrollment, in this one transaction.

    The requests that are enrolled now: this one, unless it waits for money, and whoever waited before it and fits now.

    Raises:
        Answered: the request does not wait for an answer.
        Over: it waited for so long that its days have passed.
    """
    row = connection.execute(select(requests).where(requests.c.request == key)).one()
    if row.state != ASKED:
        raise Answered(key)
    if row.ends_on < clock.today().isoformat():
        raise Over(key)
    _set(connection, [key], UNFUNDED, answered_at=instant(clock.now()))
    _enroll(connection, clock, [row], "accepted")
    return fund(connection, clock, row.payer)


# ---------------------------------------------------------------- money


def fund(connection: Connection, clock: Clock, payer: str) -> list[str]:
    """Give certificates of financing to those who were accepted, in the order of asking, within the payer's limits; who is enrolled now.

    The first whose sum does not fit holds up those behind it: nobody is passed over. Who needs no money is not held up.
    """
    year, done = clock.today().year, []
    waiting = select(requests).where(requests.c.payer == payer, requests.c.state == UNFUNDED, _goes_on(clock.today()))
    is_full = False
    for row in connection.execute(waiting.order_by(requests.c.place)).all():
        money = money_of(connection, row.child, clock.today())
        if not money.is_given and row.certificate_kopecks:
            is_full = is_full or not _fits(connection, payer, year, money.available_kopecks)
            if is_full or not money.may_be_given:
                continue
            _give(connection, clock, row.certificate, money.available_kopecks)
        starts_on = max(row.starts_on, clock.today().isoformat())
        _enroll(connection, clock, [row], "active", starts_on)
        _set(connection, [row.request], ENROLLED, starts_on=starts_on)
        done.append(str(row.request))
    return done


def used(connection: Connection, payer: str, year: int) -> tuple[int, int]:
    """How many certificates of a payer have a nominal in a year, and their sum."""
    mine = (nominals.c.payer == payer) & (nominals.c.first == f"{year}-01-01") & (nominals.c.amount_kopecks > 0)
    number, total = connection.execute(select(func.count(), func.sum(nominals.c.amount_kopecks)).where(mine)).one()
    return number, int(total or 0)


def limit_of(connection: Connection, payer: str, year: int) -> Row[Any] | None:
    """A payer's limits of a year; None: it has none."""
    return connection.execute(select(limits).where(limits.c.payer == payer, limits.c.year == year)).one_or_none()


def set_limit(connection: Connection, payer: str, year: int, number: int, sum_kopecks: int) -> None:
    """Set a payer's limits; what was given stays given."""
    values = {"certificates": number, "sum_kopecks": sum_kopecks}
    if not connection.execute(update(limits).where(limits.c.payer == payer, limits.c.year == year).values(**values)).rowcount:
        connection.execute(insert(limits), [{"payer": payer, "year": year, **values}])


def payers_with_limits(connection: Connection, year: int) -> list[Row[Any]]:
    """Each payer with its limits, what is used of them, and how many wait for money."""
    given = select(nominals.c.payer, func.count().label("number"), func.sum(nominals.c.amount_kopecks).label("total"))
    given = given.where(nominals.c.first == f"{year}-01-01", nominals.c.amount_kopecks > 0).group_by(nominals.c.payer)
    waiting = select(requests.c.payer, func.count().label("number")).where(requests.c.state == UNFUNDED).group_by(requests.c.payer)
    one, two = given.subquery(), waiting.subquery()
    wanted = select(payers, limits.c.certificates, limits.c.sum_kopecks, one.c.number, one.c.total, two.c.number.label("unfunded"))
    joined = wanted.outerjoin(limits, (limits.c.payer == payers.c.payer) & (limits.c.year == year))
    joined = joined.outerjoin(one, one.c.payer == payers.c.payer).outerjoin(two, two.c.payer == payers.c.payer)
    return list(connection.execute(joined.order_by(payers.c.name, payers.c.payer)))


def _fits(connection: Connection, payer: str, year: int, amount_kopecks: int) -> bool:
    limit = limit_of(connection, payer, year)
    if limit is None:
        return True
    number, total = used(connection, payer, year)
    return bool(number + 1 <= limit.certificates and total + amount_kopecks <= limit.sum_kopecks)


def _give(connection: Connection, clock: Clock, certificate: str, amount_kopecks: int) -> None:
    """The switch and the sum, as the operator's own command does it: a transfer from the payer's fund."""
    number = people.numbers_of(connection, [certificate])[certificate][-1]["number"]
    people.set_word(connection, certificate, people.KIND, "financing", clock.today())
    commands.nominal(connection, clock, number, roubles_from_kopecks(amount_kopecks), clock.today())
    changes.publish(connection, changes.Touched(certificates={certificate}))


# ---------------------------------------------------------------- parts


def _goes_on(today: dt.date) -> Any:
    """Requests whose days have not all passed."""
    return requests.c.ends_on >= today.isoformat()


def _end(connection: Connection, clock: Clock, key: str, from_states: tuple[str, ...], state: str, reason: str) -> list[str]:
    row = connection.execute(select(requests).where(requests.c.request == key)).one()
    if row.state not in from_states:
        raise Answered(key)
    _set(connection, [key], state, answered_at=instant(clock.now()), reason=reason)
    if row.state != WAITING:
        _enroll(connection, clock, [row], "refused")
    return hold_places(connection, clock, row.group)


def _set(connection: Connection, keys: list[str], state: str, **values: Any) -> None:
    connection.execute(update(requests).where(requests.c.request.in_(keys)).values(state=state, **values))


def _enroll(connection: Connection, clock: Clock, rows: Any, state: str, starts_on: str | None = None) -> None:
    """The enrollments of these requests in the register, in this state."""
    named = people.numbers_of(connection, [row.certificate for row in rows])
    said = [
        {
            "enrollment": row.request,
            "certificate": named[row.certificate][-1]["number"],
            "group": row.group,
            "starts_on": starts_on or row.starts_on,
            "ends_on": row.ends_on,
            "state": state,
        }
        for row in rows
    ]
    records.store(connection, clock, enrollments=said)
