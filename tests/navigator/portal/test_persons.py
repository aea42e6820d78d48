"""Persons who do not register themselves: imported parents, and people of the operator, clubs and payers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from navigator.cli import main
from navigator.engine import open_database, reading
from navigator.portal.account import store
from navigator.portal.tables import guardians, persons

PARENTS = """email,child,last_name,first_name,patronymic,phone
Inna@Example.ru,k-1,Иванова,Инна,,
inna@example.ru,k-2,Иванова,Инна,,
boris@example.ru,k-1,Иванов,Борис,,+7 900
"""


@pytest.fixture
def told(home: Path, district, monkeypatch: pytest.MonkeyPatch):
    """The district is loaded; calls a command."""
    monkeypatch.setenv("NAVIGATOR_PUBLIC_URL", "https://navigator.example")

    def call(*arguments: str):
        return CliRunner().invoke(main, list(arguments), catch_exceptions=False)

    assert call("load", str(district())).exit_code == 0
    return call


def held(home: Path, query):
    engine = open_database(home)
    with reading(engine) as connection:
        found = connection.execute(query).all()
    engine.dispose()
    return found


def test_parents_of_2019_come_in_once_however_often_the_file_is_given(told, home: Path, tmp_path: Path):
    file = tmp_path / "parents.csv"
    file.write_text(PARENTS, encoding="utf-8")
    assert json.loads(told("parents", str(file), "--json").output) == {"outcome": "loaded", "parents": 2, "bonds": 3}
    assert json.loads(told("parents", str(file), "--json").output) == {"outcome": "loaded", "parents": 0, "bonds": 0}
    rows = held(home, select(persons.c.email, persons.c.password, persons.c.confirmed_at).order_by(persons.c.email))
    assert [tuple(row) for row in rows] == [("boris@example.ru", None, None), ("inna@example.ru", None, None)]
    assert len(held(home, select(guardians).where(guardians.c.is_first))) == 2


def test_a_bad_file_is_refused_whole_with_every_reason(told, home: Path, tmp_path: Path):
    file = tmp_path / "parents.csv"
    file.write_text(PARENTS + "nobody,k-1,,,,\nanna@example.ru,k-9,,,,\nolga@example.ru,k-1,,,,\nx@example.ru,k-1\n", encoding="utf-8")
    assert told("person", "olga@example.ru", "--role", "operator").exit_code == 0
    result = told("parents", str(file), "--json", "--lang", "en")
    assert result.exit_code == 1
    problems = json.loads(result.stdout)["problems"]
    assert [(each["row"], each["column"]) for each in problems] == [(5, "email"), (6, "child"), (7, "email"), (8, None)]
    assert held(home, select(guardians)) == []
    file.write_bytes("email,child\nинна@example.ru,k-1\n".encode("cp1251"))
    assert "UTF-8" in told("parents", str(file)).stderr
    file.write_text("email,name\n", encoding="utf-8")
    assert "child" in told("parents", str(file)).stderr
    assert told("parents", str(tmp_path / "none.csv")).exit_code == 3


def test_an_operator_is_made_by_a_command_and_chooses_a_password(told, home: Path):
    result = told("person", "Olga@Example.ru", "--role", "operator", "--lang", "ru")
    link = re.search(r"https://navigator\.example/account/new/\S+", result.output)
    assert result.exit_code == 0 and link is not None
    (letter,) = (home / "mail").iterdir()
    assert b"olga@example.ru" in letter.read_bytes()
    rows = held(home, select(persons.c.role, persons.c.password))
    assert [tuple(row) for row in rows] == [("operator", None)]


@pytest.mark.parametrize(
    ("arguments", "status", "told_in"),
    [
        (("nobody", "--role", "operator"), 1, "nobody"),
        (("a@b.ru", "--role", "club"), 2, "--provider"),
        (("a@b.ru", "--role", "club", "--provider", "none"), 1, "none"),
        (("a@b.ru", "--role", "payer", "--payer", "none"), 1, "none"),
        (("a@b.ru", "--role", "club", "--provider", "ddt"), 0, ""),
        (("a@b.ru", "--role", "payer", "--payer", "luga"), 0, ""),
    ],
)
def test_whose_person_it_is_must_be_known(told, arguments: tuple[str, ...], status: int, told_in: str):
    result = told("person", *arguments)
    assert result.exit_code == status and told_in in result.stderr


def test_an_address_that_somebody_has_is_not_given_another_role(told):
    told("person", "a@b.ru", "--role", "operator")
    assert told("person", "a@b.ru", "--role", "operator").exit_code == 0, "another letter"
    assert told("person", "a@b.ru", "--role", "payer", "--payer", "luga").exit_code == 1


def test_a_parent_is_made_for_children_that_are_there(told, home: Path):
    assert told("person", "inna@example.ru", "--role", "parent").exit_code == 2, "for whom?"
    refused = told("person", "inna@example.ru", "--role", "parent", "--child", "k-1", "--child", "k-9", "--lang", "en")
    assert refused.exit_code == 1 and "k-9" in refused.stderr
    assert held(home, select(persons)) == []
    done = told("person", "inna@example.ru", "--role", "parent", "--child", "k-1", "--child", "k-2", "--name", "Иванова", "Инна", "--json")
    assert json.loads(done.stdout)["link"].startswith("https://navigator.example/account/new/")
    (row,) = held(home, select(persons))
    assert (row.role, row.last_name, row.first_name, row.password) == ("parent", "Иванова", "Инна", None)
    assert sorted(each.child for each in held(home, select(guardians).where(guardians.c.person == row.person))) == ["k-1", "k-2"]


def test_a_password_that_is_given_opens_the_account_at_once_and_writes_no_letter(told, home: Path, tmp_path: Path):
    file = tmp_path / "password"

    def given(text: str, *arguments: str):
        file.write_text(text, encoding="utf-8")
        return told("person", "ring@example.ru", "--role", "club", "--provider", "ddt", "--password-from", str(file), *arguments)

    def signs_in(password: str) -> bool:
        engine = open_database(home)
        with reading(engine) as connection:
            known = store.by_email(connection, "ring@example.ru")
        engine.dispose()
        return known is not None and known.confirmed_at is not None and store.is_password(known.password, password)

    assert given("short").exit_code == 1 and held(home, select(persons)) == []
    assert given("\nзвёздный корабль").exit_code == 3, "an empty first line"
    done = given("звёздный корабль\nrest", "--json")
    assert json.loads(done.stdout) == {"outcome": "done", "email": "ring@example.ru", "link": None}
    assert signs_in("звёздный корабль") and not (home / "mail").exists()
    assert given("другой корабль").exit_code == 0 and signs_in("другой корабль") and not signs_in("звёздный корабль")
    taken = told("person", "ring@example.ru", "--role", "operator", "--password-from", str(file))
    assert taken.exit_code == 1 and signs_in("другой корабль")
