"""What the register tells of its own accord: its movements of money and its attendance, taken over in one transaction with the cursor."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import postgresql, sqlite

from gateway.core.adopt import KnownClaim, Ours, Place, TheirAttendance, take_over, take_over_attendance
from gateway.core.claims import claim_key
from gateway.core.collect import Cell
from gateway.core.periods import Period, month_of
from gateway.core.post import Accepted, Operation, OperationState, Settled
from gateway.store import codec
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.ledger import free_of, lock_accounts
from gateway.store.post import OPERATION_COLUMNS, operation_from
from gateway.store.register import payers_of, save_cursor
from gateway.store.rows import in_chunks, insert_many, lock_new_claims, relist, reserve_ids
from gateway.store.settled import save_settled

_O, _C = t.operation.c, t.claim.c
_JOIN = (_O.payer == _C.payer) & (_O.claim == _C.claim)


class Movement(NamedTuple):
    """An acceptance of the register, with its claim. ``starts_at``: of the lesson."""

    accepted: Accepted
    place: Place
    starts_at: dt.datetime
    status: str | None = None


class Adopted(NamedTuple):
    """What nobody here had asked for: how many acceptances, and of which months their lessons are."""

    strange: int
    months: frozenset[str]


def save_movements(
    engine: Engine, register: str, movements: Sequence[Movement], cursor: str, nominal_period: Callable[[dt.date], Period], now: dt.datetime
) -> Adopted:
    """Take over a page of the register's money: ours settles, what we do not know is adopted."""
    strange, months = 0, set[str]()
    with writing(engine) as connection:
        _lock_feed(connection, register, "movements", now)
        for payer, mine in sorted(_by_payer(connection, movements).items()):
            adopted = _take_over(connection, payer, mine, nominal_period, now)
            strange += adopted.strange
            months |= adopted.months
        save_cursor(connection, register, "movements", cursor, now)
    return Adopted(strange, frozenset(months))


def save_attendances(engine: Engine, register: str, movements: Sequence[Movement], now: dt.datetime) -> int:
    """Take over the register's attendance. How much of it nobody here had asked for."""
    strange = 0
    with writing(engine) as connection:
        _lock_feed(connection, register, "attendance", now)
        for payer, mine in sorted(_by_payer(connection, movements).items()):
            settled = Settled()
            places = {movement.place: movement.starts_at for movement in mine}
            claims = _claims(connection, payer, places)
            ours = _operations(connection, payer, claims.values())
            by_place: dict[Place, list[TheirAttendance]] = defaultdict(list)
            for movement in mine:
                by_place[movement.place].append(TheirAttendance(movement.accepted.id, movement.accepted.n, movement.status or "none"))
            for place, theirs in by_place.items():
                claim = claims[place]
                waiting = [one for each in ours[claim.about.claim].values() for one in each if one.operation.kind == "attendance"]
                strange += take_over_attendance(claim, theirs, waiting, settled)
            save_settled(connection, settled, now)
    return strange


def say_again(engine: Engine, provider: str, source: str, cells_said: Callable[[], Collection[Cell]]) -> int:
    """A file says anew what it said before: where the register's word was adopted meanwhile, the source's counts again. How many claims.

    Args:
        cells_said: the file's cells; asked for only where there are such claims.
    """
    with reading(engine) as connection:
        claims = connection.execute(_UNSAID, {"provider": provider}).all()
        if not claims:
            return 0
        said = _marks_at(connection, provider, source, {mark for _, _, mark in claims}, cells_said())
    by_payer: dict[str, list[int]] = defaultdict(list)
    for payer, claim, mark in claims:
        if mark in said:
            by_payer[payer].append(claim)
    for payer, mine in sorted(by_payer.items()):
        with writing(engine) as connection:
            for chunk in in_chunks(sorted(mine)):
                connection.execute(sa.update(t.claim).where(_C.payer == payer, _C.claim.in_(chunk)).values(is_said=True))
                relist(connection, t.to_decide, sa.select(_C.payer, _C.claim).where(_C.payer == payer, _C.claim.in_(chunk)), "payer")
    return sum(map(len, by_payer.values()))


# Unsaid claims are few, and have an index of their own. `coalesce` keeps the planner from going through all of the provider's.
_UNSAID = sa.select(_C.payer, _C.claim, _C.mark).where(
    sa.func.coalesce(_C.provider, "") == sa.bindparam("provider"), _C.is_said.is_(False), _C.status.is_not(None), _C.mark.is_not(None)
)


def _marks_at(connection: Connection, provider: str, source: str, marks: Collection[int], cells: Collection[Cell]) -> set[int]:
    """Which of these marks stand in these cells."""
    columns = t.mark.c
    found: set[int] = set()
    for chunk in in_chunks(sorted(marks)):
        rows = connection.execute(
            sa.select(columns.mark, columns.person, columns.group_id, columns.day, columns.lesson).where(
                columns.provider == provider, columns.source == source, columns.mark.in_(chunk)
            )
        )
        found.update(mark for mark, *cell in rows if Cell(*cell) in cells)
    return found


def first_month(engine: Engine) -> str | None:
    """The month of the first enrollment or claim that is known."""
    with reading(engine) as connection:
        months = [month for (month,) in connection.execute(sa.select(sa.func.min(_C.month))) if month]
        for (body,) in connection.execute(sa.select(t.enrollment.c.body)):
            first = codec.enrollment_from(body).period.first
            if first != dt.date.min:
                months.append(month_of(first))
    return min(months, default=None)


def _lock_feed(connection: Connection, register: str, feed: str, now: dt.datetime) -> None:
    """One process at a time takes a feed over: two that read the same page would both adopt it."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    row = {"register": register, "feed": feed, "cursor": None, "read_at": now.isoformat()}
    connection.execute(make(t.register_cursor).values(row).on_conflict_do_nothing(index_elements=["register", "feed"]))
    columns = t.register_cursor.c
    connection.execute(sa.select(columns.feed).where(columns.register == register, columns.feed == feed).with_for_update())


def _by_payer(connection: Connection, movements: Iterable[Movement]) -> dict[str, list[Movement]]:
    """Each payer's movements: the payer is the certificate's, else the lesson's. What has none is left to a reconciliation to tell."""
    movements = list(movements)
    of_certificate: dict[str, set[str]] = defaultdict(set)
    columns = t.certificate.c
    for chunk in in_chunks(sorted({one.accepted.certificate for one in movements if one.accepted.certificate})):
        rows = connection.execute(sa.select(columns.certificate, columns.payer).where(columns.certificate.in_(chunk)))
        for certificate, payer in rows:
            of_certificate[certificate].add(payer)
    payer_of = payers_of(
        connection, {one.place.child for one in movements if len(of_certificate.get(one.accepted.certificate or "", ())) != 1}
    )
    found: dict[str, list[Movement]] = defaultdict(list)
    for one in movements:
        certain = of_certificate.get(one.accepted.certificate or "", ())
        payer = next(iter(certain)) if len(certain) == 1 else payer_of(one.place.child, one.place.group, one.place.day)
        if payer:
            found[payer].append(one)
    return found


def _take_over(
    connection: Connection, payer: str, movements: Sequence[Movement], nominal_period: Callable[[dt.date], Period], now: dt.datetime
) -> Adopted:
    claims = _claims(connection, payer, {movement.place: movement.starts_at for movement in movements})
    ours = _operations(connection, payer, claims.values())
    unknown: dict[Place, list[tuple[Accepted, Ours | None]]] = defaultdict(list)
    for movement in movements:
        same = ours[claims[movement.place].about.claim].get(movement.accepted.id, [])
        if not any(one.state is OperationState.ACCEPTED for one in same):
            unknown[movement.place].append((movement.accepted, _first_to_answer(same)))
    if not unknown:
        return Adopted(0, frozenset())
    certificates = {accepted.certificate or "" for each in unknown.values() for accepted, _ in each}
    lock_accounts(connection, payer, certificates)
    left, settled = free_of(connection, payer, certificates), Settled()
    strange = {place: take_over(claims[place], theirs, nominal_period, left, settled) for place, theirs in unknown.items()}
    save_settled(connection, settled, now)
    return Adopted(sum(strange.values()), frozenset(month_of(place.day) for place, number in strange.items() if number))


_WAITS = (OperationState.SENDING, OperationState.UNANSWERED, OperationState.TO_SEND, OperationState.HELD, OperationState.RELEASED)


def _first_to_answer(same: Sequence[Ours]) -> Ours | None:
    """Of several operations under one id, the one that waits for the answer, before one that a person has given up."""
    waiting = [one for one in same if one.state in _WAITS]
    return min(waiting, key=lambda one: _WAITS.index(one.state), default=None)


# ---------------------------------------------------------------- what we know of these claims


def _claims(connection: Connection, payer: str, places: Mapping[Place, dt.datetime]) -> dict[Place, KnownClaim]:
    """Our claims there, locked; opened without a word where we have none."""
    if missing_at := places.keys() - _find_claims(connection, payer, places, locked=False).keys():
        # Before any claim is locked, as match does it: else each could wait for the other. What comes meanwhile is found below.
        for provider in sorted({place.provider for place in missing_at}):
            lock_new_claims(connection, payer, provider)
    found = _find_claims(connection, payer, places)
    missing = {place: starts_at for place, starts_at in places.items() if place not in found}
    if missing:
        _open_claims(connection, payer, missing)
        found |= _find_claims(connection, payer, missing)
    return found


def _find_claims(connection: Connection, payer: str, places: Mapping[Place, dt.datetime], locked: bool = True) -> dict[Place, KnownClaim]:
    found: dict[Place, KnownClaim] = {}
    days = [place.day for place in places]
    columns = (_C.provider, _C.child, _C.group_id, _C.day, _C.slot, _C.claim, _C.key, _C.starts_at, _C.live, _C.debits, _C.attendances)
    for chunk in in_chunks(sorted({place.child for place in places})):
        query = (
            sa.select(*columns)
            .where(_C.payer == payer, _C.child.in_(chunk), _C.day >= min(days), _C.day <= max(days))
            .where(_C.provider.in_(sorted({place.provider for place in places})))
            .order_by(_C.claim)
        )
        rows = connection.execute(query.with_for_update() if locked else query)
        for provider, child, group, day, slot, claim, key, starts_at, live, debits, attendances in rows:
            place = Place(provider, child, group, day, slot)
            if place in places:
                about = _about(payer, claim, key, place, dt.datetime.fromisoformat(starts_at))
                found[place] = KnownClaim(about, live, debits, attendances)
    return found


def _about(payer: str, claim: int, key: str, place: Place, starts_at: dt.datetime) -> Operation:
    return Operation(
        payer, 0, "", "adopted", claim, key, *place, starts_at, 0, month_of(place.day), 0, None, None, 0, None, None, None
    )  # fmt: skip


def _open_claims(connection: Connection, payer: str, places: Mapping[Place, dt.datetime]) -> None:
    first = reserve_ids(connection, payer, "claim", len(places))
    insert_many(
        connection,
        t.claim,
        (
            "payer", "claim", "key", "provider", "child", "group_id", "day", "slot", "month", "starts_at", "ends_at", "from_empty",
            "is_cancelled", "conflict", "is_said", "lacks_funds", "is_early", "keeps", "debits", "attendances", "under_way",
        ),
        [
            (
                payer, first + offset, claim_key(*place), *place, month_of(place.day), starts_at.isoformat(), starts_at.isoformat(), False,
                False, "", False, False, False, False, 0, 0, 0,
            )
            for offset, (place, starts_at) in enumerate(places.items())
        ],
    )  # fmt: skip


def _operations(connection: Connection, payer: str, claims: Iterable[KnownClaim]) -> dict[int, dict[str, list[Ours]]]:
    """Claim → id → our operations under it. They are found by their claims: no index knows the ids."""
    found: dict[int, dict[str, list[Ours]]] = {claim.about.claim: {} for claim in claims}
    for chunk in in_chunks(sorted(found)):
        rows = connection.execute(
            sa.select(_O.state, *OPERATION_COLUMNS)
            .select_from(t.operation.join(t.claim, _JOIN))
            .where(_O.payer == payer, _C.payer == payer, _O.claim.in_(chunk))
            .order_by(_O.operation)
            .with_for_update(of=t.operation)
        )
        for row in rows:
            one = operation_from(row[1:])
            found[one.claim].setdefault(one.id, []).append(Ours(one, OperationState(row[0])))
    return found
