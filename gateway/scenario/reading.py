"""Reading a story's files, and saying what is wrong with one."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.core.facts import Text
from gateway.errors import UserError


class StoryError(UserError):
    """The story itself is wrong: which file and step, and how to mend it."""


def read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise wrong(path, str(error), str(error)) from error


def instant(folder: Path, number: int, step: Mapping[str, Any]) -> dt.datetime:
    at = step.get("at")
    if not isinstance(at, dt.datetime) or at.tzinfo is None:
        raise wrong(
            folder / "steps.toml", f"шаг {number}: нужно at = время с поясом", f"step {number}: at = an instant with its offset is needed"
        )
    return at


def inside(folder: Path, name: str) -> Path:
    """A file of the story; it may lie in the folder, or in its inputs or district."""
    for path in (folder / name, folder / "inputs" / name, folder / "district" / name):
        if path.is_file():
            return path
    raise wrong(folder / name, "такого файла нет", "there is no such file")


def wrong(path: Path, ru: str, en: str) -> StoryError:
    return StoryError(
        Text(f"{path}: {ru}", f"{path}: {en}"), Text("Исправьте историю: docs/scenarios.md.", "Mend the story: docs/scenarios.md.")
    )
