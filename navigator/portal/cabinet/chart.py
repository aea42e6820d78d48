"""The picture of a year: what is left on the certificate day by day, and how it goes on by the forecast. An SVG of attributes only.

The same figures stand in a table beside it; the picture is for whoever sees it at a glance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import leather
from babel.dates import format_date

from navigator.portal.cabinet.forecast import Point
from navigator.portal.cabinet.year import Year

WIDE, NARROW = (880, 340), (420, 320)
"""Width and height; the narrow one is for phones, where the wide one's letters would be too small."""

HEADROOM = 10
"""The legend's letters stand on the margin's line, and need their own height above it."""

BLUE, DASHED, RED = "#1b5a9c", "#4d5a69", "#a32218"
KOPECKS = 100

leather.theme.background_color = "#ffffff"
leather.theme.margin = 0.02
leather.theme.tick_color, leather.theme.zero_color, leather.theme.label_color = "#d9e1ea", "#8a97a6", "#4d5a69"
leather.theme.tick_font_family = leather.theme.legend_font_family = "sans-serif"
leather.theme.legend_color = "#17212e"


def svg_of(year: Year, today: dt.date, locale: str, names: tuple[str, str, str], is_narrow: bool = False) -> str:
    """The chart.

    Args:
        names: what the lines are called in the legend: so far, the forecast, the day on which the money runs out.
    """
    first, last = dt.date(year.year, 1, 1), dt.date(year.year, 12, 31)
    chart = leather.Chart()
    steps = _steps([point for point in year.balances if point.day <= today], min(today, last))
    if steps:
        chart.add_line(_places(steps), name=names[0], stroke_color=BLUE, width=3)
    if year.forecast is not None:
        ahead = _steps(year.forecast.points, year.end)
        chart.add_line(_places(ahead), name=names[1], stroke_color=DASHED, width=2, stroke_dasharray="5 4")
        if year.forecast.runs_out_on is not None:
            day = year.forecast.runs_out_on
            chart.add_dots(_places([Point(day, year.forecast.points[-1].kopecks)]), name=names[2], fill_color=RED, radius=6)
    most = max([year.sums.nominal_kopecks, KOPECKS, *(point.kopecks for point in year.balances)])
    top, step = _round_up(most)
    chart.set_x_scale(_Days(first.toordinal(), last.toordinal()))
    chart.set_y_scale(_Days(0, top))
    months = [dt.date(year.year, number, 1) for number in range(1, 13, 2 if is_narrow else 1)]
    chart.add_x_axis(ticks=[month.toordinal() for month in months], tick_formatter=_month_in(locale))
    chart.add_y_axis(ticks=list(range(0, top + 1, step)), tick_formatter=_roubles)
    width, height = NARROW if is_narrow else WIDE
    box = f"0 -{HEADROOM} {width} {height + HEADROOM}"
    sizes = {"width": str(width), "height": str(height + HEADROOM)}
    root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, **sizes})
    root.append(chart.to_svg_group(width, height))
    return ElementTree.tostring(root, encoding="unicode")


class _Days(leather.Linear):  # type: ignore[misc]
    """A scale that ends where it is told to, instead of at the next round tick."""

    def __init__(self, least: int, most: int) -> None:
        super().__init__(least, most)
        self._least, self._most = least, most

    def project(self, value: Any, range_min: float, range_max: float) -> float:
        return float(range_min + (range_max - range_min) * (value - self._least) / (self._most - self._least))


def _steps(points: Sequence[Point], end: dt.date) -> list[Point]:
    """Money goes in steps, not along a slope: each balance holds until the next one."""
    found: list[Point] = []
    for point in points:
        if found:
            found.append(Point(point.day, found[-1].kopecks))
        found.append(point)
    if found and found[-1].day < end:
        found.append(Point(end, found[-1].kopecks))
    return found


def _places(points: Sequence[Point]) -> list[tuple[int, int]]:
    return [(point.day.toordinal(), point.kopecks) for point in points]


def _round_up(kopecks: int) -> tuple[int, int]:
    """The top of the scale, and the distance of its lines: some four of them, round in roubles."""
    for step in (100, 200, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000, 100_000):
        if kopecks <= step * KOPECKS * 5:
            break
    lines = -(-kopecks // (step * KOPECKS))
    return lines * step * KOPECKS, step * KOPECKS


def _month_in(locale: str) -> Any:
    def name(ordinal: int, _number: int, _count: int) -> str:
        return str(format_date(dt.date.fromordinal(ordinal), "LLL", locale=locale)).rstrip(".")

    return name


def _roubles(kopecks: int, _number: int, _count: int) -> str:
    return f"{kopecks // KOPECKS:,}".replace(",", "\u00a0")
