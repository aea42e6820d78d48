"""Indexes over what was accepted, for those who look at it by club, payer or certificate; without pages nobody pays for them."""

from __future__ import annotations

from sqlalchemy import Connection, Index

from navigator.tables import acceptances

INDEXES = (
    Index("operations_by_certificate", acceptances.c.certificate, acceptances.c.acceptance),
    Index("operations_by_provider", acceptances.c.provider, acceptances.c.acceptance),
    Index("operations_by_payer", acceptances.c.payer, acceptances.c.acceptance),
)


def make_indexes(connection: Connection) -> None:
    """Make those that are not there yet; the table itself is the register's and older than the pages."""
    for index in INDEXES:
        index.create(connection, checkfirst=True)
