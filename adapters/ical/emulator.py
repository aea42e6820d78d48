"""A calendar over a made-up club, as a file by its link. As a collection on a server: `adapters.ical.emulated_server`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from adapters.ical.emulated import CalendarEmulator
from gateway.plugins.testing import Answer, Request


class IcsEmulator(CalendarEmulator):
    """A file, known by its ETag; ``gives``: the headers that say when it has changed."""

    gives: tuple[str, ...] = ("ETag",)

    @property
    def address(self) -> str:
        """The secret one: the key is in it."""
        return f"{self.url}/calendar/private-{self.key}/basic.ics"

    def account(self) -> Mapping[str, Any]:
        return {"secret_address": self.address, "zone": self.club.zone}

    def answer(self, request: Request) -> Answer:
        if request.path != f"/calendar/private-{self.key}/basic.ics":
            return self.refusal(404)
        state = self.state()
        headers = {"ETag": f'"{state}"', "Last-Modified": _date_of(state)}
        asked = {"ETag": request.headers.get("if-none-match"), "Last-Modified": request.headers.get("if-modified-since")}
        given = {name: headers[name] for name in self.gives if "Mark of change" not in self.belied}
        if any(asked[name] == value for name, value in given.items()):
            return Answer(b"", 304, given)
        return Answer(self.calendar([*self.events().values(), *self.extra]), 200, {"Content-Type": "text/calendar"} | given)

    def refusal(self, status: int) -> Answer:
        return Answer(b"<html><title>Error</title></html>", status, {"Content-Type": "text/html"})


def _date_of(state: str) -> str:
    """A time of change that is another after each."""
    moment = dt.datetime(2025, 1, 1) + dt.timedelta(seconds=int(state[:6], 16))
    return f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
