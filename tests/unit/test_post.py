"""Post: what the register's answers mean for the ledger and the claims."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.facts import Text
from gateway.core.ledger import AccountKind, Sums, Transfer, TransferKind, changes_of
from gateway.core.post import Accepted, Answered, ClaimChange, OperationState, Settled, order_key, plan, portions
from tests.builders.facts import account, calendar_year, operation

ACCOUNT, PAYABLE, SHORTFALL = account(), account("club", AccountKind.PAYABLE), account(kind=AccountKind.SHORTFALL)
REASON, CURE = Text("причина", "reason"), Text("лекарство", "cure")


def settled(*answers: Answered, known: Any = (), free: Any = None) -> Settled:
    return plan(answers, calendar_year, known, free or {})


def answered(one: Any, outcome: str, acceptances: tuple[Accepted, ...] = (), **more: Any) -> Answered:
    ordinary: dict[str, Any] = {"number": "N-1", "reason": None, "cure": None}
    return Answered(one, outcome, acceptances=acceptances, **(ordinary | more))


def accepted(
    id_: str, kind: str = "debit", amount: int = 10_000, n: int = 0, certificate: str = "cert-1", refers_to: str | None = None
) -> Accepted:
    return Accepted(id_, kind, amount, "D-1", certificate, n, "2025-10", "N-" + id_, refers_to)


def moves(found: Settled) -> list[tuple[Any, str, Any, Any, int, str]]:
    return [(key, one.kind, one.source, one.target, one.amount, one.refers_to) for key, one in found.transfers]


DEBIT = operation()
REVERSAL = operation("reversal", id="r-1", refers_to=DEBIT.id, n=0)
ATTENDANCE = operation("attendance", 0, id="a-1", status="absent", n=2)


def test_an_accepted_debit_settles_its_hold_and_is_live() -> None:
    found = settled(answered(DEBIT, "accepted"))
    assert found.states == [(DEBIT, OperationState.ACCEPTED, "N-1", None, None)]
    assert found.transfers == [(1, Transfer(ACCOUNT, PAYABLE, 10_000, TransferKind.SETTLE, "2025-10", "debit", refers_to=DEBIT.id))]
    assert found.changes == [ClaimChange("town", DEBIT.claim, live=DEBIT.id, last_acceptance=DEBIT.id, debits=1, under_way=-1)]
    assert found.freed == set()


def test_the_second_debit_of_a_claim_counts_two() -> None:
    assert settled(answered(DEBIT._replace(n=1), "accepted")).changes[0].debits == 2


def test_an_accepted_reversal_gives_the_money_back_and_has_the_claim_decided_anew() -> None:
    found = settled(answered(REVERSAL, "accepted"))
    assert moves(found) == [(1, TransferKind.REVERSAL, PAYABLE, ACCOUNT, 10_000, "r-1")]
    assert found.changes == [ClaimChange("town", DEBIT.claim, live="", last_acceptance="r-1", under_way=-1, lists="decide")]
    assert found.freed == {ACCOUNT}


def test_an_accepted_attendance_moves_no_money() -> None:
    found = settled(answered(ATTENDANCE, "accepted"))
    assert found.transfers == [] and found.freed == set()
    assert found.changes == [ClaimChange("town", DEBIT.claim, attendance="absent", attendances=3, under_way=-1)]


def test_a_rejected_debit_releases_its_hold_shows_the_reason_and_frees_the_account() -> None:
    found = settled(answered(DEBIT, "rejected", number=None, reason=REASON, cure=CURE))
    assert found.states == [(DEBIT, OperationState.REJECTED, None, REASON, CURE)]
    assert moves(found) == [(1, TransferKind.RELEASE, ACCOUNT, PAYABLE, 10_000, DEBIT.id)]
    assert found.changes == [ClaimChange("town", DEBIT.claim, under_way=-1, refused=(REASON, CURE))]
    assert found.freed == {ACCOUNT}


@pytest.mark.parametrize("one", [REVERSAL, ATTENDANCE])
def test_any_other_rejection_leaves_the_ledger_and_the_answer(one: Any) -> None:
    found = settled(answered(one, "rejected", reason=REASON, cure=CURE))
    assert (found.transfers, found.freed) == ([], set())
    assert found.changes == [ClaimChange("town", DEBIT.claim, under_way=-1)]


@pytest.mark.parametrize("outcome", ["unanswered", "unknown", "whatever"])
@pytest.mark.parametrize("one", [DEBIT, REVERSAL, ATTENDANCE])
def test_what_is_not_answered_keeps_its_hold(one: Any, outcome: str) -> None:
    found = settled(answered(one, outcome))
    assert found.states == [(one, OperationState.UNANSWERED, None, None, None)]
    assert (found.transfers, found.changes, found.freed, found.adopted) == ([], [], set(), [])


def test_each_item_stands_or_falls_by_itself() -> None:
    found = settled(
        answered(DEBIT, "rejected", reason=REASON, cure=CURE),
        answered(operation(number=2, id="d-2"), "accepted"),
        answered(operation(number=3, id="d-3"), "unanswered"),
    )
    assert [state for _, state, *_ in found.states] == [OperationState.REJECTED, OperationState.ACCEPTED, OperationState.UNANSWERED]
    assert [key for key, _ in found.transfers] == [1, 2]


# ---------------------------------------------------------------- behind


def test_behind_adopts_a_debit_that_only_the_register_knows() -> None:
    found = settled(answered(DEBIT, "behind", (accepted("x"),)), free={ACCOUNT: 0})
    assert found.states == [(DEBIT, OperationState.BEHIND, None, None, None)]
    assert moves(found) == [
        (1, TransferKind.RELEASE, ACCOUNT, PAYABLE, 10_000, DEBIT.id),
        (None, TransferKind.PLAIN, ACCOUNT, PAYABLE, 10_000, "x"),
    ]
    assert found.changes == [ClaimChange("town", DEBIT.claim, live="x", last_acceptance="x", debits=1, under_way=-1, lists="decide")]
    assert found.adopted == [(DEBIT, accepted("x"))]


def test_behind_adopts_only_what_is_not_known_and_counts_all() -> None:
    register = (accepted("d-0"), accepted("r-0", "reversal", refers_to="d-0"), accepted("d-1", n=1))
    found = settled(answered(DEBIT, "behind", register), known={"d-0"}, free={ACCOUNT: 0})
    assert [one.id for _, one in found.adopted] == ["r-0", "d-1"]
    assert [move[1:] for move in moves(found)] == [
        (TransferKind.RELEASE, ACCOUNT, PAYABLE, 10_000, DEBIT.id),
        (TransferKind.REVERSAL, PAYABLE, ACCOUNT, 10_000, "r-0"),
        (TransferKind.PLAIN, ACCOUNT, PAYABLE, 10_000, "d-1"),
    ]
    assert (found.changes[0].live, found.changes[0].debits, found.changes[0].last_acceptance) == ("d-1", 2, "d-1")


def test_behind_a_reversal_leaves_nothing_live_and_frees_the_account() -> None:
    found = settled(answered(REVERSAL, "behind", (accepted("d-0"), accepted("r-0", "reversal"))), known={"d-0"})
    assert moves(found) == [(None, TransferKind.REVERSAL, PAYABLE, ACCOUNT, 10_000, "r-0")]
    assert (found.changes[0].live, found.changes[0].debits) == ("", 1)
    assert found.freed == {ACCOUNT}


@pytest.mark.parametrize("acceptances", [(), (accepted("d-0"),)])
def test_behind_that_names_nothing_new_is_a_rejection_and_no_endless_round(acceptances: tuple[Accepted, ...]) -> None:
    one = DEBIT._replace(after=acceptances[-1].id if acceptances else None)
    found = settled(answered(one, "behind", acceptances), known={"d-0"})
    assert [state for _, state, *_ in found.states] == [OperationState.REJECTED]
    assert moves(found) == [(1, TransferKind.RELEASE, ACCOUNT, PAYABLE, 10_000, DEBIT.id)]
    (change,) = found.changes
    assert change.refused is not None and "names nothing that is new" in change.refused[0].en
    assert (change.under_way, change.live, change.lists, found.adopted) == (-1, None, None, [])


@pytest.mark.parametrize(
    ("free", "amount", "short"), [(0, 10_000, 0), (0, 12_500, 2_500), (2_500, 12_500, 0), (2_000, 12_500, 500), (50_000, 12_500, 0)]
)
def test_what_free_cannot_bear_of_an_adopted_debit_is_a_shortfall(free: int, amount: int, short: int) -> None:
    """``free`` beside the hold of 10,000 that is released first."""
    found = settled(answered(DEBIT, "behind", (accepted("x", amount=amount),)), free={ACCOUNT: free})
    changes = changes_of(one for _, one in found.transfers)
    assert changes.get(SHORTFALL, Sums()).out_settled == short
    assert free + changes[ACCOUNT].free >= 0
    assert free + changes[ACCOUNT].free == max(0, free + 10_000 - amount)


def test_two_adopted_debits_of_one_account_share_what_is_free() -> None:
    second = operation(number=2, id="d-9", child="k-2")
    found = settled(
        answered(DEBIT, "behind", (accepted("x", amount=15_000),)),
        answered(second, "behind", (accepted("y", amount=15_000),)),
        free={ACCOUNT: 4_000},
    )
    changes = changes_of(one for _, one in found.transfers)
    # 4,000 and the two holds of 10,000 released bear 24,000 of 30,000 at the end; what each falls short of in its turn is seen.
    assert 4_000 + changes[ACCOUNT].free >= 0
    assert 4_000 + changes[ACCOUNT].free - changes[SHORTFALL].out_settled == 4_000 + 20_000 - 30_000


def test_an_adopted_debit_may_be_of_another_certificate() -> None:
    found = settled(answered(DEBIT, "behind", (accepted("x", certificate="cert-2"),)), free={account("cert-2"): 10_000})
    assert moves(found)[1][2] == account("cert-2")
    assert changes_of(one for _, one in found.transfers)[ACCOUNT] == Sums(out_held=-10_000)


def test_what_the_register_booked_in_another_month_is_told_with_that_month() -> None:
    found = settled(answered(DEBIT, "accepted", month="2025-11"), answered(ATTENDANCE, "accepted", month=ATTENDANCE.month))
    assert found.other_month == [DEBIT._replace(month="2025-11")]
    assert found.states[0][0].month == found.transfers[0][1].month == "2025-11"


@given(st.lists(st.tuples(st.sampled_from(["cert-1", "cert-2", "cert-3", None]), st.integers(1, 9)), max_size=60), st.integers(1, 7))
def test_portions_hold_every_operation_once_and_keep_a_certificate_together_and_in_order(
    drawn: list[tuple[str | None, int]], size: int
) -> None:
    operations = [
        DEBIT._replace(operation=number, certificate=certificate, claim_key=f"claim-{claim}")
        for number, (certificate, claim) in enumerate(drawn)
    ]
    found = portions(operations, size)
    assert sorted(one.operation for portion in found for one in portion) == [one.operation for one in operations]
    assert all(0 < len(portion) <= size for portion in found)
    for key in {order_key(one) for one in operations}:
        mine = [one.operation for portion in found for one in portion if order_key(one) == key]
        assert mine == sorted(mine), "in the order of the portions, and within each"
        of_key = [portion for portion in found if any(order_key(one) == key for one in portion)]
        assert len(of_key) == -(-len(mine) // size), "no more portions than it fills"
