"""Recordings of emulators' accounts, made by the real command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from gateway.cli import main
from gateway.plugins.testing import NOW, Emulator

SECRETS = ("api_key", "key", "secret_address", "password")


def switched_on(home: Path, adapter: str, emulator: Emulator, **settings: object) -> None:
    """A source «crm» in gateway.toml, its secret in a file. ``settings``: beside the account's."""
    home.mkdir(exist_ok=True)
    lines = ["[sources.crm]", f'adapter = "{adapter}"', 'provider = "p"']
    for name, value in (dict(emulator.account()) | settings).items():
        if name in SECRETS:
            (home / "crm.key").write_text(str(value), encoding="utf-8")
            (home / "crm.key").chmod(0o600)
            value = "file:crm.key"
        lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    (home / "gateway.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def recorded(home: Path, out: Path, *more: str, code: int = 0) -> Any:
    """The command's JSON."""
    env = {"GATEWAY_HOME": str(home), "GATEWAY_TEST": "1", "GATEWAY_NOW": NOW.isoformat(), "GATEWAY_LANG": "en"}
    result = CliRunner(env=env).invoke(main, ["adapters", "record", "crm", "--out", str(out), "--json", *more])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def plugin_of(home: Path, package: str) -> None:
    """A package that can be imported, as a one-file plugin of GATEWAY_HOME."""
    (home / "plugins").mkdir(parents=True)
    text = f"from {package}.adapter import GATEWAY_INTERFACE, gateway_adapters\n"
    (home / "plugins" / "ours.py").write_text(text, encoding="utf-8")
