"""The districts of the repository's own scenarios load, twice, and change nothing the second time."""

from __future__ import annotations

import json

import pytest

from .root import REPOSITORY

DISTRICTS = sorted(
    folder for folder in REPOSITORY.glob("**/district") if folder.is_dir() and "var" not in folder.parts and ".venv" not in folder.parts
)


@pytest.mark.parametrize("folder", DISTRICTS, ids=lambda folder: folder.parent.name)
def test_a_scenarios_district_loads(empty_register, folder):
    result = empty_register.command("load", str(folder), "--json")
    assert result.exit_code == 0, result.output
    assert empty_register.feed("enrollments")[0], "a story without an enrollment tells nothing"
    again = json.loads(empty_register.command("load", str(folder), "--json").stdout)
    assert not any(count["new"] or count["changed"] for count in again["tables"].values())
