"""Addresses and forms that no page of ours writes: what cannot be is not there, or is told at its field; it is never a fault."""

from __future__ import annotations

import pytest

from .conftest import Pages

NUMBERS = {
    "vast": "9" * 30,
    "odd": "²",  # a digit to Python, and no number
    "endless": "9" * 5000,  # more digits than Python turns into a number
}
ADDRESSES = {
    "parent": {
        "/family/k-1/disputes/g-1/2025-10-06/{}": 404,
        "/family/k-1/year?year={}": 404,
        "/family/k-1/reads?before={}": 404,
        "/catalogue?page={}": 200,
    },
    "club": {
        "/club/requests?after={}": 404,
        "/club/disputes?after={}": 404,
        "/club/leavings?before={}": 404,
        "/club/programmes?page={}": 200,
        "/club/enrollments?page={}": 200,
    },
    "operator": {"/operations?before={}": 404, "/imports/{}": 404, "/reports/{}.xlsx": 404},
}


@pytest.mark.parametrize("who", list(ADDRESSES))
def test_a_number_that_there_cannot_be_is_no_fault(pages: Pages, who: str):
    children, known = (["k-1"] if who == "parent" else []), ({"provider": "ddt"} if who == "club" else {})
    pages.person(f"{who}@example.ru", who, *children, **known)
    visitor = pages.signed_in(f"{who}@example.ru")
    for address, status in ADDRESSES[who].items():
        for kind, number in NUMBERS.items():
            visitor.get(address.format(number))
            assert visitor.status == status, (address, kind)


def test_a_day_at_the_end_of_the_calendar_is_told_at_its_field(pages: Pages):
    pages.person("parent@example.ru", "parent", "k-1")
    visitor = pages.signed_in("parent@example.ru")
    visitor.get("/family/k-1/statement?first=9999-12-31&last=9999-12-31")
    assert visitor.status == 200 and "Это не дата" in visitor.text
