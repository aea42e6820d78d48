"""The calendar adapter: the conformance kit, as a file and on a server, and what is peculiar to calendars."""

from __future__ import annotations

from typing import Any, ClassVar

from adapters.ical.adapter import IcalendarAdapter
from adapters.ical.emulated_server import USER, CalDavEmulator
from adapters.ical.emulator import IcsEmulator
from adapters.ical.settings import IcalendarSettings
from gateway.plugins.testing import AdapterConformance, Emulator

IN_ONE_PIECE = {
    "memory_is_flat": "a calendar comes in one piece, whose size is limited",
    "batches_come_one_by_one": "a calendar comes in one piece",
    "one_bad_group_stops_nobody": "a calendar has no list of groups: they are words of its events",
}


class TestIcs(AdapterConformance):
    adapter = IcalendarAdapter()
    emulator = IcsEmulator
    can: ClassVar[frozenset[str]] = frozenset({"cancels", "since"})
    tells: ClassVar[frozenset[str]] = frozenset({"lessons"})
    not_promised: ClassVar[Any] = IN_ONE_PIECE | {
        "a_cursor_spares_what_was_read": "one request, whose answer is empty where nothing changed"
    }

    def settings(self, emulator: Emulator) -> IcalendarSettings:
        return ics_settings(emulator)


class TestCalDav(AdapterConformance):
    adapter = IcalendarAdapter()
    emulator = CalDavEmulator
    can: ClassVar[frozenset[str]] = frozenset({"cancels", "since"})
    tells: ClassVar[frozenset[str]] = frozenset({"lessons"})
    not_promised: ClassVar[Any] = IN_ONE_PIECE

    def settings(self, emulator: Emulator) -> IcalendarSettings:
        return caldav_settings(emulator)


def ics_settings(emulator: Emulator, **values: Any) -> IcalendarSettings:
    assert isinstance(emulator, IcsEmulator)
    given: dict[str, Any] = {"secret_address": emulator.address, "zone": emulator.club.zone}
    return IcalendarSettings(**(given | values))


def caldav_settings(emulator: Emulator, **values: Any) -> IcalendarSettings:
    assert isinstance(emulator, CalDavEmulator)
    given: dict[str, Any] = {"address": emulator.address, "protocol": "caldav", "user": USER, "password": emulator.key}
    return IcalendarSettings(**(given | {"zone": emulator.club.zone} | values))
