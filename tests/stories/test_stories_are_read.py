"""The spreadsheet adapter reads every cell of every story's sheets as the second reckoning does: group, number, name, day, sign."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from adapters.spreadsheet.adapter import SpreadsheetAdapter
from gateway.plugins import Mark, Member
from tests.builders.plain_reading import folded_sign, grids_of
from tests.stories.test_stories_add_up import FOLDERS

SHEETS = sorted(
    {
        (folder, step["import"], step["mapping"], step["at"])
        for folder in FOLDERS
        for step in tomllib.loads((folder / "steps.toml").read_text(encoding="utf-8"))["step"]
        if "import" in step
    }
)
Cells = Counter[tuple[str, str | None, str, dt.date, str]]


@pytest.mark.parametrize(("folder", "file", "mapping_file", "now"), SHEETS, ids=lambda value: getattr(value, "name", None))
def test_every_cell_is_read_alike(folder: Path, file: str, mapping_file: str, now: dt.datetime) -> None:
    mapping = tomllib.loads((folder / mapping_file).read_text(encoding="utf-8"))
    assert read_by_the_adapter(folder / file, mapping, now) == read_plainly(folder / file, mapping)


def read_by_the_adapter(path: Path, mapping: dict[str, Any], now: dt.datetime) -> Cells:
    cells: Cells = Counter()
    for batch in SpreadsheetAdapter().parse(path, mapping, None, now):
        members = {record.key: record for record in batch.records if isinstance(record, Member)}
        for mark in batch.records:
            if isinstance(mark, Mark):
                member = members[mark.member]
                cells[(member.group, member.certificate, member.name, mark.day, str(mark.status))] += 1
    return cells


def read_plainly(path: Path, mapping: dict[str, Any]) -> Cells:
    codes = {folded_sign(code): meaning for code, meaning in mapping["cells"]["codes"].items()}
    cells: Cells = Counter()
    for sheet in openpyxl.load_workbook(path).worksheets:
        for words, _, grid in grids_of(sheet):
            for person, days in grid.items():
                for day, value in days.items():
                    status = "unmarked" if value is None else codes.get(folded_sign(value))
                    if status is not None:
                        cells[(words, person.number or None, person.name, day, status)] += 1
    return cells
