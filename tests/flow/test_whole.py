"""A first input goes its own short way, in one transaction: it must end exactly as stage by stage, rows and report alike."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.flow import intake
from gateway.plugins.builtin.registers.http import HttpRegister
from gateway.plugins.register import Answer, Outcome
from tests.builders.sheets import Row
from tests.builders.town import LESSON_DAYS, PROVIDER, District, Town, certificate, child_name, rows_of, sums, town
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


# ---------------------------------------------------------------- any sheet


class Accepting(HttpRegister):
    """Its facts are the Navigator's; what it is sent it accepts and forgets, so that each example meets it as it was."""

    def send(self, operations: Sequence[Mapping[str, object]]) -> Sequence[Answer]:
        return [Answer(str(one["id"]), Outcome.ACCEPTED, "N") for one in operations]


GROUPS = ((PROVIDER, "G-1", "Парусники"), (PROVIDER, "G-2", "Гребцы"))
signs = st.dictionaries(st.sampled_from(LESSON_DAYS), st.sampled_from(["Н", "Б", "Щ", "?"]), max_size=4)


@st.composite
def grids(draw: st.DrawFn) -> list[Row]:
    """Children in any order, a stranger, a name without its number, a number under another name, signs that nobody can read."""
    rows = []
    for number in draw(st.lists(st.integers(1, 3), unique=True, min_size=1, max_size=3)):
        name, with_number = draw(st.sampled_from([(child_name(number), True), (child_name(number), False), ("Чужова Анна", True)]))
        rows.append(Row(name, certificate(number) if with_number else None, draw(signs)))
    if draw(st.booleans()):
        rows.append(Row("Неведомая Ия", None, draw(signs)))
    return rows


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("standing"), District(nominals=("500.00", "1200.00", "2000.00"), groups=GROUPS)) as running:
        yield running


def reported_and_left(running: Town, home: Path, sheet: Path) -> Ending:
    gateway = running.gateway(str(home))
    gateway.__dict__["register"] = Accepting(running.url)
    report = running.take(gateway, sheet)
    try:
        return ending(running, gateway, report)
    finally:
        gateway.engine.dispose()


def test_any_sheet_in_one_go_and_stage_by_stage_is_the_same_row_by_row(standing: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    goes: list[bool] = []
    in_one_go, asked = intake.take_whole, intake.is_whole

    def watched(*args: object, **more: object) -> object:
        run = in_one_go(*args, **more)  # type: ignore[arg-type]
        goes.append(run is not None)
        return run

    monkeypatch.setattr(intake, "take_whole", watched)

    @settings(max_examples=20)
    @given(first=grids(), second=grids())
    def compare(first: list[Row], second: list[Row]) -> None:
        sheet = standing.sheet("any.xlsx", first, more={"Гребцы": second})
        with tempfile.TemporaryDirectory() as folder:
            monkeypatch.setattr(intake, "is_whole", asked)
            one = reported_and_left(standing, Path(folder) / "one", sheet)
            monkeypatch.setattr(intake, "is_whole", lambda collected, known: False)
            other = reported_and_left(standing, Path(folder) / "other", sheet)
        assert one.report == other.report
        assert one == other

    compare()
    assert sum(goes) >= 10, "hardly any of them went the short way"
