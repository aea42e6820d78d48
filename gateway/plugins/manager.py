"""Loads the plugins: the built-in ones, those of installed packages, and those of a folder of one-file plugins.

Done once, at start-up. A plugin that cannot be loaded, or names what another has named, is refused as a whole, by its name and with the
cure; the others go on. A region pack that names a rule of a refused plugin is refused in turn, so that no rule is silently missing.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import pluggy

from gateway.core.facts import Text
from gateway.core.refusals import CORE_RULES
from gateway.core.rules import EnrollmentRule, MarkRule, Tariff, order_of
from gateway.plugins import INTERFACE_VERSION, Adapter, hookspecs
from gateway.plugins.register import RegisterConnector
from gateway.plugins.schema import schema_of
from gateway.plugins.settings import check_declaration

BUILT_IN = (
    "gateway.plugins.builtin.rules",
    "gateway.plugins.builtin.tariffs",
    "gateway.plugins.builtin.registers",
    "adapters.spreadsheet.adapter",
    "adapters.alfacrm.adapter",
    "adapters.moyklass.adapter",
    "adapters.ical.adapter",
    "adapters.webhook.adapter",
)
"""Our own plugins; they come in through the same hooks as anybody's. One that cannot be loaded is our fault and stops the program."""

ENTRY_POINTS = "pfdo_gateway"
"""The entry-point group of installed packages."""

_log = logging.getLogger(__name__)
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}")
_HISTORIES = frozenset({"none", "day", "month", "year"})
_REPORTED = (Exception, SystemExit)  # what a stranger's module may raise while it is imported


@dataclass(frozen=True, slots=True)
class Origin:
    """A loaded plugin: where it comes from, and what it brings (names)."""

    name: str
    origin: str
    adapters: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    tariffs: tuple[str, ...] = ()
    registers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """A plugin that was refused: why, and what helps."""

    name: str
    origin: str
    what: Text
    cure: Text


@dataclass(frozen=True, slots=True)
class Plugins:
    """What the plugins bring. ``rules``: in the order of the first reason; ``tariffs``: by charge basis; the others by name."""

    adapters: Mapping[str, Adapter]
    rules: tuple[EnrollmentRule | MarkRule, ...]
    tariffs: Mapping[str, Tariff]
    registers: Mapping[str, type[RegisterConnector]]
    origins: tuple[Origin, ...]
    problems: tuple[Problem, ...]
    _run_finished: tuple[tuple[str, Callable[..., Any]], ...] = field(default=(), repr=False)
    _operations_settled: tuple[tuple[str, Callable[..., Any]], ...] = field(default=(), repr=False)

    def notify_run_finished(self, report: Mapping[str, Any]) -> None:
        """Tell each plugin by itself; what one raises is logged without its words (they might name a child) and harms nobody."""
        _notify(self._run_finished, report)

    def notify_operations_settled(self, batch: Sequence[Mapping[str, Any]]) -> None:
        """As `notify_run_finished`, for operations that the register has answered."""
        _notify(self._operations_settled, batch)


def load_plugins(folder: Path | None = None, *, built_in: Iterable[str] = BUILT_IN, entry_points: bool = True) -> Plugins:
    """Load all plugins.

    Args:
        folder: of one-file plugins; it need not exist.
        built_in: module names, loaded first.
        entry_points: whether installed packages are asked.

    Raises:
        ImportError, RuntimeError: a built-in plugin cannot be loaded.
    """
    collection = _Collection()
    for name in built_in:
        collection.take(name, "built-in", lambda name=name: importlib.import_module(name))  # type: ignore[misc]
    if collection.problems:
        first = collection.problems[0]
        raise RuntimeError(f"the built-in plugin {first.name} cannot be loaded: {first.what.en}")
    if entry_points:
        for entry in sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda each: each.name):
            package = entry.dist.name if entry.dist else "?"
            collection.take(entry.name, f"package {package}", entry.load)
    for path in sorted(folder.glob("*.py")) if folder is not None and folder.is_dir() else ():
        collection.take(path.stem, str(path), lambda path=path: _module_of(path))  # type: ignore[misc]
    return collection.plugins()


class _Refused(Exception):
    def __init__(self, what: Text, cure: Text) -> None:
        super().__init__(what.en)
        self.what = what
        self.cure = cure


_ASK_AUTHOR = Text("исправьте дополнение или уберите его", "mend the plugin or take it away")


class _Collection:
    """What has been taken so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._manager = pluggy.PluginManager("pfdo_gateway")
        self._manager.add_hookspecs(hookspecs)
        self._origins: list[Origin] = []
        self._taken: dict[str, dict[str, Any]] = {"adapters": {}, "rules": {}, "tariffs": {}, "registers": {}}
        self._taken_from: dict[tuple[str, str], str] = {("rules", rule.id): "the core" for rule in CORE_RULES}
        self._listeners: dict[str, list[tuple[str, Callable[..., Any]]]] = {}

    def take(self, name: str, origin: str, module: Callable[[], object]) -> None:
        """Import and register one plugin, or report why not."""
        try:
            self._register(name, module)
            hooks = dict(self._hooks_of(name))
            brought = {noun: list(hooks[f"gateway_{noun}"]()) if f"gateway_{noun}" in hooks else [] for noun in self._taken}
            named = {noun: _named(noun, objects) for noun, objects in brought.items()}
            self._check_unique(name, named)
        except _Refused as refused:
            self._refuse(Problem(name, origin, refused.what, refused.cure))
        except _REPORTED as error:
            what = f"{type(error).__name__}: {error}"
            self._refuse(Problem(name, origin, Text(f"ошибка при загрузке: {what}", f"it failed to load: {what}"), _ASK_AUTHOR))
        else:
            self._keep(name, origin, named, hooks)

    def plugins(self) -> Plugins:
        taken = self._taken
        return Plugins(
            adapters=MappingProxyType(taken["adapters"]),
            rules=tuple(sorted(taken["rules"].values(), key=lambda rule: order_of(rule.id))),
            tariffs=MappingProxyType(taken["tariffs"]),
            registers=MappingProxyType(taken["registers"]),
            origins=tuple(self._origins),
            problems=tuple(self.problems),
            _run_finished=tuple(self._listeners.get("gateway_run_finished", ())),
            _operations_settled=tuple(self._listeners.get("gateway_operations_settled", ())),
        )

    def _register(self, name: str, module: Callable[[], object]) -> None:
        if self._manager.has_plugin(name):
            raise _Refused(
                Text(f"дополнение с именем {name} уже загружено", f"a plugin named {name} is loaded already"),
                Text("переименуйте одно из них", "rename one of them"),
            )
        plugin = module()
        version = getattr(plugin, "GATEWAY_INTERFACE", None)
        if version != INTERFACE_VERSION:
            said = "не указана" if version is None else str(version)
            said_en = "none" if version is None else str(version)
            raise _Refused(
                Text(f"версия интерфейса: {said}, нужна {INTERFACE_VERSION}", f"interface version: {said_en}, needed: {INTERFACE_VERSION}"),
                Text(
                    f"впишите GATEWAY_INTERFACE = {INTERFACE_VERSION}, если дополнение для неё написано, или обновите его",
                    f"state GATEWAY_INTERFACE = {INTERFACE_VERSION} if the plugin was written for it, or update the plugin",
                ),
            )
        self._manager.register(plugin, name)
        self._manager.check_pending()

    def _hooks_of(self, name: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        plugin = self._manager.get_plugin(name)
        for caller in self._manager.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is plugin:
                    yield caller.name, _with_known_arguments(implementation.function, implementation.argnames)

    def _check_unique(self, name: str, named: Mapping[str, Mapping[str, Any]]) -> None:
        for noun, objects in named.items():
            for each in objects:
                owner = self._taken_from.get((noun, each))
                if owner is not None:
                    raise _Refused(
                        Text(f"{each} уже есть в «{owner}»", f"{each} is in “{owner}” already"),
                        Text(
                            f"переименуйте его в «{name}» или уберите одно из двух", f"rename it in “{name}”, or take one of the two away"
                        ),
                    )

    def _refuse(self, problem: Problem) -> None:
        plugin = self._manager.get_plugin(problem.name)
        if plugin is not None and all(origin.name != problem.name for origin in self._origins):
            self._manager.unregister(plugin)
        self.problems.append(problem)

    def _keep(self, name: str, origin: str, named: Mapping[str, Mapping[str, Any]], hooks: Mapping[str, Callable[..., Any]]) -> None:
        for noun, objects in named.items():
            self._taken[noun].update(objects)
            self._taken_from.update({(noun, each): f"{name} ({origin})" for each in objects})
        for hook in ("gateway_run_finished", "gateway_operations_settled"):
            if hook in hooks:
                self._listeners.setdefault(hook, []).append((name, hooks[hook]))
        self._origins.append(Origin(name, origin, **{noun: tuple(objects) for noun, objects in named.items()}))


def _module_of(path: Path) -> ModuleType:
    """Import a one-file plugin under a private name, so that no file shadows a package."""
    name = f"_pfdo_gateway_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass in the file looks its own module up there
    try:
        spec.loader.exec_module(module)
    except _REPORTED:
        del sys.modules[name]
        raise
    return module


def _with_known_arguments(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """pluggy's promise: an implementation may leave the hook's argument away."""
    return function if names else lambda *_arguments: function()


def _named(noun: str, objects: Sequence[Any]) -> dict[str, Any]:
    """The objects by the name that must be unique, each checked to be what the hook asks for."""
    named: dict[str, Any] = {}
    for each in objects:
        needed, key = _NEEDED[noun]
        missing = [attribute for attribute in needed if not hasattr(each, attribute)]
        if noun == "rules" and not missing:
            missing = _missing_in_rule(each)
        if noun == "adapters" and not missing:
            missing = _missing_in_adapter(each)
        if missing:
            listed = ", ".join(missing)
            raise _Refused(Text(f"{each!r}: нет {listed}", f"{each!r}: {listed} missing"), _ASK_AUTHOR)
        name = getattr(each, key)
        if not isinstance(name, str) or not _ID.fullmatch(name):
            raise _Refused(
                Text(f"имя {name!r} не подходит", f"the name {name!r} does not fit"),
                Text("нужна латинская буква, затем буквы, цифры, «_», «.», «-»", "a Latin letter, then letters, digits, “_”, “.”, “-”"),
            )
        if name in named:
            raise _Refused(Text(f"{name} названо дважды", f"{name} is named twice"), _ASK_AUTHOR)
        if getattr(each, "parameters", None) is not None:
            schema_of(each.parameters)
        named[name] = each
    return named


_NEEDED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "adapters": (("name", "title"), "name"),
    "rules": (("id", "title", "act", "parameters", "switchable"), "id"),
    "tariffs": (("id", "title", "act", "basis", "parameters", "price"), "basis"),
    "registers": (("name", "can", *(name for name in vars(RegisterConnector) if not name.startswith("_"))), "name"),
}


def _missing_in_rule(rule: Any) -> list[str]:
    missing = []
    if hasattr(rule, "check"):
        if getattr(rule, "history", None) not in _HISTORIES:
            missing.append("history (none, day, month, year)")
    elif not hasattr(rule, "eligible"):
        missing.append("eligible or check")
    if rule.parameters is not None and not all(map(_has_default, dataclasses.fields(rule.parameters))):
        missing.append("defaults of all parameters")
    return missing


def _missing_in_adapter(adapter: Any) -> list[str]:
    """An adapter can what it has a method for: parse a file, be connected to a system, receive what is pushed."""
    if hasattr(adapter, "connect") or hasattr(adapter, "receive"):
        if not isinstance(getattr(adapter, "settings", None), type):
            return ["settings (a frozen dataclass)"]
        check_declaration(adapter.settings)
    elif not hasattr(adapter, "parse"):
        return ["parse, connect or receive"]
    return ["reads"] if hasattr(adapter, "parse") and not hasattr(adapter, "reads") else []


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _notify(listeners: Iterable[tuple[str, Callable[..., Any]]], message: Any) -> None:
    for name, listener in listeners:
        try:
            listener(message)
        except Exception as error:
            _log.error("plugin %s failed on a notification: %s", name, type(error).__name__)
