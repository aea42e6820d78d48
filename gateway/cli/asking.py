"""`gateway explain`, `certificate`, `claims`, `status`, `reconcile`, `rules`, `plugins`: questions that change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gateway.cli.asked import both, day_from, wrong_usage
from gateway.cli.explained import show_explained
from gateway.cli.face import Face, common
from gateway.cli.helped import Command, Option
from gateway.cli.overview import show_certificate, show_claims, show_reconciled, show_status
from gateway.errors import EXIT_DONE, EXIT_REFUSED, UserError
from gateway.monthly import check_act_name

ANSWERS = ("charged", "not_charged", "refused", "waiting")


@click.command("explain", cls=Command)
@click.argument("debit", metavar="[DEBIT]", required=False)
@click.option("--certificate", metavar="NUMBER", cls=Option)
@click.option("--date", metavar="YYYY-MM-DD", cls=Option)
@common
def explain(face: Face, debit: str | None, certificate: str | None, date: str | None) -> int:
    if debit is not None and (certificate is not None or date is not None):
        raise wrong_usage("explain.either", "explain")
    day = day_from(date) if date is not None else None
    found = face.gateway.explain(debit, certificate, day)
    if not found and day is not None:
        raise UserError(both("explain.nothing", date=f"{day:%d.%m.%Y}"), both("explain.nothing.cure"))
    face.answer(found, lambda: show_explained(face, found))
    return EXIT_DONE


@click.command("certificate", cls=Command)
@click.argument("number", metavar="NUMBER")
@common
def certificate(face: Face, number: str) -> int:
    found = face.gateway.certificate(number)
    face.answer(found, lambda: show_certificate(face, found))
    return EXIT_DONE


@click.command("claims", cls=Command)
@click.option("--enrollment", metavar="ID", cls=Option)
@click.option("--month", metavar="YYYY-MM", cls=Option)
@click.option("--answer", type=click.Choice(ANSWERS), cls=Option)
@click.option("--provider", metavar="ID", cls=Option)
@common
def claims(face: Face, enrollment: str | None, month: str | None, answer: str | None, provider: str | None) -> int:
    found = face.gateway.claims(enrollment, month, answer, provider)
    face.answer(found, lambda: show_claims(face, found))
    return EXIT_DONE


@click.command("status", cls=Command)
@common
def status(face: Face) -> int:
    found = face.gateway.status()
    problems = len(face.gateway.plugins.problems)
    face.answer(found, lambda: show_status(face, found, problems))
    return EXIT_DONE


@click.command("reconcile", cls=Command)
@click.option("--month", metavar="YYYY-MM", required=True, cls=Option)
@click.option("--act", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), cls=Option)
@click.option("--look", is_flag=True, cls=Option)
@common
def reconcile(face: Face, month: str, act: Path | None, look: bool) -> int:
    if act is not None:
        check_act_name(act)
    found = face.gateway.reconcile(month, reads_register=not look)
    if act is not None:
        face.gateway.write_act(found, act)
        found["act"] = str(act)
    face.answer(found, lambda: show_reconciled(face, found))
    return EXIT_REFUSED if found["differences"] else EXIT_DONE


@click.command("rules", cls=Command)
@common
def rules(face: Face) -> int:
    found = face.gateway.rules_in_force()

    def show() -> None:
        face.put(face.text("rules.pack", pack=face.gateway.pack.name), style="bold")
        for rule in found:
            off = "" if rule["on"] else f" ({face.text('rules.off')})"
            face.put(f"{rule['id']:<6}{rule['title']}{off} · {_act(face, rule['act'])}")
            for parameter in rule["parameters"]:
                words = f"{parameter['name']} = {_value(parameter['value'])} · {_act(face, parameter['source'])}"
                face.put(words, 6)

    face.answer(found, show)
    return EXIT_DONE


def _act(face: Face, source: str) -> str:
    return face.text("rules.assumed") if source == "assumed" else source


def _value(value: Any) -> str:
    return ", ".join(str(one) for one in value) if isinstance(value, list | tuple | set | frozenset) else str(value)


@click.command("plugins", cls=Command)
@common
def plugins(face: Face) -> int:
    loaded = face.gateway.plugins
    answer = {
        "loaded": [
            {"name": one.name, "origin": one.origin} | {kind: getattr(one, kind) for kind in ("adapters", "rules", "tariffs", "registers")}
            for one in loaded.origins
        ],
        "problems": [
            {
                "name": one.name,
                "origin": one.origin,
                "what": one.what.in_language(face.language),
                "cure": one.cure.in_language(face.language),
            }
            for one in loaded.problems
        ],
    }
    face.answer(answer, lambda: _show_plugins(face, answer))
    return EXIT_REFUSED if loaded.problems else EXIT_DONE


def _show_plugins(face: Face, answer: dict[str, Any]) -> None:
    for one in answer["loaded"]:
        face.put(f"{one['name']} · {one['origin']}", style="bold")
        for kind in ("adapters", "rules", "tariffs", "registers"):
            if one[kind]:
                face.put(f"{face.text(f'plugins.{kind}')}: {', '.join(one[kind])}", 2)
    for one in answer["problems"]:
        face.put(face.text("plugins.refused", name=one["name"], origin=one["origin"]), style="bold")
        face.put(f"{one['what']}\n→ {one['cure']}", 2)
