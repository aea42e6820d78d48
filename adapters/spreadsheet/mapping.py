"""The provider's mapping file, checked: what cannot be guessed from a sheet (interfaces.md, «A mapping»)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from adapters.spreadsheet.findings import question, refused, shown
from adapters.spreadsheet.grid import column_number
from adapters.spreadsheet.signs import Meaning, SignTable, default_signs, sign_table
from adapters.spreadsheet.words import column_word
from gateway.plugins import EmptyMeaning, Finding, InputRefused, Place, Text

_SECTIONS = {"cells": {"empty", "filled_to", "codes"}, "columns": {"certificate", "child", "first_day", "birth_date", "reason"}}


@dataclass(frozen=True)
class Layout:
    """A mapping as this adapter uses it; columns are numbers from 1, None where the sheet's own words must tell."""

    empty: EmptyMeaning = EmptyMeaning.UNKNOWN
    filled_to: dt.date | None = None
    signs: SignTable = field(default_factory=default_signs)
    groups: tuple[str, ...] = ()
    certificate: int | None = None
    child: int | None = None
    first_day: int | None = None
    birth_date: int | None = None
    reason: int | None = None
    findings: tuple[Finding, ...] = ()


class SheetKind(StrEnum):
    """How a sheet is laid out; the name of its own part of a mapping."""

    FORM = "form"  # a month's days side by side: the state form and clubs' own grids
    JOURNAL = "journal"  # a column per lesson
    LIST = "list"  # a line per visit


class Layouts:
    """A provider's answers, and those that it gave for one kind of sheet apart: ``[journal.cells]`` goes before ``[cells]``.

    Raises:
        InputRefused: a value that cannot be used.
    """

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        self.general = layout_of({key: value for key, value in mapping.items() if key not in set(SheetKind)})
        self.says_cells = "cells" in mapping or any("cells" in _section(mapping, kind) for kind in SheetKind if kind.value in mapping)
        self._own = {kind: _own_layout(mapping, kind) for kind in SheetKind if kind.value in mapping}

    def of(self, kind: SheetKind) -> Layout:
        return self._own.get(kind, self.general)

    def has_own(self, kind: SheetKind) -> bool:
        return kind in self._own

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(dict.fromkeys(finding for layout in (self.general, *self._own.values()) for finding in layout.findings))


def _own_layout(mapping: Mapping[str, Any], kind: SheetKind) -> Layout:
    own = _section(mapping, kind)
    merged = {key: value for key, value in mapping.items() if key not in set(SheetKind)}
    for section in own:
        merged[section] = {**_section(mapping, section), **_section(own, section, f"{kind}.{section}")}
    return layout_of(merged)


def layout_of(mapping: Mapping[str, Any]) -> Layout:
    """Raises:
    InputRefused: a value that cannot be used.
    """
    cells, columns = _section(mapping, "cells"), _section(mapping, "columns")
    codes = _section(cells, "codes", "cells.codes") if "codes" in cells else None
    numbers = {key: _column(key, columns[key]) for key in sorted(_SECTIONS["columns"]) if key in columns}
    return Layout(
        empty=_empty(cells.get("empty", "unknown")),
        filled_to=_day(cells["filled_to"]) if "filled_to" in cells else None,
        signs=default_signs() if codes is None else _signs(codes),
        groups=tuple(str(words) for words in _section(mapping, "groups")),
        findings=tuple(_unknown_keys(mapping)),
        **numbers,
    )


def _section(mapping: Mapping[str, Any], name: str, shown_name: str | None = None) -> Mapping[str, Any]:
    section = mapping.get(name, {})
    if not isinstance(section, Mapping):
        raise _wrong(f"[{shown_name or name}]", section, "таблица TOML", "a TOML table")
    return section


def _empty(value: Any) -> EmptyMeaning:
    try:
        return EmptyMeaning(value)
    except ValueError as error:
        raise _wrong("[cells] empty", value, "attended, nothing или unknown", "attended, nothing or unknown") from error


def _day(value: Any) -> dt.date:
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise _wrong("[cells] filled_to", value, "дата, например 2025-10-16", "a date, say 2025-10-16") from error


def _column(key: str, value: Any) -> int:
    try:
        return column_number(column_word(value if isinstance(value, str) else ""))
    except ValueError as error:
        raise _wrong(f"[columns] {key}", value, "буквы столбца, например «C»", "column letters, say “C”") from error


def _signs(codes: Mapping[str, Any]) -> SignTable:
    known: dict[str, Meaning] = {}
    for sign, value in codes.items():
        try:
            known[str(sign)] = Meaning(value)
        except ValueError as error:
            words = ", ".join(meaning.value for meaning in Meaning)
            raise _wrong(f"[cells] codes «{shown(str(sign))}»", value, f"одно из: {words}", f"one of: {words}") from error
    table, clash = sign_table(known)
    if clash is not None:
        raise _wrong(
            f"[cells] codes «{shown(clash)}»",
            known[clash].value,
            "одно значение на знак (регистр и латинские двойники — один знак)",
            "one meaning per sign (case and Latin twins are one)",
        )
    return table


def _wrong(key: str, value: Any, expected_ru: str, expected_en: str) -> InputRefused:
    return refused(
        Text(f"в файле сопоставления {key}: «{shown(str(value))}»", f"in the mapping file {key}: “{shown(str(value))}”"),
        Text(f"Поправьте файл сопоставления; нужно: {expected_ru}.", f"Mend the mapping file; expected: {expected_en}."),
    )


def _unknown_keys(mapping: Mapping[str, Any]) -> Iterator[Finding]:
    """A mistyped table or key would otherwise be left out in silence."""
    for key in mapping:
        if key not in (*_SECTIONS, "groups"):
            yield question(
                Place(),
                Text(
                    f"в файле сопоставления неизвестно «{shown(str(key))}»: оно не применено",
                    f"the mapping file has an unknown “{shown(str(key))}”: not applied",
                ),
                Text("Известны таблицы: [cells], [columns], [groups].", "Known tables: [cells], [columns], [groups]."),
            )
    for section, keys in _SECTIONS.items():
        for key in _section(mapping, section):
            if key not in keys:
                yield _unknown_key(section, key)


def _unknown_key(section: str, key: str) -> Finding:
    keys = ", ".join(sorted(_SECTIONS[section]))
    return question(
        Place(),
        Text(
            f"в файле сопоставления [{section}] неизвестный ключ «{shown(str(key))}»: он не применён",
            f"in the mapping file [{section}] has an unknown key “{shown(str(key))}”: not applied",
        ),
        Text(f"Известные ключи: {keys}.", f"Known keys: {keys}."),
    )
