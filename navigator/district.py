"""A district's CSV files: what each holds, and how a row is read or refused with its file, row, column and reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from marshmallow import EXCLUDE, Schema, ValidationError, post_load, validates_schema

from navigator.cells import NUMBER, Cell, Day, Flag, Matching, Money, OneOf, TimeOfDay, Whole, Zone

YEARS_MAX = 100
"""How long a certificate may be valid; each year of it is a nominal period."""


class Problem(NamedTuple):
    """Why a row (or, without one, a file) is refused. ``code`` names the message and the cure in `navigator.texts`."""

    file: str
    row: int | None
    column: str | None
    code: str
    value: str


class CsvRow(NamedTuple):
    """A row that was read: where it stood, and its values under the names of the table's columns."""

    file: str
    row: int
    values: dict[str, Any]


# ---------------------------------------------------------------- rows


class RowSchema(Schema):
    """A file's row. ``key`` are the columns that name it; ``ranges`` pairs of columns of which the second may not lie before the first."""

    key: ClassVar[tuple[str, ...]]
    ranges: ClassVar[tuple[tuple[str, str, str], ...]] = ()
    defaults: ClassVar[dict[str, Any]] = {}
    extras: ClassVar[frozenset[str]] = frozenset()
    """Columns that a file may leave out without a word."""

    class Meta:
        unknown = EXCLUDE

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        for first, last, code in self.ranges:
            start, end = data.get(first), data.get(last)
            if start is not None and end is not None and (end < start or (code == "ends_before_starts" and end == start)):
                raise ValidationError(code, field_name=last)

    @post_load
    def _with_defaults(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An empty cell that has a plain meaning (weeks: every) gets it; so does an absent one that belongs to the key."""
        data = {**{name: self.defaults[name] for name in self.defaults if name in self.key}, **data}
        return {name: self.defaults.get(name) if value is None else value for name, value in data.items()}


class Payer(RowSchema):
    key = ("payer",)
    payer = Cell(required=True)
    name = Cell()


class Provider(RowSchema):
    key = ("provider",)
    provider = Cell(required=True)
    name = Cell()
    time_zone = Zone()
    sole_trader = Flag()
    licence = Cell()
    state = Matching("not_a_state", r"[a-z][a-z_-]*")


class Agreement(RowSchema):
    key = ("provider", "payer", "valid_from")
    ranges = (("valid_from", "valid_to", "last_before_first"),)
    provider = Cell(required=True)
    payer = Cell(required=True)
    valid_from = Day(required=True)
    valid_to = Day(required=True)


class Programme(RowSchema):
    key = ("programme",)
    ranges = (("age_from_months", "age_to_months", "last_before_first"),)
    programme = Cell(required=True)
    provider = Cell(required=True)
    title = Cell()
    direction = Cell()
    age_from_months = Whole()
    age_to_months = Whole()
    verified = Flag()


class Module(RowSchema):
    key = ("module",)
    module = Cell(required=True)
    programme = Cell(required=True)
    title = Cell()
    unit = OneOf("not_a_unit", ("lesson", "academic_hour"))
    unit_price_kopecks = Money(data_key="unit_price")
    unit_normative_kopecks = Money(data_key="unit_normative")
    price_kopecks = Money(data_key="price")
    normative_kopecks = Money(data_key="normative")
    planned_hours = Whole()
    open = Flag()


class Group(RowSchema):
    key = ("group",)
    ranges = (("starts_on", "ends_on", "last_before_first"),)
    extras = frozenset(("locality", "address", "teacher"))
    group = Cell(required=True)
    module = Cell(required=True)
    title = Cell()
    places = Whole()
    starts_on = Day()
    ends_on = Day()
    locality = Cell()
    address = Cell()
    teacher = Cell()


class TimetableLine(RowSchema):
    key = ("group", "weekday", "starts_at", "weeks", "valid_from")
    ranges = (("starts_at", "ends_at", "ends_before_starts"), ("valid_from", "valid_to", "last_before_first"))
    defaults: ClassVar[dict[str, Any]] = {"weeks": "every"}
    group = Cell(required=True)
    weekday = Matching("not_a_weekday", "[1-7]", required=True)
    starts_at = TimeOfDay(required=True)
    ends_at = TimeOfDay(required=True)
    weeks = OneOf("not_weeks", ("every", "odd", "even"))
    valid_from = Day(required=True)
    valid_to = Day(required=True)

    @post_load
    def _weekday_as_number(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {**data, "weekday": int(data["weekday"])}


class SingleLesson(RowSchema):
    key = ("group", "date", "starts_at")
    ranges = (("starts_at", "ends_at", "ends_before_starts"),)
    defaults: ClassVar[dict[str, Any]] = {"state": "planned"}
    group = Cell(required=True)
    date = Day(required=True)
    starts_at = TimeOfDay(required=True)
    ends_at = TimeOfDay()
    state = OneOf("not_a_lesson_state", ("planned", "cancelled"))
    moved_from = Day()


class Child(RowSchema):
    key = ("child",)
    child = Cell(required=True)
    last_name = Cell()
    first_name = Cell()
    patronymic = Cell()
    birth_date = Day()
    snils = Cell()
    payer = Cell()


class Certificate(RowSchema):
    key = ("certificate",)
    ranges = (("valid_from", "valid_to", "last_before_first"),)
    defaults: ClassVar[dict[str, Any]] = {"nominal": 0}
    certificate = Matching("not_a_number", NUMBER, required=True)
    child = Cell(required=True)
    payer = Cell(required=True)
    kind = OneOf("not_a_kind", ("accounting", "financing"), required=True)
    state = OneOf("not_a_certificate_state", ("requested", "active", "frozen", "closed"), required=True)
    valid_from = Day(required=True)
    valid_to = Day(required=True)
    nominal = Money()

    @validates_schema
    def _not_endless(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("valid_from"), data.get("valid_to")
        if first and last and int(last[:4]) - int(first[:4]) >= YEARS_MAX:
            raise ValidationError("validity_too_long", field_name="valid_to")


class EnrollmentRow(RowSchema):
    key = ("enrollment",)
    ranges = (("starts_on", "ends_on", "last_before_first"),)
    enrollment = Cell(required=True)
    certificate = Matching("not_a_number", NUMBER, required=True)
    group = Cell(required=True)
    starts_on = Day(required=True)
    ends_on = Day(required=True)
    state = OneOf("not_an_enrollment_state", ("draft", "requested", "accepted", "active", "ending", "closed", "refused"), required=True)


SCHEMAS: dict[str, RowSchema] = {
    "payers": Payer(),
    "providers": Provider(),
    "agreements": Agreement(),
    "programmes": Programme(),
    "modules": Module(),
    "groups": Group(),
    "timetable": TimetableLine(),
    "lessons": SingleLesson(),
    "children": Child(),
    "certificates": Certificate(),
    "enrollments": EnrollmentRow(),
}
"""Every table of a district in the order in which it must be stored: what is referred to comes first."""


# ---------------------------------------------------------------- files


@dataclass(slots=True)
class Reading:
    """What was read of a call's files: rows by table, why others are refused, and columns that a file does not have."""

    rows: dict[str, list[CsvRow]]
    problems: list[Problem]
    files: list[str]
    absent_columns: dict[str, list[str]]
    seen: dict[str, set[tuple[str, ...]]]
    """The key's cells of every row, of refused ones too: a row that refers to a refused one has no fault of its own."""


def new_reading() -> Reading:
    """Nothing read so far."""
    return Reading({table: [] for table in SCHEMAS}, [], [], {}, {table: set() for table in SCHEMAS})


def read_folder(folder: Path) -> Reading:
    """Read all CSV files of a district.

    Raises:
        OSError: the folder or a file of it cannot be read.
    """
    return read_files((file.name, file.read_bytes()) for file in sorted(folder.iterdir()) if file.suffix.lower() == ".csv")


def read_files(files: Iterable[tuple[str, bytes]]) -> Reading:
    """The same for files that lie nowhere: each with its name, which tells its table, and what it holds."""
    reading = new_reading()
    for name, content in files:
        table = name.rpartition(".")[0]
        if table in SCHEMAS:
            read_table(reading, name, content, table)
        else:
            reading.problems.append(Problem(name, None, None, "unknown_file", ", ".join(f"{each}.csv" for each in SCHEMAS)))
    reading.problems.sort(key=lambda problem: (problem.file, problem.row or 0))
    return reading


def read_table(reading: Reading, file: str, content: bytes, table: str | None = None) -> None:
    """Add a file to the reading; without ``table`` the header tells which one it is."""
    reading.files.append(file)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        reading.problems.append(Problem(file, line, None, "not_utf8", ""))
        return
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        table = table or table_of(header)
        problem = _header_problem(file, header, table)
        if problem is not None:
            reading.problems.append(problem)
            return
        assert table is not None, "a header that tells no table is a problem"
        absent = sorted(set(_columns(table)) - set(header) - SCHEMAS[table].extras)
        if absent:
            reading.absent_columns[file] = absent
        _read_rows(reading, file, table, header, lines)
    except csv.Error as error:
        reading.problems.append(Problem(file, lines.line_num, None, "not_csv", str(error)))


def table_of(header: list[str]) -> str | None:
    """The table that the header names: of those whose required columns it has, the one that it has most columns of."""
    fitting = [table for table in SCHEMAS if _required(table) <= set(header)]
    known = {table: len(set(_columns(table)) & set(header)) for table in fitting}
    best = [table for table in fitting if known[table] == max(known.values())]
    return best[0] if len(best) == 1 else None


def _read_rows(reading: Reading, file: str, table: str, header: list[str], lines: Iterator[list[str]]) -> None:
    schema = SCHEMAS[table]
    first_rows: dict[tuple[str, ...], int] = {}
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            reading.problems.append(Problem(file, number, None, "cell_count", f"{len(cells)} / {len(header)}"))
            continue
        raw = {name: cell.strip() or None for name, cell in zip(header, cells, strict=True)}
        reading.seen[table].add(tuple(raw.get(name) or "" for name in schema.key))
        try:
            values = schema.load(raw)
        except ValidationError as error:
            assert isinstance(error.messages, dict), "a row's errors are named by its columns"
            for column, codes in error.messages.items():
                reading.problems.append(Problem(file, number, column, str(codes[0]), raw.get(column) or ""))
            continue
        key = tuple(str(values[name]) for name in schema.key if name in values)
        if key in first_rows:
            reading.problems.append(Problem(file, number, schema.key[0], "repeated", str(first_rows[key])))
            continue
        first_rows[key] = number
        reading.rows[table].append(CsvRow(file, number, values))


def _header_problem(file: str, header: list[str], table: str | None) -> Problem | None:
    if not any(header):
        return Problem(file, 1, None, "no_header", "")
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        return Problem(file, 1, None, "not_commas", header[0])
    if table is None:
        return Problem(file, 1, None, "unknown_header", ", ".join(header))
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        return Problem(file, 1, twice[0], "column_twice", twice[0])
    missing = sorted(_required(table) - set(header))
    return Problem(file, 1, missing[0], "column_missing", ", ".join(missing)) if missing else None


def _columns(table: str) -> list[str]:
    return [field.data_key or name for name, field in SCHEMAS[table].fields.items()]


def _required(table: str) -> set[str]:
    return {field.data_key or name for name, field in SCHEMAS[table].fields.items() if field.required}
