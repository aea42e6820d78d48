"""Who looked at a child's data."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from navigator.portal.tables import persons, reads
from navigator.tables import payers, providers


def reads_of(connection: Connection, child: str, before: int | None, limit: int) -> list[Row[Any]]:
    """The readings of a child's data, the last one first, older than the one that is numbered ``before``; whose person each reader was."""
    names = (providers.c.name.label("provider_name"), payers.c.name.label("payer_name"))
    wanted = select(reads, *names).outerjoin(persons, persons.c.person == reads.c.person)
    wanted = wanted.outerjoin(providers, providers.c.provider == persons.c.provider).outerjoin(payers, payers.c.payer == persons.c.payer)
    wanted = wanted.where(reads.c.child == child)
    if before is not None:
        wanted = wanted.where(reads.c.read < before)
    return list(connection.execute(wanted.order_by(reads.c.read.desc()).limit(limit)))
