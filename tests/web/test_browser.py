"""The status page in a real browser, without JavaScript, on a phone and on a desk; axe-core finds nothing.

Screenshots stand in var/test-screenshots.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request
from werkzeug.serving import WSGIRequestHandler, make_server

from gateway.console import create_app
from tests.web.conftest import NOBODY_LISTENS, District

SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "test-screenshots"
PHONE, DESKTOP = (360, 740), (1280, 800)


OUTSIDE = """width => [...document.querySelectorAll("main *, header *, footer *")]
    .filter(place => !place.closest("thead") || getComputedStyle(place.closest("thead")).position !== "absolute")  // read aloud only
    .filter(place => place.getBoundingClientRect().right > width + 0.5)
    .map(place => place.outerHTML.slice(0, 120))"""
"""What sticks out of the window."""


class QuietHandler(WSGIRequestHandler):
    def log_request(self, *args: object, **kwargs: object) -> None:
        """Nothing between the test results."""


@contextmanager
def served(district: District, register_seconds: float = 5.0) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(district.open, register_seconds), threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="session")
def address(district: District) -> Iterator[str]:
    with served(district) as url:
        yield url


@dataclasses.dataclass
class Visit:
    """A page that has been opened, and everything it asked for or complained about."""

    page: Page
    asked: list[str]
    complaints: list[str]


@contextmanager
def visited(browser: Browser, url: str, size: tuple[int, int], scheme: str = "light", has_scripts: bool = False) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=has_scripts,
        color_scheme="dark" if scheme == "dark" else "light",
    )
    visit = Visit(context.new_page(), [], [])

    def complain(message: ConsoleMessage) -> None:
        visit.complaints.append(message.text)

    def ask(request: Request) -> None:
        visit.asked.append(request.url)

    visit.page.on("console", complain)
    visit.page.on("request", ask)
    visit.page.goto(url)
    yield visit
    context.close()


# ---------------------------------------------------------------- on a phone and on a desk


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "size"), [("phone", PHONE), ("desktop", DESKTOP)])
def test_the_page_fits_and_asks_only_its_own_host(browser: Browser, address: str, name: str, size: tuple[int, int], scheme: str) -> None:
    with visited(browser, f"{address}/?lang=ru", size, scheme) as visit:
        page = visit.page
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"status-{name}-{scheme}.png")
        page.screenshot(path=SCREENSHOTS / f"status-{name}-{scheme}-whole.png", full_page=True)
        assert page.title() == "Состояние · Шлюз посещаемости"
        assert page.get_by_role("heading", level=1).inner_text() == "Состояние"
        assert visit.complaints == []
        assert visit.asked and all(url.startswith(address + "/") for url in visit.asked)
        assert page.evaluate(OUTSIDE, size[0]) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_table_stays_a_table_for_a_screen_reader(browser: Browser, address: str, size: tuple[int, int]) -> None:
    with visited(browser, f"{address}/?lang=en", size) as visit:
        clubs = visit.page.get_by_role("region", name="Clubs").get_by_role("table")
        row = clubs.get_by_role("row").filter(has_text="Ринг")
        assert row.get_by_role("rowheader").inner_text() == "Клуб «Ринг», Синелесье"
        assert [cell.inner_text().strip() for cell in row.get_by_role("cell").all()][2:8] == ["72", "50", "10", "12", "0", "1"]
        assert clubs.get_by_role("columnheader").count() == 10


def test_the_keyboard_reaches_everything_and_the_language_is_switched(browser: Browser, address: str) -> None:
    with visited(browser, f"{address}/?lang=ru", PHONE) as visit:
        page = visit.page
        skip = page.locator("a.skip")
        assert (skip.bounding_box() or {"y": 0})["y"] < 0
        page.keyboard.press("Tab")
        assert (skip.bounding_box() or {"y": -1})["y"] >= 0, "the focused link to the content is seen"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?lang=en")
        assert page.get_by_role("heading", level=1).inner_text() == "Status"


# ---------------------------------------------------------------- axe-core


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize(("path", "scheme"), [("/?lang=ru", "light"), ("/?lang=ru", "dark"), ("/?lang=en", "light"), ("/nowhere", "dark")])
def test_axe_finds_nothing(browser: Browser, address: str, path: str, size: tuple[int, int], scheme: str) -> None:
    """Scripts are allowed here, for axe is one; the page has none of its own."""
    with visited(browser, address + path, size, scheme, has_scripts=True) as visit:
        found = Axe().run(visit.page)
        assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_where_the_register_is_silent_and_nothing_has_come(
    browser: Browser, district: District, tmp_path: Path, size: tuple[int, int]
) -> None:
    for name, home in (("silent", district.home), ("empty", tmp_path)):
        with (
            served(dataclasses.replace(district, home=home, url=NOBODY_LISTENS), 0.2) as url,
            visited(browser, f"{url}/?lang=ru", size, has_scripts=True) as visit,
        ):
            assert "не отвечает" in visit.page.inner_text("main")
            visit.page.screenshot(path=SCREENSHOTS / f"status-{name}-{size[0]}.png", full_page=True)
            found = Axe().run(visit.page)
            assert found.violations_count == 0, found.generate_report()
