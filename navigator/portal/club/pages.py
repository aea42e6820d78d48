"""The club's first page; and all its subjects brought together."""

from __future__ import annotations

from flask import render_template

from navigator.engine import reading
from navigator.portal.access import actor
from navigator.portal.club import store
from navigator.portal.club.blueprint import Page, club
from navigator.portal.club.children import pages as children
from navigator.portal.club.groups import pages as groups
from navigator.portal.club.money import pages as money
from navigator.portal.club.programmes import pages as programmes
from navigator.portal.club.timetables import pages as timetables
from navigator.portal.club.words import month_in_words
from navigator.web import clock, engine

__all__ = ["children", "club", "groups", "money", "programmes", "timetables"]


@club.get("/club")
def home() -> Page:
    """What waits for the club, and its numbers."""
    with reading(engine()) as connection:
        found = store.overview(connection, actor().provider, clock().today())
    return render_template("club/home.html", found=found, month_in_words=month_in_words)
