"""A Navigator that is forked from this process: started as an interpreter of its own it would take longer than what is tested."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from navigator.cli import main as navigator
from tests.builders.town import NOW, Databases, Town, environment


def start_navigator(folder: Path, port: int) -> int:
    """Start the folder's Navigator, and wait until it answers; its process."""
    process = os.fork()
    if process == 0:
        try:
            os.environ.update(environment(folder))
            with (folder / "navigator.log").open("ab") as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
            navigator(["serve", "--port", str(port)])
        finally:
            os._exit(1)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert os.waitpid(process, os.WNOHANG) == (0, 0), "the Navigator did not start"
        try:
            if requests.get(f"http://127.0.0.1:{port}/register/v1/health", timeout=2).ok:
                return process
        except requests.RequestException:
            time.sleep(0.01)
    raise AssertionError("the Navigator does not answer")


def kill_navigator(process: int) -> None:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


@contextmanager
def town_at(folder: Path, port: int, databases: Databases) -> Iterator[Town]:
    """The folder's town, its clock standing at `NOW`. The same address each time: it is the register's name, by which cursors are kept."""
    process = start_navigator(folder, port)
    databases.at(folder / "gateway")  # it is there before anybody is forked
    try:
        running = Town(folder, f"http://127.0.0.1:{port}", databases=databases)
        running.stand_at(NOW.isoformat())
        yield running
    finally:
        kill_navigator(process)
