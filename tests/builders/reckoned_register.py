"""The register of a story, as its second reckoning knows it: its tables and what the steps change in them, lessons, prices, rules."""

from __future__ import annotations

import csv
import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from tests.builders.plain_reading import Person

KEYS = {
    "payers": ("payer",), "providers": ("provider",), "agreements": ("provider", "payer", "valid_from"), "programmes": ("programme",),
    "modules": ("module",), "groups": ("group",), "timetable": ("group", "weekday", "starts_at", "valid_from"),
    "lessons": ("group", "date", "starts_at"), "children": ("child",), "certificates": ("certificate",), "enrollments": ("enrollment",),
}  # fmt: skip
CENT = Decimal("0.01")


class Claim(NamedTuple):
    group: str
    person: Person
    day: dt.date
    slot: int


class Register:
    """The district of a story's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before_moving: dict[str, dict[str, str]] = {}  # a certificate's row under its first payer, which its enrollments keep
        self.tables: dict[str, dict[tuple[str, ...], dict[str, str]]] = {name: {} for name in KEYS}
        for name in KEYS:
            if (folder / "district" / f"{name}.csv").exists():
                self._load(name, folder / "district" / f"{name}.csv")
        self.frozen: dict[str, dt.date] = {}
        self.own: dict[str, dict[dt.date, list[tuple[str, str, bool]]]] = {}  # group → its lessons, where the club's own system tells them
        self.holds: dict[str, tuple[dt.date, dt.date]] = {}  # group → the days on which its own system's timetable is the group's
        self.numbers: dict[str, str] = {}  # a re-issued certificate's number → the one of the district's files

    def _load(self, name: str, path: Path) -> None:
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                before = self.tables[name].get(tuple(row[key] for key in KEYS[name]))
                if name == "certificates" and before is not None and before["payer"] != row["payer"]:
                    self.before_moving.setdefault(row["certificate"], before)
                self.tables[name][tuple(row[key] for key in KEYS[name])] = row

    def row(self, name: str, *key: str) -> dict[str, str]:
        return self.tables[name][tuple(self.numbers.get(one, one) for one in key)]

    def paying(self, certificate: str) -> dict[str, str]:
        """The certificate as whoever pays for its enrollments has it; no story enrolls a child anew after it has moved."""
        row = self.row("certificates", certificate)
        return self.before_moving.get(row["certificate"], row)

    def rows(self, name: str, **having: str) -> list[dict[str, str]]:
        return [row for row in self.tables[name].values() if all(row[key] == value for key, value in having.items())]

    def change(self, change: dict[str, Any]) -> None:
        match change["op"]:
            case "nominal":
                self.row("certificates", change["certificate"])["nominal"] = change["amount"]
            case "freeze":
                self.frozen[change["certificate"]] = change["on"]
            case "unfreeze":
                del self.frozen[change["certificate"]]
            case "reissue":
                self.numbers[change["number"]] = change["certificate"]
            case "end_enrollment":
                self.row("enrollments", change["enrollment"])["ends_on"] = change["on"].isoformat()
            case "add":
                path = self.folder / change["file"]
                header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
                district = self.folder / "district"
                (name,) = (n for n in KEYS if (district / f"{n}.csv").read_text(encoding="utf-8").splitlines()[0].split(",") == header)
                self._load(name, path)
            case other:
                raise NotImplementedError(other)

    def lessons(self, group: str, day: dt.date) -> list[tuple[str, str, bool]]:
        """(start, end, cancelled) of the day, in order."""
        if group in self.own and self.holds[group][0] <= day <= self.holds[group][1]:
            return sorted(self.own[group].get(day, []))
        found = {}
        for line in self.rows("timetable", group=group):
            parity = "odd" if day.isocalendar().week % 2 else "even"
            in_force = line["valid_from"] <= day.isoformat() <= line["valid_to"]
            if in_force and int(line["weekday"]) == day.isoweekday() and line["weeks"] in ("every", parity):
                found[line["starts_at"]] = (line["starts_at"], line["ends_at"], False)
        exceptions = self.rows("lessons", group=group)
        if any(row["moved_from"] == day.isoformat() for row in exceptions):
            found = {}
        for row in exceptions:
            if row["date"] == day.isoformat():
                found[row["starts_at"]] = (row["starts_at"], row["ends_at"], row["state"] == "cancelled")
        return [found[start] for start in sorted(found)]

    def reasons(
        self, group: str, child: str, day: str, certificate: dict[str, str], enrollment: dict[str, str] | None, is_in_force: bool
    ) -> tuple[str, ...]:
        module = self.row("modules", self.row("groups", group)["module"])
        programme = self.row("programmes", module["programme"])
        frozen = self.frozen.get(certificate["certificate"])
        born = self.row("children", child)["birth_date"]
        age = 10
        if enrollment is not None:
            start = enrollment["starts_on"]
            age = int(start[:4]) - int(born[:4]) - (start[5:] < born[5:])
        agreements = self.rows("agreements", provider=programme["provider"], payer=certificate["payer"])
        failed = {
            "C02": certificate["state"] != "active" or (frozen is not None and frozen.isoformat() <= day),
            "C03": certificate["kind"] != "financing",
            "C05": not 5 <= age <= 17,
            "C10": not certificate["valid_from"] <= day <= certificate["valid_to"],
            "P02": not any(row["valid_from"] <= day <= row["valid_to"] for row in agreements),
            "M01": programme["verified"] != "true",
            "M02": module["unit_price"] == "",
            "A01": not is_in_force,
        }
        return tuple(rule for rule, has_failed in failed.items() if has_failed)

    def begins(self, claim: Claim, start: str) -> dt.datetime:
        """When a lesson begins, by its club's clock."""
        return dt.datetime.combine(claim.day, dt.time.fromisoformat(start), self.zone(claim.group))

    def zone(self, group: str) -> ZoneInfo:
        """Of the club that has the group."""
        module = self.row("modules", self.row("groups", group)["module"])
        provider = self.row("programmes", module["programme"])["provider"]
        return ZoneInfo(self.row("providers", provider)["time_zone"])

    def at_the_club(self, group: str, day: dt.date, time: dt.time, zone: str | None) -> dt.datetime:
        """What another clock shows, on the club's. ``zone`` None: it is the club's own."""
        there, here = ZoneInfo(zone) if zone else self.zone(group), self.zone(group)
        return dt.datetime.combine(day, time, there).astimezone(here)

    def price(self, group: str, start: str, end: str) -> Decimal | None:
        """The certificate's part."""
        module = self.row("modules", self.row("groups", group)["module"])
        if module["unit_price"] == "":
            return None
        hours = Decimal(1)
        if module["unit"] == "academic_hour":
            hours = Decimal((_minutes(end) - _minutes(start)) % (24 * 60)) / 45
        whole, bound = ((Decimal(module[name]) * hours).quantize(CENT, ROUND_HALF_UP) for name in ("unit_price", "unit_normative"))
        return min(whole, bound)


def _minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])
