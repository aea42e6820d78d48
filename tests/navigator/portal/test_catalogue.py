"""The catalogue: words in any form, filters, what a lesson costs, what clashes; the same on both databases."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote

import pytest
from sqlalchemy import event, select

from navigator.district import new_reading, read_table
from navigator.engine import writing
from navigator.loading import load
from navigator.portal.catalogue import costs
from navigator.portal.catalogue.search import stemmed
from navigator.portal.tables import catalogue_entries

from .conftest import Pages

MORE = {
    "programmes": "programme,provider,title,direction,age_from_months,age_to_months,verified\n"
    "p-2,ddt,Лепка и керамика для малышей,искусство,60,120,true\n"
    "p-3,ddt,Робототехника,техника,120,216,true\n"
    "p-4,ddt,Тайная программа,спорт,,,false\n"
    "p-5,ddt,Ёлочные игрушки,искусство,,,true\n",
    "modules": "module,programme,title,unit,unit_price,unit_normative,open\n"
    "m-2,p-2,Глина,academic_hour,100.00,80.00,true\nm-3,p-3,Начало,lesson,200.00,250.00,true\n"
    "m-4,p-4,Тайна,lesson,1.00,1.00,true\nm-5,p-5,Ёлка,lesson,0.00,,true\n",
    "groups": "group,module,title,places,starts_on,ends_on\n"
    "g-3,m-2,Утро,1,2025-09-01,2026-05-31\ng-4,m-3,Среда,10,2025-09-01,2026-05-31\ng-5,m-4,Т,1,2025-09-01,2026-05-31\n"
    "g-6,m-5,Зима,,2025-09-01,2026-05-31\ng-7,m-3,Прошлая,10,2024-09-01,2025-05-31\n",
    "timetable": "group,weekday,starts_at,ends_at,weeks,valid_from,valid_to\n"
    "g-3,6,10:00,11:30,every,2025-09-01,2026-05-31\ng-4,1,17:00,18:00,odd,2025-09-01,2026-05-31\ng-6,7,12:00,13:00,even,2025-09-01,2026-05-31\n",
    "enrollments": "enrollment,certificate,group,starts_on,ends_on,state\nD-9,0471000002,g-3,2025-10-01,2025-12-31,active\n",
}


def bring(pages: Pages, **tables: str) -> None:
    reading = new_reading()
    for table, text in tables.items():
        read_table(reading, f"{table}.csv", text.encode(), table)
    with writing(pages.engine) as connection:
        load(connection, reading, pages.clock)


@pytest.fixture
def town(pages: Pages) -> Pages:
    bring(pages, **MORE)
    return pages


def titles(pages: Pages, address: str = "") -> list[str]:
    visitor = pages.visitor()
    visitor.get(f"/catalogue{address}")
    assert visitor.status == 200, visitor.text
    return [part.split("</a>")[0].split(">")[-1] for part in visitor.html.split("<h2>")[1:]]


@pytest.mark.parametrize("query", ["шахматы", "шахматам", "ШАХМАТЫ", "шахматами", "шахм", "  шахматы  "])
def test_a_word_is_found_in_any_form(town: Pages, query: str):
    assert titles(town, f"?q={query}") == ["Шахматы"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("лепки", ["Лепка и керамика для малышей"]),
        ("керамика малыш", ["Лепка и керамика для малышей"]),
        ("для малышей", ["Лепка и керамика для малышей"]),
        ("керамика шахматы", []),
        ("елочная", ["Ёлочные игрушки"]),
        ("ёлка", ["Ёлочные игрушки"]),
        ("техника", ["Робототехника"]),
        ("глина", ["Лепка и керамика для малышей"]),
        ("тайная", []),
        ("спорт", ["Шахматы"]),
        ('"; DROP TABLE programmes; --', []),
        ("AND OR NOT ( * ^ : & | !", []),
    ],
)
def test_every_word_must_be_there_and_the_hidden_is_not(town: Pages, query: str, expected: list[str]):
    assert titles(town, f"?q={quote(query)}") == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("", ["Лепка и керамика для малышей", "Робототехника", "Шахматы", "Ёлочные игрушки"]),
        ("age=6", ["Лепка и керамика для малышей", "Шахматы", "Ёлочные игрушки"]),
        ("age=17", ["Робототехника", "Шахматы", "Ёлочные игрушки"]),
        ("direction=техника", ["Робототехника"]),
        ("weekday=1", ["Робототехника", "Шахматы"]),
        ("weekday=1&after=16:30", ["Робототехника"]),
        ("free=y", ["Робототехника", "Шахматы", "Ёлочные игрушки"]),
        ("paid=y", ["Робототехника", "Ёлочные игрушки"]),
        ("payer=pskov&q=робот", ["Робототехника"]),
        ("payer=luga", []),
        ("q=шахматы&weekday=2", []),
    ],
)
def test_filters(town: Pages, filters: str, expected: list[str]):
    assert sorted(titles(town, f"?{filters}")) == sorted(expected)


def test_what_is_wrong_with_a_filter_is_told_and_what_was_typed_stays(town: Pages):
    visitor = town.visitor()
    visitor.get("/catalogue?age=старый&after=25:00&q=шахматы")
    assert "Возраст — число" in visitor.text and "Время — так" in visitor.text
    assert visitor.form_with("age").values["q"] == "шахматы" and visitor.form_with("age").values["age"] == "старый"


def test_the_search_follows_what_the_register_is_told(town: Pages):
    assert titles(town, "?q=плавание") == []
    bring(town, programmes="programme,provider,title,verified\np-3,ddt,Плавание,true\np-2,ddt,Лепка,false\n")
    assert titles(town, "?q=плавание") == ["Плавание"] and titles(town, "?q=робототехника") == []
    assert titles(town, "?q=лепка") == []
    bring(town, providers="provider,name,state\nddt,Дворец спорта,active\n")
    assert len(titles(town, "?q=дворец")) == 3
    assert len(town.read(lambda c: c.execute(select(catalogue_entries)).all())) == 3


def test_a_programmes_page_tells_groups_times_places_and_who_pays(town: Pages):
    visitor = town.visitor()
    visitor.get("/catalogue/p-2")
    text = visitor.text.replace("\u00a0", " ")
    assert "суббота, 10:00–11:30" in text and "мест нет" in text
    assert "200,00 ₽ за занятие · сертификат 160,00 ₽, семья 40,00 ₽" in text, "two academic hours"
    text = visitor.get("/catalogue/p-3") and visitor.text.replace("\u00a0", " ")
    assert "200,00 ₽ за занятие · всё платит сертификат" in text and "10 свободных мест" in text and "по нечётным неделям" in text
    assert "Прошлая" not in text
    assert "бесплатно" in visitor.get("/catalogue/p-5")
    visitor.get("/catalogue/p-4")
    assert visitor.status == 404


def test_where_a_group_meets_and_who_teaches_it_is_shown_and_looked_for(town: Pages):
    heads = "group,module,title,places,starts_on,ends_on,locality,address,teacher\n"
    bring(town, groups=heads + 'g-4,m-3,Среда,10,2025-09-01,2026-05-31,Луга,"пр. Кирова, 5, каб. 12",П. П. Орлов\n')
    visitor = town.visitor()
    visitor.get("/catalogue/p-3")
    assert "Луга, пр. Кирова, 5, каб. 12" in visitor.text and "Педагог: П. П. Орлов" in visitor.text
    assert titles(town, "?locality=Луга") == ["Робототехника"] and titles(town, "?locality=Псков") == []
    assert 'value="Луга"' in visitor.get("/catalogue")
    bring(town, programmes="programme,provider,title,verified\np-3,ddt,Робототехника,false\n")
    assert 'value="Луга"' not in visitor.get("/catalogue"), "only where something verified is"


def test_a_parent_sees_it_for_the_child_with_what_clashes(town: Pages):
    town.person("anna@example.ru", "parent", "k-1", "k-3")
    visitor = town.signed_in("anna@example.ru")
    visitor.get("/catalogue/p-3?child=k-1")
    assert "Пересекается с занятием «Шахматы»: понедельник, 16:00–17:30" in visitor.text
    assert "другого возраста" not in visitor.text and "нет договора" not in visitor.text
    visitor.get("/catalogue/p-2?child=k-1")
    assert "Программа — для другого возраста" in visitor.text and "Пересекается" not in visitor.text
    visitor.get("/catalogue/p-1?child=k-2")
    assert "Пересекается" not in visitor.text and "Пётр" not in visitor.text, "another's child is not looked at"


def test_which_lessons_clash():
    line = {"weekday": 1, "starts_at": "16:00", "ends_at": "17:00", "weeks": "every", "valid_from": "2025-09-01", "valid_to": "2026-05-31"}
    mine = {"group": "a", "timetable": [line]}
    for changes, expected in (
        ({}, True),
        ({"weekday": 2}, False),
        ({"starts_at": "17:00", "ends_at": "18:00"}, False),
        ({"starts_at": "16:59", "ends_at": "18:00"}, True),
        ({"weeks": "odd"}, True),
        ({"valid_from": "2026-06-01", "valid_to": "2026-08-31"}, False),
        ({"valid_from": "2026-05-31", "valid_to": "2026-08-31"}, True),
    ):
        assert bool(costs.clashes(mine, [{"group": "b", "timetable": [{**line, **changes}]}])) == expected, changes
    odd, even = ({"group": name, "timetable": [{**line, "weeks": name}]} for name in ("odd", "even"))
    assert not costs.clashes(odd, [even]) and not costs.clashes(mine, [mine])


def test_what_a_lesson_costs():
    module = {"unit": "academic_hour", "unit_price_kopecks": 10001, "unit_normative_kopecks": 8000}
    assert costs.cost_of(module, 60) == (13335, 10667, 2668), "half a kopeck up"
    assert costs.cost_of({**module, "unit": "lesson"}, 60) == (10001, 8000, 2001)
    assert costs.cost_of({**module, "unit_normative_kopecks": None}, 45) == (10001, None, None)
    assert costs.cost_of({**module, "unit_price_kopecks": 0, "unit_normative_kopecks": None}, 45) == (0, 0, 0)
    assert costs.cost_of({**module, "unit_price_kopecks": None}, 45) is None
    assert costs.age_in_months(dt.date(2015, 3, 14), dt.date(2025, 3, 13)) == 119


def test_the_stemmer_knows_russian():
    assert len({stemmed(word) for word in ("шахматы", "шахматам", "шахматами")}) == 1


def test_a_page_costs_the_same_statements_however_many_rows(town: Pages):
    def statements(address: str) -> int:
        counted = []
        listener = lambda *_: counted.append(1)  # noqa: E731
        titles(town, address)
        event.listen(town.engine, "before_cursor_execute", listener)
        titles(town, address)
        event.remove(town.engine, "before_cursor_execute", listener)
        return len(counted)

    few = statements("?q=шахматы")
    heads = "module,programme,unit,unit_price,unit_normative,open\n", "group,module,places\n"
    rows = "".join(f"x-{number},ddt,Шахматы {number},спорт,,,true\n" for number in range(60))
    bring(
        town,
        programmes="programme,provider,title,direction,age_from_months,age_to_months,verified\n" + rows,
        modules=heads[0] + "".join(f"xm-{n},x-{n},lesson,1.00,1.00,true\n" for n in range(60)),
        groups=heads[1] + "".join(f"xg-{n},xm-{n},5\n" for n in range(60)),
    )
    assert statements("?q=шахматы") == few
    assert len(titles(town, "?q=шахматы")) == 20 and len(titles(town, "?q=шахматы&page=3")) == 1


def test_the_register_of_providers_is_public(town: Pages):
    visitor = town.visitor()
    visitor.get("/providers")
    assert "Дом, творчества" in visitor.text and "Л-1" in visitor.text and "4 программы" in visitor.text.replace("\u00a0", " ")
