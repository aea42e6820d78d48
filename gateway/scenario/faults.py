"""A story's `fault` step: its words made into those of the register's fault switch, and whether each fault really happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import requests

_MAIN = {"delay": "seconds", "late_request": "seconds", "slow_drip": "seconds", "down_until": "until"}
"""What a fault's own name stands for as a key: ``delay = 5`` are its seconds. Of any other it is ``next``."""


class FaultStepWrong(ValueError):
    """A fault of a story cannot be understood. ``args[0]``: the fault as it stands there."""


def switch_requests(said: Any) -> list[dict[str, Any]]:
    """What to tell the switch. ``{register = "delay", seconds = 5}``, ``{register = "delay", delay = 5}`` and ``{delay = 5}`` are one.

    Raises:
        FaultStepWrong: one of them names no fault, or two, or one that no story can bear.
    """
    if not isinstance(said, list):
        raise FaultStepWrong(said)
    return [_request(one) for one in said]


def never_fired(url: str, language: str) -> list[str]:
    """The faults that were set and befell nothing: a story with such a one proves nothing."""
    words = "не случился ни разу" if language == "ru" else "never fired"
    return [f"{one['fault']} {words}" for one in _told(url)["faults"] if not one["fired"]]


def other_counts(url: str, expected: Mapping[str, int]) -> list[str]:
    """Where a kind of fault fired more or less often than it should."""
    fired = _told(url)["fired"]
    return [f"faults.{name}: {fired.get(name, 0)} ≠ {value}" for name, value in expected.items() if fired.get(name, 0) != value]


def _told(url: str) -> dict[str, Any]:
    answer = requests.get(f"{url}/test/v1/faults", timeout=30)
    answer.raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


def _request(one: Any) -> dict[str, Any]:
    if not isinstance(one, Mapping):
        raise FaultStepWrong(one)
    body = {key: _plain(value) for key, value in one.items()}
    name = body.pop("register", None) or _named_by_its_key(body, one)
    if name == "refuse":  # it would refuse the story's own calls too, and a story's clock stands: down_until is meant
        raise FaultStepWrong(one)
    if name in body:
        body[_MAIN.get(name, "next")] = body.pop(name)
    return {"fault": name, **body}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return value.isoformat() if isinstance(value, dt.date) else value


def _named_by_its_key(body: Mapping[str, Any], one: Any) -> str:
    """The fault of ``{delay = 5, next = 2}``: the only key that is none of a fault's parameters."""
    parameters: Sequence[str] = (
        "path", "next", "skip", "share", "seed", "seconds", "when", "how", "status", "retry_after", "code", "where", "until",
    )  # fmt: skip
    names = [key for key in body if key not in parameters]
    if len(names) != 1:
        raise FaultStepWrong(one)
    return names[0]
