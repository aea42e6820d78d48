"""Applications for personified financing: handed in with a consent, decided with a reason, each step kept."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from sqlalchemy import select

from navigator.engine import writing
from navigator.portal.financing import store
from navigator.portal.region import region
from navigator.portal.tables import application_steps, applications, consents

from .conftest import Pages
from .visitor import Visitor


@pytest.fixture
def parent(pages: Pages) -> Visitor:
    pages.person("anna@example.ru", "parent", "k-2")
    return pages.signed_in("anna@example.ru")


def apply(parent: Visitor) -> str:
    parent.get("/family/k-2/financing")
    return parent.submit({"category": "common", "consent": "y"})


def operator(pages: Pages, email: str = "operator@example.ru", role: str = "operator", **known: str) -> Visitor:
    pages.person(email, role, **known)
    return pages.signed_in(email)


def test_an_application_has_a_number_and_its_consent_word_for_word(pages: Pages, parent: Visitor):
    apply(parent)
    assert "Заявление № 2025-000001 подано" in parent.text and "на рассмотрении" in parent.text
    row = pages.read(lambda c: c.execute(select(applications)).one())
    kept = pages.read(lambda c: c.execute(select(consents)).one())
    text = store.consent_text("ru")
    assert row.consent_digest == kept.digest == hashlib.sha256(text.encode()).hexdigest() and kept.text == text
    assert (row.consent_version, row.consented_at, row.payer) == (region().consent_version, "2025-11-05T07:00:00Z", "pskov")
    assert "О решении мы напишем" in pages.delivered("anna@example.ru") and "№ 2025-000001" in pages.mails[-1]["Subject"]


def test_without_the_consent_nothing_is_handed_in(pages: Pages, parent: Visitor):
    parent.get("/family/k-2/financing")
    parent.submit({"category": "preferential"})
    assert "Без согласия заявление подать нельзя" in parent.text
    assert parent.form_with("consent").values["category"] == "preferential"
    assert pages.read(lambda c: c.execute(select(applications)).all()) == []


def test_a_second_press_hands_nothing_in_twice(pages: Pages, parent: Visitor):
    parent.get("/family/k-2/financing")
    form = parent.form_with("consent")
    for _ in range(2):
        parent.client.post("/family/k-2/financing", data={**form.values, "consent": "y"}, headers=parent.headers)
    assert len(pages.read(lambda c: c.execute(select(applications)).all())) == 1


def test_all_that_stands_against_it_is_told_at_once(pages: Pages):
    pages.person("anna@example.ru", "parent", "k-1", "k-3")
    visitor = pages.signed_in("anna@example.ru")
    visitor.get("/family/k-1/financing")
    assert "уже с финансированием" in visitor.text and "Согласие на обработку" not in visitor.text
    pages.clock.stand(dt.datetime.fromisoformat("2020-07-31T23:00:00+03:00"))
    visitor = pages.signed_in("anna@example.ru")
    visitor.get("/family/k-3/financing")
    assert "Заявления принимаются с 1 августа 2020" in visitor.text and "Нет даты рождения" in visitor.text
    assert "Сертификат не действует" in visitor.text


def test_returned_with_a_reason_corrected_and_accepted(pages: Pages, parent: Visitor):
    apply(parent)
    judge = operator(pages)
    judge.get("/applications/2025-000001")
    judge.submit({}, press="give_back")
    assert "Напишите, что исправить" in judge.text
    judge.submit({"reason": "Муниципалитет\nдругой"}, press="give_back")
    assert "возвращено родителю" in judge.text
    assert "Муниципалитет другой" in pages.delivered("anna@example.ru")
    parent.get("/family/k-2/financing")
    assert "Муниципалитет другой" in parent.text and "Исправить и подать снова" in parent.text
    parent.submit({"category": "preferential", "consent": "y"})
    judge.get("/applications/2025-000001")
    judge.submit({"reason": "зачем-то"}, press="accept")
    assert "Причина нужна только при возврате" in judge.text and "зачем-то" in judge.html
    judge.submit({"reason": ""}, press="accept")
    assert "Заявление принято" in judge.text
    steps = pages.read(lambda c: c.scalars(select(application_steps.c.state).order_by(application_steps.c.step)).all())
    assert steps == ["submitted", "returned", "submitted", "accepted"]
    parent.get("/family/k-2/financing")
    assert "Деньги появятся на сертификате" in parent.text and "Отозвать" not in parent.text


def test_two_who_decide_at_once_decide_once(pages: Pages, parent: Visitor):
    apply(parent)
    judge = operator(pages)
    judge.get("/applications/2025-000001")
    form = judge.form_with("reason")
    for press in ("accept", "give_back"):
        data = {**form.values, "reason": "" if press == "accept" else "поздно", press: "1"}
        judge.answer = judge.client.post("/applications/2025-000001", data=data, headers=judge.headers, follow_redirects=True)
    assert "уже принято решение" in judge.text
    assert pages.read(lambda c: c.scalar(select(applications.c.state))) == "accepted"


def test_an_application_is_withdrawn_and_another_one_handed_in(pages: Pages, parent: Visitor):
    apply(parent)
    parent.submit(action="/withdraw")
    assert "Заявление отозвано" in parent.text
    apply(parent)
    assert "Заявление № 2025-000002 подано" in parent.text


def test_a_payers_person_sees_and_decides_its_own_only(pages: Pages, parent: Visitor):
    apply(parent)
    own = operator(pages, "pskov@example.ru", "payer", payer="pskov")
    other = operator(pages, "luga@example.ru", "payer", payer="luga")
    assert "2025-000001" in own.get("/applications") and "2025-000001" not in other.get("/applications")
    own.get("/applications/2025-000001")
    own.submit({}, press="accept")
    assert "Заявление принято" in own.text


def test_the_list_is_read_page_by_page(pages: Pages, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("navigator.portal.operator.pages.PAGE", 2)
    person = pages.person("anna@example.ru", "parent", "k-1", "k-2", "k-3")
    with writing(pages.engine) as connection:
        for child in ("k-1", "k-2", "k-3"):
            store.submit(connection, pages.clock.now(), child, person, "pskov", "common", "ru")
    judge = operator(pages)
    judge.get("/applications")
    assert "2025-000002" in judge.text and "2025-000003" not in judge.text
    judge.get("/applications?state=submitted&after=2025-000002")
    assert "2025-000003" in judge.text and "2025-000002" not in judge.text
    judge.get("/applications?state=nothing")
    assert judge.status == 404
