"""What the register says when it is read: the forms, and cursors that move exactly when something served has changed."""

from __future__ import annotations

import pytest


def test_a_provider_and_a_group_are_served_whole(register):
    provider, group, _ = register.feed("catalogue")[0]
    assert provider == {
        "kind": "provider",
        "provider": "ddt",
        "name": "Дом, творчества",
        "time_zone": "Europe/Moscow",
        "sole_trader": False,
        "licence": "Л-1",
        "state": "active",
        "agreements": [{"payer": "pskov", "valid_from": "2025-01-01", "valid_to": "2025-12-31"}],
    }
    assert group == {
        "kind": "group",
        "group": "g-1",
        "provider": "ddt",
        "title": "Группа 1",
        "places": 15,
        "starts_on": "2025-09-01",
        "ends_on": "2026-05-31",
        "module": {
            "module": "m-1",
            "title": "Модуль 1",
            "unit": "lesson",
            "unit_price_kopecks": 20500,
            "unit_normative_kopecks": 19000,
            "price_kopecks": None,
            "normative_kopecks": None,
            "planned_hours": 72,
            "open": True,
        },
        "programme": {
            "programme": "p-1",
            "title": "Шахматы",
            "direction": "спорт",
            "age_from_months": 60,
            "age_to_months": 216,
            "verified": True,
        },
        "timetable": [
            {"weekday": 1, "starts_at": "16:00", "ends_at": "17:30", "weeks": "every", "valid_from": "2025-09-01", "valid_to": "2026-05-31"}
        ],
        "lessons": [{"date": "2025-10-20", "starts_at": "16:00", "ends_at": "17:30", "state": "cancelled", "moved_from": None}],
    }


def test_a_certificate_and_an_enrollment_are_served_whole(register):
    assert register.feed("certificates")[0][0] == {
        "certificate": "cert-0471000001",
        "payer": "pskov",
        "child": "k-1",
        "numbers": [{"number": "0471000001", "from": None}],
        "kinds": [{"kind": "financing", "from": None}],
        "states": [{"state": "active", "from": None}],
        "valid_from": "2025-01-01",
        "valid_to": "2025-12-31",
        "nominals": [{"first": "2025-01-01", "last": "2025-12-31", "amount_kopecks": 100000}],
        "earlier": [],
        "birth_date": "2014-05-20",
        "snils": "112-233-445 95",
    }
    assert register.feed("enrollments")[0][0] == {
        "enrollment": "D-1",
        "payer": "pskov",
        "certificate": "cert-0471000001",
        "child": "k-1",
        "group": "g-1",
        "provider": "ddt",
        "starts_on": "2025-09-01",
        "ends_on": "2025-12-31",
        "state": "active",
    }


PROVIDER = "provider,name,time_zone,sole_trader,licence,state\nddt,Дом,Europe/Moscow,false,Л-1,closed\n"
MODULE = "module,programme,title,unit,unit_price,unit_normative,price,normative,planned_hours,open\n"
MODULE += "m-1,p-1,Модуль 1,lesson,206.00,190.00,,,72,true\n"
PROGRAMME = "programme,provider,title,direction,age_from_months,age_to_months,verified\np-1,ddt,Шахматы,спорт,60,216,false\n"
LINE = "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-2,2,16:00,17:30,odd,2025-09-01,2026-05-31\n"
CLOSED_LINE = "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\ng-1,1,16:00,17:30,every,2025-09-01,2025-10-31\n"
LESSON = "group,date,starts_at,ends_at,state,moved_from\ng-1,2025-10-20,16:00,17:30,planned,\n"
AGREEMENT = "provider,payer,valid_from,valid_to\nddt,pskov,2025-01-01,2026-12-31\n"
CHILD = "child,last_name,first_name,patronymic,birth_date,snils,payer\nk-1,Иванова,Мария,,2014-05-21,,pskov\n"
NAME_ONLY = "child,last_name,first_name,patronymic,birth_date,snils,payer\nk-1,Петрова,Мария,,2014-05-20,112-233-445 95,pskov\n"
PAYER = "payer,name\npskov,Другое название\n"


@pytest.mark.parametrize(
    ("csv", "feed", "moved"),
    [
        (PROVIDER, "catalogue", ["ddt"]),
        (AGREEMENT, "catalogue", ["ddt"]),
        (PROGRAMME, "catalogue", ["g-1", "g-2"]),
        (MODULE, "catalogue", ["g-1", "g-2"]),
        (LINE, "catalogue", ["g-2"]),
        (CLOSED_LINE, "catalogue", ["g-1"]),
        (LESSON, "catalogue", ["g-1"]),
        (CHILD, "certificates", ["cert-0471000001"]),
        (NAME_ONLY, "certificates", []),
        (PAYER, "catalogue", []),
    ],
)
def test_a_change_moves_the_items_that_it_shows_in_and_no_other(register, csv, feed, moved):
    before = {name: register.feed(name)[1] for name in ("catalogue", "certificates", "enrollments")}
    register.add(csv)
    for name, cursor in before.items():
        items = register.feed(name, cursor)[0]
        keys = [item.get("group") or item.get("provider") or item["certificate"] for item in items]
        assert keys == (moved if name == feed else [])
    before = register.feed(feed)[1]
    register.add(csv)
    assert register.feed(feed, before) == ([], before), "said once more, it moves nothing"


def test_a_programme_of_another_provider_moves_its_enrollments_too(register):
    register.add("provider,name\nclub,Клуб\n")
    before = register.feed("enrollments")[1]
    register.add("programme,provider\np-1,club\n")
    assert {item["provider"] for item in register.feed("enrollments", before)[0]} == {"club"}
    assert len(register.feed("enrollments", before)[0]) == 4


def test_operators_changes_move_their_item(register):
    def moves(feed, **change):
        before = register.feed(feed)[1]
        register.change(**change)
        return len(register.feed(feed, before)[0])

    assert moves("certificates", op="nominal", certificate="0471000001", amount="900.00") == 1
    assert moves("certificates", op="nominal", certificate="0471000001", amount="900.00") == 0
    assert moves("certificates", op="freeze", certificate="0471000001", on="2025-11-01") == 1
    assert moves("certificates", op="unfreeze", certificate="0471000001") == 1
    assert moves("certificates", op="unfreeze", certificate="0471000001") == 0
    assert moves("certificates", op="reissue", certificate="0471000001", number="0471000091", on="2025-11-02") == 1
    assert moves("enrollments", op="end_enrollment", enrollment="D-1", on="2025-11-30") == 1
    assert moves("enrollments", op="end_enrollment", enrollment="D-1", on="2025-11-30") == 0


def test_debits_do_not_move_certificates(register, make):
    before = register.feed("certificates")[1]
    register.send(make.debit())
    assert register.feed("certificates", before)[0] == []


def test_a_feed_is_read_in_pages_the_oldest_change_first(register):
    register.add(PROVIDER)
    keys, cursor, more = [], None, True
    while more:
        page = register.get("/register/v1/catalogue", limit=1, **({"since": cursor} if cursor else {}))
        keys += [item.get("group") or item["provider"] for item in page["items"]]
        cursor, more = page["cursor"], page["more"]
    assert keys == ["g-1", "g-2", "ddt"]


def test_candidates_are_the_groups_children_of_those_days_and_the_bearers_of_numbers(register):
    asked = {"group": "g-2", "first_day": "2025-12-31", "last_day": "2026-01-31", "numbers": ["0471000003", "9999999999"]}
    first, second = register.post("/register/v1/candidates", asked)["candidates"]
    assert first == {
        "child": "k-1",
        "payer": "pskov",
        "last_name": "Иванова",
        "first_name": "Мария",
        "patronymic": None,
        "birth_date": "2014-05-20",
        "numbers": ["0471000001"],
        "enrollments": [
            {"group": "g-1", "starts_on": "2025-09-01", "ends_on": "2025-12-31"},
            {"group": "g-2", "starts_on": "2025-09-01", "ends_on": "2025-12-31"},
        ],
    }
    assert (second["child"], second["payer"]) == ("k-3", "luga")
    for first_day, last_day, found in (
        ("2026-01-01", "2026-01-31", []),
        ("2025-08-01", "2025-08-31", []),
        ("2025-08-01", "2025-09-01", ["k-1"]),
    ):
        answer = register.post("/register/v1/candidates", {"group": "g-2", "first_day": first_day, "last_day": last_day, "numbers": []})
        assert [child["child"] for child in answer["candidates"]] == found


def test_an_unknown_number_finds_nothing(register):
    assert register.get("/register/v1/certificates", number="9999999999") == {"items": [], "cursor": None, "more": False}
    assert register.get("/register/v1/balances", number="9999999999") == {"balances": []}


def test_balances_tell_kind_and_state_of_today(register):
    register.change(op="freeze", certificate="0471000001", on="2025-11-06")
    assert register.get("/register/v1/balances", number="0471000001")["balances"][0]["state"] == "active"
    register.post("/test/v1/clock", {"now": "2025-11-06T00:00:00+03:00"})
    line = register.get("/register/v1/balances", number="0471000001")["balances"][0]
    assert (line["state"], line["kind"], line["number"]) == ("frozen", "financing", "0471000001")
