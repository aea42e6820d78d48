"""What is written: the settings, the region pack, the plugins."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.facts import Text
from gateway.doctor.line import Line, Patient, Section, same
from gateway.errors import UserError
from gateway.plugins import Verdict

_SECTION = Section.SETTINGS


def file(patient: Patient) -> Iterator[Line]:
    """The file, and everything in it that cannot be used."""
    path = patient.home / "gateway.toml"
    what = Text("Настройки", "Settings")
    settings, wrong = patient.read
    if not path.exists():
        yield Line(_SECTION, what, Verdict.GOOD, Text(f"{path}: файла нет, всё по умолчанию", f"{path}: no such file, all by default"))
        return
    if not wrong:
        number = len(settings.sources)
        yield Line(_SECTION, what, Verdict.GOOD, Text(f"{path}, источников: {number}", f"{path}, sources: {number}"))
    for error in wrong:
        yield Line(_SECTION, what, Verdict.BAD, error.what, error.cure)


def pack(patient: Patient) -> Iterator[Line]:
    """The region pack and its rules."""
    what = Text("Пакет региона", "Region pack")
    try:
        found, rules = patient.gateway.pack, patient.gateway.rules
    except UserError as error:
        yield Line(_SECTION, what, Verdict.BAD, error.what, error.cure)
        return
    number = len(rules.enrollment_rules) + len(rules.mark_rules)
    yield Line(_SECTION, what, Verdict.GOOD, Text(f"{found.name}, правил: {number}", f"{found.name}, rules: {number}"))


def plugins(patient: Patient) -> Iterator[Line]:
    """What is loaded, and what was refused."""
    loaded = patient.gateway.plugins
    adapters = ", ".join(sorted(loaded.adapters))
    yield Line(_SECTION, Text("Плагины", "Plugins"), Verdict.GOOD, Text(f"адаптеры: {adapters}", f"adapters: {adapters}"))
    for problem in loaded.problems:
        what = Text(f"Плагин {problem.name} ({problem.origin})", f"The plugin {problem.name} ({problem.origin})")
        yield Line(_SECTION, what, Verdict.BAD, problem.what, problem.cure)


def precedence(patient: Patient) -> Iterator[Line]:
    """Names in an order of sources that are no source of that provider."""
    for error in patient.gateway.unknown_in_order():
        yield Line(_SECTION, same("precedence"), Verdict.BAD, error.what, error.cure)
