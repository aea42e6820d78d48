"""The gateway's settings: one file, `gateway.toml` in GATEWAY_HOME, every key optional; the environment and options go before it."""

from __future__ import annotations

import datetime as dt
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.core.facts import Text
from gateway.errors import UserError
from gateway.plugins.schema import BadParameter, load

Declared = TypeVar("Declared")
DEFAULT_HOME = "./var"
DEFAULT_REGISTER_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A provider's system that is asked or that pushes: the table ``[sources.NAME]``.

    Attributes:
        name: the source's name in reports; of the letters and signs of an id.
        values: the adapter's own settings as written; secrets as ``env:NAME`` or ``file:PATH``.
        hint: the secret of whoever may say that there is something new, as ``env:NAME`` or ``file:PATH``; "": nobody may.
    """

    name: str
    adapter: str
    provider: str
    values: Mapping[str, Any]
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """What `gateway serve` does by itself: the table ``[schedule]``. 0 and "" switch a job off.

    Attributes:
        sync_minutes: between two readings of a source; post_minutes: between two runs of all stages.
        reconcile_at: HH:MM of the day's reconciliation, on the clock of ``zone``; "": of most of the providers.
    """

    sync_minutes: int = 15
    post_minutes: int = 5
    reconcile_at: str = "03:00"
    zone: str = ""

    def __post_init__(self) -> None:
        for name in ("sync_minutes", "post_minutes"):
            if not 0 <= getattr(self, name) <= MINUTES_OF_A_DAY:
                raise BadParameter(name, Text("нужно от 0 (выключено) до 1440", "must be between 0 (off) and 1440"))
        if self.reconcile_at and not _HOUR.fullmatch(self.reconcile_at):
            raise BadParameter("reconcile_at", Text("нужно ЧЧ:ММ или пустая строка", "must be HH:MM or empty"))
        if self.zone and not is_zone(self.zone):
            raise BadParameter("zone", Text("такого часового пояса нет", "there is no such time zone"))


@dataclass(frozen=True, slots=True)
class Settings:
    """What `gateway.toml` may say.

    Attributes:
        database: an SQLAlchemy URL; empty: gateway.sqlite in GATEWAY_HOME.
        register: the connector's name; register_url: where the register is.
        pack: the region pack in force.
        console_port: where `gateway serve` listens, on loopback.
        sources: the tables ``[sources.NAME]`` by name.
        precedence: provider → its sources, whose word goes first where two differ (``[providers.P] precedence``).
        schedule: what `gateway serve` does by itself.
    """

    database: str = ""
    register: str = "http"
    register_url: str = DEFAULT_REGISTER_URL
    pack: str = "leningrad-2020"
    console_port: int = 8090
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    precedence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)


@dataclass(frozen=True, slots=True)
class _Plain:
    """The keys of `gateway.toml` outside of any table."""

    database: str = ""
    register: str = "http"
    register_url: str = DEFAULT_REGISTER_URL
    pack: str = "leningrad-2020"
    console_port: int = 8090


@dataclass(frozen=True, slots=True)
class _OfProvider:
    precedence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _OfSource:
    adapter: str
    provider: str
    hint: str = ""


MINUTES_OF_A_DAY = 24 * 60
_HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SAMPLE = Text("Исправьте значение; образец: config/gateway.toml.", "Mend the value; a sample is config/gateway.toml.")


def is_zone(name: str) -> bool:
    """Whether there is such a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def home_of(environment: Mapping[str, str] = os.environ) -> Path:
    return Path(environment.get("GATEWAY_HOME") or DEFAULT_HOME)


def load_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        UserError: the file cannot be read, or has an unknown key or a wrong value.
    """
    settings, wrong = read_settings(home, environment)
    if wrong:
        raise wrong[0]
    return settings


def read_settings(home: Path, environment: Mapping[str, str] = os.environ) -> tuple[Settings, list[UserError]]:
    """The settings as far as they can be used, and everything that is wrong with them."""
    path = home / "gateway.toml"
    raw: dict[str, object] = {}
    wrong: list[UserError] = []
    if path.is_file():
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            cannot = UserError(
                Text(f"{path}: файл настроек не прочитан: {error}", f"{path}: the settings cannot be read: {error}"),
                Text("Исправьте файл; образец: config/gateway.toml.", "Mend the file; a sample is config/gateway.toml."),
            )
            cannot.__cause__ = error
            wrong.append(cannot)
    settings, bad = _settings_of(raw)
    for each in bad:
        what = Text(f"{path}: {each.parameter}: {each.what.ru}", f"{path}: {each.parameter}: {each.what.en}")
        wrong.append(UserError(what, _SAMPLE))
    if environment.get("NAVIGATOR_URL"):
        settings = replace(settings, register_url=environment["NAVIGATOR_URL"])
    return settings, wrong


def _settings_of(raw: Mapping[str, object]) -> tuple[Settings, list[BadParameter]]:
    """What can be used of each part; of what cannot, why, its table named."""
    bad: list[BadParameter] = []

    def read(part: Callable[[], Declared], instead: Declared) -> Declared:
        try:
            return part()
        except BadParameter as error:
            bad.append(error)
            return instead

    nothing: Mapping[str, object] = {}
    tables = {name: read(lambda name=name: _table(raw, name), nothing) for name in ("sources", "providers", "schedule")}  # type: ignore[misc]
    plain = _plain({name: value for name, value in raw.items() if name not in tables}, bad)
    sources: dict[str, SourceSettings] = {}
    for name in tables["sources"]:
        source = read(lambda name=name: _source(name, _table(tables["sources"], name, "sources.")), None)  # type: ignore[misc]
        sources |= {name: source} if source is not None else {}
    nobody: tuple[str, ...] = ()
    precedence = {
        provider: read(lambda provider=provider: _precedence(provider, tables["providers"]), nobody)  # type: ignore[misc]
        for provider in tables["providers"]
    }
    schedule = read(lambda: _loaded(ScheduleSettings, tables["schedule"], "schedule"), ScheduleSettings())
    settings = Settings(
        plain.database, plain.register, plain.register_url, plain.pack, plain.console_port, sources, precedence, schedule
    )  # fmt: skip
    return settings, bad


def _plain(values: dict[str, object], bad: list[BadParameter]) -> _Plain:
    while True:
        try:
            return load(_Plain, values)
        except BadParameter as error:
            bad.append(error)
            if error.parameter not in values:
                return _Plain()
            values = {name: value for name, value in values.items() if name != error.parameter}


def _precedence(provider: str, tables: Mapping[str, object]) -> tuple[str, ...]:
    return _loaded(_OfProvider, _table(tables, provider, "providers."), f"providers.{provider}").precedence


def _table(raw: Mapping[str, object], name: str, before: str = "") -> Mapping[str, object]:
    found = raw.get(name, {})
    if not isinstance(found, dict):
        raise BadParameter(f"{before}{name}", Text(f"нужна таблица [{before}{name}]", f"must be a table [{before}{name}]"))
    return found


def _source(name: str, table: Mapping[str, object]) -> SourceSettings:
    if not _NAME.fullmatch(name):
        raise BadParameter(
            f"sources.{name}",
            Text(
                "в имени источника только латинские буквы, цифры, «_», «.», «-»",
                "a source's name has Latin letters, digits, “_”, “.”, “-” only",
            ),
        )
    own = {key: value for key, value in table.items() if key not in ("adapter", "provider", "hint")}
    known = _loaded(_OfSource, {key: value for key, value in table.items() if key not in own}, f"sources.{name}")
    return SourceSettings(name, known.adapter, known.provider, own, known.hint)


def _loaded(declared: type[Declared], values: Mapping[str, object], table: str) -> Declared:
    try:
        return load(declared, values)
    except BadParameter as error:
        raise BadParameter(f"{table}.{error.parameter}", error.what) from error


def standing_clock(environment: Mapping[str, str] = os.environ) -> dt.datetime | None:
    """The instant at which GATEWAY_NOW stands the clock still; None: the clock goes.

    Raises:
        UserError: GATEWAY_NOW is given without GATEWAY_TEST=1, or is no instant.
    """
    text = environment.get("GATEWAY_NOW")
    if not text:
        return None
    if environment.get("GATEWAY_TEST") != "1":
        raise UserError(
            Text(
                "GATEWAY_NOW останавливает часы и разрешено только вместе с GATEWAY_TEST=1.",
                "GATEWAY_NOW stands the clock still and is allowed with GATEWAY_TEST=1 only.",
            ),
            Text("Уберите GATEWAY_NOW из окружения.", "Take GATEWAY_NOW out of the environment."),
        )  # fmt: skip
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(
            Text(f"GATEWAY_NOW: «{text}» не момент времени ISO 8601.", f"GATEWAY_NOW: “{text}” is not an ISO 8601 instant."),
            Text("Пример: 2025-11-05T10:00:00+03:00.", "For example 2025-11-05T10:00:00+03:00."),
        ) from error
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
