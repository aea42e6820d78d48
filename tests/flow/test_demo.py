"""`make demo`: its sums are those that docs/demo.md works out by hand, and a second run finds nothing new."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import requests
from rich.console import Console

from gateway.demo.__main__ import run
from gateway.demo.log_ins import LOG_INS
from gateway.demo.play import Played, Taken
from gateway.demo.words import WORDS, language_from

ROOT = Path(__file__).resolve().parents[2]


class Demo:
    """What two runs in the same folder printed and wrote."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.first, self.first_report = self.run("--lang", "ru")
        self.second, self.second_report = self.run("--lang", "en", "--svg", str(home / "report.svg"))

    def run(self, *options: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "gateway.demo", "--home", str(self.home / "demo"), *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done, json.loads((self.home / "demo" / "report.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("demo"))


# ---------------------------------------------------------------- the document


def table_by_hand() -> list[list[str]]:
    """The rows of docs/demo.md's table «Per club», the head left out."""
    section = (ROOT / "docs" / "demo.md").read_text(encoding="utf-8").split("## Per club")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip(" *") for cell in row.strip("|").split("|")] for row in rows[2:]]


def parts(cell: str) -> tuple[int, dict[str, int]]:
    """«36: A01 4, A07 3» → 36 and each part; «5: N01» is all of one rule; «–» is nothing."""
    if not cell.strip(" –"):
        return 0, {}
    total = int(cell.split(":")[0])
    named = cell.split(":")[1].strip() if ":" in cell else ""
    if re.fullmatch(r"[A-Z]\d\d", named):
        return total, {named: total}
    return total, {name: int(number) for name, number in re.findall(r"([A-Z]\d\d|[a-z]+) (\d+)", named)}


def lessons(cell: str) -> tuple[int, int]:
    """«28, 1 cancelled» → 28 and 1."""
    numbers = [int(number) for number in re.findall(r"\d+", cell)]
    return numbers[0], numbers[1] if "cancelled" in cell else 0


def kopecks(cell: str) -> int:
    return int(re.sub(r"\D", "", cell))


def clubs_by_hand() -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for club, held, marks, charged, not_charged, refused, waiting, roubles in table_by_hand():
        name = re.search(r"`([^`]+)`", club)
        found[name.group(1) if name else club] = {
            "lessons": lessons(held),
            "marks": int(marks),
            "charged": int(charged),
            "not_charged": parts(not_charged),
            "refused": parts(refused),
            "waiting": parts(waiting),
            "kopecks": kopecks(roubles),
        }
    return found


# ---------------------------------------------------------------- the demo beside it


def test_the_demo_has_the_sums_of_the_document(demo: Demo) -> None:
    by_hand = clubs_by_hand()
    together = by_hand.pop("together")
    assert [club["provider"] for club in demo.first_report["clubs"]] == list(by_hand)
    for club in demo.first_report["clubs"]:
        expected, counts = by_hand[club["provider"]], club["counts"]
        assert (club["lessons"], club["cancelled"]) == expected["lessons"]
        assert (counts["marks"], counts["charged"]) == (expected["marks"], expected["charged"])
        for name in ("not_charged", "refused", "waiting"):
            assert (sum(counts[name].values()), counts[name]) == expected[name], (club["provider"], name)
        assert club["payable_kopecks"] == expected["kopecks"]
    counts = demo.first_report["counts"]
    assert (counts["marks"], counts["charged"]) == (together["marks"], together["charged"])
    for name in ("not_charged", "refused", "waiting"):
        assert sum(counts[name].values()) == together[name][0]
    for name in ("booked_kopecks", "accepted_kopecks", "register_kopecks"):
        assert demo.first_report[name] == together["kopecks"], name


def test_every_mark_has_one_answer_and_nothing_differs(demo: Demo) -> None:
    for report in (demo.first_report, demo.second_report):
        counts = report["counts"]
        assert counts["charged"] + sum(sum(counts[name].values()) for name in ("not_charged", "refused", "waiting")) == counts["marks"]
        assert report["differences"] == 0 and report["ledger_faults"] == [] and report["agrees"]
        assert len(counts["refused"]) >= 6


def test_a_second_run_finds_nothing_new_and_debits_nothing(demo: Demo) -> None:
    first, second = demo.first_report, demo.second_report
    assert (first["second_run"], first["new"], first["changed_kopecks"]) == (False, first["counts"]["marks"], first["booked_kopecks"])
    assert (second["second_run"], second["new"], second["changed_kopecks"]) == (True, 0, 0)
    same = ("counts", "booked_kopecks", "accepted_kopecks", "register_kopecks", "debits", "reversals", "clubs")
    assert {name: first[name] for name in same} == {name: second[name] for name in same}
    assert "Nothing is new: 0 marks, 0.00" in demo.second.stdout


def test_the_report_names_rule_reason_cure_cell_and_clock(demo: Demo) -> None:
    printed = demo.first.stdout
    for rule in demo.first_report["counts"]["refused"]:
        assert re.search(rf"^ +{rule} +×\d+ \S", printed, re.MULTILINE), rule
    for words in ("Часы стоят: 5 ноября 2025", "заморожен", "→ снять заморозку", "лист «Робототехника»: F11 K11", "Котова Арина"):
        assert words in printed, words
    assert "The clock stands still: 5 November 2025" in demo.second.stdout


def test_no_whole_certificate_number_is_printed(demo: Demo) -> None:
    """But the one in the hint: the numbers of the demo are made up, and one is needed to try `explain`."""
    assert set(re.findall(r"\d{10}", demo.first.stdout)) == {"4799901005"}


def test_the_picture_asks_no_other_host(demo: Demo) -> None:
    picture = (demo.home / "report.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg") and "Everything&#160;agrees." in picture
    assert set(re.findall(r"https?://[^\s\"'<)]+", picture)) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
    assert "url(" not in picture.replace("url(#", "")


@pytest.mark.parametrize("name", sorted(WORDS))
def test_every_word_is_there_in_both_languages(name: str) -> None:
    text = WORDS[name]
    assert text.ru.strip() and text.en.strip()
    fields = [{field for _, field, _, _ in Formatter().parse(each) if field} for each in (text.ru, text.en)]
    assert fields[0] == fields[1]
    assert not re.search("[А-Яа-яЁё]", text.en)


@pytest.mark.parametrize(
    ("environment", "language"),
    [({}, "ru"), ({"LANG": "C.UTF-8"}, "ru"), ({"LANG": "en_US.UTF-8"}, "en"), ({"LC_ALL": "ru_RU.UTF-8", "LANG": "en_GB"}, "ru")],
)
def test_the_language_is_the_locales_and_else_russian(environment: dict[str, str], language: str) -> None:
    assert language_from(environment) == language


# ---------------------------------------------------------------- looking around


class Served:
    """`make serve` as a process; what it printed."""

    def __init__(self, home: Path) -> None:
        command = [
            sys.executable,
            "-u",
            "-m",
            "gateway.demo.serve",
            "--home",
            str(home),
            "--port",
            "0",
            "--register-port",
            "0",
            "--lang",
            "en",
        ]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("Stop it"):
                break
        self.printed = "".join(lines)

    def url(self, name: str) -> str:
        found = re.search(rf"{name} +(http://127\.0\.0\.1:\d+)", self.printed)
        assert found is not None, self.printed
        return found[1]

    def signed_in(self, who: str) -> requests.Session:
        """A browser in which the one that was printed has signed in, over plain HTTP."""
        found = re.search(rf"{who} +(\S+@\S+) +(\S+)", self.printed)
        assert found is not None, self.printed
        browser, address = requests.Session(), f"{self.url('The Navigator')}/sign-in"
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(address, timeout=20).text)
        assert token is not None
        said = {"csrf_token": token[1], "email": found[1], "password": found[2]}
        answer = browser.post(address, data=said, timeout=20)
        assert answer.ok and "/sign-in" not in answer.url, answer.url
        return browser


@pytest.fixture(scope="module")
def served(demo: Demo) -> Iterator[Served]:
    started = Served(demo.home / "demo")
    yield started
    started.process.kill()
    started.process.wait()


def test_the_log_ins_stay_the_same_and_their_file_is_the_owners(demo: Demo) -> None:
    file = demo.home / "demo" / "log-ins.json"
    passwords = json.loads(file.read_text(encoding="utf-8"))
    assert set(passwords) == {each.email for each in LOG_INS} and len(set(passwords.values())) == len(LOG_INS)
    for email, password in passwords.items():
        assert all(email in run.stdout and password in run.stdout for run in (demo.first, demo.second))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_whoever_was_printed_signs_in_and_sees_what_the_demo_brought(served: Served) -> None:
    url = served.url("The Navigator")
    family = served.signed_in("a parent").get(f"{url}/family/d-10", timeout=20)
    assert "Карпов" in family.text and "Часы стоят" in family.text
    debits = served.signed_in("a parent").get(f"{url}/family/d-10/debits", timeout=20).text.replace("\xa0", " ")
    assert "197,20 ₽" in debits and "168,30 ₽" in debits, "each debit of either club"
    paid = requests.get(f"{url}/register/v1/statement", params={"month": "2025-10"}, timeout=20).json()["operations"]
    assert {each["claim"]["provider"] for each in paid if each["claim"]["child"] == "d-10"} == {"ddt-sineles", "ring"}, (
        "debits of two clubs"
    )
    assert served.signed_in("a club").get(f"{url}/club/requests", timeout=20).ok
    assert served.signed_in("the operator").get(f"{url}/operator", timeout=20).ok
    assert "30 538" in requests.get(served.url("The gateway's page"), timeout=20, headers={"Accept-Language": "ru"}).text.replace(
        "\xa0", " "
    )


def test_a_taken_port_is_told_with_its_cure(served: Served, demo: Demo) -> None:
    port = served.url("The Navigator").rpartition(":")[2]
    command = [sys.executable, "-m", "gateway.demo.serve", "--home", str(demo.home / "demo"), "--port", "0", "--register-port", port]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)
    assert done.returncode == 2 and port in done.stderr and "--register-port 0" in done.stderr


def test_it_stops_at_once_and_leaves_nobody_behind(served: Served) -> None:
    addresses = [served.url("The Navigator"), served.url("The gateway's page")]
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(20) == 0
    for address in addresses:
        with pytest.raises(requests.ConnectionError):
            requests.get(address, timeout=5)


# ---------------------------------------------------------------- when it does not agree


def played() -> Played:
    """One club, two marks, one of them charged."""
    counts = {"marks": 2, "charged": 1, "not_charged": {"absent": 1}, "refused": {}, "waiting": {}, "unread": 0}
    report = {"provider": "p", "file": "p.xlsx", "new": 2, "counts": counts, "marks": [], "unread": [], "questions": []}
    return Played(
        loaded={"new": 1, "changed": 0, "unchanged": 0, "total": 1},
        taken=[Taken(report, again=False)],
        answers=[],
        names={"p": "Клуб"},
        lessons={"p": {"lessons": 1, "cancelled": 0}},
        counts=counts,
        counts_of={"p": counts},
        payable={"p": 100},
        queue=[],
        reconciled={
            "booked_kopecks": 100, "accepted_kopecks": 100, "register_kopecks": 100, "debits": 1, "reversals": 0, "differences": [],
        },
        ledger_faults=[],
        is_second_run=False,
        changed_kopecks=100,
    )  # fmt: skip


DIFFERENCE = {"class": "other_sum", "date": "2025-10-03", "here": "1.00", "there": "2.00", "cure": "Сверьте."}


def test_it_agrees_where_every_sum_is_one() -> None:
    assert played().agrees


@pytest.mark.parametrize(
    "wrong",
    [
        {"reconciled": {**played().reconciled, "booked_kopecks": 101}},
        {"reconciled": {**played().reconciled, "accepted_kopecks": 99}},
        {"reconciled": {**played().reconciled, "register_kopecks": 0}},
        {"reconciled": {**played().reconciled, "differences": [DIFFERENCE]}},
        {"payable": {"p": 99}},
        {"ledger_faults": ["certificate c-1"]},
        {"counts": {**played().counts, "marks": 3}},
        {"counts": {**played().counts, "waiting": {"N01": 1}}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_whatever_does_not_agree_is_said_and_exits_1(wrong: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = dataclasses.replace(played(), **wrong)
    monkeypatch.setattr("gateway.demo.__main__.play", lambda *_: broken)
    monkeypatch.setattr("gateway.demo.__main__.log_ins", lambda *_: {each.email: "none" for each in LOG_INS})
    console = Console(file=io.StringIO(), width=118)
    assert run(console, tmp_path, "ru") == 1
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "НЕ СХОДИТСЯ." in printed and "Всё сходится" not in printed
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["agrees"] is False
