"""A list in pages, while somebody changes it. What is missing from it is taken for withdrawn, so nothing may be missing by chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from gateway.plugins import faults

READINGS_MAX = 4
PAGES_MAX = 100_000


class ListPage(NamedTuple):
    """``total``: how many items the system says there are; None where it does not say."""

    items: Sequence[Any]
    total: int | None = None


class WholeList(NamedTuple):
    """``items``: each once, in the list's order; ``nameless``: items that cannot be told apart, as they came."""

    items: list[Any]
    nameless: list[Any]


def whole_list(
    page: Callable[[int], ListPage],
    id_of: Callable[[Any], object],
    host: str,
    kept: Callable[[Any], Any] = lambda item: item,
    by_offset: bool = False,
) -> WholeList:
    """Read all pages of a list.

    An item that leaves the list moves those behind it forward, one of them onto a page that was read already. So where what was read is not
    as many as the system says, before and after, the list is read again, until it stood still or said the same twice.

    Args:
        page: reads the page of this number, the first is 0; ``by_offset``: the page that begins behind so many items.
        id_of: an item's id; None where it has none.
        host: named where the list never stands still.
        kept: what is kept of an item, so that a long list of large records takes no more memory than it must.

    Raises:
        SourceUnavailable: it changes all the time, or has no end. And what ``page`` raises.
    """
    before: set[object] | None = None
    for _ in range(READINGS_MAX):
        found, nameless, totals = _read_once(page, id_of, host, kept, by_offset)
        count = len(found) + len(nameless)
        if totals == {count} or before == found.keys():
            return WholeList(list(found.values()), nameless)
        before = set(found)
    raise faults.restless(host)


def _read_once(
    page: Callable[[int], ListPage], id_of: Callable[[Any], object], host: str, kept: Callable[[Any], Any], by_offset: bool
) -> tuple[dict[object, Any], list[Any], set[int]]:
    found: dict[object, Any] = {}
    nameless: list[Any] = []
    totals: set[int] = set()
    before: list[Any] | None = None
    for number in range(PAGES_MAX):
        shown = page(len(found) + len(nameless) if by_offset else number)
        if shown.total is not None:
            totals.add(shown.total)
        if shown.items == before:  # who asks for a page beyond the last one is given the last one again, by many systems
            return found, nameless, totals
        before = list(shown.items)
        read_before = len(found) + len(nameless)
        for item in shown.items:
            key = id_of(item)
            if key is None:
                nameless.append(item)
            else:
                found[key] = kept(item)
        if by_offset and len(found) + len(nameless) == read_before:  # it would be asked for again and again
            return found, nameless, totals
        if not shown.items or (shown.total is not None and len(found) + len(nameless) >= shown.total):
            return found, nameless, totals
    raise faults.restless(host)
