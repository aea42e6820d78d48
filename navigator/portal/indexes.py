"""The pages' indexes over the register's own tables, which are older than the pages: made where they are not there yet."""

from __future__ import annotations

from sqlalchemy import Connection

from navigator.portal.cabinet import tables as cabinet
from navigator.portal.certificates import tables as certificates
from navigator.portal.club.money import tables as money
from navigator.portal.operations import tables as operations


def make_indexes(connection: Connection) -> None:
    """Make those that are missing, within the caller's writing transaction."""
    for index in (*operations.INDEXES, *certificates.INDEXES, *cabinet.INDEXES, *money.INDEXES):
        index.create(connection, checkfirst=True)
