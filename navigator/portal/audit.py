"""Every reading of a child's data is written down: who, when, on which page, of which child.

A route whose address names the child says so in its rule (`navigator.portal.access`); a page that lists several tells them by `shown`.
Nothing is written where nothing was shown.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import g, request
from sqlalchemy import insert
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal.access import RULES, actor
from navigator.portal.tables import instant, reads
from navigator.web import clock, engine


def shown(children: Iterable[str]) -> None:
    """This request's page shows data of these children."""
    g.setdefault("shown_children", set()).update(children)


def write_down(response: Response) -> Response:
    """After each request."""
    rule = RULES.get(request.endpoint or "")
    if rule is None or response.status_code != 200:
        return response
    children: set[str] = set(g.get("shown_children", ()))
    if rule.shows is not None:
        with reading(engine()) as connection:
            children.add(rule.shows(connection, request.view_args or {}))
    who = actor()
    rows = [
        {"at": instant(clock().now()), "person": who.person, "role": who.role.value, "page": request.endpoint, "child": child}
        for child in sorted(children - {""})
    ]
    if rows:
        with writing(engine()) as connection:
            connection.execute(insert(reads), rows)
    return response
