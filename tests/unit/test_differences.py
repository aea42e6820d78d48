"""Which class a difference is of, where one side knows an operation otherwise, and balances side by side."""

from __future__ import annotations

import pytest

from gateway.core.reconcile import SAFE, Balances, DifferenceClass, KnownAs, Posted, compare_balances, compare_money
from tests.builders.facts import DAY

ONE = Posted("a", "debit", 10_000, "club", "g-1", "k-1", DAY, 1, "town")


@pytest.mark.parametrize(
    ("known", "kind", "here"),
    [
        (KnownAs("rejected", "2025-10"), DifferenceClass.LATE_ANSWER, "rejected 2025-10"),
        (KnownAs("cancelled", "2025-10"), DifferenceClass.LATE_ANSWER, "cancelled 2025-10"),
        (KnownAs("accepted", "2025-11"), DifferenceClass.MOVED_ELSEWHERE, "accepted 2025-11"),
        (None, DifferenceClass.MISSING_HERE, "—"),
    ],
)
def test_what_only_the_register_lists_is_judged_by_what_became_of_it_here(known: KnownAs | None, kind: DifferenceClass, here: str) -> None:
    (found,) = compare_money([], [ONE], {"a": known} if known else {})
    assert (found.kind, found.here, found.there, found.payer) == (kind, here, "debit 100.00", "town")
    assert found.is_safe == (kind in SAFE) == (kind is not DifferenceClass.MOVED_ELSEWHERE)


@pytest.mark.parametrize(("taken", "kind"), [((), DifferenceClass.MISSING_THERE), (("a",), DifferenceClass.MOVED_ELSEWHERE)])
def test_what_only_we_list_is_lost_there_or_in_another_month(taken: tuple[str, ...], kind: DifferenceClass) -> None:
    (found,) = compare_money([ONE], [], {}, taken)
    assert (found.kind, found.is_safe) == (kind, False)


def test_balances_differ_by_certificate_and_period() -> None:
    ours = {("c-1", "2025-01-01"): Balances(1000, 300, 700), ("c-2", "2025-01-01"): Balances(500, 0, 500)}
    theirs = {("c-1", "2025-01-01"): Balances(1000, 400, 600), ("c-2", "2025-01-01"): Balances(500, 0, 500)}
    (found,) = compare_balances(ours, theirs, "town")
    assert (found.kind, found.subject, found.payer) == (DifferenceClass.OTHER_BALANCE, "c-1", "town")
    assert (found.here, found.there) == ("10.00 / 3.00 / 7.00", "10.00 / 4.00 / 6.00")


def test_a_period_without_money_on_either_side_does_not_differ() -> None:
    nothing = {("c-1", "2026-01-01"): Balances(0, 0, 0)}
    assert compare_balances({}, nothing, "town") == compare_balances(nothing, {}, "town") == []
    assert len(compare_balances({}, {("c-1", "2026-01-01"): Balances(1, 0, 1)}, "town")) == 1
