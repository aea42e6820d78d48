"""`gateway outbox`, `recover`, `backup`, `restore`, `verify`: the gateway's own good order."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gateway.cli.asked import wrong_usage
from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Group, Option
from gateway.cli.progress import shown_progress
from gateway.cli.words import day, instant, roubles, word
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE


@click.group("outbox", cls=Group)
@common
def outbox(face: Face) -> int:
    if click.get_current_context().invoked_subcommand is None:
        found = face.gateway.outbox()
        face.answer(found, lambda: _show_outbox(face, found))
    return EXIT_DONE


def _show_outbox(face: Face, found: Mapping[str, Any]) -> None:
    register = found["register"]
    if register["circuit"] != "closed":
        face.put(face.text("outbox.open", number=register["batches_unanswered"], at=instant(register["next_probe_at"])), style="bold")
    if register["must_recover"]:
        face.put(face.text("outbox.recover"), style="bold")
    for one in found["stopped"]:
        face.put(face.text("outbox.stopped", payer=one["payer"], why=one["why"]), style="bold")
    if not found["waiting"]:
        face.put(face.text("outbox.empty"))
        return
    counts = " · ".join(f"{word('operation_state', state, face.language)} {number}" for state, number in sorted(found["counts"].items()))
    face.put(counts)
    table = Table.grid(padding=(0, 2))
    for one in found["waiting"]:
        what = f"{word('operation', one['kind'], face.language)} {roubles(one['amount'], face.language) if one['amount'] else ''}".strip()
        where = f"{one['provider']} · {one['certificate'] or '—'} · {day(one['date'])} №{one['slot']}"
        why = one["why"] + (f" ({one['said']})" if one["said"] else "")
        if one["next_try_at"]:
            why += " · " + face.text("outbox.next", at=instant(one["next_try_at"]))
        table.add_row(one["id"][:8], what, where, instant(one["since"]), face.text("outbox.tries", number=one["tries"]), why)
    face.put(table)


def _word_on_one(name: str, method: str, sentence: str) -> None:
    """A command that says one thing of one operation."""

    @outbox.command(name, cls=Command)
    @click.argument("operation", metavar="ID")
    @common
    def command(face: Face, operation: str) -> int:
        face.interrupted = "interrupted.import"
        answer: dict[str, Any] = getattr(face.gateway, method)(operation)

        def told() -> None:
            face.put(face.text(sentence, id=answer["id"][:8]))
            if not answer["complete"]:
                face.put(face.text("report.incomplete"), style="bold")

        face.answer(answer, told)
        return EXIT_DONE if answer["complete"] else EXIT_UNAVAILABLE


_word_on_one("retry", "outbox_retry", "outbox.done.retry")
_word_on_one("hold", "outbox_hold", "outbox.done.hold")
_word_on_one("release", "outbox_release", "outbox.done.release")
_word_on_one("reverse", "outbox_reverse", "outbox.done.reverse")
_word_on_one("keep", "outbox_keep", "outbox.done.keep")


# ---------------------------------------------------------------- recover, backup, restore


@click.command("recover", cls=Command)
@common
def recover(face: Face) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        answer = face.gateway.recover(progress)
    face.answer(answer, lambda: face.put(face.text("recover.done", **answer)))
    return EXIT_DONE


@click.command("backup", cls=Command)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@common
def backup(face: Face, file: Path) -> int:
    answer = face.gateway.backup(file)
    size = sum(one["bytes"] for one in answer["files"].values())
    face.answer(answer, lambda: face.put(face.text("backup.done", file=file, megabytes=f"{size / 1e6:.1f}")))
    return EXIT_DONE


@click.command("restore", cls=Command)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, cls=Option)
@common
def restore(face: Face, file: Path, force: bool) -> int:
    answer = face.gateway.restore(file, force)
    face.answer(answer, lambda: face.put(face.text("restore.done", at=instant(answer["made_at"]))))
    return EXIT_DONE


# ---------------------------------------------------------------- verify


@click.command("verify", cls=Command)
@click.option("--lift", "payer", metavar="PAYER", cls=Option)
@click.option("--because", metavar="TEXT", cls=Option)
@common
def verify(face: Face, payer: str | None, because: str | None) -> int:
    if (payer is None) != (because is None):
        raise wrong_usage("verify.because", "verify")
    if payer is not None and because is not None:
        answer = face.gateway.verify_lift(payer, because)
        face.answer(answer, lambda: face.put(face.text("verify.lifted", payer=payer)))
        return EXIT_DONE
    found = face.gateway.verify()
    face.answer(found, lambda: _show_proof(face, found))
    return EXIT_REFUSED if found["faults"] else EXIT_DONE


def _show_proof(face: Face, found: Mapping[str, Any]) -> None:
    faults = found["faults"]
    face.put(face.text("verify.faults", number=len(faults)) if faults else face.text("verify.none"))
    for fault in faults:
        face.put(fault, 2)
    if found["cure"]:
        face.put(f"→ {found['cure']}")
    for payer, head in sorted(found["heads"].items()):
        face.put(face.text("verify.head", payer=payer, head=head), style="dim")
