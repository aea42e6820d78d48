"""Two clocks: the one that a system keeps, and the wall clock of the club whose lessons it has."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.core.facts import Text
from gateway.core.periods import Period
from gateway.plugins.schema import BadParameter


class WallTimes(NamedTuple):
    """A lesson's day and times on one clock. None: not said."""

    day: dt.date
    starts_at: dt.time | None
    ends_at: dt.time | None


class Clocks(NamedTuple):
    """``system``: on which times without an offset are written; ``club``: on which lessons are told."""

    system: ZoneInfo
    club: ZoneInfo

    @property
    def differ(self) -> bool:
        return self.system.key != self.club.key

    def asked(self, period: Period) -> Period:
        """The days of the system in which all of the club's may lie."""
        if not self.differ:
            return period
        return Period(period.first - dt.timedelta(days=1), period.last + dt.timedelta(days=1))

    def at_the_club(self, told: WallTimes) -> WallTimes:
        """What the system's clock shows, on the club's. A day without a time stays the day that it is."""
        if not self.differ or told.starts_at is None:
            return told
        starts = self._moment(told.day, told.starts_at)
        if told.ends_at is None:
            return WallTimes(starts.date(), starts.time(), None)
        goes_past_midnight = told.ends_at < told.starts_at
        ends = self._moment(told.day + dt.timedelta(days=goes_past_midnight), told.ends_at)
        return WallTimes(starts.date(), starts.time(), ends.time())

    def _moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(day, time, self.system).astimezone(self.club)


def clocks_of(zone: str, club_zone: str) -> Clocks:
    """The clocks that two settings name; ``club_zone`` empty: the system's too.

    Raises:
        BadParameter: one of them is no time zone's name.
    """
    return Clocks(_zone("zone", zone), _zone("club_zone", club_zone or zone))


def _zone(parameter: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadParameter(parameter, Text("такого часового пояса нет", "there is no such time zone")) from None
