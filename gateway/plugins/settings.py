"""An adapter's settings: declared once as a frozen dataclass, each field with its help; secrets come from the environment or a file."""

from __future__ import annotations

import dataclasses
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from gateway.core.facts import Text
from gateway.plugins.schema import BadParameter, load, schema_of

Declared = TypeVar("Declared")
_SECRET_BYTES_MAX = 64 * 1024


def setting(help: Text, default: Any = dataclasses.MISSING) -> Any:
    """A field of an adapter's settings. Without a default a person has to give it."""
    return dataclasses.field(default=default, metadata={"help": help})


def secret(help: Text, default: Any = dataclasses.MISSING) -> Any:
    """A field that nobody may see: it is in no repr, and is given as ``env:NAME`` or ``file:PATH``, never as the word itself."""
    return dataclasses.field(default=default, repr=False, metadata={"help": help, "secret": True})


def secrets_of(settings: Any) -> tuple[str, ...]:
    """The values of the secret fields that are given."""
    values = (getattr(settings, field.name) for field in dataclasses.fields(settings) if field.metadata.get("secret"))
    return tuple(str(value) for value in values if value)


def check_declaration(declared: Any) -> None:
    """Whether a class can be an adapter's settings.

    Raises:
        TypeError: no frozen dataclass, a type that is not provided for, a field without help, or a secret that its repr would show.
    """
    schema_of(declared)
    for field in dataclasses.fields(declared):
        if not isinstance(field.metadata.get("help"), Text):
            raise TypeError(f"{declared.__name__}.{field.name}: made by neither setting() nor secret(): no help")
        if field.metadata.get("secret") and field.repr:
            raise TypeError(f"{declared.__name__}.{field.name}: a secret that its repr shows")


def settings_of(declared: type[Declared], values: Mapping[str, Any], environment: Mapping[str, str], folder: Path) -> Declared:
    """Make an adapter's settings from what a person wrote.

    Args:
        values: as in the settings file; secrets as ``env:NAME`` or ``file:PATH``.
        folder: paths are relative to it.

    Raises:
        BadParameter: a value does not fit, or a secret is not where it is said to be. Its words never hold the secret.
    """
    given = dict(values)
    for field in dataclasses.fields(declared):  # type: ignore[arg-type]
        if field.metadata.get("secret") and field.name in given:
            given[field.name] = _secret(field.name, given[field.name], environment, folder)
    return load(declared, given)


def _secret(name: str, given: object, environment: Mapping[str, str], folder: Path) -> str:
    kind, _, where = given.partition(":") if isinstance(given, str) else ("", "", "")
    if kind == "env" and where:
        found = environment.get(where, "")
        missing = Text(f"переменной окружения {where} нет или она пуста", f"there is no environment variable {where}, or it is empty")
    elif kind == "file" and where:
        found = _read_owned(name, folder / where)
        missing = Text(f"файл {where} пуст", f"the file {where} is empty")
    else:
        raise BadParameter(
            name,
            Text(
                "секрет не пишут в настройки: укажите env:ИМЯ_ПЕРЕМЕННОЙ или file:ПУТЬ",
                "a secret is not written into the settings: give env:NAME of a variable, or file:PATH",
            ),
        )
    if not found.strip():
        raise BadParameter(name, missing)
    return found.strip()


def _read_owned(name: str, path: Path) -> str:
    """A file that only its owner may read."""
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise BadParameter(
                    name,
                    Text(
                        f"файл {path.name} могут читать другие: chmod 600 {path.name}",
                        f"others may read {path.name}: chmod 600 {path.name}",
                    ),
                )
            return file.read(_SECRET_BYTES_MAX)
    except (OSError, UnicodeDecodeError):
        problem = BadParameter(name, Text(f"файл {path.name} не читается", f"the file {path.name} cannot be read"))
    raise problem
