"""A package from outside, installed and found by its entry point, adds an adapter, a rule, a tariff and a register connector."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = ROOT / "tests" / "outside"


class Village:
    """The gateway as a user has it, with the package installed beside it."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder = folder
        self.env = {
            "PYTHONPATH": f"{ROOT}:{site}", "PATH": os.environ["PATH"], "HOME": str(folder), "GATEWAY_HOME": str(folder / "home"),
            "GATEWAY_TEST": "1", "GATEWAY_NOW": "2025-11-05T10:00:00+03:00", "GATEWAY_LANG": "en",
        }  # fmt: skip
        home = folder / "home"
        (home / "regions").mkdir(parents=True)
        pack = (ROOT / "config" / "regions" / "leningrad-2020.toml").read_text(encoding="utf-8")
        pack = re.sub(r"^basis = .*$", 'basis = {value = "by_the_visit", source = "the village"}', pack, flags=re.MULTILINE)
        (home / "regions" / "village.toml").write_text(
            pack + "\n[rules.V01]\non = true\n[tariff]\nvisit_kopecks = 15000\n", encoding="utf-8"
        )
        self.register = folder / "register.json"
        children = [{"id": "k-1", "number": "4700000001", "name": "Волнова Ася", "nominal_kopecks": 100_000}]
        self.register.write_text(json.dumps({"children": children, "operations": []}), encoding="utf-8")
        settings = f'register = "village"\nregister_url = "file:{self.register}"\npack = "village"\n'
        (home / "gateway.toml").write_text(settings, encoding="utf-8")

    def gateway(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "gateway", *map(str, arguments)]
        return subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)

    def ask(self, *arguments: object, code: int = 0) -> Any:
        done = self.gateway(*arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed, without a network."""
    target = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        str(target),
        str(OUTSIDE),
    ]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def village(tmp_path: Path, site: Path) -> Village:
    return Village(tmp_path, site)


def test_each_of_the_four_is_at_work(village: Village) -> None:
    book = village.folder / "october.book"
    visits = ["2025-10-03", "2025-10-05", "2025-10-06"]  # the 5th is a Sunday
    book.write_text("Парусники\n" + "".join(f"{day} 4700000001 Волнова Ася\n" for day in visits), encoding="utf-8")
    report = village.ask("import", book, "--provider", "club", code=1)
    assert report["source"] == "village-book"  # the adapter
    assert [(mark["date"], mark["answer"], mark["amount"]) for mark in report["marks"]] == [
        ("2025-10-03", "charged", "150.00"), ("2025-10-05", "refused", None), ("2025-10-06", "charged", "150.00"),  # the tariff
    ]  # fmt: skip
    assert [reason["rule"] for reason in report["marks"][1]["reasons"]] == ["V01"]  # the rule
    kept = json.loads(village.register.read_text(encoding="utf-8"))["operations"]  # the connector
    assert [(one["kind"], one["amount_kopecks"]) for one in kept] == [("debit", 15_000)] * 2
    reconciled = village.ask("reconcile", "--month", "2025-10")
    assert (reconciled["differences"], reconciled["register_kopecks"]) == ([], 30_000)
    again = village.ask("import", book, "--provider", "club", code=1)
    assert again["new"] == 0 and len(json.loads(village.register.read_text(encoding="utf-8"))["operations"]) == 2


def test_it_is_listed_with_where_it_comes_from(village: Village) -> None:
    shown = village.gateway("plugins").stdout
    assert "village-plugins" in shown and all(name in shown for name in ("village-book", "V01", "by_the_visit"))
    assert "V01" in village.gateway("rules").stdout


def test_its_register_that_is_away_is_told_in_its_own_words(village: Village) -> None:
    village.register.unlink()
    done = village.gateway("run")
    assert done.returncode == 4 and "village's register cannot be read" in done.stderr


def test_the_package_imports_what_any_author_may() -> None:
    for file in OUTSIDE.rglob("*.py"):
        imported = re.findall(r"^(?:from|import) (gateway[\w.]*)", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(imported) <= {"gateway.plugins", "gateway.plugins.register"}, file
