"""What a person can get wrong, and what the command line says then: what, cure, exit code; never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.cli.face import language_from
from tests.cli.conftest import Club

NOBODY = "http://127.0.0.1:1"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"GATEWAY_HOME": str(tmp_path / "home"), "GATEWAY_LANG": "ru", "NAVIGATOR_URL": NOBODY, "GATEWAY_NOW": "", "GATEWAY_TEST": ""}


def call(env: dict[str, str], *arguments: str) -> Result:
    return CliRunner(env=env).invoke(main, list(arguments))


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["immport", "x"], "Команды «immport» нет."),
        (["import"], "Не хватает: FILE."),
        (["import", "a", "b"], "Лишнее: b."),
        (["status", "--colour"], "Параметра --colour нет."),
        (["reconcile"], "Не хватает: --month."),
        (["reconcile", "--month", "2025-13"], "«2025-13» не месяц."),
        (["reconcile", "--month", "2025-1"], "«2025-1» не месяц."),
        (["claims", "--month", "october"], "«october» не месяц."),
        (["claims", "--answer", "perhaps"], "--answer: годится одно из: charged, not_charged, refused, waiting."),
        (["serve", "--port", "99999"], "--port: нужно целое число, 0–65535."),
        (["match", "--row", "0"], "--row: нужно целое число, 1–…."),
        (["explain"], "Укажите номер операции или --certificate и --date."),
        (["explain", "abc", "--date", "2025-10-01"], "Нужно одно из двух: номер операции или сертификат с днём."),
        (["explain", "--certificate", "1", "--date", "32.10.2025"], "«32.10.2025»: не день."),
        (["explain", "abcdef"], "Операции abcdef нет."),
        (["certificate", "4700000001"], "Сертификата 4700000001 реестр не знает."),
        (["match", "--child", "k"], "Не сказано, о ком ответ."),
        (["match", "Кто", "--child", "k", "--outside"], "Нужен один ответ: --child, --outside или --undo."),
        (["match", "Кто"], "Нужен один ответ: --child, --outside или --undo."),
        (["match", "Кто", "Ещё", "--child", "k"], "Ребёнка (--child) называют для одной записи."),
        (["match", "--group-words", "Лепка"], "--group-words называет группу: нужен --group, и больше ничего."),
        (["conflicts", "--take", "crm"], "Для ответа нужны --enrollment, --date и --take."),
        (["undo", "nothing.xlsx"], "Приёма «nothing.xlsx» нет."),
        (["scenario", "sing"], "Команды «sing» нет."),
    ],
)
def test_wrong_usage_is_told_with_its_cure_and_ends_with_2(env: dict[str, str], arguments: list[str], what: str) -> None:
    result = call(env, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    said, cure = result.stderr.split("\n", 1)
    assert said == what and len(cure.strip()) > 5
    asked = call(env, *arguments, "--json")
    assert asked.exit_code == 2
    assert json.loads(asked.stdout)["error"]["what"] == what


def test_an_option_without_its_value_is_told(env: dict[str, str]) -> None:
    result = call(env, "reconcile", "--json", "--month")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["what"] == "--month: параметр написан неверно (нет значения или оно лишнее)."


def test_the_same_in_english(env: dict[str, str]) -> None:
    result = call(env, "reconcile", "--month", "2025-13", "--lang", "en")
    assert result.stderr == "“2025-13” is not a month.\nWrite YYYY-MM, for example 2025-10.\n"
    assert call(env | {"GATEWAY_LANG": "en"}, "immport").stderr.startswith("There is no command “immport”.")


@pytest.mark.parametrize("lines", ["[cells", "\ufeff\ufeff", "cells = \xff"])
def test_a_mapping_that_is_no_toml_is_told(club: Club, lines: str) -> None:
    bad = club.folder / "bad.toml"
    bad.write_bytes(lines.encode("latin-1" if "\xff" in lines else "utf-8"))
    error = club.ask("import", club.sheet(), "--provider", club.provider, "--mapping", bad, code=3)["error"]
    assert "bad.toml" in error["what"] and "TOML" in error["cure"]
    assert club.ask("status")["sources"] == []


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_input_that_cannot_be_read_ends_with_3(club: Club, option: list[str]) -> None:
    text = club.folder / "note.xlsx"
    text.write_text("это не таблица", encoding="utf-8")
    for file in ("missing.xlsx", club.folder, text):
        for command in ("import", "dry-run"):
            result = club(command, file, "--provider", club.provider, *option)
            assert result.exit_code == 3, result.output
            assert "Traceback" not in result.output and (not option or json.loads(result.stdout))
    missing = club("import", club.sheet(), "--provider", club.provider, "--mapping", "missing.toml")
    assert missing.exit_code == 3 and "Файла нет: missing.toml" in missing.stderr


def test_a_provider_that_is_not_there_or_not_said_is_told_with_those_that_are(club: Club) -> None:
    for arguments in (["--provider", "club-0"], []):
        error = club.ask("import", club.sheet(), *arguments, code=2)["error"]
        assert "club-1, club-10" in error["cure"]


@pytest.mark.parametrize("url", ["sqlite:////proc/none/x.sqlite", "sqlite:////tmp", "nonsense", "oracle9://x", "sqlite:////dev/null/x/y"])
def test_a_database_that_is_not_there_ends_with_4(env: dict[str, str], url: str) -> None:
    result = call(env, "status", "--database", url)
    assert result.exit_code == 4 and "База данных недоступна" in result.stderr and "--database" in result.stderr


def test_a_home_that_is_a_file_ends_with_4(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    result = call(env | {"GATEWAY_HOME": str(tmp_path / "file")}, "status")
    assert result.exit_code == 4 and "Traceback" not in result.stderr


@pytest.mark.parametrize("url", [NOBODY, "nonsense", "ftp://x"])
def test_a_register_that_is_not_there_ends_with_4(env: dict[str, str], url: str) -> None:
    result = call(env | {"NAVIGATOR_URL": url}, "run", "--json")
    assert result.exit_code == 4 and "NAVIGATOR_URL" in json.loads(result.stdout)["error"]["cure"]


def test_the_database_option_goes_before_the_settings(env: dict[str, str], tmp_path: Path) -> None:
    Path(env["GATEWAY_HOME"]).mkdir()
    (Path(env["GATEWAY_HOME"]) / "gateway.toml").write_text('database = "nonsense"\n', encoding="utf-8")
    assert call(env, "status").exit_code == 4
    other = tmp_path / "new" / "other.sqlite"
    assert call(env, "status", "--database", f"sqlite:///{other}").exit_code == 0 and other.exists()


def test_settings_that_are_wrong_are_told(env: dict[str, str]) -> None:
    Path(env["GATEWAY_HOME"]).mkdir()
    (Path(env["GATEWAY_HOME"]) / "gateway.toml").write_text("console_port = 'x'\n", encoding="utf-8")
    result = call(env, "status")
    assert result.exit_code == 2 and "gateway.toml: console_port" in result.stderr


def test_a_standing_clock_is_said_and_is_for_tests_only(env: dict[str, str]) -> None:
    standing = env | {"GATEWAY_NOW": "2025-11-05T10:00:00+03:00"}
    refused = call(standing, "status")
    assert refused.exit_code == 2 and "GATEWAY_TEST=1" in refused.stderr
    shown = call(standing | {"GATEWAY_TEST": "1"}, "status", "--json")
    assert json.loads(shown.stdout)["clock"] == "2025-11-05T10:00:00+03:00" and "Часы стоят" in shown.stderr
    assert "clock" not in json.loads(call(env, "status", "--json").stdout)
    assert call(standing | {"GATEWAY_TEST": "1", "GATEWAY_NOW": "tomorrow"}, "status").exit_code == 2


def test_a_bug_is_one_line_and_ends_with_70(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: object) -> None:
        raise ZeroDivisionError("secret\nsecond line")

    monkeypatch.setattr("gateway.bootstrap.Gateway.verify", fails)
    result = call(env, "verify")
    assert result.exit_code == 70 and result.stdout == ""
    assert "ZeroDivisionError: secret" in result.stderr and "second line" not in result.stderr and "--debug" in result.stderr
    assert "second line" in call(env, "verify", "--debug").stderr


@pytest.mark.parametrize(
    ("environment", "arguments", "language"),
    [
        ({}, [], "ru"),
        ({"LANG": "C"}, [], "ru"),
        ({"LANG": "de_DE.UTF-8"}, [], "ru"),
        ({"LANG": "en_US.UTF-8"}, [], "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ru_RU.UTF-8"}, [], "ru"),
        ({"LANG": "ru_RU.UTF-8", "LC_ALL": "en_GB"}, [], "en"),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, [], "ru"),
        ({"LC_ALL": "", "LANG": "en_US.UTF-8"}, [], "en"),
        ({"GATEWAY_LANG": "ru", "LC_ALL": "en_US"}, [], "ru"),
        ({"GATEWAY_LANG": "en"}, [], "en"),
        ({"GATEWAY_LANG": "en"}, ["status", "--lang", "ru"], "ru"),
        ({}, ["status", "--lang=en"], "en"),
        ({}, ["match", "en"], "ru"),
        ({}, ["status", "--lang", "de"], "ru"),
    ],
)
def test_the_language_is_the_options_else_the_variables_else_the_locales(
    environment: dict[str, str], arguments: list[str], language: str
) -> None:
    assert language_from(environment, arguments) == language


def test_gateway_alone_lists_every_command_on_a_line_of_its_own(env: dict[str, str]) -> None:
    for language, head in (("ru", "Команды:"), ("en", "Commands:")):
        result = call(env | {"GATEWAY_LANG": language, "COLUMNS": "80"})
        assert result.exit_code == 0 and result.stdout == call(env | {"GATEWAY_LANG": language}, "--help").stdout
        listed = [line.split()[0] for line in result.stdout.split(head)[1].splitlines() if line.strip()]
        assert listed == list(main.commands)


def test_help_is_in_the_users_language(env: dict[str, str]) -> None:
    assert "Проверить табель" in call(env, "dry-run", "--help").stdout
    english = call(env, "dry-run", "--help", "--lang", "en").stdout
    assert "Try a sheet out" in english and not any("а" <= letter <= "я" for letter in english.lower())
    assert call(env, "scenario").exit_code == 0 and "run" in call(env, "scenario").stdout


def test_the_version_is_told(env: dict[str, str]) -> None:
    result = call(env, "--version")
    assert result.exit_code == 0 and result.stdout.startswith("gateway 0")


def test_a_terminal_that_is_no_utf_8_does_not_stop_it(env: dict[str, str]) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHONUTF8"))}
    environment = clean | env | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "GATEWAY_LANG": ""}
    result = subprocess.run([sys.executable, "-m", "gateway", "rules"], env=environment, capture_output=True, check=False, timeout=60)
    assert result.returncode == 0, result.stderr
    assert "Пакет leningrad-2020" in result.stdout.decode("utf-8")


def test_a_reader_that_leaves_early_is_no_trouble(env: dict[str, str]) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "rules", "--json"], env=os.environ | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(60)
    assert errors == b"" and process.returncode == 1


def test_every_command_ends_with_a_number_and_has_the_common_options() -> None:
    for command in (*main.commands.values(), *main.commands["scenario"].commands.values()):  # type: ignore[attr-defined]
        if not isinstance(command, click.Group):
            names = {option for parameter in command.params for option in parameter.opts}
            assert {"--database", "--json", "--lang", "--debug"} <= names, command.name
