"""Plays the demo: a Navigator of its own, the district, four clubs by their sheets (one of them twice) and their own systems, one answer,
and the closing sums.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.bootstrap import Gateway
from gateway.core.facts import Text
from gateway.demo.words import WORDS
from gateway.errors import EXIT_UNAVAILABLE, UserError
from gateway.scenario import navigator_process
from gateway.scenario.systems import Systems
from gateway.settings import Settings, SourceSettings

FOLDER = Path(__file__).parent
MONTH = "2025-10"
CLOCK = dt.datetime.fromisoformat("2025-11-05T10:00:00+03:00")


@dataclass(frozen=True, slots=True)
class Taken:
    """A sheet, or a system's answer, that was taken in. ``again``: the same file has been taken in before in this very run."""

    report: Mapping[str, Any]
    again: bool


@dataclass(slots=True)
class Played:
    """Everything that the demo prints and writes. Sums in kopecks."""

    loaded: dict[str, int]
    taken: list[Taken]
    answers: list[Mapping[str, Any]]
    names: dict[str, str]
    lessons: Mapping[str, Mapping[str, int]]
    counts: Mapping[str, Any]
    counts_of: dict[str, Mapping[str, Any]]
    payable: Mapping[str, int]
    queue: list[dict[str, Any]]
    reconciled: Mapping[str, Any]
    ledger_faults: list[str]
    is_second_run: bool
    changed_kopecks: int

    @property
    def new(self) -> int:
        """Marks that this run has brought."""
        return sum(one.report["new"] for one in self.taken)

    @property
    def agrees(self) -> bool:
        """Ledger, accepted and statement are one sum, nothing differs, and every mark has one answer."""
        sums = {self.reconciled[name] for name in ("booked_kopecks", "accepted_kopecks", "register_kopecks")} | {sum(self.payable.values())}
        return len(sums) == 1 and not self.reconciled["differences"] and not self.ledger_faults and marks_add_up(self.counts)

    def last_reports(self) -> dict[str, Mapping[str, Any]]:
        """Provider → the last report on its sheet."""
        return {one.report["provider"]: one.report for one in self.taken}


def marks_add_up(counts: Mapping[str, Any]) -> bool:
    """Every mark was charged, not charged, refused, or waits."""
    parts = [counts["charged"], *(sum(counts[name].values()) for name in ("not_charged", "refused", "waiting"))]
    return bool(counts["marks"] == sum(parts))


def play(home: Path, language: str, told: Callable[[str, Mapping[str, Any]], None] = lambda what, facts: None) -> Played:
    """Run the demo in ``home``, which is kept between calls.

    Args:
        told: called with "loaded" and "taken" as they happen, so that whoever watches sees the work go on.

    Raises:
        UserError: the Navigator does not start, or does not take the district.
        RegisterUnavailable, StoreUnavailable: it went away in mid-run.
    """
    home.mkdir(parents=True, exist_ok=True)
    loaded = load_district(home, standing(home))
    told("loaded", loaded)
    with navigator_process(home / "navigator", standing(home)) as url:
        gateway = Gateway(home / "gateway", Settings(register_url=url), lambda: CLOCK, language)
        before = gateway.status()
        steps = tomllib.loads((FOLDER / "steps.toml").read_text(encoding="utf-8"))["step"]
        with ExitStack() as stack:
            taken = _take_in(gateway, steps, told, Systems(stack, gateway.plugins.adapters))
        answers = [answer for step in steps for answer in step.get("answer", ())]
        for answer in answers:
            gateway.answer_match(answer["person"], answer["provider"], answer["group"], answer.get("child"), answer.get("outside", False))
        gateway.run()
        reconciled = gateway.reconcile(MONTH)
        providers = [one.report["provider"] for one in taken if not one.again]
        return Played(
            loaded=loaded,
            taken=taken,
            answers=answers,
            names={provider: known.name for provider, known in gateway.providers().items()},
            lessons=gateway.lessons(MONTH),
            counts=gateway.counts(),
            counts_of={provider: gateway.counts(provider) for provider in providers},
            payable=gateway.payable(),
            queue=gateway.match_queue(),
            reconciled=reconciled,
            ledger_faults=gateway.ledger_faults(),
            is_second_run=bool(before["counts"]["marks"]),
            changed_kopecks=reconciled["accepted_kopecks"] - before["sums"]["accepted"],
        )


def standing(home: Path) -> dict[str, str]:
    """The environment of the demo's Navigator: its home, and the clock that stands."""
    return {"GATEWAY_TEST": "1", "GATEWAY_NOW": CLOCK.isoformat(), "NAVIGATOR_HOME": str(home / "navigator")}


def load_district(home: Path, environment: Mapping[str, str]) -> dict[str, int]:
    """`navigator load`, as an operator calls it. How many records there are, and how many of them are new.

    Raises:
        UserError: the Navigator did not take the district.
    """
    command = [sys.executable, "-m", "navigator", "load", str(FOLDER / "district"), "--json"]
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()[-500:]
        raise UserError(_filled("load_failed", said=said), _filled("start_afresh", home=home), EXIT_UNAVAILABLE)
    tables: Iterable[Mapping[str, int]] = json.loads(done.stdout)["tables"].values()
    numbers = {"new": 0, "changed": 0, "unchanged": 0}
    for table in tables:
        for name in numbers:
            numbers[name] += table[name]
    return numbers | {"total": sum(numbers.values())}


def _filled(name: str, **values: object) -> Text:
    return Text(WORDS[name].ru.format(**values), WORDS[name].en.format(**values))


def _take_in(
    gateway: Gateway, steps: Iterable[Mapping[str, Any]], told: Callable[[str, Mapping[str, Any]], None], systems: Systems
) -> list[Taken]:
    taken: list[Taken] = []
    for step in steps:
        if "sync" in step:
            report = _asked(gateway, systems.serve(FOLDER / step["sync"], step["provider"]), systems)
        elif "import" in step:
            report = gateway.import_file(FOLDER / step["import"], step["provider"], FOLDER / step["mapping"])
        else:
            continue
        again = any(one.report["file"] == report["file"] for one in taken)
        taken.append(Taken(report, again))
        told("taken", report | {"again": again})
        gateway.finished(report)
    return taken


def _asked(gateway: Gateway, source: SourceSettings, systems: Systems) -> dict[str, Any]:
    """What a club's own system answers.

    Raises:
        UserError: it was not read to its end.
    """
    gateway.settings = replace(gateway.settings, sources={**gateway.settings.sources, source.name: source})
    gateway.environment = systems.environment
    (report,) = gateway.sync(source=source.name)
    if report["trouble"] is not None:
        said = report["trouble"]["what"], report["trouble"]["cure"]
        raise UserError(Text(said[0], said[0]), Text(said[1], said[1]), EXIT_UNAVAILABLE)
    return report | {"system": gateway.plugins.adapters[source.adapter].title}


# ---------------------------------------------------------------- for programs


def report_of(played: Played) -> dict[str, Any]:
    """What var/demo/report.json holds."""
    return {
        "month": MONTH,
        "clock": CLOCK.isoformat(),
        "second_run": played.is_second_run,
        "new": played.new,
        "changed_kopecks": played.changed_kopecks,
        "counts": played.counts,
        "booked_kopecks": played.reconciled["booked_kopecks"],
        "accepted_kopecks": played.reconciled["accepted_kopecks"],
        "register_kopecks": played.reconciled["register_kopecks"],
        "debits": played.reconciled["debits"],
        "reversals": played.reconciled["reversals"],
        "differences": len(played.reconciled["differences"]),
        "ledger_faults": played.ledger_faults,
        "agrees": played.agrees,
        "clubs": [
            {
                "provider": provider,
                "name": played.names[provider],
                **played.lessons[provider],
                "counts": counts,
                "payable_kopecks": played.payable.get(provider, 0),
            }
            for provider, counts in played.counts_of.items()
        ],
    }


def write_report(played: Played, path: Path) -> None:
    """Written aside and put in place, so that nobody reads half of it."""
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(report_of(played), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    aside.replace(path)
