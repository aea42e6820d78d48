"""Groups of a source that are one of the register's: none of them has told all of it, and what one does not list another may.

A reading comes in parts, and may be cut between two groups; what a group was told before is therefore remembered with its words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from gateway.core.collect.known import GroupTold, ReadBatch, Sheet
from gateway.core.names import folded
from gateway.core.periods import Period


def told_of(read: ReadBatch) -> dict[str, GroupTold]:
    """Folded words → what a batch tells of that group."""
    found: dict[str, GroupTold] = defaultdict(GroupTold)
    for words in read.words:
        key = folded(words)
        found[key] = found[key].absorb(GroupTold(own_ids=read.own_ids.get(words, frozenset())))
    for sheet in read.sheets:
        key = folded(sheet.words)
        found[key] = found[key].absorb(GroupTold(_days_of(sheet)))
    return found


def share(batches: Collection[ReadBatch], before: Mapping[str, tuple[str, GroupTold]]) -> None:
    """Where others of the source's groups speak of the same days of a register's group, a window may take nothing back.

    Args:
        before: folded words → the group that they mean, and what was told of it before.
    """
    own_ids: dict[str, frozenset[str]] = defaultdict(frozenset)
    for read in batches:
        for words, ids in read.own_ids.items():
            own_ids[folded(words)] |= ids
    earlier: dict[str, list[tuple[str, GroupTold]]] = defaultdict(list)
    for words, (group, told) in before.items():
        earlier[group].append((words, told))
    of_group: dict[str, list[Sheet]] = defaultdict(list)
    for sheet in (sheet for read in batches for sheet in read.sheets if sheet.window is not None):
        of_group[sheet.group].append(sheet)
    for group, mine in of_group.items():
        for sheet in mine:
            words, window = folded(sheet.words), sheet.window
            assert window is not None  # chosen above
            here = [one.window.period for one in mine if one is not sheet and one.window is not None]
            there = [
                told.days
                for other, told in earlier[group]
                if other != words and told.days is not None and not told.own_ids & own_ids[words]
            ]
            if any(days.overlaps(window.period) for days in (*here, *there)):
                sheet.window = replace(window, lists_all=False, lists_lessons=False)


def _days_of(sheet: Sheet) -> Period | None:
    days = [record.day for records in (sheet.marks, sheet.lessons) for record in records]
    if not days:
        return None
    return sheet.window.period if sheet.window is not None else Period(min(days), max(days))
