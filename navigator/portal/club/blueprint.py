"""The club's pages are one blueprint; each subject's module adds its routes to it (`navigator.portal.club.pages` brings them together)."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

club = Blueprint("club", __name__)

PAGE = 50
"""How many rows a list shows at once."""

Page = str | Response | tuple[str, int]


def page_number(text: str | None) -> int:
    """Which page of a list an address asks for; the first where it asks for none that can be."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else 0
