"""Every story of this repository, told to the program: fresh databases, a real Navigator process, real files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.scenario import run_story
from gateway.scenario.ending import Ending
from gateway.store import tables as t
from gateway.store.engine import reading
from tests.builders.postgres import Postgres
from tests.stories.test_stories_add_up import FOLDERS

EVERYDAY = {f"{number:02}" for number in range(2, 21)} - {"07", "13"}
"""Told on PostgreSQL by `make test-long` alone; all that has to do with faults, months and two clubs is told there every time."""

ON_POSTGRESQL = [
    pytest.param(folder, id=folder.name, marks=[pytest.mark.long] if folder.name[:2] in EVERYDAY else []) for folder in FOLDERS
]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_story_ends_as_it_states(folder: Path) -> None:
    assert run_story(folder, language="en").differences == []


@pytest.mark.parametrize("folder", ON_POSTGRESQL)
def test_the_story_ends_alike_on_postgresql(folder: Path, postgres: Postgres) -> None:
    with postgres.database(is_empty=True) as url:
        assert run_story(folder, url, language="en").differences == []


COMPARED = {
    t.claim: ("key", "status", "answer", "not_charged", "reasons", "amount", "price", "live", "debits", "attendance", "attendances",
              "under_way", "is_said", "is_cancelled", "conflict", "certificate", "enrollment"),
    t.operation: ("id", "kind", "n", "month", "amount", "enrollment", "certificate", "minutes", "refers_to", "status", "state", "reason"),
    t.account: ("payer", "period", "kind", "owner", "in_settled", "out_settled", "in_held", "out_held"),
    t.transfer: ("payer", "amount", "kind", "month", "cause", "refers_to"),
    t.month: ("payer", "month", "state", "over", "digest_here", "digest_there"),
}  # fmt: skip
"""What of each row does not depend on which number it got, or when."""


def rows_at_its_end(folder: Path, database: str | None, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}

    def look(ending: Ending, place: str) -> None:
        with reading(ending.gateway.engine) as connection:
            for table, columns in COMPARED.items():
                rows = connection.execute(sa.select(*(table.c[column] for column in columns)))
                found[table.name] = sorted(repr(tuple(row)) for row in rows)

    with monkeypatch.context() as patched:
        patched.setattr(Ending, "check_ledger", look)
        assert run_story(folder, database, language="en").differences == []
    assert found["claim"]
    return found


@pytest.mark.parametrize(
    "folder", [pytest.param(one, id=one.name, marks=[] if one.name[:2] in ("22", "44") else [pytest.mark.long]) for one in FOLDERS]
)
def test_both_databases_have_the_same_rows_at_its_end(folder: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.database(is_empty=True) as url:
        assert rows_at_its_end(folder, url, monkeypatch) == rows_at_its_end(folder, None, monkeypatch)


def test_a_wrong_expectation_is_told_with_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "story"
    shutil.copytree(FOLDERS[20], folder)
    for file, section, key, wrong in (("both.json", "statement", "2025-10", {"debits": 7}), ("expected.json", "counts", "marks", 10)):
        stated = json.loads((folder / file).read_text(encoding="utf-8"))
        stated[section][key] = wrong
        (folder / file).write_text(json.dumps(stated), encoding="utf-8")
    first, last = run_story(folder, language="en").differences
    assert "both.json" in first and "statement.2025-10.debits: 6" in first
    assert "expected.json" in last and "counts.marks: 9" in last
