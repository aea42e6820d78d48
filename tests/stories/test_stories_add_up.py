"""What the stories state is reckoned a second time, without the program: a wrong expectation must not pass as a wrong program."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.reckoning import Story

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [*sorted(path.parent for path in (ROOT / "scenarios").glob("*/steps.toml")), ROOT / "gateway" / "demo"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_stated_outcome_adds_up(folder: Path) -> None:
    for file, stated, found in Story(folder).play():
        assert found == stated, file


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_charged_not_charged_refused_and_waiting_are_the_marks(folder: Path) -> None:
    story = Story(folder)
    story.play()
    counts = story.tell({"counts": dict.fromkeys(("marks", "charged", "not_charged", "refused", "waiting"))})["counts"]
    assert counts["marks"] == counts["charged"] + sum(sum(counts[key].values()) for key in ("not_charged", "refused", "waiting"))
