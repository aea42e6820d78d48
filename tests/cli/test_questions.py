"""Answers to what is asked, and questions that change nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from gateway.cli import main
from tests.cli.conftest import COUNTS, Club, make_club, number_of


def test_an_answer_is_remembered_charged_and_undone(club: Club) -> None:
    club.take()
    queue = club.ask("match", "--provider", club.provider)
    assert {one["person"] for one in queue} == {"Котова А.", "Чужова Анна"}
    shown = club("match").stdout
    assert f"--child k-{club.n}-4" in shown and "N01" in shown and number_of(club.n, 4) not in shown

    done = club.process("match", "Котова А.", "--child", f"k-{club.n}-4", "--provider", club.provider)
    assert done.returncode == 0 and "1 запись" in done.stdout
    assert club.ask("certificate", number_of(club.n, 4))["paid"] == "720.00"
    assert club.ask("match", "Чужова Анна", "--outside", "--provider", club.provider)["answered"] == 1
    assert club.ask("match") == []

    undone = club.ask("match", "Котова А.", "--undo", "--provider", club.provider)
    assert (undone["answered"], undone["complete"]) == (1, True)
    assert club.ask("certificate", number_of(club.n, 4))["paid"] == "0.00"
    assert [one["person"] for one in club.ask("match")] == ["Котова А."]


def test_several_persons_are_outside_at_once(club: Club) -> None:
    club.take()
    assert club.ask("match", "Котова А.", "Чужова Анна", "--outside", "--provider", club.provider)["answered"] == 2
    assert club.ask("status")["counts"]["not_charged"]["outside"] == 8


def test_a_group_is_named_by_its_words(club: Club) -> None:
    sheet = club.sheet(group="Вечерняя")
    waiting = club.ask("import", sheet, "--provider", club.provider, "--mapping", club.mapping, code=1)["counts"]["waiting"]
    assert waiting == {"N03": 1}  # without a timetable an empty cell is no mark
    (asked,) = club.ask("match", "--provider", club.provider)
    assert (asked["queue"], asked["words"]) == ("groups", "Вечерняя")
    assert "gateway match --group-words 'Вечерняя' --group" in club("match").stdout
    done = club("match", "--group-words", "Вечерняя", "--group", f"g-{club.n}", "--provider", club.provider)
    assert done.exit_code == 0 and f"«Вечерняя» значит g-{club.n}" in done.stdout
    assert {one["queue"] for one in club.ask("match", "--provider", club.provider)} == {"match"}
    assert club.ask("certificate", number_of(club.n, 1))["paid"] == "360.00"
    assert club.ask("import", sheet, "--provider", club.provider, code=1)["counts"] == COUNTS
    assert club.ask("match", "--group-words", "Ладья", "--group", f"g-{club.n}", "--provider", club.provider, code=2)["error"]["cure"]


def test_withdrawals_above_the_limit_wait_for_a_word(club: Club) -> None:
    club.take()
    assert club.ask("confirm") == [] and "Подтверждать нечего" in club("confirm").stdout
    assert club.ask("confirm", "--accept", code=2)["error"]["what"] == "Нечего подтверждать."
    fewer = club.sheet(without=("Петров Пётр", "Зимин Олег"))
    human = club("import", fewer, "--provider", club.provider)
    assert "gateway confirm" in human.stdout and human.exit_code == 1
    (waiting,) = club.ask("confirm")
    assert waiting == {
        "provider": club.provider, "source": "spreadsheet", "group": f"g-{club.n}", "month": "2025-10",
        "marks": 8, "cards": 0, "known": 19, "children": 2,
    }  # fmt: skip
    assert club.ask("confirm", "--month", "2025-09") == [] and len(club.ask("confirm", "--group", f"g-{club.n}")) == 1
    shown = club("confirm").stdout
    assert "8 отметок из 19, 2 ребёнка" in shown and f"--group g-{club.n} --month 2025-10 --accept" in shown

    assert club.ask("confirm", "--decline")["answered"] == 1 and club.ask("confirm") == []
    assert club.ask("certificate", number_of(club.n, 2))["paid"] == "180.00"
    assert "Подтверждено: 1." in club("confirm", "--group", f"g-{club.n}", "--month", "2025-10", "--accept").stdout
    assert club.ask("certificate", number_of(club.n, 2))["paid"] == "0.00"


def test_without_two_sources_there_is_no_conflict(club: Club) -> None:
    club.take()
    assert club.ask("conflicts") == [] and "Расхождений" in club("conflicts").stdout
    unknown = ("conflicts", "--enrollment", "D-0", "--date", "2025-10-07", "--take", "crm")
    assert club.ask(*unknown, code=2)["error"]["what"] == "Такого занятия этого зачисления нет."


def test_explain_says_why_and_why_not(club: Club) -> None:
    club.take()
    charged = club.process("explain", "--certificate", number_of(club.n, 2), "--date", "2025-10-07").stdout
    assert "Списание 180,00 ₽" in charged and f"…{number_of(club.n, 2)[-4:]}" in charged and number_of(club.n, 2) not in charged
    assert "07.10.2025 16:00–16:45" in charged  # the lesson
    assert "tabel.xlsx" in charged and "столбец K" in charged and "из пустой клетки" in charged  # the mark
    assert "за занятие: 180,00 ₽" in charged and "leningrad-2020" in charged  # the tariff
    assert "NAV-" in charged and "20,00 ₽" in charged  # the register's number, what is left

    refused = club("explain", "--certificate", number_of(club.n, 3), "--date", "28.10.2025").stdout
    assert "Отказано" in refused and refused.count("→") == 2 and refused.index("C10") < refused.index("A07")
    (found,) = club.ask("explain", "--certificate", number_of(club.n, 3), "--date", "2025-10-28")
    assert found["reasons"] == ["C10", "A07"] and found["operations"][0]["kind"] == "attendance"

    absent = club("explain", "--certificate", number_of(club.n, 1), "--date", "2025-10-14").stdout
    assert "Не списывается: отсутствовал" in absent

    (told,) = club.ask("explain", "--certificate", number_of(club.n, 2), "--date", "2025-10-07")
    (debit,) = [one["id"] for one in told["operations"] if one["kind"] == "debit"]
    assert club.ask("explain", debit) == [told] and club.ask("explain", debit[:8]) == [told]
    assert club.ask("explain", "--certificate", number_of(club.n, 2), "--date", "2025-10-08", code=2)["error"]["what"]


def test_explain_knows_a_mark_on_a_day_without_a_lesson(club: Club) -> None:
    mapping = club.mapping
    mapping.write_text(mapping.read_text(encoding="utf-8").replace('{"Н"', '{"+" = "attended", "Н"'), encoding="utf-8")
    club.ask("import", club.sheet(marks={8: "+"}), "--provider", club.provider, "--mapping", mapping, code=1)
    (found,) = club.ask("explain", "--certificate", number_of(club.n, 1), "--date", "2025-10-08")
    assert found["reasons"] == ["N04"] and found["mark"]["column"] == "L"
    assert "в расписании нет" in club("explain", "--certificate", number_of(club.n, 1), "--date", "2025-10-08").stdout


def test_a_certificate_and_its_sums(club: Club) -> None:
    club.take()
    found = club.ask("certificate", number_of(club.n, 2))
    sums = ("kind", "state", "period", "funded", "free", "reserved", "held", "paid", "elsewhere", "lapsed")
    assert {name: found[name] for name in sums} == {
        "kind": "financing", "state": "active", "period": {"first": "2025-01-01", "last": "2025-12-31"}, "funded": "200.00",
        "free": "20.00", "reserved": "0.00", "held": "0.00", "paid": "180.00", "elsewhere": "0.00", "lapsed": "0.00",
    }  # fmt: skip
    shown = club("certificate", number_of(club.n, 2)).stdout
    assert "финансирование · действует" in shown and "20,00 ₽" in shown and number_of(club.n, 2) not in shown


def test_claims_are_a_list_that_can_be_narrowed(club: Club) -> None:
    club.take()
    claims = club.ask("claims")
    assert isinstance(claims, list) and len(claims) == 11
    assert [(one["date"], one["reasons"]) for one in club.ask("claims", "--enrollment", f"D-{club.n}-3", "--answer", "refused")] == [
        ("2025-10-14", ["A07"]),
        ("2025-10-21", ["C10", "A07"]),
        ("2025-10-28", ["C10", "A07"]),
    ]
    assert club.ask("claims", "--month", "2025-09") == []
    assert club.ask("claims", "--provider", "club-0") == []
    table = club("claims", "--answer", "charged").stdout
    assert table.count("180,00 ₽") == 4 and "4 занятия детей" in table


def test_the_status_at_a_glance(only_club: Club) -> None:
    club = only_club
    assert "пока нет" in club("status").stdout
    club.take()
    status = club.ask("status")
    assert status["under_way"] == {"to_match": 0, "to_decide": 0, "to_book": 0, "to_send": 0, "unanswered": 0}
    shown = club.process("status").stdout
    assert f"{club.provider}  tabel.xlsx" in shown and "19 отметок, 6 отказов" in shown
    assert "gateway match" in shown and "принято реестром 720,00 ₽" in shown and "В работе ничего нет." in shown
    assert club.env["NAVIGATOR_URL"] in shown


def test_an_import_is_taken_back(club: Club) -> None:
    run = club.take()["run"]
    assert club.ask("certificate", number_of(club.n, 1))["paid"] == "360.00"
    assert club.ask("undo", run)["changed"] > 0
    assert club.ask("certificate", number_of(club.n, 1))["paid"] == "0.00"
    assert club.ask("undo", run, code=2)["error"]["what"] == f"Приёма «{run}» нет."
    club.take(code=1)
    assert "Приём отменён" in club("undo", "tabel.xlsx", "--provider", club.provider).stdout
    assert club.ask("verify") | {"faults": []} == club.ask("verify")


def test_a_month_is_reconciled(only_club: Club) -> None:
    club = only_club
    club.take()
    answer = club.process("reconcile", "--month", "2025-10", "--json")
    found = json.loads(answer.stdout)
    sums = {name: found[name] for name in ("booked_kopecks", "accepted_kopecks", "register_kopecks")}
    assert answer.returncode == 0 and found["differences"] == [] and set(sums.values()) == {72_000} and found["debits"] == 4

    stranger = make_club(1, club.env["NAVIGATOR_URL"], club.folder / "stranger")  # a gateway that has not heard of these debits
    stranger.ask("run")
    differing = stranger.ask("reconcile", "--month", "2025-10", code=1)["differences"]
    assert differing and {"class", "here", "there", "cure"} <= differing[0].keys()
    shown = stranger("reconcile", "--month", "2025-10").stdout
    assert "выписка реестра" in shown and f"Расхождений: {len(differing)}" in shown and "→" in shown
    assert club.ask("reconcile", "--month", "2025-13", code=2)["error"]["what"] == "«2025-13» не месяц."


def test_rules_plugins_and_the_ledger_are_told(club: Club) -> None:
    rules = {one["id"]: one for one in club.ask("rules")}
    assert {"C10", "A07", "N01"} <= rules.keys() and rules["C10"]["on"]
    assert "age_from = 5" in club("rules").stdout
    assert club.ask("plugins")["problems"] == []
    assert "per_lesson" in club("plugins").stdout
    broken = Path(club.env["GATEWAY_HOME"]) / "plugins" / "broken.py"
    broken.parent.mkdir(parents=True)
    broken.write_text("1 / 0\n", encoding="utf-8")
    assert [one["name"] for one in club.ask("plugins", code=1)["problems"]] == ["broken"]
    assert "gateway plugins" in club("status").stdout
    verified = club("verify")
    assert verified.exit_code == 0 and "сходятся" in verified.stdout


def test_a_ledger_that_does_not_add_up_ends_with_1(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.flow.verify.store_seal.payers", lambda connection: ["town"])
    monkeypatch.setattr("gateway.flow.verify.store_ledger.faults", lambda connection, payer: ["certificate 1: 5 ≠ 6"])
    assert club.ask("verify", code=1)["faults"] == ["certificate 1: 5 ≠ 6"]
    assert "5 ≠ 6" in club("verify").stdout


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_the_pages_are_served_until_they_are_stopped(tmp_path: Path, stop: signal.Signals) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "GATEWAY_NOW"} | {"GATEWAY_HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--port", "0", "--json"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        answer = "".join(iter(process.stdout.readline, "}\n")) + "}"
        assert requests.get(json.loads(answer)["url"] + "/", timeout=10).status_code < 500
    finally:
        process.send_signal(stop)
        code = process.wait(10)
    assert code == 0


def test_a_port_that_is_taken_is_told(club: Club) -> None:
    port = club.env["NAVIGATOR_URL"].rsplit(":", 1)[1]
    result = CliRunner(env=club.env).invoke(main, ["serve", "--port", port])
    assert result.exit_code == 2 and f"Порт {port} занят" in result.stderr
