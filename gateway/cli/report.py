"""The report of an import or a dry run for a secretary: the sums, then every row that needs her, each reason with its cure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

from gateway.cli.face import Face
from gateway.cli.words import cell, counted, day_and_month, instant, masked, month, roubles, rule_in_short, word
from gateway.core.money import kopecks_from_roubles

ROWS_SHOWN_MAX = 40
"""Rows of an import's report, unless all are asked for; a dry run shows them all."""

Entry = Mapping[str, Any]


def show_report(face: Face, report: Mapping[str, Any], asked: str, is_dry: bool, shows_all: bool = False) -> None:
    """Print the report. ``asked``: the arguments of this call, for the sentence that says what to do next."""
    if report["outcome"] == "refused":
        face.put(face.text("report.refused", file=report["file"]), style="bold")
        _show_findings(face, report["unread"], None)
        face.put(face.text("report.nothing_taken"))
        return
    _show_header(face, report)
    _show_body(face, report, None if is_dry or shows_all else ROWS_SHOWN_MAX)
    _show_next(face, report, asked, is_dry)


def show_reading(face: Face, report: Mapping[str, Any], shows_all: bool = False) -> None:
    """Print what asking a source has brought."""
    head = (report["provider_name"], report["source"], instant(report["freshness"]["tried_at"]))
    face.put(" · ".join(head), style="bold")
    trouble = report["trouble"]
    if trouble is not None:
        read_at = report["freshness"]["read_at"]
        face.put(f"⚠ {trouble['what']}", 2, "bold")
        face.put(f"→ {trouble['cure']}", 4)
        face.put(face.text("sync.last", at=instant(read_at)) if read_at else face.text("sync.never"), 2)
    if not report["marks"] and not report["unread"] and not report["questions"]:
        if trouble is None:
            face.put(face.text("sync.nothing"), 2)
        return
    _show_body(face, report, None if shows_all else ROWS_SHOWN_MAX)
    _show_next(face, report, "", is_dry=False)


def _show_body(face: Face, report: Mapping[str, Any], limit: int | None) -> None:
    _show_sums(face, report)
    rows = _troubled_rows(report["marks"])
    left = _show_rows(face, rows, limit)
    left += _show_list(face, "report.unread", report["unread"], limit)
    left += _show_list(face, "report.questions", report["questions"], limit)
    if left:
        face.put(face.text("report.more", number=left), 2)


# ---------------------------------------------------------------- the sums


def _show_header(face: Face, report: Mapping[str, Any]) -> None:
    marks, language = report["marks"], face.language
    months = sorted({mark["date"][:7] for mark in marks})
    parts = [
        report["provider_name"],
        ", ".join(month(one, language) for one in months),
        counted("group", len({mark["group"] or mark["sheet"] for mark in marks}), language),
        counted("child", len({(mark["sheet"], mark["row"]) for mark in marks}), language),
        counted("mark", len(marks), language),
    ]
    sheets = counted("sheet", len({mark["sheet"] for mark in marks}), language)
    face.put(" · ".join(part for part in parts if part), style="bold")
    face.put(f"{report['file']}, {sheets}", style="dim")


def _show_sums(face: Face, report: Mapping[str, Any]) -> None:
    counts, language = report["counts"], face.language
    charged = sum(kopecks_from_roubles(mark["amount"]) for mark in report["marks"] if mark["answer"] == "charged" and mark["amount"])
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_row(answer_title(face, "charged"), f"{counts['charged']}", roubles(charged, language))
    for name, kind in (("not_charged", "not_charged"), ("refused", None), ("waiting", None)):
        reasons = counts[name]
        words = [
            f"{word(kind, reason, language)} {number}" if kind else f"{_short(reason, name, language)} ×{number}"
            for reason, number in sorted(reasons.items(), key=lambda one: -one[1])
        ]
        if reasons or name != "waiting":
            table.add_row(answer_title(face, name), str(sum(reasons.values())), " · ".join(words))
    if counts["unread"]:
        table.add_row(face.text("report.unread_cells"), str(counts["unread"]), "")
    if counts["from_empty_cells"]:
        table.add_row(face.text("report.from_empty"), str(counts["from_empty_cells"]), face.text("report.from_empty_note"))
    face.put(table, 2)


def answer_title(face: Face, name: str) -> str:
    """What the answers charged, not_charged, refused and waiting are called."""
    return word("answer", name, face.language)


def _short(rule: str, name: str, language: str) -> str:
    return rule_in_short(rule, language) if name == "waiting" or rule.startswith("N") else rule


# ---------------------------------------------------------------- the rows


Row = tuple[str | None, int | None, str | None]
"""Sheet and row; of a system, which has neither, the child's name and group."""


def _troubled_rows(marks: Iterable[Entry]) -> dict[Row, list[Entry]]:
    """The marks that were refused or wait, row by row."""
    rows: dict[Row, list[Entry]] = defaultdict(list)
    for mark in marks:
        if mark["answer"] in ("refused", "waiting"):
            rows[(mark["sheet"], mark["row"], None if mark["row"] else f"{mark['child']}/{mark['group']}")].append(mark)
    return rows


def _show_rows(face: Face, rows: Mapping[Row, Sequence[Entry]], limit: int | None) -> int:
    """Print the rows; how many were left out."""
    for (sheet, row, _), marks in list(rows.items())[:limit]:
        first = marks[0]
        place = cell(sheet, row, None, face.language) or first["group"]
        known = [*([place] if place else []), face.text("quoted", words=first["child"] or "—")]
        if first["certificate"]:
            known.append(face.text("report.certificate", number=masked(first["certificate"])))
        face.put()
        face.put(" · ".join(known), 2, "bold")
        for reasons, alike in _by_reasons(marks).items():
            _show_marks(face, reasons, alike)
    return max(0, len(rows) - len(rows if limit is None else list(rows)[:limit]))


def _by_reasons(marks: Iterable[Entry]) -> dict[tuple[tuple[str, str, str], ...], list[Entry]]:
    """The same reasons are said once, with all the cells that they are about."""
    alike: dict[tuple[tuple[str, str, str], ...], list[Entry]] = defaultdict(list)
    for mark in marks:
        alike[tuple((one["rule"], one["reason"], one["cure"]) for one in mark["reasons"])].append(mark)
    return alike


def _show_marks(face: Face, reasons: Sequence[tuple[str, str, str]], marks: Sequence[Entry]) -> None:
    cells = ", ".join(dict.fromkeys(f"{mark['column'] or ''} {day_and_month(mark['date'])}".strip() for mark in marks))
    amount = "" if len(marks) == 1 else f" ({counted('mark', len(marks), face.language)})"
    face.put(face.text("report.cells", cells=cells) + amount, 4)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for rule, reason, cure in reasons:
        table.add_row(rule, f"{reason}\n→ {cure}")
    face.put(table, 6)


def _show_list(face: Face, title: str, findings: Sequence[Entry], limit: int | None) -> int:
    if not findings:
        return 0
    face.put()
    face.put(face.text(title), 2, "bold")
    return _show_findings(face, findings, limit)


def _show_findings(face: Face, findings: Sequence[Entry], limit: int | None) -> int:
    """What was not read, or left out on purpose, the same words once with all their cells; how many were left out of the list."""
    alike: dict[tuple[str | None, str, str], list[Entry]] = defaultdict(list)
    for one in findings:
        alike[(one["sheet"], one["what"], one["cure"])].append(one)
    for (sheet, what, cure), ones in list(alike.items())[:limit]:
        place = cell(sheet, None, None, face.language)
        if len(ones) == 1:
            place = cell(sheet, ones[0]["row"], ones[0]["column"], face.language) or ones[0].get("url", "")
        face.put((f"{place}: " if place else "") + what, 4)
        if len(ones) > 1:
            cells = ", ".join(f"{one['column'] or ''}{one['row'] or ''}" or one.get("url", "—") for one in ones)
            face.put(face.text("report.cells", cells=cells), 6)
        if cure:
            face.put(f"→ {cure}", 6)
    return 0 if limit is None else sum(len(ones) for ones in list(alike.values())[limit:])


# ---------------------------------------------------------------- what next


def _show_next(face: Face, report: Mapping[str, Any], asked: str, is_dry: bool) -> None:
    face.put()
    if is_dry:
        face.put(face.text("report.dry"))
        face.put(face.text("report.dry_next_source" if report.get("is_source") else "report.dry_next", asked=asked), is_typed=True)
    else:
        values = {name: report[name] for name in ("new", "unchanged", "withdrawn")}
        face.put(face.text("report.taken", **values))
        if not report["complete"]:
            face.put(face.text("report.incomplete"), style="bold")
    for name in _cures(report):
        face.put(face.text(name))


def _cures(report: Mapping[str, Any]) -> list[str]:
    """The texts that say how to go on, by what the report holds."""
    counts = report["counts"]
    waiting = counts["waiting"]
    found = []
    if waiting.keys() & {"N01", "N02", "N03"}:
        found.append("next.match")
    if counts["conflicts"]:
        found.append("next.conflicts")
    if report["held"] or report["held_cards"]:
        found.append("next.confirm")
    if counts["refused"]:
        found += ["next.refused", "next.rejects"]
    return found
