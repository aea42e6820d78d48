"""A district's rows into the register: all of a call or nothing of it.

What counts as a change is what the files say now against what they said last, column by column. So a file that is loaded again changes
nothing, neither its own rows nor what an operator has changed since; and rows that a file no longer has stay as they are.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from gateway.core.periods import Period
from navigator import changes, people, tables
from navigator.clock import Clock
from navigator.district import SCHEMAS, CsvRow, Problem, Reading
from navigator.engine import portions
from navigator.ledger import Ledger, nominal_periods

_REFERENCES = {
    "agreements": {"provider": "providers", "payer": "payers"},
    "programmes": {"provider": "providers"},
    "modules": {"programme": "programmes"},
    "groups": {"module": "modules"},
    "timetable": {"group": "groups"},
    "lessons": {"group": "groups"},
    "children": {"payer": "payers"},
    "certificates": {"child": "children", "payer": "payers"},
    "enrollments": {"certificate": "certificates", "group": "groups"},
}
_PARTS = {"agreements": ("providers", "provider"), "timetable": ("groups", "group"), "lessons": ("groups", "group")}
"""Tables whose rows are served as a part of another table's item, and the column that names it."""

FORGOTTEN = {"forgotten": True}
"""What stands in a row as last loaded for a value that was deleted on request: whatever a file says of it later is not taken."""


class Refused(Exception):
    """Rows of the call are refused; nothing was stored."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class Count(NamedTuple):
    """How many rows of a table were new, changed and unchanged."""

    new: int
    changed: int
    unchanged: int


class _Difference(NamedTuple):
    """A row against what was loaded under its key before. ``changed``: the values that differ; of a new row all."""

    key: str
    row: dict[str, Any]
    changed: dict[str, Any]
    is_new: bool


def load(connection: Connection, reading: Reading, clock: Clock) -> dict[str, Count]:
    """Store what was read, within the caller's writing transaction.

    Raises:
        Refused: with every problem of the call.
    """
    ids = _checked(connection, reading)
    touched = changes.Touched()
    counts: dict[str, Count] = {}
    for table, rows in reading.rows.items():
        values = [_with_lasting_id(table, row.values, ids) for row in rows]
        differences = _differences(connection, table, values)
        if table == "certificates":
            numbers = {ids[row.values["certificate"]]: row.values["certificate"] for row in rows}
            _store_certificates(connection, differences, numbers, clock)
        else:
            _store(connection, table, differences)
        _remember(connection, table, differences)
        _touch(touched, table, differences)
        counts[table] = _count(differences)
    changes.publish(connection, touched)
    return counts


def check(connection: Connection, reading: Reading) -> dict[str, Count]:
    """What `load` would do, by table; nothing is stored, so a transaction that reads suffices.

    Raises:
        Refused: with every problem of the call.
    """
    ids = _checked(connection, reading)
    return {
        table: _count(_differences(connection, table, [_with_lasting_id(table, row.values, ids) for row in rows]))
        for table, rows in reading.rows.items()
    }


def _checked(connection: Connection, reading: Reading) -> dict[str, str]:
    ids = _certificate_ids(connection, reading)
    problems = reading.problems + _missing_references(connection, reading, ids) + _same_certificates(reading, ids)
    if problems:
        raise Refused(sorted(problems, key=lambda problem: (problem.file, problem.row or 0, problem.column or "")))
    return ids


# ---------------------------------------------------------------- references


def _certificate_ids(connection: Connection, reading: Reading) -> dict[str, str]:
    """The lasting id of each number of the call; a number that is new becomes one in ``certificates``, and only there."""
    numbers = {row.values["certificate"] for table in ("certificates", "enrollments") for row in reading.rows[table]}
    known = people.certificates_by_number(connection, numbers | {key[0] for key in reading.seen["certificates"]})
    fresh = {row.values["certificate"]: f"cert-{row.values['certificate']}" for row in reading.rows["certificates"]}
    return {**fresh, **known}


def _missing_references(connection: Connection, reading: Reading, ids: dict[str, str]) -> list[Problem]:
    problems: list[Problem] = []
    for table, references in _REFERENCES.items():
        for column, target in references.items():
            wanted = {row.values[column] for row in reading.rows[table] if row.values.get(column) is not None}
            here = {key[0] for key in reading.seen[target]} | (set(ids) if target == "certificates" else set())
            known = here | (set() if target == "certificates" else _stored(connection, target, wanted - here))
            problems += [
                Problem(row.file, row.row, column, "unknown_reference", row.values[column])
                for row in reading.rows[table]
                if row.values.get(column) is not None and row.values[column] not in known
            ]
    return problems


def _stored(connection: Connection, table: str, keys: Iterable[str]) -> set[str]:
    column = next(iter(tables.metadata.tables[table].primary_key))
    found: set[str] = set()
    for portion in portions(keys):
        found.update(connection.scalars(select(column).where(column.in_(portion))))
    return found


def _same_certificates(reading: Reading, ids: dict[str, str]) -> list[Problem]:
    """Two rows with an old and a new number of one certificate."""
    first: dict[str, CsvRow] = {}
    problems: list[Problem] = []
    for row in reading.rows["certificates"]:
        before = first.setdefault(ids[row.values["certificate"]], row)
        if before is not row:
            problems.append(Problem(row.file, row.row, "certificate", "same_certificate", str(before.row)))
    return problems


# ---------------------------------------------------------------- what changed


def _with_lasting_id(table: str, values: dict[str, Any], ids: dict[str, str]) -> dict[str, Any]:
    if table in ("certificates", "enrollments"):
        return {**values, "certificate": ids[values["certificate"]]}
    return values


def _differences(connection: Connection, table: str, rows: list[dict[str, Any]]) -> list[_Difference]:
    keys = [json.dumps([row[name] for name in SCHEMAS[table].key], ensure_ascii=False) for row in rows]
    before: dict[str, dict[str, Any]] = {}
    for portion in portions(keys):
        mine = (tables.loaded_rows.c.table == table) & tables.loaded_rows.c.key.in_(portion)
        for loaded in connection.execute(select(tables.loaded_rows).where(mine)):
            before[loaded.key] = json.loads(loaded.row)
    found: list[_Difference] = []
    for key, row in zip(keys, rows, strict=True):
        old = before.get(key)
        row = row if old is None else {name: value for name, value in row.items() if old.get(name) != FORGOTTEN}
        changed = row if old is None else {name: value for name, value in row.items() if name not in old or old[name] != value}
        found.append(_Difference(key, row if old is None else {**old, **row}, changed, old is None))
    return found


def _remember(connection: Connection, table: str, differences: list[_Difference]) -> None:
    rows = [
        {"which": difference.key, "said": json.dumps(difference.row, ensure_ascii=False, sort_keys=True), "is_new": difference.is_new}
        for difference in differences
        if difference.changed
    ]
    new = [{"table": table, "key": row["which"], "row": row["said"]} for row in rows if row["is_new"]]
    known = [{"which": row["which"], "said": row["said"]} for row in rows if not row["is_new"]]
    if new:
        connection.execute(insert(tables.loaded_rows), new)
    if known:
        same = (tables.loaded_rows.c.table == table) & (tables.loaded_rows.c.key == bindparam("which"))
        connection.execute(update(tables.loaded_rows).where(same).values(row=bindparam("said")), known)


def _touch(touched: changes.Touched, table: str, differences: list[_Difference]) -> None:
    """Note whose items may differ now. A payer's name is served nowhere."""
    served, column = _PARTS.get(table, (table, SCHEMAS[table].key[0]))
    keys = {difference.row[column] for difference in differences if difference.changed}
    if table != "payers":
        getattr(touched, served).update(keys)


def _count(differences: list[_Difference]) -> Count:
    new = sum(1 for difference in differences if difference.is_new)
    changed = sum(1 for difference in differences if difference.changed and not difference.is_new)
    return Count(new, changed, len(differences) - new - changed)


# ---------------------------------------------------------------- storing


def _store(connection: Connection, table: str, differences: list[_Difference]) -> None:
    target = tables.metadata.tables[table]
    payers = _payers(connection, differences) if table == "enrollments" else {}
    new = [_whole(target, table, difference.row) for difference in differences if difference.is_new]
    if table == "enrollments":  # an enrollment keeps the payer that its certificate had when it was signed
        new = [{**row, "payer": payers[row["certificate"]]} for row in new]
    if new:
        connection.execute(insert(target), new)
    alike: dict[tuple[str, ...], list[_Difference]] = defaultdict(list)
    for difference in differences:
        if difference.changed and not difference.is_new:
            alike[tuple(sorted(difference.changed))].append(difference)
    for columns, group in alike.items():
        rows = [_bound(target, columns, difference, payers) for difference in group]
        _update(connection, target, sorted(name[4:] for name in rows[0] if name.startswith("new_")), rows)


def _payers(connection: Connection, differences: list[_Difference]) -> dict[str, str]:
    found: dict[str, str] = {}
    for portion in portions(difference.row["certificate"] for difference in differences if difference.changed):
        wanted = select(tables.certificates.c.certificate, tables.certificates.c.payer)
        rows = connection.execute(wanted.where(tables.certificates.c.certificate.in_(portion)))
        found.update((row.certificate, row.payer) for row in rows)
    return found


def _whole(target: Table, table: str, row: dict[str, Any]) -> dict[str, Any]:
    defaults = SCHEMAS[table].defaults
    return {column.name: row.get(column.name, defaults.get(column.name)) for column in target.columns}


def _bound(target: Table, columns: tuple[str, ...], difference: _Difference, payers: dict[str, str]) -> dict[str, Any]:
    bound = {f"key_{column.name}": difference.row[column.name] for column in target.primary_key}
    bound.update({f"new_{name}": difference.changed[name] for name in columns})
    if payers and "certificate" in columns:
        bound["new_payer"] = payers[difference.row["certificate"]]
    return bound


def _update(connection: Connection, target: Table, columns: list[str], rows: list[dict[str, Any]]) -> None:
    statement = update(target).values({name: bindparam(f"new_{name}") for name in columns})
    for column in target.primary_key:
        statement = statement.where(column == bindparam(f"key_{column.name}"))
    connection.execute(statement, rows)


# ---------------------------------------------------------------- certificates


def _store_certificates(connection: Connection, differences: list[_Difference], numbers: dict[str, str], clock: Clock) -> None:
    """Certificates keep their identity. Kind and state are dated: at first «from the beginning», later by the clock."""
    new = [difference.row for difference in differences if difference.is_new]
    columns = [column.name for column in tables.certificates.columns]
    if new:
        connection.execute(insert(tables.certificates), [{name: row[name] for name in columns} for row in new])
        named = [{"certificate": row["certificate"], "number": numbers[row["certificate"]], "from_day": None} for row in new]
        connection.execute(insert(tables.certificate_numbers), named)
        words = [(row["certificate"], what, row[what]) for row in new for what in (people.KIND, people.STATE)]
        rows = [{"certificate": certificate, "what": what, "from_day": "", "word": word} for certificate, what, word in words]
        connection.execute(insert(tables.certificate_words), rows)
    ledger = Ledger(connection, clock.now().isoformat())
    ledger.read(difference.row["certificate"] for difference in differences if difference.changed)
    for difference in differences:
        if difference.changed and not difference.is_new:
            _update_certificate(connection, difference, clock.today())
        _fund(ledger, difference)
    ledger.save()


def _update_certificate(connection: Connection, difference: _Difference, today: dt.date) -> None:
    for what in (people.KIND, people.STATE):
        if what in difference.changed:
            people.set_word(connection, difference.row["certificate"], what, difference.changed[what], today)
    plain = sorted(set(difference.changed) & {"child", "payer", "valid_from", "valid_to"})
    if plain:
        row = {f"new_{name}": difference.changed[name] for name in plain}
        _update(connection, tables.certificates, plain, [{"key_certificate": difference.row["certificate"], **row}])


def _fund(ledger: Ledger, difference: _Difference) -> None:
    """A yearly sum for every nominal period that the validity touches; where only the validity or the payer changed, for the new ones."""
    if not {"nominal", "valid_from", "valid_to", "payer"} & set(difference.changed) and not difference.is_new:
        return
    row = difference.row
    validity = Period(dt.date.fromisoformat(row["valid_from"]), dt.date.fromisoformat(row["valid_to"]))
    for period in nominal_periods(validity):
        if "nominal" in difference.changed or not ledger.has_nominal(row["certificate"], row["payer"], period):
            ledger.set_nominal(row["certificate"], row["payer"], period, row.get("nominal") or 0)
