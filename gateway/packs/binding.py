"""Binds a region pack to the rules and tariffs that the plugins bring: what is in force, with which parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.core.facts import Text
from gateway.core.refusals import CORE_RULES, CoreRule
from gateway.core.rules import EnrollmentRule, MarkRule, Tariff, order_of
from gateway.packs.reading import CHECK_VALUE, PackError, RegionPack, Setting, loaded

Rule = EnrollmentRule | MarkRule
_CORE_IDS = frozenset(rule.id for rule in CORE_RULES)


class BoundRule(NamedTuple):
    """An enrollment rule in force, with its parameters."""

    rule: EnrollmentRule
    parameters: Any


class BoundMarkRule(NamedTuple):
    """A mark rule in force, with its parameters."""

    rule: MarkRule
    parameters: Any


@dataclass(frozen=True, slots=True)
class BoundRules:
    """The rules in force, in the order of the first reason."""

    enrollment: tuple[BoundRule, ...] = ()
    marks: tuple[BoundMarkRule, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundTariff:
    """The basis's tariff with its parameters."""

    tariff: Tariff
    parameters: Any


@dataclass(frozen=True, slots=True)
class ParameterDescription:
    name: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class RuleDescription:
    """One rule as `gateway rules` prints it. ``act``: of the rule itself; a parameter has its own source."""

    id: str
    title: Text
    act: str
    on: bool
    switchable: bool
    parameters: tuple[ParameterDescription, ...] = field(default=())


def bind_rules(pack: RegionPack, rules: Iterable[Rule]) -> BoundRules:
    """The rules that the pack has in force. A rule it does not name is on, with its own defaults.

    Raises:
        PackError: the pack names a rule that is not there, switches off one that may not be, or gives a parameter that does not fit.
    """
    enrollment, marks = [], []
    by_id = {rule.id: rule for rule in rules}
    _check_settings(pack, by_id)
    for rule in sorted(by_id.values(), key=lambda each: order_of(each.id)):
        parameters = _parameters(pack, rule)
        if not _is_on(pack, rule.id):
            continue
        if isinstance(rule, MarkRule):
            marks.append(BoundMarkRule(rule, parameters))
        else:
            enrollment.append(BoundRule(rule, parameters))
    return BoundRules(tuple(enrollment), tuple(marks))


def bind_tariff(pack: RegionPack, tariffs: Iterable[Tariff]) -> BoundTariff:
    """The tariff of the pack's basis.

    Raises:
        PackError: no tariff prices the basis, or a parameter does not fit.
    """
    known = {tariff.basis: tariff for tariff in tariffs}
    tariff = known.get(pack.basis)
    if tariff is None:
        bases = ", ".join(sorted(known)) or "—"
        raise PackError(
            f"{pack.name}: basis",
            Text(f"порядок оплаты «{pack.basis}» не поддерживается", f"there is no tariff for the basis “{pack.basis}”"),
            Text(f"выберите один из: {bases}; или установите дополнение с ним", f"choose one of: {bases}; or install a plugin that has it"),
        )
    where = f"{pack.name}: tariff"
    return BoundTariff(tariff, loaded(tariff.parameters or _NoParameters, pack.tariff, where) if tariff.parameters or pack.tariff else None)


def describe(pack: RegionPack, rules: Iterable[Rule]) -> tuple[RuleDescription, ...]:
    """Every rule there is, the core's own included, in the order of the first reason.

    Raises:
        PackError: as `bind_rules`.
    """
    listed = list(rules)
    _check_settings(pack, {rule.id: rule for rule in listed})
    described = [RuleDescription(rule.id, rule.title, rule.act, on=True, switchable=False) for rule in CORE_RULES]
    for rule in listed:
        parameters = _described_parameters(pack, rule)
        described.append(RuleDescription(rule.id, rule.title, rule.act, _is_on(pack, rule.id), rule.switchable, parameters))
    return tuple(sorted(described, key=lambda each: order_of(each.id)))


@dataclass(frozen=True, slots=True)
class _NoParameters:
    """A rule or tariff without parameters: any that is given is unknown."""


def _is_on(pack: RegionPack, rule: str) -> bool:
    setting = pack.rules.get(rule)
    return setting is None or setting.on


def _check_settings(pack: RegionPack, by_id: Mapping[str, Rule]) -> None:
    core = {rule.id: rule for rule in CORE_RULES}
    for rule_id, setting in pack.rules.items():
        rule: Rule | CoreRule | None = by_id.get(rule_id) or core.get(rule_id)
        if rule is None:
            raise PackError(
                setting.where,
                Text(f"правила {rule_id} нет", f"there is no rule {rule_id}"),
                Text(
                    "исправьте код правила или установите дополнение, в котором оно есть", "mend the id, or install the plugin that has it"
                ),
            )
        if not setting.on and not rule.switchable:
            raise PackError(
                f"{setting.where}.on",
                Text(f"правило {rule_id} нельзя отключить", f"the rule {rule_id} cannot be switched off"),
                Text("уберите on = false", "take on = false away"),
            )
        if rule_id in _CORE_IDS and setting.parameters:
            raise PackError(
                setting.where, Text(f"у правила {rule_id} нет параметров", f"the rule {rule_id} has no parameters"), CHECK_VALUE
            )


def _parameters(pack: RegionPack, rule: Rule) -> Any:
    setting = pack.rules.get(rule.id)
    stated = setting.parameters if setting else {}
    where = setting.where if setting else f"{pack.name}: rules.{rule.id}"
    found = loaded(rule.parameters or _NoParameters, stated, where)
    return found if rule.parameters else None


def _described_parameters(pack: RegionPack, rule: Rule) -> tuple[ParameterDescription, ...]:
    values = _parameters(pack, rule)
    if values is None:
        return ()
    setting = pack.rules.get(rule.id)
    stated: Mapping[str, Setting] = setting.parameters if setting else {}
    names: Sequence[str] = [each.name for each in dataclasses.fields(values)]
    return tuple(ParameterDescription(name, getattr(values, name), stated[name].source if name in stated else rule.act) for name in names)
