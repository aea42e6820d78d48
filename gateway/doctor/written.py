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
    """An order of sources that names none of the provider's own changes nothing: most often it is a slip of the pen."""
    sources = patient.settings.sources
    files = {name for name in patient.gateway.plugins.adapters}
    for provider, order in sorted(patient.settings.precedence.items()):
        own = {name for name, one in sources.items() if one.provider == provider}
        strangers = [name for name in order if name not in own | files]
        if strangers:
            told, has = ", ".join(strangers), ", ".join(sorted(own)) or "—"
            yield Line(
                _SECTION,
                same(f"[providers.{provider}] precedence"),
                Verdict.QUESTION,
                Text(f"таких источников у организации нет: {told}", f"the provider has no such sources: {told}"),
                Text(f"её источники: {has}; табели: spreadsheet", f"its sources: {has}; sheets: spreadsheet"),
            )
