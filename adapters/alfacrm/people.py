"""Who is who in AlfaCRM: clients, those of the archive, leads; and who is in which group."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from adapters.alfacrm.settings import AlfaCrmSettings
from adapters.alfacrm.wire import Wire
from gateway.plugins import (
    NO_SENSE,
    Finding,
    Member,
    Number,
    Period,
    Place,
    Text,
    certificate_of,
    day_of,
    id_or_none,
    id_text,
    name_of,
    unread,
)

CLIENT, ARCHIVE, LEAD = 1, 2, 0
"""``is_study``: who studies, who did, who may."""
ALSO_REMOVED = 1
"""``removed``: 0 active ones, 1 all, 2 removed ones [guess]."""
_CUSTOMER = Text("клиент", "client")


class Person(NamedTuple):
    name: str
    born: dt.date | None
    number: Number


class Enrolled(NamedTuple):
    """Days that a client is in a group, both included."""

    customer: str
    period: Period


class People:
    """The account's people during one reading. ``findings``: records of people that made no sense, each told once."""

    def __init__(self, wire: Wire, settings: AlfaCrmSettings) -> None:
        self._wire = wire
        self._field = settings.certificate_field
        self._persons: dict[str, Person | None] = {}
        self._enrolled: dict[str, list[Enrolled]] = {}
        self.findings: list[Finding] = []

    def read_clients(self) -> None:
        """All who study now, page by page. The others are asked for one by one, where a lesson names them."""
        self._wire.list("customer", {"is_study": CLIENT}, kept=self._take)

    def person(self, customer: str) -> Person | None:
        """None: the record makes no sense, or was deleted for good."""
        if customer not in self._persons:
            self._look_up(customer)
        return self._persons[customer]

    def member(self, customer: str, group: str) -> Member | None:
        """The person on the list of a group, by its words."""
        person = self.person(customer)
        if person is None:
            return None
        place = Place(url=self._wire.url("customer", customer))
        return Member(customer, group, person.name, place, customer, *person.number, birth_date=person.born)

    def enrolled(self, group: str) -> list[Enrolled]:
        """Who is in a group now. Those who left vanish from this list; their lessons do not."""
        if group not in self._enrolled:
            listed = self._wire.list("cgi", query={"group_id": group})
            self._enrolled[group] = [found for item in listed.items if (found := _enrolled(item)) is not None]
        return self._enrolled[group]

    def _look_up(self, customer: str) -> None:
        for state in (CLIENT, ARCHIVE, LEAD):
            filters = {"id": int(customer) if customer.isdigit() else customer, "is_study": state, "removed": ALSO_REMOVED}
            for item in self._wire.page("customer", 0, filters).items:
                if id_or_none(item) == customer:
                    self._take(item)
                    return
        self._persons[customer] = None
        self._tell(customer)

    def _take(self, item: Any) -> None:
        customer = id_text(item["id"])
        try:
            self._persons[customer] = self._person_of(item)
        except NO_SENSE:
            if self._persons.get(customer, item) is not None:  # a list that is read again tells it once
                self._tell(customer)
            self._persons[customer] = None

    def _tell(self, customer: str) -> None:
        self.findings.append(unread(_CUSTOMER, customer, self._wire.url("customer", customer)))

    def _person_of(self, item: Any) -> Person:
        born = day_of(item["dob"]) if item.get("dob") else None
        number = certificate_of(item.get(self._field)) if self._field else Number()
        return Person(name_of(item["name"]), born, number)


def _enrolled(item: Any) -> Enrolled | None:
    """A date that is missing, or makes no sense, is no bound: the list only says who is expected, nobody is paid by it."""
    try:
        customer = id_text(item["customer_id"])
    except NO_SENSE:
        return None
    days = []
    for name, without in (("b_date", dt.date.min), ("e_date", dt.date.max)):
        try:
            days.append(day_of(item.get(name)))
        except ValueError:
            days.append(without)
    return Enrolled(customer, Period(*days))
