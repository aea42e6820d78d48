"""A family's data as a file to take away: JSON for programs, and the same as a page for people, in one ZIP."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any

from flask import render_template

from navigator.portal.privacy import words
from navigator.portal.privacy.held import Row
from navigator.portal.speech import day, moment, roubles

JSON_NAME, PAGE_NAME = "navigator.json", "navigator.html"


def as_zip(held: dict[str, list[Row]], now: dt.datetime) -> bytes:
    """The archive; its page speaks the request's language."""
    said = {"made_at": now.isoformat(), "money": "kopecks", "tables": held}
    tables = [
        {"title": words.title(name), "columns": [words.label(column) for column in rows[0]], "rows": [_read(row) for row in rows]}
        for name, rows in sorted(held.items(), key=lambda each: words.order(each[0]))
    ]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(JSON_NAME, json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        archive.writestr(PAGE_NAME, render_template("privacy/taken_away.html", tables=tables, now=now))
    return target.getvalue()


def _read(row: Row) -> list[str]:
    return [_as_read(name, value) for name, value in row.items()]


def _as_read(name: str, value: Any) -> str:
    """A value as people write it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return words.yes_or_no(value)
    if name.endswith("_kopecks"):
        return roubles(value)
    text = str(value)
    try:
        if len(text) == 10 and text[4] == text[7] == "-":
            return day(text)
        if len(text) >= 20 and text[10] == "T":
            return moment(dt.datetime.fromisoformat(text))
    except ValueError:
        return text
    return words.word(name, text)
