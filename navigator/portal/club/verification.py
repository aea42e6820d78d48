"""A programme's verification: draft → sent → verified, or returned with a reason; and then again when the club changes it.

What was never verified stands in the register as the club writes it, not verified: the catalogue does not show it, and nothing is debited
for it (M01). What is verified holds until a change of it is verified too: the change waits here as a proposal, and on verification goes
into the register as a district's rows do. The register's values are not dated, so a change of price would also judge anew what was
attended before it. Therefore what a lesson costs never changes in a module that families have been enrolled in (they agreed to that price,
K04): `Enrolled`. A new price is a new module.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, func, insert, select, update

from gateway.core.money import roubles_from_kopecks
from navigator.clock import Clock
from navigator.portal import records
from navigator.portal.club.tables import programme_check_steps, programme_checks
from navigator.portal.tables import instant, persons
from navigator.tables import enrollments, groups, modules, programmes, providers

DRAFT, SENT, VERIFIED, RETURNED = "draft", "sent", "verified", "returned"
STATES = (DRAFT, SENT, VERIFIED, RETURNED)
PROGRAMME = ("programme", "provider", "title", "direction", "age_from_months", "age_to_months")
PRICE = ("unit", "unit_price_kopecks", "unit_normative_kopecks")
"""What decides what a lesson costs."""
MODULE = ("module", "programme", "title", *PRICE, "planned_hours")

Item = dict[str, Any]


class NotNow(Exception):
    """The programme is not in the state that this needs: somebody was faster, or there is nothing to send."""


class Enrolled(Exception):
    """A module whose price would change has children enrolled by now. ``title``: which one."""

    def __init__(self, title: str) -> None:
        super().__init__(f"children are enrolled in {title}")
        self.title = title


@dataclass(frozen=True, slots=True)
class Version:
    """A programme's own values and its modules', under the names of the register's columns; sums in kopecks, ages in months."""

    programme: Item
    modules: list[Item]


# ---------------------------------------------------------------- looking


def state_of(connection: Connection, programme: str) -> str:
    """Draft, sent, verified or returned; of a verified programme with a change under way the change's state."""
    known = connection.scalar(select(programme_checks.c.state).where(programme_checks.c.programme == programme))
    is_verified = connection.scalar(select(programmes.c.verified).where(programmes.c.programme == programme))
    return str(known) if known is not None else VERIFIED if is_verified else DRAFT


def standing(connection: Connection, programme: str) -> Version:
    """What the register says now."""
    row = connection.execute(select(programmes).where(programmes.c.programme == programme)).one()
    rows = connection.execute(select(modules).where(modules.c.programme == programme).order_by(modules.c.module))
    return Version(_named(row, PROGRAMME), [_named(each, MODULE) for each in rows])


def proposed(connection: Connection, programme: str) -> Version:
    """What it shall be: the register's word, and over it what is proposed."""
    now = standing(connection, programme)
    said = connection.scalar(select(programme_checks.c.proposal).where(programme_checks.c.programme == programme))
    if not said:
        return now
    change = json.loads(said)
    known = {each["module"]: each for each in now.modules}
    for each in change["modules"]:
        known[each["module"]] = {**known.get(each["module"], {}), **each}
    return Version({**now.programme, **change["programme"]}, [known[key] for key in sorted(known)])


def waiting(connection: Connection, after: str = "", limit: int = 50) -> list[Row[Any]]:
    """Programmes that wait for the operator, the first sent first, behind the programme ``after``.

    Each with programme, title, provider, provider_name, since (when it was sent) and verified (true: a change of a verified one).
    """
    wanted = select(programme_checks.c.since, programmes.c.programme, programmes.c.title, programmes.c.verified, programmes.c.provider)
    wanted = wanted.add_columns(providers.c.name.label("provider_name"))
    joined = wanted.join(programmes, programmes.c.programme == programme_checks.c.programme).join(providers)
    joined = joined.where(programme_checks.c.state == SENT)
    if after:
        since = select(programme_checks.c.since).where(programme_checks.c.programme == after).scalar_subquery()
        is_later = (programme_checks.c.since == since) & (programme_checks.c.programme > after)
        joined = joined.where((programme_checks.c.since > since) | is_later)
    return list(connection.execute(joined.order_by(programme_checks.c.since, programme_checks.c.programme).limit(limit)))


def waiting_count(connection: Connection) -> int:
    """How many programmes wait for the operator."""
    mine = programme_checks.c.state == SENT
    return connection.scalar(select(func.count()).select_from(programme_checks).where(mine)) or 0


def steps_of(connection: Connection, programme: str) -> list[Row[Any]]:
    """What became of it, the last step first, each with who did it."""
    names = (persons.c.last_name, persons.c.first_name, persons.c.role)
    wanted = select(programme_check_steps, *names).join(persons, persons.c.person == programme_check_steps.c.person)
    mine = programme_check_steps.c.programme == programme
    return list(connection.execute(wanted.where(mine).order_by(programme_check_steps.c.step.desc()).limit(50)))


def enrolled_modules(connection: Connection, programme: str) -> set[str]:
    """The programme's modules in which a child has, had or has asked for a place: what a lesson costs there is agreed upon."""
    mine = select(groups.c.module).distinct().join(enrollments, enrollments.c.group == groups.c.group)
    mine = mine.join(modules, modules.c.module == groups.c.module)
    return set(connection.scalars(mine.where(modules.c.programme == programme, enrollments.c.state.not_in(("draft", "refused")))))


# ---------------------------------------------------------------- the club


def write(connection: Connection, programme: Item, changed_modules: Iterable[Item], at: dt.datetime) -> None:
    """The club's word of a programme and of some of its modules; into the register, or beside it where the programme is verified.

    Raises:
        NotNow: it is with the operator.
        Enrolled: see `decide`.
    """
    key, said = programme["programme"], list(changed_modules)
    row = connection.execute(select(programmes.c.verified).where(programmes.c.programme == key)).one_or_none()
    if row is None:
        _store(connection, programme, said, False, at)
        _set(connection, key, DRAFT, at, "")
        return
    state, now, before = state_of(connection, key), standing(connection, key), proposed(connection, key)
    if state == SENT:
        raise NotNow(key)
    known = {each["module"]: each for each in before.modules} | {each["module"]: each for each in said}
    version = Version({**before.programme, **programme}, [known[each] for each in sorted(known)])
    _keep_prices(connection, key, version)
    if not row.verified:
        _store(connection, version.programme, version.modules, False, at)
        _set(connection, key, state if state == RETURNED else DRAFT, at, "")
        return
    change = {
        "programme": {name: value for name, value in version.programme.items() if value != now.programme[name]},
        "modules": [each for each in version.modules if each not in now.modules],
    }
    is_change = bool(change["programme"] or change["modules"])
    state = VERIFIED if not is_change else RETURNED if state == RETURNED else DRAFT
    _set(connection, key, state, at, json.dumps(change, ensure_ascii=False) if is_change else "")


def send(connection: Connection, programme: str, person: str, at: dt.datetime) -> None:
    """Send it to the operator.

    Raises:
        NotNow: it is there already, or nothing differs from what is verified, or it has no module.
        Enrolled: see `decide`.
    """
    version = proposed(connection, programme)
    if state_of(connection, programme) not in (DRAFT, RETURNED) or not version.modules:
        raise NotNow(programme)
    _keep_prices(connection, programme, version)
    _step(connection, programme, SENT, person, "", version, at)


def take_back(connection: Connection, programme: str, person: str, at: dt.datetime) -> None:
    """The club takes it back before it is decided, to change it.

    Raises:
        NotNow: it is not there any more.
    """
    if state_of(connection, programme) != SENT:
        raise NotNow(programme)
    _step(connection, programme, DRAFT, person, "", proposed(connection, programme), at)


def discard(connection: Connection, programme: str, person: str, at: dt.datetime) -> None:
    """The club gives a change of a verified programme up: what is verified stays.

    Raises:
        NotNow: there is no change, or it is with the operator.
    """
    is_verified = connection.scalar(select(programmes.c.verified).where(programmes.c.programme == programme))
    if not is_verified or state_of(connection, programme) not in (DRAFT, RETURNED):
        raise NotNow(programme)
    _set(connection, programme, VERIFIED, at, "")
    _step(connection, programme, VERIFIED, person, "", standing(connection, programme), at)


# ---------------------------------------------------------------- the operator


def decide(connection: Connection, programme: str, verified: bool, reason: str, person: str, at: dt.datetime) -> None:
    """The operator verifies it, and its values hold from now on; or returns it with a reason, and what held before holds on.

    Raises:
        NotNow: it does not wait for a decision (any more).
        Enrolled: somebody was enrolled meanwhile in a module whose price would change; it can only be returned.
    """
    if state_of(connection, programme) != SENT:
        raise NotNow(programme)
    version = proposed(connection, programme)
    if verified:
        _keep_prices(connection, programme, version)
        _store(connection, version.programme, version.modules, True, at)
        _set(connection, programme, VERIFIED, at, "")
    _step(connection, programme, VERIFIED if verified else RETURNED, person, reason, version, at)


# ---------------------------------------------------------------- parts


def _keep_prices(connection: Connection, programme: str, version: Version) -> None:
    now = {each["module"]: each for each in standing(connection, programme).modules}
    enrolled = enrolled_modules(connection, programme)
    for each in version.modules:
        before = now.get(each["module"])
        if before is not None and each["module"] in enrolled and any(each[name] != before[name] for name in PRICE):
            raise Enrolled(before["title"] or each["module"])


def _store(connection: Connection, programme: Item, said: list[Item], verified: bool, at: dt.datetime) -> None:
    """As rows of a district. A module that is new is open: it is closed by whoever verifies no more, never by the way."""
    known = set(connection.scalars(select(modules.c.module).where(modules.c.programme == programme["programme"])))
    rows = [_as_row(each) | ({} if each["module"] in known else {"open": "true"}) for each in said]
    records.store(
        connection,
        Clock(ZoneInfo("UTC"), at),
        programmes=[{**_as_row(programme), "verified": "true" if verified else "false"}],
        modules=rows,
    )


def _as_row(values: Item) -> dict[str, str | None]:
    """Values under the names of the columns, as the cells of a district's file."""
    row: dict[str, str | None] = {}
    for name, value in values.items():
        if name.endswith("_kopecks"):
            row[name.removesuffix("_kopecks")] = None if value is None else roubles_from_kopecks(value)
        else:
            row[name] = None if value is None or value == "" else str(value)
    return row


def _named(row: Row[Any], names: tuple[str, ...]) -> Item:
    return {name: row._mapping[name] for name in names}


def _set(connection: Connection, programme: str, state: str, at: dt.datetime, proposal: str | None = None) -> None:
    """The state, and where one is told the proposal."""
    values = {"state": state, "since": instant(at)} | ({} if proposal is None else {"proposal": proposal})
    if not connection.execute(update(programme_checks).where(programme_checks.c.programme == programme).values(**values)).rowcount:
        connection.execute(insert(programme_checks), [{"programme": programme, "proposal": "", **values}])


def _step(connection: Connection, programme: str, state: str, person: str, reason: str, version: Version, at: dt.datetime) -> None:
    _set(connection, programme, state, at)
    told = json.dumps({"programme": version.programme, "modules": version.modules}, ensure_ascii=False, sort_keys=True)
    row = {"programme": programme, "state": state, "person": person, "at": instant(at), "reason": reason, "version": told}
    connection.execute(insert(programme_check_steps), [row])
