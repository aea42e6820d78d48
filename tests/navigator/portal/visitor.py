"""Somebody with a browser: opens pages, fills in forms as they stand on the page, reads mails."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse


@dataclass
class FormOnPage:
    """A form: where it goes, and what its fields hold."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FormOnPage] = []
        self._inside: FormOnPage | None = None
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name, value = said.get("name") or "", said.get("value") or ""
        if tag == "form":
            self._inside = FormOnPage(said.get("action") or "", (said.get("method") or "get").lower())
            self.forms.append(self._inside)
        if self._inside is None:
            return
        if tag == "input" and name:
            self._inside.names.add(name)
            kind = said.get("type")
            if kind not in ("checkbox", "radio", "submit") or "checked" in said:
                self._inside.values[name] = value
        elif tag == "select":
            self._select = name
            self._inside.names.add(name)
        elif tag == "option" and self._select and ("selected" in said or self._select not in self._inside.values):
            self._inside.values[self._select] = value
        elif tag == "textarea":
            self._textarea = name
            self._inside.names.add(name)
            self._inside.values[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._inside is not None and self._textarea:
            self._inside.values[self._textarea] += data.removeprefix("\r\n").removeprefix("\n")


class Visitor:
    """A browser of its own, with its cookies."""

    def __init__(self, app: Flask, language: str = "ru") -> None:
        self.client = app.test_client()
        self.headers = {"Accept": "text/html", "Accept-Language": language}
        self.answer: TestResponse
        self.path = ""

    def get(self, path: str, follow: bool = True) -> str:
        """Open a page; its text."""
        self.answer = self.client.get(path, headers=self.headers, follow_redirects=follow)
        self.path = self.answer.request.full_path.rstrip("?") if follow else path
        return self.html

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def html(self) -> str:
        return self.answer.get_data().decode(errors="replace")  # an answer may be a picture or a paper

    @property
    def text(self) -> str:
        """What is read on the page, spaces folded."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def forms(self) -> list[FormOnPage]:
        parser = _Forms()
        parser.feed(self.html)
        return parser.forms

    def form_with(self, *names: str, action: str = "") -> FormOnPage:
        """The page's form that has these fields."""
        found = [each for each in self.forms() if set(names) <= each.names and action in each.action and "/sign-out" not in each.action]
        assert len(found) == 1, f"{len(found)} forms with {names} {action!r} on {self.path}"
        return found[0]

    def submit(self, values: dict[str, Any] | None = None, action: str = "", press: str = "", follow: bool = True) -> str:
        """Fill in the page's form and press its button; what is not named stays as the page had it."""
        typed = {name: str(value) for name, value in (values or {}).items()}
        form = self.form_with(*typed, action=action)
        sent = {**form.values, **typed, **({press: "1"} if press else {})}
        self.answer = self.client.post(form.action or self.path, data=sent, headers=self.headers, follow_redirects=follow)
        self.path = self.answer.request.full_path.rstrip("?")
        return self.html
