"""The gateway's own file of refused marks, mended and sent again: what was mended in each row, and nothing of what it does not list."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.spreadsheet.findings import place, refused, shown, unread
from adapters.spreadsheet.grid import Cell, Grid
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.people import Number, certificate_number
from adapters.spreadsheet.signs import Meaning, Reading, reading
from adapters.spreadsheet.visits import day_of
from adapters.spreadsheet.words import folded
from gateway.plugins import Batch, Finding, Group, Mark, Member, Place, Record, Status, Text
from gateway.plugins.resent import CERTIFICATE, CHILD, CODE, DATE, GROUP, HEAD, SIGN, SIGNS, TITLE, RowCode, code_from, written

_TITLE = folded(TITLE.split(":")[0])
_OWN_SIGNS = {folded(word): status for status, word in SIGNS.items()}
_TAKES_AWAY = (Status.NOTHING, Status.DAY_OFF)
_APOSTROPHE = re.compile(r"^'(?=[=+@-])")
"""Put before a name that an office program would have read as a formula."""
HEAD_ROWS_MAX = 10


class _Row(NamedTuple):
    """A row as it came back. ``code``: as it was written."""

    grid: Grid
    row: int
    code: RowCode
    cells: dict[str, Cell]
    columns: dict[str, int]

    def text(self, name: str) -> str:
        return self.cells[name].text if name in self.cells else ""

    def at(self, name: str) -> Place:
        return place(self.grid.name, self.row, self.columns[name])

    @property
    def has_other_child(self) -> bool:
        now, before = written(self.text(CHILD), self.text(CERTIFICATE), "", ""), self.code.written
        return (now.child, now.certificate) != (before.child, before.certificate)

    @property
    def has_other_group(self) -> bool:
        return written("", "", self.text(GROUP), "").group != self.code.written.group

    @property
    def has_other_sign(self) -> bool:
        return written("", "", "", self.text(SIGN)).sign != self.code.written.sign


@dataclass
class _Read:
    records: dict[str, Record] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def leave_out(self, where: Place, why: _LeftOut) -> None:
        self.findings.append(unread(where, why.what, why.cure))


def resent_batch(grids: Sequence[Grid], layout: Layout, month: str | None) -> Batch | None:
    """What the file says; None: it is no file of refused marks.

    Raises:
        InputRefused: the column of codes is gone: nobody could tell which marks the rows are.
    """
    own = [grid for grid in grids if _is_titled(grid)]
    if not own:
        return None
    read = _Read()
    rows = [row for grid in own for row in _rows(grid, read)]
    for mine in _by_person(rows).values():
        _read_person(mine, layout, month, read)
    return Batch(records=(*read.records.values(), *read.marks), findings=tuple(read.findings), is_resent=True)


def _is_titled(grid: Grid) -> bool:
    first = next(iter(grid.rows.values()), {})
    return any(folded(cell.text).startswith(_TITLE) for cell in first.values())


def _rows(grid: Grid, read: _Read) -> Iterator[_Row]:
    """The rows that bear a code of ours; of two with the same code the first."""
    head = next((row for row in list(grid.rows)[:HEAD_ROWS_MAX] if len(_columns(grid, row)) > 1), None)
    columns = _columns(grid, head) if head is not None else {}
    missing = [name for name in (DATE, CHILD, CERTIFICATE, GROUP, SIGN, CODE) if name not in columns]
    if head is None or missing:
        listed = ", ".join(f"«{name}»" for name in missing)
        raise refused(
            Text(f"в файле отказов нет столбца {listed}", f"the file of refused marks has no column {listed}"),
            _KEEP_COLUMNS,
            place(grid.name, head),
        )
    seen: dict[tuple[str, str, dt.date, str], int] = {}
    for number in (row for row in grid.rows if row > head):
        cells = {name: cell for name, column in columns.items() if (cell := grid.rows[number].get(column)) is not None}
        code = code_from(cells[CODE].text) if CODE in cells else None
        if code is None:
            if cells.keys() & {DATE, CHILD, CERTIFICATE, GROUP, SIGN}:
                read.leave_out(place(grid.name, number, columns[CODE]), _NO_CODE)
            continue
        first = seen.setdefault((code.reference, code.written.group, code.day, code.lesson), number)
        if first != number:
            where = place(grid.name, number, columns[CODE])
            read.leave_out(
                where, _LeftOut(Text(f"код этой строки уже стоит в строке {first}", f"row {first} has this row's code"), _NEW_ELSEWHERE)
            )
            continue
        yield _Row(grid, number, code, cells, columns)


def _columns(grid: Grid, row: int) -> dict[str, int]:
    known = {folded(name): name for name in HEAD}
    return {known[key]: column for column, cell in grid.rows[row].items() if (key := folded(cell.text)) in known}


def _by_person(rows: Sequence[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.code.reference].append(row)
    return found


# ---------------------------------------------------------------- a person's rows


def _read_person(rows: Sequence[_Row], layout: Layout, month: str | None, read: _Read) -> None:
    """A name or number that is mended in one row is mended in all of the child's; two that differ are for a person to settle."""
    mended = {(folded(row.text(CHILD)), row.text(CERTIFICATE)): row for row in rows if row.has_other_child}
    if len(mended) > 1:
        for row in mended.values():
            read.leave_out(row.at(CHILD), _UNLIKE)
        return
    source = next(iter(mended.values()), rows[0])
    number = certificate_number(source.cells.get(CERTIFICATE))
    if mended and _is_wrong(source, number, read):
        return
    for row in rows:
        if _is_taken(row, month, read):
            read.records.setdefault(f"group {row.text(GROUP)}", Group(row.text(GROUP), row.at(GROUP)))
            member = _member(row, source, number, bool(mended))
            read.records.setdefault(member.key, member)
            read.marks.extend(_marks(row, member.key, layout, read))


def _is_wrong(row: _Row, number: Number, read: _Read) -> bool:
    if not row.text(CHILD):
        read.leave_out(row.at(CHILD), _NO_NAME)
        return True
    if number.is_unreadable and number.what is not None and number.cure is not None:
        read.findings.append(unread(row.at(CERTIFICATE), number.what, number.cure))
        return True
    return False


def _is_taken(row: _Row, month: str | None, read: _Read) -> bool:
    if row.has_other_group:
        read.leave_out(row.at(GROUP), _OTHER_GROUP)
        return False
    if month is not None and f"{row.code.day:%Y-%m}" != month:
        read.leave_out(row.at(DATE), _OTHER_MONTH)
        return False
    return True


def _member(row: _Row, source: _Row, number: Number, is_mended: bool) -> Member:
    return Member(
        key=f"{row.code.reference} {folded(row.text(GROUP))}",
        group=row.text(GROUP),
        name=_APOSTROPHE.sub("", source.text(CHILD)),
        place=source.at(CHILD),
        certificate=number.certificate,
        certificate_padded=number.is_padded,
        reference=row.code.reference,
        is_mended=is_mended,
    )


# ---------------------------------------------------------------- marks


def _marks(row: _Row, member: str, layout: Layout, read: _Read) -> Iterator[Mark]:
    """As it stands, unless its sign or its day was mended; a mark that moves leaves nothing on the day that it stood on."""
    lesson, where = row.code.lesson or None, row.at(SIGN)
    day = day_of(row.cells[DATE]) if DATE in row.cells else None
    if day is None:
        text = shown(row.text(DATE))
        read.leave_out(row.at(DATE), _LeftOut(Text(f"нет такой даты: «{text}»", f"there is no such date: “{text}”"), _DATE_IT))
        return
    if day == row.code.day and not row.has_other_sign:
        yield Mark(member, day, Status.UNMARKED, where, lesson=lesson)
        return
    said = _said(row, layout)
    if said.what is not None and said.cure is not None:
        read.findings.append(unread(where, said.what, said.cure))
        return
    status = said.status
    assert status is not None  # what gives none has a reason
    if day != row.code.day:
        yield Mark(member, row.code.day, Status.NOTHING, where, lesson=lesson)
    if status in _TAKES_AWAY:
        yield Mark(member, row.code.day, Status.NOTHING, where, lesson=lesson)
    else:
        yield Mark(member, day, status, where, said.hours, lesson)


def _said(row: _Row, layout: Layout) -> Reading:
    """The sign in the file's own words, else in the provider's."""
    cell = row.cells.get(SIGN)
    if cell is None:
        return Reading(None, what=_NO_SIGN.what, cure=_NO_SIGN.cure)
    own = _OWN_SIGNS.get(folded(cell.text))
    if own is not None and not cell.struck:
        return Reading(Meaning(own.value))
    if cell.text == "-" and not cell.struck:
        return Reading(Meaning.NOTHING)
    said = reading(cell, layout.signs)
    if said.meaning is Meaning.CANCELLED:
        return Reading(None, what=_CANCELLED.what, cure=_CANCELLED.cure)
    return said


class _LeftOut(NamedTuple):
    """Why a row is not taken, and the cure."""

    what: Text
    cure: Text


_NEW_ELSEWHERE = Text("Новую отметку впишите в сам табель и сдайте его.", "Write a new mark into the sheet itself, and send that.")
_NO_CODE = _LeftOut(Text("у строки нет своего кода: она не принята", "the row has no code of its own: not taken"), _NEW_ELSEWHERE)
_UNLIKE = _LeftOut(
    Text("имя или номер ребёнка исправлены в его строках по-разному", "the child's rows were mended to different names or numbers"),
    Text("Впишите всюду одно и то же.", "Write the same everywhere."),
)
_NO_NAME = _LeftOut(Text("имя ребёнка стёрто", "the child's name is gone"), Text("Впишите имя.", "Write the name."))
_OTHER_GROUP = _LeftOut(
    Text("группа строки изменена: здесь её не меняют", "the row's group was changed: it is not changed here"),
    Text(
        "Верните её слова; что они значат, скажите так: gateway match --group-words СЛОВА --group ИД.",
        "Put its words back; say what they mean: gateway match --group-words WORDS --group ID.",
    ),
)
_OTHER_MONTH = _LeftOut(
    Text("строка за другой месяц: не принята", "the row is of another month: not taken"),
    Text("Примите файл без --month.", "Take the file in without --month."),
)
_KEEP_COLUMNS = Text(
    "Возьмите файл заново (gateway rejects --out) и не удаляйте столбцы.", "Write it anew (gateway rejects --out), and keep its columns."
)
_DATE_IT = Text("Исправьте дату строки.", "Mend the row's date.")
_NO_SIGN = _LeftOut(
    Text("в строке нет отметки", "the row has no mark"),
    Text("Впишите отметку, а чтобы снять её, «-».", "Write the mark; to take it away, “-”."),
)
_CANCELLED = _LeftOut(
    Text("занятие отменяют не здесь", "a lesson is not cancelled here"),
    Text("Отмените его в табеле или в Навигаторе.", "Cancel it in the sheet, or in the Navigator."),
)
