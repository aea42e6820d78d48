"""Who is who in МойКласс, and who is in which group."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any, NamedTuple

from adapters.moyklass.settings import MoyKlassSettings
from adapters.moyklass.wire import Wire
from gateway.plugins import (
    NO_SENSE,
    Finding,
    Member,
    Number,
    Place,
    Text,
    certificate_of,
    day_of,
    id_or_none,
    id_text,
    list_of,
    name_of,
    unread,
)

_USER = Text("ученик", "pupil")


class Person(NamedTuple):
    name: str
    born: dt.date | None
    number: Number


class People:
    """The company's people during one reading. ``findings``: records of people that made no sense, each told once."""

    def __init__(self, wire: Wire, settings: MoyKlassSettings) -> None:
        self._wire = wire
        self._settings = settings
        self._persons: dict[str, Person | None] = {}
        self._studying: dict[str, set[str]] = defaultdict(set)
        self._members: tuple[str, dict[str, Member | None]] = ("", {})
        self.findings: list[Finding] = []

    def read(self) -> None:
        """All pupils, and all joins, page by page."""
        self._wire.list("users", kept=self._take)
        self._wire.list("joins", kept=self._take_join)

    def studying(self, group: str) -> set[str]:
        """Who is in a group now, by the statuses that the settings name."""
        return self._studying[group]

    def member(self, user: str, group: str) -> Member | None:
        """The person on the list of a group, by its words. None: the record makes no sense, or was deleted for good.

        A group's months have the same members, so those of the last group that was asked for are kept.
        """
        if self._members[0] != group:
            self._members = (group, {})
        members = self._members[1]
        if user not in members:
            members[user] = self._member(user, group)
        return members[user]

    def _member(self, user: str, group: str) -> Member | None:
        if user not in self._persons:
            self._look_up(user)
        person = self._persons[user]
        if person is None:
            return None
        return Member(user, group, person.name, Place(url=self._wire.url("users", user)), user, *person.number, birth_date=person.born)

    def _look_up(self, user: str) -> None:
        """One that the list did not have: deleted, or entered since."""
        item = self._wire.one("users", user)
        if id_or_none(item) == user:
            self._take(item)
        else:
            self._persons[user] = None
            self._tell(user)

    def _take(self, item: Any) -> None:
        user = id_text(item["id"])
        try:
            self._persons[user] = self._person_of(item)
        except NO_SENSE:
            if self._persons.get(user, item) is not None:  # a list that is read again tells it once
                self._tell(user)
            self._persons[user] = None

    def _take_join(self, item: Any) -> None:
        """A join that makes no sense is none: it only says who is expected."""
        try:
            user, group, status = id_text(item["userId"]), id_text(item["classId"]), int(item["statusId"])
        except NO_SENSE:
            return
        if status in self._settings.studying:
            self._studying[group].add(user)

    def _tell(self, user: str) -> None:
        self.findings.append(unread(_USER, user, self._wire.url("users", user)))

    def _person_of(self, item: Any) -> Person:
        values = {each.get("attributeAlias"): each.get("value") for each in list_of(item.get("attributes") or [])}
        field = self._settings.certificate_attribute
        number = certificate_of(values.get(field)) if field else Number()
        return Person(name_of(item["name"]), _born(values.get(self._settings.birthday_attribute)), number)


def _born(value: object) -> dt.date | None:
    """The attribute may be one of text, with anything in it: what is no date only helps nobody to find the child."""
    try:
        return day_of(value)
    except ValueError:
        return None
