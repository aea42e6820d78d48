"""What a person does with a club's own system: list, check, try, sync, and see how fresh it is."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from adapters.alfacrm.emulator import CERTIFICATE_FIELD, EMAIL, EXCUSED_REASON, AlfaCrmEmulator
from gateway.plugins import LessonState, Status
from gateway.plugins.testing import Child, ClubGroup, Fault
from gateway.plugins.testing import Club as CrmClub
from tests.cli.conftest import CHILDREN, Club, number_of

SOURCES = """
[sources.crm]
adapter = "alfacrm"
provider = "{provider}"
host = "{host}"
email = "{email}"
api_key = "file:crm.key"
certificate_field = "{field}"
excused_reasons = [{reason}]
per_minute = 600
"""


@pytest.fixture
def crm(club: Club) -> Iterator[AlfaCrmEmulator]:
    """The club's four children at two lessons of its group, all present but the last."""
    truth = CrmClub()
    truth.groups["11"] = ClubGroup("11", f"Ладья {club.n}", [])
    for number, (last, first, *_) in enumerate(CHILDREN, start=1):
        child = Child(str(100 + number), f"{last} {first}", None, number_of(club.n, number))
        truth.children[child.id] = child
        truth.groups["11"].children.append(child.id)
    for day in (7, 14):
        truth.add_lesson("11", dt.date(2025, 10, day), dt.time(16, 0), LessonState.HELD, [Status.ATTENDED] * 3 + [Status.EXCUSED], 90)
    with AlfaCrmEmulator(truth) as running:
        assert isinstance(running, AlfaCrmEmulator)
        yield running


@pytest.fixture
def switched_on(club: Club, crm: AlfaCrmEmulator) -> Club:
    """The club with its system in gateway.toml."""
    home = club.folder / "home"
    home.mkdir(exist_ok=True)
    text = SOURCES.format(provider=club.provider, host=crm.url, email=EMAIL, field=CERTIFICATE_FIELD, reason=EXCUSED_REASON)
    (home / "gateway.toml").write_text(text, encoding="utf-8")
    (home / "crm.key").write_text(crm.key, encoding="utf-8")
    os.chmod(home / "crm.key", 0o600)
    return club


def the_source(answer: Any) -> Any:
    (one,) = [each for each in answer["sources"] if each["source"] == "crm"]
    return one


def test_the_list_names_adapters_settings_and_sources(switched_on: Club) -> None:
    answer = switched_on.ask("adapters", "list")
    adapters = {one["name"]: one for one in answer["adapters"]}
    assert adapters["alfacrm"]["can"] == ["system"] and adapters["spreadsheet"]["can"] == ["files"]
    (key,) = [field for field in adapters["moyklass"]["settings"] if field["secret"]]
    assert (key["name"], key["default"]) == ("api_key", None)
    assert answer["sources"] == [{"name": "crm", "adapter": "alfacrm", "provider": switched_on.provider}]
    shown = switched_on("adapters", "list").stdout
    assert "источник crm: alfacrm" in shown and "секрет" in shown


def test_a_check_tells_what_is_seen_and_what_is_wrong(switched_on: Club, crm: AlfaCrmEmulator) -> None:
    answer = switched_on.ask("adapters", "check", "crm")
    assert answer["good"] and any(line["guess"] for line in answer["lines"])
    crm.denied = frozenset({"lesson"})
    answer = switched_on.ask("adapters", "check", "crm", code=1)
    (line,) = [line for line in answer["lines"] if line["verdict"] == "bad"]
    assert line["what"] == "Lessons" or line["what"] == "Уроки"
    shown = switched_on("adapters", "check", "crm").stdout
    assert "✗" in shown and "→" in shown and "✓" in shown


def test_a_check_of_a_system_that_is_away_says_so_at_the_end(switched_on: Club, crm: AlfaCrmEmulator) -> None:
    crm.fail(Fault.FORBIDDEN)
    answer = switched_on.ask("adapters", "check", "crm", code=1)
    assert not answer["good"]
    crm.stop()
    assert switched_on.ask("adapters", "check", "crm", code=4)["trouble"]["again"] is True


def test_a_source_that_is_not_there_is_told_with_those_that_are(switched_on: Club) -> None:
    for command in (("adapters", "check"), ("adapters", "try"), ("sync", "--source")):
        result = switched_on(*command, "mrc")
        assert result.exit_code == 2 and "Есть: crm" in result.stderr, command


def test_a_trial_prints_records_and_what_would_come_of_them_and_stores_nothing(switched_on: Club) -> None:
    answer = switched_on.ask("adapters", "try", "crm", "--since", "2025-10-01", code=1)
    kinds = [record["kind"] for record in answer["records"]]
    assert kinds.count("отметка") == 8 and kinds.count("занятие") == 2 and kinds.count("ребёнок") >= 4
    assert not any(number_of(switched_on.n, 1) in str(record) for record in answer["records"])
    assert answer["counts"]["marks"] == 8
    assert switched_on.ask("status")["counts"]["marks"] == 0
    shown = switched_on("adapters", "try", "crm").stdout
    assert "отметка" in shown and "Ничего не записано" in shown


def test_a_sync_is_shown_as_an_import_is_and_the_second_says_that_nothing_is_new(switched_on: Club) -> None:
    (report,) = switched_on.ask("sync", code=1)
    assert (report["new"], report["source"], report["trouble"]) == (8, "crm", None)
    assert report["counts"]["not_charged"] == {"excused": 2}
    shown = switched_on("sync").stdout
    assert "прежних 8" in shown
    reading = the_source(switched_on.ask("status"))["reading"]
    assert reading["trouble"] is None and reading["read_at"] is not None


def test_a_sync_that_meets_a_wrong_key_says_how_to_mend_it_and_so_does_the_status(switched_on: Club, crm: AlfaCrmEmulator) -> None:
    switched_on("sync")
    crm.key = "another"
    result = switched_on("sync")
    assert result.exit_code == 3
    assert all(words in result.stdout for words in ("⚠", "→", "Последний раз прочитано до конца"))
    assert crm.key not in result.stdout
    shown = switched_on("status").stdout
    assert "⚠" in shown
    crm.stop()
    (report,) = switched_on.ask("sync", code=4)
    assert report["trouble"]["again"] is True


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[sources.crm]\nadapter = "alfacrm"\n', "sources.crm.provider"),
        ("sources = 3\n", "[sources]"),
        ('[sources."к р м"]\nadapter = "alfacrm"\nprovider = "p"\n', "латинские буквы"),
        ('[providers.p]\norder = ["crm"]\n', "providers.p.order"),
    ],
)
def test_a_table_that_makes_no_sense_is_told_by_its_name(club: Club, text: str, words: str) -> None:
    home = club.folder / "home"
    home.mkdir(exist_ok=True)
    (home / "gateway.toml").write_text(text, encoding="utf-8")
    result = club("status")
    assert result.exit_code == 2 and words in result.stderr, result.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('api_key = "geheim"', "env:"), ('api_key = "env:NO_SUCH"', "NO_SUCH"), ('adapter = "alfakrm"', "alfakrm"),
        ('branch = "first"', "branch"), ("email = 7", "email"),
    ],
)  # fmt: skip
def test_a_setting_that_is_wrong_is_told_by_sync_with_table_and_key(switched_on: Club, line: str, words: str) -> None:
    path = switched_on.folder / "home" / "gateway.toml"
    name = line.split(" = ")[0]
    kept = [each for each in path.read_text(encoding="utf-8").splitlines() if not each.startswith(name)]
    path.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")
    (report,) = switched_on.ask("sync", code=3)
    assert words in report["trouble"]["what"] and "sources.crm" in report["trouble"]["what"] and "geheim" not in str(report)


def test_a_child_that_is_twice_in_the_system_is_told_with_the_only_cure(switched_on: Club, crm: AlfaCrmEmulator) -> None:
    double = replace(crm.club.children["101"], id="109")
    crm.club.children["109"] = double
    crm.club.groups["11"].children.append("109")
    for lesson in crm.club.lessons.values():
        lesson.marks["109"] = Status.ABSENT
    switched_on("sync")
    shown = switched_on("conflicts").stdout
    assert "записан дважды" in shown and "--take" not in shown
    assert [one["twofold"] for one in switched_on.ask("conflicts")] == [["crm"], ["crm"]]


def test_cards_that_changed_all_at_once_are_shown_and_answered_once(switched_on: Club, crm: AlfaCrmEmulator) -> None:
    switched_on("sync")
    for id_, card in list(crm.club.children.items()):
        crm.club.children[id_] = replace(card, name=f"{card.name}?", certificate="9999999999")
    shown = switched_on("sync").stdout
    assert "Сразу у 4 из 4" in shown and "gateway confirm" in shown
    waiting = switched_on("confirm").stdout
    assert "узнанных" in waiting and "gateway confirm --cards --accept" in waiting
    assert [one["cards"] for one in switched_on.ask("confirm", "--cards")] == [4]
    assert "остаётся как было: 1" in switched_on("confirm", "--cards", "--decline").stdout
    assert switched_on.ask("confirm") == []
