"""What a person sees of adapters: the list, a check, a trial."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.alfacrm.adapter import AlfaCrmAdapter
from adapters.alfacrm.emulator import CERTIFICATE_FIELD, EMAIL, AlfaCrmEmulator
from gateway.plugins import BadParameter, FileAdapter, Http, PushedAdapter, Source, SourceAdapter
from gateway.plugins.manager import load_plugins
from gateway.plugins.sources import listed, opened
from gateway.plugins.testing import SkippingClock


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


def test_a_secret_is_never_taken_as_it_stands(emulator: AlfaCrmEmulator) -> None:
    with pytest.raises(BadParameter, match="is not written into the settings"):
        source_of(emulator, key=emulator.key)
