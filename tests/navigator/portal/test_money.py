"""Step 8: money goes to lessons and comes back from them, and nowhere else, whatever anybody calls.

Sequences of calls are drawn: any role, any route of `RULES` (so that a new one is in it by itself), the forms as they stand on the pages
with plausible and implausible values in them, objects of one's own and of others; and the register's own interface. After each call all
transfers of the ledger are looked at. The seed is in the test's name: the same one draws the same calls.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, select

from navigator.app import create_app
from navigator.engine import reading
from navigator.ledger import CERTIFICATE, FUND, PAYABLE, SHORTFALL, nominal_period
from navigator.operations import NOT_IN_FORCE
from navigator.portal.access import RULES, Role
from navigator.portal.tables import persons
from navigator.tables import acceptances, accounts, enrollments, groups, metadata, modules, nominals, programmes, transfers

from ..conftest import new_id
from .conftest import Pages
from .test_access import WHO, World
from .visitor import FormOnPage, Visitor

PAIRS = {
    ("nominal", FUND, CERTIFICATE), ("nominal", CERTIFICATE, FUND), ("nominal", SHORTFALL, FUND), ("shortfall", CERTIFICATE, SHORTFALL),
    ("debit", CERTIFICATE, PAYABLE), ("reversal", PAYABLE, CERTIFICATE),
}  # fmt: skip
"""All the ways that money can go. The first line is between a payer and its children's certificates, the second to a lesson and back."""

TYPED = (
    "", "0", "1", "-1", "y", "150.00", "12000.00", "1200000.00", "0.01", "-5000", "1e9", "99999999999999999999", "01.12.2025", "2025-12-01",
    "2031-01-01", "16:30", "Иванова", "Причина: переехали", "common", "preferential", "pskov", "luga", "g-1", "g-2", "k-1", "k-2", "ddt",
    "0471000001", "0471000002", "0471999999", "cert-0471000001", "D-1", "second@example.ru", "nobody", "112-233-445 95",
    "'; DROP TABLE transfers; --", "<b>", "\x00", "я" * 2_000,
)  # fmt: skip
AMOUNTS = (1, 100, 19_000, 20_500, 99_999, 100_000, 0, -19_000, 2**53)
DAYS = ("2025-09-01", "2025-10-06", "2025-10-13", "2025-10-20", "2025-11-03", "2025-12-29", "2026-01-12")


class Caller:
    """Draws calls and makes them; remembers what was called and how it was answered."""

    def __init__(self, pages: Pages, seed: int) -> None:
        self.world = World(pages)
        self.pages, self.chance = pages, random.Random(seed)
        self.register: FlaskClient = create_app(pages.engine, pages.clock, is_test=False).test_client()
        self.routes = sorted((rule.endpoint, rule.arguments) for rule in pages.app.url_map.iter_rules())
        self._left: list[Any] = []
        self.called: list[str] = []
        self.answers: Counter[tuple[str, int]] = Counter()
        self.sent: list[dict[str, Any]] = []

    def call(self) -> None:
        """One call of anybody's."""
        if self.chance.random() < 0.4:
            self._operations()
            return
        if not self._left:  # each route once before any comes again
            self._left = self.chance.sample(self.routes, len(self.routes))
        route, arguments = self._left.pop()
        allowed = [who for who in WHO if _role(who) in RULES[route].who]
        who = self.chance.choice(allowed if self.chance.random() < 0.7 else WHO)
        if who != "anybody" and self.world.persons[who] not in self._stored(persons.c.person):
            return  # the account was given up earlier in this very sequence
        try:
            path = self._path(route, {name: self._value(name) for name in arguments})
        except ValueError:  # an argument that is one of a few words
            path = self._path(route, {name: str(self.world.objects[name]) for name in arguments})
        visitor = self.world.visitor(who)
        visitor.get(path, follow=False)
        self._note(f"{who} GET {path}", route, visitor.status)
        forms = (
            [form for form in visitor.forms() if form.method == "post" and "/sign-out" not in form.action] if visitor.status == 200 else []
        )
        if forms:
            self._post(who, route, visitor, self.chance.choice(forms), path)
        elif visitor.status == 405:
            self._post(who, route, visitor, FormOnPage(path, "post", {"csrf_token": self._token(visitor)}), path)

    def _post(self, who: str, route: str, visitor: Visitor, form: FormOnPage, path: str) -> None:
        sent = dict(form.values)
        for name in sorted(form.names - {"csrf_token"}):
            if self.chance.random() < (0.3 if sent.get(name) else 0.6):
                sent[name] = self.chance.choice(TYPED)
        for name in self.chance.sample(sorted(form.names), min(1, len(form.names))):  # a button, or a box that is ticked
            sent.setdefault(name, "y")
        answer = visitor.client.post(form.action or path, data=sent, headers=visitor.headers)
        typed = {name: text[:40] for name, text in sent.items() if name != "csrf_token"}
        self._note(f"{who} POST {form.action or path} {typed}", route, answer.status_code)

    def _operations(self) -> None:
        """The register's own interface: debits, reversals, attendances and closings, most of them of a lesson that there is."""
        if self.chance.random() < 0.03:
            body = {
                "month": self.chance.choice(("2025-10", "2025-11", "2024-01")),
                "payer": self.chance.choice(("pskov", "nobody")),
                "open_operations": [],
            }
            answer = self.register.post("/register/v1/months/close", json=body)
            self._note(f"register closes {body['month']}", "register.close", answer.status_code)
            return
        batch = [self._operation() for _ in range(self.chance.randint(1, 4))]
        answer = self.register.post("/register/v1/operations", json={"operations": batch})
        self.sent += batch
        outcomes = [each["outcome"] for each in answer.get_json()["answers"]] if answer.status_code == 200 else []
        for operation, outcome in zip(batch, outcomes, strict=False):
            self.answers[f"{operation['kind']} {outcome}", 200] += 1
        self._note(f"register takes {batch} -> {outcomes}", "register.operations", answer.status_code)

    def _operation(self) -> dict[str, Any]:
        if self.sent and self.chance.random() < 0.1:
            return self.chance.choice(self.sent)
        live = self._live_debits()
        if live and self.chance.random() < 0.4:
            debit = self.chance.choice(live)
            told = {name: debit[name] for name in ("provider", "child", "group", "date", "slot", "lesson_starts_at")}
            made = {"kind": "reversal", "claim": told, "after": debit["id"], "refers_to": debit["id"], "status": None, "n": debit["n"] + 1}
            made |= {name: debit[name] for name in ("enrollment", "certificate", "month", "amount_kopecks")}
        else:
            made = self._debit()
        made["id"] = new_id(self.chance.random())
        if self.chance.random() < 0.25:
            name, value = self.chance.choice(
                (("amount_kopecks", self.chance.choice(AMOUNTS)), ("certificate", "cert-0471000002"), ("enrollment", "D-2"),
                 ("refers_to", new_id(1)),
                 ("month", "2025-09"), ("kind", "attendance"), ("kind", "payout"), ("closed_over", True))
            )  # fmt: skip
            made[name] = value
        elif self.chance.random() < 0.15:
            name, value = self.chance.choice((("provider", "ring"), ("child", "k-2"), ("group", "g-2"), ("date", "2026-01-12")))
            made["claim"] = {**made["claim"], name: value}
        return made

    def _debit(self) -> dict[str, Any]:
        with reading(self.pages.engine) as connection:
            rows = connection.execute(select(enrollments).order_by(enrollments.c.enrollment)).all()
        row, day = self.chance.choice(rows), self.chance.choice(DAYS)
        child = self.chance.choice(self._children_of(row.certificate) or ["k-1"])
        claim = {"provider": "ddt", "child": child, "group": row.group, "date": day, "slot": 1, "lesson_starts_at": f"{day}T16:00:00+03:00"}
        made = {"kind": "debit", "claim": claim, "enrollment": row.enrollment, "certificate": row.certificate, "n": 0, "month": day[:7]}
        return {**made, "amount_kopecks": self.chance.choice(AMOUNTS), "after": None, "refers_to": None, "status": None}

    # ------------------------------------------------------------ parts

    def _live_debits(self) -> list[Any]:
        wanted = select(acceptances).where(acceptances.c.journal == "money").order_by(acceptances.c.acceptance)
        with reading(self.pages.engine) as connection:
            last = {(row.child, row.group, row.date, row.slot): row._mapping for row in connection.execute(wanted)}
        return [row for row in last.values() if row["kind"] == "debit"]

    def _children_of(self, certificate: str) -> list[str]:
        table = metadata.tables["certificates"]
        return self._stored(table.c.child, table.c.certificate == certificate)

    def _stored(self, column: Any, *conditions: Any) -> list[str]:
        with reading(self.pages.engine) as connection:
            return [
                str(each) for each in connection.scalars(select(column).where(*conditions).distinct().order_by(column)) if each is not None
            ]

    def _value(self, name: str) -> str:
        """What an address names: the family's own object, or any that there is under this name, in whatever table."""
        known = self.world.objects.get(name)
        if known is not None and self.chance.random() < 0.6:
            return str(known)
        columns = [table.c[name.rstrip("_")] for table in metadata.tables.values() if name.rstrip("_") in table.c]
        found = self._stored(self.chance.choice(columns)) if columns else []
        return self.chance.choice(found or [str(known or "none")])

    def _path(self, route: str, values: dict[str, str]) -> str:
        if route == "static":
            values = {"filename": "portal.css"}
        adapter = self.pages.app.url_map.bind("localhost")
        try:
            path: str = adapter.build(route, values)
        except ValueError:  # a word that such an address cannot hold: it takes one of a few
            path = adapter.build(route, {name: self.world.objects[name] for name in values})
        return path

    def _token(self, visitor: Visitor) -> str:
        visitor.get("/sign-in")
        return str(visitor.form_with("csrf_token", "email").values["csrf_token"])

    def _note(self, said: str, route: str, status: int) -> None:
        self.called.append(f"{said} -> {status}")
        self.answers[route, status] += 1
        assert status < 500, "\n".join(self.called[-5:])


def _role(who: str) -> Role:
    names = {"second": "parent", "stranger": "parent", "other_club": "club", "other_payer": "payer"}
    return Role(names.get(who, who))


# ---------------------------------------------------------------- the property


class Books:
    """All transfers, looked at again after each call."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.seen: list[tuple[Any, ...]] = []

    def hold(self) -> None:
        with reading(self._engine) as connection:
            rows = connection.execute(select(transfers).order_by(transfers.c.transfer)).all()
            known = {row.account: row for row in connection.execute(select(accounts))}
            taken = {row.id: row for row in connection.execute(select(acceptances))}
            assert [tuple(row) for row in rows][: len(self.seen)] == self.seen, "a transfer is for ever"
            fresh = rows[len(self.seen) :]
            for row in fresh:
                self._one(connection, row, known[row.from_account], known[row.to_account], taken)
            self.seen = [tuple(row) for row in rows]
            _sums(connection, rows, known)
        for name in ("debit", "reversal"):
            operations = [row.operation for row in rows if row.kind == name]
            assert len(set(operations)) == len(operations) and set(operations) == {each.id for each in taken.values() if each.kind == name}

    def _one(self, connection: Connection, row: Any, source: Any, target: Any, taken: dict[str, Any]) -> None:
        assert (row.kind, source.kind, target.kind) in PAIRS
        assert (source.payer, source.first, source.last) == (target.payer, target.first, target.last), "never to another payer or year"
        if row.kind in ("nominal", "shortfall"):
            assert row.operation is None and {source.owner, target.owner} - {""} == {source.owner or target.owner}, "of one certificate"
            return
        operation = taken[row.operation]
        certificate, provider = (source, target) if row.kind == "debit" else (target, source)
        assert operation.kind == row.kind and operation.amount_kopecks == row.amount_kopecks > 0
        assert (certificate.owner, provider.owner) == (operation.certificate, operation.provider)
        period = nominal_period(dt.date.fromisoformat(operation.date))
        assert (certificate.first, certificate.last) == (period.first.isoformat(), period.last.isoformat()), "of the lesson's own year"
        if row.kind == "debit":
            _is_a_lesson(connection, operation)
        else:
            debit = taken[operation.refers_to]
            same = ("certificate", "provider", "payer", "amount_kopecks", "child", "group", "date", "slot", "enrollment")
            assert debit.kind == "debit" and all(getattr(debit, name) == getattr(operation, name) for name in same), (
                "back to whence it came"
            )


def _is_a_lesson(connection: Connection, operation: Any) -> None:
    """Of a group of that provider, on a day of an enrollment of that child, on that very certificate."""
    joined = enrollments.join(groups, groups.c.group == enrollments.c.group).join(modules).join(programmes)
    joined = joined.join(metadata.tables["certificates"], metadata.tables["certificates"].c.certificate == enrollments.c.certificate)
    wanted = select(enrollments, programmes.c.provider, metadata.tables["certificates"].c.child).select_from(joined)
    row = connection.execute(wanted.where(enrollments.c.enrollment == operation.enrollment)).one()
    assert (row.group, row.provider, row.certificate, row.child) == (
        operation.group,
        operation.provider,
        operation.certificate,
        operation.child,
    )
    assert row.starts_on <= operation.date <= row.ends_on and row.state not in NOT_IN_FORCE


def _sums(connection: Connection, rows: list[Any], known: dict[int, Any]) -> None:
    come, gone = Counter[int](), Counter[int]()
    for row in rows:
        come[row.to_account] += row.amount_kopecks
        gone[row.from_account] += row.amount_kopecks
    assert all((come[key], gone[key]) == (row.in_kopecks, row.out_kopecks) for key, row in known.items()), "an account is its transfers"
    assert sum(come.values()) == sum(gone.values())
    balances = {(row.kind, row.owner, row.payer, row.first): row.in_kopecks - row.out_kopecks for row in known.values()}
    assert all(amount >= 0 for (kind, *_), amount in balances.items() if kind in (CERTIFICATE, PAYABLE))
    paid = Counter[tuple[str, str, str]]()
    for row in rows:
        source, target = known[row.from_account], known[row.to_account]
        if row.kind == "debit":
            paid[source.owner, source.payer, source.first] += row.amount_kopecks
        elif row.kind == "reversal":
            paid[target.owner, target.payer, target.first] -= row.amount_kopecks
    for row in connection.execute(select(nominals)):
        key = (row.certificate, row.payer, row.first)
        free, short = balances.get((CERTIFICATE, *key), 0), balances.get((SHORTFALL, *key), 0)
        assert row.amount_kopecks == free + short + paid[key], "nominal = free + paid − shortfall"


# ---------------------------------------------------------------- the tests


def play(pages: Pages, seed: int, calls: int) -> Iterator[Caller]:
    caller, books = Caller(pages, seed), Books(pages.engine)
    books.hold()
    for _ in range(calls):
        caller.call()
        try:
            books.hold()
        except (AssertionError, KeyError) as error:
            raise AssertionError("\n".join([*caller.called[-12:], repr(error)])) from error
    yield caller


@pytest.mark.parametrize("seed", range(3))
def test_whatever_anybody_calls_money_goes_to_lessons_and_back(pages: Pages, seed: int):
    for caller in play(pages, seed, 150):
        moved = {name for (name, _), number in caller.answers.items() if number}
        assert {"debit accepted", "reversal accepted", "debit rejected"} <= moved, "it did move"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 110))
def test_the_same_of_many_more_calls(pages: Pages, seed: int):
    for caller in play(pages, seed, 1_200):
        routes = {route for route, _status in caller.answers}
        assert set(RULES) - routes == set(), "every route was called"
        reached = {route for route, status in caller.answers if status in (200, 302, 410)}
        assert len(set(RULES) & reached) > 0.9 * len(RULES), "and nearly all by somebody who may, about something that was there"
