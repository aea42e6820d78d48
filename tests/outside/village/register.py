"""A register connector: the village keeps its register in a JSON file."""

import datetime as dt
import json
from pathlib import Path

from gateway.plugins import Candidate, Certificate, Enrollment, Period, RegisterGroup, RegisterProvider, TimetableLine
from gateway.plugins.register import Acceptance, Answer, Capabilities, Outcome, Page, RegisterUnavailable, Statement

YEAR = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
DAILY = tuple(TimetableLine(day, dt.time(16), dt.time(17), "every", YEAR) for day in range(1, 8))


class VillageRegister:
    name = "village"
    can = Capabilities(lookup=False, feed=False, attendance=False, months=False, balances=False)

    def __init__(self, url):
        self._path = Path(url.removeprefix("file:"))

    def _kept(self):
        try:
            return json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RegisterUnavailable("the village's register cannot be read", "реестр деревни не читается") from error

    def _once(self, since, items):
        return Page((), since) if since == "1" else Page(tuple(items), "1")

    def catalogue(self, since):
        self._kept()
        club = RegisterProvider("club", "Клуб", "Europe/Moscow", "active", False, "Л-1", (("village", YEAR),))
        group = RegisterGroup(
            "G-1", "club", "Парусники", "m-1", "Парус", True, "lesson", 1, 1, "p-1", "Парус", True,
            starts_on=YEAR.first, ends_on=YEAR.last, timetable=DAILY,
        )  # fmt: skip
        return self._once(since, (club, group))

    def certificates(self, since):
        return self._once(since, (self._certificate(child) for child in self._kept()["children"]))

    def _certificate(self, child):
        return Certificate(
            f"c-{child['id']}", "village", child["id"], ((child["number"], None),), (("financing", None),), (("active", None),), YEAR,
            ((YEAR, child["nominal_kopecks"]),), dt.date(2014, 3, 12),
        )  # fmt: skip

    def enrollments(self, since):
        return self._once(
            since,
            (
                Enrollment(f"D-{child['id']}", "village", f"c-{child['id']}", child["id"], "G-1", "club", YEAR, "active")
                for child in self._kept()["children"]
            ),
        )

    def movements(self, since):
        return Page((), "1")

    def candidates(self, group, first_day, last_day, numbers):
        return [
            Candidate(child["id"], "village", *child["name"].split(), None, None, (child["number"],), (("G-1", YEAR),))
            for child in self._kept()["children"]
        ]

    def send(self, operations):
        kept = self._kept()
        known = {one["id"] for one in kept["operations"]}
        kept["operations"] += [one for one in operations if one["id"] not in known]
        self._path.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        return [Answer(one["id"], Outcome.ACCEPTED, str(place)) for place, one in enumerate(operations, start=1)]

    def lookup(self, ids):
        return ()

    def statement(self, month, payer=None):
        mine = [one for one in self._kept()["operations"] if one["month"] == month and one["kind"] != "attendance"]
        debits = [one for one in mine if one["kind"] == "debit"]
        total = sum(one["amount_kopecks"] * (1 if one["kind"] == "debit" else -1) for one in mine)
        return Statement(month, len(debits), len(mine) - len(debits), total, tuple(map(_acceptance, mine)))

    def attendance(self, month):
        return iter(())

    def balances(self, numbers):
        return ()

    def close_month(self, month, payer, open_operations):
        return None


def _acceptance(one):
    claim = one["claim"]
    return Acceptance(
        one["id"], one["kind"], "1", dt.datetime(2025, 11, 5, tzinfo=dt.UTC), claim["provider"], claim["child"], claim["group"],
        dt.date.fromisoformat(claim["date"]), claim["slot"], dt.datetime.fromisoformat(claim["lesson_starts_at"]), one["enrollment"],
        one["certificate"], one["n"], one["month"], one["amount_kopecks"],
    )  # fmt: skip
