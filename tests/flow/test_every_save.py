"""Killed at every save and every send, before it and after it, and run again: an import ends as it would have without.

Every moment is met, none is drawn: an undisturbed run counts them first. Two inputs: a club's first sheet, which goes its short way, and a
sheet with corrections, which goes the long one. Every send and a third of the saves are in the everyday tests, all in the long ones.
"""

from __future__ import annotations

import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.bootstrap import Gateway
from tests.builders.dying import WHEN, Ended, Moment, import_counted
from tests.builders.forked import town_at
from tests.builders.town import PROVIDER, Databases, District, Town, free_port, load, rows_of, sums
from tests.flow.test_kill import Ending, ending

PORT = free_port()
CHILDREN = (1, 2, 3)
DISTRICT = District(nominals=("1000.00", "1000.00", "350.00"), groups=((PROVIDER, "G-1", "Парусники"), (PROVIDER, "G-2", "Гребцы")))
FIRST = {1: {6: "Н"}, 2: {9: "Б", 13: "Н"}}
CORRECTED = {1: {9: "Н", 16: "Б"}, 2: {13: "Н"}, 3: {2: "Н"}}
"""Debits are taken back, others made, and what the third child's certificate gets back pays for a lesson that had lacked the money."""

SHARE = 3
"""One save's moment in so many is in the everyday tests."""


@dataclass(frozen=True)
class Start:
    """A folder with all homes, from which each trial starts; the sheet to import; how that ends undisturbed, and with how many moments."""

    folder: Path
    databases: Databases
    sheet: str
    ending: Ending
    counts: dict[str, int]

    def moments(self) -> list[Moment]:
        return [Moment(kind, number, when) for kind in ("save", "send") for number in range(1, self.counts[kind] + 1) for when in WHEN]


def imported(running: Town, sheet: str, dies_at: Moment | None = None) -> Ended:
    def work(gateway: Gateway) -> dict[str, Any]:
        return gateway.import_file(running.folder / sheet, PROVIDER, running.folder / "mapping.toml")

    return import_counted(running.gateway, work, running.folder / "died", dies_at)


def undisturbed(folder: Path, databases: Databases, sheet: str) -> Start:
    trial = shutil.copytree(folder, folder.with_name(folder.name + "-undisturbed"))
    databases.copy(folder, trial)
    with town_at(trial, PORT, databases) as running:
        ended = imported(running, sheet)
        assert ended.code == 0 and ended.report is not None and min(ended.counts.values()) > 0
        gateway = running.gateway()
        end = ending(running, gateway, ended.report)
        sums(running, gateway)
        gateway.engine.dispose()
    return Start(folder, databases, sheet, end, ended.counts)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Start:
    folder = tmp_path_factory.mktemp("first")
    load(folder, DISTRICT)
    running = Town(folder, "")
    running.mapping()
    running.sheet("first.xlsx", rows_of(CHILDREN, FIRST), more={"Гребцы": rows_of(CHILDREN, FIRST)})
    running.sheet("corrected.xlsx", rows_of(CHILDREN, CORRECTED), more={"Гребцы": rows_of(CHILDREN, FIRST)})
    start = undisturbed(folder, databases, "inputs/first.xlsx")
    assert start.ending.report["new"] == 54 and start.ending.report["counts"]["refused"]["A07"] > 10
    return start


@pytest.fixture(scope="module")
def corrected(first: Start, tmp_path_factory: pytest.TempPathFactory, databases: Databases) -> Start:
    folder = shutil.copytree(first.folder, tmp_path_factory.mktemp("corrected"), dirs_exist_ok=True)
    with town_at(folder, PORT, databases) as running:
        gateway = running.gateway()
        running.take(gateway, folder / "inputs/first.xlsx")
        gateway.engine.dispose()
    start = undisturbed(folder, databases, "inputs/corrected.xlsx")
    assert 0 < start.ending.report["new"] < 27 and start.ending.statement[1] > 0
    return start


@pytest.fixture(params=["first", "corrected"])
def start(request: pytest.FixtureRequest, databases: Databases) -> Start:
    one: Start = request.getfixturevalue(request.param)
    return one


def dies_and_is_run_again(start: Start, moment: Moment, folder: Path) -> None:
    shutil.copytree(start.folder, folder)
    start.databases.copy(start.folder, folder)
    with town_at(folder, PORT, start.databases) as running:
        ended = imported(running, start.sheet, moment)
        assert ended.code == -signal.SIGKILL and (folder / "died").read_text(encoding="utf-8") == str(moment), f"it lived {moment}"
        again = imported(running, start.sheet)
        assert again.code == 0 and again.report is not None, f"the second run failed after it died {moment}"
        gateway = running.gateway()
        try:
            end = ending(running, gateway, again.report)
            if moment == Moment("save", start.counts["save"], "after"):  # that it was told is stored: the second is a new import
                assert end.report["new"] == 0 and end.report["unchanged"] == 54
            else:
                assert end.report == start.ending.report, moment
            for name in ("claims", "accounts", "operations", "statement", "attendance"):
                assert getattr(end, name) == getattr(start.ending, name), (moment, name)
            sums(running, gateway)
        finally:
            gateway.engine.dispose()
    start.databases.forget(folder)


def all_of(start: Start, moments: list[Moment], folder: Path) -> None:
    assert moments
    for number, moment in enumerate(moments):
        dies_and_is_run_again(start, moment, folder / str(number))


def test_every_send_and_a_third_of_the_saves(start: Start, tmp_path: Path) -> None:
    moments = start.moments()
    saves = [one for one in moments if one.kind == "save"][::SHARE]
    assert {one.when for one in saves} == set(WHEN)
    kept = [*saves, *(one for one in moments if one.kind == "send")]
    print(f"{len(kept)} of {len(moments)} moments: {start.counts}")
    all_of(start, kept, tmp_path)


@pytest.mark.long
def test_all_moments(start: Start, tmp_path: Path) -> None:
    moments = start.moments()
    print(f"{len(moments)} moments: {start.counts}")
    all_of(start, moments, tmp_path)
