"""What an operator changes in the register. Each command is done whole or refused with a code of `navigator.texts`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from gateway.core.money import kopecks_from_roubles, roubles_from_kopecks
from gateway.core.periods import Period, month_period
from navigator import changes, months, people
from navigator.cells import NUMBER
from navigator.clock import Clock
from navigator.ledger import Ledger, nominal_period, nominal_periods
from navigator.tables import certificate_numbers, certificates, children, enrollments, payers


class CommandRefused(Exception):
    """The command cannot be done; nothing was changed."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(f"{code}: {value}")
        self.code = code
        self.value = value


class Done(NamedTuple):
    """What was done. ``line`` names the text that says it, ``values`` fill it."""

    line: str
    values: dict[str, Any]
    changed: bool


def nominal(connection: Connection, clock: Clock, number: str, amount: str, on: dt.date | None = None) -> Done:
    """Set the nominal of one period: the only one that the certificate's validity touches, else that of ``on`` (by default today)."""
    certificate = _certificate(connection, number)
    kopecks = _kopecks(amount)
    period = _nominal_period(connection, certificate, on, clock)
    payer = connection.scalar(select(certificates.c.payer).where(certificates.c.certificate == certificate)) or ""
    ledger = Ledger(connection, clock.now().isoformat())
    before = ledger.standing(certificate, payer, period).nominal_kopecks
    ledger.set_nominal(certificate, payer, period, kopecks)
    ledger.save()
    changes.publish(connection, changes.Touched(certificates={certificate}))
    after = ledger.standing(certificate, payer, period)
    values = {"certificate": number, "first": period.first.isoformat(), "last": period.last.isoformat()}
    money = {"amount": roubles_from_kopecks(kopecks), "shortfall": roubles_from_kopecks(after.shortfall_kopecks)}
    return Done("nominal", {**values, **money}, before != kopecks)


def freeze(connection: Connection, clock: Clock, number: str, on: dt.date | None = None) -> Done:
    """Freeze a certificate from a day on (by default today)."""
    certificate, day = _certificate(connection, number), on or clock.today()
    changed = people.set_word(connection, certificate, people.STATE, "frozen", day)
    changes.publish(connection, changes.Touched(certificates={certificate}))
    return Done("freeze", {"certificate": number, "on": day.isoformat()}, changed)


def unfreeze(connection: Connection, clock: Clock, number: str, on: dt.date | None = None) -> Done:
    """Make a frozen certificate active again from a day on (by default today). Where it is to be frozen only later, that is called off."""
    certificate, day = _certificate(connection, number), on or clock.today()
    words = people.words_of(connection, [certificate], people.STATE).get(certificate, [])
    if people.word_on(words, day.isoformat()) == "frozen":
        changed = people.set_word(connection, certificate, people.STATE, "active", day)
    else:
        changed = people.drop_words_after(connection, certificate, people.STATE, day, "frozen") > 0
    changes.publish(connection, changes.Touched(certificates={certificate}))
    return Done("unfreeze", {"certificate": number, "on": day.isoformat()}, changed)


def close(connection: Connection, clock: Clock, number: str, on: dt.date | None = None) -> Done:
    """Close a certificate from a day on (by default today), for good: what was to begin after that day is called off."""
    return _set_state(connection, clock, "close", number, "closed", on)


def activate(connection: Connection, clock: Clock, number: str, on: dt.date | None = None) -> Done:
    """Make a certificate that was requested, or closed by mistake, active from a day on (by default today), whatever closing is to come."""
    return _set_state(connection, clock, "activate", number, "active", on)


def move(connection: Connection, clock: Clock, number: str, payer: str, amount: str = "0.00") -> Done:
    """Move a certificate and its child to another municipality, which gives it a nominal of its own for this year.

    Enrollments that are in force keep their payer, and so what they have left of its money; those still asked for follow the child.
    """
    certificate, kopecks = _certificate(connection, number), _kopecks(amount)
    if connection.scalar(select(payers.c.payer).where(payers.c.payer == payer)) is None:
        raise CommandRefused("no_payer", payer)
    row = connection.execute(select(certificates).where(certificates.c.certificate == certificate)).one()
    values = {"certificate": number, "payer": payer, "amount": roubles_from_kopecks(kopecks)}
    if row.payer == payer:
        return Done("move", values, False)
    period = _nominal_period(connection, certificate, None, clock)
    connection.execute(update(certificates).where(certificates.c.certificate == certificate).values(payer=payer))
    connection.execute(update(children).where(children.c.child == row.child).values(payer=payer))
    asked = (enrollments.c.certificate == certificate) & enrollments.c.state.in_(("draft", "requested", "accepted"))
    connection.execute(update(enrollments).where(asked).values(payer=payer))
    ledger = Ledger(connection, clock.now().isoformat())
    ledger.set_nominal(certificate, payer, period, kopecks)
    ledger.save()
    changes.publish(connection, changes.Touched(certificates={certificate}, children={row.child}))
    return Done("move", values, True)


def reissue(connection: Connection, clock: Clock, number: str, new_number: str, on: dt.date | None = None) -> Done:
    """Give a certificate a new number from a day on; it keeps its identity, its balance and its old numbers."""
    certificate, day = _certificate(connection, number), on or clock.today()
    if not re.fullmatch(NUMBER, new_number):
        raise CommandRefused("not_a_number", new_number)
    values = {"certificate": number, "number": new_number, "on": day.isoformat()}
    bearer = people.certificates_by_number(connection, [new_number]).get(new_number)
    if bearer == certificate and people.numbers_of(connection, [certificate])[certificate][-1]["number"] == new_number:
        return Done("reissue", values, False)
    if bearer is not None:
        raise CommandRefused("number_taken", new_number)
    row = {"number": new_number, "certificate": certificate, "from_day": day.isoformat()}
    connection.execute(insert(certificate_numbers), [row])
    changes.publish(connection, changes.Touched(certificates={certificate}))
    return Done("reissue", values, True)


def end_enrollment(connection: Connection, enrollment: str, on: dt.date) -> Done:
    """Make a day an enrollment's last one."""
    row = connection.execute(select(enrollments).where(enrollments.c.enrollment == enrollment)).one_or_none()
    if row is None:
        raise CommandRefused("no_enrollment", enrollment)
    if on.isoformat() < row.starts_on:
        raise CommandRefused("ends_before_it_starts", on.isoformat())
    connection.execute(update(enrollments).where(enrollments.c.enrollment == enrollment).values(ends_on=on.isoformat()))
    changes.publish(connection, changes.Touched(enrollments={enrollment}))
    return Done("end_enrollment", {"enrollment": enrollment, "on": on.isoformat()}, row.ends_on != on.isoformat())


def close_month(connection: Connection, clock: Clock, month: str, payer: str | None = None, open_operations: Collection[str] = ()) -> Done:
    """Close a booking month for a payer, or for all, over the operations named (`navigator.months`)."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", month):
            raise ValueError(month)
        month_period(month)
    except ValueError as error:
        raise CommandRefused("not_a_month", month) from error
    known = months.all_payers(connection)
    if payer is not None and payer not in known:
        raise CommandRefused("no_payer", payer)
    wanted = known if payer is None else {payer}
    closed, changed = months.close(connection, month, wanted, open_operations, clock.now())
    return Done("close_month", {"month": month, "payers": ", ".join(sorted(wanted)), "months": closed}, changed)


def _set_state(connection: Connection, clock: Clock, command: str, number: str, state: str, on: dt.date | None) -> Done:
    certificate, day = _certificate(connection, number), on or clock.today()
    changed = people.set_word(connection, certificate, people.STATE, state, day)
    changed |= people.drop_words_after(connection, certificate, people.STATE, day, None if state == "closed" else "closed") > 0
    changes.publish(connection, changes.Touched(certificates={certificate}))
    return Done(command, {"certificate": number, "on": day.isoformat()}, changed)


def _certificate(connection: Connection, number: str) -> str:
    found = people.certificates_by_number(connection, [number]).get(number)
    if found is None:
        raise CommandRefused("no_certificate", number)
    return found


def _kopecks(amount: str) -> int:
    try:
        kopecks = kopecks_from_roubles(amount)
    except ValueError as error:
        raise CommandRefused("not_money", amount) from error
    if kopecks < 0:
        raise CommandRefused("negative_money", amount)
    return kopecks


def _nominal_period(connection: Connection, certificate: str, on: dt.date | None, clock: Clock) -> Period:
    row = connection.execute(select(certificates).where(certificates.c.certificate == certificate)).one()
    touched = nominal_periods(Period(dt.date.fromisoformat(row.valid_from), dt.date.fromisoformat(row.valid_to)))
    if len(touched) == 1:
        return touched[0]
    day = on or clock.today()
    period = nominal_period(day)
    if period not in touched:
        raise CommandRefused("outside_validity", day.isoformat())
    return period
