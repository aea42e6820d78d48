"""`make demo`, or `python -m gateway.demo`: from four clubs' sheets to the register's statement, and the proof that the sums are one."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gateway.demo.log_ins import log_ins
from gateway.demo.play import Played, play, standing, write_report
from gateway.demo.printed import Printer
from gateway.demo.words import EN, RU, Words, language_from
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, UserError
from gateway.plugins.register import RegisterUnavailable
from gateway.store.engine import StoreUnavailable

DEFAULT_HOME = Path("var/demo")
WIDTH_MIN, WIDTH_MAX = 80, 118
INTERRUPTED = 130

_FONT_FROM_ELSEWHERE = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


@click.command()
@click.option("--lang", type=click.Choice([RU, EN]), help="By default the locale's language, else Russian.")
@click.option(
    "--home", type=click.Path(path_type=Path), default=DEFAULT_HOME, show_default=True, help="Keeps both databases between calls."
)
@click.option("--svg", type=click.Path(path_type=Path), help="Also draw the report in brief.")
def main(lang: str | None, home: Path, svg: Path | None) -> None:
    """A made-up district and October of four clubs, from the sheets to the statement. Exit code 0 if the sums agree."""
    language = lang or language_from()
    say = Words(language)
    try:
        code = run(Console(highlight=False, width=_width()), home, language, svg)
    except UserError as error:
        code = failed(error.what.in_language(language), error.cure.in_language(language), error.exit_code)
    except RegisterUnavailable as error:
        code = failed(say("register_silent", why=error.text.in_language(language)), say("try_later"), EXIT_UNAVAILABLE)
    except StoreUnavailable as error:
        code = failed(say("store_silent", why=error), say("start_afresh", home=home), EXIT_UNAVAILABLE)
    except KeyboardInterrupt:
        click.echo(say("stopped"), err=True)
        code = INTERRUPTED
    sys.exit(code)


def run(console: Console, home: Path, language: str, svg: Path | None = None) -> int:
    """Play the demo and print it. 0: the sums agree; 1: they do not."""
    printer = Printer(console, language)
    printer.opening()
    with console.status(printer.say("working")):

        def told(what: str, facts: Mapping[str, Any]) -> None:
            if what == "loaded":
                printer.loaded(facts)

        played = play(home, language, told)
        passwords = log_ins(home, standing(home))
    write_report(played, home / "report.json")
    printer.report(played)
    printer.closing(home, passwords)
    if svg is not None:
        svg.parent.mkdir(parents=True, exist_ok=True)
        svg.write_text(picture_of(played, language), encoding="utf-8")
    return EXIT_DONE if played.agrees else EXIT_REFUSED


def picture_of(played: Played, language: str) -> str:
    """The report in brief as SVG, asking no other host for a font."""
    console = Console(record=True, file=io.StringIO(), highlight=False, width=WIDTH_MAX)
    printer = Printer(console, language)
    printer.opening()
    printer.loaded(played.loaded)
    printer.report(played, is_brief=True)
    return _FONT_FROM_ELSEWHERE.sub("", console.export_svg(title="make demo", unique_id="demo"))


def _width() -> int | None:
    if not sys.stdout.isatty():
        return WIDTH_MAX
    return max(WIDTH_MIN, min(WIDTH_MAX, Console().width))


def failed(what: str, cure: str, code: int) -> int:
    """Say what is the matter and how to mend it."""
    click.echo(f"{what}\n  → {cure}", err=True)
    return code


if __name__ == "__main__":
    main()
