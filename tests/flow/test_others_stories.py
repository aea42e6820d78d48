"""Stories that others wrote and that lie beside the repository, where they do; and what every story's end asks besides its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.bootstrap import Gateway
from gateway.scenario import run_story

ROOT = Path(__file__).resolve().parents[2]
BESIDE = ROOT / ".." / "shared" / "inputs" / "scenarios"
FOLDERS = sorted(path.parent for path in BESIDE.glob("*/steps.toml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_story_told_by_somebody_else_ends_as_it_states(folder: Path) -> None:
    assert run_story(folder, language="en").differences == []


def test_a_storys_end_asks_the_ledger_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gateway, "ledger_faults", lambda self: ["account town/1 (certificate): its sums are not those of its transfers"])
    (difference,) = run_story(ROOT / "scenarios" / "12-free-of-charge", language="en").differences
    assert difference == "end, ledger: account town/1 (certificate): its sums are not those of its transfers"
