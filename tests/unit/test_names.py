"""Names as people write them. Initials are never a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.names import PersonName, folded, likeness, names_agree, names_disagree, parse_name, person_words


@pytest.mark.parametrize(
    ("one", "other"), [("Фёдорова  Алёна", "ФЕДОРОВА алена"), ("Волнова\u00a0Ася ", "волнова ася"), ("Вол\u00adнова Ася", "Волнова Ася")]
)
def test_case_yo_and_spaces_are_folded_away(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@given(st.text(max_size=20))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("text", "last", "first", "patronymic", "has_initials"),
    [
        ("Волнова Ася", "волнова", "ася", "", False),
        ("Волнова, Ася Петровна", "волнова", "ася", "петровна", False),
        ("Волнова А.", "волнова", "а.", "", True),
        ("Волнова А. П.", "волнова", "а.", "", True),
        ("Волнова А.П.", "волнова", "а.п.", "", True),
        ("Волнова А", "волнова", "а", "", True),
        ("Волнова Ася П.", "волнова", "ася", "", True),
        ("Волнова", "волнова", "", "", False),
        ("", "", "", "", False),
        ("Оглы Али Вели оглы", "оглы", "али", "вели оглы", False),
    ],
)
def test_a_name_is_taken_apart(text: str, last: str, first: str, patronymic: str, has_initials: bool) -> None:
    assert parse_name(text) == PersonName(last, first, patronymic, has_initials)


@pytest.mark.parametrize(
    ("written", "patronymic", "agree", "disagree"),
    [
        ("Волнова Ася", "Петровна", True, False),  # a patronymic that one side lacks says nothing
        ("Волнова Ася Петровна", None, True, False),
        ("Волнова Ася Петровна", "Петровна", True, False),
        ("Волнова Ася Ивановна", "Петровна", False, True),
        ("Волнова Аня", "Петровна", False, True),
        ("Волкова Ася", "Петровна", False, True),
        ("В. Ася", "Петровна", False, False),
        ("Д. Ася", "Петровна", False, True),
        ("В. Яна", "Петровна", False, True),
        ("Волнова А.", "Петровна", False, False),  # an initial agrees with nobody and disagrees with another letter only
        ("Волнова Б.", "Петровна", False, True),
        ("Волнова Ася П.", "Петровна", False, False),
        ("Волнова Анна П.", "Петровна", False, True),  # the letter is the patronymic's: the first name is another
        ("Волнова", "Петровна", False, False),
        ("", "Петровна", False, False),
    ],
)
def test_agreeing_and_disagreeing_are_not_opposites(written: str, patronymic: str | None, agree: bool, disagree: bool) -> None:
    one = parse_name(written)
    assert names_agree(one, "Волнова", "Ася", patronymic) is agree
    assert names_disagree(one, "Волнова", "Ася", patronymic) is disagree


@given(st.text(max_size=15), st.text(max_size=8), st.text(max_size=8), st.none() | st.text(max_size=8))
def test_nobody_agrees_and_disagrees_at_once(written: str, last: str, first: str, patronymic: str | None) -> None:
    one = parse_name(written)
    assert not (names_agree(one, last, first, patronymic) and names_disagree(one, last, first, patronymic))


def test_rows_with_and_without_the_patronymic_are_one_person() -> None:
    assert person_words("волнова ася петровна") == person_words("волнова ася")
    assert person_words("волнова ася") != person_words("волнова аня")


def test_likeness_orders_and_is_one_for_equals() -> None:
    one = parse_name("Волнова Ася")
    assert likeness(one, "Волнова", "Ася") == 1 > likeness(one, "Волкова", "Ася") > likeness(one, "Песчаная", "Юля") >= 0
