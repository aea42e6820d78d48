"""`make demo`, or `python -m gateway.demo`: from four clubs' sheets to the register's statement, and the proof that the sums are one."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from gateway.demo.play import play, write_report
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
@click.option("--svg", type=click.Path(path_type=Path), help="Also write what was printed as a picture.")
def main(lang: str | None, home: Path, svg: Path | None) -> None:
    """A made-up district and October of four clubs, from the sheets to the statement. Exit code 0 if the sums agree."""
    language = lang or language_from()
    console = Console(record=svg is not None, highlight=False, width=_width(svg))
    try:
        code = run(console, home, language)
    except UserError as error:
        code = _failed(error.what.in_language(language), error.cure.in_language(language), error.exit_code)
    except RegisterUnavailable as error:
        say = Words(language)
        code = _failed(say("register_silent", why=error.text.in_language(language)), say("try_later"), EXIT_UNAVAILABLE)
    except StoreUnavailable as error:
        say = Words(language)
        code = _failed(say("store_silent", why=error), say("start_afresh", home=home), EXIT_UNAVAILABLE)
    except KeyboardInterrupt:
        click.echo(Words(language)("stopped"), err=True)
        code = INTERRUPTED
    if svg is not None:
        svg.parent.mkdir(parents=True, exist_ok=True)
        svg.write_text(picture_of(console, "make demo"), encoding="utf-8")
    sys.exit(code)


def run(console: Console, home: Path, language: str) -> int:
    """Play the demo and print it. 0: the sums agree; 1: they do not."""
    printer = Printer(console, language)
    printer.opening()
    with console.status(printer.say("working")):

        def told(what: str, facts: Mapping[str, Any]) -> None:
            if what == "loaded":
                printer.loaded(facts)

        played = play(home, language, told)
    write_report(played, home / "report.json")
    printer.report(played)
    printer.closing(home)
    return EXIT_DONE if played.agrees else EXIT_REFUSED


def picture_of(console: Console, title: str) -> str:
    """What was printed, as SVG that asks no other host for a font."""
    return _FONT_FROM_ELSEWHERE.sub("", console.export_svg(title=title))


def _width(svg: Path | None) -> int | None:
    if svg is not None or not sys.stdout.isatty():
        return WIDTH_MAX
    return max(WIDTH_MIN, min(WIDTH_MAX, Console().width))


def _failed(what: str, cure: str, code: int) -> int:
    click.echo(f"{what}\n  → {cure}", err=True)
    return code


if __name__ == "__main__":
    main()
