"""A provider's system, opened, looked at and tried by a person: what `gateway adapters` shows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway.core.facts import Finding, Record, Text, Window
from gateway.plugins.http import Http
from gateway.plugins.schema import expected_of
from gateway.plugins.settings import settings_of
from gateway.plugins.source import Adapter, Checked, FileAdapter, PushedAdapter, Source, SourceAdapter, SourceError, Verdict


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
            None if field.default is dataclasses.MISSING else str(field.default),
            bool(field.metadata.get("secret")),
        )
        for field in dataclasses.fields(declared)
    )


def opened(adapter: SourceAdapter, values: Mapping[str, Any], http: Http, environment: Mapping[str, str], folder: Path) -> Source:
    """Connect an adapter by what a person wrote.

    Args:
        values: of the settings; secrets as ``env:NAME`` or ``file:PATH``, below ``folder``.

    Raises:
        BadParameter, SourceRefused: the settings cannot be used.
    """
    return adapter.connect(settings_of(adapter.settings, values, environment, folder), http)


def checked(source: Source) -> Iterator[Checked]:
    """The lines of a check; what ends it early is the last of them."""
    try:
        yield from source.check()
    except SourceError as error:
        yield Checked(Text("Чтение", "Reading"), Verdict.BAD, error.what, error.cure)


Told = Record | Window | Finding


def tried(source: Source, now: dt.datetime, since: dt.date | None = None) -> Iterator[Told]:
    """Everything that a first reading tells, as it comes; nothing is kept.

    Raises:
        SourceError: as `Source.pull`.
    """
    for batch in source.pull(None, now, since):
        yield from batch.findings
        yield from batch.records
        yield from batch.windows
