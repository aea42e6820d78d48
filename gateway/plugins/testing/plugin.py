"""The kit as a pytest plugin: at the end of a run it says what was promised, and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

_KEPT = "kit_promise"
_WHY = "kit_not_made_because"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Marks a test of the kit, so that the summary finds it."""
    report = yield
    from_kit = getattr(item.cls if isinstance(item, pytest.Function) else None, "not_promised", None) is not None
    if from_kit and (report.when == "call" or report.skipped):
        report.user_properties.append((_KEPT, item.cls.__name__))  # type: ignore[attr-defined]
        if report.skipped and call.excinfo is not None:
            report.user_properties.append((_WHY, str(call.excinfo.value)))
    return report


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """One line for each adapter, and one for each reason why something was not promised."""
    counts: dict[str, Counter[str]] = {}
    whys: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name in (value for key, value in report.user_properties if key == _KEPT):
                counts.setdefault(str(name), Counter())[outcome] += 1
                whys.setdefault(str(name), Counter()).update(str(why) for key, why in report.user_properties if key == _WHY)
    for name, of in sorted(counts.items()):
        line = f"{name}: {of['passed']} promises kept, {of['failed']} broken, {of['skipped']} not made"
        terminalreporter.write_line(line, red=bool(of["failed"]), green=not of["failed"])
        for why, count in whys[name].most_common():
            terminalreporter.write_line(f"  {count} not made: {why}")
