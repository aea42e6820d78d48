"""What is masked of an account's answers, in which form, and what has to stay."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from gateway.plugins.masking import Masker

SINCE = dt.date(2025, 9, 1)


def masker(kept: tuple[str, ...] = (), key: bytes = b"k") -> Masker:
    return Masker({"s3cret-key"}, {"Ёлкина Алёна", "Petrov Oleg"}, ["https://klub.crm.example"], SINCE, kept, key)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 1003), ("group", "11"), ("state", "held"), ("starts_at", "2025-10-02T13:00:00Z"), ("date", "02.10.2025"),
        ("zone", "Europe/Moscow"), ("updated_at", 1761660000), ("created", "1761660000000"), ("total", 0.5), ("was", True), ("kind", None),
        ("uuid", "550e8400-e29b-41d4-a716-446655440000"), ("user_type", "parent"), ("b_date", "2024-09-01"), ("sum", "350.00"),
    ],
)  # fmt: skip
def test_what_an_adapter_reads_and_nobody_is_known_by_stays(field: str, value: Any) -> None:
    assert masker().masked({field: value}) == {field: value}


@pytest.mark.parametrize(
    ("field", "value", "form"),
    [
        ("x", "Бобров Саша", r"[А-ЯЁ][а-яё]{5} [А-ЯЁ][а-яё]{3}"),
        ("x", "БОБРОВ", r"[А-ЯЁ]{6}"),
        ("name", "Ivanov Ivan", r"[A-Z][a-z]{5} [A-Z][a-z]{3}"),
        ("whoever", "Ivanova Maria", r"[A-Z][a-z]{6} [A-Z][a-z]{4}"),
        ("whoever", "oleg", r"[a-z]{4}"),
        ("x", "0120000000", r"0[1-9]\d{8}"),
        ("x", "4700 123-456", r"[1-9]\d{3} \d{3}-\d{3}"),
        ("x", "+7 (912) 345-67-89", r"\+7 \(\d{3}\) \d{3}-\d{2}-\d{2}"),
        ("x", "mama@mail.ru", r"[a-z]{4}@[a-z]{4}\.example"),
        ("x", "2015-03-16", r"2015-\d\d-\d\d"),
        ("x", "16.03.2015", r"\d\d\.\d\d\.2015"),
        ("birthday", "2025-09-02", r"2025-\d\d-\d\d"),
        ("access_token", "whatever", r"masked-secret-\d+"),
        ("x", "Bearer s3cret-key", r"Bearer masked-secret-1"),
        ("x", "https://klub.crm.example/api?page=2", r"\{address\}/api\?page=2"),
        ("x", "klub.crm.example", r"\{host\}"),
    ],
)
def test_what_somebody_is_known_by_is_replaced_in_its_form(field: str, value: str, form: str) -> None:
    masked = masker().masked({field: value})[field]
    assert masked != value and re.fullmatch(form, masked), masked


def test_a_number_of_nine_digits_and_its_text_with_a_zero_stay_equal() -> None:
    mask = masker()
    text, number = mask.masked("0120000000"), mask.masked(120000000)
    assert isinstance(number, int) and text == f"0{number}" != "0120000000"
    assert mask.masked("+7 912 345-67-89")[-9:] == mask.masked("8 912 345-67-89")[-9:]


def test_equal_stays_equal_and_different_stays_different() -> None:
    mask = masker()
    words = [f"{first}{second}ова" for first in "Ббвгджзклмн" for second in "аеиоу"]
    masked = [mask.masked(word) for word in words]
    assert masked == [mask.masked(word) for word in words] and len(set(map(str.lower, masked))) == len({word.lower() for word in words})
    assert mask.masked("ИВАНОВ").lower() == mask.masked("Иванов").lower()
    assert masker(key=b"other").masked("Бобров") != masker().masked("Бобров")


def test_nobody_gets_a_name_that_another_bears() -> None:
    mask = masker()
    bearers = [f"Ко{middle}а{end}" for middle in "тнрлсвм" for end in ("ва", "на", "ла")]
    mask.look_at(" ".join(bearers))
    assert not {mask.masked(name) for name in bearers} & set(bearers)


def test_a_field_that_is_kept_keeps_all_but_secrets() -> None:
    assert masker(("state",)).masked({"state": "Проведено s3cret-key"}) == {"state": "Проведено masked-secret-1"}


def test_a_childs_name_that_is_a_fields_name_is_masked_too() -> None:
    (name,) = masker().masked({"Ёлкина Алёна": 1})
    assert "Ёлкина" not in name
    assert list(masker().masked({"ФИО": 1, "oleg": 2})) == ["ФИО", "oleg"]


def test_a_request_is_masked_only_where_an_answer_or_a_setting_was() -> None:
    mask = masker()
    child = mask.masked({"name": "Бобров", "number": "4700000001", "born": "2015-03-16", "mail": "mama@mail.ru"})
    again = {"q": "Бобров", "n": "4700000001", "d": "2015-03-16", "m": "mama@mail.ru"}
    assert list(mask.masked_request(again).values()) == list(child.values())
    own = {"from": "2000-01-01", "state": "Проведено", "limit": 1000000000, "mail": "other@mail.ru", "key": "geheim"}
    assert mask.masked_request(own) == own
    assert mask.masked_request({"api_key": "s3cret-key"}) == {"api_key": "masked-secret-1"}
