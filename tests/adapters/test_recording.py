"""A recording of an account: it replays, holds no name and no secret of it, and the kit finds a planted bug on it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.alfacrm.adapter import AlfaCrm, AlfaCrmAdapter
from adapters.alfacrm.emulator import EMAIL, AlfaCrmEmulator
from adapters.ical.adapter import IcalendarAdapter
from adapters.ical.emulated_server import CalDavEmulator
from adapters.ical.emulator import IcsEmulator
from adapters.moyklass.emulator import MoyKlassEmulator
from gateway.plugins import Mark, SourceRefused, Status, Text
from gateway.plugins.testing import (
    LIVE,
    PROMISES,
    Broken,
    Emulator,
    RecordedConformance,
    made_club,
    replay_of,
    truth,
)
from tests.adapters.recordings import plugin_of, recorded, switched_on
from tests.adapters.tutorial import files, imported, write

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def alfa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AlfaCrmEmulator, Path, Any]]:
    """An AlfaCRM account, the folder of its recording, and what the command answered."""
    folder = tmp_path_factory.mktemp("recording")
    with AlfaCrmEmulator(made_club(AlfaCrmEmulator.statuses)) as emulator:
        assert isinstance(emulator, AlfaCrmEmulator)
        switched_on(folder / "home", "alfacrm", emulator)
        answer = recorded(folder / "home", folder / "out")
        yield emulator, folder / "out", answer


def all_text(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()))


def test_a_recording_tells_as_much_as_the_system_did(alfa: tuple[AlfaCrmEmulator, Path, Any]) -> None:
    emulator, _, answer = alfa
    assert answer["good"] and answer["live"] == answer["replayed"] and not answer["unrecorded"], answer
    assert answer["live"]["marks"] == len(truth(emulator.club).marks)


def test_no_name_number_birth_date_mail_or_secret_is_in_the_folder(alfa: tuple[AlfaCrmEmulator, Path, Any]) -> None:
    emulator, folder, _ = alfa
    seen = all_text(folder)
    children = list(emulator.club.children.values())
    names = {word for child in children for word in child.name.split()}
    numbers = {child.certificate for child in children if child.certificate}
    born = {form for child in children if child.birth_date for form in (child.birth_date.isoformat(), f"{child.birth_date:%d.%m.%Y}")}
    private = {*names, *numbers, *born, EMAIL, "Ведомость", "Родителева", emulator.key, *emulator.tokens, emulator.url, "Ёлка"}
    assert len(private) > 40
    assert not [word for word in private if word.lower() in seen.lower()]


def test_what_is_masked_keeps_its_form_and_equal_stays_equal(alfa: tuple[AlfaCrmEmulator, Path, Any]) -> None:
    emulator, folder, _ = alfa
    told = json.loads((folder / "told.json").read_text(encoding="utf-8"))
    real = truth(emulator.club)
    assert len(told["members"]) == len(real.members)
    names = {child: name for _, child, name, _, _ in told["members"]}
    assert len(set(names.values())) == len({known.name for known in real.members.values()})
    for (_, child), known in real.members.items():
        assert [len(word) for word in names[child].split()] == [len(word) for word in known.name.split()]
        assert all(word[0].isupper() for word in names[child].split())
    numbers = {child: number for _, child, _, number, _ in told["members"]}
    for (_, child), known in real.members.items():
        assert (numbers[child] is None) == (known.certificate is None)
        if known.certificate is not None:
            assert re.fullmatch(r"\d{10}", numbers[child]) and (numbers[child][0] == "0") == (known.certificate[0] == "0")
    days = {day for _, _, day, _, _ in told["marks"]}
    assert days == {cell.day.isoformat() for cell in real.marks}


@pytest.fixture(scope="module")
def kit(alfa: tuple[AlfaCrmEmulator, Path, Any]) -> type[RecordedConformance]:
    class Recorded(RecordedConformance):
        adapter = AlfaCrmAdapter()
        recording = alfa[1]

    return Recorded


ON_A_RECORDING = [name for name, promise in PROMISES.items() if LIVE not in promise.needs]


def test_a_good_part_of_the_kit_runs_on_a_recording() -> None:
    assert len(ON_A_RECORDING) >= 30
    assert {"everything_is_told", "server_errors_pass", "no_childs_name_leaks", "every_cursor_goes_on"} <= set(ON_A_RECORDING)


@pytest.mark.parametrize("name", ON_A_RECORDING)
def test_the_kit_passes_on_the_recording(kit: type[RecordedConformance], name: str) -> None:
    tests = kit()
    assert tests.unmet(PROMISES[name]) is None
    with tests.rig() as rig:
        PROMISES[name](rig)


def test_what_needs_a_live_system_is_skipped_in_words(kit: type[RecordedConformance]) -> None:
    said = {kit().unmet(promise) for name, promise in PROMISES.items() if name not in ON_A_RECORDING}
    assert len(said) == 1 and "a recording" in str(said)


def without_absences(pull: Callable[..., Any]) -> Callable[..., Any]:
    def some(self: Any, *arguments: Any, **named: Any) -> Iterator[Any]:
        for batch in pull(self, *arguments, **named):
            kept = (each for each in batch.records if not (isinstance(each, Mark) and each.status is Status.ABSENT))
            yield dataclasses.replace(batch, records=tuple(kept))

    return some


def test_a_planted_bug_is_found_on_a_recording(kit: type[RecordedConformance], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AlfaCrm, "pull", without_absences(AlfaCrm.pull))
    with kit().rig() as rig, pytest.raises(Broken, match="nothing stands, absent is true"):
        PROMISES["everything_is_told"](rig)


def test_a_request_that_was_not_recorded_is_told(kit: type[RecordedConformance], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.alfacrm.wire.PAGE_ITEMS", 50)
    with pytest.raises(AssertionError, match=r"not in the recording: .*group/index"):
        kit().test_the_recording_answers_all_that_is_asked()


def test_a_folder_with_something_in_it_is_left_alone(alfa: tuple[AlfaCrmEmulator, Path, Any], tmp_path: Path) -> None:
    emulator, folder, _ = alfa
    before = all_text(folder)
    switched_on(tmp_path / "home", "alfacrm", emulator)
    assert "already" in recorded(tmp_path / "home", folder, code=2)["error"]["what"]
    assert all_text(folder) == before


def test_a_system_that_refuses_leaves_no_folder(tmp_path: Path) -> None:
    with AlfaCrmEmulator() as emulator:
        switched_on(tmp_path / "home", "alfacrm", emulator)
        emulator.key = "another"
        assert "error" in recorded(tmp_path / "home", tmp_path / "out", code=3)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("emulator", [IcsEmulator, CalDavEmulator])
def test_a_calendar_is_recorded_alike_its_secret_address_too(tmp_path: Path, emulator: type[Emulator]) -> None:
    """A file that is asked whether it has changed, and a server that is asked in XML."""
    with emulator() as running:
        switched_on(tmp_path / "home", "icalendar", running)
        answer = recorded(tmp_path / "home", tmp_path / "out")
        seen = all_text(tmp_path / "out")
        assert running.key not in seen and "Ёлка" not in seen and running.url not in seen
    assert answer["good"] and answer["live"]["lessons"] > 0, answer
    kit = type("Recorded", (RecordedConformance,), {"adapter": IcalendarAdapter(), "recording": tmp_path / "out", "tells": {"lessons"}})()
    for name in ("everything_is_told", "every_cursor_goes_on", "the_same_again_is_no_change", "server_errors_pass", "no_secret_is_logged"):
        with kit.rig() as rig:
            PROMISES[name](rig)


def test_a_check_that_fails_keeps_nobody_from_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Any) -> Iterator[Any]:
        raise SourceRefused(Text("нельзя", "not allowed"), Text("дайте право", "give the right"))
        yield

    monkeypatch.setattr(AlfaCrm, "check", refused)
    with AlfaCrmEmulator(made_club(AlfaCrmEmulator.statuses, groups=1, children=2, weeks=1)) as emulator:
        switched_on(tmp_path / "home", "alfacrm", emulator)
        assert recorded(tmp_path / "home", tmp_path / "out")["good"]


def test_another_adapters_account_is_recorded_alike(tmp_path: Path) -> None:
    with MoyKlassEmulator() as emulator:
        switched_on(tmp_path / "home", "moyklass", emulator)
        answer = recorded(tmp_path / "home", tmp_path / "out", "--since", "2025-09-01")
        names = {word for child in emulator.club.children.values() for word in child.name.split()}
    assert answer["good"] and answer["live"]["marks"] > 0
    assert not [word for word in names if word in all_text(tmp_path / "out")]
    assert replay_of(tmp_path / "out")().since == dt.date(2025, 9, 1)


WORDY = files()["klubok/emulator.py"].replace(
    '"state": lesson.state.value', '"state": {"held": "Проведено"}.get(lesson.state.value, "План")'
)
WORDS_READ = files()["klubok/adapter.py"].replace(
    'STATES = {"planned": LessonState.PLANNED, "held": LessonState.HELD, "cancelled": LessonState.CANCELLED}',
    'STATES = {"План": LessonState.PLANNED, "Проведено": LessonState.HELD}',
)


def test_a_key_is_masked_even_where_the_adapter_forgot_to_name_it(tmp_path: Path) -> None:
    named = "            secrets=secrets_of(settings),\n"
    assert named in files()["klubok/adapter.py"]
    with klubok(tmp_path, files()["klubok/adapter.py"].replace(named, "")) as running:
        assert recorded(tmp_path / "home", tmp_path / "out")["good"]
        assert running.key not in all_text(tmp_path / "out")


def test_a_word_that_the_adapter_needs_is_kept_where_it_is_asked_for(tmp_path: Path) -> None:
    with klubok(tmp_path, WORDS_READ, WORDY):
        answer = recorded(tmp_path / "home", tmp_path / "masked", code=1)
        assert answer["replayed"]["marks"] == 0 < answer["live"]["marks"]
        assert recorded(tmp_path / "home", tmp_path / "kept", "--keep", "state")["good"]


@contextmanager
def klubok(folder: Path, adapter: str, emulator: str | None = None) -> Iterator[Emulator]:
    """The tutorial's system, running, as a source of a gateway that has this adapter for it."""
    write(folder, "klubok_here", adapter=adapter, **({"emulator": emulator} if emulator else {}))
    with imported(folder, "klubok_here.adapter", "klubok_here.emulator") as (_, module), module.KlubokEmulator() as running:
        plugin_of(folder / "home", "klubok_here")
        switched_on(folder / "home", "klubok", running, per_minute=6000)
        yield running


def test_the_summary_says_why_a_check_was_not_made(alfa: tuple[AlfaCrmEmulator, Path, Any], tmp_path: Path) -> None:
    (tmp_path / "test_recorded.py").write_text(
        "from pathlib import Path\n"
        "from adapters.alfacrm.adapter import AlfaCrmAdapter\n"
        "from gateway.plugins.testing import RecordedConformance\n"
        "class TestRecorded(RecordedConformance):\n"
        f"    adapter = AlfaCrmAdapter()\n    recording = Path({str(alfa[1])!r})\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "gateway.plugins.testing.plugin", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [*command, "-k", "pages or well_formed or not_promised or answers_all", str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert "TestRecorded: 3 promises kept, 0 broken, 1 not made" in ran.stdout, ran.stdout
    assert "1 not made: a recording: its club cannot be changed" in ran.stdout, ran.stdout
