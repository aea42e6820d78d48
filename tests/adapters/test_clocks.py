"""The clock that a system keeps, and its club's: what is written on the one is told on the other."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pytest

from adapters.alfacrm.settings import AlfaCrmSettings
from gateway.plugins import BadParameter, Period, Verdict, WallTimes, clocks_of
from gateway.plugins.sources import clocks_checked, with_the_clubs_clock

FRIDAY, SATURDAY = dt.date(2025, 10, 31), dt.date(2025, 11, 1)
EAST, WEST = "Asia/Vladivostok", "Europe/Moscow"


def at(text: str | None) -> dt.time | None:
    return dt.time.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("system", "club", "told", "meant"),
    [
        (WEST, EAST, (FRIDAY, "18:00", "19:30"), (SATURDAY, "01:00", "02:30")),
        (EAST, WEST, (SATURDAY, "01:00", "02:30"), (FRIDAY, "18:00", "19:30")),
        (EAST, WEST, (SATURDAY, "06:30", "08:00"), (FRIDAY, "23:30", "01:00")),  # it goes past midnight at the club
        (WEST, EAST, (FRIDAY, "23:30", "00:15"), (SATURDAY, "06:30", "07:15")),  # and there
        (WEST, EAST, (FRIDAY, "11:00", None), (FRIDAY, "18:00", None)),
        (WEST, EAST, (FRIDAY, None, None), (FRIDAY, None, None)),  # a day is the day that it is
        (WEST, WEST, (FRIDAY, "18:00", "19:30"), (FRIDAY, "18:00", "19:30")),
    ],
)
def test_a_lesson_is_told_on_the_clubs_clock(
    system: str, club: str, told: tuple[dt.date, str | None, str | None], meant: tuple[dt.date, str | None, str | None]
) -> None:
    clocks = clocks_of(system, club)
    assert clocks.at_the_club(WallTimes(told[0], at(told[1]), at(told[2]))) == (meant[0], at(meant[1]), at(meant[2]))


def test_a_day_more_on_both_sides_is_asked_where_the_clocks_differ() -> None:
    october = Period(dt.date(2025, 10, 1), FRIDAY)
    assert clocks_of(WEST, "").asked(october) == october
    assert clocks_of(WEST, EAST).asked(october) == Period(dt.date(2025, 9, 30), SATURDAY)


@pytest.mark.parametrize(("zone", "club_zone", "named"), [("Europe/Moskva", "", "zone"), (WEST, "Vladivostok", "club_zone")])
def test_a_clock_that_does_not_exist_is_named(zone: str, club_zone: str, named: str) -> None:
    with pytest.raises(BadParameter) as refused:
        AlfaCrmSettings("host", "a@b.example", "key", zone=zone, club_zone=club_zone)
    assert refused.value.parameter == named


@dataclass(frozen=True)
class OneClock:
    """Of an adapter that knows no other clock than the club's."""

    zone: str = WEST


def test_a_clock_that_nobody_named_is_the_clubs() -> None:
    assert with_the_clubs_clock(AlfaCrmSettings, {"host": "h"}, EAST) == {"host": "h", "zone": EAST, "club_zone": EAST}
    assert with_the_clubs_clock(AlfaCrmSettings, {"zone": WEST}, EAST) == {"zone": WEST, "club_zone": EAST}
    assert with_the_clubs_clock(OneClock, {}, EAST) == {"zone": EAST}
    assert with_the_clubs_clock(AlfaCrmSettings, {"host": "h"}, None) == {"host": "h"}  # the register does not know the club yet


@pytest.mark.parametrize(
    ("declared", "values", "words"),
    [
        (AlfaCrmSettings, {"zone": WEST}, "18:00 of the system counts as 01:00 of the next day"),
        (AlfaCrmSettings, {"club_zone": WEST}, "18:00 of the system counts as 11:00"),
        (OneClock, {"zone": WEST}, "the club by the register: Asia/Vladivostok"),
    ],
)
def test_another_clock_than_the_clubs_is_told_with_what_it_does(declared: type, values: dict[str, str], words: str) -> None:
    found = clocks_checked(declared, values, EAST)
    assert found is not None and found.cure is not None
    assert (found.verdict, words in found.found.en, next(iter(values)) in found.cure.en) == (Verdict.QUESTION, True, True), found.found.en


@pytest.mark.parametrize(("values", "club"), [({}, EAST), ({"zone": EAST}, EAST), ({"zone": WEST}, None), ({"zone": "no"}, EAST)])
def test_of_clocks_that_agree_nothing_is_said(values: dict[str, str], club: str | None) -> None:
    assert clocks_checked(AlfaCrmSettings, values, club) is None
