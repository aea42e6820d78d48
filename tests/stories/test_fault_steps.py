"""A story's fault step: all ways to say it are one, and a fault that never happened is told."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.plugins.register import Answer
from gateway.scenario import run_story
from gateway.scenario.faults import FaultStepWrong, switch_requests
from tests.stories.test_stories_add_up import ROOT

UNTIL = dt.datetime.fromisoformat("2025-11-05T12:00:00+03:00")
STORY = ROOT / "scenarios" / "01-present-absent-present"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"register": "drop_reply", "next": 1}, {"fault": "drop_reply", "next": 1}),
        ({"drop_reply": 2}, {"fault": "drop_reply", "next": 2}),
        ({"reject_next": 3, "code": "not_active"}, {"fault": "reject_next", "next": 3, "code": "not_active"}),
        ({"register": "reject_next", "reject_next": 3}, {"fault": "reject_next", "next": 3}),
        ({"delay": 5, "next": 2}, {"fault": "delay", "seconds": 5, "next": 2}),
        ({"register": "delay", "delay": 5}, {"fault": "delay", "seconds": 5}),
        ({"down_until": UNTIL}, {"fault": "down_until", "until": UNTIL.isoformat()}),
        ({"register": "down_until", "until": UNTIL}, {"fault": "down_until", "until": UNTIL.isoformat()}),
        (
            {"reject_next": 1, "where": {"date": dt.date(2025, 10, 7), "kind": "debit"}},
            {"fault": "reject_next", "next": 1, "where": {"date": "2025-10-07", "kind": "debit"}},
        ),
    ],
    ids=str,
)
def test_the_ways_to_say_a_fault(said: dict[str, Any], meant: dict[str, Any]) -> None:
    assert switch_requests([said]) == [meant]


@pytest.mark.parametrize(
    "said", [{"drop_reply": 1}, ["drop_reply"], [{"next": 1}], [{"drop_reply": 1, "duplicate": 1}], [{"register": "refuse"}]], ids=str
)
def test_what_names_no_fault_is_told(said: Any) -> None:
    with pytest.raises(FaultStepWrong):
        switch_requests(said)


def with_fault(tmp_path: Path, fault: str, expected: str | None = None) -> Path:
    """A story of ours with a fault before its first step."""
    return with_step(tmp_path, f"fault = {fault}", expected)


def with_step(tmp_path: Path, step: str, expected: str | None = None) -> Path:
    """A story of ours with one more step, before its first."""
    folder = tmp_path / "story"
    shutil.copytree(STORY, folder)
    steps = (folder / "steps.toml").read_text(encoding="utf-8")
    head, first, rest = steps.partition("[[step]]")
    at = next(line for line in rest.splitlines() if line.startswith("at"))
    (folder / "steps.toml").write_text(f"{head}[[step]]\n{at}\n{step}\n\n{first}{rest}", encoding="utf-8")
    if expected is not None:
        (folder / "expected.json").write_text(expected, encoding="utf-8")
    return folder


def test_a_lost_reply_is_lost_and_the_story_ends_the_same(tmp_path: Path) -> None:
    folder = with_fault(tmp_path, '[{register = "drop_reply", next = 1}, {duplicate = 1}]')
    assert run_story(folder, language="en").differences == []


def test_how_often_faults_fired_can_be_expected(tmp_path: Path) -> None:
    folder = with_fault(tmp_path, "[{duplicate = 1}]", '{"faults": {"duplicate": 2, "drop_reply": 0}}')
    assert run_story(folder, language="en").differences == ["end, expected.json: faults.duplicate: 1 ≠ 2"]


def test_a_fault_that_never_fired_is_a_difference(tmp_path: Path) -> None:
    folder = with_fault(tmp_path, '[{register = "drop_reply", skip = 99}]')
    assert run_story(folder, language="en").differences == ["fault: drop_reply never fired"]


def test_the_seventh_of_a_hundred_is_the_seventh_of_a_hundred(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[list[tuple[str, str, str]]] = []
    send = HttpRegister.send

    def seen(register: HttpRegister, operations: Sequence[dict[str, Any]]) -> Sequence[Answer]:
        sent.append([(one["kind"], one["enrollment"], one["claim"]["date"]) for one in operations])
        return send(register, operations)

    monkeypatch.setattr(HttpRegister, "send", seen)
    assert run_story(ROOT / "scenarios" / "42-one-of-a-hundred-rejected", language="en").differences == []
    rejected = ("debit", "E-4206", "2025-10-01")
    assert [len(batch) for batch in sent] == [100, 1] and sent[0][6] == rejected and sent[1] == [rejected]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ('restore = "never made"', "step 1 (restore): "),
        ('backup = "../beside"', "step 1 (backup): "),
        ("backup = true", "step 1 (backup): "),
    ],
)
def test_a_backup_that_has_no_name_or_was_never_made_is_told(step: str, told: str, tmp_path: Path) -> None:
    (difference,) = run_story(with_step(tmp_path, step), language="en").differences
    assert difference.startswith(told)


def test_what_came_after_a_backup_is_forgotten_and_recover_brings_it_back(tmp_path: Path) -> None:
    """A restore that restored nothing, or a recover that adopted nothing, would be seen by the story's checks."""
    story = ROOT / "scenarios" / "44-restored-from-last-week"
    for left_out, told in (('restore = "sunday"', "step 5, restored.json"), ("recover = true", "step 6, recovered.json")):
        folder = tmp_path / told[:6].replace(" ", "-")
        shutil.copytree(story, folder)
        steps = (folder / "steps.toml").read_text(encoding="utf-8")
        assert steps.count(left_out) == 1
        (folder / "steps.toml").write_text(steps.replace(f"{left_out}\n", ""), encoding="utf-8")
        assert run_story(folder, language="en").differences[0].startswith(told)


def test_a_fault_that_is_none_is_a_difference_with_its_place(tmp_path: Path) -> None:
    (difference,) = run_story(with_fault(tmp_path, '[{register = "burn"}]'), language="en").differences
    assert difference.startswith("step 1 (fault): The Navigator refused") and "faults.0.fault" in difference
