"""A family leaves on the Navigator's pages; the gateway learns it through the feed, as it learns of any enrollment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from navigator.engine import writing
from navigator.portal.family import store as family
from tests.builders import town as builders
from tests.navigator.portal.visitor import Visitor
from tests.web.families.conftest import PASSWORD, Town, served

NOVEMBER = dt.date(2025, 11, 1)
LESSON_DAYS = (3, 6, 10, 13, 17, 20, 24, 27)  # Mondays and Thursdays
DAYS_OFF = tuple(day for day in range(1, 31) if day not in LESSON_DAYS)


@pytest.fixture
def navigator(tmp_path: Path) -> Iterator[Town]:
    with served(tmp_path / "navigator", builders.District(nominals=("1000.00", "1000.00")).write(tmp_path / "district")) as town:
        person = town.person("parent@example.ru", "parent")
        with writing(town.portal.config["NAVIGATOR_ENGINE"]) as connection:
            family.link(connection, "k-1", person, town.clock.now())
        yield town


def test_lessons_behind_the_last_day_are_not_charged(navigator: Town, tmp_path: Path):
    gateway_side = builders.Town(tmp_path, navigator.url)
    gateway = gateway_side.gateway()
    gateway.ask_register()  # it has known the enrollment whole before

    parent = Visitor(navigator.portal)
    parent.get("/sign-in")
    parent.submit({"email": "parent@example.ru", "password": PASSWORD})
    parent.get("/family/k-1/leave/D-1")
    parent.submit({"last_day": "2025-11-13", "reason": "moving", "words": ""})
    assert "последний день — 13 ноября 2025" in parent.text

    gateway_side.now = dt.datetime.fromisoformat("2025-12-01T10:00:00+03:00")
    navigator.clock.stand(gateway_side.now)
    sheet = gateway_side.sheet("november.xlsx", builders.rows_of([1, 2]), month=NOVEMBER, days_off=DAYS_OFF)
    report = gateway_side.take(gateway, sheet)
    builders.sums(gateway_side, gateway, "2025-11")
    charged = {enrollment: [claim["date"] for claim in gateway.claims(enrollment, "2025-11", "charged")] for enrollment in ("D-1", "D-2")}
    whole = [f"2025-11-{day:02d}" for day in LESSON_DAYS]
    assert charged == {"D-1": whole[:4], "D-2": whole}, report
    refused = gateway.claims("D-1", "2025-11", "refused")
    assert [(claim["date"], claim["reasons"]) for claim in refused] == [(day, ["A01"]) for day in whole[4:]]
    gateway.engine.dispose()
