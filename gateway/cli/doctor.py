"""`gateway doctor`."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.face import Face, common
from gateway.cli.helped import Command
from gateway.cli.sources import SIGNS
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, UserError
from gateway.plugins import Verdict
from gateway.settings import standing_clock

if TYPE_CHECKING:
    from gateway.doctor import Line


@click.command("doctor", cls=Command)
@common
def doctor(face: Face) -> int:
    from gateway.doctor import examined  # no other command waits for it

    lines: list[Line] = []
    section = None
    for line in examined(os.environ, face.database, _now()):
        lines.append(line)
        if face.as_json:
            continue
        if line.section is not section:
            face.put(face.text(f"doctor.{line.section.value}"), style="bold")
            section = line.section
        _show(face, line)
    answer = {"verdict": _worst(lines).value, "lines": [_entry(line, face.language) for line in lines]}
    face.answer(answer, lambda: _show_end(face, lines))
    return _code(lines)


def _now() -> dt.datetime:
    try:
        return standing_clock() or dt.datetime.now(dt.UTC)
    except UserError:  # told among the lines
        return dt.datetime.now(dt.UTC)


def _worst(lines: Sequence[Line]) -> Verdict:
    found = {line.verdict for line in lines}
    return next((one for one in (Verdict.BAD, Verdict.QUESTION) if one in found), Verdict.GOOD)


def _code(lines: Sequence[Line]) -> int:
    """What a person has to mend goes before what may be there later by itself."""
    bad = [line for line in lines if line.verdict is Verdict.BAD]
    if not bad:
        return EXIT_DONE
    return EXIT_UNAVAILABLE if all(line.is_away for line in bad) else EXIT_REFUSED


def _entry(line: Line, language: str) -> dict[str, Any]:
    return {
        "section": line.section.value, "what": line.what.in_language(language), "verdict": line.verdict.value,
        "found": line.found.in_language(language), "cure": line.cure.in_language(language) if line.cure else None, "away": line.is_away,
    }  # fmt: skip


def _show(face: Face, line: Line) -> None:
    face.put(f"{SIGNS[line.verdict]} {line.what.in_language(face.language)}: {line.found.in_language(face.language)}", 2)
    if line.cure is not None:
        face.put(f"→ {line.cure.in_language(face.language)}", 4)


def _show_end(face: Face, lines: Sequence[Line]) -> None:
    bad = sum(line.verdict is Verdict.BAD for line in lines)
    questions = sum(line.verdict is Verdict.QUESTION for line in lines)
    face.put()
    face.put(face.text("doctor.end", bad=bad, questions=questions) if bad or questions else face.text("doctor.well"), style="bold")
