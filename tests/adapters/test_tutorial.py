"""Whoever does what docs/adapter-tutorial.md says has an adapter that passes the kit, and a plugin that the gateway loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gateway.plugins.manager import load_plugins
from gateway.plugins.testing import PROMISES
from tests.adapters.tutorial import files, imported, write

ROOT = Path(__file__).resolve().parents[2]


def test_the_tutorials_adapter_passes_the_kit_in_a_folder_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "klubok")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "gateway.plugins.testing.plugin", "-p", "no:cacheprovider", "klubok"]
    ran = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}, capture_output=True, text=True, check=False)
    assert f"TestKlubok: {len(PROMISES) + 1} promises kept, 0 broken, 0 not made" in ran.stdout, ran.stdout[-3000:] + ran.stderr
    assert ran.returncode == 0


def test_the_tutorials_adapter_is_loaded_as_a_plugin(tmp_path: Path) -> None:
    write(tmp_path, "klubok")
    with imported(tmp_path, "klubok.adapter"):
        plugins = load_plugins(built_in=["klubok.adapter"], entry_points=False)
    assert set(plugins.adapters) == {"klubok"}


def test_a_broken_adapter_is_told_what_it_promised_and_why_it_matters(tmp_path: Path) -> None:
    adapter = files()["klubok/adapter.py"]
    write(tmp_path, "klubok", adapter=adapter.replace("lesson=own_id)", "lesson=None)"))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "gateway.plugins.testing.plugin",
        "-p",
        "no:cacheprovider",
        "klubok",
        "-k",
        "two_lessons",
    ]
    ran = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    for words in ("promised: a mark carries its lesson's own id", "happened: ", "it matters: ", "TestKlubok: 0 promises kept, 1 broken"):
        assert words in ran.stdout, ran.stdout
