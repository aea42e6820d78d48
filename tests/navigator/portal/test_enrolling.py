"""Enrolling: the quote, all reasons at once, the last place and the waiting list, the club's answer, the certificate that comes with it."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import func, select, update

from navigator.engine import writing
from navigator.portal.account import store as persons
from navigator.portal.enrolling import quote, store
from navigator.portal.family import store as family
from navigator.portal.financing import store as financing
from navigator.portal.tables import applications, instant, requests
from navigator.tables import accounts, enrollments, feed_items, nominals

from .conftest import HASH, Pages
from .test_catalogue import bring
from .visitor import Visitor

GROUPS = {
    "programmes": "programme,provider,title,direction,age_from_months,age_to_months,verified\np-9,ddt,Театр,искусство,60,216,true\n",
    "modules": "module,programme,title,unit,unit_price,unit_normative,open\nm-9,p-9,Сцена,lesson,200.00,150.00,true\n",
    "groups": "group,module,title,places,starts_on,ends_on\ng-9,m-9,Вечер,2,2025-09-01,2026-05-31\n",
    "timetable": "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-9,4,18:00,19:00,every,2025-09-01,2026-05-31\n",
}
CHILD = {"patronymic": "", "snils": "", "payer": "pskov", "certificate": "", "birth_date": dt.date(2015, 3, 14)}


class Town:
    """The pages with a theatre group of two places; makes families whose application is accepted."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        bring(pages, **GROUPS)
        pages.person("club@example.ru", "club", provider="ddt")
        self.operator = pages.person("operator@example.ru", "operator")

    def families(self, number: int, accepted: bool = True) -> list[tuple[str, str]]:
        """So many parents with one child each: (person, child)."""
        made = []
        with self.pages.app.test_request_context(), writing(self.pages.engine) as connection:
            for each in range(number):
                person = self.pages_person(connection, f"parent{each}@example.ru")
                told = {**CHILD, "last_name": "Ким", "first_name": "Аня" + "ба"[each % 2] * (each // 2 + 1)}
                child = family.add(connection, self.pages.clock, person, told).child
                if accepted:
                    now = self.pages.clock.now()
                    key = financing.submit(connection, now, child, person, "pskov", "common", "ru")
                    financing.decide(connection, now, key, self.operator, financing.ACCEPTED, "")
                made.append((person, child))
        return made

    def pages_person(self, connection, email: str) -> str:
        person = persons.add(connection, email, "parent", "ru", self.pages.clock.now())
        persons.confirm(connection, person, HASH, self.pages.clock.now(), first_name="Анна", last_name="Ким")
        return person

    def ask(self, person: str, child: str) -> str:
        """Ask for a place in the theatre."""
        with self.pages.app.test_request_context(), writing(self.pages.engine) as connection:
            item = store.group(connection, "g-9")
            found = quote.quote_of(item, self.pages.clock.today())
            return store.ask(connection, self.pages.clock, child, person, item, found)

    def write(self, what, *arguments):
        with self.pages.app.test_request_context(), writing(self.pages.engine) as connection:
            return what(connection, self.pages.clock, *arguments)

    def states(self) -> list[str]:
        return self.pages.read(lambda c: list(c.scalars(select(requests.c.state).order_by(requests.c.place))))

    def enrollment(self, key: str):
        return self.pages.read(lambda c: c.execute(select(enrollments).where(enrollments.c.enrollment == key)).one_or_none())


@pytest.fixture
def town(pages: Pages) -> Town:
    return Town(pages)


def parent(town: Town, number: int = 0) -> Visitor:
    return town.pages.signed_in(f"parent{number}@example.ru")


def text(visitor: Visitor) -> str:
    return visitor.text.replace("\u00a0", " ")


# ---------------------------------------------------------------- the quote


def test_the_quote_counts_lessons_to_the_years_end_with_all_exceptions():
    line = {"weekday": 4, "starts_at": "18:00", "ends_at": "19:00", "weeks": "every", "valid_from": "2025-09-01", "valid_to": "2026-05-31"}
    module = {"unit": "lesson", "unit_price_kopecks": 20000, "unit_normative_kopecks": 15000}
    item = {"group": "g", "module": module, "timetable": [line], "lessons": [], "starts_on": "2025-09-01", "ends_on": "2026-05-31"}
    found = quote.quote_of(item, dt.date(2025, 11, 5))
    assert found == (dt.date(2025, 11, 5), dt.date(2025, 12, 31), 8, 160000, 120000, 40000)
    cancelled = {"date": "2025-11-06", "starts_at": "18:00", "ends_at": None, "state": "cancelled", "moved_from": None}
    moved = {"date": "2025-11-15", "starts_at": "12:00", "ends_at": "13:00", "state": "planned", "moved_from": "2025-11-13"}
    days = [day.day for day, _ in quote.lessons_of({**item, "lessons": [cancelled, moved]}, dt.date(2025, 11, 1), dt.date(2025, 11, 30))]
    assert days == [15, 20, 27]
    odd = quote.quote_of({**item, "timetable": [{**line, "weeks": "odd"}]}, dt.date(2025, 11, 5))
    assert odd is not None and odd.lessons == 4
    hours = {**item, "module": {**module, "unit": "academic_hour"}}
    assert quote.quote_of(hours, dt.date(2025, 12, 25)).price_kopecks == 26667
    assert quote.quote_of({**item, "ends_on": "2025-10-31"}, dt.date(2025, 11, 5)) is None
    assert quote.quote_of({**item, "timetable": []}, dt.date(2025, 11, 5)) is None


def test_the_quote_is_shown_and_the_familys_share_consented_to(town: Town):
    ((_, child),) = town.families(1)
    visitor = parent(town)
    visitor.get(f"/family/{child}/enroll/g-9")
    shown = text(visitor)
    assert "1 600,00 ₽" in shown and "1 200,00 ₽" in shown and "400,00 ₽" in shown and "12 000,00 ₽" in shown
    visitor.submit()
    assert "Без согласия на доплату" in visitor.text and town.states() == []
    visitor.submit({"consent": "y"})
    assert "Место за вами" in visitor.text and "ждёт ответа организации" in visitor.text
    row = town.pages.read(lambda c: c.execute(select(requests)).one())
    assert row.consented_at == instant(town.pages.clock.now()) and row.family_kopecks == 40000
    assert town.enrollment(row.request).state == "requested"


def test_all_reasons_are_told_at_once(town: Town):
    town.pages.person("anna@example.ru", "parent", "k-3")
    bring(town.pages, children="child,last_name,first_name,birth_date,payer\nk-3,Сидоров,Олег,2022-01-01,luga\n")
    visitor = town.pages.signed_in("anna@example.ru")
    visitor.get("/family/k-3/enroll/g-9")
    for reason in ("от 5 до 17 лет", "нет договора", "Сначала подайте заявление", "Сертификат не действует"):
        assert reason in visitor.text, reason
    assert "Подать заявку" not in visitor.text
    visitor.get("/family/k-3/enroll/nowhere")
    assert visitor.status == 404


def test_a_clash_and_a_second_request_for_the_same_are_told(town: Town):
    ((person, child),) = town.families(1)
    town.ask(person, child)
    bring(
        town.pages,
        modules="module,programme,title,unit,unit_price,unit_normative,open\nm-8,p-9,Голос,lesson,0.00,0.00,true\n",
        groups="group,module,title,places\ng-8,m-8,Хор,5\ng-10,m-9,Утро,5\n",
        timetable="group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\n"
        "g-8,4,18:30,19:30,every,2025-09-01,2026-05-31\ng-10,5,18:30,19:30,every,2025-09-01,2026-05-31\n",
    )
    visitor = parent(town)
    visitor.get(f"/family/{child}/enroll/g-8")
    assert "Пересекается с занятием «Театр» в 18:00" in visitor.text
    visitor.get(f"/family/{child}/enroll/g-10")
    assert "уже занимается по этому модулю" in visitor.text
    visitor.get(f"/family/{child}/enroll/g-9")
    assert visitor.path == f"/family/{child}", "a reload loses nothing and asks for nothing twice"
    assert len(town.states()) == 1


# ---------------------------------------------------------------- the last place


def test_a_rush_for_the_last_places_is_fair_and_everybody_else_has_a_number(town: Town):
    families = town.families(24)
    together = threading.Barrier(len(families))

    def rush(person: str, child: str) -> None:
        together.wait()
        town.ask(person, child)

    threads = [threading.Thread(target=rush, args=each) for each in families]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert town.states() == ["asked"] * 2 + ["waiting"] * 22, "in the order of asking"
    rows = town.pages.read(lambda c: [store.place_of(c, row) for row in c.execute(select(requests).order_by(requests.c.place)).all()])
    assert rows == [0, 0, *range(1, 23)]
    assert town.pages.read(lambda c: c.scalar(select(func.count()).select_from(enrollments).where(enrollments.c.group == "g-9"))) == 2


def test_a_place_that_becomes_free_goes_to_the_first_who_waits(town: Town):
    families = town.families(4)
    keys = [town.ask(*each) for each in families]
    visitor = parent(town, 3)
    visitor.get("/family")
    visitor.get(f"/family/{families[3][1]}")
    assert "в очереди, место 2" in visitor.text
    assert town.write(store.refuse, keys[0], "нет") == [keys[2]]
    assert town.states() == ["refused", "asked", "asked", "waiting"]
    visitor.get(f"/family/{families[3][1]}")
    assert "в очереди, место 1" in visitor.text
    second = parent(town, 1)
    second.get(f"/family/{families[1][1]}")
    second.submit(action="/withdraw")
    assert "Заявка отозвана" in second.text and town.states() == ["refused", "withdrawn", "asked", "asked"]
    assert "Место освободилось, и теперь оно за вами" in town.pages.delivered("parent3@example.ru"), "who moves up is told"
    assert [town.enrollment(key).state for key in keys] == ["refused", "refused", "requested", "requested"]


def test_places_that_the_club_adds_go_to_the_first_who_wait(town: Town):
    for person, child in town.families(4):
        town.ask(person, child)
    assert town.states() == ["asked", "asked", "waiting", "waiting"]
    club = town.pages.signed_in("club@example.ru")
    club.get("/club/groups/g-9/edit")
    club.submit({"places": "3", "locality": "Луга"})
    assert "Группа сохранена." in club.text and town.states() == ["asked", "asked", "asked", "waiting"]
    assert "Место освободилось" in town.pages.delivered("parent2@example.ru")
    assert [each["To"] for each in town.pages.mails] == ["parent2@example.ru"]


# ---------------------------------------------------------------- the club, and the money


def test_the_club_accepts_and_the_child_has_its_certificate_with_its_sum(town: Town):
    ((person, child),) = town.families(1)
    key = town.ask(person, child)
    club = town.pages.signed_in("club@example.ru")
    assert "1 заявка ждёт ответа" in text(club)
    club.get("/club/requests")
    assert key in club.text and "Ким" in club.text
    club.get(f"/club/requests/{key}")
    club.submit({}, press="accept")
    assert "Ребёнок зачислен" in club.text and "зачислен" in town.pages.delivered("parent0@example.ru")
    enrolled = town.enrollment(key)
    assert (enrolled.state, enrolled.payer, enrolled.starts_on, enrolled.ends_on) == ("active", "pskov", "2025-11-05", "2025-12-31")
    held = town.pages.read(lambda c: financing.certificate_of(c, child, town.pages.clock.today()))
    assert held.kind == "financing" and held.standing == (1200000, 1200000, 0)
    mine = select(nominals).where(nominals.c.certificate == held.certificate, nominals.c.amount_kopecks > 0)
    years = town.pages.read(lambda c: c.execute(mine).all())
    assert [row.first for row in years] == ["2025-01-01"], "this year's only"
    served = town.pages.read(lambda c: c.scalar(select(feed_items.c.body).where(feed_items.c.item == held.certificate)))
    assert '{"from": "2025-11-05", "kind": "financing"}' in served, "the gateway is told"
    visitor = parent(town)
    visitor.get(f"/family/{child}")
    assert "12 000,00 ₽" in text(visitor) and "Сертификат персонифицированного финансирования" in visitor.text


def test_in_a_new_year_one_asks_again_and_has_the_new_years_sum(town: Town):
    ((person, child),) = town.families(1)
    first = town.ask(person, child)
    town.write(store.accept, first)
    town.pages.clock.stand(dt.datetime(2026, 1, 12, 12, tzinfo=dt.UTC))
    bring(town.pages, agreements="provider,payer,valid_from,valid_to\nddt,pskov,2025-01-01,2026-12-31\n")
    visitor = parent(town)
    visitor.get(f"/family/{child}")
    assert "закончил" in visitor.text and "зачислен" not in visitor.text
    visitor.get(f"/family/{child}/enroll/g-9")
    assert "12 000,00 ₽" in text(visitor), "what comes with the year"
    second = town.ask(person, child)
    assert second != first and town.write(store.accept, second) == [second]
    held = town.pages.read(lambda c: financing.certificate_of(c, child, town.pages.clock.today()))
    assert held.standing == (1200000, 1200000, 0)
    assert town.ask(person, child) == second, "and once only"


def test_a_request_whose_days_have_passed_is_not_accepted_and_keeps_nobody_from_asking(town: Town):
    families = town.families(3)
    keys = [town.ask(*each) for each in families]
    town.pages.clock.stand(dt.datetime(2026, 1, 12, 12, tzinfo=dt.UTC))
    club = town.pages.signed_in("club@example.ru")
    club.get(f"/club/requests/{keys[0]}")
    club.submit({}, press="accept")
    assert "прошли" in club.text and town.states() == ["asked", "asked", "waiting"]
    again = town.ask(*families[0])
    assert again not in keys and town.write(store.accept, again) == [again]
    assert town.states() == ["asked", "asked", "waiting", "enrolled"], "who waited for last year's days is given none of this one's"


def test_the_club_refuses_with_a_reason(town: Town):
    ((person, child),) = town.families(1)
    key = town.ask(person, child)
    club = town.pages.signed_in("club@example.ru")
    club.get("/club/requests")
    assert "Театр, Вечер" in club.text, "a group is called by its programme too"
    club.get(f"/club/requests/{key}")
    club.submit({}, press="refuse")
    assert "Напишите причину отказа" in club.text
    club.submit({"reason": "Группа для начинающих"}, press="refuse")
    letter = town.pages.delivered("parent0@example.ru")
    assert "Отказ отправлен" in club.text and "Группа для начинающих" in letter and "Театр, Вечер" in letter
    data = {"csrf_token": club.forms()[0].values["csrf_token"], "accept": "1"}
    club.client.post(f"/club/requests/{key}", data=data, headers=club.headers)
    assert town.states() == ["refused"], "what is answered stays answered"


def test_a_payers_limit_makes_the_next_wait_in_their_order(town: Town):
    families = town.families(2)
    keys = [town.ask(*each) for each in families]
    with writing(town.pages.engine) as connection:
        number, total = store.used(connection, "pskov", 2025)
        store.set_limit(connection, "pskov", 2025, number + 1, total + 5_000_000)
    assert town.write(store.accept, keys[1]) == [keys[1]], "who is accepted first"
    assert town.write(store.accept, keys[0]) == []
    assert town.enrollment(keys[0]).state == "accepted", "not in force: nothing can be debited"
    visitor = parent(town, 0)
    visitor.get(f"/family/{families[0][1]}")
    assert "принято, ждёт денег" in visitor.text and "место 1" in visitor.text
    operator = town.pages.signed_in("operator@example.ru")
    operator.get("/operator/limits/pskov")
    operator.submit({"certificates": "много", "roubles": "1,000,00"})
    assert "целое число" in operator.text or "Напишите сумму" in operator.text
    assert operator.form_with("roubles").values == {**operator.form_with("roubles").values, "certificates": "много", "roubles": "1,000,00"}
    operator.submit({"certificates": "10", "roubles": "100000.00"})
    assert "Зачислено из очереди: 1" in operator.text and town.states() == ["enrolled", "enrolled"]
    assert "ребёнок зачислен" in town.pages.delivered("parent0@example.ru"), "who has waited for money is told"


def test_a_sum_that_is_used_up_holds_too_and_nobody_is_passed_over(town: Town):
    families = town.families(2)
    keys = [town.ask(*each) for each in families]
    with writing(town.pages.engine) as connection:
        _, total = store.used(connection, "pskov", 2025)
        store.set_limit(connection, "pskov", 2025, 100, total + 1_199_999)
    assert [town.write(store.accept, key) for key in keys] == [[], []] and town.states() == ["unfunded", "unfunded"]
    with writing(town.pages.engine) as connection:
        store.set_limit(connection, "pskov", 2025, 100, total + 1_200_000)
    assert town.write(store.fund, "pskov") == [keys[0]]
    mine = select(func.sum(accounts.c.in_kopecks)).where(accounts.c.kind == "certificate", accounts.c.payer == "pskov")
    given = town.pages.read(lambda c: c.scalar(mine))
    assert given == total + 1_200_000


def test_a_smaller_sum_does_not_pass_a_greater_one_that_came_first(town: Town):
    families = town.families(2)
    keys = [town.ask(*each) for each in families]
    with writing(town.pages.engine) as connection:
        connection.execute(update(applications).where(applications.c.child == families[0][1]).values(category="preferential"))
        _, total = store.used(connection, "pskov", 2025)
        store.set_limit(connection, "pskov", 2025, 100, total + 1_200_000)
    assert [town.write(store.accept, key) for key in keys] == [[], []] and town.states() == ["unfunded", "unfunded"]


def test_acceptances_at_once_never_pass_the_limit(town: Town):
    bring(town.pages, groups="group,module,title,places\ng-9,m-9,Вечер,50\n")
    families = town.families(12)
    keys = [town.ask(*each) for each in families]
    with writing(town.pages.engine) as connection:
        number, total = store.used(connection, "pskov", 2025)
        store.set_limit(connection, "pskov", 2025, number + 5, total + 100_000_000)
    together = threading.Barrier(len(keys))

    def accept(key: str) -> None:
        together.wait()
        town.write(store.accept, key)

    threads = [threading.Thread(target=accept, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(town.states()) == ["enrolled"] * 5 + ["unfunded"] * 7
    assert town.pages.read(lambda c: store.used(c, "pskov", 2025)[0]) == number + 5


def test_nothing_half_done_stays_when_it_breaks(town: Town, monkeypatch: pytest.MonkeyPatch):
    ((person, child),) = town.families(1)
    key = town.ask(person, child)
    monkeypatch.setattr("navigator.portal.enrolling.store._set", broken_at("enrolled"))
    with pytest.raises(RuntimeError):
        town.write(store.accept, key)
    assert town.states() == ["asked"] and town.enrollment(key).state == "requested"
    held = town.pages.read(lambda c: financing.certificate_of(c, child, town.pages.clock.today()))
    assert held.kind == "accounting" and held.standing.nominal_kopecks == 0


def broken_at(state: str):
    whole = store._set

    def broken(connection, keys, new, **values):
        if new == state:
            raise RuntimeError(state)
        whole(connection, keys, new, **values)

    return broken
