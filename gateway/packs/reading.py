"""Reads and checks a region pack.

A pack is `config/regions/NAME.toml`, or a file of the same form in a folder of one's own; a story's `pack.toml` changes single values.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from gateway.core.facts import Text
from gateway.core.periods import Period
from gateway.plugins.schema import BadParameter, load

YearRange = tuple[str, str]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MONTH_AND_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


class PackError(Exception):
    """A pack cannot be used. ``where``: file and key; ``what`` and ``cure``: for a person."""

    def __init__(self, where: str, what: Text, cure: Text) -> None:
        super().__init__(f"{where}: {what.en}")
        self.where = where
        self.what = what
        self.cure = cure


@dataclass(frozen=True, slots=True)
class PackParameters:
    """The parameters of a pack that belong to no rule. Only values that the gateway does are allowed: others are refused, never ignored.

    Attributes:
        basis: the charge basis; a tariff must price it.
        reserve: where a debit comes from; ``lesson``: straight from the certificate's free balance.
        on_shortfall: ``refuse``: a lesson is debited whole or not at all.
        excused: what an excused absence costs; ``nothing``.
        match_by_name: whether full name, group and month are enough to recognise a child.
        withdrawal_limit_percent: of a window's known marks; above it a person confirms a withdrawal.
    """

    basis: str
    reserve: Literal["lesson"]
    on_shortfall: Literal["refuse"]
    excused: Literal["nothing"]
    match_by_name: bool
    withdrawal_limit_percent: int = 10

    def __post_init__(self) -> None:
        if not 0 <= self.withdrawal_limit_percent <= 100:
            raise BadParameter("withdrawal_limit_percent", Text("должно быть от 0 до 100", "must be between 0 and 100"))


class Setting(NamedTuple):
    """A parameter's value, its source (an act, or "assumed"), and where it stands."""

    value: Any
    source: str
    where: str


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What a pack says of one rule. ``parameters``: those it states; the others are the rule's own defaults."""

    on: bool
    parameters: Mapping[str, Setting]
    where: str


@dataclass(frozen=True, slots=True)
class RegionPack:
    """A region's pack, read and checked but for the rules' parameters (`bind_rules` does those, for only the rules know them).

    Attributes:
        period: "calendar_year", or ranges ``(MM-DD, MM-DD)`` that fill the year.
        basis, reserve, on_shortfall, excused, match_by_name, withdrawal_limit_percent: as in `PackParameters`.
        tariff: the parameters of the basis's tariff that the pack states.
        rules: by the rule's id.
        sources: by the name of a parameter above.
    """

    name: str
    title: Text
    period: str | tuple[YearRange, ...]
    basis: str
    reserve: str
    on_shortfall: str
    excused: str
    match_by_name: bool
    withdrawal_limit_percent: int
    tariff: Mapping[str, Setting]
    rules: Mapping[str, RuleSetting]
    sources: Mapping[str, str]

    def nominal_period(self, day: dt.date) -> Period:
        """The days of the nominal that holds ``day``."""
        if isinstance(self.period, str):
            return Period(dt.date(day.year, 1, 1), dt.date(day.year, 12, 31))
        for year in (day.year, day.year - 1):
            for first, last in self.period:
                found = _range_in(year, first, last)
                if day in found:
                    return found
        raise AssertionError("a pack's ranges fill the year")


# ---------------------------------------------------------------- reading


def load_pack(name: str, overrides: Path | None = None, folder: Path | None = None) -> RegionPack:
    """Read a pack.

    Args:
        name: of the pack, without ``.toml``.
        overrides: a file of the same form whose values go before the pack's.
        folder: packs of one's own, looked through before the built-in ones.

    Raises:
        PackError: there is no such pack, or a file cannot be read, has an unknown key or a wrong value.
    """
    where, text = _text_of(name, folder)
    raw = _attributed(_parsed(where, text), where)
    if overrides is not None:
        try:
            changes = overrides.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PackError(str(overrides), _unreadable(error), _CHECK_FILE) from error
        raw = _merged(raw, _attributed(_parsed(overrides.name, changes), overrides.name))
    return _pack(name, where, raw)


def pack_names(folder: Path | None = None) -> tuple[str, ...]:
    """The names of the packs that there are, sorted."""
    found = {entry.name for entry in resources.files("config").joinpath("regions").iterdir()}
    if folder is not None and folder.is_dir():
        found |= {entry.name for entry in folder.iterdir()}
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


_CHECK_FILE = Text("проверьте файл", "check the file")
CHECK_VALUE = Text("исправьте значение в файле пакета", "mend the value in the pack's file")


def _unreadable(error: Exception) -> Text:
    return Text(f"файл не прочитан: {error}", f"the file cannot be read: {error}")


def _text_of(name: str, folder: Path | None) -> tuple[str, str]:
    if _NAME.fullmatch(name):
        own = folder / f"{name}.toml" if folder is not None else None
        built_in = resources.files("config").joinpath("regions", f"{name}.toml")
        for entry, where in ((own, str(own)), (built_in, f"config/regions/{name}.toml")):
            if entry is not None and entry.is_file():
                try:
                    return where, entry.read_text(encoding="utf-8")
                except (OSError, UnicodeDecodeError) as error:
                    raise PackError(where, _unreadable(error), _CHECK_FILE) from error
    known = ", ".join(pack_names(folder))
    raise PackError(name, Text("такого пакета нет", "there is no such pack"), Text(f"выберите один из: {known}", f"choose one of: {known}"))


def _parsed(where: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackError(where, Text(f"это не TOML: {error}", f"this is not TOML: {error}"), _CHECK_FILE) from error


def _attributed(raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Every parameter as a `Setting`: so that after a merge each one still says where it comes from."""
    attributed: dict[str, Any] = {}
    for key, value in raw.items():
        place = f"{where}: {key}"
        if key == "title":
            attributed[key] = _title(value, place)
        elif key == "tariff":
            attributed[key] = _settings(value, place, where)
        elif key == "rules":
            attributed[key] = {rule: _rule(entry, f"{where}: rules.{rule}", where) for rule, entry in _table(value, place).items()}
        else:
            attributed[key] = _setting(value, place, where)
    return attributed


def _title(value: Any, place: str) -> Text:
    if isinstance(value, str):
        return Text(value, value)
    if isinstance(value, dict) and set(value) == {"ru", "en"} and all(isinstance(each, str) for each in value.values()):
        return Text(value["ru"], value["en"])
    raise PackError(place, Text('нужно: {ru = "…", en = "…"}', 'must be {ru = "…", en = "…"}'), CHECK_VALUE)


def _table(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PackError(place, Text("нужна таблица TOML", "must be a TOML table"), CHECK_VALUE)
    return value


def _rule(entry: Any, place: str, where: str) -> dict[str, Any]:
    """``{on = …, parameter = …}``, or just true or false."""
    if isinstance(entry, bool):
        return {"on": entry, "where": place}
    table = _table(entry, place)
    rest = {key: value for key, value in table.items() if key != "on"}
    found: dict[str, Any] = {"parameters": _settings(rest, place, where), "where": place}
    if "on" in table:
        on = _setting(table["on"], f"{place}.on", where).value
        if not isinstance(on, bool):
            raise PackError(f"{place}.on", Text("нужно: true или false", "must be true or false"), CHECK_VALUE)
        found["on"] = on
    return found


def _settings(value: Any, place: str, where: str) -> dict[str, Setting]:
    return {key: _setting(each, f"{place}.{key}", where) for key, each in _table(value, place).items()}


def _setting(value: Any, place: str, where: str) -> Setting:
    """``{value = …, source = "…"}``, or a plain value, whose source is then the file."""
    if not isinstance(value, dict):
        return Setting(value, where, place)
    if set(value) - {"value", "source"} or "value" not in value or not isinstance(value.get("source", ""), str):
        raise PackError(place, Text('нужно: {value = …, source = "…"}', 'must be {value = …, source = "…"}'), CHECK_VALUE)
    return Setting(value["value"], value.get("source") or where, place)


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        both_tables = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both_tables else value
    return merged


def _pack(name: str, where: str, raw: dict[str, Any]) -> RegionPack:
    rest = dict(raw)
    title, tariff, rules = rest.pop("title", Text(name, name)), rest.pop("tariff", {}), rest.pop("rules", {})
    period = rest.pop("period", None)
    if period is None:
        raise PackError(f"{where}: period", Text("параметр не указан", "the parameter is missing"), CHECK_VALUE)
    values = loaded(PackParameters, rest, where)
    defaults = {each.name: "assumed" for each in dataclasses.fields(PackParameters)}
    return RegionPack(
        name=name,
        title=title,
        period=_period(period),
        **{each.name: getattr(values, each.name) for each in dataclasses.fields(PackParameters)},
        tariff=MappingProxyType(tariff),
        rules=MappingProxyType(
            {
                rule: RuleSetting(entry.get("on", True), MappingProxyType(entry.get("parameters", {})), entry["where"])
                for rule, entry in rules.items()
            }
        ),
        sources=MappingProxyType(defaults | {key: setting.source for key, setting in rest.items()} | {"period": period.source}),
    )


def loaded(declared: type[Any], settings: Mapping[str, Setting], where: str) -> Any:
    """The dataclass of these settings; a fault names the place of the setting at fault."""
    try:
        return load(declared, {key: setting.value for key, setting in settings.items()})
    except BadParameter as error:
        at_fault = settings.get(error.parameter)
        place = at_fault.where if at_fault else f"{where}: {error.parameter}".rstrip(": ")
        raise PackError(place, error.what, CHECK_VALUE) from error


def _period(setting: Setting) -> str | tuple[YearRange, ...]:
    value = setting.value
    if value == "calendar_year":
        return "calendar_year"
    is_list = isinstance(value, list) and bool(value)
    if not is_list or not all(isinstance(each, list) and len(each) == 2 and all(map(_is_month_and_day, each)) for each in value):
        raise PackError(
            setting.where,
            Text('нужно: "calendar_year" или список [["ММ-ДД", "ММ-ДД"], …]', 'must be "calendar_year" or a list [["MM-DD", "MM-DD"], …]'),
            CHECK_VALUE,
        )
    ranges = tuple((first, last) for first, last in value)
    if any(first == "02-29" for first, last in ranges):
        raise PackError(setting.where, Text("период не может начинаться 29 февраля", "a range cannot start on 29 February"), CHECK_VALUE)
    year = [day for first, last in ranges for day in _days_of_year(first, last)]
    if len(year) != len(set(year)) or len(year) != 366:
        raise PackError(
            setting.where,
            Text("периоды должны заполнять год без пропусков и наложений", "the ranges must fill the year without gaps and overlaps"),
            CHECK_VALUE,
        )
    return ranges


def _is_month_and_day(text: object) -> bool:
    if not isinstance(text, str) or not _MONTH_AND_DAY.fullmatch(text):
        return False
    return int(text[3:]) <= calendar.monthrange(2000, int(text[:2]))[1]


def _days_of_year(first: str, last: str) -> Iterable[tuple[int, int]]:
    """Month and day of each day from ``first`` to ``last``, over the New Year too, with 29 February."""
    if first <= last:
        return [(day.month, day.day) for day in _range_in(2000, first, last).days()]
    return [*_days_of_year(first, "12-31"), *_days_of_year("01-01", last)]


def _range_in(year: int, first: str, last: str) -> Period:
    """The range that starts in ``year``; an end of 28 or 29 February is that month's last day, whatever the year."""
    end_year = year if first <= last else year + 1
    month, day = int(last[:2]), int(last[3:])
    if month == 2 and day >= 28:
        day = calendar.monthrange(end_year, 2)[1]
    return Period(dt.date(year, int(first[:2]), int(first[3:])), dt.date(end_year, month, day))
