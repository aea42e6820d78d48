"""`gateway close`, `months`, `months decide`: what a closing would lose, the closing, and the payer's word on what comes late."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from gateway.cli.asked import both, wrong_usage
from gateway.cli.face import Face, common
from gateway.cli.files import show_done
from gateway.cli.helped import Command, Group, Option
from gateway.cli.progress import shown_progress
from gateway.cli.words import counted, instant, masked, month, roubles
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_USAGE, UserError

CERTIFICATES_MAX = 10
"""Certificates that a line of the preview names."""
ID_DIGITS = 12

# ---------------------------------------------------------------- close


@click.command("close", cls=Command)
@click.argument("which", metavar="YYYY-MM")
@click.option("--payer", metavar="ID", cls=Option)
@click.option("--over", metavar="ID", multiple=True, cls=Option)
@click.option("--yes", is_flag=True, cls=Option)
@common
def close(face: Face, which: str, payer: str | None, over: tuple[str, ...], yes: bool) -> int:
    if not yes:
        preview = face.gateway.close_preview(which, payer)
        if face.as_json:
            face.answer(preview | {"closed": []}, lambda: None)
            return EXIT_DONE
        _show_preview(face, preview)
        if not sys.stdin.isatty():
            raise UserError(both("close.not_asked"), both("close.not_asked.cure"), EXIT_USAGE)
        if not click.confirm(face.text("close.ask"), err=True):
            face.put(face.text("close.declined"))
            return EXIT_REFUSED
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        done = face.gateway.close_month(which, payer, over, progress=progress)
    face.answer(done, lambda: face.put(face.text("close.done", month=month(which, face.language), payers=", ".join(done["closed"]))))
    return EXIT_DONE


def _show_preview(face: Face, preview: Mapping[str, Any]) -> None:
    face.put(face.text("close.title", month=month(preview["month"], face.language)), style="bold")
    for entry in preview["payers"]:
        face.put(face.text("close.payer", payer=entry["payer"], state=face.text(f"months.{entry['state']}")), style="bold")
        if not entry["losses"]:
            face.put(face.text("close.nothing"), 2)
            continue
        marks, amount = counted("mark", entry["marks"], face.language), roubles(entry["amount"], face.language)
        face.put(face.text("close.lost", marks=marks, amount=amount), 2)
        for loss in entry["losses"]:
            _show_loss(face, loss)
        if entry["waits_for"]:
            options = " ".join(f"--over {id_[:ID_DIGITS]}" for id_ in entry["waits_for"])
            face.put(face.text("close.waits", number=len(entry["waits_for"]), options=options), 2)


def _show_loss(face: Face, loss: Mapping[str, Any]) -> None:
    language = face.language
    what = face.text(f"close.{loss['kind']}") + (f" {loss['rule']}" if loss["rule"] else "")
    place = " · ".join(part for part in (loss["provider_name"], loss["group"]) if part)
    marks = counted("mark", loss["marks"], language) if loss["marks"] else ""
    line = f"{place} · {what}: " + ", ".join(part for part in (marks, counted("child", loss["children"], language)) if part)
    if loss["amount"] != "0.00":
        line += f", {roubles(loss['amount'], language)}"
    face.put(line, 2, "bold")
    if loss["reason"]:
        face.put(loss["reason"], 4)
    if loss["certificates"]:
        numbers = ", ".join(masked(number) for number in loss["certificates"][:CERTIFICATES_MAX])
        face.put(face.text("close.certificates", numbers=numbers + ("…" if len(loss["certificates"]) > CERTIFICATES_MAX else "")), 4)
    if loss["operations"]:
        face.put(face.text("close.operations", ids=", ".join(id_[:ID_DIGITS] for id_ in loss["operations"])), 4)
    face.put(f"→ {loss['cure']}", 4)


# ---------------------------------------------------------------- months


@click.group("months", cls=Group)
@common
def months(face: Face) -> int:
    if click.get_current_context().invoked_subcommand is not None:
        return EXIT_DONE
    answer = {"months": face.gateway.month_states(), "late": face.gateway.late_queue()}
    face.answer(answer, lambda: _show_months(face, answer))
    return EXIT_DONE


def _show_months(face: Face, answer: Mapping[str, Any]) -> None:
    if not answer["months"]:
        face.put(face.text("months.none"))
    for one in answer["months"]:
        said = [face.text("months.line", month=one["month"], payer=one["payer"], state=face.text(f"months.{one['state']}"))]
        if since := one["closed_at"] or one["closing_at"]:
            said.append(face.text("months.since", at=instant(since)))
        if one["over"]:
            said.append(face.text("months.over", number=len(one["over"])))
        face.put(", ".join(said))
    if answer["late"]:
        face.put(face.text("months.late"), style="bold")
    for one in answer["late"]:
        sums = {name: roubles(one[name], face.language) for name in ("debits", "reversals")}
        about = {name: one[name] for name in ("month", "payer", "provider")}
        face.put(face.text("months.late_one", marks=counted("mark", one["marks"], face.language), **about, **sums), 2)
        face.put(face.text("months.how", month=one["month"], payer=one["payer"]), 4, is_typed=True)


@months.command("decide", cls=Command)
@click.argument("which", metavar="YYYY-MM")
@click.option("--accept/--decline", "accept", default=None, cls=Option)
@click.option("--payer", metavar="ID", cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def decide(face: Face, which: str, accept: bool | None, payer: str | None, provider: str | None) -> int:
    if accept is None:
        raise wrong_usage("months.no_answer", "months decide")
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.decide_late(which, accept, payer, provider, progress)
    name = "months.accepted" if accept else "months.declined"
    marks = counted("mark", answer["answered"], face.language)
    face.answer(answer, lambda: show_done(face, face.text(name, marks=marks), answer))
    return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE
