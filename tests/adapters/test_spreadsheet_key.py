"""Sheets as clubs have them, against their exact reading: no mark beyond the key, every required mark, every required complaint."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.spreadsheet.adapter import SpreadsheetAdapter
from gateway.plugins import Batch, EmptyMeaning, Finding, InputRefused, Level, Mark, Member, Status
from tests.adapters.sheets import NOW

SHARED = Path(os.environ.get("GATEWAY_SHARED", Path(__file__).resolve().parents[3] / "shared"))
FOLDER = SHARED / "inputs" / "timesheets"
FILES = sorted(path.name for path in FOLDER.glob("*") if path.suffix not in (".json", ".md"))
WORDS = {"present": "attended", "none": "nothing"}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the folder of sample timesheets is not here")


def entry(file: str) -> dict[str, Any]:
    key: dict[str, Any] = json.loads((FOLDER / "key.json").read_text("utf-8"))["files"][file]
    return key


def mapping(key: dict[str, Any]) -> dict[str, Any]:
    invoke = key["invoke"]
    return {
        "cells": {
            "empty": "attended" if invoke["empty_means"] == "present" else "nothing",
            "codes": {sign: WORDS.get(value, value) for sign, value in invoke["codes"].items()},
        },
        "groups": {group["group"]: f"g-{number}" for number, group in enumerate(key["groups"])},
    }


def read(file: str) -> tuple[list[Batch], Finding | None]:
    key = entry(file)
    try:
        return list(SpreadsheetAdapter().parse(FOLDER / file, mapping(key), key["invoke"]["period"], NOW)), None
    except InputRefused as refused:
        return [], refused.finding


def lesson_days(key: dict[str, Any], mark: Mark) -> set[dt.date]:
    """The days of the group in whose rows the mark stands."""
    groups = (group for group in key["groups"] if group["sheet"] == mark.place.sheet)
    return {
        dt.date.fromisoformat(day)
        for group in groups
        if group["rows"][0] <= (mark.place.row or 0) <= group["rows"][1]
        for day in group["lesson_days"]
    }


def resolved(batches: list[Batch], key: dict[str, Any]) -> Iterator[tuple[Member, Mark, str, float | None]]:
    """Marks as the core resolves them: an empty cell counts on the group's lesson days alone, under the window's meaning."""
    for batch in batches:
        members = {record.key: record for record in batch.records if isinstance(record, Member)}
        for mark in batch.records:
            if not isinstance(mark, Mark) or mark.status in (Status.DAY_OFF, Status.NOTHING):
                continue
            status = mark.status
            if status is Status.UNMARKED:
                if mark.day not in lesson_days(key, mark) or batch.windows[0].unmarked is not EmptyMeaning.ATTENDED:
                    continue
                status = Status.ATTENDED
            hours = None if mark.hours is None else mark.hours / 100
            value = "hours" if hours else {"attended": "present"}.get(status.value, status.value)
            yield members[mark.member], mark, value, hours or None


@pytest.mark.parametrize("file", FILES)
def test_no_mark_but_those_of_the_key(file: str) -> None:
    key = entry(file)
    expected = {(m["sheet"], m["row"], m["column"], m["day"]): m for m in key["marks"]}
    batches, _ = read(file)
    for member, mark, value, hours in resolved(batches, key):
        where = (mark.place.sheet, mark.place.row, mark.place.column, mark.day.isoformat())
        assert where in expected, f"an invented mark: {where} {value}"
        wanted = expected.pop(where)
        assert value in (wanted.get("either") or [wanted["value"]]), where
        if value == "hours" and wanted["value"] == "hours":
            assert hours == wanted["hours"], where
        assert member.name.split() == wanted["child"].split(), where
        assert member.certificate in wanted.get("certificate_either", [wanted["certificate"]]), where
    missing = [where for where, m in expected.items() if not m.get("optional") and None not in m.get("either", [])]
    assert not missing


def is_told(complaint: dict[str, Any], findings: list[Finding]) -> bool:
    wanted = (complaint["sheet"], complaint["row"])
    return any((f.place.sheet, f.place.row) == wanted for f in findings if f.level is Level.UNREAD or complaint["level"] == "question")


@pytest.mark.parametrize("file", FILES)
def test_every_required_complaint(file: str) -> None:
    key = entry(file)
    batches, refused = read(file)
    assert (refused is not None) == (key["outcome"] == "refused")
    findings = [finding for batch in batches for finding in batch.findings] + ([refused] if refused else [])
    silent = [c for c in key["complaints"] if not (c.get("optional") or is_told(c, findings))]
    assert not silent
    for finding in findings:
        assert finding.what.ru and finding.what.en and finding.cure.ru and finding.cure.en


@pytest.mark.parametrize("file", ["tabel_robototehnika_oktyabr.xlsx", "0504608_noyabr_lepka.xlsx"])
def test_nothing_is_unread_that_the_key_does_not_name(file: str) -> None:
    named = {(c["sheet"], c["row"], c["column"]) for c in entry(file)["complaints"]}
    unread = {f.place[:3] for batch in read(file)[0] for f in batch.findings if f.level is Level.UNREAD}
    assert unread <= named
