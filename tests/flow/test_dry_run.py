"""The dry run is the import with nothing saved: the same answers, amounts and reasons, mark by mark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.bootstrap import Gateway
from gateway.store import tables as t
from tests.builders.sheets import Row
from tests.builders.town import PROVIDER, Databases, District, Town, certificate, child_name, rows_of, sums, town

REGISTERS_FACTS = {
    "layout",
    "register_cursor", "catalogue_provider", "catalogue_group", "certificate", "certificate_number", "enrollment", "account", "transfer",
    "sequence", "seal",
}  # fmt: skip
"""What the register said, and what it funded: the only rows that a dry run may leave."""

DISTRICT = District(
    nominals=("1000.00", "250.00", "1000.00", "1000.00", "1000.00", "1000.00", "1000.00"),
    extra={
        # Two of one name, and one whose enrollment ends in mid-month.
        "children.csv": ["k-8,Тихая,Ася,,2014-03-12,,town", "k-9,Тихая,Ася,,2013-01-01,,town"],
        "certificates.csv": [
            "4700000008,k-8,town,financing,active,2025-01-01,2025-12-31,1000.00",
            "4700000009,k-9,town,financing,active,2025-01-01,2025-12-31,1000.00",
        ],
        "enrollments.csv": ["D-8,4700000008,G-1,2025-09-01,2025-10-10,active", "D-9,4700000009,G-1,2025-09-01,2025-12-31,active"],
    },
)


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, DISTRICT, databases) as one:
        yield one


def everyday_trouble() -> list[Row]:
    return [
        *rows_of([1, 2, 3], {1: {6: "Н", 7: "1"}, 2: {9: "Б"}, 3: {13: "?!"}}),
        Row(child_name(4)),  # no number: by its name
        Row(child_name(5), 4700000005),  # a number as Excel keeps it
        Row("Чужая Ева"),  # nobody's
        Row("Тихая Ася"),  # two of one name
        Row("Тихая Ася", "4700000008"),
    ]


def dry_run(running: Town, gateway: Gateway, path: Path) -> dict[str, Any]:
    return gateway.dry_run_file(path, PROVIDER, running.mapping())


def contents(gateway: Gateway) -> dict[str, list[tuple[Any, ...]]]:
    with gateway.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))]
            for table in t.metadata.tables.values()
        }


def assert_equal(dry: dict[str, Any], real: dict[str, Any]) -> None:
    assert len(dry["marks"]) == len(real["marks"])
    for tried, taken in zip(dry["marks"], real["marks"], strict=True):
        assert tried == taken
    for key in ("outcome", "new", "unchanged", "withdrawn", "counts", "unread", "questions"):
        assert dry[key] == real[key], key
    assert dry["run"] is None and real["run"] is not None


def test_a_dry_run_says_what_the_import_then_does(running: Town) -> None:
    gateway = running.gateway()
    path = running.sheet("october.xlsx", everyday_trouble())
    dry = dry_run(running, gateway, path)
    real = running.take(gateway, path)
    assert_equal(dry, real)
    counts = real["counts"]
    assert counts["refused"].keys() >= {"A01", "A07"} and counts["waiting"].keys() >= {"N01", "N02"} and counts["unread"] > 0, counts
    assert counts["marks"] == counts["charged"] + sum(sum(counts[key].values()) for key in ("not_charged", "refused", "waiting"))
    sums(running, gateway)


def test_a_dry_run_of_a_changed_sheet_says_what_its_import_then_does(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", everyday_trouble()))
    changed = [
        *rows_of([1, 3], {1: {9: "Н"}, 3: {20: "Б"}}),  # a sign cleared, another set; the second child's row is gone
        Row(child_name(4), certificate(4)),  # its number has been added
        Row(child_name(5), 4700000005, {30: "Н"}),
        Row("Чужая Ева"),
        Row("Тихая Ася"),
        Row("Тихая Ася", "4700000008"),
        *rows_of([6], {6: {2: "Н"}}),
    ]
    path = running.sheet("october-2.xlsx", changed)
    dry = dry_run(running, gateway, path)
    real = running.take(gateway, path)
    assert 0 < real["new"] < len(real["marks"])
    assert_equal(dry, real)
    sums(running, gateway)


def test_a_row_under_another_name_no_longer_speaks_beside_its_new_one(running: Town) -> None:
    """The old row's sign would go before the new row's empty cell, did it still stand."""
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1], {1: {6: "Н"}})))
    initial = Row(child_name(1).split()[0] + " А.", certificate(1))
    path = running.sheet("october-2.xlsx", [initial])
    dry = dry_run(running, gateway, path)
    real = running.take(gateway, path)
    assert real["counts"]["charged"] == 9 and real["withdrawn"] == 9
    assert_equal(dry, real)
    sums(running, gateway)


def test_a_dry_run_stores_nothing_but_the_registers_facts(running: Town) -> None:
    gateway = running.gateway()
    path = running.sheet("october.xlsx", everyday_trouble())
    dry = dry_run(running, gateway, path)
    first = contents(gateway)
    assert {name for name, rows in first.items() if rows} <= REGISTERS_FACTS
    assert {row[5] for row in first["transfer"]} == {"plain"}
    assert dry_run(running, gateway, path) == dry
    assert contents(gateway)["mark"] == [] and not (gateway.home / "inbox").exists()

    running.take(gateway, path)
    before = contents(gateway)
    dry_run(running, gateway, running.sheet("other.xlsx", rows_of([1, 2], {1: {2: "Н"}})))
    after = contents(gateway)
    for rows in (before, after):
        del rows["register_cursor"]  # the import's own debits have been read back
    assert after == before
    assert running.statement()[1] == 0


def test_a_refused_file_is_refused_alike(running: Town) -> None:
    gateway = running.gateway()
    path = running.folder / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04 not a workbook")
    dry = dry_run(running, gateway, path)
    real = running.take(gateway, path)
    assert dry["outcome"] == real["outcome"] == "refused"
    assert (dry["marks"], dry["unread"]) == (real["marks"], real["unread"]) == ([], real["unread"])
    assert contents(gateway)["mark"] == []


# ---------------------------------------------------------------- rules of one's own

TUESDAYS = '''
"""Refuses Mondays, and from the fourth lesson of a month on."""
from gateway.plugins import MarkRule, Refusal, Text, hookimpl

GATEWAY_INTERFACE = 1


class NoMondays:
    id, title, act, parameters, switchable, history = "A90", Text("Не по понедельникам", "No Mondays"), "assumed", None, True, "none"

    def check(self, claim, history, parameters):
        if claim.day.isoweekday() == 1:
            return Refusal(self.id, Text("понедельник", "a Monday"), Text("приходите во вторник", "come on Tuesday"))


class FewLessons:
    id, title, act, parameters, switchable, history = "A91", Text("Не больше трёх", "Three at most"), "assumed", None, True, "month"

    def check(self, claim, history, parameters):
        earlier = [one for one in history if one.day < claim.day and one.status == "attended"]
        if len(earlier) >= 3:
            return Refusal(self.id, Text(f"до того: {len(earlier)}", f"before: {len(earlier)}"), Text("хватит", "enough"))


@hookimpl
def gateway_rules():
    return (NoMondays(), FewLessons())
'''

RULES_ON = "[rules.A90]\non = true\n[rules.A91]\non = true\n"


@pytest.fixture
def with_rules(running: Town) -> Gateway:
    plugins = running.folder / "gateway" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "own_rules.py").write_text(TUESDAYS, encoding="utf-8")
    pack = running.folder / "pack.toml"
    pack.write_text(RULES_ON, encoding="utf-8")
    return running.gateway(overrides=pack)


def test_one_file_in_a_folder_is_a_rule_that_the_dry_run_shows(running: Town, with_rules: Gateway) -> None:
    path = running.sheet("october.xlsx", rows_of([1, 3], {1: {2: "Н"}}))
    dry = dry_run(running, with_rules, path)
    shown = {
        (mark["row"], int(mark["date"][-2:])): [reason["rule"] for reason in mark["reasons"]]
        for mark in dry["marks"]
        if mark["answer"] != "not_charged"
    }
    first, second = sorted({row for row, _ in shown})
    # Lessons fall on 2, 6, 9, 13, 16, 20, 23, 27, 30; Mondays are 6, 13, 20, 27. The first child was absent on the 2nd.
    assert [day for (row, day), rules in shown.items() if row == first and "A90" in rules] == [6, 13, 20, 27]
    assert [day for (row, day), rules in shown.items() if row == first and "A91" in rules] == [16, 20, 23, 27, 30]
    assert [day for (row, day), rules in shown.items() if row == second and "A91" in rules] == [13, 16, 20, 23, 27, 30]
    assert shown[(first, 20)] == ["A90", "A91"]

    real = running.take(with_rules, path)
    assert_equal(dry, real)
    sums(running, with_rules)


def test_a_rules_history_follows_the_sheet_that_is_tried_and_not_the_one_before(running: Town, with_rules: Gateway) -> None:
    running.take(with_rules, running.sheet("october.xlsx", rows_of([1])))
    path = running.sheet("october-2.xlsx", rows_of([1], {1: {2: "Н", 6: "Н", 9: "Н"}}))
    dry = dry_run(running, with_rules, path)
    refused = [int(mark["date"][-2:]) for mark in dry["marks"] if any(reason["rule"] == "A91" for reason in mark["reasons"])]
    assert refused == [23, 27, 30]
