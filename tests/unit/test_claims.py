"""Ids are computed from the fact: the same on any node and in any year, and no two facts share one."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.claims import attendance_id, claim_key, debit_id, reversal_id
from tests.builders.facts import DAY, at, lesson
from tests.builders.facts import claim as a_claim

parts = st.tuples(
    st.text(max_size=6), st.text(max_size=6), st.text(max_size=6), st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), st.integers(1, 12)
)


@given(parts, parts)
def test_two_claims_share_a_key_only_if_all_their_parts_are_equal(
    one: tuple[str, str, str, dt.date, int], other: tuple[str, str, str, dt.date, int]
) -> None:
    assert (claim_key(*one) == claim_key(*other)) == (one == other)


def test_a_part_does_not_run_into_the_next() -> None:
    assert claim_key("ab", "c", "g", DAY, 1) != claim_key("a", "bc", "g", DAY, 1)
    assert claim_key("a", "b", "g1", DAY, 1) != claim_key("a", "b", "g", DAY, 11)


def test_an_id_is_32_hex_digits_and_never_changes() -> None:
    # Written down on purpose: the register keeps acceptances for ever, so another way of computing ids would double every debit.
    key = claim_key("club", "k-1", "g-1", dt.date(2025, 10, 6), 1)
    assert key == "2412f995d63b3975525caba13201bda3"
    assert debit_id(key, 0) == "db2181b3c49bbc42b4fbed1a202767be"
    assert reversal_id(debit_id(key, 0)) == "29e21cdc13f86bfa29d0af34c23b327a"
    assert attendance_id(key, 0) == "efa9bf7120fb37432e4df361917602ef"


@given(st.text(max_size=8), st.integers(0, 9), st.integers(0, 9))
def test_kinds_and_ordinals_have_ids_of_their_own(key: str, n: int, other: int) -> None:
    ids = {
        debit_id(key, n),
        debit_id(key, n + 1 + other),
        attendance_id(key, n),
        reversal_id(debit_id(key, n)),
        reversal_id(debit_id(key, n + 1 + other)),
    }
    assert len(ids) == 5


def test_a_lesson_lasts_as_long_as_the_clock_on_the_wall_does_not_say() -> None:
    from zoneinfo import ZoneInfo

    berlin = ZoneInfo("Europe/Berlin")
    night = dt.date(2025, 10, 26)  # 03:00 becomes 02:00: an hour more than the hands show
    starts_at, ends_at = at(night, 1, 30, berlin), at(night, 3, 30, berlin)
    assert lesson()._replace(starts_at=starts_at, ends_at=ends_at).minutes == 180
    stored = [dt.datetime.fromisoformat(moment.isoformat()) for moment in (starts_at, ends_at)]
    one = a_claim()
    assert lesson()._replace(starts_at=stored[0], ends_at=stored[1]).minutes == 180
    assert one.minutes == 90
