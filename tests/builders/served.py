"""`gateway serve` in a process of its own, over a home with a source."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from adapters.alfacrm.emulator import CERTIFICATE_FIELD, EMAIL, AlfaCrmEmulator
from tests.builders.town import NOW, PROVIDER, Town

SOURCE = """
[sources.crm]
adapter = "alfacrm"
provider = "{provider}"
host = "{host}"
email = "{email}"
api_key = "env:CRM_KEY"
certificate_field = "{field}"
per_minute = 600
"""


def write_home(home: Path, crm: AlfaCrmEmulator, schedule: str = "", database: str = "", more: str = "") -> None:
    """Settings with the source crm."""
    home.mkdir(parents=True, exist_ok=True)
    source = SOURCE.format(provider=PROVIDER, host=crm.url, email=EMAIL, field=CERTIFICATE_FIELD)
    first = f'database = "{database}"\n' if database else ""
    (home / "gateway.toml").write_text(f"{first}{source}{more}\n{schedule}", encoding="utf-8")


def environment(home: Path, url: str, crm: AlfaCrmEmulator) -> dict[str, str]:
    return {
        **os.environ, "GATEWAY_HOME": str(home), "NAVIGATOR_URL": url, "GATEWAY_TEST": "1", "GATEWAY_NOW": NOW.isoformat(),
        "GATEWAY_LANG": "en", "CRM_KEY": crm.key,
    }  # fmt: skip


@dataclass
class Node:
    """One `gateway serve`."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=30, **more)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def ended_after(self, sign: int = signal.SIGTERM) -> tuple[int, float]:
        """(exit code, seconds) of a stop."""
        begun = time.monotonic()
        self.process.send_signal(sign)
        return self.process.wait(60), time.monotonic() - begun


@contextmanager
def node(env: Mapping[str, str], *options: str) -> Iterator[Node]:
    """A running node; killed at the end where it still runs."""
    command = [sys.executable, "-m", "gateway", "serve", "--port", "0", "--json", *options]
    process = subprocess.Popen(command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        text = ""
        while not text.rstrip().endswith("}"):
            line = process.stdout.readline()
            assert line, process.communicate()
            text += line
        yield Node(process, json.loads(text)["url"])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def until(is_so: Callable[[], object], what: str, seconds: float = 30.0) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"it never came to: {what}"
        time.sleep(0.05)


def schedule_of(running: Town, name: str = "gateway", database: str = "") -> dict[str, dict[str, Any]]:
    """Job → how it stands, asked by a gateway of the test's own that has the node's settings."""
    gateway = running.gateway(name, database=database)
    from gateway.settings import load_settings

    gateway.settings = load_settings(running.folder / name, {"NAVIGATOR_URL": running.url})
    try:
        return {job["job"]: job for job in gateway.schedule("en")}
    finally:
        gateway.engine.dispose()


def logins(crm: AlfaCrmEmulator) -> int:
    """How often a reading of the source began."""
    return sum(request.path.endswith("auth/login") for request in list(crm.log))
