"""Where certificates stand, for whoever asks over HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from gateway.core.periods import Period
from navigator import people
from navigator.engine import portions
from navigator.ledger import Ledger
from navigator.tables import nominals


def balances(connection: Connection, numbers: Iterable[str], today: dt.date) -> list[dict[str, Any]]:
    """For each number that a certificate ever had, in the order asked: a line per nominal period and payer. Kind and state are today's."""
    asked = list(dict.fromkeys(numbers))
    bearers = people.certificates_by_number(connection, asked)
    keys = set(bearers.values())
    kinds, states = people.words_of(connection, keys, people.KIND), people.words_of(connection, keys, people.STATE)
    periods: dict[str, list[Any]] = {}
    for portion in portions(keys):
        mine = select(nominals).where(nominals.c.certificate.in_(portion)).order_by(nominals.c.first, nominals.c.payer)
        for row in connection.execute(mine):
            periods.setdefault(row.certificate, []).append(row)
    ledger = Ledger(connection, "")
    ledger.read(keys)
    found: list[dict[str, Any]] = []
    for number in asked:
        certificate = bearers.get(number, "")
        for row in periods.get(certificate, []):
            period = Period(dt.date.fromisoformat(row.first), dt.date.fromisoformat(row.last))
            standing = ledger.standing(certificate, row.payer, period)
            found.append(
                {
                    "certificate": certificate,
                    "number": number,
                    "payer": row.payer,
                    "first": row.first,
                    "last": row.last,
                    "nominal_kopecks": standing.nominal_kopecks,
                    "paid_kopecks": standing.paid_kopecks,
                    "available_kopecks": standing.available_kopecks,
                    "kind": people.word_on(kinds[certificate], today.isoformat()),
                    "state": people.word_on(states[certificate], today.isoformat()),
                }
            )
    return found
