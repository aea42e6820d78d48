"""Region packs: which rules are in force, with which parameters, and which act says so."""

from __future__ import annotations

from gateway.packs.binding import (
    BoundMarkRule,
    BoundRule,
    BoundRules,
    BoundTariff,
    ParameterDescription,
    RuleDescription,
    bind_rules,
    bind_tariff,
    describe,
)
from gateway.packs.reading import PackError, RegionPack, RuleSetting, Setting, load_pack, pack_names

__all__ = [
    "BoundMarkRule",
    "BoundRule",
    "BoundRules",
    "BoundTariff",
    "PackError",
    "ParameterDescription",
    "RegionPack",
    "RuleDescription",
    "RuleSetting",
    "Setting",
    "bind_rules",
    "bind_tariff",
    "describe",
    "load_pack",
    "pack_names",
]
