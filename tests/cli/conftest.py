"""A real Navigator with as many small clubs as there are tests that write, and the command line upon it."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.scenario import navigator_process
from tests.builders.sheets import Grid, Row, one_grid

NOW = "2025-11-05T10:00:00+03:00"
CLUBS = 160
PRICE = "180.00"

HEADS = {
    "payers": "payer,name",
    "providers": "provider,name,time_zone,sole_trader,licence,state",
    "agreements": "provider,payer,valid_from,valid_to",
    "programmes": "programme,provider,title,direction,age_from_months,age_to_months,verified",
    "modules": "module,programme,title,unit,unit_price,unit_normative,price,normative,planned_hours,open",
    "groups": "group,module,title,places,starts_on,ends_on",
    "timetable": "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to",
    "lessons": "group,date,starts_at,ends_at,state,moved_from",
    "children": "child,last_name,first_name,patronymic,birth_date,snils,payer",
    "certificates": "certificate,child,payer,kind,state,valid_from,valid_to,nominal",
    "enrollments": "enrollment,certificate,group,starts_on,ends_on,state",
}

CHILDREN = (
    # name, nominal, the certificate's last day
    ("Иванова", "Мария", "5000.00", "2025-12-31"),
    ("Петров", "Пётр", "200.00", "2025-12-31"),  # pays one lesson
    ("Зимин", "Олег", "300.00", "2025-10-20"),  # pays one lesson, and ends before the last two
    ("Котова", "Алла", "5000.00", "2025-12-31"),  # the sheet has «Котова А.»
)

COUNTS = {
    "marks": 19,
    "charged": 4,
    "not_charged": {"absent": 1},
    "refused": {"C10": 2, "A07": 4},
    "waiting": {"N01": 8},
    "unread": 1,
    "conflicts": 0,
    "from_empty_cells": 18,
}
"""Of the usual sheet, see `Club.sheet`."""


def number_of(club: int, child: int) -> str:
    return f"47{club:03d}0{child:04d}"


def write_district(folder: Path, clubs: int) -> None:
    """Clubs that have nothing to do with each other: lessons on Tuesdays, four children."""
    rows: dict[str, list[str]] = {name: [] for name in HEADS}
    for n in range(1, clubs + 1):
        rows["payers"].append(f"payer-{n},Отдел образования {n}")
        rows["providers"].append(f"club-{n},Клуб {n},Europe/Moscow,false,Л-{n},active")
        rows["agreements"].append(f"club-{n},payer-{n},2025-01-01,2025-12-31")
        rows["programmes"].append(f"prog-{n},club-{n},Шахматы,спорт,60,216,true")
        rows["modules"].append(f"mod-{n},prog-{n},Модуль 1,lesson,{PRICE},{PRICE},,,72,true")
        rows["groups"].append(f"g-{n},mod-{n},Ладья {n},15,2025-09-01,2026-05-31")
        rows["groups"].append(f"h-{n},mod-{n},Слон {n},15,2025-09-01,2026-05-31")
        rows["timetable"].append(f"g-{n},2,16:00,16:45,every,2025-09-01,2026-05-31")
        for k, (last, first, nominal, valid_to) in enumerate(CHILDREN, start=1):
            rows["children"].append(f"k-{n}-{k},{last},{first},,2014-05-20,,payer-{n}")
            rows["certificates"].append(f"{number_of(n, k)},k-{n}-{k},payer-{n},financing,active,2025-01-01,{valid_to},{nominal}")
            rows["enrollments"].append(f"D-{n}-{k},{number_of(n, k)},g-{n},2025-09-01,2025-12-31,active")
    folder.mkdir(parents=True)
    for name, head in HEADS.items():
        (folder / f"{name}.csv").write_text("\n".join([head, *rows[name]]) + "\n", encoding="utf-8")


def start_register(home: Path, clubs: int) -> Any:
    write_district(home / "district", clubs)
    environment = {**os.environ, "NAVIGATOR_HOME": str(home / "navigator"), "GATEWAY_TEST": "1", "GATEWAY_NOW": NOW}
    subprocess.run([sys.executable, "-m", "navigator", "load", str(home / "district")], env=environment, check=True, capture_output=True)
    return navigator_process(home / "navigator", {"GATEWAY_NOW": NOW})


@pytest.fixture(scope="session")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Navigator process."""
    with start_register(tmp_path_factory.mktemp("register"), CLUBS) as url:
        yield url


@pytest.fixture(scope="session")
def club_numbers() -> Iterator[int]:
    return itertools.count(1)


@dataclass
class Club:
    """A club of its own: nobody else books on its children. ``env``: of the commands called for it."""

    n: int
    folder: Path
    env: dict[str, str]

    @property
    def provider(self) -> str:
        return f"club-{self.n}"

    def sheet(self, name: str = "tabel.xlsx", marks: dict[int, str] | None = None, without: Sequence[str] = (), group: str = "") -> Path:
        """October's sheet: 19 marks, one cell that nobody can read.

        «Иванова»: 7 and 21 attended, 14 absent, 28 an unknown sign; all others attended on all four Tuesdays by empty cells. «Чужова» is
        not in the register, «Котова А.» gives initials only. ``without``: names whose rows are deleted; ``group``: other words for it.
        """
        rows = [
            Row("Иванова Мария", number_of(self.n, 1), marks or {14: "Н", 28: "Щ"}),
            Row("Петров Пётр", number_of(self.n, 2)),
            Row("Зимин Олег", number_of(self.n, 3)),
            Row("Котова А."),
            Row("Чужова Анна"),
        ]
        grid = Grid(group or f"Ладья {self.n}", dt.date(2025, 10, 1), [row for row in rows if row.name not in without])
        path = self.folder / name
        path.write_bytes(one_grid(f"Клуб {self.n}", grid))
        return path

    @property
    def mapping(self) -> Path:
        path = self.folder / "mapping.toml"
        path.write_text('[cells]\nempty = "attended"\ncodes = {"Н" = "absent", "В" = "day_off"}\n', encoding="utf-8")
        return path

    def __call__(self, *arguments: object) -> Result:
        """A command in this process."""
        return CliRunner(env=self.env).invoke(main, [str(one) for one in arguments])

    def ask(self, *arguments: object, code: int = 0) -> Any:
        """The JSON answer of a command that ends with this code."""
        result = self(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def take(self, *more: object, code: int = 1) -> Any:
        """The JSON report of the import of the usual sheet."""
        return self.ask("import", self.sheet(), "--provider", self.provider, "--mapping", self.mapping, *more, code=code)

    def process(self, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """The real program in a process of its own."""
        command = [sys.executable, "-m", "gateway", *(str(one) for one in arguments)]
        options = {"capture_output": True, "timeout": 60} | options
        return subprocess.run(command, env=os.environ | self.env, text=True, check=False, **options)

    def set_fault(self, **fault: Any) -> None:
        answer = requests.post(self.env["NAVIGATOR_URL"] + "/test/v1/faults", json={"faults": [fault]}, timeout=10)
        assert answer.ok, answer.text

    def clear_faults(self) -> None:
        assert requests.post(self.env["NAVIGATOR_URL"] + "/test/v1/faults", json={"faults": []}, timeout=10).ok


@pytest.fixture
def club(register: str, club_numbers: Iterator[int], tmp_path: Path) -> Club:
    return make_club(next(club_numbers), register, tmp_path)


@pytest.fixture
def only_club(tmp_path: Path) -> Iterator[Club]:
    """A club with a register of its own: its statement holds nobody else's debits."""
    with start_register(tmp_path / "register", 1) as url:
        yield make_club(1, url, tmp_path)


def make_club(n: int, register: str, folder: Path) -> Club:
    env = {
        "GATEWAY_HOME": str(folder / "home"),
        "NAVIGATOR_URL": register,
        "GATEWAY_TEST": "1",
        "GATEWAY_NOW": NOW,
        "GATEWAY_LANG": "ru",
        "COLUMNS": "80",
    }
    return Club(n, folder, env)
