"""What a club changes on its pages governs the real gateway's next run: over HTTP, by the register's feed, as any district's rows."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from werkzeug.serving import make_server

from gateway.cli import main
from navigator.app import create_app
from navigator.tables import accounts
from tests.builders.sheets import Grid, Row, one_grid
from tests.web.test_browser import QuietHandler

from ..conftest import NOW
from .conftest import Pages
from .visitor import Visitor

MAPPING = '[cells]\nempty = "nothing"\ncodes = {"Я" = "attended", "Н" = "absent"}\n'
LESSON = 19000


class Both:
    """The pages, the register's interface for programs, and a gateway that talks to it."""

    def __init__(self, pages: Pages, url: str, folder: Path) -> None:
        self.pages, self._folder = pages, folder
        pages.person("club@example.ru", "club", provider="ddt")
        self.club: Visitor = pages.signed_in("club@example.ru")
        home = {"GATEWAY_HOME": str(folder / "gateway"), "NAVIGATOR_URL": url}
        self._env = home | {"GATEWAY_TEST": "1", "GATEWAY_NOW": NOW, "GATEWAY_LANG": "ru"}
        (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")

    def gateway(self, *arguments: str) -> Any:
        result = CliRunner(env=self._env).invoke(main, [*arguments, "--json"])
        assert result.exit_code in (0, 1), result.output
        return json.loads(result.stdout)

    def october(self, *days: int) -> Any:
        """The sheet of October: Мария attended on these days."""
        row = Row("Иванова Мария", "0471000001", dict.fromkeys(days, "Я"))
        sheet = self._folder / "october.xlsx"
        sheet.write_bytes(one_grid("Дом творчества", Grid("Группа 1", dt.date(2025, 10, 1), [row])))
        return self.gateway("import", str(sheet), "--provider", "ddt", "--mapping", str(self._folder / "mapping.toml"))["counts"]

    def paid(self) -> int:
        """What the register owes the club by its own ledger, after the gateway's next run."""
        self.gateway("run")
        owed = select(func.sum(accounts.c.in_kopecks - accounts.c.out_kopecks)).where(accounts.c.kind == "payable")
        return int(self.pages.read(lambda c: c.scalar(owed)) or 0)


@pytest.fixture
def both(pages: Pages, tmp_path: Path) -> Iterator[Both]:
    server = make_server("127.0.0.1", 0, create_app(pages.engine, pages.clock, is_test=False), threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Both(pages, f"http://127.0.0.1:{server.server_port}", tmp_path)
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_a_lesson_that_the_club_cancels_frees_its_debit_and_one_put_back_is_debited_again(both: Both):
    assert both.october(6, 13, 27)["charged"] == 3 and both.paid() == 3 * LESSON
    both.club.get("/club/groups/g-1/lessons/2025-10-13/16:00")
    both.club.submit({"why": "Болел педагог"}, press="cancel")
    assert "Занятие отменено." in both.club.text and both.paid() == 2 * LESSON
    both.club.get("/club/groups/g-1/lessons/2025-10-13/16:00")
    both.club.submit(action="/put-back")
    assert both.paid() == 3 * LESSON


def test_a_moved_lesson_leaves_its_day_and_is_debited_where_it_went(both: Both):
    both.october(6, 13, 28)
    assert both.paid() == 2 * LESSON, "the 28th has no lesson yet"
    both.club.get("/club/groups/g-1/lessons/2025-10-27/16:00")
    both.club.submit({"day": "2025-10-28", "starts": "10:00", "ends": "11:30"}, press="move")
    assert both.paid() == 3 * LESSON


def test_a_timetable_that_the_club_changes_governs_decisions(both: Both):
    both.october(6, 13, 22)
    assert both.paid() == 2 * LESSON
    both.club.get("/club/groups/g-1/timetable")
    said = {"first": "2025-10-14", "weekday_0": "3", "starts_0": "16:00", "ends_0": "17:30"}
    both.club.submit(said, press="save")
    assert "Расписание сохранено." in both.club.text
    assert both.paid() == 3 * LESSON, "Wednesday the 22nd is a lesson's day now"
    both.club.get("/club/groups/g-1/timetable")
    both.club.submit({"first": "2025-10-01", "last": "2025-10-10", "weekday_0": "", "starts_0": "", "ends_0": ""}, press="save")
    assert "Расписание сохранено." in both.club.text
    assert both.paid() == 2 * LESSON, "nothing was held before the 10th, so the 6th is paid no more"


def test_holidays_that_the_club_declares_are_not_paid(both: Both):
    both.october(6, 13, 27)
    assert both.paid() == 3 * LESSON
    both.club.get("/club/days-off")
    both.club.submit({"title": "Осенние каникулы", "first": "2025-10-25", "last": "2025-11-02"})
    assert "отменено 1 занятие" in both.club.text.replace("\u00a0", " ") and both.paid() == 2 * LESSON
    both.club.submit(action="/remove")
    assert both.paid() == 3 * LESSON
