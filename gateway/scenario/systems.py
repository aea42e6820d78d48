"""A provider's own system in a story: what is true in it, as a file tells it, served by its adapter's emulator over its real protocol."""

from __future__ import annotations

import dataclasses
import datetime as dt
import importlib
import inspect
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from gateway.core.facts import LessonState, Status, Text
from gateway.errors import UserError
from gateway.plugins import SourceAdapter
from gateway.plugins.testing.club import Child, Club, ClubGroup, ClubLesson
from gateway.plugins.testing.emulator import Emulator
from gateway.scenario.reading import read_toml, wrong
from gateway.settings import SourceSettings


class Systems:
    """The systems of a story. A file that names a source again changes what is true in it."""

    def __init__(self, stack: ExitStack, adapters: Mapping[str, Any]) -> None:
        """``stack``: closes them."""
        self._stack = stack
        self._adapters = adapters
        self._running: dict[str, Emulator] = {}
        self.environment: dict[str, str] = {}

    def serve(self, path: Path, provider: str) -> SourceSettings:
        """Let the system of a file answer; the settings with which its adapter asks it. Its secrets are in `environment`.

        Raises:
            StoryError: the file is none of a system, or its adapter has no emulator.
        """
        said = read_toml(path)
        club = _club(path, said)
        name, kind = str(said.get("source") or said.get("adapter")), str(said.get("adapter"))
        adapter = self._adapters.get(kind)
        if not isinstance(adapter, SourceAdapter):
            raise wrong(path, f"нет адаптера системы: {kind}", f"there is no adapter of a system: {kind}")
        if name in self._running:
            self._running[name].club = club
        else:
            self._running[name] = self._stack.enter_context(emulator_of(adapter)(club))
        account = dict(self._running[name].account())
        if "zone" not in said:
            account.pop("zone", None)  # its times are the club's own
        for field in dataclasses.fields(adapter.settings):
            if field.metadata.get("secret") and field.name in account:
                variable = f"STORY_{name}_{field.name}".upper()
                self.environment[variable] = str(account[field.name])
                account[field.name] = f"env:{variable}"
        return SourceSettings(name, kind, provider, account)


def emulator_of(adapter: SourceAdapter) -> type[Emulator]:
    """The emulator of an adapter: the `Emulator` in the module ``emulator`` beside the adapter's own.

    Raises:
        UserError: there is none.
    """
    package = type(adapter).__module__.rpartition(".")[0]
    name = f"{package}.emulator" if package else "emulator"
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in (name, package):
            raise
        module = None
    made = [
        one
        for one in vars(module or Emulator).values()
        if inspect.isclass(one) and issubclass(one, Emulator) and one is not Emulator and one.__module__ == name
    ]
    if len(made) != 1:
        raise UserError(
            Text(f"У адаптера «{adapter.name}» нет эмулятора {name}.", f"The adapter “{adapter.name}” has no emulator {name}."),
            Text("Системы в историях обслуживает эмулятор адаптера.", "In stories a system is served by its adapter's emulator."),
        )
    return made[0]


# ---------------------------------------------------------------- what is true


def _club(path: Path, said: Mapping[str, Any]) -> Club:
    club = Club(str(said.get("zone", "Europe/Moscow")))
    try:
        for key, child in said.get("children", {}).items():
            club.children[key] = Child(key, child["name"], child.get("birth_date"), child.get("certificate"))
        for key, group in said.get("groups", {}).items():
            club.groups[key] = ClubGroup(key, group["title"], [str(child) for child in group.get("children", ())])
        for lesson in said.get("lessons", ()):
            _add(club, lesson)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise wrong(path, f"не описание системы: {error!r}", f"no description of a system: {error!r}") from error
    unknown = {child for lesson in club.lessons.values() for child in lesson.marks} - set(club.children)
    unknown |= {lesson.group for lesson in club.lessons.values()} - set(club.groups)
    if unknown:
        listed = ", ".join(sorted(unknown))
        raise wrong(path, f"нет в children и groups: {listed}", f"neither among children nor groups: {listed}")
    return club


_SIGNS: Mapping[str, Status] = {"+": Status.ATTENDED, "-": Status.ABSENT, "e": Status.EXCUSED}
"""In the order of the group's children; any other sign: nobody has said anything."""


def _add(club: Club, said: Mapping[str, Any]) -> None:
    group = str(said["group"])
    marks = said.get("marks", "")
    if isinstance(marks, str):
        dealt = {child: _SIGNS[sign] for child, sign in zip(club.groups[group].children, marks, strict=False) if sign in _SIGNS}
    else:
        dealt = {child: Status(word) for child, word in marks.items()}
    state = LessonState(said.get("state", "held"))
    id_ = str(said.get("id", 1000 + len(club.lessons)))
    club.lessons[id_] = ClubLesson(id_, group, _day(said["date"]), said["starts_at"], said["ends_at"], state, dealt)


def _day(value: Any) -> dt.date:
    if not isinstance(value, dt.date):
        raise ValueError(f"date: {value!r}")
    return value
