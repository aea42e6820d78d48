"""Charts of the reports: groups of columns or of bars, as SVG of attributes alone, so that the strict policy holds for them as well.

The same figures stand in a table beside each; a chart is for whoever sees them at a glance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple
from xml.etree import ElementTree

import leather

WIDE, NARROW = 880, 420
"""How wide; the narrow one is for phones, where the wide one's letters would be too small."""
COLUMNS_HEIGHT, BAR_HEIGHT, FRAME_HEIGHT = 340, 22, 90
HEADROOM = 12
NAME_LENGTHS = {False: 38, True: 22}
COLOURS = ("#b9c9dc", "#1b5a9c", "#0f6b57")
"""From what might be to what is; each tells itself from its neighbour by lightness, too."""

leather.theme.background_color = "#ffffff"
leather.theme.margin = 0.02
leather.theme.tick_color, leather.theme.zero_color, leather.theme.label_color = "#d9e1ea", "#8a97a6", "#4d5a69"
leather.theme.tick_font_family = leather.theme.legend_font_family = "sans-serif"
leather.theme.legend_color = "#17212e"


class Series(NamedTuple):
    """A line of figures, one for each label."""

    name: str
    values: Sequence[int]


def columns(labels: Sequence[str], series: Sequence[Series], tell: Callable[[int], str], is_narrow: bool) -> str:
    """Columns side by side over each label. ``tell``: a figure of the scale in words."""
    labels, series = _or_nothing(labels, series)
    chart, keys = leather.Chart(), [str(number) for number in range(len(labels))]
    every = -(-len(labels) // 6) if is_narrow else 1
    for place, each in enumerate(series):
        chart.add_series(
            leather.Series(list(zip(keys, map(float, each.values), strict=True)), name=each.name), _Columns(place, len(series))
        )
    top, step = _round_up(max((value for each in series for value in each.values), default=0))
    chart.set_x_scale(leather.Ordinal(keys))
    chart.set_y_scale(_To(top))
    chart.add_x_axis(tick_formatter=lambda key, place, _count: labels[int(key)] if place % every == 0 else "")
    chart.add_y_axis(ticks=list(range(0, top + 1, step)), tick_formatter=lambda value, _place, _count: tell(value))
    return _drawn(chart, NARROW if is_narrow else WIDE, COLUMNS_HEIGHT)


def bars(labels: Sequence[str], series: Sequence[Series], tell: Callable[[int], str], is_narrow: bool) -> str:
    """Bars under each other beside each label, the first label on top; a name that is too long for its place is cut."""
    labels, series = _or_nothing(labels, series)
    chart, keys = leather.Chart(), [str(number) for number in range(len(labels))][::-1]
    for place, each in enumerate(series):
        values = [float(value) for value in each.values][::-1]
        chart.add_series(leather.Series(list(zip(values, keys, strict=True)), name=each.name), _Bars(place, len(series)))
    top, step = _round_up(max((value for each in series for value in each.values), default=0))
    most = NAME_LENGTHS[is_narrow]
    chart.set_x_scale(_To(top))
    chart.set_y_scale(leather.Ordinal(keys))
    chart.add_x_axis(
        ticks=list(range(0, top + 1, step * 2 if is_narrow else step)), tick_formatter=lambda value, _place, _count: tell(value)
    )
    chart.add_y_axis(tick_formatter=lambda key, _place, _count: _cut(labels[int(key)], most))
    height = FRAME_HEIGHT + max(1, len(labels)) * (BAR_HEIGHT * len(series) // 2 + 12)
    return _drawn(chart, NARROW if is_narrow else WIDE, height)


def _or_nothing(labels: Sequence[str], series: Sequence[Series]) -> tuple[Sequence[str], Sequence[Series]]:
    """What is drawn where there is nothing to draw: an empty place."""
    return (labels, series) if labels else (["—"], [Series(each.name, [0]) for each in series])


class _To(leather.Linear):  # type: ignore[misc]
    """A scale from nothing to its top, instead of to the next round tick."""

    def __init__(self, top: int) -> None:
        super().__init__(0, top)
        self._top = top

    def project(self, value: Any, range_min: float, range_max: float) -> float:
        return float(range_min + (range_max - range_min) * max(0.0, float(value)) / self._top)


class _OneOfSeveral:
    """A shape of the library's, one of several series: its rectangles take their part of each label's place."""

    along: ClassVar[tuple[str, str]]

    def __init__(self, place: int, of: int) -> None:
        super().__init__(COLOURS[place])  # type: ignore[call-arg]
        self._place, self._of = place, of

    def to_svg(self, *drawn: Any) -> ElementTree.Element:
        group: ElementTree.Element = super().to_svg(*drawn)  # type: ignore[misc]
        for rectangle in group:
            _narrow(rectangle, *self.along, self._place, self._of)
        return group


class _Columns(_OneOfSeveral, leather.Columns):  # type: ignore[misc]
    along = ("x", "width")


class _Bars(_OneOfSeveral, leather.Bars):  # type: ignore[misc]
    along = ("y", "height")


def _narrow(rectangle: ElementTree.Element, start: str, size: str, place: int, of: int) -> None:
    whole = abs(float(rectangle.get(size, "0")))
    first = float(rectangle.get(start, "0")) + min(0.0, float(rectangle.get(size, "0")))
    part = whole * 0.9 / of
    rectangle.set(start, f"{first + whole * 0.05 + place * part:.2f}")
    rectangle.set(size, f"{part:.2f}")


def _drawn(chart: Any, width: int, height: int) -> str:
    sizes = {"width": str(width), "height": str(height + HEADROOM), "viewBox": f"0 -{HEADROOM} {width} {height + HEADROOM}"}
    root = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **sizes})
    drawn = chart.to_svg_group(width, height)
    drawn[1][0].set("transform", "translate(0 0)")  # the legend begins at the edge: beside long names it would not fit
    root.append(drawn)
    return ElementTree.tostring(root, encoding="unicode")


def _round_up(most: int) -> tuple[int, int]:
    """The top of a scale, and the distance of its lines: at most five of them, of 1, 2 or 5 and zeros."""
    step, place = 1, 0
    while step * 5 < most:
        place += 1
        step = (1, 2, 5)[place % 3] * 10 ** (place // 3)
    return max(1, -(-most // step)) * step, step


def _cut(text: str, most: int) -> str:
    """What does not fit loses its first words: the last ones tell municipalities apart."""
    words = text.split()
    while len(" ".join(words)) + 1 > most and len(words) > 1:
        words = words[1:]
    left = " ".join(words)
    return text if len(text) <= most else f"…{left[: most - 1]}"
