"""A small made-up town: its district as CSV, its sheets, a real Navigator and a gateway beside it, for tests that need real processes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import requests

from gateway.bootstrap import Gateway
from gateway.scenario import navigator_process
from gateway.settings import Settings
from tests.builders.sheets import Grid, Row, month_book

NOW = dt.datetime.fromisoformat("2025-11-05T10:00:00+03:00")
OCTOBER = dt.date(2025, 10, 1)
PROVIDER, GROUP, TITLE = "club", "G-1", "Парусники"
MAPPING = """
[cells]
empty = "attended"
codes = {"Н" = "absent", "Б" = "excused", "В" = "day_off"}
[columns]
child = "B"
certificate = "C"
first_day = "E"
"""

# Mondays and Thursdays of October 2025.
LESSON_DAYS = (2, 6, 9, 13, 16, 20, 23, 27, 30)
DAYS_OFF = tuple(day for day in range(1, 32) if day not in LESSON_DAYS)

_FILES = {
    "payers.csv": "payer,name",
    "providers.csv": "provider,name,time_zone,sole_trader,licence,state",
    "agreements.csv": "provider,payer,valid_from,valid_to",
    "programmes.csv": "programme,provider,title,direction,age_from_months,age_to_months,verified",
    "modules.csv": "module,programme,title,unit,unit_price,unit_normative,price,normative,planned_hours,open",
    "groups.csv": "group,module,title,places,starts_on,ends_on",
    "timetable.csv": "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to",
    "lessons.csv": "group,date,starts_at,ends_at,state,moved_from",
    "children.csv": "child,last_name,first_name,patronymic,birth_date,snils,payer",
    "certificates.csv": "certificate,child,payer,kind,state,valid_from,valid_to,nominal",
    "enrollments.csv": "enrollment,certificate,group,starts_on,ends_on,state",
}


@dataclass
class District:
    """Children are numbered from 1: child k-1 has the certificate 4700000001 and the enrollment D-1 in the club's first group.

    ``nominals``: roubles of each child; every lesson costs its certificate ``price`` roubles.
    """

    nominals: Sequence[str] = ("1000.00", "1000.00", "1000.00")
    price: str = "100.00"
    groups: Sequence[tuple[str, str, str]] = ((PROVIDER, GROUP, TITLE),)
    payer: str = "town"
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        providers = sorted({provider for provider, _, _ in self.groups})
        rows: dict[str, list[str]] = {name: [] for name in _FILES}
        rows["payers.csv"] = [f"{self.payer},Комитет образования"]
        for provider in providers:
            rows["providers.csv"].append(f"{provider},Клуб {provider},Europe/Moscow,false,Л-1,active")
            rows["agreements.csv"].append(f"{provider},{self.payer},2025-01-01,2025-12-31")
            rows["programmes.csv"].append(f"p-{provider},{provider},Парус,спорт,,,true")
            rows["modules.csv"].append(f"m-{provider},p-{provider},Парус 1,lesson,{self.price},{self.price},7200.00,7200.00,72,true")
        for provider, group, title in self.groups:
            rows["groups.csv"].append(f"{group},m-{provider},{title},15,2025-09-01,2026-05-31")
            rows["timetable.csv"] += [f"{group},{weekday},16:00,17:30,every,2025-09-01,2026-05-31" for weekday in (1, 4)]
        for number, nominal in enumerate(self.nominals, start=1):
            rows["children.csv"].append(f"k-{number},{LAST_NAMES[number - 1]},Ася,,2014-03-12,,{self.payer}")
            rows["certificates.csv"].append(
                f"{certificate(number)},k-{number},{self.payer},financing,active,2025-01-01,2025-12-31,{nominal}"
            )
            for index, (_, group, _) in enumerate(self.groups):
                suffix = "" if index == 0 else f"-{group}"
                rows["enrollments.csv"].append(f"D-{number}{suffix},{certificate(number)},{group},2025-09-01,2025-12-31,active")
        for name, lines in self.extra.items():
            rows[name] += lines
        return {name: "\n".join([head, *rows[name]]) + "\n" for name, head in _FILES.items()}

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self.files().items():
            (folder / name).write_text(text, encoding="utf-8")
            assert all(len(row) == len(_FILES[name].split(",")) for row in csv.reader(io.StringIO(text))), name
        return folder


LAST_NAMES = (
    "Бережная", "Волнова", "Галечная", "Дюнина", "Ершова", "Заливина", "Илистая", "Камбузова", "Лагунина", "Мелевая",
    "Неводова", "Островная", "Песчаная", "Рифова", "Солёная", "Тихая", "Утёсова", "Фарватерова", "Хвощова", "Цедрова",
)  # fmt: skip


def certificate(number: int) -> str:
    return f"47{number:08d}"


def child_name(number: int) -> str:
    return f"{LAST_NAMES[number - 1]} Ася"


def rows_of(children: Sequence[int], marks: Mapping[int, Mapping[int, str]] | None = None) -> list[Row]:
    """One row per child, by its number; ``marks``: child's number → day → sign. What is left empty is attended."""
    return [Row(child_name(number), certificate(number), (marks or {}).get(number, {})) for number in children]


def write_sheet(
    path: Path,
    rows: Sequence[Row],
    title: str = TITLE,
    month: dt.date = OCTOBER,
    days_off: Sequence[int] = DAYS_OFF,
    more: Mapping[str, Sequence[Row]] | None = None,
) -> Path:
    """An October sheet of one group; ``more``: other groups' titles → rows, each on a sheet of its own."""
    sheets = {"Лист 1": [Grid(title, month, rows, days_off)]}
    for index, (other, its_rows) in enumerate((more or {}).items(), start=2):
        sheets[f"Лист {index}"] = [Grid(other, month, its_rows, days_off)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(month_book("Клуб", sheets))
    return path


class Databases(Protocol):
    """Where the gateways' databases are."""

    def at(self, home: Path) -> str:
        """The address of the database that belongs to a gateway's home; "": the file in it."""

    def copy(self, source: Path, target: Path) -> None:
        """The databases of all homes below ``source``, for the same homes below ``target``, whose files are copied already."""

    def lose(self, home: Path) -> None:
        """A home's database is gone."""

    def asked(self, home: Path, query: str) -> Any:
        """The first value that a home's database answers, asked beside whatever the gateway does; None: it has no tables yet."""

    def forget(self, folder: Path) -> None:
        """Nobody needs the databases below this folder any more."""


class InTheirHomes:
    """SQLite: the file lies in the home, and goes where that goes."""

    def at(self, home: Path) -> str:
        return ""

    def copy(self, source: Path, target: Path) -> None:
        """Nothing beside the folders themselves."""

    def lose(self, home: Path) -> None:
        for file in home.glob("gateway.sqlite*"):
            file.unlink()

    def asked(self, home: Path, query: str) -> Any:
        if not (home / "gateway.sqlite").exists():
            return None
        with closing(sqlite3.connect(f"file:{home / 'gateway.sqlite'}?mode=ro", uri=True, timeout=0.2)) as connection:
            try:
                return connection.execute(query).fetchone()[0]
            except sqlite3.OperationalError:
                return None

    def forget(self, folder: Path) -> None:
        """They go with the folder."""


@dataclass
class Town:
    """A running Navigator with a loaded district. ``now`` is the instant of both sides."""

    folder: Path
    url: str
    now: dt.datetime = NOW
    databases: Databases = field(default_factory=InTheirHomes)

    def gateway(self, name: str = "gateway", url: str | None = None, database: str = "", overrides: Path | None = None) -> Gateway:
        """A gateway with a home of its own. The same name: the same home, and the same database unless another is named."""
        settings = Settings(database=database or self.databases.at(self.folder / name), register_url=url or self.url)
        return Gateway(self.folder / name, settings, lambda: self.now, "ru", overrides)

    def mapping(self, text: str = MAPPING) -> Path:
        path = self.folder / "mapping.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def sheet(self, name: str, rows: Sequence[Row], **more: Any) -> Path:
        return write_sheet(self.folder / "inputs" / name, rows, **more)

    def take(self, gateway: Gateway, path: Path, provider: str = PROVIDER, **more: Any) -> dict[str, Any]:
        """Import a file, the report given."""
        report = gateway.import_file(path, provider, self.mapping(), **more)
        gateway.finished(report)
        return report

    def change(self, *changes: Mapping[str, Any]) -> None:
        self._post("/test/v1/changes", {"changes": list(changes)})

    def fault(self, *faults: Mapping[str, Any]) -> None:
        self._post("/test/v1/faults", {"faults": list(faults)})

    def stand_at(self, now: str) -> None:
        self.now = dt.datetime.fromisoformat(now)
        self._post("/test/v1/clock", {"now": self.now.isoformat()})

    def statement(self, month: str = "2025-10") -> tuple[int, int, int]:
        """(debits, reversals, kopecks) of the register's own statement."""
        answer = self._get("/register/v1/statement", month)
        return answer["debits"], answer["reversals"], answer["sum_kopecks"]

    def attendance(self, month: str = "2025-10") -> dict[str, int]:
        answer: dict[str, int] = self._get("/register/v1/attendance", month)["counts"]
        return answer

    def _get(self, path: str, month: str) -> Any:
        answer = requests.get(self.url + path, params={"month": month}, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        answer = requests.post(self.url + path, json=body, timeout=30)
        assert answer.ok, answer.text


@contextmanager
def town(folder: Path, district: District | None = None, databases: Databases | None = None) -> Iterator[Town]:
    """A Navigator with the district loaded, its clock standing at `NOW`."""
    load(folder, district or District())
    databases = databases or InTheirHomes()
    with navigator_process(folder / "navigator") as url:
        running = Town(folder, url, databases=databases)
        running.stand_at(NOW.isoformat())
        try:
            yield running
        finally:
            databases.forget(folder)


def load(folder: Path, district: District) -> None:
    """Load the district into the Navigator of this folder, from within this process: a second interpreter would only cost time."""
    subprocess.run(
        [sys.executable, "-m", "navigator", "load", str(district.write(folder / "district"))],
        env=environment(folder), check=True, capture_output=True, text=True,
    )  # fmt: skip


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "NAVIGATOR_HOME": str(folder / "navigator"), "GATEWAY_TEST": "1", "GATEWAY_NOW": NOW.isoformat()}


def sums(running: Town, gateway: Gateway, month: str = "2025-10") -> None:
    """What must hold whenever all is quiet: the ledger adds up, three sums are equal, nothing differs, nothing is under way."""
    assert gateway.ledger_faults() == []
    answer = gateway.reconcile(month)
    assert answer["differences"] == [], answer["differences"][:3]
    assert answer["booked_kopecks"] == answer["accepted_kopecks"] == answer["register_kopecks"]
    assert set(gateway.status()["under_way"].values()) == {0}


@contextmanager
def navigator_at(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The folder's Navigator on a port that is known beforehand, so that it can die and come back."""
    with (folder / "navigator.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "navigator", "serve", "--port", str(port)], env=environment(folder), stdout=log, stderr=subprocess.STDOUT
        )  # fmt: skip
    try:
        _wait_for(process, f"http://127.0.0.1:{port}/register/v1/health")
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the Navigator did not start"
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.02)
    raise AssertionError("the Navigator does not answer")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
