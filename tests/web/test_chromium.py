"""A browser is brought in the order that is told, and where none can be had, it is said and not passed over."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.web import chromium


class Machine:
    """A machine on which some commands succeed; a browser is there after the one that brings it."""

    def __init__(self, brings: str, fails: str = "nothing") -> None:
        self.ran: list[str] = []
        self._brings, self._fails = brings, fails

    def find(self) -> str | None:
        return "/usr/bin/chromium" if any(self._brings in each for each in ["", *self.ran]) else None

    def run(self, command: Sequence[str]) -> bool:
        text = " ".join(command)
        if self._fails in text:
            return False
        self.ran.append(text)
        return True


def test_one_that_is_there_is_taken_as_it_is():
    machine = Machine("")
    assert chromium.bring(machine.find, machine.run, is_root=True) == "/usr/bin/chromium"
    assert machine.ran == []


def test_playwrights_own_comes_before_debians():
    machine = Machine("playwright install")
    assert chromium.bring(machine.find, machine.run, is_root=True) is not None
    assert len(machine.ran) == 1


def test_debians_package_comes_where_playwrights_cannot_be_had():
    machine = Machine("apt-get install", fails="playwright install")
    assert chromium.bring(machine.find, machine.run, is_root=True) is not None
    assert [each.split()[1] for each in machine.ran] == ["update", "install"]


def test_who_may_not_install_is_told_so():
    machine = Machine("apt-get install", fails="playwright install")
    assert chromium.bring(machine.find, machine.run, is_root=False) is None
    assert "apt-get install" in chromium.CURE and "\n" not in chromium.CURE


def test_what_does_not_start_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(chromium, "playwrights_own", lambda: None)
    assert chromium.found() is None
    (tmp_path / "chromium").write_text("#!/bin/sh\nexit 0\n")
    assert chromium.found() == str(tmp_path / "chromium")
