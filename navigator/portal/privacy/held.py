"""Everything that is held of a family: found by how the tables refer to each other, so that a new table is in it by itself.

A row is the family's where it names one of its children, one of their certificates, or something that is theirs already (an application's
steps); else where it names the parent, or the parent's address. What would open an account, or is somebody else's, is left out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, or_, select

from navigator.engine import portions
from navigator.portal.tables import consents, mails, persons, tokens
from navigator.tables import accounts, metadata, transfers

Row = dict[str, Any]

COPIES = ("loaded_rows", "feed_items")
"""Tables that hold the same once more: what a file said last, and what programs are served."""

SECRETS = {("persons", "password"), ("sign_ins", "digest"), ("tokens", "digest"), ("mails", "body")}
_OTHERS = ("person", "made_by")
"""Columns that name persons; of others only that it was somebody else is told."""

_OWN_ACCOUNTS = ("certificate", "shortfall")


def of_family(connection: Connection, person: str, children: list[str]) -> dict[str, list[Row]]:
    """The rows by table, in the order in which the tables refer to each other; tables that hold nothing are left out."""
    email = connection.scalar(select(persons.c.email).where(persons.c.person == person)) or ""
    found: dict[str, list[Row]] = {}
    for table in metadata.sorted_tables:
        if table.name in COPIES:
            continue
        rows: list[Row] = []
        for column, values in _whose(table, found, person, email, children):
            for portion in portions(values):
                rows += [
                    dict(row._mapping) for row in connection.execute(select(table).where(column.in_(portion)).order_by(*table.primary_key))
                ]
        if rows:
            found[table.name] = rows
    found |= _money(connection, [str(row["certificate"]) for row in found.get("certificates", ())])
    agreed = select(consents).where(consents.c.digest.in_({row["consent_digest"] for row in found.get("applications", ())}))
    if texts := [dict(row._mapping) for row in connection.execute(agreed.order_by(consents.c.digest))]:
        found["consents"] = texts
    return {name: [_shown(name, row, person) for row in rows] for name, rows in found.items()}


def tables_of_people() -> dict[str, list[str]]:
    """Every table that refers to a child or a person, with the columns that do; for whoever asks whether all of them are thought of."""
    named: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        columns = [
            column.name for column in table.columns if _target(column) in ("children", "persons") or column.name in ("child", "person")
        ]
        if columns:
            named[table.name] = columns
    return named


def _whose(
    table: Table, found: dict[str, list[Row]], person: str, email: str, children: list[str]
) -> list[tuple[ColumnElement[Any], list[Any]]]:
    """By which column, and which values of it, rows of a table are the family's."""
    if table is tokens:
        return [(tokens.c.email, [email])]  # an invitation of somebody else names that one's address
    if table is mails:
        return [(mails.c.recipient, [email])]
    if "child" in table.c:
        return [(table.c.child, children)]
    for column in table.columns:
        target = _target(column)
        if target == "certificates" or (target in found and target not in ("persons", "children")):
            return [(column, [row[column_of(target)] for row in found.get(target, ())])]
    return [(table.c.person, [person])] if "person" in table.c else []


def column_of(table: str) -> str:
    """The column that names a table's rows."""
    return str(next(iter(metadata.tables[table].primary_key)).name)


def _target(column: Any) -> str:
    return next((str(key.target_fullname).split(".")[0] for key in column.foreign_keys), "")


def _money(connection: Connection, certificates: list[str]) -> dict[str, list[Row]]:
    """The ledger's accounts of the certificates, and every transfer from and to them."""
    held: list[Row] = []
    moved: list[Row] = []
    for portion in portions(certificates):
        mine = accounts.c.owner.in_(portion) & accounts.c.kind.in_(_OWN_ACCOUNTS)
        held += [dict(row._mapping) for row in connection.execute(select(accounts).where(mine).order_by(accounts.c.account))]
    for portion in portions(row["account"] for row in held):
        theirs = or_(transfers.c.from_account.in_(portion), transfers.c.to_account.in_(portion))
        moved += [dict(row._mapping) for row in connection.execute(select(transfers).where(theirs).order_by(transfers.c.transfer))]
    return {name: rows for name, rows in (("accounts", held), ("transfers", moved)) if rows}


def _shown(table: str, row: Row, person: str) -> Row:
    return {
        name: None if name in _OTHERS and value not in (None, person) else value
        for name, value in row.items()
        if (table, name) not in SECRETS
    }
