"""The report of an import or a dry run, in the form that docs/cli.md tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from gateway.core.collect import UNKNOWN_GROUP, ReadMark
from gateway.core.facts import Finding, Level, Place
from gateway.core.match import MarkState
from gateway.core.money import roubles_from_kopecks
from gateway.core.refusals import n01, n02, n03, n04
from gateway.core.rules import Refusal, order_of
from gateway.flow.intake import Intake
from gateway.store import views


def report_of(
    intake: Intake, file: str, language: str, numbers: Mapping[str, str], numbers_of_children: Mapping[str, str]
) -> dict[str, Any]:
    """The answer of `gateway import` and `gateway dry-run`.

    Args:
        numbers: certificate's lasting id → its number; numbers_of_children: child → the number of its certificate.
    """
    unread, questions = _findings(intake, language)
    if intake.refused is not None:
        refused = finding_entry(intake.refused, language)
        return _answer(intake, file, "refused", [], [refused], [])
    entries = [entry for read in intake.collected.read for entry in _entries(read, intake, language, numbers, numbers_of_children)]
    if unread and not intake.collected.read and not intake.collected.covered:
        return _answer(intake, file, "refused", [], unread, questions)
    troubled = unread or intake.collected.stopped or any(entry["answer"] in ("refused", "waiting") for entry in entries)
    return _answer(intake, file, "partly" if troubled else "accepted", entries, unread, questions)


def _answer(
    intake: Intake,
    file: str,
    outcome: str,
    entries: list[dict[str, Any]],
    unread: list[dict[str, Any]],
    questions: list[dict[str, Any]],
) -> dict[str, Any]:
    fresh = sum(entry.pop("_new") for entry in entries)
    return {
        "run": intake.run.id if intake.run else None,
        "file": file,
        "outcome": outcome,
        "new": fresh,
        "unchanged": len(entries) - fresh,
        "withdrawn": intake.collected.withdrawn,
        "held": len(intake.collected.held),
        "held_cards": intake.collected.cards_asked,
        "complete": intake.complete,
        "counts": counts_of(entries, len(unread)),
        "marks": [{key: value for key, value in entry.items() if not key.startswith("_")} for entry in entries],
        "unread": unread,
        "questions": questions,
    }


def _entries(
    read: ReadMark, intake: Intake, language: str, numbers: Mapping[str, str], numbers_of_children: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    """One entry per mark: a cell stands for all the group's lessons of its day, or for the one that its source names."""
    outcome = intake.outcomes.marks.get(read.cell)
    if outcome is None or outcome.state in (MarkState.DROPPED, MarkState.UNFIT, MarkState.WITHDRAWN, MarkState.LISTED):
        return
    member, word = read.member, read.word
    number = member.certificate or (numbers_of_children.get(outcome.child) if outcome.child else None)
    base = {
        "sheet": word.place.sheet,
        "row": word.place.row,
        "column": word.place.column,
        "child": member.name,
        "certificate": number,
        "date": read.cell.day.isoformat(),
        "slot": 1,
        "status": word.status.value,
        "hours": word.hours / 100 if word.hours is not None else None,
        "from_empty_cell": word.from_empty,
        "group": None if read.cell.group.startswith(UNKNOWN_GROUP) else read.cell.group,
        "_new": read.is_new or read.cell.person in intake.collected.mended,
    } | _url(word.place)
    if outcome.state is not MarkState.CLAIMED:
        for slot in [outcome.slot] if outcome.slot else range(1, max(1, outcome.lessons) + 1):
            if outcome.lessons or outcome.state is not MarkState.WAITING:
                yield base | {"slot": slot} | _unclaimed(read, outcome, language)
        return
    for claim in intake.outcomes.claims.get((outcome.child or "", read.cell.group, read.cell.day), []):
        if outcome.slot not in (0, claim.slot):
            continue
        yield base | {
            "slot": claim.slot,
            "status": claim.status if word.hours is not None else word.status.value,
            "certificate": member.certificate or numbers.get(claim.certificate or "") or number,
            "answer": claim.answer,
            "amount": roubles_from_kopecks(claim.amount) if claim.amount is not None else None,
            "not_charged": claim.not_charged if claim.answer == "not_charged" else None,
            "reasons": [reason_entry(refusal, language) for refusal in claim.reasons] if claim.answer != "charged" else [],
            "_conflict": bool(claim.conflict),
        }


def _unclaimed(read: ReadMark, outcome: views.MarkOutcome, language: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"answer": "waiting", "amount": None, "not_charged": None, "reasons": []}
    if outcome.state is MarkState.OUTSIDE:
        return entry | {"answer": "not_charged", "not_charged": "outside"}
    if outcome.state is MarkState.NO_LESSON:
        if read.word.status.value in ("absent", "excused"):
            return entry | {"answer": "not_charged", "not_charged": read.word.status.value}
        return entry | {"answer": "refused", "reasons": [reason_entry(n04(read.cell.day), language)]}
    refusal = {"N02": lambda: n02(2), "N03": lambda: n03(read.member.group)}.get(outcome.rule or "", n01)()
    return entry | {"reasons": [reason_entry(refusal, language)]}


def reason_entry(refusal: Refusal, language: str) -> dict[str, str]:
    return {"rule": refusal.rule, "reason": refusal.reason.in_language(language), "cure": refusal.cure.in_language(language)}


def finding_entry(finding: Finding, language: str) -> dict[str, Any]:
    return {
        "sheet": finding.place.sheet,
        "row": finding.place.row,
        "column": finding.place.column,
        "what": finding.what.in_language(language),
        "cure": finding.cure.in_language(language),
    } | _url(finding.place)


def _url(place: Place) -> dict[str, str]:
    """Where a system has the record; a file has none."""
    return {} if place.url is None else {"url": place.url}


def _findings(intake: Intake, language: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    findings = [finding for finding, _ in intake.collected.findings] + intake.outcomes.findings
    unread = [finding_entry(one, language) for one in findings if one.level is Level.UNREAD]
    return unread, [finding_entry(one, language) for one in findings if one.level is Level.QUESTION]


def counts_of(entries: Iterable[Mapping[str, Any]], unread: int) -> dict[str, Any]:
    """Counts of these marks: marks = charged + not charged + refused + waiting."""
    charged = conflicts = from_empty = 0
    not_charged: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    waiting: Counter[str] = Counter()
    for entry in entries:
        from_empty += bool(entry["from_empty_cell"])
        conflicts += bool(entry.get("_conflict"))
        first = min((reason["rule"] for reason in entry["reasons"]), key=order_of, default="")
        if entry["answer"] == "charged":
            charged += 1
        elif entry["answer"] == "not_charged":
            not_charged[str(entry["not_charged"])] += 1
        elif entry["answer"] == "refused":
            refused[first] += 1
        else:
            waiting[first] += 1
    return {
        "marks": charged + sum(not_charged.values()) + sum(refused.values()) + sum(waiting.values()),
        "charged": charged,
        "not_charged": dict(sorted(not_charged.items())),
        "refused": dict(sorted(refused.items(), key=lambda item: order_of(item[0]))),
        "waiting": dict(sorted(waiting.items())),
        "unread": unread,
        "conflicts": conflicts,
        "from_empty_cells": from_empty,
    }
