"""A sheet on its way in: what a secretary sees, what a script reads, and what a repetition does."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gateway.cli.face import Face
from gateway.cli.report import ROWS_SHOWN_MAX, show_report
from tests.cli.conftest import COUNTS, Club, number_of

AGREED = {"run", "file", "outcome", "new", "unchanged", "counts", "marks", "unread", "questions"}


def test_a_dry_run_shows_every_row_with_all_reasons_and_stores_nothing(club: Club) -> None:
    result = club.process("dry-run", club.sheet(), "--provider", club.provider, "--mapping", club.mapping)
    assert result.returncode == 1, result.stderr
    shown = result.stdout
    assert f"Клуб {club.n} · октябрь 2025 · 1 группа · 5 детей · 19 отметок" in shown
    assert "720,00 ₽" in shown and "отсутствовал 1" in shown and "A07 ×4" in shown and "не найден ребёнок ×8" in shown
    row = shown[shown.index("«Зимин Олег»") :].split("\n\n")[0]
    assert f"…{number_of(club.n, 3)[-4:]}" in row
    both = row[row.index("21.10") :]
    assert "C10" in both and "A07" in both and both.count("→") == 2  # both reasons, each with its cure
    assert "AF 28.10" in row  # the cell's column and day
    assert "столбец AF" in shown[shown.index("Не прочитано") :]  # the sign that nobody knows
    assert f"gateway import {club.folder}/tabel.xlsx --provider {club.provider} --mapping" in shown
    assert "Ничего не записано" in shown
    assert club.ask("status")["sources"] == [] and club.ask("claims") == [] and club.ask("mappings") == []


def test_what_is_printed_into_a_pipe_is_plain_narrow_and_keeps_numbers_to_itself(club: Club) -> None:
    shown = club.process("dry-run", club.sheet(), "--provider", club.provider, "--mapping", club.mapping).stdout
    assert "\x1b" not in shown
    assert all(number_of(club.n, child) not in shown for child in (1, 2, 3, 4))
    assert [line for line in shown.splitlines() if line != line.rstrip()] == []
    assert [line for line in shown.splitlines() if len(line) > 80 and not line.startswith("Принять")] == []


def test_the_json_report_stands_alone_in_the_agreed_form(club: Club) -> None:
    result = club.process("import", club.sheet(), "--provider", club.provider, "--mapping", club.mapping, "--json")
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report.keys() >= AGREED
    assert report["outcome"] == "partly" and (report["new"], report["unchanged"]) == (19, 0)
    assert report["counts"] == COUNTS
    (mark,) = [one for one in report["marks"] if one["child"] == "Петров Пётр" and one["date"] == "2025-10-07"]
    assert mark == mark | {"sheet": "Октябрь", "row": 10, "column": "K", "certificate": number_of(club.n, 2), "slot": 1}
    assert mark == mark | {"status": "attended", "hours": None, "from_empty_cell": True, "answer": "charged", "amount": "180.00"}
    assert mark["reasons"] == []
    (unread,) = report["unread"]
    assert unread.keys() == {"sheet", "row", "column", "what", "cure"} and unread["column"] == "AF"
    assert report["clock"] == "2025-11-05T10:00:00+03:00"


def test_the_same_sheet_again_is_nothing_new(club: Club) -> None:
    club.take()
    before = [club.ask("certificate", number_of(club.n, child)) for child in (1, 2, 3)]
    report = club.ask("import", club.sheet("renamed.xlsx"), "--provider", club.provider, code=1)  # the mapping is kept
    assert (report["new"], report["unchanged"]) == (0, 19) and report["counts"] == COUNTS
    assert [club.ask("certificate", number_of(club.n, child)) for child in (1, 2, 3)] == before
    assert {one["file"] for one in club.ask("mappings")} == {"mapping.toml"}


def test_a_report_that_nobody_got_is_told_again(club: Club) -> None:
    arguments = ("import", club.sheet(), "--provider", club.provider, "--mapping", club.mapping, "--json")
    with Path("/dev/full").open("w") as full:
        failed = club.process(*arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert failed.returncode == 4 and "Traceback" not in failed.stderr
    assert club.ask("status")["sources"][0]["finished"] is False
    again = club.take()
    assert (again["new"], again["unchanged"]) == (19, 0)
    assert club.take()["new"] == 0


def test_a_sheet_of_another_month_is_refused_as_a_whole(club: Club) -> None:
    report = club.take("--month", "2025-09", code=3)
    assert report["outcome"] == "refused" and report["marks"] == [] and len(report["unread"]) == 1
    human = club("import", club.sheet(), "--provider", club.provider, "--mapping", club.mapping, "--month", "2025-09")
    assert human.exit_code == 3 and "не принят" in human.stdout and "→" in human.stdout


def test_a_mapping_that_cannot_be_used_does_not_take_a_good_ones_place(club: Club) -> None:
    club.take()
    bad = club.folder / "bad.toml"
    bad.write_text('[cells]\nempty = "perhaps"\n', encoding="utf-8")
    report = club.ask("import", club.sheet(), "--provider", club.provider, "--mapping", bad, code=3)
    assert "perhaps" in report["unread"][0]["what"]
    assert [one["file"] for one in club.ask("mappings")] == ["mapping.toml"]


def test_a_mapping_with_a_byte_order_mark_is_kept_readable(club: Club) -> None:
    marked = club.folder / "bom.toml"
    marked.write_text(club.mapping.read_text(encoding="utf-8"), encoding="utf-8-sig")
    club.ask("import", club.sheet(), "--provider", club.provider, "--mapping", marked, code=1)
    assert club.ask("import", club.sheet(), "--provider", club.provider, code=1)["new"] == 0


def test_without_the_register_nothing_is_changed_and_the_code_is_4(club: Club) -> None:
    club.env["NAVIGATOR_URL"] = "http://127.0.0.1:1"
    result = club.process("import", club.sheet(), "--provider", club.provider, "--mapping", club.mapping)
    assert result.returncode == 4 and result.stdout == ""
    assert "127.0.0.1:1" in result.stderr and "Traceback" not in result.stderr and "the register" not in result.stderr
    error = club.ask("import", club.sheet(), "--provider", club.provider, code=4)["error"]
    assert error.keys() == {"what", "cure"}
    assert club.ask("status")["sources"] == []


def test_a_register_that_stops_answering_leaves_a_whole_report_and_code_4(club: Club) -> None:
    club.set_fault(fault="down_until", until="2025-11-06T00:00:00+03:00", path="/register/v1/operations")
    try:
        report = club.take(code=4)
    finally:
        club.clear_faults()
    assert report["complete"] is False and report["counts"] == COUNTS
    assert sum(club.ask("status")["under_way"].values()) > 0
    assert club.ask("run")["complete"] is True
    assert set(club.ask("status")["under_way"].values()) == {0}
    assert club.ask("certificate", number_of(club.n, 2))["paid"] == "180.00"


def test_ctrl_c_stops_cleanly_and_a_run_goes_on(club: Club) -> None:
    club.set_fault(fault="delay", next=1, seconds=2)
    command = [sys.executable, "-m", "gateway", "import", str(club.sheet()), "--provider", club.provider, "--mapping", str(club.mapping)]
    try:
        process = subprocess.Popen(command, env=os.environ | club.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 20
        while sum(club.ask("status")["under_way"].values()) == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    finally:
        club.clear_faults()
    assert process.returncode == 130, errors
    assert output == "" and "gateway run" in errors and "Traceback" not in errors
    assert len([line for line in errors.splitlines() if "сохранено" in line]) == 1
    time.sleep(2)  # the register answers into the void
    assert club.ask("run")["complete"] is True
    report = club.take()
    assert report["new"] == 19 and report["counts"] == COUNTS  # the interrupted import's report has still to be told


def test_bars_are_for_a_terminal_only(club: Club) -> None:
    club.set_fault(fault="delay", next=1, seconds=1)
    leader, follower = pty.openpty()
    seen: list[bytes] = []
    reader = threading.Thread(target=read_terminal, args=(leader, seen))
    reader.start()
    arguments = ("import", club.sheet(), "--provider", club.provider, "--mapping", club.mapping, "--json")
    result = club.process(*arguments, capture_output=False, stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    reader.join(10)
    shown = b"".join(seen).decode()
    assert json.loads(result.stdout)["new"] == 19
    assert "читаю реестр" in shown and "передаю в реестр" in shown
    assert club.process("run", "--json").stderr.count("\n") == 1  # but for the clock, nothing


def read_terminal(leader: int, seen: list[bytes]) -> None:
    try:
        while part := os.read(leader, 4096):
            seen.append(part)
    except OSError:  # the other end is closed
        os.close(leader)


def test_the_only_provider_needs_no_name(only_club: Club) -> None:
    report = only_club.ask("import", only_club.sheet(), "--mapping", only_club.mapping, code=1)
    assert report["provider"] == "club-1" and report["new"] == 19
    english = only_club("dry-run", only_club.sheet(), "--lang", "en")
    assert "October 2025 · 1 group · 5 children · 19 marks" in english.stdout and "charged" in english.stdout


@pytest.mark.parametrize(("is_dry", "shows_all", "shown"), [(False, False, ROWS_SHOWN_MAX), (False, True, 45), (True, False, 45)])
def test_a_long_import_shows_forty_rows_and_says_how_many_more(
    capsys: pytest.CaptureFixture[str], is_dry: bool, shows_all: bool, shown: int
) -> None:
    marks = [
        {"sheet": "Октябрь", "row": row, "column": "K", "child": f"Дитя {row}", "certificate": None, "date": "2025-10-07", "group": "g",
         "answer": "refused", "amount": None, "reasons": [{"rule": "A01", "reason": "нет зачисления", "cure": "оформите"}]}
        for row in range(1, 46)
    ]  # fmt: skip
    counts = {"charged": 0, "not_charged": {}, "refused": {"A01": 45}, "waiting": {}, "unread": 0, "conflicts": 0, "from_empty_cells": 0}
    report = {
        "provider_name": "Клуб", "file": "t.xlsx", "outcome": "partly", "new": 45, "unchanged": 0, "withdrawn": 0, "held": 0,
        "held_cards": 0, "complete": True, "marks": marks, "counts": counts, "unread": [], "questions": [],
    }  # fmt: skip
    show_report(Face("ru"), report, "t.xlsx", is_dry, shows_all)
    printed = capsys.readouterr().out
    assert printed.count("Дитя") == shown
    assert ("…ещё 5: --all" in printed) is (shown == ROWS_SHOWN_MAX)
