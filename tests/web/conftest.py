"""The pages' district: the demo, played once, and its register still running."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Browser, sync_playwright

from gateway.bootstrap import Gateway
from gateway.console import create_app
from gateway.demo.play import CLOCK, play
from gateway.scenario import navigator_process
from gateway.settings import Settings
from tests.web import chromium

NOBODY_LISTENS = "http://127.0.0.1:9"


@dataclass(frozen=True)
class District:
    """A gateway's home, and the address of its register."""

    home: Path
    url: str
    now: dt.datetime = CLOCK + dt.timedelta(minutes=20)
    database: str = ""

    def open(self, language: str) -> Gateway:
        return Gateway(self.home, Settings(database=self.database, register_url=self.url), lambda: self.now, language)

    def client(self, register_seconds: float = 5.0) -> FlaskClient:
        return create_app(self.open, register_seconds).test_client()


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    home = tmp_path_factory.mktemp("district")
    assert play(home, "ru").agrees
    with navigator_process(home / "navigator", {"GATEWAY_NOW": CLOCK.isoformat()}) as url:
        yield District(home / "gateway", url)


# ---------------------------------------------------------------- the browser: one for all pages of a process

QUIET_BROWSER = [
    "--no-sandbox",  # a container's root has no user namespace for one
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium.found()
    if executable is None:
        pytest.fail(chromium.CURE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=QUIET_BROWSER)
        yield browser
        browser.close()
