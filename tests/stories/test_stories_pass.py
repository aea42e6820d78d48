"""Every story of this repository, told to the program: fresh databases, a real Navigator process, real files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gateway.scenario import run_story
from tests.builders.postgres import Postgres
from tests.stories.test_stories_add_up import FOLDERS

EVERYDAY = {f"{number:02}" for number in range(2, 21)} - {"07", "13"}
"""Told on PostgreSQL by `make test-long` alone; all that has to do with faults, months and two clubs is told there every time."""

ON_POSTGRESQL = [
    pytest.param(folder, id=folder.name, marks=[pytest.mark.long] if folder.name[:2] in EVERYDAY else []) for folder in FOLDERS
]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_story_ends_as_it_states(folder: Path) -> None:
    assert run_story(folder, language="en").differences == []


@pytest.mark.parametrize("folder", ON_POSTGRESQL)
def test_the_story_ends_alike_on_postgresql(folder: Path, postgres: Postgres) -> None:
    with postgres.database(is_empty=True) as url:
        assert run_story(folder, url, language="en").differences == []


def test_a_wrong_expectation_is_told_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "story"
    shutil.copytree(FOLDERS[20], folder)
    for file, section, key, wrong in (("both.json", "statement", "2025-10", {"debits": 7}), ("expected.json", "counts", "marks", 10)):
        stated = json.loads((folder / file).read_text(encoding="utf-8"))
        stated[section][key] = wrong
        (folder / file).write_text(json.dumps(stated), encoding="utf-8")
    first, last = run_story(folder, language="en").differences
    assert "both.json" in first and "statement.2025-10.debits: 6" in first
    assert "expected.json" in last and "counts.marks: 9" in last
