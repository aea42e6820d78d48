"""The pages on a small district, on either database; its mails are caught."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine

from navigator.clock import Clock
from navigator.district import read_folder
from navigator.engine import open_database, reading, writing
from navigator.loading import load
from navigator.portal import mail
from navigator.portal.account import store as persons
from navigator.portal.app import create_portal
from navigator.portal.tables import guardians, instant
from navigator.site import Settings
from tests.builders.postgres import Postgres

from ..conftest import NOW
from .visitor import Visitor

ON_BOTH_EVERY_TIME = {"catalogue", "enrolling", "reports", "rush", "statements"}
"""Whose SQL differs between the databases, or decides on places and money; the others are told on PostgreSQL by `make test-long`."""
PASSWORD = "корабль плывёт ночью"
HASH = persons.HASHER.hash(PASSWORD)
"""Hashed once: it takes long on purpose."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        is_here = item.path.parent == Path(__file__).parent and item.path.stem.removeprefix("test_") not in ON_BOTH_EVERY_TIME
        told = getattr(item, "callspec", None)
        if is_here and told is not None and told.params.get("empty_pages") == "postgresql":
            item.add_marker(pytest.mark.long)


class Pages:
    """The application, its clock, and the mails that went out."""

    def __init__(self, engine: Engine, home: Path) -> None:
        self.engine = engine
        self.clock = Clock(ZoneInfo("Europe/Moscow"), dt.datetime.fromisoformat(NOW))
        self.app: Flask = create_portal(engine, self.clock, Settings(home, "https://navigator.example"), "", starts_postman=False)
        self.mails: list[EmailMessage] = []
        self.postman = mail.Postman(engine, self.clock, self.mails.append, "navigator@navigator.example")

    def visitor(self, language: str = "ru") -> Visitor:
        return Visitor(self.app, language)

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.clock.stand(self.clock.now() + dt.timedelta(**span))

    def person(self, email: str, role: str = "parent", *children: str, **known: Any) -> str:
        """Somebody with a confirmed account and the password of all; stands for these children. The id."""
        now = self.clock.now()
        with writing(self.engine) as connection:
            person = persons.add(connection, email, role, "ru", now, **known)
            persons.confirm(connection, person, HASH, now, first_name="Анна", last_name="Соколова")
            for child in children:
                row = {"child": child, "person": person, "since": instant(now), "is_first": True}
                connection.execute(guardians.insert(), [row])
        return person

    def signed_in(self, email: str, language: str = "ru") -> Visitor:
        """A browser in which that person has signed in."""
        visitor = self.visitor(language)
        visitor.get("/sign-in")
        visitor.submit({"email": email, "password": PASSWORD})
        assert "/sign-in" not in visitor.path, visitor.text
        return visitor

    def delivered(self, recipient: str) -> str:
        """Send what is due; the text of the last mail to that address."""
        self.postman.send_due()
        found = [each for each in self.mails if each["To"] == recipient]
        assert found, f"no mail to {recipient}"
        return str(found[-1].get_content())

    def link(self, recipient: str) -> str:
        """The first address in the last mail to somebody, without its host."""
        found = re.search(r"https://navigator\.example(/\S+)", self.delivered(recipient))
        assert found is not None
        return found[1]

    def read(self, query: Callable[[Connection], Any]) -> Any:
        with reading(self.engine) as connection:
            return query(connection)


@pytest.fixture(scope="session")
def laid_out(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database with the tables of the register and its pages, to be copied: making them takes longer than most tests."""
    name, home = postgres.create(is_empty=True), tmp_path_factory.mktemp("laid-out")
    engine = open_database(home, postgres.url(name))
    Pages(engine, home)
    engine.dispose()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_pages(request: pytest.FixtureRequest, tmp_path: Path, home: Path) -> Iterator[Pages]:
    """The pages on a register that knows nothing yet."""
    if request.param == "sqlite":
        engine = open_database(home)
        yield Pages(engine, home)
        engine.dispose()
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database(like=request.getfixturevalue("laid_out")) as url:
        engine = open_database(home, url)
        yield Pages(engine, home)
        engine.dispose()


@pytest.fixture
def pages(empty_pages: Pages, district: Callable[..., Path]) -> Pages:
    """The same, the small district loaded."""
    with writing(empty_pages.engine) as connection:
        load(connection, read_folder(district()), empty_pages.clock)
    return empty_pages
