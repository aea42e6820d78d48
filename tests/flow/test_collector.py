"""The garbage collector rests while a batch is worked on, and is back on afterwards, whatever happened in it."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any, NoReturn

import pytest

from gateway.core.claims import Claim
from gateway.core.facts import Status
from gateway.core.match import ClaimWord
from gateway.flow.run import Flow
from gateway.store.engine import open_engine
from tests.builders.facts import DAY, NOW, lesson
from tests.builders.stages import say


class Broken(Exception):
    pass


@pytest.mark.parametrize("was_on", [True, False])
def test_the_collector_rests_within_a_batch_and_is_as_it_was_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, was_on: bool
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    seen = []

    def plan_decide(self: Flow, claims: list[Claim], *more: Any) -> NoReturn:
        seen.append((len(claims), gc.isenabled()))
        raise Broken

    monkeypatch.setattr(Flow, "plan_decide", plan_decide)
    at = lesson(DAY)
    word = ClaimWord("k-1", "g-1", DAY, 1, at.starts_at, at.ends_at, Status.ATTENDED, None, False, False, "", None)
    say(engine, "club", [word], {"k-1": "town"})
    flow: Any = Flow(engine, register=None, rules=None, vault=None)  # type: ignore[arg-type]
    try:
        if not was_on:
            gc.disable()
        with pytest.raises(Broken):
            flow.decide_listed(NOW)
        assert gc.isenabled() is was_on
    finally:
        gc.enable()
        engine.dispose()
    assert seen == [(1, False)]
