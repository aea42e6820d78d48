"""Which words of a sheet name the group. The mapping's words are looked for first; a label («Группа») goes before any title line."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from pathlib import PurePath
from typing import NamedTuple

from adapters.spreadsheet.grid import Grid, Kind
from adapters.spreadsheet.mapping import Layout
from adapters.spreadsheet.month import has_month_only
from adapters.spreadsheet.words import (
    DATE_LINE,
    GROUP_LABEL,
    HEAD_LABEL,
    LABELLED_TEXT,
    LEGEND,
    PLAIN_SHEET_NAME,
    SIGNATURE,
    SUBDIVISION_LABEL,
    TOTAL,
    UNIT_LABEL,
    folded,
    outlined,
)

_NO_GROUP = 9
_SUBJECT = re.compile(r"^(?:табель|журнал|уч[её]т)[^:]*: ?(?P<rest>\S.*)$", re.IGNORECASE)


class GroupWords(NamedTuple):
    words: str
    row: int | None
    column: int | None


class _Text(NamedTuple):
    text: str
    row: int
    column: int
    rank: int  # 0 labelled as a group, 1 as a unit, 2 as a subdivision, 3 a line without a label, 4 a line of the form itself


def group_words(grid: Grid, own_title: str | None, title_row: int | None, head_rows: Sequence[int], layout: Layout) -> GroupWords:
    """The group of some rows: their own title, else the head's words, else the name of the sheet or of the file."""
    known = {folded(words): words for words in layout.groups}
    if own_title is not None:
        title = _unlabelled(own_title)
        return GroupWords(known.get(folded(own_title)) or known.get(folded(title)) or title, title_row, None)
    texts = sorted(_head_texts(grid, head_rows, known), key=lambda text: (text.rank, -text.row))
    for text in texts:
        if folded(text.text) in known:
            return GroupWords(known[folded(text.text)], text.row, text.column)
    for name in _names(grid):
        if folded(name) in known:
            return GroupWords(known[folded(name)], None, None)
    for text in texts:
        if text.rank == 0:
            return GroupWords(text.text, text.row, text.column)
    contained = _contained(texts, known)
    if contained is not None:
        return contained
    for text in texts:
        if text.rank in (1, 2):
            return GroupWords(text.text, text.row, text.column)
    return _by_name_or_title(grid, texts)


def names_a_group(grid: Grid, head_rows: Sequence[int], layout: Layout) -> bool:
    """Whether a head has any text that may name a group."""
    known = {folded(words) for words in layout.groups}
    return any(text.rank < 4 for text in _head_texts(grid, head_rows, known))


def _by_name_or_title(grid: Grid, texts: Sequence[_Text]) -> GroupWords:
    """The sheet's name, unless it is just a month or «Лист1»: then a title line, the one nearest to the children. A file's name comes
    after any title line."""
    name = _names(grid)[-1]
    says_group = not (has_month_only(name) or PLAIN_SHEET_NAME.match(folded(name)))
    if says_group and grid.file_name is None:
        return GroupWords(name, None, None)
    for text in texts:
        if text.rank == 3 and not re.search(r"перен[её]с|заняти[ея] ", folded(text.text)):
            return GroupWords(text.text, text.row, text.column)
    return GroupWords(name, None, None)


def _names(grid: Grid) -> tuple[str, ...]:
    """What the sheet is called; of a file with one nameless sheet: the file's name, with its ending and without."""
    return (grid.name,) if grid.file_name is None else (grid.file_name, PurePath(grid.file_name).stem)


def _unlabelled(text: str) -> str:
    """«Группа: Акулы» → «Акулы»; «Группа № 2» stays as it is."""
    match = LABELLED_TEXT.match(text)
    return match["rest"] if match and match["colon"] else text


def _head_texts(grid: Grid, head_rows: Sequence[int], known: Container[str]) -> Iterator[_Text]:
    """``known``: the mapping's words, which beside a label are a group's even where they are a label themselves («Группа | Кружок»)."""
    for row in head_rows:
        cells = [(column, cell) for column, cell in grid.rows.get(row, {}).items() if cell.kind is Kind.TEXT]
        rank_before: int | None = None
        for column, cell in cells:
            text = folded(cell.text).rstrip(":").strip()
            is_named = rank_before is not None and rank_before < _NO_GROUP and folded(cell.text) in known
            label = None if is_named else _label_rank(text)
            whole = LABELLED_TEXT.match(cell.text)
            if rank_before is None and whole is not None and whole["colon"] and not is_named:
                rank = _label_rank(folded(whole["label"]))
                yield _Text(whole["rest"], row, column, 3 if rank is None else rank)
                continue
            if label is not None or (not is_named and (HEAD_LABEL.match(text) or SIGNATURE.match(text))):
                rank_before = label if label is not None else _NO_GROUP
                subject = _SUBJECT.match(cell.text)
                if subject is not None and not has_month_only(subject["rest"]):
                    yield _Text(subject["rest"], row, column, 3)
                elif label is None:
                    yield _Text(cell.text, row, column, 4)
                continue
            if rank_before is not None:
                if rank_before < _NO_GROUP:
                    yield _Text(cell.text, row, column, rank_before)
                rank_before = None
            elif whole is not None:
                rank = _label_rank(folded(whole["label"]))
                yield _Text(cell.text, row, column, 3 if rank is None else rank)
            elif not _is_furniture(text):
                yield _Text(cell.text, row, column, 3)


def _label_rank(text: str) -> int | None:
    for rank, pattern in enumerate((GROUP_LABEL, UNIT_LABEL, SUBDIVISION_LABEL)):
        if pattern.match(text):
            return rank
    return None


def _is_furniture(text: str) -> bool:
    """Text of the form itself: the month's line, codes, the order that approved it."""
    is_form = re.search(r"приказ|утв\.|окуд|окпо|\bкоды\b|^дата\b|^за\b|^на\b|учебный год", text)
    is_end = bool(TOTAL.search(text) or LEGEND.search(text) or DATE_LINE.match(outlined(text)))
    return len(text) < 3 or is_form is not None or is_end or has_month_only(text)


def _contained(texts: Sequence[_Text], known: dict[str, str]) -> GroupWords | None:
    """A mapping's words inside a line without a label («Учёт посещений: Кулинария, дети 8–12 лет»), if only one group's are."""
    found: dict[str, _Text] = {}
    for text in texts:
        if text.rank >= 3:
            for words in known:
                if re.search(rf"(?<!\w){re.escape(words)}(?!\w)", folded(text.text)):
                    found.setdefault(words, text)
    longest = [words for words in found if not any(words != other and words in other for other in found)]
    if len(longest) != 1:
        return None
    text = found[longest[0]]
    return GroupWords(known[longest[0]], text.row, text.column)
