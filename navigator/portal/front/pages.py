"""The first page, the rules, and what is kept of whom."""

from __future__ import annotations

from flask import Blueprint, render_template

from navigator import changes
from navigator.engine import reading
from navigator.portal.speech import language
from navigator.web import engine

front = Blueprint("front", __name__)


@front.get("/")
def home() -> str:
    """Where a family begins."""
    with reading(engine()) as connection:
        counts = changes.counts(connection)
    return render_template("front/home.html", counts=counts)


@front.get("/rules")
def rules() -> str:
    """How it works, ages, dates and nominals, each with its source."""
    return render_template("front/rules.html", spoken=language())


@front.get("/privacy")
def privacy() -> str:
    """What is kept of whom, why and how long."""
    return render_template("front/privacy.html")
