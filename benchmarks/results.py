"""What a row of the table is, and the sums behind it."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Row:
    """A measured row. ``goal``: the right column in words; ``ratio``: what it speaks of; ``met``: None for an observation or where nothing
    was measured; ``notes``: what else was seen in the same run."""

    name: str
    value: float | None
    unit: str
    ratio: float | None
    goal: str = ""
    met: bool | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def entry(self) -> dict[str, Any]:
        return {"value": _rounded(self.value), "unit": self.unit, "ratio": _rounded(self.ratio)}


def absent(name: str, goal: str, why: str) -> Row:
    """A row that cannot be measured here: no figure, and why."""
    return Row(name, None, "", None, goal, None, {"not measured": why})


def at_least(limit: float, ratio: float) -> bool:
    return ratio >= limit


def median_ratio(upper: Sequence[float], lower: Sequence[float]) -> float:
    """The median of the parts' own ratios: a stall of the machine within one part moves it little."""
    return statistics.median(one / other for one, other in zip(upper, lower, strict=True) if other > 0)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")
