"""Every story of this repository, told to the program: fresh databases, a real Navigator process, real files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from gateway.scenario import run_story
from tests.stories.test_stories_add_up import FOLDERS


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_story_ends_as_it_states(folder: Path) -> None:
    assert run_story(folder, language="en").differences == []


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
