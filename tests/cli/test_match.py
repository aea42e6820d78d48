"""`gateway match` at ease: many answers at once, who gave them, taking them back, and the walk on a terminal."""

from __future__ import annotations

import datetime as dt
import os
import pty
import select
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.builders.sheets import Grid, Row, one_grid
from tests.cli.conftest import Club, number_of


def waiting(club: Club, *more: str) -> set[str]:
    return {one["person"] for one in club.ask("match", "--provider", club.provider, *more)}


def test_many_are_outside_at_once_after_a_look(club: Club) -> None:
    club.take()
    group = ("match", "--outside", "--group", f"g-{club.n}", "--provider", club.provider)
    look = club.ask(*group)
    assert look["answered"] == 0 and {one["person"] for one in look["would_answer"]} == {"Котова А.", "Чужова Анна"}
    shown = club(*group)
    assert shown.exit_code == 0 and "2 записи" in shown.stdout and "Чужова Анна" in shown.stdout and "--yes" in shown.stdout
    assert waiting(club) == {"Котова А.", "Чужова Анна"}, "a look answers nothing"

    done = club.ask(*group, "--yes", "--as", "Иванова")
    assert (done["answered"], done["complete"]) == (2, True)
    assert waiting(club) == set() and club.ask("status")["counts"]["not_charged"]["outside"] == 8
    assert club.ask(*group, "--yes") == {"answer": None, "answered": 0, "complete": True, "clock": "2025-11-05T10:00:00+03:00"}

    assert club.ask("match", "--undo", "--answer", str(done["answer"]), "--provider", club.provider)["answered"] == 2
    assert waiting(club) == {"Котова А.", "Чужова Анна"}
    assert club.ask("match", "--undo", "--answer", str(done["answer"]), "--provider", club.provider, code=2)["error"]["cure"]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (("--all",), {"Котова А.", "Чужова Анна"}),
        (("--file", "tabel.xlsx"), {"Котова А.", "Чужова Анна"}),
        (("--file", "other.xlsx"), set()),
        (("--source", "spreadsheet"), {"Котова А.", "Чужова Анна"}),
        (("--source", "crm"), set()),
        (("--row", "12"), {"Котова А."}),
        (("--row", "12-13"), {"Котова А.", "Чужова Анна"}),
        (("--row", "9,13", "--file", "tabel.xlsx"), {"Чужова Анна"}),
        (("--group", "g-0"), set()),
    ],
)
def test_who_is_chosen(club: Club, chosen: tuple[str, ...], expected: set[str]) -> None:
    club.take()
    narrowed = () if chosen == ("--all",) else chosen
    assert waiting(club, *narrowed) == expected
    look = club.ask("match", "--outside", *chosen, "--provider", club.provider)
    assert {one["person"] for one in look["would_answer"]} == expected
    assert club.ask("match", "--outside", "--yes", *chosen, "--provider", club.provider)["answered"] == len(expected)
    assert waiting(club) == {"Котова А.", "Чужова Анна"} - expected


def test_whom_the_register_has_by_name_is_told_before_he_is_outside(club: Club) -> None:
    """«Иванова Мария» under another's number: nobody is recognised, and to call her outside would be a mistake."""
    sheet = club.folder / "tabel.xlsx"
    rows = [Row("Иванова Мария", number_of(club.n, 2)), Row("Чужова Анна")]
    sheet.write_bytes(one_grid("Клуб", Grid(f"Ладья {club.n}", dt.date(2025, 10, 1), rows)))
    club.ask("import", sheet, "--provider", club.provider, "--mapping", club.mapping, code=1)
    shown = club("match", "--outside", "--all", "--provider", club.provider).stdout
    assert shown.count("⚠ в реестре есть") == 2 and "Иванова Мария: имя совпадает" in shown and "Петров Пётр: имя другое; номер" in shown


def test_who_answered_and_when(club: Club) -> None:
    assert "Ответов ещё не было" in club("match", "--answered", "--provider", club.provider).stdout
    club.take()
    first = club.ask("match", "Котова А.", "Чужова Анна", "--outside", "--provider", club.provider, "--as", "Иванова")["answer"]
    second = club.ask("match", "Котова А.", "--child", f"k-{club.n}-4", "--provider", club.provider, "--as", "Петрова")["answer"]
    history = club.ask("match", "--answered", "--provider", club.provider)
    assert [(one["answer"], one["by"], one["said"], len(one["persons"])) for one in history] == [
        (second, "Петрова", "child", 1),
        (first, "Иванова", "outside", 2),
    ]
    assert {one["at"] for one in history} == {"2025-11-05T10:00:00+03:00"}
    assert [one["answer"] for one in club.ask("match", "Чужова Анна", "--answered", "--provider", club.provider)] == [first]
    shown = club("match", "--answered", "--provider", club.provider).stdout
    assert f"№ {second} · 05.11.2025 10:00 · Петрова · это k-{club.n}-4" in shown and "«Чужова Анна»" in shown

    def paid() -> Any:
        return club.ask("certificate", number_of(club.n, 4))["paid"]

    assert paid() == "720.00"
    assert club.ask("match", "--undo", "--answer", str(first), "--provider", club.provider, "--as", "Сидорова")["answered"] == 1
    assert waiting(club) == {"Чужова Анна"} and paid() == "720.00", "the later answer stays"
    undone = {one["answer"]: one["undone_by"] for one in club.ask("match", "--answered", "--provider", club.provider)}
    assert undone == {first: "Сидорова", second: None}
    assert club.ask("match", "--undo", "--answer", str(second), "--provider", club.provider)["answered"] == 1
    assert waiting(club) == {"Котова А.", "Чужова Анна"} and paid() == "0.00", "and not the answer that was taken back"


def test_without_a_name_it_is_the_systems_user(club: Club) -> None:
    club.take()
    club.env["LOGNAME"] = "klava"
    club.ask("match", "Чужова Анна", "--outside", "--provider", club.provider)
    (one,) = club.ask("match", "--answered", "--provider", club.provider)
    assert one["by"] == "klava"


def test_one_who_is_nobody_leaves_all_unanswered(club: Club) -> None:
    club.take()
    error = club.ask("match", "Чужова Анна", "Никто Никак", "--outside", "--provider", club.provider, code=2)["error"]
    assert "Никто Никак" in error["what"] and waiting(club) == {"Котова А.", "Чужова Анна"}


def on_a_terminal(club: Club, *arguments: str, typed: list[str]) -> tuple[int, str]:
    """Run the real program on a terminal of its own; each line is typed once it asks."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "gateway", *arguments]
    process = subprocess.Popen(command, env=os.environ | club.env, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    seen, lines, deadline = b"", list(typed), time.monotonic() + 60
    try:
        while time.monotonic() < deadline:
            ready, _, _ = select.select([ours], [], [], 0.2)
            try:
                part = os.read(ours, 65_536) if ready else b""
            except OSError:  # the other end is closed
                break
            if ready and not part:
                break
            seen += part
            if seen.rstrip().endswith("→".encode()) and lines and not ready:
                seen += b"\n"
                os.write(ours, lines.pop(0).encode() + b"\n")
    finally:
        os.close(ours)
        process.kill() if time.monotonic() >= deadline else None
        code = process.wait(30)
    assert not lines, seen.decode()
    return code, seen.decode()


def test_on_a_terminal_it_asks_of_one_after_the_other(club: Club) -> None:
    club.take()
    queue = club.ask("match", "--provider", club.provider)
    assert [one["person"] for one in queue] == ["Котова А.", "Чужова Анна"]
    at = [one["child"] for one in queue[0]["candidates"]].index(f"k-{club.n}-4") + 1
    typed = ["99", "щ", "u", "s"]  # no such number; outside, on a Russian keyboard; taken back; the second is left
    code, seen = on_a_terminal(club, "match", "--provider", club.provider, "--as", "Иванова", typed=typed)
    assert code == 0 and "1/2" in seen and "2/2" in seen and "такого ответа нет" in seen and "отменён" in seen
    assert waiting(club) == {"Котова А.", "Чужова Анна"}
    code, seen = on_a_terminal(club, "match", "--provider", club.provider, typed=[str(at), "o"])
    assert code == 0 and "2 записи" in seen
    assert waiting(club) == set() and club.ask("certificate", number_of(club.n, 4))["paid"] == "720.00"


def test_quitting_keeps_what_was_answered(club: Club) -> None:
    club.take()
    code, _ = on_a_terminal(club, "match", "--provider", club.provider, typed=["o", "q"])
    assert code == 0 and waiting(club) == {"Чужова Анна"}


def test_in_a_pipe_nothing_is_asked(club: Club) -> None:
    club.take()
    result = club.process("match", "--provider", club.provider, stdin=subprocess.DEVNULL)
    assert result.returncode == 0 and "Котова А." in result.stdout and "пропустить" not in result.stdout
