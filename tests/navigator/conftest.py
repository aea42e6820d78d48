"""A small district, and a register on a database of its own: in process for most tests, a real server where that is the point."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from navigator.app import create_app
from navigator.cli import main
from navigator.clock import clock_from
from navigator.engine import open_database

from . import contract
from .root import REPOSITORY

NOW = "2025-11-05T10:00:00+03:00"

DISTRICT = {
    "payers.csv": "payer,name\npskov,Отдел образования\nluga,Комитет образования\n",
    "providers.csv": "provider,name,time_zone,sole_trader,licence,state\nddt,«Дом, творчества»,Europe/Moscow,false,Л-1,active\n".replace(
        "«Дом, творчества»", '"Дом, творчества"'
    ),
    "agreements.csv": "provider,payer,valid_from,valid_to\nddt,pskov,2025-01-01,2025-12-31\n",
    "programmes.csv": "programme,provider,title,direction,age_from_months,age_to_months,verified\np-1,ddt,Шахматы,спорт,60,216,true\n",
    "modules.csv": "module,programme,title,unit,unit_price,unit_normative,price,normative,planned_hours,open\n"
    "m-1,p-1,Модуль 1,lesson,205.00,190.00,,,72,true\n",
    "groups.csv": "group,module,title,places,starts_on,ends_on\ng-1,m-1,Группа 1,15,2025-09-01,2026-05-31\ng-2,m-1,Группа 2,,,\n",
    "timetable.csv": "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-1,1,16:00,17:30,every,2025-09-01,2026-05-31\n",
    "lessons.csv": "group,date,starts_at,ends_at,state,moved_from\ng-1,2025-10-20,16:00,17:30,cancelled,\n",
    "children.csv": "child,last_name,first_name,patronymic,birth_date,snils,payer\n"
    "k-1,Иванова,Мария,,2014-05-20,112-233-445 95,pskov\nk-2,Петров,Пётр,Ильич,2013-01-01,,pskov\nk-3,Сидоров,Олег,,,,\n",
    "certificates.csv": "certificate,child,payer,kind,state,valid_from,valid_to,nominal\n"
    "0471000001,k-1,pskov,financing,active,2025-01-01,2025-12-31,1000.00\n"
    "0471000002,k-2,pskov,accounting,active,2025-01-01,2025-12-31,\n"
    "0471000003,k-3,luga,financing,requested,2025-09-01,2026-08-31,500.00\n",
    "enrollments.csv": "enrollment,certificate,group,starts_on,ends_on,state\n"
    "D-1,0471000001,g-1,2025-09-01,2025-12-31,active\n"
    "D-2,0471000002,g-1,2025-09-01,2025-12-31,active\n"
    "D-3,0471000003,g-1,2025-09-01,2025-12-31,active\n"
    "D-4,0471000001,g-2,2025-09-01,2025-12-31,requested\n",
}


class Register:
    """A register to talk to. ``ask`` is how: in process or over HTTP."""

    def __init__(self, home: Path, ask: Callable[..., tuple[int, Any]]) -> None:
        self.home = home
        self.ask = ask
        self.page: Callable[[str], str]
        self.process: subprocess.Popen[str]
        self.url: str

    def get(self, path: str, **parameters: Any) -> Any:
        status, body = self.ask("GET", path, parameters, None)
        assert status == 200, body
        return body

    def post(self, path: str, body: Any) -> Any:
        status, answer = self.ask("POST", path, {}, body)
        assert status == 200, answer
        return answer

    def command(self, *arguments: str) -> Result:
        """An operator's command on the same home."""
        return CliRunner().invoke(main, list(arguments), catch_exceptions=False)

    def change(self, **change: Any) -> None:
        self.post("/test/v1/changes", {"changes": [change]})

    def add(self, csv: str) -> None:
        self.change(op="add", csv=csv)

    def feed(self, name: str, since: str = "0") -> tuple[list[Any], str]:
        page = self.get(f"/register/v1/{name}", since=since)
        assert not page["more"]
        return page["items"], page["cursor"]

    def send(self, *operations: dict[str, Any]) -> list[Any]:
        answers = self.post("/register/v1/operations", {"operations": list(operations)})["answers"]
        assert [answer["id"] for answer in answers] == [operation["id"] for operation in operations]
        return list(answers)

    def outcome(self, operation: dict[str, Any]) -> str:
        """accepted, behind, or the code of the rejection."""
        (answer,) = self.send(operation)
        return str(answer["reason"]["code"] if answer["outcome"] == "rejected" else answer["outcome"])

    def balance(self, number: str, first: str = "2025-01-01") -> tuple[int, int, int]:
        """Nominal, paid and available, in kopecks."""
        lines = self.get("/register/v1/balances", number=number)["balances"]
        (line,) = [line for line in lines if line["first"] == first]
        return line["nominal_kopecks"], line["paid_kopecks"], line["available_kopecks"]


def new_id(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def make_debit(
    day: str = "2025-10-06", n: int = 0, *, amount: int = 19000, claim: dict[str, Any] | None = None, **changes: Any
) -> dict[str, Any]:
    """A debit of the district's first child; keywords replace its fields."""
    told = {
        "provider": "ddt",
        "child": "k-1",
        "group": "g-1",
        "date": day,
        "slot": 1,
        "lesson_starts_at": f"{day}T16:00:00+03:00",
        **(claim or {}),
    }
    operation = {
        "id": new_id("debit", told["child"], told["group"], day, told["slot"], n),
        "kind": "debit",
        "claim": told,
        "enrollment": "D-1",
    }
    operation |= {"certificate": "cert-0471000001", "n": n, "month": day[:7], "amount_kopecks": amount}
    return {**operation, "after": None, "refers_to": None, "status": None, **changes}


def make_reversal(debit: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The reversal of a debit that is its claim's last acceptance."""
    same = {**debit, "id": new_id("reversal", debit["id"]), "kind": "reversal", "after": debit["id"], "refers_to": debit["id"]}
    return {**same, **changes}


def make_attendance(day: str = "2025-10-06", status: str = "attended", n: int = 0, **changes: Any) -> dict[str, Any]:
    """An attendance of the district's first child."""
    debit = make_debit(day, **changes)
    return {**debit, "id": new_id("attendance", day, n), "kind": "attendance", "n": n, "amount_kopecks": 0, "status": status, **changes}


@pytest.fixture
def make() -> Any:
    """The builders of operations: ``make.debit``, ``make.reversal``, ``make.attendance``."""

    class Make:
        debit = staticmethod(make_debit)
        reversal = staticmethod(make_reversal)
        attendance = staticmethod(make_attendance)

    return Make


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh NAVIGATOR_HOME in an environment that says nothing else."""
    for name in ("GATEWAY_TEST", "NAVIGATOR_TEST", "GATEWAY_NOW", "NAVIGATOR_TIME_ZONE", "LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NAVIGATOR_HOME", str(tmp_path / "navigator"))
    return tmp_path / "navigator"


@pytest.fixture
def district(tmp_path: Path) -> Callable[..., Path]:
    """Writes the small district, some of its files replaced (None: left out); gives the folder."""

    def write(replaced: dict[str, str | None] | None = None, name: str = "district") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file, text in {**DISTRICT, **(replaced or {})}.items():
            if text is not None:
                (folder / file).write_text(text, encoding="utf-8")
        return folder

    return write


@pytest.fixture
def empty_register(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Register]:
    """A test register in this process whose clock stands; it knows nothing yet."""
    monkeypatch.setenv("GATEWAY_TEST", "1")
    monkeypatch.setenv("GATEWAY_NOW", NOW)
    engine = open_database(home)
    client = create_app(engine, clock_from(), is_test=True).test_client()

    def ask(method: str, path: str, parameters: dict[str, Any], body: Any) -> tuple[int, Any]:
        response = client.open(path, method=method, query_string=parameters or None, json=body)
        answer = response.get_json(silent=True)
        contract.check(method, path, body, response.status_code, response.content_type, answer)
        return response.status_code, answer

    told = Register(home, ask)
    told.page = lambda language: client.get("/", headers={"Accept-Language": language}).get_data(as_text=True)
    yield told
    engine.dispose()


@pytest.fixture
def register(empty_register: Register, district: Callable[..., Path]) -> Register:
    """The same, the small district loaded."""
    result = empty_register.command("load", str(district()))
    assert result.exit_code == 0, result.output
    return empty_register


@pytest.fixture
def serve(home: Path) -> Iterator[Callable[..., Register]]:
    """Starts real server processes on the home; all are stopped in the end."""
    running: list[subprocess.Popen[str]] = []

    def start(**environment: str) -> Register:
        variables = {**os.environ, "PYTHONPATH": str(REPOSITORY), **environment}
        command = [sys.executable, "-m", "navigator", "serve", "--port", "0"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=variables)
        running.append(process)
        assert process.stdout is not None
        first = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", first)
        assert found, first + process.stdout.read()

        def ask(method: str, path: str, parameters: dict[str, Any], body: Any) -> tuple[int, Any]:
            response = requests.request(method, found[0] + path, params=parameters, json=body, timeout=30)
            answer = response.json()
            contract.check(method, path, body, response.status_code, response.headers["Content-Type"], answer)
            return response.status_code, answer

        served = Register(home, ask)
        served.process = process
        served.url = found[0]
        return served

    yield start
    for process in running:
        process.kill()
        process.wait(10)
        if process.stdout:
            process.stdout.close()
