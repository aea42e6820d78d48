"""A rush for the last places, as it is on the first of September: real browsers' requests, all at once, against the real server.

Whoever asks gets a place or a number on the list, each number once; nobody gets an error; and a page that is loaded again shows the same.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, insert, select

from navigator.clock import Clock, clock_from
from navigator.district import read_folder
from navigator.engine import open_database, reading, writing
from navigator.loading import load
from navigator.portal import records, sessions
from navigator.portal.app import create_portal
from navigator.portal.tables import guardians, instant, persons, sign_ins
from navigator.portal.tables import requests as asked
from navigator.site import Settings
from navigator.tables import enrollments
from tests.builders.postgres import Postgres

from ..conftest import NOW, Register

SECONDS_MAX = 120
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_NUMBER = re.compile(r"Вы в очереди, место (\d+)")


class Rush:
    """A served district with one group of so many places, and so many families that want in, each in a browser of its own."""

    def __init__(self, engine: Engine, clock: Clock, url: str, home: Path, families: int, places: int) -> None:
        self.engine, self.url, self.families = engine, url, families
        app = create_portal(engine, clock, Settings(home), url, starts_postman=False)
        signing = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        now, days = instant(clock.now()), {"valid_from": "2025-01-01", "valid_to": "2025-12-31"}
        named = [f"{number:04d}" for number in range(families)]
        with writing(engine) as connection:
            records.store(
                connection,
                clock,
                groups=[{"group": "rush", "module": "m-1", "title": "Все сюда", "places": str(places), "ends_on": "2026-05-31"}],
                timetable=[
                    {
                        "group": "rush",
                        "weekday": "6",
                        "starts_at": "10:00",
                        "ends_at": "11:00",
                        "valid_from": "2025-09-01",
                        "valid_to": "2026-05-31",
                    }
                ],
                children=[{"child": f"r{each}", "first_name": "Аня", "birth_date": "2015-03-14", "payer": "pskov"} for each in named],
                certificates=[
                    {
                        "certificate": f"005555{each}",
                        "child": f"r{each}",
                        "payer": "pskov",
                        "kind": "financing",
                        "state": "active",
                        "nominal": "9000.00",
                        **days,
                    }
                    for each in named
                ],
            )
            people = [
                {"person": f"p{each}", "email": f"p{each}@rush.example", "role": "parent", "language": "ru", "made_at": now}
                for each in named
            ]
            connection.execute(insert(persons), [{**row, "confirmed_at": now} for row in people])
            connection.execute(
                insert(guardians), [{"child": f"r{each}", "person": f"p{each}", "since": now, "is_first": True} for each in named]
            )
            tokens = [{"digest": sessions.digest_of(f"token {each}"), "sign_in": f"s{each}", "person": f"p{each}"} for each in named]
            connection.execute(insert(sign_ins), [{**row, "made_at": now, "seen_at": now, "browser": "a test"} for row in tokens])
        self.browsers = []
        for each in named:
            browser = requests.Session()
            said = {"_user_id": f"token {each}", "_fresh": True, "language": "ru"}
            browser.cookies.set("navigator", signing.dumps(said), domain="127.0.0.1", path="/")
            self.browsers.append(browser)

    def all_at_once(self, act: Callable[[int], str]) -> list[str]:
        """What each browser gets for it, whose thread starts when all others are there."""
        together = threading.Barrier(self.families)

        def each(number: int) -> str:
            together.wait(SECONDS_MAX)
            return act(number)

        with ThreadPoolExecutor(self.families) as pool:
            return list(pool.map(each, range(self.families)))

    def get(self, number: int, path: str) -> str:
        answer = self.browsers[number].get(self.url + path, timeout=SECONDS_MAX)
        assert answer.status_code == 200, (answer.status_code, answer.text[-600:])
        return answer.text

    def press(self, number: int, page: str) -> str:
        """The page's button, with the family's consent to its share."""
        token = _TOKEN.search(page)
        assert token is not None, page
        address = f"{self.url}/family/r{number:04d}/enroll/rush"
        answer = self.browsers[number].post(address, data={"csrf_token": token[1], "consent": "y"}, timeout=SECONDS_MAX)
        assert answer.status_code == 200, (answer.status_code, answer.text[-600:])
        return answer.text

    def rows(self, query: Any) -> list[Any]:
        with reading(self.engine) as connection:
            return list(connection.execute(query).all())


@pytest.fixture(params=["sqlite", "postgresql"])
def rush(
    request: pytest.FixtureRequest, home: Path, serve: Callable[..., Register], district: Callable[..., Path]
) -> Iterator[Callable[..., Rush]]:
    made: list[Engine] = []

    def begin(families: int, places: int, url: str = "") -> Rush:
        request.getfixturevalue("monkeypatch").setenv("GATEWAY_TEST", "1")
        request.getfixturevalue("monkeypatch").setenv("GATEWAY_NOW", NOW)
        engine, clock = open_database(home, url), clock_from()
        made.append(engine)
        with writing(engine) as connection:
            load(connection, read_folder(district()), clock)
        served = serve(**({"NAVIGATOR_DATABASE": url} if url else {}))
        return Rush(engine, clock, served.url, home, families, places)

    if request.param == "sqlite":
        yield begin
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        with postgres.database(is_empty=True) as its_url:
            yield lambda families, places: begin(families, places, its_url)
            for engine in made:
                engine.dispose()
    for engine in made:
        engine.dispose()


def held(rush: Rush, places: int) -> None:
    families = rush.families
    pages = rush.all_at_once(lambda number: rush.get(number, f"/family/r{number:04d}/enroll/rush"))
    assert all("Все сюда" in page for page in pages)
    answers = rush.all_at_once(lambda number: rush.press(number, pages[number]))
    numbers = [int(found[1]) for answer in answers if (found := _NUMBER.search(answer))]
    assert sum("Место за вами" in answer for answer in answers) == places
    assert sorted(numbers) == list(range(1, families - places + 1)), "each number on the list once, none left out"
    rows = rush.rows(select(asked.c.child, asked.c.state).order_by(asked.c.place))
    assert [row.state for row in rows] == ["asked"] * places + ["waiting"] * (families - places), "in the order of asking"
    assert len({row.child for row in rows}) == families
    in_register = rush.rows(select(enrollments.c.state).where(enrollments.c.group == "rush"))
    assert [row.state for row in in_register] == ["requested"] * places
    # The same button once more, and the page once more: nothing is lost, nothing is asked for twice.
    again = rush.all_at_once(lambda number: rush.press(number, pages[number]))
    assert len(again) == families
    shown = rush.all_at_once(lambda number: rush.get(number, f"/family/r{number:04d}"))
    assert sum("ждёт ответа организации" in page for page in shown) == places
    assert rush.rows(select(asked.c.child, asked.c.state).order_by(asked.c.place)) == rows


def test_sixty_families_and_five_places(rush: Callable[..., Rush]):
    held(rush(60, 5), 5)


@pytest.mark.long
def test_five_hundred_families_and_the_last_fifteen_places(rush: Callable[..., Rush]):
    held(rush(500, 15), 15)
