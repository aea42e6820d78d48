"""What every command shares: its options, its language, where the answer goes, and what an error looks like (docs/cli.md)."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, update_wrapper
from typing import Any, TextIO

import click
from rich.console import Console, RenderableType
from rich.padding import Padding

from gateway.bootstrap import Gateway, open_gateway
from gateway.cli.helped import LANGUAGE, Group, Option
from gateway.cli.words import say, word
from gateway.core.rules import RuleFailed
from gateway.errors import EXIT_DONE, EXIT_UNAVAILABLE, EXIT_USAGE, UserError
from gateway.plugins.register import RegisterUnavailable
from gateway.settings import standing_clock
from gateway.store.engine import StoreUnavailable

EXIT_UNEXPECTED = 70
EXIT_INTERRUPTED = 130
WIDTH_UNSEEN = 160
"""Columns of what goes into a file or a pipe."""


def language_from(environment: Mapping[str, str], arguments: Sequence[str] = ()) -> str:
    """ru or en: ``--lang``, then GATEWAY_LANG, then the locale; Russian where nothing says English."""
    for before, argument in zip(("", *arguments), arguments, strict=False):
        asked = argument if before == "--lang" else argument.removeprefix("--lang=") if argument.startswith("--lang=") else ""
        if asked in ("ru", "en"):
            return asked
    for name in ("GATEWAY_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "en" if environment[name].lower().startswith("en") else "ru"
    return "ru"


@dataclass
class Face:
    """Between one command and whoever called it.

    Attributes:
        interrupted: the text that is shown when Ctrl-C stops the command.
    """

    language: str
    as_json: bool = False
    database: str | None = None
    debug: bool = False
    interrupted: str = "interrupted"

    @cached_property
    def gateway(self) -> Gateway:
        """The gateway of GATEWAY_HOME, opened when it is first needed."""
        return open_gateway(self.database, self.language, os.environ)

    @cached_property
    def _screen(self) -> Console:
        return console(sys.stdout)

    def put(self, shown: RenderableType = "", indent: int = 0, style: str | None = None, is_typed: bool = False) -> None:
        """Print for a person, on standard output, without blanks at the ends of lines.

        Args:
            is_typed: a command to be copied: never broken over two lines.
        """
        with self._screen.capture() as written:
            if is_typed:
                self._screen.print(" " * indent, shown, sep="", style=style, soft_wrap=True)
            elif isinstance(shown, str):
                self._screen.print(indented(shown, indent, self._screen.width), style=style, soft_wrap=True)
            else:
                self._screen.print(Padding(shown, (0, 0, 0, indent), expand=False), style=style)
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in written.get().splitlines() or [""]))

    def text(self, name: str, /, **values: object) -> str:
        return say(name, self.language, **values)

    def answer(self, answer: Any, show: Callable[[], None]) -> None:
        """Give the answer: as JSON, or as ``show`` prints it. It has been written when this returns."""
        stands = _standing()
        if stands:
            console(sys.stderr).print(self.text("clock", at=stands), style="dim")
        if self.as_json:
            _write_json(answer, stands)
        else:
            show()
        sys.stdout.flush()

    def fail(self, what: str, cure: str, code: int) -> int:
        """Say what is the matter and how to mend it; the exit code."""
        if self.as_json:
            try:
                _write_json({"error": {"what": what, "cure": cure}}, _standing())
                sys.stdout.flush()
                return code
            except OSError:  # nothing can be written there: the disk may be full
                _close_output()
        screen = console(sys.stderr)
        screen.print(what, style="bold", soft_wrap=True)
        if cure:
            screen.print(cure, soft_wrap=True)
        return code


def indented(text: str, indent: int, width: int) -> str:
    """Text in lines of at most ``width``. A path or an id that is longer stays whole: half of it could not be copied."""
    edge = " " * indent
    lines = [
        textwrap.fill(line, width, initial_indent=edge, subsequent_indent=edge, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def console(stream: TextIO) -> Console:
    """No markup is read in what is printed; no colours, and a fixed width, where nobody looks on."""
    width = None if stream.isatty() or os.environ.get("COLUMNS") else WIDTH_UNSEEN
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=width)


def _write_json(answer: Any, stands: str | None) -> None:
    if stands and isinstance(answer, dict):
        answer = answer | {"clock": stands}
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2, default=str) + "\n")


def _standing() -> str | None:
    try:
        instant = standing_clock()
    except UserError:  # told when the gateway is opened
        return None
    return instant.isoformat() if instant else None


# ---------------------------------------------------------------- the options of every command


def common(command: Callable[..., int]) -> Callable[..., int]:
    """The options of every command. The function gets its `Face` first, and returns the exit code."""

    def called(*, database: str | None, as_json: bool, lang: str | None, debug: bool, **given: Any) -> int:
        face: Face = click.get_current_context().find_root().obj
        face.database, face.as_json, face.language, face.debug = database, as_json, lang or face.language, debug
        return command(face, **given)

    wrapped: Callable[..., int] = update_wrapper(called, command)
    for option in (
        click.option("--debug", is_flag=True, cls=Option),
        click.option("--lang", type=click.Choice(["ru", "en"]), cls=Option),
        click.option("--json", "as_json", is_flag=True, cls=Option),
        click.option("--database", metavar="URL", cls=Option),
    ):
        wrapped = option(wrapped)
    return wrapped


class Root(Group):
    """The command ``gateway``. Nothing leaves it but an exit code."""

    def make_context(self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any) -> click.Context:
        context = self.context_class(self, info_name=info_name, parent=parent, **extra)
        context.meta[LANGUAGE] = context.obj.language
        with context.scope(cleanup=False):
            self.parse_args(context, args)
        return context

    def main(  # type: ignore[override]  # what the prompt calls, and what a test does
        self, args: Sequence[str] | None = None, prog_name: str | None = None, *, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        for stream in (sys.stdout, sys.stderr):  # Russian is written whatever the locale says of the terminal
            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(encoding="utf-8", errors="replace")
        arguments = list(sys.argv[1:] if args is None else args)
        face = Face(language_from(os.environ, arguments), "--json" in arguments, debug="--debug" in arguments)
        code = _code_of(face, lambda: super(Root, self).main(arguments, "gateway", standalone_mode=False, obj=face, **extra))
        if standalone_mode:
            sys.exit(code)
        return code


# ---------------------------------------------------------------- errors


def _close_output() -> None:
    """Nobody takes what is still to be written, and the end of the program shall not stumble over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _code_of(face: Face, call: Callable[[], Any]) -> int:
    """The exit code of a call, whatever it raises."""
    logging.basicConfig(level=logging.INFO if face.debug else logging.CRITICAL)  # what a person needs is in the answer
    try:
        return int(call() or EXIT_DONE)
    except (KeyboardInterrupt, click.Abort):
        return face.fail(face.text(face.interrupted), "", EXIT_INTERRUPTED)
    except Exception as error:
        if face.debug:
            traceback.print_exc()
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            _close_output()
        what, cure, code = told(error, face.language)
        return face.fail(what, cure, code)


def told(error: Exception, language: str) -> tuple[str, str, int]:
    """What is the matter, how to mend it, and the exit code."""
    if isinstance(error, UserError):
        return error.what.in_language(language), error.cure.in_language(language), error.exit_code
    if isinstance(error, RegisterUnavailable):
        sentence = error.text.in_language(language)
        return sentence[:1].upper() + sentence[1:] + ".", say("error.register.cure", language), EXIT_UNAVAILABLE
    if isinstance(error, StoreUnavailable):
        return say("error.store", language, error=error), say("error.store.cure", language), EXIT_UNAVAILABLE
    if isinstance(error, RuleFailed):
        return say("error.rule", language, rule=error.rule, what=error.what), say("error.rule.cure", language), EXIT_USAGE
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "gateway"
        return _usage(error, language), say("error.usage.cure", language, command=command), EXIT_USAGE
    if isinstance(error, OSError) and (error.filename is not None or error.errno == errno.ENOSPC):
        why = word("os_error", errno.errorcode.get(error.errno or 0, str(error.strerror)), language)
        return say("error.file", language, path=error.filename or "—", error=why), say("error.file.cure", language), EXIT_UNAVAILABLE
    name = f"{type(error).__name__}: {error}".split("\n")[0][:300]
    return say("error.unexpected", language, error=name), say("error.unexpected.cure", language), EXIT_UNEXPECTED


def _usage(error: click.UsageError, language: str) -> str:
    """click's own sentences are English; those that a person meets are said in the user's language."""
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return say("error.missing", language, name=_shown(error.param))
    if isinstance(error, click.BadParameter) and error.param is not None:
        return _bad_value(error.param, error.message, language)
    if isinstance(error, click.NoSuchOption):
        return say("error.no_option", language, name=error.option_name)
    if isinstance(error, click.BadOptionUsage):
        return say("error.option_alone", language, name=error.option_name)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return say("error.no_command", language, name=error.command_name)
    extra = re.search(r"unexpected extra arguments? \((.*)\)", error.format_message())
    if extra:
        return say("error.extra", language, words=extra[1])
    return say("error.usage", language, message=error.format_message())


def _bad_value(parameter: click.Parameter, message: str, language: str) -> str:
    fits = parameter.type
    if isinstance(fits, click.Choice):
        return say("error.choice", language, name=_shown(parameter), values=", ".join(fits.choices))
    if isinstance(fits, click.IntRange):
        return say("error.range", language, name=_shown(parameter), low=fits.min, high="…" if fits.max is None else fits.max)
    return say("error.bad_value", language, name=_shown(parameter), message=message)


def _shown(parameter: click.Parameter) -> str:
    return parameter.opts[-1] if isinstance(parameter, click.Option) else (parameter.metavar or str(parameter.name).upper())
