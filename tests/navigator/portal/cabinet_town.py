"""A child with a year behind it, for the cabinet's tests: operations are taken as the register takes them from a gateway."""

from __future__ import annotations

import datetime as dt
from typing import Any

from navigator import operations
from navigator.engine import writing

from ..conftest import make_attendance, make_debit, make_reversal
from .conftest import Pages
from .test_catalogue import bring
from .visitor import Visitor

MONDAYS = ("2025-09-01", "2025-09-08", "2025-09-15", "2025-09-22", "2025-09-29", "2025-10-06", "2025-10-13", "2025-10-27")
HOURS = {
    "providers": "provider,name,time_zone,state\nring,Клуб «Ринг»,Europe/Moscow,active\n",
    "programmes": "programme,provider,title,direction,verified\np-8,ring,Робототехника,техника,true\n",
    "modules": "module,programme,title,unit,unit_price,unit_normative,open\nm-8,p-8,Сборка,academic_hour,104.00,98.60,true\n",
    "groups": "group,module,title,places,starts_on,ends_on\ng-8,m-8,Второй год,,2025-09-01,2026-05-31\n",
    "timetable": "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-8,4,15:00,16:30,odd,2025-09-01,2026-05-31\n",
    "enrollments": "enrollment,certificate,group,starts_on,ends_on,state\nD-8,0471000001,g-8,2025-09-01,2025-12-31,active\n",
}


class Cabinet:
    """The child k-1 with its parent; ``send`` brings operations, each standing for its own."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        bring(pages, **HOURS)
        self.parent = pages.person("parent@example.ru", "parent", "k-1")

    def send(self, *told: dict[str, Any]) -> list[str]:
        """The outcome of each."""
        said = [{**each, "claim": {**each["claim"], "lesson_starts_at": utc(each["claim"]["lesson_starts_at"])}} for each in told]
        with writing(self.pages.engine) as connection:
            return [str(each["outcome"]) for each in operations.take(connection, said, self.pages.clock.now())]

    def attend(self, day: str, amount: int = 19000) -> dict[str, Any]:
        """A lesson that was attended and debited; the debit."""
        debit = make_debit(day, amount=amount)
        assert self.send(make_attendance(day), debit) == ["accepted", "accepted"]
        return debit

    def take_back(self, debit: dict[str, Any]) -> None:
        """Its reversal."""
        assert self.send(make_reversal(debit)) == ["accepted"]

    def signed_in(self) -> Visitor:
        return self.pages.signed_in("parent@example.ru")


def utc(moment: str) -> str:
    """As the register keeps instants."""
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).isoformat()


def read(visitor: Visitor) -> str:
    """What the page says, with plain spaces."""
    return visitor.text.replace("\u00a0", " ")
