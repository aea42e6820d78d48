"""Double entry: a transfer moves an amount from one account to another, and the invariant holds after each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.ledger import AccountKind, Balance, Sums, Transfer, TransferKind, changes_of, funding, meeting_shortfall
from tests.builders.facts import account

CERTIFICATE = account()
PAYABLE = account("club", AccountKind.PAYABLE)
FUND = account("", AccountKind.FUND)
SHORTFALL = account(kind=AccountKind.SHORTFALL)


def transfer(amount: int = 100, kind: TransferKind = TransferKind.PLAIN, source=CERTIFICATE, target=PAYABLE) -> Transfer:  # type: ignore[no-untyped-def]
    return Transfer(source, target, amount, kind, "2025-10", "test")


@pytest.mark.parametrize(
    ("kind", "source", "target"),
    [
        (TransferKind.PLAIN, Sums(out_settled=100), Sums(in_settled=100)),
        (TransferKind.REVERSAL, Sums(out_settled=100), Sums(in_settled=100)),
        (TransferKind.HOLD, Sums(out_held=100), Sums(in_held=100)),
        (TransferKind.SETTLE, Sums(out_held=-100, out_settled=100), Sums(in_held=-100, in_settled=100)),
        (TransferKind.RELEASE, Sums(out_held=-100), Sums(in_held=-100)),
    ],
)
def test_what_a_transfer_does_to_its_two_accounts(kind: TransferKind, source: Sums, target: Sums) -> None:
    assert changes_of([transfer(kind=kind)]) == {CERTIFICATE: source, PAYABLE: target}


@given(st.lists(st.tuples(st.sampled_from(list(TransferKind)), st.integers(1, 10**6))))
def test_nothing_comes_from_nowhere(moves: list[tuple[TransferKind, int]]) -> None:
    changes = changes_of(transfer(amount, kind) for kind, amount in moves).values()
    assert sum(one.in_settled for one in changes) == sum(one.out_settled for one in changes)
    assert sum(one.in_held for one in changes) == sum(one.out_held for one in changes)


def test_transfers_of_one_account_are_summed() -> None:
    assert changes_of([transfer(100), transfer(50), transfer(30, source=PAYABLE, target=CERTIFICATE)])[CERTIFICATE] == Sums(30, 150, 0, 0)


@pytest.mark.parametrize("wrong", [transfer(0), transfer(-1), transfer(target=CERTIFICATE)])
def test_what_is_no_transfer_is_refused(wrong: Transfer) -> None:
    with pytest.raises(ValueError, match="not a transfer"):
        changes_of([wrong])


def test_what_is_held_is_not_free() -> None:
    assert Sums(in_settled=100, out_settled=30, in_held=500, out_held=20).free == 50


def test_a_hold_that_is_settled_moves_once_and_one_that_is_released_not_at_all() -> None:
    held = transfer(100, TransferKind.HOLD)
    assert changes_of([held, transfer(100, TransferKind.SETTLE)]) == changes_of([transfer(100)])
    assert set(changes_of([held, transfer(100, TransferKind.RELEASE)]).values()) == {Sums()}


# ---------------------------------------------------------------- the nominal


def after(transfers: list[Transfer], free: int, owed: int = 0) -> tuple[int, int]:
    """(free, owed) once the transfers are made."""
    changes = changes_of(transfers)
    return free + changes.get(CERTIFICATE, Sums()).free, owed - changes.get(SHORTFALL, Sums()).free


def test_a_rise_comes_from_the_fund() -> None:
    assert funding(CERTIFICATE, 100, 250, 30, "nominal") == [Transfer(FUND, CERTIFICATE, 150, TransferKind.PLAIN, "2025-01", "nominal")]


def test_an_unchanged_nominal_moves_nothing() -> None:
    assert funding(CERTIFICATE, 100, 100, 30, "nominal") == []


def test_a_fall_goes_back_to_the_fund_as_far_as_free_bears_it() -> None:
    assert funding(CERTIFICATE, 250, 100, 150, "nominal") == [Transfer(CERTIFICATE, FUND, 150, TransferKind.PLAIN, "2025-01", "nominal")]


def test_what_free_cannot_bear_is_a_shortfall_and_free_stays_at_zero() -> None:
    transfers = funding(CERTIFICATE, 250, 100, 40, "nominal")
    assert after(transfers, 40) == (0, 110)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_free_never_falls_below_zero_and_the_fund_gets_what_the_nominal_lost(before: int, nominal: int, spent: int) -> None:
    free = max(0, before - spent)
    transfers = funding(CERTIFICATE, before, nominal, free, "nominal")
    left, owed = after(transfers, free)
    assert left >= 0 and owed >= 0 and (left == 0 or owed == 0)
    assert changes_of(transfers).get(FUND, Sums()).free == before - nominal
    assert left - owed == free + nominal - before


@pytest.mark.parametrize(("free", "owed", "met"), [(50, 30, 30), (30, 50, 30), (30, 30, 30)])
def test_what_becomes_free_meets_the_shortfall_first(free: int, owed: int, met: int) -> None:
    assert meeting_shortfall(CERTIFICATE, free, owed, "nominal") == [
        Transfer(CERTIFICATE, SHORTFALL, met, TransferKind.PLAIN, "2025-01", "nominal")
    ]


@pytest.mark.parametrize(("free", "owed"), [(0, 30), (30, 0), (-5, 30)])
def test_nothing_is_met_where_there_is_nothing_free_or_nothing_owed(free: int, owed: int) -> None:
    assert meeting_shortfall(CERTIFICATE, free, owed, "nominal") == []


def test_the_invariant_names_every_part() -> None:
    whole = Balance(funded=100, free=20, reserved=10, held=15, paid=40, elsewhere=10, lapsed=10, shortfall=5)
    assert whole.is_consistent
    for field in Balance._fields:
        assert not whole._replace(**{field: getattr(whole, field) + 1}).is_consistent, field
