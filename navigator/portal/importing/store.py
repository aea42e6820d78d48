"""Imports: looked at without storing anything, kept for a day, and then taken in as one transaction."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from navigator import loading
from navigator.clock import Clock
from navigator.district import Problem, Reading, read_files
from navigator.loading import Count, Refused
from navigator.portal.importing import families
from navigator.portal.importing.tables import imports
from navigator.portal.importing.unpacking import FAMILIES, packed, sizes, unpack
from navigator.portal.tables import instant, persons

REFUSED, CHECKED, LOADED, DROPPED = "refused", "checked", "loaded", "dropped"
KEPT = dt.timedelta(days=1)
HISTORY = 50

Counts = dict[str, dict[str, int]]
"""Rows new, changed and unchanged, by file; families by parents and bonds that are new."""


class Gone(Exception):
    """The import is not there to be taken in: it was, or is too old, or another's word came first."""


class District(NamedTuple):
    """What an upload holds: the district's rows, and the families'."""

    reading: Reading
    families: list[families.Row]
    problems: list[Problem]


def read(files: dict[str, bytes]) -> District:
    """Every row of every file; no database is asked."""
    rows, problems = families.read(FAMILIES, files[FAMILIES]) if FAMILIES in files else ([], [])
    return District(read_files((name, content) for name, content in sorted(files.items()) if name != FAMILIES), rows, problems)


def check(connection: Connection, clock: Clock, district: District) -> Counts:
    """What taking it in would do; nothing is stored.

    Raises:
        Refused: with every problem, file by file.
    """
    problems, counts = district.problems + _of_families(connection, district), {}
    try:
        counts = loading.check(connection, district.reading)
    except Refused as error:
        problems = error.problems + problems
    if problems:
        raise Refused(problems)
    return _told(district, counts, families.check(connection, clock, [values for _, values in district.families]))


def take_in(connection: Connection, clock: Clock, district: District) -> Counts:
    """Store all of it, within the caller's writing transaction.

    Raises:
        Refused: with every problem; nothing may be committed then.
    """
    counts = loading.load(connection, district.reading, clock)
    problems = district.problems + _of_families(connection, district)
    if problems:
        raise Refused(problems)
    return _told(district, counts, families.store_parents(connection, clock, [values for _, values in district.families]))


def _of_families(connection: Connection, district: District) -> list[Problem]:
    coming = {key[0] for key in district.reading.seen["children"]}
    return families.references(connection, FAMILIES, district.families, coming)


def _told(district: District, counts: dict[str, Count], added: families.Imported) -> Counts:
    told = {f"{table}.csv": count._asdict() for table, count in counts.items() if any(count)}
    return told | ({FAMILIES: added._asdict()} if district.families else {})


# ---------------------------------------------------------------- the history


def note(connection: Connection, now: dt.datetime, person: str, files: dict[str, bytes], counts: Counts, problems: int) -> int:
    """Write an upload down, its files too where nothing stands against them; its number."""
    row: dict[str, Any] = {"state": REFUSED if problems else CHECKED, "person": person, "at": instant(now), "files": sizes(files)}
    row |= {"counts": json.dumps(counts), "problems": problems, "content": None if problems else packed(files)}
    return int(connection.execute(insert(imports).values(**row).returning(imports.c["import"])).scalar_one())


def forget_old(connection: Connection, now: dt.datetime) -> None:
    """Drop the files of those that nobody has confirmed in time."""
    old = (imports.c.state == CHECKED) & (imports.c.at < instant(now - KEPT))
    connection.execute(update(imports).where(old).values(state=DROPPED, content=None))


def one(connection: Connection, key: int) -> dict[str, Any] | None:
    """An import with who made it and what it holds; None where there is none."""
    row = connection.execute(_listed().where(imports.c["import"] == key)).one_or_none()
    return None if row is None else _read(row)


def history(connection: Connection) -> list[dict[str, Any]]:
    """The last imports, the latest first."""
    return [_read(row) for row in connection.execute(_listed().order_by(imports.c["import"].desc()).limit(HISTORY))]


def files_of(connection: Connection, key: int) -> dict[str, bytes]:
    """The files of an import that waits to be confirmed.

    Raises:
        Gone: it does not wait.
    """
    content = connection.scalar(select(imports.c.content).where(imports.c["import"] == key, imports.c.state == CHECKED))
    if content is None:
        raise Gone(key)
    return unpack([("import.zip", io.BytesIO(content))])


def done(connection: Connection, key: int, now: dt.datetime, counts: Counts) -> None:
    """It is taken in: the files go, the counts stay.

    Raises:
        Gone: somebody else was faster.
    """
    mine = (imports.c["import"] == key) & (imports.c.state == CHECKED)
    values = {"state": LOADED, "loaded_at": instant(now), "counts": json.dumps(counts), "content": None}
    if connection.execute(update(imports).where(mine).values(**values)).rowcount != 1:
        raise Gone(key)


def drop(connection: Connection, key: int) -> None:
    """It is not wanted: the files go."""
    mine = (imports.c["import"] == key) & (imports.c.state == CHECKED)
    connection.execute(update(imports).where(mine).values(state=DROPPED, content=None))


def _listed() -> Any:
    kept = [column for column in imports.c if column.name != "content"]
    return select(*kept, persons.c.last_name, persons.c.first_name).join(persons, persons.c.person == imports.c.person)


def _read(row: Row[Any]) -> dict[str, Any]:
    return {**row._mapping, "files": json.loads(row.files), "counts": json.loads(row.counts)}
