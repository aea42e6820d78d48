"""The gateway's settings: one file, `gateway.toml` in GATEWAY_HOME, every key optional; the environment and options go before it."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.core.facts import Text
from gateway.errors import UserError
from gateway.plugins.schema import BadParameter, load

DEFAULT_HOME = "./var"
DEFAULT_REGISTER_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `gateway.toml` may say.

    Attributes:
        database: an SQLAlchemy URL; empty: gateway.sqlite in GATEWAY_HOME.
        register: the connector's name; register_url: where the register is.
        pack: the region pack in force.
        console_port: where `gateway serve` listens, on loopback.
    """

    database: str = ""
    register: str = "http"
    register_url: str = DEFAULT_REGISTER_URL
    pack: str = "leningrad-2020"
    console_port: int = 8090


def home_of(environment: Mapping[str, str] = os.environ) -> Path:
    return Path(environment.get("GATEWAY_HOME") or DEFAULT_HOME)


def load_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        UserError: the file cannot be read, or has an unknown key or a wrong value.
    """
    path = home / "gateway.toml"
    raw: dict[str, object] = {}
    if path.is_file():
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UserError(
                Text(f"{path}: файл настроек не прочитан: {error}", f"{path}: the settings cannot be read: {error}"),
                Text("Исправьте файл; образец: config/gateway.toml.", "Mend the file; a sample is config/gateway.toml."),
            ) from error
    try:
        settings: Settings = load(Settings, raw)
    except BadParameter as error:
        raise UserError(
            Text(f"{path}: {error.parameter}: {error.what.ru}", f"{path}: {error.parameter}: {error.what.en}"),
            Text("Исправьте значение; образец: config/gateway.toml.", "Mend the value; a sample is config/gateway.toml."),
        ) from error
    if environment.get("NAVIGATOR_URL"):
        settings = replace(settings, register_url=environment["NAVIGATOR_URL"])
    return settings


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
