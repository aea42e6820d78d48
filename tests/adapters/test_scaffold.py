"""`gateway new adapter NAME` writes an adapter that passes the kit at once, and that an installed gateway finds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.errors import UserError
from gateway.plugins import manager
from gateway.plugins.testing import PROMISES
from gateway.scaffold import FILES, new_adapter, text_of
from tests.adapters.tutorial import files

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, *command: str, path: str = "") -> subprocess.CompletedProcess[str]:
    env = {
        "PYTHONPATH": f"{ROOT}:{path}" if path else str(ROOT),
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GATEWAY_HOME": str(folder),
    }
    return subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_what_it_writes_passes_the_kit_in_a_folder_of_its_own(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["new", "adapter", "moy_crm", "--into", str(tmp_path), "--lang", "en"])
    assert result.exit_code == 0 and f"pytest {tmp_path / 'moy_crm'}" in result.stdout
    assert not [path for path in (tmp_path / "moy_crm").iterdir() if "lubok" in path.read_text(encoding="utf-8") or "Клубок" in path.name]
    ran = run(tmp_path, "-m", "pytest", "-q", "-p", "gateway.plugins.testing.plugin", "-p", "no:cacheprovider", "moy_crm")
    assert f"TestMoyCrm: {len(PROMISES) + 1} promises kept, 0 broken, 0 not made" in ran.stdout, ran.stdout[-3000:] + ran.stderr
    assert ran.returncode == 0


def test_once_installed_it_is_found_by_its_entry_point_and_its_tests_run_from_anywhere(tmp_path: Path) -> None:
    """Installed for real, from its own pyproject.toml; without a network, for what it builds with is here."""
    new_adapter("moy_crm", tmp_path)
    site = tmp_path / "site"
    pip = (
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        str(site),
        str(tmp_path / "moy_crm"),
    )
    installed = run(tmp_path, *pip)
    assert installed.returncode == 0, installed.stderr
    shown = run(tmp_path, "-m", "gateway", "plugins", path=str(site))
    assert "moy_crm" in shown.stdout, shown.stdout + shown.stderr
    listed = run(tmp_path, "-m", "gateway", "adapters", "list", path=str(site))
    assert "moy_crm" in listed.stdout and "back_days" in listed.stdout
    (tmp_path / "elsewhere").mkdir()
    kit = ("-m", "pytest", "-q", "-p", "gateway.plugins.testing.plugin", "-p", "no:cacheprovider", "--pyargs", "moy_crm")
    ran = run(tmp_path / "elsewhere", *kit, "-k", "everything_is_told or guesses or check or well_formed", path=str(site))
    assert "TestMoyCrm: 5 promises kept, 0 broken, 0 not made" in ran.stdout, ran.stdout[-3000:] + ran.stderr


def test_what_it_writes_is_in_the_style_of_the_house(tmp_path: Path) -> None:
    new_adapter("moy_crm", tmp_path / "work")
    ran = run(tmp_path, "-m", "ruff", "check", "--no-cache", "--config", str(ROOT / "ruff.toml"), "work")
    assert ran.returncode == 0, ran.stdout


def test_the_scaffold_is_the_tutorials_adapter() -> None:
    """Word for word, so that the page explains what one has in one's hands."""
    for path, text in files().items():
        assert text_of(path.removeprefix("klubok/")) == text, path
    assert {path.removeprefix("klubok/") for path in files()} <= set(FILES)


@pytest.mark.parametrize("name", ["Moy", "9crm", "my-crm", "class", "match", "", "клуб", "a" * 33, "../x"])
def test_a_name_that_is_none_of_a_package_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="does not fit"):
        new_adapter(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "moy_crm").mkdir()
    with pytest.raises(UserError, match="already"):
        new_adapter("moy_crm", tmp_path)
    assert list((tmp_path / "moy_crm").iterdir()) == []


@pytest.mark.parametrize("name", ["alfacrm", "json", "requests"])
def test_a_name_that_another_adapter_or_module_has_is_refused(tmp_path: Path, name: str) -> None:
    result = CliRunner(env={"GATEWAY_HOME": str(tmp_path)}).invoke(main, ["new", "adapter", name, "--into", str(tmp_path), "--lang", "en"])
    assert result.exit_code == 2 and f"The name is taken: {name}" in result.stderr
    assert not (tmp_path / name).exists()


def test_the_longest_name_is_one_that_the_gateway_takes() -> None:
    assert manager._ID.fullmatch("a" * 32) and not manager._ID.fullmatch("a" * 33)
