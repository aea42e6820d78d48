"""A provider's system, opened, looked at and tried by a person: what `gateway adapters` shows."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway.core.facts import Batch, Finding, Record, Text, Window
from gateway.plugins.http import Http
from gateway.plugins.schema import expected_of
from gateway.plugins.settings import settings_of
from gateway.plugins.source import Adapter, FileAdapter, PushedAdapter, Source, SourceAdapter


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


Told = Record | Window | Finding


def told_in(batch: Batch) -> Iterator[Told]:
    """Everything that a batch tells, as a person is shown it."""
    yield from batch.findings
    yield from batch.records
    yield from batch.windows
