"""A provider's system, opened, looked at and tried by a person: what `gateway adapters` shows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway.core.facts import Batch, Finding, Record, Text, Window
from gateway.plugins.clocks import WallTimes, clocks_of
from gateway.plugins.http import Http
from gateway.plugins.schema import BadParameter, expected_of
from gateway.plugins.settings import settings_of
from gateway.plugins.source import Adapter, Checked, FileAdapter, PushedAdapter, Source, SourceAdapter, Verdict


class Listed(NamedTuple):
    """One adapter, as a list of adapters shows it. ``can``: files, system, pushed."""

    name: str
    title: Text
    can: tuple[str, ...]
    settings: tuple[Field, ...]


class Field(NamedTuple):
    """One field of an adapter's settings. ``default`` None: it has to be given."""

    name: str
    help: Text
    expected: Text
    default: str | None
    is_secret: bool


def listed(adapter: Adapter) -> Listed:
    """What an adapter can, and what it wants to know."""
    kinds = (("files", FileAdapter), ("system", SourceAdapter), ("pushed", PushedAdapter))
    can = tuple(word for word, kind in kinds if isinstance(adapter, kind))
    settings = _fields(adapter.settings) if isinstance(adapter, SourceAdapter | PushedAdapter) else ()
    return Listed(adapter.name, adapter.title, can, settings)


def _fields(declared: Any) -> tuple[Field, ...]:
    hints = typing.get_type_hints(declared)
    return tuple(
        Field(
            field.name,
            field.metadata["help"],
            expected_of(hints[field.name]),
            None if field.default is dataclasses.MISSING else _shown(field.default),
            bool(field.metadata.get("secret")),
        )
        for field in dataclasses.fields(declared)
    )


def _shown(value: object) -> str:
    """As it is written in a settings file, a text without its quotes."""
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)


def opened(adapter: SourceAdapter, values: Mapping[str, Any], http: Http, environment: Mapping[str, str], folder: Path) -> Source:
    """Connect an adapter by what a person wrote.

    Args:
        values: of the settings; secrets as ``env:NAME`` or ``file:PATH``, below ``folder``.

    Raises:
        BadParameter, SourceRefused: the settings cannot be used.
    """
    return adapter.connect(settings_of(adapter.settings, values, environment, folder), http)


_CLOCKS = ("zone", "club_zone")
_AN_EVENING = dt.datetime(2025, 10, 15, 18)


def with_the_clubs_clock(declared: type, values: Mapping[str, Any], club: str | None) -> dict[str, Any]:
    """The settings that a person wrote, and the clocks that nobody named: ``zone`` and ``club_zone`` are the club's.

    Args:
        club: the club's time zone as the register has it; None: it does not know the club yet.
    """
    fields = {field.name for field in dataclasses.fields(declared)}
    return {name: club for name in _CLOCKS if club is not None and name in fields} | dict(values)


def clocks_checked(declared: type, values: Mapping[str, Any], club: str | None) -> Checked | None:
    """What a person is shown where another clock than the club's is set: it moves each lesson. None: none is."""
    given = with_the_clubs_clock(declared, values, club)
    named = next((name for name in _CLOCKS if name in given and given[name] != club), None)
    if club is None or named is None:
        return None
    there, here = str(given.get("zone", club)), str(given.get("club_zone", given.get("zone")))
    try:
        clocks = clocks_of(there, here)
    except BadParameter:
        return None  # said where the source is opened
    moved = clocks.at_the_club(WallTimes(_AN_EVENING.date(), _AN_EVENING.time(), None))
    later = (moved.day - _AN_EVENING.date()).days
    days = (Text("", ""), Text(" следующего дня", " of the next day"), Text(" прошлого дня", " of the day before"))[later]
    return Checked(
        Text("Часы", "Clocks"),
        Verdict.QUESTION,
        Text(
            f"система: {there}, занятия: {here}, клуб по реестру: {club}; 18:00 в системе считается как {moved.starts_at:%H:%M}{days.ru}",
            f"the system: {there}, lessons: {here}, the club by the register: {club}; 18:00 of the system counts as "
            f"{moved.starts_at:%H:%M}{days.en}",
        ),
        Text(
            f"сравните время одного занятия; если в системе записано время клуба, уберите {named} из gateway.toml",
            f"compare the hours of one lesson; if the system has the club's own hours, take {named} out of gateway.toml",
        ),
    )


Told = Record | Window | Finding


def told_in(batch: Batch) -> Iterator[Told]:
    """Everything that a batch tells, as a person is shown it."""
    yield from batch.findings
    yield from batch.records
    yield from batch.windows
