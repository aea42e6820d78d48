from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.plugins import BadParameter, Text, secret, secrets_of, setting
from gateway.plugins.settings import settings_of

KEY = "k3y-of-the-club"


@dataclass(frozen=True)
class CrmSettings:
    host: str = setting(Text("адрес", "the address"))
    key: str = secret(Text("ключ", "the key"))
    days: int = setting(Text("дней", "days"), 45)


def made(folder: Path, **values: Any) -> CrmSettings:
    return settings_of(CrmSettings, {"host": "crm"} | values, {"CRM_KEY": f"{KEY}\n", "EMPTY": " "}, folder)


def key_file(folder: Path, mode: int = 0o600, text: str = KEY + "\n") -> None:
    (folder / "crm.key").write_text(text, encoding="utf-8")
    (folder / "crm.key").chmod(mode)


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    key_file(tmp_path)
    for given in ("env:CRM_KEY", "file:crm.key", f"file:{tmp_path}/crm.key"):
        found = made(tmp_path, key=given)
        assert (found.key, found.days) == (KEY, 45)
        assert KEY not in repr(found) and secrets_of(found) == (KEY,)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (KEY, "is not written into the settings"),
        (f"password:{KEY}", "is not written into the settings"),
        (17, "is not written into the settings"),
        ("env:", "is not written into the settings"),
        ("env:NOT_THERE", "no environment variable NOT_THERE"),
        ("env:EMPTY", "no environment variable EMPTY"),
        ("file:none.key", "none.key cannot be read"),
        ("file:.", "cannot be read"),
    ],
)
def test_a_secret_that_is_not_there_is_told_without_its_words(tmp_path: Path, given: Any, told: str) -> None:
    with pytest.raises(BadParameter, match=told) as caught:
        made(tmp_path, key=given)
    assert caught.value.parameter == "key" and KEY not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_a_secret_file_is_its_owners_alone(tmp_path: Path) -> None:
    key_file(tmp_path, 0o640)
    with pytest.raises(BadParameter, match="chmod 600"):
        made(tmp_path, key="file:crm.key")
    key_file(tmp_path, text=" \n")
    with pytest.raises(BadParameter, match="is empty"):
        made(tmp_path, key="file:crm.key")


def test_other_values_are_checked_as_any_parameters_are(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="a whole number"):
        made(tmp_path, key="env:CRM_KEY", days="45")
    with pytest.raises(BadParameter, match="no such parameter"):
        made(tmp_path, key="env:CRM_KEY", dayz=45)
