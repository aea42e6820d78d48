"""What the operator does to a certificate: tried first and shown, then done, by the register's own commands and with a reason.

A trial is the real thing in a transaction that is taken back, so what is shown beforehand is what comes of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from gateway.core.money import roubles_from_kopecks
from navigator import commands
from navigator.clock import Clock
from navigator.ledger import Ledger, nominal_period
from navigator.portal.certificates import store
from navigator.portal.certificates.store import Picture
from navigator.portal.certificates.tables import certificate_steps
from navigator.portal.enrolling import store as enrolling
from navigator.portal.financing import store as financing
from navigator.portal.tables import applications, instant, requests
from navigator.tables import acceptances

FREEZE, UNFREEZE, CLOSE, ACTIVATE = "freeze", "unfreeze", "close", "activate"
REISSUE, NOMINAL, MOVE = "reissue", "nominal", "move"
CHANGES = (FREEZE, UNFREEZE, CLOSE, ACTIVATE, REISSUE, NOMINAL, MOVE)

Said = dict[str, Any]
"""What a change is done with: ``on`` (ISO day), ``number``, ``year``, ``kopecks``, ``payer``, ``returns_rest``; as the change needs it."""


class Trial(NamedTuple):
    """What a change would do. ``debits``: those of lessons on which nothing is paid any more, and their sum in kopecks.

    ``seen`` names exactly this trial: what is confirmed is what was shown.
    """

    before: Picture
    after: Picture
    debits: tuple[int, int]
    is_different: bool
    seen: str


def offered(picture: Picture) -> list[str]:
    """The changes that make sense where a certificate stands."""
    later = {dated.word for dated in picture.states if dated.from_day > picture.on}
    found: list[str] = []
    if picture.state in ("active", "requested"):
        found.append(FREEZE)
    if picture.state == "frozen" or "frozen" in later:
        found.append(UNFREEZE)
    if picture.state in ("closed", "requested") or "closed" in later:
        found.append(ACTIVATE)
    if picture.kind == "financing" and picture.state != "closed":
        found.append(NOMINAL)
    if picture.state != "closed":
        found += [REISSUE, MOVE, CLOSE]
    return found


def try_out(connection: Connection, clock: Clock, picture: Picture, change: str, said: Said) -> Trial:
    """Do it and take it back, within the caller's writing transaction.

    Raises:
        CommandRefused: it cannot be done.
    """
    trial = connection.begin_nested()
    try:
        is_different = _do(connection, clock, picture, change, said)
        after = store.picture(connection, picture.certificate, clock.today())
        assert after is not None, "a certificate is never deleted"
    finally:
        trial.rollback()
    debits = _debits_from(connection, picture.certificate, said["on"]) if change in (FREEZE, CLOSE) else (0, 0)
    told = json.dumps([picture, after, debits, change, said], ensure_ascii=False, sort_keys=True)
    return Trial(picture, after, debits, is_different, hashlib.sha256(told.encode()).hexdigest())


def do(connection: Connection, clock: Clock, picture: Picture, change: str, said: Said, reason: str, person: str) -> list[str]:
    """Do it and write it down; the requests that were waiting for money and have become enrollments by it.

    Raises:
        CommandRefused: it cannot be done; nothing may be committed then.
    """
    if not _do(connection, clock, picture, change, said):
        return []
    row = {"certificate": picture.certificate, "change": change, "said": json.dumps(said, ensure_ascii=False, sort_keys=True)}
    connection.execute(insert(certificate_steps), [{**row, "reason": reason, "person": person, "at": instant(clock.now())}])
    return enrolling.fund(connection, clock, picture.payer) if change in (NOMINAL, CLOSE) else []


def left_of_limit(connection: Connection, payer: str, year: int) -> int | None:
    """How many kopecks of a payer's limit are not given yet; below zero where more was given; None: no limit."""
    limit = enrolling.limit_of(connection, payer, year)
    return None if limit is None else int(limit.sum_kopecks) - enrolling.used(connection, payer, year)[1]


def has_certificate_left(connection: Connection, payer: str, year: int) -> bool:
    """Whether a payer's limit has room for one more certificate with a sum."""
    limit = enrolling.limit_of(connection, payer, year)
    return limit is None or enrolling.used(connection, payer, year)[0] < limit.certificates


def _do(connection: Connection, clock: Clock, picture: Picture, change: str, said: Said) -> bool:
    number, on = picture.number, dt.date.fromisoformat(said["on"]) if "on" in said else None
    match change:
        case "freeze":
            return commands.freeze(connection, clock, number, on).changed
        case "unfreeze":
            return commands.unfreeze(connection, clock, number, on).changed
        case "activate":
            return commands.activate(connection, clock, number, on).changed
        case "reissue":
            return commands.reissue(connection, clock, number, said["number"], on).changed
        case "nominal":
            day = dt.date(said["year"], 12, 31) if said["year"] != clock.today().year else clock.today()
            return commands.nominal(connection, clock, number, roubles_from_kopecks(said["kopecks"]), day).changed
        case "move":
            return _move(connection, clock, picture, said)
        case _:
            return _close(connection, clock, picture, said, on)


def _close(connection: Connection, clock: Clock, picture: Picture, said: Said, on: dt.date | None) -> bool:
    """Closed; and, where that is wanted, what is left of this year goes back to the municipality."""
    changed = commands.close(connection, clock, picture.number, on).changed
    standing = Ledger(connection, "").standing(picture.certificate, picture.payer, nominal_period(clock.today()))
    if said.get("returns_rest") and standing.available_kopecks:
        paid = roubles_from_kopecks(standing.paid_kopecks)
        changed |= commands.nominal(connection, clock, picture.number, paid, clock.today()).changed
    return changed


def _move(connection: Connection, clock: Clock, picture: Picture, said: Said) -> bool:
    """Moved, with what the family has asked for and nobody has answered yet."""
    if not commands.move(connection, clock, picture.number, said["payer"], roubles_from_kopecks(said["kopecks"])).changed:
        return False
    mine = (requests.c.certificate == picture.certificate) & requests.c.state.in_((enrolling.WAITING, enrolling.ASKED, enrolling.UNFUNDED))
    connection.execute(update(requests).where(mine).values(payer=said["payer"]))
    undecided = (applications.c.child == picture.child) & (applications.c.state == financing.SUBMITTED)
    connection.execute(update(applications).where(undecided).values(payer=said["payer"]))
    return True


def _debits_from(connection: Connection, certificate: str, day: str) -> tuple[int, int]:
    """How many lessons from the day on are paid by the certificate now, and their sum in kopecks."""
    of = acceptances.c
    again = acceptances.alias()
    is_given_back = select(again.c.acceptance).where(again.c.refers_to == of.id, again.c.certificate == certificate).exists()
    mine = (of.certificate == certificate) & (of.kind == "debit") & (of.date >= day) & ~is_given_back
    number, total = connection.execute(select(func.count(), func.sum(of.amount_kopecks)).where(mine)).one()
    return number, int(total or 0)
