from __future__ import annotations

import dataclasses
import importlib.metadata
import logging
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from gateway.packs import bind_rules, load_pack
from gateway.plugins import PushedAdapter, SourceAdapter, manager
from gateway.plugins.manager import Plugins, load_plugins
from tests.unit.rules.views import claim

OURS = ("gateway.plugins.builtin.rules", "gateway.plugins.builtin.tariffs", "gateway.plugins.builtin.registers")

RULE = """
from dataclasses import dataclass
from gateway.plugins import Refusal, Text, hookimpl

GATEWAY_INTERFACE = 1


@dataclass(frozen=True)
class Parameters:
    weekday: int = 2


class Weekday:
    id = "T02"
    title = Text("Не по вторникам", "Not on Tuesdays")
    act = "assumed"
    parameters = Parameters
    switchable = True
    history = "none"

    def check(self, claim, history, parameters):
        if claim.day.isoweekday() == parameters.weekday:
            return Refusal(self.id, Text("вторник", "a Tuesday"), Text("другой день", "another day"))
        return None


@hookimpl
def gateway_rules():
    return [Weekday()]
"""


def loaded(folder: Path, **files: str) -> Plugins:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return load_plugins(folder, built_in=OURS, entry_points=False)


def only_problem(plugins: Plugins) -> Any:
    assert len(plugins.problems) == 1
    problem = plugins.problems[0]
    assert all((problem.what.ru, problem.what.en, problem.cure.ru, problem.cure.en))
    return problem


# ---------------------------------------------------------------- what is loaded


def test_our_own_plugins_come_in_through_the_hooks() -> None:
    plugins = load_plugins(built_in=OURS, entry_points=False)
    assert [rule.id for rule in plugins.rules][:3] == ["C01", "C02", "C03"]
    assert set(plugins.tariffs) == {"per_lesson"}
    assert set(plugins.registers) == {"http"}
    assert [(origin.name, origin.origin) for origin in plugins.origins] == [(name, "built-in") for name in OURS]
    assert plugins.origins[1].tariffs == ("per_lesson",)
    assert plugins.problems == ()


def test_the_list_of_our_own_names_them_all() -> None:
    assert set(OURS) < set(manager.BUILT_IN)


def test_a_folder_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    assert load_plugins(tmp_path / "none", built_in=(), entry_points=False).origins == ()


def test_a_one_file_plugin_adds_a_rule_with_a_parameter_of_its_own(tmp_path: Path) -> None:
    plugins = loaded(tmp_path, tuesdays=RULE)
    assert plugins.problems == ()
    assert plugins.origins[-1].rules == ("T02",)
    bound = bind_rules(load_pack("leningrad-2020"), plugins.rules)
    rule, parameters = bound.marks[-1]
    assert rule.check(claim(), (), parameters) is None  # a Thursday
    assert rule.check(claim(), (), dataclasses.replace(parameters, weekday=4)) is not None


def test_an_installed_package_comes_in_by_its_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weekdays_for_test.py").write_text(RULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    entry = importlib.metadata.EntryPoint("weekdays", "weekdays_for_test", manager.ENTRY_POINTS)
    broken = importlib.metadata.EntryPoint("absent", "no_such_module_for_test", manager.ENTRY_POINTS)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry, broken] if group == "pfdo_gateway" else [])
    plugins = load_plugins(built_in=())
    assert [rule.id for rule in plugins.rules] == ["T02"]
    assert only_problem(plugins).name == "absent"


# ---------------------------------------------------------------- what is refused, by name


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("raise SystemExit(1)\n", "SystemExit"),
        ("import no_such_module_for_test\n", "ModuleNotFoundError"),
        (RULE.replace("GATEWAY_INTERFACE = 1", ""), "interface version: none, needed: 1"),
        (RULE.replace("GATEWAY_INTERFACE = 1", "GATEWAY_INTERFACE = 2"), "interface version: 2, needed: 1"),
        (RULE.replace("def gateway_rules():", "def gateway_rules(extra):"), "PluginValidationError"),
        (RULE.replace("def gateway_rules():", "def gateway_roles():"), "PluginValidationError"),
        (RULE.replace("return [Weekday()]", "return [Weekday(), Weekday()]"), "T02 is named twice"),
        (RULE.replace("return [Weekday()]", "return 5"), "TypeError"),
        (RULE.replace("return [Weekday()]", "raise KeyError('x')"), "KeyError"),
        (RULE.replace('    act = "assumed"\n', ""), "act missing"),
        (RULE.replace('history = "none"', 'history = "decade"'), "history"),
        (RULE.replace("def check", "def chock"), "eligible or check missing"),
        (RULE.replace("weekday: int = 2", "weekday: int"), "defaults of all parameters missing"),
        (RULE.replace("weekday: int = 2", "weekday: float = 2.0"), "TypeError"),
        (RULE.replace('"T02"', '"Вт"'), "does not fit"),
        (RULE.replace('"T02"', '"C05"'), "C05 is in “gateway.plugins.builtin.rules (built-in)” already"),
        (RULE.replace('"T02"', '"A07"'), "A07 is in “the core” already"),
    ],
)
def test_a_broken_plugin_is_refused_by_name_and_the_others_go_on(tmp_path: Path, text: str, what: str) -> None:
    plugins = loaded(tmp_path, broken=text, tuesdays=RULE.replace('"T02"', '"T03"'))
    problem = only_problem(plugins)
    assert problem.name == "broken"
    assert problem.origin == str(tmp_path / "broken.py")
    assert what in problem.what.en
    assert [origin.name for origin in plugins.origins] == [*OURS, "tuesdays"]
    assert plugins.rules[-1].id == "T03"


def test_of_two_that_name_the_same_rule_the_first_stands(tmp_path: Path) -> None:
    plugins = loaded(tmp_path, a_first=RULE, b_second=RULE)
    problem = only_problem(plugins)
    assert problem.name == "b_second"
    assert str(tmp_path / "a_first.py") in problem.what.en


def test_a_pack_that_names_a_refused_plugins_rule_is_refused_in_turn(tmp_path: Path) -> None:
    plugins = loaded(tmp_path, tuesdays="import no_such_module_for_test\n")
    changes = tmp_path / "pack.toml"
    changes.write_text("[rules.T02]\non = true\n", encoding="utf-8")
    with pytest.raises(Exception, match="there is no rule T02"):
        bind_rules(load_pack("leningrad-2020", changes), plugins.rules)


def test_an_adapter_must_have_what_the_flow_calls(tmp_path: Path) -> None:
    text = """
    from gateway.plugins import Text, hookimpl
    GATEWAY_INTERFACE = 1
    class Adapter:
        name = "crm"
        title = Text("CRM", "CRM")
        def reads(self, path):
            return False
    @hookimpl
    def gateway_adapters():
        return [Adapter()]
    """
    assert "parse, connect or receive missing" in only_problem(loaded(tmp_path, crm=text)).what.en
    whole = textwrap.dedent(text).replace(
        "    def reads", "    def parse(self, path, mapping, month, now):\n        return iter(())\n    def reads"
    )
    assert set(loaded(tmp_path, crm=whole).adapters) == {"crm"}
    unread = whole.replace("def reads", "def read")
    assert "reads missing" in only_problem(loaded(tmp_path, crm=unread)).what.en


SYSTEM = """
from dataclasses import dataclass, field
from gateway.plugins import Text, hookimpl, secret, setting
GATEWAY_INTERFACE = 1
@dataclass(frozen=True)
class Settings:
    key: str = secret(Text("ключ", "the key"))
    days: int = setting(Text("дней", "days"), 45)
class Adapter:
    name = "crm"
    title = Text("CRM", "CRM")
    settings = Settings
    def connect(self, settings, http):
        return None
@hookimpl
def gateway_adapters():
    return [Adapter()]
"""


def test_an_adapter_of_a_system_declares_its_settings(tmp_path: Path) -> None:
    assert isinstance(loaded(tmp_path, crm=SYSTEM).adapters["crm"], SourceAdapter)


def test_an_adapter_that_is_pushed_to_declares_its_settings(tmp_path: Path) -> None:
    pushed = SYSTEM.replace("def connect(self, settings, http)", "def receive(self, settings, headers, body, now)")
    (adapter,) = loaded(tmp_path, crm=pushed).adapters.values()
    assert isinstance(adapter, PushedAdapter) and not isinstance(adapter, SourceAdapter)
    assert "settings" in only_problem(loaded(tmp_path, hook=pushed.replace("    settings = Settings\n", ""))).what.en


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("settings = Settings", "settings = Settings('x')", "settings (a frozen dataclass) missing"),
        ("(frozen=True)", "", "is not a frozen dataclass"),
        (
            'secret(Text("ключ", "the key"))',
            'field(metadata={"secret": True, "help": Text("ключ", "the key")})',
            "a secret that its repr shows",
        ),
        ('setting(Text("дней", "days"), 45)', "45", "no help"),
        ("days: int", "days: float", "cannot be of the type"),
    ],
)
def test_settings_that_would_not_do_refuse_the_adapter(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in SYSTEM
    assert told in only_problem(loaded(tmp_path, crm=SYSTEM.replace(old, new))).what.en


def test_a_broken_plugin_of_our_own_stops_the_program() -> None:
    with pytest.raises(RuntimeError, match="no_such_module_for_test"):
        load_plugins(built_in=("no_such_module_for_test",), entry_points=False)


# ---------------------------------------------------------------- notifications

LISTENER = """
from gateway.plugins import hookimpl
GATEWAY_INTERFACE = 1
heard = []
@hookimpl
def gateway_run_finished(run):
    heard.append(run)
@hookimpl
def gateway_operations_settled(batch):
    heard.append(batch)
"""


def test_a_listener_that_raises_harms_nobody_and_its_words_are_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    raising = LISTENER.replace("heard.append(run)", "raise ValueError('Иванова Мария')")
    raising = raising.replace("gateway_operations_settled(batch)", "gateway_operations_settled()").replace("append(batch)", "append(1)")
    plugins = loaded(tmp_path, a_raising=raising, b_listening=LISTENER)
    assert plugins.problems == ()
    with caplog.at_level(logging.ERROR):
        plugins.notify_run_finished({"marks": 3})
    plugins.notify_operations_settled([{"id": "x"}])
    assert sys.modules["_pfdo_gateway_plugin_b_listening"].heard == [{"marks": 3}, [{"id": "x"}]]
    assert sys.modules["_pfdo_gateway_plugin_a_raising"].heard == [1]
    assert "a_raising" in caplog.text
    assert "Иванова" not in caplog.text
