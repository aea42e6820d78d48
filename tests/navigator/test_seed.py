"""`navigator seed`: a made-up town that is whole, nobody's, and the same for the same number."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event, select

from navigator.cli import main
from navigator.clock import clock_from
from navigator.commands import CommandRefused
from navigator.engine import open_database, reading
from navigator.portal.enrolling import quote
from navigator.portal.enrolling import store as enrolling
from navigator.portal.enrolling.quote import Money
from navigator.portal.family.snils import check_number, snils_from
from navigator.portal.tables import applications, guardians, persons, requests
from navigator.seed.sowing import Sown, sow
from navigator.seed.town import DIRECTIONS
from navigator.tables import (
    acceptances,
    accounts,
    agreements,
    certificate_numbers,
    certificate_words,
    certificates,
    children,
    enrollments,
    feed_items,
    groups,
    modules,
    programmes,
    timetable,
    transfers,
)
from tests.builders.postgres import Postgres

from .conftest import NOW


@pytest.fixture(autouse=True)
def standing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TEST", "1")
    monkeypatch.setenv("GATEWAY_NOW", NOW)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(tmp_path / "town")
    yield made
    made.dispose()


def sown(engine: Engine, count: int = 40, number: int = 1, weeks: int = 8, **more: Any) -> Sown:
    return sow(engine, clock_from(), count, number, weeks, **more)


def rows(engine: Engine, query: Any) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(query).all())


def all_rows(engine: Engine) -> dict[str, list[Any]]:
    """Everything but what is drawn for each person anew: the persons' ids."""
    known = (children, certificates, certificate_words, certificate_numbers, enrollments, timetable)
    tables = (*known, acceptances, accounts, transfers, feed_items)
    found = {table.name: [tuple(row) for row in rows(engine, select(table).order_by(*table.primary_key))] for table in tables}
    asked = select(requests.c.request, requests.c.child, requests.c.group, requests.c.state).order_by(requests.c.request)
    return {**found, "requests": [tuple(row) for row in rows(engine, asked)]}


def test_the_same_number_makes_the_same_town_on_either_database_and_another_one_another(engine: Engine, tmp_path: Path, postgres: Postgres):
    said = sown(engine)
    assert (said.children, said.providers, said.groups, said.refused) == (40, 6, 18, 0)
    assert said.enrollments >= 40 and said.operations > 500 and said.applications > 3 and said.requests > 1
    with postgres.database(is_empty=True) as url:
        again = open_database(tmp_path / "again", url)
        assert sown(again) == said
        assert all_rows(again) == all_rows(engine)
        again.dispose()
    other = open_database(tmp_path / "other")
    sown(other, number=2)
    assert all_rows(other)["children"] != all_rows(engine)["children"]
    other.dispose()


def test_nobody_in_it_is_real(engine: Engine):
    sown(engine, 500)
    numbers = [row.snils for row in rows(engine, select(children))]
    assert len(set(numbers)) == 500
    for snils in numbers:
        assert snils_from(snils) == snils and snils[:11].replace("-", "") <= "001001998"
        assert check_number(snils[:11].replace("-", "")) == snils[-2:]
    assert all(row.number.startswith("00") for row in rows(engine, select(certificate_numbers)))
    people = rows(engine, select(persons))
    assert all(row.email.endswith(".example") and row.password is None and row.confirmed_at is None for row in people)
    assert len({row.child for row in rows(engine, select(guardians))}) == 500 > len(people), "brothers and sisters have one parent"


def test_it_is_a_town_that_the_portals_own_rules_allow(engine: Engine):
    sown(engine, 400, weeks=2)
    today = clock_from().today()
    assert {row.direction for row in rows(engine, select(programmes))} == set(DIRECTIONS)
    places = {row.group: row.places for row in rows(engine, select(groups))}
    taken = Counter(row.group for row in rows(engine, select(enrollments)))
    assert all(number <= places[group] for group, number in taken.items())
    assert all(row.locality and row.address and row.teacher for row in rows(engine, select(groups)))
    assert any(number == places[group] for group, number in taken.items()), "some groups are full"
    assert len(taken) < len(places) or any(number < places[group] for group, number in taken.items()), "and some are not"
    kinds = Counter(row.word for row in rows(engine, select(certificate_words).where(certificate_words.c.what == "kind")))
    assert set(kinds) == {"accounting", "financing"} and kinds["financing"] > kinds["accounting"] > 20
    with reading(engine) as connection:
        mine = select(enrollments.c.enrollment, enrollments.c.group, certificates.c.child).join(certificates)
        whose: dict[str, list[str]] = {}
        for row in connection.execute(mine.where(enrollments.c.state == "active")):
            whose.setdefault(row.child, []).append(row.group)
        assert max(map(len, whose.values())) == 3
        for child, names in list(whose.items())[:60]:
            who = connection.execute(select(children).where(children.c.child == child)).one()
            items = [enrolling.group(connection, name) for name in names]
            for item in items:
                assert item is not None
                assert who.payer in connection.scalars(_agreed(item["group"])).all()
                others = [other for other in items if other is not None and other is not item]
                money = Money(100_000, True, False)  # a certificate may be frozen since
                offer = quote.quote_of(item, today)
                assert quote.obstacles(item, who, {who.payer}, others, money, offer, today) == []


def _agreed(group: str) -> Any:
    joined = groups.join(modules).join(programmes).join(agreements, agreements.c.provider == programmes.c.provider)
    return select(agreements.c.payer).select_from(joined).where(groups.c.group == group)


def test_its_money_is_the_ledgers(engine: Engine):
    sown(engine, 60)
    debits = sum(row.amount_kopecks for row in rows(engine, select(acceptances).where(acceptances.c.kind == "debit")))
    assert debits > 0 and debits == sum(row.in_kopecks - row.out_kopecks for row in rows(engine, select(accounts)) if row.kind == "payable")
    assert sum(row.in_kopecks - row.out_kopecks for row in rows(engine, select(accounts))) == 0
    statuses = {row.status for row in rows(engine, select(acceptances).where(acceptances.c.kind == "attendance"))}
    assert statuses == {"attended", "absent", "excused"}
    days = [row.date for row in rows(engine, select(acceptances))]
    assert min(days) >= "2025-09-10" and max(days) == "2025-11-04", "eight weeks, up to yesterday"


def test_a_register_that_knows_a_district_is_left_alone_unless_asked(register):
    refused = register.command("seed", "--lang", "en")
    assert refused.exit_code == 1 and "--beside" in refused.stderr
    before = register.feed("enrollments")[0]
    done = register.command("seed", "--beside", "--children", "5", "--json")
    assert done.exit_code == 0 and json.loads(done.stdout)["children"] == 5
    after = register.feed("enrollments")[0]
    assert [each for each in after if not each["enrollment"].startswith("s1-")][: len(before)] == before
    again = register.command("seed", "--beside", "--children", "5", "--lang", "en")
    assert again.exit_code == 1 and "--seed" in again.stderr
    assert register.command("seed", "--beside", "--children", "5", "--seed", "2").exit_code == 0


def test_what_is_refused_leaves_nothing_behind(engine: Engine):
    sown(engine, 10)
    before = all_rows(engine)
    with pytest.raises(CommandRefused):
        sown(engine, 20, is_beside=True)
    assert all_rows(engine) == before


def test_the_application_and_the_place_asked_for_wait_for_somebody(engine: Engine):
    sown(engine, 200, weeks=0)
    assert {row.state for row in rows(engine, select(applications))} == {"submitted"}
    assert {row.state for row in rows(engine, select(requests))} <= {"asked", "waiting"}


@pytest.mark.parametrize("day", ["2026-01-15", "2026-05-31", "2026-07-10", "2026-09-01", "2026-12-31"])
def test_any_day_of_the_year_has_a_town(engine: Engine, monkeypatch: pytest.MonkeyPatch, day: str):
    monkeypatch.setenv("GATEWAY_NOW", f"{day}T10:00:00+03:00")
    said = sown(engine, 60)
    assert said.enrollments > 20 and said.refused == 0
    assert (said.operations == 0) == (day in ("2026-07-10", "2026-09-01"))
    for row in rows(engine, select(enrollments)):
        assert row.starts_on[:4] == row.ends_on[:4] == "2026" and row.starts_on <= row.ends_on


def test_five_times_the_children_take_less_than_twice_the_statements(engine: Engine, tmp_path: Path):
    def counted(count: int, folder: str) -> int:
        made, number = open_database(tmp_path / folder), 0

        def count_one(*_: Any) -> None:
            nonlocal number
            number += 1

        event.listen(made, "before_cursor_execute", count_one)
        sow(made, clock_from(), count, 1, 2)
        made.dispose()
        return number

    assert counted(1_000, "large") < 2 * counted(200, "small"), "applications and requests are handed in singly, and as many"


def test_the_command_says_what_there_is_now(home: Path):
    result = CliRunner().invoke(main, ["seed", "--children", "12", "--lang", "en"], catch_exceptions=False)
    assert result.exit_code == 0 and "12 children" in result.stdout
