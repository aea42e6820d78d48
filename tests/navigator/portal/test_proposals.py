"""A club asks for a place on a family's behalf: it learns nothing by that, and the family has the only word."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from navigator.engine import writing
from navigator.portal.privacy import keeping
from navigator.portal.proposals import store
from navigator.portal.proposals.tables import proposals
from navigator.portal.region import region
from navigator.portal.tables import guardians, reads, requests
from navigator.tables import certificate_numbers, certificates, groups

from .conftest import Pages
from .test_catalogue import bring
from .test_enrolling import Town
from .visitor import Visitor

NOBODYS = "4799999999"


@pytest.fixture
def town(pages: Pages) -> Town:
    return Town(pages)


@pytest.fixture
def child(town: Town) -> str:
    ((_, child),) = town.families(1)
    return child


def number_of(town: Town, child: str) -> str:
    mine = select(certificate_numbers.c.number).join(certificates, certificates.c.certificate == certificate_numbers.c.certificate)
    return str(town.pages.read(lambda c: c.scalar(mine.where(certificates.c.child == child))))


def propose(town: Town, number: str, group: str = "g-9", email: str = "club@example.ru") -> Visitor:
    club = town.pages.signed_in(email)
    club.get("/club/proposals")
    club.submit({"group": group, "number": number})
    return club


def rows(town: Town):
    return town.pages.read(lambda c: c.execute(select(proposals).order_by(proposals.c.ordinal)).all())


def letters_to(town: Town, recipient: str) -> list[str]:
    town.pages.postman.send_due()
    return [str(mail.get_content()) for mail in town.pages.mails if mail["To"] == recipient]


def test_the_family_sees_the_quote_and_confirms_with_its_consent(town: Town, child: str):
    club = propose(town, f" {number_of(town, child)[:5]} {number_of(town, child)[5:]} ")
    assert "Если такой сертификат есть" in club.text and "ждёт ответа семьи" in club.text
    path = town.pages.link("parent0@example.ru")
    parent = town.pages.signed_in("parent0@example.ru")
    assert "Дом, творчества предлагает место: " in parent.text, "where the parent comes in"
    parent.get(f"/family/{child}")
    assert "Дом, творчества предлагает место: " in parent.text and "«Театр»" in parent.text
    parent.get(path)
    assert "400,00" in parent.text and "12 ноября 2025, 10:00" in parent.text
    assert town.states() == [], "nothing happens without the family"
    parent.submit(press="confirm")
    assert "Без согласия на доплату" in parent.text and town.states() == []
    parent.submit({"consent": "y"}, press="confirm")
    assert "Заявка подана" in parent.text and town.states() == ["asked"]
    row = town.pages.read(lambda c: c.execute(select(requests)).one())
    assert row.consented_at is not None and row.person == town.pages.read(lambda c: c.scalar(select(guardians.c.person)))
    club.get("/club/proposals")
    assert "семья согласна" in club.text and row.request in club.text
    assert f"/club/requests/{row.request}" in letters_to(town, "club@example.ru")[-1]
    parent.get(path)
    assert "Вы уже согласились" in parent.text and [each for each in parent.forms() if "confirm" in each.names] == []


def test_a_number_that_is_nobodys_looks_the_same_to_the_club(town: Town, child: str):
    number = number_of(town, child)
    known, unknown = propose(town, number), propose(town, NOBODYS)
    assert "Ким" not in unknown.text and child not in unknown.html
    unknown.get("/club/proposals")
    lines = re.findall(r'<tr><th scope="row">(\d+)</th>(.*?)</tr>', unknown.html)
    assert [each[0] for each in lines] == [NOBODYS, number] and lines[0][1] == lines[1][1], "but for the number not one letter differs"
    assert known.status == unknown.status
    first, second = rows(town)
    assert (first.child, second.child) == (child, None)
    assert town.pages.read(lambda c: c.scalars(select(reads.c.page).where(reads.c.page == "proposals.propose")).all()) == []
    town.pages.later(days=7)
    club = town.pages.signed_in("club@example.ru")
    club.get("/club/proposals")
    assert club.text.count("ответа не было") == 2 and "ждёт ответа семьи" not in club.text
    club.get(f"/proposals/{second.proposal}")
    assert club.status == 403
    parent = town.pages.signed_in("parent0@example.ru")
    parent.get(f"/proposals/{second.proposal}")
    assert parent.status == 404


def test_a_family_declines_and_the_club_is_told(town: Town, child: str):
    propose(town, number_of(town, child))
    parent = town.pages.signed_in("parent0@example.ru")
    parent.get(town.pages.link("parent0@example.ru"))
    parent.submit(press="decline")
    assert "Вы отказались" in parent.text and town.states() == [] and rows(town)[0].state == "declined"
    assert "отказалась" in letters_to(town, "club@example.ru")[-1]
    propose(town, number_of(town, child))
    assert [row.state for row in rows(town)] == ["declined", "sent"], "it may ask again"


def test_what_has_expired_is_not_taken(town: Town, child: str):
    propose(town, number_of(town, child))
    path = town.pages.link("parent0@example.ru")
    town.pages.later(days=7)
    parent = town.pages.signed_in("parent0@example.ru")
    parent.get(path)
    assert "Срок ответа вышел" in parent.text
    data = {"csrf_token": parent.forms()[0].values["csrf_token"], "confirm": "1", "consent": "y"}
    parent.client.post(path, data=data, headers=parent.headers)
    assert town.states() == []
    parent.get(f"/family/{child}")
    assert "предлагает место" not in parent.text
    now = town.pages.clock.now()
    with town.pages.app.app_context(), writing(town.pages.engine) as connection, pytest.raises(store.Answered):
        store.answer(connection, now, rows(town)[0].proposal, rows(town)[0].person, store.DECLINED)


def test_what_was_asked_goes_after_its_time(town: Town):
    propose(town, NOBODYS)
    town.pages.later(days=region().proposal_days + region().keep_reads_days)
    assert keeping.forget_due(town.pages.engine, town.pages.clock).proposals == 0 and len(rows(town)) == 1
    town.pages.later(seconds=1)
    assert keeping.forget_due(town.pages.engine, town.pages.clock).proposals == 1 and rows(town) == []


def test_all_that_stands_against_it_is_told_and_only_declining_is_left(town: Town, child: str):
    propose(town, number_of(town, child))
    path = town.pages.link("parent0@example.ru")
    bring(town.pages, modules="module,programme,title,unit,unit_price,unit_normative,open\nm-9,p-9,Сцена,lesson,200.00,150.00,false\n")
    parent = town.pages.signed_in("parent0@example.ru")
    parent.get(path)
    assert "Программа сейчас не набирает" in parent.text and "Подтвердить заявку" not in parent.text
    data = {"csrf_token": parent.forms()[0].values["csrf_token"], "confirm": "1", "consent": "y"}
    parent.client.post(path, data=data, headers=parent.headers)
    assert town.states() == []
    parent.submit(press="decline")
    assert rows(town)[0].state == "declined"


def test_a_full_group_puts_the_child_on_its_list(town: Town, child: str):
    with writing(town.pages.engine) as connection:
        connection.execute(update(groups).where(groups.c.group == "g-9").values(places=0))
    propose(town, number_of(town, child))
    parent = town.pages.signed_in("parent0@example.ru")
    parent.get(town.pages.link("parent0@example.ru"))
    assert "встанет в очередь" in parent.text
    parent.submit({"consent": "y"}, press="confirm")
    assert town.states() == ["waiting"]


def test_what_is_asked_twice_is_one_letter_and_a_family_gets_three_a_day(town: Town, child: str):
    number = number_of(town, child)
    for _ in range(2):
        assert "Если такой сертификат есть" in propose(town, number).text
    assert len(rows(town)) == 1 and len(letters_to(town, "parent0@example.ru")) == 1
    bring(town.pages, providers="provider,name\nring,Ринг\n", programmes="programme,provider,title,verified\np-r,ring,Бокс,true\n")
    bring(town.pages, modules="module,programme,open\nm-r,p-r,true\n")
    bring(town.pages, groups="group,module\n" + "".join(f"r-{each},m-r\n" for each in range(4)))
    town.pages.person("ring@example.ru", "club", provider="ring")
    for each in range(4):
        propose(town, number, f"r-{each}", "ring@example.ru")
    assert len(rows(town)) == 5 and len(letters_to(town, "parent0@example.ru")) == 3


def test_a_club_has_a_limit_of_the_day(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "OF_CLUB_MAX", 2)
    for each in range(2):
        assert "Если такой" in propose(town, f"479999990{each}").text
    club = propose(town, NOBODYS)
    assert "отправила уже 2 просьб" in club.text and club.form_with("number").values["number"] == NOBODYS and len(rows(town)) == 2
    town.pages.later(days=1, seconds=1)
    assert "Если такой" in propose(town, NOBODYS).text


def test_what_is_typed_wrong_is_told_at_its_field(town: Town):
    club = propose(town, "47 000")
    assert "Номер — десять цифр" in club.text and club.form_with("number").values["number"] == "47000"
    club.submit({"group": "", "number": NOBODYS})
    assert "Выберите группу" in club.text
    bring(town.pages, providers="provider,name\nring,Ринг\n")
    town.pages.person("ring@example.ru", "club", provider="ring")
    ring = town.pages.signed_in("ring@example.ru")
    ring.get("/club/proposals")
    assert "Нет групп" in ring.text
    data = {"csrf_token": ring.forms()[0].values["csrf_token"], "group": "g-9", "number": NOBODYS}
    ring.client.post("/club/proposals", data=data, headers=ring.headers)
    assert rows(town) == [], "another club's group"
