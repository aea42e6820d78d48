"""What a person sees of adapters: the list, a check, a trial."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.alfacrm.adapter import AlfaCrmAdapter
from adapters.alfacrm.emulator import CERTIFICATE_FIELD, EMAIL, AlfaCrmEmulator
from gateway.plugins import BadParameter, FileAdapter, Http, Mark, PushedAdapter, Source, SourceAdapter, SourceError, Verdict, Window
from gateway.plugins.manager import load_plugins
from gateway.plugins.sources import checked, listed, opened, tried
from gateway.plugins.testing import NOW, Fault, SkippingClock


@pytest.fixture
def emulator() -> Iterator[AlfaCrmEmulator]:
    with AlfaCrmEmulator() as made:
        assert isinstance(made, AlfaCrmEmulator)
        yield made


def source_of(emulator: AlfaCrmEmulator, key: str = "env:ALFA_KEY") -> Source:
    clock = SkippingClock()
    values = {"host": emulator.url, "email": EMAIL, "api_key": key, "certificate_field": CERTIFICATE_FIELD}
    return opened(AlfaCrmAdapter(), values, Http(clock=clock, sleep=clock.sleep), {"ALFA_KEY": emulator.key}, Path())


def test_each_adapter_says_what_it_can_by_its_methods() -> None:
    adapters = load_plugins(entry_points=False).adapters
    can = {name: listed(adapter).can for name, adapter in adapters.items()}
    assert can["spreadsheet"] == ("files",) and can["alfacrm"] == ("system",)
    assert isinstance(adapters["spreadsheet"], FileAdapter) and not isinstance(adapters["spreadsheet"], SourceAdapter)
    assert isinstance(adapters["alfacrm"], SourceAdapter) and not isinstance(adapters["alfacrm"], FileAdapter | PushedAdapter)


def test_the_list_has_each_setting_with_its_help_and_no_secrets_default() -> None:
    fields = {field.name: field for field in listed(AlfaCrmAdapter()).settings}
    assert all(field.help.ru and field.help.en and field.expected.en for field in fields.values())
    assert [field.name for field in fields.values() if field.default is None] == ["host", "email", "api_key"]
    assert [field.name for field in fields.values() if field.is_secret] == ["api_key", "app_key"]
    assert fields["window_days"].default == "45"


def test_a_check_that_ends_early_says_so_in_its_last_line(emulator: AlfaCrmEmulator) -> None:
    assert {line.verdict for line in checked(source_of(emulator))} == {Verdict.GOOD}
    emulator.fail(Fault.SERVER_ERROR, after=4)
    lines = list(checked(source_of(emulator)))
    assert lines[0].verdict is Verdict.GOOD and lines[-1].verdict is Verdict.BAD
    assert "out of order" in lines[-1].found.en and lines[-1].cure is not None


def test_a_trial_gives_records_as_they_come(emulator: AlfaCrmEmulator) -> None:
    told = list(tried(source_of(emulator), NOW))
    assert sum(isinstance(each, Mark) for each in told) == sum(len(lesson.marks) for lesson in emulator.club.lessons.values())
    assert any(isinstance(each, Window) for each in told)
    emulator.fail(Fault.SERVER_ERROR, after=12)
    part = []
    with pytest.raises(SourceError):
        for each in tried(source_of(emulator), NOW):
            part.append(each)
    assert 0 < len(part) < len(told)


def test_a_secret_is_never_taken_as_it_stands(emulator: AlfaCrmEmulator) -> None:
    with pytest.raises(BadParameter, match="is not written into the settings"):
        source_of(emulator, key=emulator.key)
