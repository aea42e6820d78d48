"""What time it is at the register. A test register's clock can be stood still; any other's cannot.

The register's day is the day of its own time zone (``NAVIGATOR_TIME_ZONE``, Moscow unless told otherwise), or of the
offset that a standing clock was given with.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT_ZONE = "Europe/Moscow"


class ClockRefused(Exception):
    """The environment asks for a clock that it may not have. ``code`` names the message of `navigator.texts`."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(f"{code}: {value}")
        self.code = code
        self.value = value


class Clock:
    """The register's clock. ``standing`` is the instant it stands at, None where it runs."""

    def __init__(self, zone: ZoneInfo, standing: dt.datetime | None = None) -> None:
        self._zone = zone
        self.standing = standing

    def now(self) -> dt.datetime:
        """The present instant, aware, to the second."""
        return (self.standing or dt.datetime.now(self._zone)).replace(microsecond=0)

    def today(self) -> dt.date:
        """The register's day."""
        return self.now().date()

    def stand(self, instant: dt.datetime | None) -> None:
        """Stand still at an instant; None lets the clock go. One assignment, so that threads need no lock."""
        self.standing = None if instant is None else self.aware(instant)

    def aware(self, instant: dt.datetime) -> dt.datetime:
        """An instant written without an offset is meant in the register's own time zone."""
        return instant if instant.tzinfo is not None else instant.replace(tzinfo=self._zone)


def is_test(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this is a test register: only such a one offers a standing clock and changes over HTTP."""
    return "1" in (environment.get("NAVIGATOR_TEST"), environment.get("GATEWAY_TEST"))


def clock_from(environment: Mapping[str, str] = os.environ) -> Clock:
    """The clock that the environment asks for.

    Raises:
        ClockRefused: ``GATEWAY_NOW`` without ``GATEWAY_TEST=1`` or no ISO time, or an unknown time zone.
    """
    name = environment.get("NAVIGATOR_TIME_ZONE") or DEFAULT_ZONE
    try:
        clock = Clock(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ClockRefused("unknown_time_zone", name) from error
    text = environment.get("GATEWAY_NOW")
    if text:
        if environment.get("GATEWAY_TEST") != "1":
            raise ClockRefused("clock_not_allowed", text)
        try:
            clock.stand(dt.datetime.fromisoformat(text))
        except ValueError as error:
            raise ClockRefused("clock_not_iso", text) from error
    return clock
