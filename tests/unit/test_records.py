from __future__ import annotations

import pytest

from gateway.plugins import Level, Text, certificate_of, id_or_none, id_text, is_yes, unread


@pytest.mark.parametrize(("value", "text"), [(17, "17"), ("17", "17"), (" a-1 ", "a-1"), (0, "0")])
def test_ids_come_as_numbers_and_as_text(value: object, text: str) -> None:
    assert id_text(value) == text


@pytest.mark.parametrize("value", [None, "", " ", True, 1.5, [], {}])
def test_what_is_no_id(value: object) -> None:
    with pytest.raises(ValueError, match="no id"):
        id_text(value)
    assert id_or_none({"id": value}) is None


@pytest.mark.parametrize("item", [None, [], "id", {}, {"key": 1}])
def test_what_has_no_id(item: object) -> None:
    assert id_or_none(item) is None


def test_the_name_of_an_id_may_be_another() -> None:
    assert id_or_none({"sourcedId": 7}, "sourcedId") == "7"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, True), ("1", True), (True, True), ("TRUE ", True), (0, False), ("0", False), (False, False), ("", False), (None, False)],
)
def test_booleans_in_their_guises(value: object, expected: bool) -> None:
    assert is_yes(value) is expected


@pytest.mark.parametrize("value", [2, "maybe", [], {"?": 1}, 1.0])
def test_what_is_neither_yes_nor_no(value: object) -> None:
    with pytest.raises(ValueError, match="neither"):
        is_yes(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("4700000001", ("4700000001", False, False)),
        ("47 0000 0001", ("4700000001", False, False)),
        ("№\u00a04700-000001", ("4700000001", False, False)),
        (4700000001, ("4700000001", False, False)),
        (120000000, ("0120000000", True, False)),
        ("120000000", (None, False, True)),
        ("нет", (None, False, True)),
        ("٤٧٠٠٠٠٠٠٠١", (None, False, True)),
        ("47000000011", (None, False, True)),
        (True, (None, False, True)),
        (["4700000001"], (None, False, True)),
        (None, (None, False, False)),
        (" ", (None, False, False)),
    ],
)
def test_a_certificates_number_out_of_a_free_field(value: object, expected: tuple[str | None, bool, bool]) -> None:
    assert tuple(certificate_of(value)) == expected


def test_what_was_not_read_is_told_with_place_and_cure() -> None:
    found = unread(Text("урок", "the lesson"), "1003", "https://crm.example/lesson/1003", "Лепка")
    assert (found.level, found.place.url, found.group) == (Level.UNREAD, "https://crm.example/lesson/1003", "Лепка")
    assert "the lesson 1003" in found.what.en and "урок 1003" in found.what.ru and found.cure.en
