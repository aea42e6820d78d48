"""The Navigator's pages in a real browser: served on a small district, without JavaScript, on a phone and on a desk."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, request, template_rendered
from jinja2 import Template
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server

from navigator.app import create_app
from navigator.clock import Clock
from navigator.district import read_folder
from navigator.engine import open_database, writing
from navigator.loading import load
from navigator.portal import mail
from navigator.portal.account import store as persons
from navigator.portal.app import create_portal
from navigator.portal.family import store as family
from navigator.portal.financing import store as financing
from navigator.site import Settings, Site
from tests.web import pictures
from tests.web.test_browser import OUTSIDE, SCREENSHOTS, QuietHandler

DISTRICT = Path(__file__).resolve().parents[3] / "gateway" / "demo" / "district"
PHONE, DESKTOP = (390, 844), (1280, 800)
SIZES = {"phone": PHONE, "desktop": DESKTOP}
NOW = "2025-11-05T10:00:00+03:00"
PASSWORD = "корабль плывёт ночью"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each walk is walked on a phone without scripts and on a desk with axe-core every time; the other two by `make test-long`."""
    for item in items:
        told = getattr(item, "callspec", None)
        if told is not None and item.path.parent == Path(__file__).parent:
            names = set(told.id.split("-"))
            if {"plain", "desktop"} <= names or {"axe", "phone"} <= names:
                item.add_marker(pytest.mark.long)


@dataclass
class Town:
    """A served Navigator with its operator, and the mails that it sent."""

    url: str
    postman: mail.Postman
    mails: list[EmailMessage]
    portal: Flask
    clock: Clock
    templates: dict[str, str] = field(default_factory=dict)  # by address: what the page there was last made with

    def note(self, picture: Path, page: Page) -> None:
        """Write down which page the picture shows."""
        path = urlsplit(page.url).path
        try:
            endpoint = str(self.portal.url_map.bind("").match(path)[0])
        except NotFound:
            endpoint = "problem"
        pictures.note(picture, endpoint, page.title().split(" · ")[0], self.templates[path])

    def person(self, email: str, role: str, **known: str) -> str:
        """Somebody who has confirmed the address and has the password of all."""
        with self.portal.app_context(), writing(self.portal.config["NAVIGATOR_ENGINE"]) as connection:
            person = persons.add(connection, email, role, "ru", self.clock.now(), **known)
            names = {"first_name": "Ольга", "last_name": "Смирнова"}
            persons.confirm(connection, person, persons.HASHER.hash(PASSWORD), self.clock.now(), **names)
        return person

    def family(self, email: str, first_name: str) -> str:
        """A parent with a child whose application is accepted; the parent's id."""
        parent = self.person(email, "parent")
        told = {"last_name": "Смирнова", "first_name": first_name, "patronymic": "", "snils": "", "payer": "sineles", "certificate": ""}
        with self.portal.test_request_context(), writing(self.portal.config["NAVIGATOR_ENGINE"]) as connection:
            child = family.add(connection, self.clock, parent, {**told, "birth_date": dt.date(2015, 3, 14)}).child
            number = financing.submit(connection, self.clock.now(), child, parent, "sineles", "common", "ru")
            financing.decide(connection, self.clock.now(), number, parent, financing.ACCEPTED, "")
        return parent

    def link(self, recipient: str) -> str:
        """The first address in the last mail to somebody."""
        self.postman.send_due()
        text = str([each for each in self.mails if each["To"] == recipient][-1].get_content())
        found = re.search(r"https?://\S+", text)
        assert found is not None, text
        return found[0]


@contextmanager
def served(home: Path, district: Path = DISTRICT) -> Iterator[Town]:
    """A Navigator on a district, served by this process, its clock standing at `NOW`."""
    engine, clock = open_database(home), Clock(ZoneInfo("Europe/Moscow"), dt.datetime.fromisoformat(NOW))
    with writing(engine) as connection:
        load(connection, read_folder(district), clock)
    site = Site(create_app(engine, clock, is_test=False), engine, clock, Settings(home))
    server = make_server("127.0.0.1", 0, site, threaded=True, request_handler=QuietHandler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    portal = create_portal(engine, clock, Settings(home), site.url, starts_postman=False)
    site._pages = portal  # the same one, whose mails stay here
    mails: list[EmailMessage] = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    town = Town(site.url, mail.Postman(engine, clock, mails.append, "navigator@localhost"), mails, portal, clock)

    def made(_portal: Flask, template: Template, **_: object) -> None:
        if template.name and not template.name.startswith("mail/"):
            town.templates[request.path] = template.name

    template_rendered.connect(made, portal)
    yield town
    server.shutdown()
    thread.join(10)
    server.server_close()
    engine.dispose()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with served(tmp_path_factory.mktemp("navigator")) as town:
        town.person("operator@example.ru", "operator")
        town.person("club@example.ru", "club", provider="ddt-sineles")
        yield town


def sign_in(walk: Walk, email: str) -> None:
    """Somebody who has the password of all signs in."""
    walk.open("/sign-in")
    walk.fill("Электронная почта", email)
    walk.fill("Пароль", PASSWORD)
    walk.press("Войти")
    walk.sees("Выйти")


class Walk:
    """Somebody walks through the pages; each page that is looked at is held against what is asked of all."""

    def __init__(self, page: Page, town: Town, name: str, size: str, has_scripts: bool) -> None:
        self.page, self.town, self._name, self._size, self._has_scripts = page, town, name, size, has_scripts
        self.complaints: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("request", lambda request: self._only_here(request.url))

    def _only_here(self, url: str) -> None:
        if not url.startswith((self.town.url + "/", "data:")):
            self.complaints.append(f"asked {url}")

    def open(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.town.url + path)

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=False).first.fill(text)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, text: str) -> None:
        """The text comes to be on the page."""
        self.page.get_by_text(text).first.wait_for()

    def look(self, name: str) -> None:
        """A picture of the page, which fits its window and, where scripts may run, finds axe-core's favour."""
        width = SIZES[self._size][0]
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        picture = SCREENSHOTS / f"{self._name}-{name}-{self._size}.png"
        self.page.screenshot(path=picture, full_page=True)
        self.town.note(picture, self.page)
        assert self.page.evaluate(OUTSIDE, width) == [], name
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert self.complaints == [], name
        if self._has_scripts:
            found = Axe().run(self.page)
            assert found.violations_count == 0, f"{name}: {found.generate_report()}"


@pytest.fixture
def walking(browser: Browser, town: Town) -> Iterator[Callable[..., Walk]]:
    """Opens a browser's window of a size for somebody."""
    contexts = []

    def begin(name: str, size: str, language: str = "ru", has_scripts: bool = False) -> Walk:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=has_scripts, locale=language)
        contexts.append(context)
        return Walk(context.new_page(), town, name, size, has_scripts)

    yield begin
    for context in contexts:
        context.close()
