"""What the core's own rules say."""

from __future__ import annotations

import datetime as dt

from gateway.core.facts import Text
from gateway.core.periods import ALWAYS, Period
from gateway.core.refusals import CORE_RULES, a07, a14, n01, n02, n03, n04, r01
from gateway.core.wording import day_text, joined, money_text, period_text


def test_a07_says_what_is_needed_and_what_is_left() -> None:
    refusal = a07(18_000, 4_000)
    assert refusal.reason == Text("не хватает средств: нужно 180,00 ₽, осталось 40,00 ₽", "not enough money: 180.00 ₽ needed, 40.00 ₽ left")
    assert "муниципалитет увеличивает номинал" in refusal.cure.ru


def test_every_refusal_has_its_rule_listed_and_both_languages() -> None:
    refusals = [a07(1, 0), a14(["табель", "МойКласс"]), n01(), n02(2), n03("Шахматы"), n04(dt.date(2025, 10, 12)), r01(Text("нет", "no"))]
    listed = {rule.id for rule in CORE_RULES}
    for refusal in refusals:
        assert refusal.rule in listed
        assert all((refusal.reason.ru, refusal.reason.en, refusal.cure.ru, refusal.cure.en))


def test_none_of_the_cores_rules_can_be_switched_off() -> None:
    assert not any(rule.switchable for rule in CORE_RULES)


def test_the_words_of_the_reason_are_in_it() -> None:
    assert n02(3).reason.ru.endswith("3")
    assert "«Шахматы»" in n03("Шахматы").reason.ru
    assert n04(dt.date(2025, 10, 5)).reason.ru == "05.10.2025 у группы нет занятия"
    assert "табель, МойКласс" in a14(["табель", "МойКласс"]).reason.ru
    assert "записан дважды" in a14(["табель", "МойКласс", "МойКласс"]).reason.ru


def test_the_registers_own_cure_goes_before_ours() -> None:
    assert r01(Text("нет", "no"), Text("так", "so")).cure == Text("так", "so")
    assert r01(Text("мало денег", "no money")).reason.ru == "реестр отклонил: мало денег"


def test_money_in_words() -> None:
    assert money_text(123_450) == Text("1 234,50 ₽", "1,234.50 ₽")
    assert money_text(5) == Text("0,05 ₽", "0.05 ₽")
    assert money_text(-100_000_000) == Text("-1 000 000,00 ₽", "-1,000,000.00 ₽")


def test_days_in_words() -> None:
    first, last = dt.date(2025, 9, 1), dt.date(2026, 5, 31)
    assert day_text(first) == Text("01.09.2025", "1 September 2025")
    assert period_text(Period(first, last)).ru == "с 01.09.2025 по 31.05.2026"
    assert period_text(Period(first, dt.date.max)) == Text("с 01.09.2025", "from 1 September 2025")
    assert period_text(Period(dt.date.min, last)) == Text("по 31.05.2026", "until 31 May 2026")
    assert period_text(ALWAYS).ru == "без ограничения срока"
    assert joined([Text("а", "a"), Text("б", "b")]) == Text("а, б", "a, b")
