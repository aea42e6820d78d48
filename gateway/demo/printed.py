"""The demo's report as a secretary reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Styled

from gateway.core.rules import order_of
from gateway.core.wording import money_text
from gateway.demo.log_ins import LOG_INS
from gateway.demo.play import Played, Taken
from gateway.demo.words import Words

CANDIDATES_SHOWN_MAX = 3
REGISTER_PORT, PORT = 8080, 8090
"""Where `make serve` serves the Navigator's pages, and the gateway's."""
GOOD, BAD, REFUSED, WAITS, QUIET = "green", "bold red", "red", "yellow", "dim"


class Printer:
    """Prints in one language."""

    def __init__(self, console: Console, language: str) -> None:
        self.console = console
        self.language = language
        self.say = Words(language)

    def money(self, kopecks: int) -> str:
        return money_text(kopecks).in_language(self.language).replace(" ", "\u00a0")

    # ------------------------------------------------------------ while it works

    def opening(self) -> None:
        self.console.print(Styled(self.say("title"), style="bold"))
        self.console.print(Styled(f"{self.say('made_up')} {self.say('clock')}", style=QUIET))
        self.console.print(Styled(self.say("register"), style=QUIET))

    def loaded(self, numbers: Mapping[str, Any]) -> None:
        name = "loaded_new" if numbers["new"] or numbers["changed"] else "loaded_again"
        self.console.print(Styled(self.say(name, total=numbers["total"], new=numbers["new"]), style=QUIET))

    def taken(self, all_taken: Iterable[Taken], names: Mapping[str, str]) -> None:
        self._head("taken")
        table = Table.grid(padding=(0, 2))
        for one in all_taken:
            club = self.say("same_file") if one.again else names[one.report["provider"]]
            numbers = self.say("sheet_line", marks=one.report["counts"]["marks"], new=one.report["new"])
            shown = self._source(one.report)
            table.add_row(Styled(club), Styled(shown, style="cyan"), Styled(numbers, style="" if one.report["new"] else QUIET))
        self._indented(table)

    def _source(self, report: Mapping[str, Any]) -> str:
        """The file, or the system that was asked."""
        if "system" in report:
            return self.say("asked_system", system=report["system"].in_language(self.language))
        return str(report["file"])

    # ------------------------------------------------------------ once it is done

    def report(self, played: Played, is_brief: bool = False) -> None:
        """All of it; in brief one club and one question stand for the others."""
        self.taken(played.taken, played.names)
        for answer in played.answers:
            self._indented(Styled(self.say("answered", person=answer["person"], group=answer["group"])))
        self._clubs(played)
        reports = list(played.last_reports().items())
        shown = 1 if is_brief else len(reports)
        for provider, report in reports[:shown]:
            self._club(played, provider, report)
        self._left_out(len(reports) - shown)
        self._queue(played, 1 if is_brief else len(played.queue))
        self._sums(played)

    def _head(self, name: str) -> None:
        self.console.print()
        self.console.print(Rule(Styled(self.say(name), style="bold"), align="left", style=QUIET))

    def _indented(self, what: RenderableType, by: int = 2) -> None:
        self.console.print(Padding(what, (0, 0, 0, by), expand=False))

    def _clubs(self, played: Played) -> None:
        self._head("by_club")
        between = (0, 1) if self.console.width >= 100 else (0, 1, 0, 0)
        table = Table(box=None, pad_edge=False, padding=between, header_style=QUIET, show_footer=True, footer_style="bold")
        columns = ("lessons", "marks", "charged", "not_charged", "refused", "waiting")
        table.add_column(self.say("club"), footer=self.say("together"))
        rows = {provider: self._numbers(played, provider, counts) for provider, counts in played.counts_of.items()}
        for place, name in enumerate(columns):
            total = str(sum(row[place] for row in rows.values()))
            style = {"refused": REFUSED, "waiting": WAITS}.get(name, "")
            table.add_column(self.say(name), footer=total, justify="right", min_width=4, style=style)
        sums = sum(played.payable.values())
        table.add_column(self.say("roubles"), footer=self.money(sums), justify="right", no_wrap=True, style=GOOD)
        for provider, row in rows.items():
            table.add_row(played.names[provider], *map(str, row), self.money(played.payable.get(provider, 0)))
        self._indented(table)

    def _numbers(self, played: Played, provider: str, counts: Mapping[str, Any]) -> list[int]:
        parts = [sum(counts[name].values()) for name in ("not_charged", "refused", "waiting")]
        return [played.lessons[provider]["lessons"], counts["marks"], counts["charged"], *parts]

    # ------------------------------------------------------------ one club

    def _club(self, played: Played, provider: str, report: Mapping[str, Any]) -> None:
        counts = played.counts_of[provider]
        self.console.print()
        title = Styled(played.names[provider], style="bold").append(f"  {self._source(report)}", style="not bold cyan")
        if cancelled := played.lessons[provider]["cancelled"]:
            title.append(f"  {self.say('of_them_cancelled', count=cancelled)}", style=QUIET)
        self._indented(title)
        if counts["not_charged"]:
            reasons = sorted(counts["not_charged"].items(), key=lambda item: -item[1])
            listed = " · ".join(f"{self.say('reason.' + name)} {number}" for name, number in reasons)
            self._indented(self._line("not_charged_long", sum(counts["not_charged"].values()), listed), 4)
        for name, answer, style in (("refused_long", "refused", REFUSED), ("waiting_long", "waiting", WAITS)):
            if total := sum(counts[answer].values()):
                self._indented(self._line(name, total, "", style), 4)
                self._indented(self._reasons(report["marks"], answer, style), 6)
        for name, findings in (("unread_long", report["unread"]), ("noticed_long", report["questions"])):
            if findings:
                self._indented(self._line(name, len(findings), "", REFUSED if name == "unread_long" else ""), 4)
                self._indented(self._findings(findings), 6)

    def _line(self, name: str, number: int, rest: str, style: str = "") -> Styled:
        return Styled(self.say(name), style=style).append(f" {number}", style="bold").append(f": {rest}" if rest else ":")

    def _reasons(self, marks: Iterable[Mapping[str, Any]], answer: str, style: str) -> RenderableType:
        """Each rule with its reason, its cure and its cells; a mark's other reasons are in `gateway import --json`."""
        groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
        for mark in marks:
            if mark["answer"] == answer and mark["reasons"]:
                first = min(mark["reasons"], key=lambda reason: order_of(reason["rule"]))
                groups.setdefault((first["rule"], first["reason"], first["cure"]), []).append(mark)
        table = Table.grid(padding=(0, 1))
        table.add_column(style=style, no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        table.add_column()
        for (rule, reason, cure), those in sorted(groups.items(), key=lambda item: order_of(item[0][0])):
            said = Group(Styled(reason), Styled(f"→ {cure}", style="cyan"), Styled(self._cells(those), style=QUIET))
            table.add_row(rule, f"×{len(those)}", said)
        return table

    def _cells(self, marks: Iterable[Mapping[str, Any]]) -> str:
        """Row by row; of a system, which has none, child by child."""
        rows: dict[tuple[str, int | str], list[str]] = {}
        for mark in marks:
            if mark["sheet"] is None:
                day = dt.date.fromisoformat(mark["date"])
                rows.setdefault((mark["child"], ""), []).append(f"{day:%d.%m}")
            else:
                place = self.say("sheet", sheet=mark["sheet"])
                rows.setdefault((place, mark["row"]), []).append(f"{mark['column']}{mark['row']}")
        sheets: dict[str, list[str]] = {}
        for (place, _), cells in rows.items():
            sheets.setdefault(place, []).append(" ".join(cells))
        return "; ".join(f"{place}: {', '.join(lines)}" for place, lines in sheets.items())

    def _findings(self, findings: Iterable[Mapping[str, Any]]) -> RenderableType:
        groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for one in findings:
            groups.setdefault((one["what"], one["cure"]), []).append(one)
        lines: list[RenderableType] = []
        for (what, cure), those in groups.items():
            places = ", ".join(f"{one['column'] or ''}{one['row'] or ''}" or one.get("url", "") for one in those)
            sheet = f"{self.say('sheet', sheet=those[0]['sheet'])}, " if those[0]["sheet"] else ""
            lines.append(Styled(f"{sheet}{places}: {what}"))
            lines.append(Styled(f"→ {cure}", style="cyan"))
        return Group(*lines)

    # ------------------------------------------------------------ the queue and the sums

    def _left_out(self, count: int, by: int = 2) -> None:
        if count > 0:
            self._indented(Styled(self.say("left_out", count=count), style=QUIET), by)

    def _queue(self, played: Played, shown: int) -> None:
        self._head("queue")
        if not played.queue:
            self._indented(self.say("queue_empty"))
        why = {
            (report["provider"], mark["sheet"], mark["row"], mark["child"]): mark["reasons"][0]
            for report in played.last_reports().values()
            for mark in report["marks"]
            if mark["answer"] == "waiting" and mark["reasons"]
        }
        for one in played.queue[:shown]:
            if one["queue"] == "groups":
                self._indented(Styled().append(f"{one['rule']} ", style=WAITS).append(self.say("group_words", words=one["words"])))
                continue
            line = Styled().append(f"{one['rule']} ", style=WAITS).append(one["person"], style="bold")
            place = self.say("queue_place" if one["sheet"] else "queue_system", **one)
            self._indented(line.append(f" · {played.names[one['provider']]}, {place}"))
            reason = why.get((one["provider"], one["sheet"], one["row"], one["person"]))
            if reason is not None:
                self._indented(Styled(reason["reason"]), 5)
            self._candidates(one["candidates"])
        self._left_out(len(played.queue) - shown)

    def _candidates(self, candidates: list[dict[str, Any]]) -> None:
        for each in candidates[:CANDIDATES_SHOWN_MAX]:
            numbers = ", ".join(f"…{number[-4:]}" for number in each["certificates"])
            said = self.say("candidate", name=each["name"], child=each["child"], certificate=numbers, reasons=", ".join(each["reasons"]))
            self._indented(Styled(said, style="cyan"), 5)
        self._left_out(len(candidates) - CANDIDATES_SHOWN_MAX, 5)

    def _sums(self, played: Played) -> None:
        self._head("sums")
        found = played.reconciled
        table = Table.grid(padding=(0, 2))
        table.add_column()
        table.add_column(justify="right", style="bold")
        table.add_column(style=QUIET)
        table.add_row(self.say("sum_booked"), self.money(found["booked_kopecks"]), "")
        table.add_row(self.say("sum_accepted"), self.money(found["accepted_kopecks"]), "")
        entries = self.say("debits", debits=found["debits"], reversals=found["reversals"])
        table.add_row(self.say("sum_register"), self.money(found["register_kopecks"]), entries)
        differences = len(found["differences"])
        table.add_row(self.say("differences"), Styled(str(differences), style=BAD if differences else GOOD), "")
        self._indented(table)
        for one in found["differences"]:
            self._indented(Styled(f"{one['class']} {one['date']} {one['here']} / {one['there']} → {one['cure']}", style=REFUSED), 4)
        sound = self.say("ledger_faulty", faults="; ".join(played.ledger_faults)) if played.ledger_faults else self.say("ledger_sound")
        self._indented(Styled(sound, style=BAD if played.ledger_faults else ""))
        counts = played.counts
        parts = {name: sum(counts[name].values()) for name in ("not_charged", "refused", "waiting")}
        self._indented(self.say("marks_add_up", charged=counts["charged"], marks=counts["marks"], **parts))
        self.console.print()
        verdict = Styled(self.say("agrees" if played.agrees else "disagrees"), style=f"bold {GOOD}" if played.agrees else BAD)
        is_quiet = played.is_second_run and not played.new and not played.changed_kopecks
        amount = self.money(played.changed_kopecks)
        fresh = self.say("nothing_new" if is_quiet else "fresh", new=played.new, amount=amount)
        self.console.print(verdict.append(" ").append(fresh, style="not bold"))

    def closing(self, home: Path, passwords: Mapping[str, str]) -> None:
        self._head("look_on")
        shown = home.as_posix()
        for name, command in (
            ("look_why", f"GATEWAY_HOME={shown}/gateway .venv/bin/gateway explain --certificate 4799901005 --date 2025-10-20"),
            ("look_hand", "docs/demo.md"),
            ("look_again", "make demo"),
            ("look_afresh", f"rm -r {shown}"),
        ):
            self.console.print(Styled(f"  {self.say(name)}: ").append(command, style="cyan"), soft_wrap=True)  # to be copied as it stands
        self._indented(Styled(self.say("report_at", path=f"{shown}/report.json"), style=QUIET))
        self._head("look_around")
        self.console.print(Styled(f"  {self.say('start_pages')}: ").append("make serve", style="cyan"))
        self.addresses(f"http://127.0.0.1:{REGISTER_PORT}", f"http://127.0.0.1:{PORT}", passwords)

    def addresses(self, register_url: str, url: str, passwords: Mapping[str, str]) -> None:
        """Where the pages are, and who may sign in with which password."""
        table = Table.grid(padding=(0, 2))
        table.add_row(self.say("navigator_at"), Styled(register_url, style="cyan"), "")
        for each in LOG_INS:
            table.add_row(Styled(f"  {self.say(each.who)}"), each.email, Styled(passwords[each.email], style="bold"))
        table.add_row(self.say("gateway_at"), Styled(url, style="cyan"), "")
        self._indented(table)
