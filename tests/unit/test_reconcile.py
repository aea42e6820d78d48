"""Our ledger beside the register's statement: each difference has its class, its place and its cure."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.core.reconcile import DifferenceClass, Posted, compare_attendance, compare_money, cure_of
from tests.builders.facts import DAY


def posted(id_: str = "a", kind: str = "debit", amount: int = 10_050, **more: Any) -> Posted:
    return Posted(id_, kind, amount, "club", "g-1", "k-1", DAY, 1, **more)


def test_equal_sides_do_not_differ() -> None:
    assert compare_money([posted("a"), posted("b")], [posted("b"), posted("a")]) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "here", "there"),
    [
        ([posted()], [], DifferenceClass.MISSING_THERE, "debit 100.50", "—"),
        ([], [posted()], DifferenceClass.MISSING_HERE, "—", "debit 100.50"),
        ([posted()], [posted(amount=10_049)], DifferenceClass.OTHER_SUM, "debit 100.50", "debit 100.49"),
        ([posted()], [posted(kind="reversal")], DifferenceClass.OTHER_SUM, "debit 100.50", "reversal 100.50"),
    ],
)
def test_each_class_of_difference(ours: list[Posted], theirs: list[Posted], kind: DifferenceClass, here: str, there: str) -> None:
    (found,) = compare_money(ours, theirs)
    assert (found.kind, found.here, found.there) == (kind, here, there)
    assert (found.subject, found.provider, found.group, found.day, found.slot) == ("a", "club", "g-1", DAY, 1)
    assert found.cure == cure_of(kind)


def test_differences_come_in_the_order_of_their_ids() -> None:
    assert [one.subject for one in compare_money([posted("c"), posted("a")], [posted("b")])] == ["a", "b", "c"]


def test_every_class_has_a_cure_in_both_languages() -> None:
    for kind in DifferenceClass:
        cure = cure_of(kind)
        assert cure.ru and cure.en and cure.ru != cure.en


@pytest.mark.parametrize(
    ("ours", "theirs", "differing"),
    [
        ({"a": "attended"}, {"a": "attended"}, []),
        ({"a": "attended"}, {"a": "absent"}, [("a", "attended", "absent")]),
        ({"a": "none"}, {}, []),
        ({}, {"a": "none"}, []),
        ({"a": "attended"}, {}, [("a", "attended", "none")]),
        ({}, {"b": "excused"}, [("b", "none", "excused")]),
    ],
)
def test_attendance_that_was_taken_back_is_attendance_that_never_was(
    ours: dict[str, str], theirs: dict[str, str], differing: list[tuple[str, str, str]]
) -> None:
    assert compare_attendance(ours, theirs) == differing
