"""A first input goes its own short way, in one transaction: it must end exactly as stage by stage, rows and report alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.flow import intake
from tests.builders.town import Town, rows_of, sums, town
from tests.flow.test_dry_run import DISTRICT, everyday_trouble
from tests.flow.test_kill import Ending, ending


def taken(folder: Path) -> Ending:
    with town(folder, DISTRICT) as running:
        gateway = running.gateway()
        report = running.take(gateway, running.sheet("october.xlsx", everyday_trouble()))
        sums(running, gateway)
        return ending(running, gateway, report)


def test_in_one_go_and_stage_by_stage_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes: list[bool] = []
    in_one_go = intake.take_whole

    def watched(*args: object, **more: object) -> object:
        run = in_one_go(*args, **more)  # type: ignore[arg-type]
        goes.append(run is not None)
        return run

    monkeypatch.setattr(intake, "take_whole", watched)
    one = taken(tmp_path / "one")
    assert goes == [True], "the first input did not go its short way"
    monkeypatch.setattr(intake, "is_whole", lambda collected, known: False)
    other = taken(tmp_path / "other")
    assert goes == [True]
    assert one.report == other.report
    assert one == other


def test_what_is_known_already_goes_stage_by_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    goes: list[bool] = []
    asked = intake.is_whole

    def watched(*args: object) -> bool:
        goes.append(asked(*args))  # type: ignore[arg-type]
        return goes[-1]

    monkeypatch.setattr(intake, "is_whole", watched)
    with town(tmp_path) as running:
        again(running)
    assert goes == [True, False, False]


def again(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2])))
    running.take(gateway, running.sheet("october-2.xlsx", rows_of([1, 2], {1: {6: "Н"}})))
    report = running.take(gateway, running.sheet("october-2.xlsx", rows_of([1, 2], {1: {6: "Н"}})))
    assert report["new"] == 0
    sums(running, gateway)
