"""What a server does with nobody asking."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import insert

from navigator.app import create_app
from navigator.engine import writing
from navigator.portal.disputes.tables import disputes
from navigator.portal.tables import instant
from navigator.site import Settings, Site
from navigator.tables import acceptances

from .conftest import Pages
from .test_access import ACCEPTANCE, DISPUTE


def test_letters_and_chores_do_not_wait_for_a_visitor(pages: Pages, tmp_path: Path):
    person = pages.person("parent@example.ru", "parent", "k-1")
    filed = {"person": person, "filed_at": instant(pages.clock.now()), "waits_since": instant(pages.clock.now())}
    with writing(pages.engine) as connection:
        connection.execute(insert(disputes), [{**DISPUTE, **filed, "date": ACCEPTANCE["date"], "status": "attended"}])
        connection.execute(insert(acceptances), [ACCEPTANCE])
    site = Site(create_app(pages.engine, pages.clock, is_test=False), pages.engine, pages.clock, Settings(tmp_path))
    site.url = "http://127.0.0.1:1"
    site.begin_pages(0.01)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("mail/*.eml")):
        assert time.monotonic() < deadline, "no letter went out"
        time.sleep(0.05)
