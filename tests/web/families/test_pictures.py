"""The pictures of docs show every page, as it is now."""

from __future__ import annotations

from tests.web import pictures

from .conftest import Town

FILES = {
    "static", "bootstrap.static", "financing.code", "cabinet.chart", "cabinet.paper", "club.month_workbook", "reports.chart",
    "reports.workbook_of",
}  # fmt: skip
"""What is no page: files, and pictures within pages."""


def test_every_page_has_its_picture_at_both_sizes(town: Town):
    pages = {rule.endpoint for rule in town.portal.url_map.iter_rules() if "GET" in (rule.methods or ())} - FILES
    assert pages <= set(pictures.kept()), f"without a picture: let a walk look at them, then {pictures.CURE}"
    for page in pictures.kept():
        assert all((pictures.KEPT / f"{page}-{size}.png").exists() for size in pictures.SIZES), page


def test_no_picture_is_stale():
    stale = [page for page, told in pictures.kept().items() if told["digest"] != pictures.digest(told["template"])]
    assert stale == [], pictures.CURE


def test_the_page_of_pictures_is_what_is_made_of_them():
    assert pictures.PAGE.read_text(encoding="utf-8") == pictures.text(pictures.kept()), pictures.CURE
