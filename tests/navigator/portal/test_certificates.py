"""Certificates as the operator keeps them: found, changed in two steps by the register's own commands, with who, when and why."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import insert, select

from navigator import changes
from navigator.engine import writing
from navigator.portal.certificates import deeds, store
from navigator.portal.certificates.tables import certificate_steps
from navigator.portal.enrolling import letters
from navigator.portal.enrolling import store as enrolling
from navigator.portal.financing import store as financing
from navigator.portal.tables import applications, instant, mails, persons, reads, requests
from navigator.tables import accounts, certificate_words, nominals

from ..conftest import make_debit
from .conftest import Pages
from .overseers import Counting, a_month, entered, take
from .test_catalogue import bring
from .visitor import Visitor

MARIA = "/certificates/cert-0471000001"
REASON = {"reason": "Заявление родителя № 5"}


@pytest.fixture
def town(pages: Pages) -> Pages:
    pages.person("operator@example.ru", "operator")
    pages.person("luga@example.ru", "payer", payer="luga")
    pages.person("anna@example.ru", "parent", "k-1")
    return pages


@pytest.fixture
def operator(town: Pages) -> Visitor:
    return entered(town, "operator@example.ru")


def change(visitor: Visitor, what: str, certificate: str = MARIA, **typed: object) -> str:
    """Type, look at what would happen, confirm; the text of what was shown before it was done."""
    visitor.get(f"{certificate}/{what}")
    visitor.submit({**REASON, **typed}, press="check")
    shown = visitor.text.replace("\u00a0", " ")
    visitor.submit(press="confirm")
    return shown


def served(pages: Pages, key: str = "cert-0471000001") -> dict[str, object]:
    return pages.read(lambda c: changes.named(c, changes.CERTIFICATES, [key]))[0]


def history(pages: Pages) -> list[tuple[str, dict[str, object], str]]:
    rows = pages.read(lambda c: c.execute(select(certificate_steps).order_by(certificate_steps.c.step)).all())
    return [(row.change, json.loads(row.said), row.reason) for row in rows]


# ---------------------------------------------------------------- looking up


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", "123"),
        ("?q=0471000001", "1"),
        ("?q=047+100+0001", "1"),
        ("?q=112-233-445+95", "1"),
        ("?q=11223344595", "1"),
        ("?q=иван", "1"),
        ("?q=Петров+п", "2"),
        ("?q=Петров+Сергей", ""),
        ("?q=%25", ""),
        ("?kind=financing", "13"),
        ("?kind=accounting&payer=pskov", "2"),
        ("?state=requested", "3"),
        ("?state=frozen", ""),
        ("?payer=nowhere", "123"),
    ],
)
def test_certificates_are_found(operator: Visitor, address: str, found: str):
    operator.get(f"/certificates{address}")
    assert [digit for digit in "123" if f"cert-047100000{digit}" in operator.html] == list(found)


def test_an_old_number_still_finds(town: Pages, operator: Visitor):
    change(operator, "reissue", number="0471999999", on="2025-11-05")
    operator.get("/certificates?q=0471000001")
    assert "0471999999" in operator.text


def test_a_list_reads_who_is_on_it_and_costs_the_same_statements(town: Pages):
    visitor = entered(town, "luga@example.ru")
    with Counting(town) as few:
        visitor.get("/certificates")
    assert "Сидоров" in visitor.text and "Иванова" not in visitor.text
    assert town.read(lambda c: c.scalars(select(reads.c.child)).all()) == ["k-3"]
    rows = "".join(f"04720{number:05d},k-3,luga,accounting,active,2025-01-01,2025-12-31\n" for number in range(60))
    bring(town, certificates="certificate,child,payer,kind,state,valid_from,valid_to\n" + rows)
    with Counting(town) as many:
        visitor.get("/certificates")
    assert many.number == few.number and "Дальше" in visitor.text
    visitor.get("/certificates?q=0471000001")
    assert "Иванова" not in visitor.text and "Ничего не найдено" in visitor.text
    assert visitor.get(MARIA) and visitor.status == 404


def test_the_page_of_one_shows_its_money_enrollments_and_operations(town: Pages, operator: Visitor):
    a_month(town)
    take(town, make_debit("2025-10-20"))
    operator.get(MARIA)
    shown = operator.text.replace("\u00a0", " ")
    assert "810,00 ₽" in shown and "1 000,00 ₽" in shown and "Шахматы, Группа 1" in shown and "NAV-00000005" in shown
    assert "Оператор ничего не менял." in shown


# ---------------------------------------------------------------- changes


def test_what_would_happen_is_shown_and_nothing_done_before_it_is_confirmed(town: Pages, operator: Visitor):
    take(town, make_debit("2025-10-06"), make_debit("2025-10-13"))
    operator.get(f"{MARIA}/freeze")
    operator.submit({**REASON, "on": "2025-10-10"}, press="check")
    shown = operator.text.replace("\u00a0", " ")
    assert "Заморожен с 10 октября 2025." in shown and "уже списано 1 занятие, 190,00 ₽" in shown and "Шахматы, Группа 1" in shown
    assert served(town)["states"] == [{"state": "active", "from": None}] and history(town) == []
    operator.submit(press="confirm")
    assert served(town)["states"][-1] == {"state": "frozen", "from": "2025-10-10"}, "the gateway's feed has it"
    assert history(town) == [("freeze", {"on": "2025-10-10"}, REASON["reason"])]
    assert "Заявление родителя № 5" in operator.text and "Соколова Анна" in operator.text


def test_it_can_be_taken_back_to_the_form_with_all_that_was_typed(operator: Visitor):
    operator.get(f"{MARIA}/freeze")
    operator.submit({**REASON, "on": "2025-12-01"}, press="check")
    operator.submit(press="back")
    form = operator.form_with("reason", "on")
    assert form.values["on"] == "2025-12-01" and form.values["reason"] == REASON["reason"]


def test_what_was_confirmed_is_what_was_shown(town: Pages, operator: Visitor):
    operator.get(f"{MARIA}/freeze")
    operator.submit({**REASON, "on": "2025-11-10"}, press="check")
    take(town, make_debit("2025-11-10", month="2025-11"))
    operator.submit(press="confirm")
    assert "только что изменился" in operator.text and "1 занятие" in operator.text and history(town) == []
    operator.submit(press="confirm")
    assert [each[0] for each in history(town)] == ["freeze"]


def test_the_same_confirmed_twice_is_done_once(town: Pages, operator: Visitor):
    operator.get(f"{MARIA}/freeze")
    operator.submit({**REASON, "on": "2025-11-10"}, press="check")
    sent = {**operator.form_with("seen").values, "confirm": "1"}
    for _ in range(2):
        operator.client.post(f"{MARIA}/freeze", data=sent, headers=operator.headers)
    assert len(history(town)) == 1 and len(served(town)["states"]) == 2


def test_frozen_unfrozen_closed_and_opened_again(town: Pages, operator: Visitor):
    change(operator, "freeze", on="2025-11-05")
    assert operator.get(f"{MARIA}/freeze") and "в другом состоянии" in operator.text
    change(operator, "unfreeze", on="2025-11-05")
    change(operator, "close", on="2025-11-05")
    assert "Закрыть" not in operator.text and "Сменить номинал" not in operator.text
    change(operator, "activate", on="2025-11-05")
    assert [each["state"] for each in served(town)["states"]] == ["active", "active"]
    assert [each[0] for each in history(town)] == ["freeze", "unfreeze", "close", "activate"]


def test_closing_may_return_the_rest_to_the_municipality(town: Pages, operator: Visitor):
    take(town, make_debit("2025-10-06"))
    shown = change(operator, "close", on="2025-11-06", returns_rest="y")
    assert "Остаток года возвращён муниципалитету." in shown
    (nominal,) = served(town)["nominals"]
    assert nominal["amount_kopecks"] == 19000
    funds = town.read(lambda c: c.execute(select(accounts).where(accounts.c.kind == "fund", accounts.c.payer == "pskov")).one())
    assert funds.out_kopecks - funds.in_kopecks == 19000


def test_a_new_number_keeps_the_old_one(town: Pages, operator: Visitor):
    operator.get(f"{MARIA}/reissue")
    drawn = operator.form_with("number").values["number"]
    assert len(drawn) == 10
    operator.submit({**REASON, "number": "0471000002"}, press="check")
    assert "уже занят" in operator.text and operator.form_with("number").values["number"] == "0471000002"
    operator.submit({"number": "12345"}, press="check")
    assert "ровно десять цифр" in operator.text
    operator.submit({"number": drawn}, press="check")
    operator.submit(press="confirm")
    assert served(town)["numbers"][-1] == {"number": drawn, "from": "2025-11-05"}


def test_a_nominal_stays_within_the_municipalitys_limit(town: Pages, operator: Visitor):
    with writing(town.engine) as connection:
        enrolling.set_limit(connection, "pskov", 2025, 5, 150000)
    operator.get(f"{MARIA}/nominal")
    operator.submit({**REASON, "roubles": "1500.01"}, press="check")
    assert "осталось 500,00" in operator.text.replace("\u00a0", " ")
    for wrong in ("-1", "много", ""):
        operator.submit({"roubles": wrong}, press="check")
        assert operator.form_with("roubles").values["roubles"] == wrong and 'aria-invalid="true"' in operator.html
    assert "1 500,00" in change(operator, "nominal", roubles="1500")
    assert served(town)["nominals"][0]["amount_kopecks"] == 150000
    assert history(town)[-1][1] == {"kopecks": 150000, "year": 2025}


def test_a_certificate_of_accounting_has_no_nominal_to_change(operator: Visitor):
    operator.get("/certificates/cert-0471000002")
    assert "Сменить номинал" not in operator.text
    operator.get("/certificates/cert-0471000002/move")
    operator.submit({**REASON, "payer": "luga", "roubles": "5"}, press="check")
    assert "нет денег" in operator.text


def test_a_lowered_nominal_lets_the_next_one_of_the_queue_in(town: Pages, operator: Visitor, monkeypatch: pytest.MonkeyPatch):
    asked = []
    told: list[str] = []
    monkeypatch.setattr(enrolling, "fund", lambda connection, clock, payer: asked.append(payer) or ["Z-1"])
    monkeypatch.setattr(letters, "enrolled", lambda connection, keys: told.extend(keys))
    change(operator, "nominal", roubles="500")
    assert asked == ["pskov"] and told == ["Z-1"], "who has waited has a letter"
    assert "Зачислено из очереди муниципалитета: 1." in operator.text


def test_a_child_moves_with_what_it_asked_for(town: Pages, operator: Visitor):
    now = town.clock.now()
    with town.app.test_request_context(), writing(town.engine) as connection:
        person = connection.scalar(select(persons.c.person).where(persons.c.email == "anna@example.ru"))
        financing.submit(connection, now, "k-1", person, "pskov", "common", "ru")
        row = {"request": "Z-1", "child": "k-1", "certificate": "cert-0471000001", "payer": "pskov", "group": "g-2", "provider": "ddt"}
        row |= {"person": person, "place": 1, "state": "waiting", "starts_on": "2025-11-05", "ends_on": "2025-12-31"}
        sums = dict.fromkeys(("lessons", "price_kopecks", "certificate_kopecks", "family_kopecks"), 0)
        connection.execute(insert(requests), [{**row, **sums, "asked_at": instant(now)}])
    shown = change(operator, "move", payer="luga", roubles="300")
    assert "Комитет образования" in shown and "300,00 ₽" in shown and "прежний муниципалитет" in shown
    assert served(town)["payer"] == "luga"
    assert town.read(lambda c: (c.scalar(select(requests.c.payer)), c.scalar(select(applications.c.payer)))) == ("luga", "luga")
    visitor = entered(town, "luga@example.ru")
    visitor.get(MARIA)
    assert "Иванова" in visitor.text and "Заморозить" not in visitor.text
    assert visitor.get(f"{MARIA}/freeze") and visitor.status == 403


def test_the_family_is_told_why(town: Pages, operator: Visitor):
    change(operator, "freeze", on="2025-11-10")
    letter = town.delivered("anna@example.ru")
    assert "0471000001" in letter and "Заморожен с 10 ноября 2025." in letter and REASON["reason"] in letter
    assert town.read(lambda c: len(c.execute(select(mails)).all())) == 1


def test_a_day_outside_the_validity_is_told_at_its_field(operator: Visitor):
    operator.get(f"{MARIA}/freeze")
    operator.submit({**REASON, "on": "2026-02-01"}, press="check")
    assert "вне срока действия" in operator.text and operator.form_with("on").values["on"] == "2026-02-01"
    operator.submit({"on": "когда-нибудь", "reason": ""}, press="check")
    assert "Напишите основание." in operator.text and "Это не дата" in operator.text


def test_no_change_of_a_certificate_that_is_not_there(operator: Visitor):
    for address in ("/certificates/none", "/certificates/none/freeze", f"{MARIA}/burn"):
        operator.get(address)
        assert operator.status == 404, address


def test_a_trial_leaves_nothing(town: Pages):
    with town.app.test_request_context(), writing(town.engine) as connection:
        picture = store.picture(connection, "cert-0471000001", town.clock.today())
        said = {"on": "2025-11-10", "returns_rest": True, "kopecks": 5, "year": 2025, "payer": "luga", "number": "0471555555"}
        held = (certificate_words, nominals, accounts, requests, applications)
        before = [connection.execute(select(table)).all() for table in held]
        for what in deeds.CHANGES:
            assert deeds.try_out(connection, town.clock, picture, what, said).is_different == (what not in ("unfreeze", "activate")), what
        assert [connection.execute(select(table)).all() for table in held] == before
