"""Rows that the gateway itself wrote into a file of refused marks, mended by a person and sent again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gateway.core.collect.known import Cell, Known, ReadMark, Sheet, Word
from gateway.core.facts import Batch, Finding, InputRefused, Level, Mark, Member, Status, Text


def only_ours(batch: Batch, is_ours: Callable[[str], bool]) -> Batch:
    """The batch without rows of another source or database: there they are somebody else.

    Raises:
        InputRefused: none of them is ours.
    """
    strange = {record.key for record in batch.records if isinstance(record, Member) and record.reference and not is_ours(record.reference)}
    if not strange:
        return batch
    findings = [_strange(record) for record in batch.records if isinstance(record, Member) and record.key in strange]
    kept = tuple(record for record in batch.records if _key_of(record) not in strange)
    if not any(isinstance(record, Member) for record in kept):
        raise InputRefused(findings[0])
    return replace(batch, records=kept, findings=(*batch.findings, *findings))


def _key_of(record: object) -> str | None:
    return record.key if isinstance(record, Member) else record.member if isinstance(record, Mark) else None


def as_they_stand(sheet: Sheet, said: Mapping[Cell, Word], known: Known) -> list[ReadMark]:
    """The marks of rows in which nothing was mended: they say nothing new, whatever was said of them meanwhile, and are told as they
    stand.
    """
    found = []
    for mark in sheet.marks:
        member = sheet.member_of[mark.member]
        if member.reference is None or mark.status is not Status.UNMARKED:
            continue
        cell = Cell(sheet.person_of[mark.member], sheet.group, mark.day, mark.lesson or "")
        standing = known.marks.get(cell)
        if cell not in said and standing is not None and standing.word.status is not Status.NOTHING:
            found.append(ReadMark(member, cell, standing.word._replace(place=mark.place), False))
    return found


def _strange(member: Member) -> Finding:
    return Finding(
        Level.UNREAD,
        member.place,
        Text(
            "код строки не от этой организации и не от этого источника: строки не приняты",
            "the row's code is not of this provider and source: its rows were not taken",
        ),
        Text(
            "Сдайте файл с теми же --provider и --source, с какими он написан (gateway rejects).",
            "Send the file with the --provider and --source that it was written with (gateway rejects).",
        ),
    )
