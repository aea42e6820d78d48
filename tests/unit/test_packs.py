from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from gateway.core.facts import Text
from gateway.core.periods import Period
from gateway.core.rules import Refusal
from gateway.packs import BoundRules, PackError, bind_rules, bind_tariff, describe, load_pack, pack_names
from gateway.plugins import BadParameter
from gateway.plugins.builtin.rules import gateway_rules
from gateway.plugins.builtin.rules.c05_age_at_start import AgeParameters
from gateway.plugins.builtin.tariffs import gateway_tariffs
from gateway.plugins.schema import load, schema_of

RULES = gateway_rules()
NAME = "leningrad-2020"
ROOT = Path(__file__).resolve().parents[2]


def overridden(folder: Path, toml: str) -> Any:
    file = folder / "pack.toml"
    file.write_text(toml, encoding="utf-8")
    return load_pack(NAME, file)


def ids(bound: BoundRules) -> list[str]:
    return [each.rule.id for each in bound.enrollment] + [each.rule.id for each in bound.marks]


class Tuesdays:
    """A mark rule of a stranger, in no pack."""

    id = "T02"
    title = Text("Не по вторникам", "Not on Tuesdays")
    act = "assumed"
    parameters: type | None = None
    switchable = True
    history = "none"

    def check(self, claim: Any, history: Any, parameters: None) -> Refusal | None:
        return None


# ---------------------------------------------------------------- the pack that we ship


def test_the_pack_says_what_the_field_says() -> None:
    pack = load_pack(NAME)
    assert (pack.name, pack.title.ru) == (NAME, "Ленинградская область, 2020")
    assert (pack.period, pack.basis, pack.reserve, pack.on_shortfall, pack.excused) == (
        "calendar_year", "per_lesson", "lesson", "refuse", "nothing",
    )  # fmt: skip
    assert pack.match_by_name is True
    assert pack.withdrawal_limit_percent == 10


def test_every_parameter_of_it_has_a_source_of_its_own() -> None:
    pack = load_pack(NAME)
    stated = [setting for rule in pack.rules.values() for setting in rule.parameters.values()]
    assert stated
    assert not [setting for setting in stated if setting.source.endswith(".toml")]
    assert not [source for source in pack.sources.values() if source.endswith(".toml")]


def test_every_rule_that_we_ship_stands_in_it() -> None:
    assert set(load_pack(NAME).rules) == {rule.id for rule in RULES}


def test_all_rules_are_in_force_in_the_order_of_the_first_reason() -> None:
    bound = bind_rules(load_pack(NAME), reversed(RULES))
    assert ids(bound) == ["C01", "C02", "C03", "C05", "C08", "C10", "P01", "P02", "M01", "M02", "M03", "K01", "A01", "A12"]
    assert [each.rule.id for each in bound.marks] == ["A12"]
    assert bound.enrollment[3].parameters == AgeParameters(5, 17)
    assert bound.enrollment[1].parameters is None


def test_the_tariff_of_the_basis_is_bound() -> None:
    bound = bind_tariff(load_pack(NAME), gateway_tariffs())
    assert (bound.tariff.basis, bound.parameters) == ("per_lesson", None)


def test_a_calendar_year_is_the_nominal_period() -> None:
    pack = load_pack(NAME)
    year = Period(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert pack.nominal_period(year.first) == pack.nominal_period(year.last) == year
    assert pack.nominal_period(dt.date(2026, 1, 1)).first.year == 2026


def test_the_packs_are_listed() -> None:
    assert NAME in pack_names()


# ---------------------------------------------------------------- changed values


def test_a_plain_value_overrides_one_parameter_and_names_its_file(tmp_path: Path) -> None:
    pack = overridden(tmp_path, "[rules.C05]\nage_from = 6\n")
    described = next(rule for rule in describe(pack, RULES) if rule.id == "C05")
    assert [(each.name, each.value) for each in described.parameters] == [("age_from", 6), ("age_to", 17)]
    assert described.parameters[0].source == "pack.toml"
    assert "announcement" in described.parameters[1].source


def test_a_value_with_its_source_overrides_both(tmp_path: Path) -> None:
    pack = overridden(tmp_path, 'withdrawal_limit_percent = {value = 25, source = "our order"}\n')
    assert (pack.withdrawal_limit_percent, pack.sources["withdrawal_limit_percent"]) == (25, "our order")


@pytest.mark.parametrize(
    "toml", ["[rules.C05]\non = false\n", "[rules]\nC05 = false\n", "[rules.C05]\non = {value = false, source = 'x'}\n"]
)
def test_a_starred_rule_can_be_switched_off(tmp_path: Path, toml: str) -> None:
    pack = overridden(tmp_path, toml)
    assert "C05" not in ids(bind_rules(pack, RULES))
    described = next(rule for rule in describe(pack, RULES) if rule.id == "C05")
    assert described.on is False


def test_a_rule_that_no_pack_names_is_on_with_its_own_parameters() -> None:
    bound = bind_rules(load_pack(NAME), [*RULES, Tuesdays()])
    assert ids(bound)[-1] == "T02"


def test_ranges_over_the_new_year_are_nominal_periods(tmp_path: Path) -> None:
    pack = overridden(tmp_path, 'period = [["09-01", "12-31"], ["01-01", "08-31"]]\n')
    assert pack.nominal_period(dt.date(2025, 8, 31)) == Period(dt.date(2025, 1, 1), dt.date(2025, 8, 31))
    assert pack.nominal_period(dt.date(2025, 9, 1)) == Period(dt.date(2025, 9, 1), dt.date(2025, 12, 31))
    whole = overridden(tmp_path, 'period = [["09-01", "08-31"]]\n')
    assert whole.nominal_period(dt.date(2026, 1, 15)) == Period(dt.date(2025, 9, 1), dt.date(2026, 8, 31))
    assert whole.nominal_period(dt.date(2025, 9, 1)) == Period(dt.date(2025, 9, 1), dt.date(2026, 8, 31))


def test_the_end_of_february_is_its_last_day(tmp_path: Path) -> None:
    pack = overridden(tmp_path, 'period = [["09-01", "02-28"], ["03-01", "08-31"]]\n')
    assert pack.nominal_period(dt.date(2028, 2, 29)).last == dt.date(2028, 2, 29)
    assert pack.nominal_period(dt.date(2027, 2, 28)).last == dt.date(2027, 2, 28)
    assert pack.nominal_period(dt.date(2028, 3, 1)).first == dt.date(2028, 3, 1)


def test_a_folder_of_ones_own_goes_before(tmp_path: Path) -> None:
    text = (ROOT / "config/regions/leningrad-2020.toml").read_text(encoding="utf-8")
    (tmp_path / "ours-2026.toml").write_text(text.replace("{value = 10,", "{value = 11,"), encoding="utf-8")
    assert load_pack("ours-2026", folder=tmp_path).withdrawal_limit_percent == 11
    assert set(pack_names(tmp_path)) == {NAME, "ours-2026"}


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("toml", "where", "what"),
    [
        ("frobnicate = 1\n", "pack.toml: frobnicate", "there is no such parameter"),
        ("match_by_name = 'yes'\n", "pack.toml: match_by_name", "must be true or false"),
        ("match_by_name = 1\n", "pack.toml: match_by_name", "must be true or false"),
        ("withdrawal_limit_percent = true\n", "pack.toml: withdrawal_limit_percent", "must be a whole number"),
        ("withdrawal_limit_percent = 10.5\n", "pack.toml: withdrawal_limit_percent", "must be a whole number"),
        ("withdrawal_limit_percent = 101\n", "pack.toml: withdrawal_limit_percent", "must be between 0 and 100"),
        ("on_shortfall = 'partial'\n", "pack.toml: on_shortfall", "must be one of: refuse"),
        ("reserve = 'enrollment'\n", "pack.toml: reserve", "must be one of: lesson"),
        ("reserve = {value = 'lesson', sauce = 'x'}\n", "pack.toml: reserve", "must be {value"),
        ("reserve = {source = 'x'}\n", "pack.toml: reserve", "must be {value"),
        ("title = 5\n", "pack.toml: title", "must be {ru"),
        ("rules = 5\n", "pack.toml: rules", "must be a TOML table"),
        ("[rules]\nC05 = 5\n", "pack.toml: rules.C05", "must be a TOML table"),
        ("[rules.C05]\non = 'no'\n", "pack.toml: rules.C05.on", "must be true or false"),
        ("period = 'month'\n", "pack.toml: period", "calendar_year"),
        ("period = [['09-01', '12-31']]\n", "pack.toml: period", "must fill the year"),
        ("period = [['09-01', '01-01'], ['01-01', '08-31']]\n", "pack.toml: period", "must fill the year"),
        ("period = [['09-01', '02-30'], ['03-01', '08-31']]\n", "pack.toml: period", "calendar_year"),
        ("period = [['02-29', '02-28']]\n", "pack.toml: period", "29 February"),
        ("not toml", "pack.toml", "this is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, toml: str, where: str, what: str) -> None:
    with pytest.raises(PackError) as refused:
        overridden(tmp_path, toml)
    assert refused.value.where == where
    assert what in refused.value.what.en
    assert all((refused.value.what.ru, refused.value.cure.ru, refused.value.cure.en))


@pytest.mark.parametrize(
    ("toml", "where", "what"),
    [
        ("[rules.C99]\non = true\n", "pack.toml: rules.C99", "there is no rule C99"),
        ("[rules.C02]\non = false\n", "pack.toml: rules.C02.on", "cannot be switched off"),
        ("[rules.A02]\non = false\n", "pack.toml: rules.A02.on", "cannot be switched off"),
        ("[rules.A07]\nlimit = 1\n", "pack.toml: rules.A07", "has no parameters"),
        ("[rules.C02]\nlimit = 1\n", "pack.toml: rules.C02.limit", "there is no such parameter"),
        ("[rules.C05]\nage_from = 'six'\n", "pack.toml: rules.C05.age_from", "must be a whole number"),
        ("[rules.C05]\nage_from = 18\n", "pack.toml: rules.C05.age_from", "between 0 and age_to"),
        ("[rules.C01]\npattern = '('\n", "pack.toml: rules.C01.pattern", "regular expression"),
    ],
)
def test_what_does_not_fit_the_rules_is_refused(tmp_path: Path, toml: str, where: str, what: str) -> None:
    pack = overridden(tmp_path, toml)
    for asked in (bind_rules, describe):
        with pytest.raises(PackError) as refused:
            asked(pack, RULES)
        assert refused.value.where == where
        assert what in refused.value.what.en


def test_a_parameter_of_a_rule_that_is_off_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        bind_rules(overridden(tmp_path, "[rules.C05]\non = false\nage_from = 'six'\n"), RULES)


def test_a_missing_parameter_is_named(tmp_path: Path) -> None:
    text = (ROOT / "config/regions/leningrad-2020.toml").read_text(encoding="utf-8")
    (tmp_path / "short.toml").write_text("\n".join(line for line in text.splitlines() if not line.startswith("excused")), encoding="utf-8")
    with pytest.raises(PackError) as refused:
        load_pack("short", folder=tmp_path)
    assert refused.value.where.endswith("short.toml: excused")


def test_a_basis_without_a_tariff_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError) as refused:
        bind_tariff(overridden(tmp_path, "basis = 'per_moon'\n"), gateway_tariffs())
    assert "per_lesson" in refused.value.cure.en
    with pytest.raises(PackError):
        bind_tariff(overridden(tmp_path, "[tariff]\nfactor = 2\n"), gateway_tariffs())


@pytest.mark.parametrize("name", ["moon-2020", "../leningrad-2020", "", "/etc/passwd"])
def test_an_unknown_pack_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(PackError) as refused:
        load_pack(name)
    assert NAME in refused.value.cure.ru


def test_a_missing_file_of_changes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError):
        load_pack(NAME, tmp_path / "none.toml")


# ---------------------------------------------------------------- what gateway rules prints


def test_the_description_lists_the_cores_rules_among_the_others() -> None:
    described = describe(load_pack(NAME), RULES)
    assert [rule.id for rule in described] == [
        "C01", "C02", "C03", "C05", "C08", "C10", "P01", "P02", "M01", "M02", "M03", "K01",
        "A01", "A02", "A03", "A07", "A08", "A09", "A12", "A14", "N01", "N02", "N03", "N04", "R01",
    ]  # fmt: skip
    assert [rule.id for rule in described if rule.switchable] == ["C05", "A12"]
    assert all(rule.act and rule.title.ru and rule.title.en for rule in described)


# ---------------------------------------------------------------- schemas out of dataclasses


class Colour(enum.Enum):
    RED = "red"


@dataclass(frozen=True)
class Everything:
    number: int
    word: str = "x"
    flag: bool = False
    colour: Colour = Colour.RED
    choice: Literal["a", "b"] = "a"
    maybe: int | None = None
    many: tuple[str, ...] = field(default=())


def test_every_kind_of_field_is_loaded() -> None:
    given = {"number": 1, "word": "y", "flag": True, "colour": "red", "choice": "b", "maybe": None, "many": ["p", "q"]}
    assert load(Everything, given) == Everything(1, "y", True, Colour.RED, "b", None, ("p", "q"))
    assert load(Everything, {"number": 1}) == Everything(1)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"number": None},
        {"number": "1"},
        {"number": 1, "colour": "blue"},
        {"number": 1, "choice": "c"},
        {"number": 1, "many": [1]},
        {"number": 1, "z": 1},
    ],
)
def test_what_does_not_fit_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        load(Everything, given)


def test_a_float_cannot_be_declared() -> None:
    @dataclass(frozen=True)
    class Price:
        roubles: float = 1.0

    with pytest.raises(TypeError, match="float"):
        schema_of(Price)


def test_only_a_frozen_dataclass_is_a_declaration() -> None:
    @dataclass
    class Open:
        number: int = 1

    for declared in (Open, int):
        with pytest.raises(TypeError, match="frozen"):
            schema_of(declared)
