"""What a family may ask of its data: all of it as a file, who looked at it, and that it is deleted; and what is deleted after its time."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from navigator.app import create_app
from navigator.district import read_folder
from navigator.engine import writing
from navigator.loading import load
from navigator.portal.disputes.tables import disputes
from navigator.portal.importing.families import store_parents
from navigator.portal.letters.tables import letter_choices
from navigator.portal.privacy import held, keeping, words
from navigator.portal.privacy.tables import erasures
from navigator.portal.region import region
from navigator.portal.tables import applications, guardians, instant, persons, reads, requests, sign_ins, tokens
from navigator.tables import children, enrollments, loaded_rows, metadata, transfers

from ..conftest import make_attendance, make_debit
from .conftest import PASSWORD, Pages
from .test_access import DISPUTE, World
from .visitor import Visitor

NAMES = ("Иванова", "112-233-445 95", "2014-05-20")


@pytest.fixture
def town(pages: Pages) -> Pages:
    """The child k-1 has been to a lesson that was paid, and to none that is open."""
    pages.person("anna@example.ru", "parent", "k-1", phone="+7 921 1112233")
    client = create_app(pages.engine, pages.clock, is_test=False).test_client()
    sent = client.post("/register/v1/operations", json={"operations": [make_attendance(), make_debit()]}).get_json()["answers"]
    assert [each["outcome"] for each in sent] == ["accepted", "accepted"]
    return pages


def everything(pages: Pages) -> dict[str, list[tuple[Any, ...]]]:
    """Every text that any table holds."""
    return {
        table.name: [tuple(map(str, row)) for row in pages.read(lambda c, table=table: c.execute(select(table)).all())]
        for table in metadata.sorted_tables
    }


def holding(pages: Pages, text: str) -> list[str]:
    """The tables in which a text stands anywhere."""
    return [name for name, rows in everything(pages).items() if any(text in cell for row in rows for cell in row)]


def end_enrollments(pages: Pages) -> None:
    with writing(pages.engine) as connection:
        connection.execute(update(enrollments).values(ends_on="2025-11-04"))


def archive_of(visitor: Visitor, password: str = PASSWORD) -> dict[str, str]:
    visitor.get("/account/data")
    sent = {**visitor.form_with("password").values, "password": password}
    visitor.answer = visitor.client.post("/account/data", data=sent, headers=visitor.headers)
    if visitor.answer.mimetype != "application/zip":
        return {}
    with zipfile.ZipFile(io.BytesIO(visitor.answer.data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


# ---------------------------------------------------------------- taking away


def test_all_that_is_held_comes_as_a_file_for_people_and_one_for_programs(town: Pages):
    visitor = town.signed_in("anna@example.ru")
    found = archive_of(visitor)
    assert visitor.answer.headers["Content-Disposition"].startswith("attachment")
    tables = json.loads(found["navigator.json"])["tables"]
    assert [row["snils"] for row in tables["children"]] == ["112-233-445 95"]
    assert tables["persons"][0]["email"] == "anna@example.ru" and tables["persons"][0]["phone"] == "+7 921 1112233"
    assert {row["kind"] for row in tables["acceptances"]} == {"attendance", "debit"}
    assert [row["number"] for row in tables["certificate_numbers"]] == ["0471000001"]
    assert sum(row["amount_kopecks"] for row in tables["transfers"] if row["kind"] == "debit") == 19000
    page = found["navigator.html"].replace("\xa0", " ")
    for text in ("Ваша учётная запись", "Иванова", "20 мая 2014", "Посещения и списания", "190,00 ₽", "6 октября 2025", "списание"):
        assert text in page, text
    assert "Петров" not in page + found["navigator.json"], "nobody else's child"
    for table in tables:
        assert str(words.title(table)) != table, f"{table} has no name for a family"


def test_what_opens_an_account_and_what_is_somebody_elses_is_left_out(town: Pages):
    town.person("boris@example.ru", "parent", "k-1", last_name="Секретный")
    visitor = town.signed_in("anna@example.ru")
    visitor.get("/family/k-1/invite")
    visitor.submit({"email": "granny@example.ru"})
    text = archive_of(visitor)["navigator.json"]
    hashed = town.read(lambda c: c.scalar(select(persons.c.password).where(persons.c.email == "anna@example.ru")))
    digests = [
        *town.read(lambda c: c.scalars(select(sign_ins.c.digest)).all()),
        *town.read(lambda c: c.scalars(select(tokens.c.digest)).all()),
    ]
    for secret in (hashed, *digests, "granny@example.ru", "boris@example.ru", "Секретный"):
        assert secret not in text
    own = town.read(lambda c: c.scalar(select(persons.c.person).where(persons.c.email == "anna@example.ru")))
    assert {row["person"] for row in json.loads(text)["tables"]["guardians"]} == {own, None}


def test_the_password_is_asked_for_again_and_counted(town: Pages):
    visitor = town.signed_in("anna@example.ru")
    visitor.get("/account/data")
    visitor.submit({})
    assert visitor.status == 200 and "Заполните" in visitor.text
    for _ in range(5):
        assert archive_of(visitor, "another password") == {} and visitor.status == 403
    assert archive_of(visitor) == {} and visitor.status == 429
    town.later(minutes=16)
    assert archive_of(visitor)


def test_taking_away_is_a_reading_that_the_parent_sees(town: Pages):
    visitor = town.signed_in("anna@example.ru")
    archive_of(visitor)
    assert ("privacy.own", "k-1") in town.read(lambda c: [tuple(row) for row in c.execute(select(reads.c.page, reads.c.child)).all()])


def test_no_table_that_names_a_child_or_a_person_is_forgotten():
    """A table that somebody adds is in the archive by itself, or its way is written down in `held`."""
    all_there: dict[str, list[dict[str, Any]]] = {table: [] for table in metadata.tables}
    for name, columns in held.tables_of_people().items():
        way = held._whose(metadata.tables[name], all_there, "p-1", "a@b.ru", ["k-1"])
        assert way or name in held.COPIES, f"{name} refers to people by {columns} and is in no family's archive"


# ---------------------------------------------------------------- who looked


def test_the_parent_sees_who_looked_at_the_child(town: Pages):
    town.person("operator@example.ru", "operator")
    operator, parent = town.signed_in("operator@example.ru"), town.signed_in("anna@example.ru")
    operator.get("/children/k-1")
    parent.get("/family/k-1")
    parent.get("/family/k-1/reads")
    assert "оператор" in parent.text and "вы" in parent.text.split() and "кабинет оператора" in parent.text
    with writing(town.engine) as connection:
        row = {"at": instant(town.clock.now()), "person": "p", "role": "club", "page": "enrolling.answer", "child": "k-1"}
        connection.execute(reads.insert(), [row] * 60)
    parent.get("/family/k-1/reads")
    assert parent.html.count("<tr><td>") == 50
    link = parent.html.split('href="/family/k-1/reads?before=')[1].split('"')[0]
    parent.get(f"/family/k-1/reads?before={link}")
    assert "кабинет оператора" in parent.text, "the next page is older"
    parent.get("/family/k-1/reads?before=x")
    assert parent.status == 404


# ---------------------------------------------------------------- deleting


def deleting(visitor: Visitor, path: str, **typed: str) -> str:
    visitor.get(path)
    return visitor.submit({"password": PASSWORD, "is_sure": "y", **typed})


def test_what_still_goes_on_has_to_end_first_and_is_told_plainly(town: Pages):
    visitor = town.signed_in("anna@example.ru")
    visitor.get("/family/k-1/delete")
    assert "Сначала нужно закончить" in visitor.text and visitor.text.count("«Шахматы»") == 2 and "отчислении" in visitor.text
    assert not [form for form in visitor.forms() if "is_sure" in form.names], "there is nothing to press"
    with writing(town.engine) as connection:
        connection.execute(
            disputes.insert(),
            [{**DISPUTE, "person": _person(connection), "filed_at": "2025-11-01T00:00:00Z", "waits_since": "2025-11-01T00:00:00Z"}],
        )
    end_enrollments(town)
    visitor.get("/account/delete")
    assert "Спор S-1 ещё не решён" in visitor.text and "Шахматы" not in visitor.text


def _person(connection: Any) -> str:
    return str(connection.scalar(select(persons.c.person).where(persons.c.email == "anna@example.ru")))


def test_a_child_is_deleted_everywhere_and_its_money_stays_under_the_certificate(town: Pages, district: Any):
    end_enrollments(town)
    visitor = town.signed_in("anna@example.ru")
    before = town.read(lambda c: c.execute(select(transfers)).all())
    assert all(holding(town, name) for name in NAMES)
    deleting(visitor, "/family/k-1/delete", password="wrong password")
    assert visitor.status == 403 and holding(town, "Иванова")
    visitor.get("/family/k-1/delete")
    visitor.submit({"password": PASSWORD})
    assert "Поставьте отметку" in visitor.text and holding(town, "Иванова")
    deleting(visitor, "/family/k-1/delete")
    assert "Данные ребёнка удалены" in visitor.text
    assert {name: holding(town, name) for name in NAMES} == {name: [] for name in NAMES}
    assert town.read(lambda c: c.execute(select(transfers)).all()) == before
    client = create_app(town.engine, town.clock, is_test=False).test_client()
    (item,) = client.get("/register/v1/certificates?number=0471000001").get_json()["items"]
    assert (item["birth_date"], item["snils"], item["states"][-1]["state"]) == (None, None, "closed")
    statement = client.get("/register/v1/statement?month=2025-10").get_json()["operations"]
    assert [(each["certificate"], each["amount_kopecks"]) for each in statement] == [("cert-0471000001", 19000)]
    assert town.read(lambda c: c.execute(select(erasures.c.what, erasures.c.key, erasures.c.why)).all()) == [("child", "k-1", "asked")]
    visitor.get("/family/k-1")
    assert visitor.status == 404
    with writing(town.engine) as connection:  # the district's file still has it, and a list of parents
        load(connection, read_folder(district(name="again")), town.clock)
        load(connection, read_folder(district({"children.csv": "child,last_name,payer\nk-1,Иванова,luga\n"}, name="moved")), town.clock)
        store_parents(connection, town.clock, [{"email": "anna@example.ru", "child": "k-1"}, {"email": "new@example.ru", "child": "k-1"}])
    assert {name: holding(town, name) for name in NAMES} == {name: [] for name in NAMES}
    assert town.read(lambda c: c.scalar(select(children.c.payer).where(children.c.child == "k-1"))) == "luga", "the rest is taken as ever"
    assert holding(town, "new@example.ru") == [] and town.read(lambda c: c.execute(select(guardians)).all()) == []


def test_what_was_written_about_a_child_goes_and_its_application_is_withdrawn(pages: Pages):
    world = World(pages)
    end_enrollments(pages)
    with writing(pages.engine) as connection:
        connection.execute(update(disputes).values(state="confirmed", reason="Маша была у бабушки"))
        connection.execute(update(requests).values(state="refused", reason="Маша мала"))
        connection.execute(delete(guardians).where(guardians.c.person == world.persons["second"]))
    deleting(world.visitor("parent"), "/family/k-1/delete")
    assert holding(pages, "Маша") == [] and holding(pages, "second@example.ru") == ["persons"], "the invitation is gone"
    assert pages.read(lambda c: c.scalars(select(applications.c.state).where(applications.c.child == "k-1")).all()) == ["withdrawn"]


def test_the_second_parent_keeps_the_child(town: Pages):
    second = town.person("boris@example.ru", "parent")
    with writing(town.engine) as connection:
        connection.execute(guardians.insert(), [{"child": "k-1", "person": second, "since": instant(town.clock.now()), "is_first": False}])
    visitor = town.signed_in("anna@example.ru")
    visitor.get("/family/k-1/delete")
    assert "другой родитель" in visitor.text and "Шахматы" not in visitor.text, "nothing has to end for that"
    visitor.submit({"password": PASSWORD, "is_sure": "y"})
    assert "больше не представляете" in visitor.text and holding(town, "Иванова")
    assert [tuple(row) for row in town.read(lambda c: c.execute(select(guardians.c.person, guardians.c.is_first)).all())] == [
        (second, True)
    ]
    other = town.signed_in("boris@example.ru")
    other.get("/family/k-1")
    assert "Иванова" in other.text


def test_an_account_is_deleted_with_the_children_that_nobody_else_stands_for(town: Pages):
    with writing(town.engine) as connection:
        row = {"child": "k-2", "person": _person(connection), "since": instant(town.clock.now()), "is_first": True}
        connection.execute(guardians.insert(), [row])
    town.person("boris@example.ru", "parent", "k-2")
    with writing(town.engine) as connection:
        chosen = {"person": _person(connection), "choice": "weekly", "chosen_at": instant(town.clock.now()), "told_to": 0}
        connection.execute(letter_choices.insert(), [chosen])
    visitor = town.signed_in("anna@example.ru")
    visitor.get("/account/delete")
    assert "Сначала нужно закончить" in visitor.text and "останется у другого родителя" in visitor.text
    end_enrollments(town)
    deleting(visitor, "/account/delete")
    assert "Учётная запись удалена" in visitor.text and visitor.path == "/"
    assert town.read(lambda connection: connection.execute(letter_choices.select()).all()) == []
    assert "последнее письмо" in town.delivered("anna@example.ru")
    assert holding(town, "Иванова") == [] and holding(town, "Петров") and holding(town, "1112233") == []
    assert holding(town, "anna@example.ru") == ["mails"], "the last letter, until its time is over"
    visitor.get("/account")
    assert "/sign-in" in visitor.path
    again = town.visitor()
    again.get("/sign-in")
    again.submit({"email": "anna@example.ru", "password": PASSWORD})
    assert "не подходят" in again.text
    town.later(days=region().keep_letters_days + 1)
    keeping.forget_due(town.engine, town.clock)
    assert holding(town, "anna@example.ru") == []


# ---------------------------------------------------------------- after its time


def test_what_is_kept_too_long_goes_by_itself_and_not_a_day_earlier(town: Pages):
    town.signed_in("anna@example.ru").get("/family/k-1")
    end_enrollments(town)
    last = dt.datetime(2025, 12, 31, 12, tzinfo=town.clock.now().tzinfo)
    town.clock.stand(last + dt.timedelta(days=region().keep_child_days))
    before = keeping.forget_due(town.engine, town.clock)
    assert before.children == 0 and holding(town, "Иванова") and before.reads > 0 and before.sign_ins == 1
    town.later(days=1)
    with town.app.app_context():
        assert town.app.extensions["chores"].do_due() == 0
    assert holding(town, "Иванова") == [] and holding(town, "Петров") == [], "both certificates ended with 2025"
    assert holding(town, "Сидоров"), "the third has one until August"
    gone = town.read(lambda c: c.execute(select(erasures.c.what, erasures.c.why)).all())
    assert [tuple(row) for row in gone] == [("child", "due"), ("child", "due"), ("account", "due")]
    assert holding(town, "anna@example.ru") == [], "she stands for nobody any more and has not been here for three years"
    assert keeping.forget_due(town.engine, town.clock) == keeping.Forgotten()


def test_a_child_with_something_open_is_left_until_it_has_ended(town: Pages):
    with writing(town.engine) as connection:
        connection.execute(update(enrollments).values(ends_on="2031-01-01"))
    town.clock.stand(dt.datetime(2030, 1, 1, 12, tzinfo=town.clock.now().tzinfo))
    assert keeping.forget_due(town.engine, town.clock).children == 0 and holding(town, "Иванова")


def test_the_chore_looks_once_a_day(town: Pages, monkeypatch: pytest.MonkeyPatch):
    looked: list[str] = []
    monkeypatch.setattr(keeping, "forget_due", lambda _engine, clock: looked.append(clock.today().isoformat()))
    daily = keeping.Daily()
    for _ in range(3):
        daily(town.engine, town.clock)
    town.later(days=1)
    daily(town.engine, town.clock)
    assert looked == ["2025-11-05", "2025-11-06"]


def test_the_page_says_what_is_kept_and_how_long(town: Pages):
    visitor = town.visitor()
    visitor.get("/privacy")
    for text in ("152-ФЗ", "3 года", "30 дней", "90 дней", "Кто видит данные ребёнка", "Cookie одна", "Что вы можете"):
        assert text in visitor.text, text
    english = town.visitor("en")
    english.get("/privacy")
    assert "3 years" in english.text and "30 days" in english.text


def test_sentences_of_the_forgotten_row_stay_out_of_every_column(town: Pages):
    """The marker that keeps a name from coming back holds no name itself."""
    end_enrollments(town)
    deleting(town.signed_in("anna@example.ru"), "/family/k-1/delete")
    row = town.read(lambda c: c.scalar(select(loaded_rows.c.row).where(loaded_rows.c.table == "children", loaded_rows.c.key == '["k-1"]')))
    assert json.loads(row)["last_name"] == {"forgotten": True} and json.loads(row)["payer"] == "pskov"
