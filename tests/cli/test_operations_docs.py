"""docs/operations.md: each command in it is run in the trouble that its section is about. docs/guarantees.md: each test in it is there."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE
from gateway.store import tables as t
from tests.builders.sheets import Row
from tests.builders.town import PROVIDER, Town, rows_of, town

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
OPERATIONS = "/register/v1/operations"


def sections() -> dict[str, list[str]]:
    """Heading → the commands in its fences."""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        fences = re.findall(r"^```\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
        if commands := [line for fence in fences for line in fence.splitlines()]:
            found[section.splitlines()[0]] = commands
    return found


def take(running: Town, rows: list[Row] | None = None) -> dict[str, str]:
    """October taken in; an operation of it."""
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows or rows_of((1, 2, 3), {1: {6: "Н"}})))
    with gateway.engine.connect() as connection:
        id_ = str(connection.exec_driver_sql("SELECT id FROM operation ORDER BY state <> 'rejected', operation LIMIT 1").scalar_one())
    gateway.engine.dispose()
    return {"OPERATION": id_}


def down(running: Town) -> dict[str, str]:
    running.fault({"fault": "down_until", "until": "2025-11-06T10:00:00+03:00", "path": OPERATIONS})
    return take(running)


def unanswered(running: Town) -> dict[str, str]:
    running.fault({"fault": "drop_request", "next": 50, "path": OPERATIONS})
    return take(running)


def rejected(running: Town) -> dict[str, str]:
    running.fault({"fault": "reject_next", "next": 1})
    return take(running)


def reached_into(running: Town) -> dict[str, str]:
    taken = take(running)
    gateway = running.gateway()
    with gateway.engine.begin() as connection:
        flipped = "UPDATE transfer SET refers_to = 'x' || substr(refers_to, 2) WHERE kind = 'settle' AND operation = 3"
        assert connection.exec_driver_sql(flipped).rowcount == 1
    gateway.engine.dispose()
    return taken


def gone(running: Town) -> dict[str, str]:
    taken = take(running)
    (running.folder / "gateway" / "gateway.sqlite").unlink()
    return taken


def backed_up(running: Town) -> dict[str, str]:
    taken = take(running)
    gateway = running.gateway()
    gateway.backup(running.folder / "inputs" / "backup.zip")
    gateway.engine.dispose()
    return taken


def differs(running: Town) -> dict[str, str]:
    """The register rejects a mark of attendance: the sides differ until somebody looks."""
    running.fault({"fault": "reject_next", "next": 1, "where": {"kind": "attendance"}})
    return take(running)


def wrongly_matched(running: Town) -> dict[str, str]:
    take(running, [Row("Бережной Ася"), *rows_of((2, 3))])
    gateway = running.gateway()
    gateway.answer_match("Бережной Ася", PROVIDER, child="k-3")
    gateway.engine.dispose()
    return {"PERSON": "Бережной Ася"}


TROUBLES: dict[str, Callable[[Town], dict[str, str]]] = {
    "What is wrong": down,
    "The register is down": down,
    "An operation stays without an answer": unanswered,
    "The register rejects an operation": rejected,
    "verify has stopped a payer": reached_into,
    "The disk is full": take,
    "The database is locked, gone, or may not be read": gone,
    "Backups": take,
    "Restore from a backup": backed_up,
    "A wrong file was taken in": take,
    "A person was matched wrongly": wrongly_matched,
    "Both sides do not say the same": differs,
    "Closing a month": take,
}


FAULTS = (
    "What is wrong",
    "The register is down",
    "An operation stays without an answer",
    "The register rejects an operation",
    "Both sides do not say the same",
)


def fired(running: Town) -> bool:
    return any(requests.get(f"{running.url}/test/v1/faults", timeout=30).json()["fired"].values())


SEEN = {
    "The register is down": EXIT_UNAVAILABLE,
    "An operation stays without an answer": EXIT_UNAVAILABLE,
    "verify has stopped a payer": EXIT_REFUSED,
    "Both sides do not say the same": EXIT_REFUSED,
}
"""The exit code by which a section's commands show that the trouble was there."""


def test_every_section_with_commands_has_its_trouble() -> None:
    assert list(sections()) == list(TROUBLES)
    assert all(line.startswith("gateway ") for commands in sections().values() for line in commands)


@pytest.mark.parametrize("section", TROUBLES)
def test_the_commands_of_a_section_run_in_its_trouble(section: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with town(tmp_path) as running:
        places = TROUBLES[section](running)
        assert section not in FAULTS or fired(running), "the trouble never came"
        monkeypatch.chdir(tmp_path / "inputs")
        home = {"GATEWAY_HOME": str(tmp_path / "gateway"), "NAVIGATOR_URL": running.url, "GATEWAY_LANG": "en"}
        runner = CliRunner(env={**os.environ, **home, "GATEWAY_TEST": "1", "GATEWAY_NOW": running.now.isoformat()})
        codes = []
        for line in sections()[section]:
            words = [places.get(word, word) for word in shlex.split(line)[1:]]
            ended = runner.invoke(main, words)
            assert ended.exit_code in (EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE), (line, ended.output)
            codes.append(ended.exit_code)
        if section in SEEN:
            assert SEEN[section] in codes, "the trouble never came"
        else:
            assert EXIT_UNAVAILABLE not in codes
        running.fault()
        gateway = running.gateway()
        assert gateway.ledger_faults() == []
        gateway.engine.dispose()


def test_reconcile_look_only_looks(tmp_path: Path) -> None:
    with town(tmp_path) as running:
        running.fault({"fault": "drop_reply", "next": 1, "path": OPERATIONS})
        take(running)
        assert fired(running)
        home = {"GATEWAY_HOME": str(tmp_path / "gateway"), "NAVIGATOR_URL": running.url, "GATEWAY_LANG": "en"}
        runner = CliRunner(env={**os.environ, **home, "GATEWAY_TEST": "1", "GATEWAY_NOW": running.now.isoformat()})

        def asked(*options: str) -> tuple[int, int, int]:
            """(exit code, how many were mended, how many operations wait for an answer)."""
            ended = runner.invoke(main, ["reconcile", "--month", "2025-10", "--json", *options])
            status = json.loads(runner.invoke(main, ["status", "--json"]).stdout)
            return ended.exit_code, json.loads(ended.stdout)["cured"], status["under_way"]["unanswered"]

        code, cured, unanswered = asked("--look")
        assert (code, cured) == (EXIT_REFUSED, 0) and unanswered > 0
        assert asked("--look") == (code, cured, unanswered), "a look has changed something"
        code, cured, unanswered = asked()
        assert (code, unanswered) == (EXIT_DONE, 0) and cured > 0


def test_the_tables_of_the_layout_are_the_schemas() -> None:
    listed = {by: set(re.findall(r"`(\w+)`", tables)) for by, tables in re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE)}
    there: dict[str, set[str]] = {}
    for table in t.metadata.tables.values():
        there.setdefault(table.info["shard"], set()).add(table.name)
    assert listed == there


GUARANTEES = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8"))


def test_the_guarantees_name_tests() -> None:
    assert len(GUARANTEES) > 25


@pytest.mark.parametrize(("file", "name"), GUARANTEES)
def test_every_test_named_by_a_guarantee_is_there(file: str, name: str) -> None:
    assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")
