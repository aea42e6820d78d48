"""Leaving: one application ends the enrollment in the register, and the place goes to the first who waits."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from sqlalchemy import select

from navigator import operations
from navigator.engine import writing
from navigator.portal.enrolling import store as enrolling
from navigator.portal.leaving import store
from navigator.portal.leaving.tables import leavings
from navigator.portal.tables import reads, requests
from navigator.tables import enrollments, feed_items

from ..conftest import make_debit
from .conftest import Pages
from .test_catalogue import bring
from .test_enrolling import Town
from .visitor import Visitor

LEAVE = "/family/k-1/leave/D-1"


@pytest.fixture
def family(pages: Pages) -> Visitor:
    """The parent of a child that attends a group, with one lesson paid."""
    with writing(pages.engine) as connection:
        operations.take(connection, [make_debit("2025-10-06")], pages.clock.now())
    pages.person("parent@example.ru", "parent", "k-1")
    pages.person("club@example.ru", "club", provider="ddt")
    return pages.signed_in("parent@example.ru")


def leave(visitor: Visitor, last_day: str = "2025-11-14", reason: str = "schedule", words: str = "", path: str = LEAVE) -> None:
    visitor.get(path)
    visitor.submit({"last_day": last_day, "reason": reason, "words": words})


def enrollment(pages: Pages, key: str = "D-1"):
    return pages.read(lambda c: c.execute(select(enrollments).where(enrollments.c.enrollment == key)).one())


def text(visitor: Visitor) -> str:
    return visitor.text.replace("\u00a0", " ")


def test_what_it_means_is_told_and_the_enrollment_ends_with_the_day(pages: Pages, family: Visitor):
    family.get("/family/k-1")
    assert "Уйти из группы" in family.text and "1 сентября 2025 — 31 декабря 2025" in family.text
    family.get(LEAVE)
    assert "Списано за эту группу 190,00 ₽" in text(family) and "Остаток сертификата 810,00 ₽" in text(family)
    assert "Впереди ещё 8 занятий" in family.text and "до 1 520,00 ₽" in text(family), "Mondays from 10 November on, 190 roubles each"
    leave(family)
    assert "последний день — 14 ноября 2025" in family.text and "уходит по заявлению № L-2025-000001" in family.text
    assert "Уйти из группы" not in family.text
    ended = enrollment(pages)
    assert (ended.ends_on, ended.state) == ("2025-11-14", "active")
    served = json.loads(pages.read(lambda c: c.scalar(select(feed_items.c.body).where(feed_items.c.item == "D-1"))))
    assert served["ends_on"] == "2025-11-14", "programs learn it through the feed"
    mine, theirs = pages.delivered("parent@example.ru"), pages.delivered("club@example.ru")
    assert "14 ноября 2025" in mine and "14 ноября 2025" in theirs and "Мария" not in theirs
    family.get(LEAVE)
    assert family.path == "/family/k-1", "it is done once"


def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(pages: Pages, family: Visitor):
    for day, complaint in (
        ("2025-11-04", "Задним числом уйти нельзя"),
        ("2025-12-31", "и так кончается 31 декабря 2025"),
        ("32.13.2025", "Это не дата"),
    ):
        leave(family, day, "other", "")
        assert complaint in family.text, day
    assert "Напишите причину в двух словах" not in family.text, "a day that is none is told first"
    leave(family, "2025-11-14", "other", "")
    assert "Напишите причину в двух словах" in family.text
    form = family.form_with("last_day")
    assert (form.values["last_day"], form.values["reason"]) == ("2025-11-14", "other")
    family.get(LEAVE)
    family.submit({"last_day": "2025-11-14"})
    assert "Выберите причину" in family.text and enrollment(pages).ends_on == "2025-12-31"


def test_another_childs_enrollment_and_one_that_is_over_are_not_there(pages: Pages, family: Visitor):
    for key in ("D-2", "D-4", "nowhere"):
        family.get(f"/family/k-1/leave/{key}")
        assert family.status == 404, key
    pages.clock.stand(dt.datetime.fromisoformat("2026-01-01T10:00:00+03:00"))
    with pages.app.app_context(), writing(pages.engine) as connection, pytest.raises(store.Left):
        store.file(connection, pages.clock, "k-1", "x", "D-1", {"last_day": dt.date(2026, 1, 2), "reason": "moving", "words": ""})


def test_an_enrollment_that_has_not_begun_never_comes_into_force(pages: Pages, family: Visitor):
    bring(
        pages,
        enrollments="enrollment,certificate,group,starts_on,ends_on,state\nД/12-25,0471000001,g-2,2025-12-01,2025-12-31,active\n",
    )
    leave(family, path="/family/k-1/leave/Д/12-25")
    assert "последний день — 14 ноября 2025" in family.text
    assert (enrollment(pages, "Д/12-25").state, enrollment(pages, "Д/12-25").ends_on) == ("refused", "2025-12-31")


def test_the_club_sees_who_leaves_and_no_other_club_does(pages: Pages, family: Visitor):
    leave(family, reason="other", words="Едем к бабушке")
    bring(pages, providers="provider,name\nring,Ринг\n")
    pages.person("ring@example.ru", "club", provider="ring")
    for email, expected in (("club@example.ru", True), ("ring@example.ru", False)):
        club = pages.signed_in(email)
        club.get("/club/leavings")
        assert ("Иванова" in club.text) is expected and ("Едем к бабушке" in club.text) is expected
    assert pages.read(lambda c: c.scalars(select(reads.c.child).where(reads.c.page == "leaving.leavings")).all()) == ["k-1"]
    club.get("/club/leavings?before=x")
    assert club.status == 404


def test_the_place_goes_to_the_first_who_waits_once_the_last_day_is_over(pages: Pages):
    town = Town(pages)
    families = town.families(4)
    keys = [town.ask(*each) for each in families]
    town.write(enrolling.accept, keys[0])
    parent = pages.signed_in("parent0@example.ru")
    leave(parent, "2025-11-06", path=f"/family/{families[0][1]}/leave/{keys[0]}")
    assert "уход оформлен" in parent.text
    assert town.states() == ["left", "asked", "waiting", "waiting"], "the place is the child's until the last day is over"
    chores = pages.app.extensions["chores"]
    pages.later(days=1)
    assert chores.do_due() == 0
    pages.later(days=1)
    assert chores.do_due() == 1 and chores.do_due() == 0
    assert town.states() == ["left", "asked", "asked", "waiting"]
    assert "подошла ваша очередь" in str(letter(pages, "parent2@example.ru"))
    assert pages.read(lambda c: c.scalar(select(leavings.c.ended_before))) == "2025-12-31"
    again = town.ask(*families[0])
    assert again != keys[0] and town.states()[-1] == "waiting", "who has left may ask anew, behind the others"
    assert pages.read(lambda c: c.scalar(select(requests.c.state).where(requests.c.request == keys[0]))) == "left"


def letter(pages: Pages, recipient: str):
    pages.postman.send_due()
    return next(mail["Subject"] for mail in reversed(pages.mails) if mail["To"] == recipient)
