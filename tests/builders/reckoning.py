"""A second reckoning of a story, by the plainest means and without a line of the program: so that what a story states is checked by
somebody who cannot make the program's mistakes. It knows the state form as `sheets` writes it, one source per provider, and per_lesson.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl

from tests.builders.plain_reading import Person, folded_sign, grids_of
from tests.builders.reckoned_register import Claim, Register

SIGNS = {"+": "attended", "-": "absent", "e": "excused"}


class Mark(NamedTuple):
    status: str
    from_empty: bool


class Outcome(NamedTuple):
    """``word``: charged, refused, waiting, or why not charged. ``price`` None: no price is known."""

    word: str
    reasons: tuple[str, ...] = ()
    price: Decimal | None = None
    certificate: str | None = None
    enrollment: str | None = None
    attendance: str | None = None


class Story(Register):
    """Plays a story's steps and keeps its state. `tell` answers in the form of expected.json."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.story = tomllib.loads((folder / "steps.toml").read_text(encoding="utf-8"))
        self.marks: dict[str, dict[Person, dict[dt.date, Mark]]] = defaultdict(dict)
        self.systems: dict[str, dict[str, dict[Person, dict[dt.date, Mark]]]] = defaultdict(dict)  # source → group → what it says
        self.paper = "spreadsheet"
        self.taken: dict[tuple[str, dt.date], str] = {}  # enrollment and day → the source that a person found right
        self.held: dict[tuple[str, str], dict[Person, dict[dt.date, Mark]]] = {}
        self.unread: dict[str, int] = {}
        self.answers: dict[tuple[str, str, int | None], tuple[str, bool]] = {}
        self.before: dict[str, dict[str, dict[Person, dict[dt.date, Mark]]]] = {}  # file → what stood before it
        self.now = self.down_until = dt.datetime.min.replace(tzinfo=dt.UTC)
        self.closed: set[str] = set()
        self.allowed: bool | None = None  # the payer's word on what comes late for a closed year
        self.pending: dict[Claim, tuple[str, str, Decimal]] = {}  # sent to a register that is away: month, kind, amount
        self.rejects: tuple[str, dt.date] | None = None  # enrollment and date of the debit that the register rejects next
        self.rejected: set[Claim] = set()  # by the register, until there is a new fact about their certificate
        self.backups: dict[str, dict[str, dict[str, str]]] = {}  # name → what was known of each certificate
        self.restored: dict[str, dict[str, str]] | None = None  # what is known on a restored backup, until the register is read
        self.kept = 0  # live debits that today's facts would not bear
        self.live: dict[Claim, tuple[str, Decimal, str]] = {}  # claim → certificate, amount, provider
        self.operations: Counter[tuple[str, str]] = Counter()  # (month, debits | reversals)
        self.sums: dict[str, Decimal] = defaultdict(Decimal)

    # ------------------------------------------------------------ the sheets

    def take_in(self, file: str, mapping_file: str, today: dt.date) -> None:
        mapping = tomllib.loads((self.folder / mapping_file).read_text(encoding="utf-8"))
        cells = mapping["cells"]
        codes = {folded_sign(code): meaning for code, meaning in cells["codes"].items()}
        self.unread[file] = 0
        self.before[file] = {group: dict(self.marks[group]) for group in mapping["groups"].values()}
        for sheet in openpyxl.load_workbook(self.folder / file, read_only=False).worksheets:
            for words, month, grid in grids_of(sheet):
                group = mapping["groups"][words]
                self.take_group(file, group, month, grid, codes, cells, today)

    def ask(self, file: str) -> None:
        """A system tells all lessons of its groups: they are the timetable, and each stands for what its children's signs say."""
        told = tomllib.loads((self.folder / file).read_text(encoding="utf-8"))
        self.unread[file] = 0
        titles = {row["title"]: row["group"] for row in self.rows("groups")}
        groups = {key: titles[group["title"]] for key, group in told["groups"].items()}
        said = self.systems[told["source"]]
        for group in groups.values():
            self.own[group], said[group] = {}, {}
        for lesson in told["lessons"]:
            key, state = str(lesson["group"]), lesson.get("state", "held")
            starts, ends = (
                self.at_the_club(groups[key], lesson["date"], lesson[name], told.get("zone")) for name in ("starts_at", "ends_at")
            )
            day, times = starts.date(), (f"{starts:%H:%M}", f"{ends:%H:%M}")
            self.own[groups[key]].setdefault(day, []).append((*times, state == "cancelled"))
            for own_id, sign in zip(told["groups"][key]["children"], lesson.get("marks", ""), strict=False):
                if sign in SIGNS and state == "held":
                    person = self._person_of(told["children"], own_id)
                    said[groups[key]].setdefault(person, {})[day] = Mark(SIGNS[sign], False)
        for group in groups.values():
            days, (first, last) = self.own[group], self.holds.get(group, (dt.date.max, dt.date.min))
            week = dt.timedelta(days=6)  # around the first lesson and the last: nobody can say whether it was in use
            self.holds[group] = min([first, *(day - week for day in days)]), max([last, *(day + week for day in days)])

    def _person_of(self, children: dict[str, dict[str, Any]], own_id: int) -> Person:
        """Namesakes without a number are told apart by their ids."""
        child = children[str(own_id)]
        number = child.get("certificate", "")
        alike = [each for each in children.values() if each["name"] == child["name"] and "certificate" not in each]
        return Person(child["name"], self.numbers.get(number, number), own_id if len(alike) > 1 else None)

    def together(self, group: str) -> dict[Person, dict[dt.date, Mark]]:
        """What all sources say of a group; where two differ and nobody has said who is right, a conflict."""
        said = [(source, words[group]) for source, words in self.systems.items() if group in words]
        if not said:
            return self.marks[group]
        said.append((self.paper, self.marks.get(group, {})))
        found: dict[Person, dict[dt.date, Mark]] = defaultdict(dict)
        for person, day in sorted({(person, day) for _, words in said for person, days in words.items() for day in days}, key=str):
            words = {source: persons[person][day] for source, persons in said if day in persons.get(person, {})}
            (enrollment,) = [row["enrollment"] for row in self.rows("enrollments", group=group, certificate=person.number)] or [""]
            taken = self.taken.get((enrollment, day))
            if taken in words:
                found[person][day] = words[taken]
            elif len({mark.status for mark in words.values()}) == 1:
                found[person][day] = next(iter(words.values()))
            else:
                found[person][day] = Mark("conflict", False)
        return found

    def take_group(
        self, file: str, group: str, month: dt.date, grid: dict[Person, dict[dt.date, Any]],
        codes: dict[str, str], cells: dict[str, Any], today: dt.date,
    ) -> None:  # fmt: skip
        month_is_over = today >= (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        empty = cells["empty"]
        last = cells.get("filled_to", dt.date.max)
        if empty == "attended" and not month_is_over and last == dt.date.max:
            empty = "unknown"
        said: dict[Person, dict[dt.date, Mark]] = {}
        for written, days in grid.items():
            person = written._replace(number=self.numbers.get(written.number or "", written.number))
            said[person] = {}
            for day, value in days.items():
                meaning = codes.get(folded_sign(value)) if value is not None else None
                if value is None:
                    if empty == "attended" and day <= last and self.lessons(group, day):
                        said[person][day] = Mark("attended", True)
                elif meaning is None:
                    self.unread[file] += 1
                elif meaning != "day_off":
                    said[person][day] = Mark(meaning, False)
        everything = self.marks[group]
        before = {person: {day: mark for day, mark in days.items() if day.replace(day=1) == month} for person, days in everything.items()}
        self.marks[group] = before
        self.take_month(group, month, said, empty == "unknown")
        for person, days in everything.items():
            others = {day: mark for day, mark in days.items() if day.replace(day=1) != month}
            if others:
                self.marks[group][person] = others | self.marks[group].get(person, {})

    def take_month(self, group: str, month: dt.date, said: dict[Person, dict[dt.date, Mark]], only_adds: bool) -> None:
        before = self.marks[group]
        if only_adds:
            self.marks[group] = {person: before.get(person, {}) | said.get(person, {}) for person in before | said}
            return
        gone = {person: sum(day not in said.get(person, {}) for day in days) for person, days in before.items()}
        gone = {person: count for person, count in gone.items() if count}
        known = sum(len(days) for days in before.values())
        if len(gone) > 1 and sum(gone.values()) * 10 > known:
            self.held[(group, f"{month:%Y-%m}")] = said
            self.marks[group] = {person: before.get(person, {}) | said.get(person, {}) for person in before | said}
        else:
            self.marks[group] = said

    def answer(self, answer: dict[str, Any]) -> None:
        if answer["queue"] == "months":
            self.allowed = answer["accept"]
            return
        if answer["queue"] == "withdrawals":
            self.marks[answer["group"]] = self.held.pop((answer["group"], answer["month"]))
            return
        if answer["queue"] == "conflicts":
            self.taken[(answer["enrollment"], answer["date"])] = answer["take"]
            return
        key = (answer["group"], answer["person"], answer.get("row"))
        if answer.get("child") == "":
            del self.answers[key]
        else:
            self.answers[key] = (answer.get("child", ""), answer.get("outside", False))

    # ------------------------------------------------------------ the answers

    def child_of(self, group: str, person: Person) -> tuple[str | None, str]:
        """(child, "") or (None, outside | N01 | N02)."""
        answered = self.answers.get((group, person.name, person.row))
        if answered is not None:
            return (None, "outside") if answered[1] else (answered[0], "")
        if person.row is not None:
            return None, "N02"
        if person.number:
            bearers = self.rows("certificates", certificate=self.numbers.get(person.number, person.number))
            return (bearers[0]["child"], "") if bearers else (None, "N01")
        enrolled = {self.row("certificates", row["certificate"])["child"] for row in self.rows("enrollments", group=group)}
        alike = [row["child"] for row in self.rows("children") if f"{row['last_name']} {row['first_name']}" == person.name]
        alike = [child for child in alike if child in enrolled]
        return (alike[0], "") if len(alike) == 1 else (None, "N02" if alike else "N01")

    def outcome(self, claim: Claim, mark: Mark) -> Outcome:
        """The claim's answer before funds."""
        child, rule = self.child_of(claim.group, claim.person)
        if child is None:
            return Outcome("outside") if rule == "outside" else Outcome("waiting", (rule,))
        lessons = self.lessons(claim.group, claim.day)
        if not lessons:
            return Outcome("refused", ("N04",)) if mark.status in ("attended", "late") else Outcome(mark.status)
        if mark.status == "conflict":
            return Outcome("waiting", ("A14",))
        day = claim.day.isoformat()
        owned = [row["certificate"] for row in self.rows("certificates", child=child)]
        enrollments = [row for row in self.rows("enrollments", group=claim.group) if row["certificate"] in owned]
        in_force = [row for row in enrollments if row["starts_on"] <= day <= row["ends_on"]]
        enrollment = (in_force or enrollments or [None])[0]
        certificate = self.paying(enrollment["certificate"] if enrollment else owned[0])
        start, end, is_cancelled = lessons[claim.slot - 1]
        price = self.price(claim.group, start, end)
        about = {
            "price": price,
            "certificate": certificate["certificate"],
            "enrollment": enrollment["enrollment"] if enrollment else None,
            "attendance": mark.status if in_force and not is_cancelled else None,
        }
        if is_cancelled:
            return Outcome("cancelled", **about)
        if mark.status in ("absent", "excused"):
            return Outcome(mark.status, **about)
        if price == 0:
            return Outcome("free", **about)
        reasons = self.reasons(claim.group, child, day, certificate, enrollment, bool(in_force))
        if self.begins(claim, start) > self.now:
            reasons += ("A12",)
        return Outcome("refused" if reasons else "charged", reasons, **about)

    # ------------------------------------------------------------ the money

    def free(self, certificate: str) -> Decimal:
        paid = sum((amount for owner, amount, _ in self.live.values() if owner == certificate), Decimal(0))
        return Decimal(self.paying(certificate)["nominal"] or 0) - paid

    def outcomes(self) -> dict[Claim, tuple[Mark, Outcome]]:
        """Every mark's answer. Debits and reverses on the way, by day and slot, until nothing moves any more."""
        while True:
            found = {}
            for group in {*self.marks, *(group for said in self.systems.values() for group in said)}:
                for person, days in self.together(group).items():
                    for day, mark in days.items():
                        for slot in range(1, max(1, len(self.lessons(group, day))) + 1):
                            claim = Claim(group, person, day, slot)
                            found[claim] = (mark, self.outcome(claim, mark))
            going = [claim for claim in self.live if self.must_go(claim, found.get(claim))]
            taken_back = [claim for claim in going if self.is_allowed(claim)]
            self.kept = 0
            for claim in taken_back:
                self.book(claim, "reversals", -self.live.pop(claim)[1])
            for claim in sorted(found, key=lambda claim: (claim.day, claim.slot)):
                mark, outcome = found[claim]
                if mark.status == "conflict":
                    continue  # what is booked stands
                if claim in self.live:
                    if claim in going and self.allowed is None:
                        found[claim] = (mark, outcome._replace(word="waiting", reasons=("A08",)))
                        continue
                    self.kept += claim not in going and (outcome.word == "refused" or outcome.price != self.live[claim][1])
                    found[claim] = (mark, outcome._replace(word="charged", reasons=(), price=self.live[claim][1]))
                    continue
                if outcome.word not in ("charged", "refused") or outcome.certificate is None or outcome.price is None:
                    continue
                if self.free(outcome.certificate) < outcome.price:
                    reasons = tuple(sorted((*outcome.reasons, "A07"), key=lambda rule: ("CPMKANR".index(rule[0]), rule)))
                    found[claim] = (mark, outcome._replace(word="refused", reasons=reasons))
                elif outcome.word == "charged" and self.is_rejected(claim, outcome.enrollment):
                    found[claim] = (mark, outcome._replace(word="refused", reasons=(*outcome.reasons, "R01")))
                elif outcome.word == "charged" and not self.is_allowed(claim):
                    word = "waiting" if self.allowed is None else "refused"
                    found[claim] = (mark, outcome._replace(word=word, reasons=("A08",)))
                elif outcome.word == "charged":
                    module = self.row("modules", self.row("groups", claim.group)["module"])
                    provider = self.row("programmes", module["programme"])["provider"]
                    self.live[claim] = (outcome.certificate, outcome.price, provider)
                    self.book(claim, "debits", outcome.price)
            if not taken_back:
                return found

    def is_rejected(self, claim: Claim, enrollment: str | None) -> bool:
        """Whether the register will not have its debit."""
        if (enrollment, claim.day) == self.rejects:
            self.rejected.add(claim)
            self.rejects = None
        return claim in self.rejected

    def must_go(self, claim: Claim, now: tuple[Mark, Outcome] | None) -> bool:
        if now is not None and now[0].status == "conflict":
            return False
        if now is None or now[1].word in ("waiting", "outside", "cancelled", "absent", "excused"):
            return True
        return "A01" in now[1].reasons or now[1].certificate != self.live[claim][0]

    def open_month(self, month: str) -> str:
        while month in self.closed:
            month = f"{dt.date.fromisoformat(month + '-28') + dt.timedelta(days=4):%Y-%m}"
        return month

    def is_allowed(self, claim: Claim) -> bool:
        """Whether money may move for this lesson: its own year must have an open month, or the payer has allowed it."""
        return self.allowed is True or self.open_month(f"{claim.day:%Y-%m}")[:4] == f"{claim.day:%Y}"

    def book(self, claim: Claim, kind: str, amount: Decimal) -> None:
        month = self.open_month(f"{claim.day:%Y-%m}")
        if self.now < self.down_until:
            self.pending[claim] = (month, kind, amount)
            return
        self.operations[(month, kind)] += 1
        self.sums[month] += amount

    def register_is_back(self) -> None:
        """What was sent while it was away is taken now; in the next open month, where its own was closed meanwhile."""
        for month, kind, amount in self.pending.values():
            self.operations[(self.open_month(month), kind)] += 1
            self.sums[self.open_month(month)] += amount
        self.pending.clear()

    # ------------------------------------------------------------ the story

    def play(self) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """(file, what it states, what this reckoning finds) of each check and of the end."""
        checks = []
        for step in self.story["step"]:
            self.now = step["at"]
            if self.now >= self.down_until:
                self.register_is_back()
            if "undo" in step:
                self.marks.update(self.before[step["undo"]])
            if "close" in step and not step.get("refused"):
                self.closed.add(step["close"])
            for fault in step.get("fault", ()):
                self.down_until = fault.get("until", self.down_until)
                if fault["register"] == "reject_next":
                    self.rejects = fault["where"]["enrollment"], fault["where"]["date"]
            if "import" in step:
                self.paper = step.get("source", self.paper)
                self.take_in(step["import"], step["mapping"], step["at"].date())
            if "sync" in step:
                self.ask(step["sync"])
            for change in step.get("register", ()):
                self.change(change)
                self.rejected = {claim for claim in self.rejected if claim.person.number != change.get("certificate")}
            for answer in step.get("answer", ()):
                self.answer(answer)
            if "restore" in step:
                self.restored = self.backups[step["restore"]]
            elif "register" not in step:
                self.restored = None
                self.outcomes()
            if "backup" in step:
                self.backups[step["backup"]] = {number: self._certificate(number) for (number,) in self.tables["certificates"]}
            if "check" in step:
                checks.append(self._compare(step["check"]))
        return [*checks, self._compare("expected.json")]

    def _compare(self, file: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
        stated = json.loads((self.folder / file).read_text(encoding="utf-8"))
        return file, stated, self.tell(stated)

    def tell(self, stated: dict[str, Any]) -> dict[str, Any]:
        """What is true now, of what ``stated`` speaks of."""
        found = self.outcomes()
        told: dict[str, Any] = {}
        for section, value in stated.items():
            match section:
                case "counts":
                    told[section] = {key: self._counts(found)[key] for key in value}
                case "claims":
                    told[section] = [self._claim(found, one) for one in value]
                case "certificates":
                    known = self.restored or {number: self._certificate(number) for number in value}
                    told[section] = {number: {key: known[number][key] for key in one} for number, one in value.items()}
                case "statement":
                    told[section] = {month: self._statement(month) for month in value}
                case "attendance":
                    told[section] = {
                        month: {status: self._attended(found, month, status) for status in one} for month, one in value.items()
                    }
                case "providers":
                    told[section] = {provider: {"payable": f"{self._payable(provider):.2f}"} for provider in value}
                case "differences":
                    told[section] = self.kept
        return told

    def _counts(self, found: dict[Claim, tuple[Mark, Outcome]]) -> dict[str, Any]:
        words = Counter(outcome.word for _, outcome in found.values())
        first = Counter((outcome.word, outcome.reasons[0]) for _, outcome in found.values() if outcome.reasons)
        return {
            "marks": len(found),
            "charged": words["charged"],
            "not_charged": {word: words[word] for word in ("outside", "cancelled", "absent", "excused", "free") if words[word]},
            "refused": {rule: count for (word, rule), count in first.items() if word == "refused"},
            "waiting": {rule: count for (word, rule), count in first.items() if word == "waiting"},
            "unread": sum(self.unread.values()),
            "conflicts": sum(mark.status == "conflict" for mark, _ in found.values()),
            "from_empty_cells": sum(mark.from_empty for mark, _ in found.values()),
        }

    def _claim(self, found: dict[Claim, tuple[Mark, Outcome]], stated: dict[str, Any]) -> dict[str, Any]:
        ((_, outcome),) = (
            pair
            for claim, pair in found.items()
            if (pair[1].enrollment, claim.day.isoformat(), claim.slot) == (stated["enrollment"], stated["date"], stated["slot"])
        )
        told = {key: stated[key] for key in ("enrollment", "date", "slot")}
        told["answer"] = outcome.word if outcome.word in ("charged", "refused", "waiting") else "not_charged"
        if "reasons" in stated:
            told["reasons"] = list(outcome.reasons)
        if "amount" in stated:
            told["amount"] = f"{outcome.price:.2f}"
        return told

    def _certificate(self, number: str) -> dict[str, str]:
        row = self.row("certificates", number)
        free = self.free(row["certificate"])
        mine = [amount for claim, (_, _, amount) in self.pending.items() if self.live[claim][0] == row["certificate"]]
        under_way = sum(mine, Decimal(0))
        paid = Decimal(row["nominal"] or 0) - free - under_way
        return {
            "paid": f"{paid:.2f}", "available": f"{max(free, Decimal(0)):.2f}", "shortfall": f"{max(-free, Decimal(0)):.2f}",
            "kind": row["kind"],
        }  # fmt: skip

    def _statement(self, month: str) -> dict[str, Any]:
        counts = {kind: self.operations[(month, kind)] for kind in ("debits", "reversals")}
        return {**counts, "sum": f"{self.sums[month]:.2f}"}

    def _attended(self, found: dict[Claim, tuple[Mark, Outcome]], month: str, status: str) -> int:
        return sum(outcome.attendance == status and f"{claim.day:%Y-%m}" == month for claim, (_, outcome) in found.items())

    def _payable(self, provider: str) -> Decimal:
        taken = [amount for claim, (_, amount, owner) in self.live.items() if owner == provider and claim not in self.pending]
        return sum(taken, Decimal(0))
