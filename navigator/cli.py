"""The operator's commands: ``navigator serve``, ``load``, and those that change what the register knows."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from navigator import commands
from navigator.clock import DEFAULT_ZONE, Clock, ClockRefused, clock_from, is_test
from navigator.district import Problem, Reading, new_reading, read_folder, read_table
from navigator.engine import database_from, home_from, open_database, writing
from navigator.loading import Count, Refused, load
from navigator.seed import CHILDREN_MAX, usual_weeks
from navigator.serving import AddressTaken, serve_until_stopped
from navigator.texts import language_from, line, told

REFUSED, USAGE, UNREADABLE, TRY_LATER = 1, 2, 3, 4
DAY = click.DateTime(["%Y-%m-%d"])


@dataclass(frozen=True, slots=True)
class Speaker:
    """How to talk to whoever called: in which language, and whether as JSON."""

    language: str
    as_json: bool
    clock: Clock

    def say(self, name: str, **values: object) -> None:
        """A line for a person; with ``--json`` standard output holds the answer and nothing else."""
        if not self.as_json:
            click.echo(line(name, self.language, **values))

    def answer(self, **values: object) -> None:
        """The answer, with ``--json``, on one line."""
        if self.as_json:
            standing = {"clock_stands_at": self.clock.now().isoformat()} if self.clock.standing else {}
            click.echo(json.dumps({**values, **standing}, ensure_ascii=False))

    def announce_clock(self) -> None:
        """Whoever reads what follows must know that its days are not today's."""
        if self.clock.standing is not None:
            self.say("standing", now=self.clock.now().isoformat())

    def fail(self, code: str, value: str, status: int) -> NoReturn:
        """Say what is the matter and how to mend it, and leave."""
        what, cure = told(code, value, self.language)
        self.answer(outcome="refused", code=code, what=what, cure=cure)
        click.echo(line("failed", self.language, what=what, cure=cure), err=True)
        sys.exit(status)


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command."""
    command = click.option("--json", "as_json", is_flag=True, help="Answer in JSON on standard output, and nothing else.")(command)
    return click.option("--lang", type=click.Choice(["ru", "en"]), help="Language of messages; by default the locale's, else Russian.")(
        command
    )


@click.group(help="The Navigator: the reference central register. Its database lies in NAVIGATOR_HOME (./var/navigator).")
def main() -> None:
    """The command ``navigator``."""


@main.command()
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Loopback only, unless told otherwise.")
@common
def serve(port: int, host: str, lang: str | None, as_json: bool) -> None:
    """Serve the register over HTTP until SIGTERM or Ctrl-C."""
    speaker, engine = _begin(lang, as_json, announce_clock=False)

    def ready(url: str) -> None:
        """The address comes first, on a line of its own: whoever started the server waits for it."""
        speaker.answer(url=url)
        speaker.say("listening", url=url)
        speaker.announce_clock()
        sys.stdout.flush()

    try:
        serve_until_stopped(engine, speaker.clock, is_test(), host, port, ready)
    except AddressTaken as error:
        speaker.fail("port_taken", f"{host}:{port} ({error})", USAGE)
    speaker.say("stopped")


@main.command("load")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@common
def load_district(folder: Path, lang: str | None, as_json: bool) -> None:
    """Load a district's CSV files: all rows, or none if one is bad."""
    speaker, engine = _begin(lang, as_json)
    try:
        reading = read_folder(folder)
    except OSError:
        speaker.fail("unreadable", str(folder), UNREADABLE)
    if not reading.problems and not reading.files:
        speaker.fail("no_files", str(folder), UNREADABLE)
    _load(speaker, engine, reading)


@main.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@common
def add(file: Path, lang: str | None, as_json: bool) -> None:
    """Add or update rows of one table, known by the file's header."""
    speaker, engine = _begin(lang, as_json)
    reading = new_reading()
    try:
        read_table(reading, file.name, file.read_bytes())
    except OSError:
        speaker.fail("unreadable", str(file), UNREADABLE)
    _load(speaker, engine, reading)


@main.command()
@click.argument("certificate")
@click.argument("amount")
@click.option("--on", type=DAY, help="A day of the nominal period; needed where the validity touches several.")
@common
def nominal(certificate: str, amount: str, on: dt.datetime | None, lang: str | None, as_json: bool) -> None:
    """Set a certificate's nominal, in roubles, for one period."""
    speaker, engine = _begin(lang, as_json)
    done = _do(speaker, engine, lambda connection: commands.nominal(connection, speaker.clock, certificate, amount, _day(on)))
    if done.values["shortfall"] != "0.00":
        speaker.say("shortfall", amount=done.values["shortfall"])


def _state_command(name: str, does: Callable[..., commands.Done], told: str, first_day: str) -> None:
    """A command that gives a certificate another state from a day on."""

    @main.command(name, help=told)
    @click.argument("certificate")
    @click.option("--on", type=DAY, help=f"The first {first_day} day; by default today.")
    @common
    def command(certificate: str, on: dt.datetime | None, lang: str | None, as_json: bool) -> None:
        speaker, engine = _begin(lang, as_json)
        _do(speaker, engine, lambda connection: does(connection, speaker.clock, certificate, _day(on)))


_state_command("freeze", commands.freeze, "Freeze a certificate.", "frozen")
_state_command("unfreeze", commands.unfreeze, "Make a frozen certificate active again.", "active")
_state_command("close", commands.close, "Close a certificate for good.", "closed")
_state_command("activate", commands.activate, "Make a certificate active that was requested, or closed by mistake.", "active")


@main.command()
@click.argument("certificate")
@click.argument("payer")
@click.option("--nominal", default="0.00", show_default=True, help="What the new municipality gives for this year, in roubles.")
@common
def move(certificate: str, payer: str, nominal: str, lang: str | None, as_json: bool) -> None:
    """Move a certificate and its child to another municipality; enrollments in force keep theirs."""
    speaker, engine = _begin(lang, as_json)
    _do(speaker, engine, lambda connection: commands.move(connection, speaker.clock, certificate, payer, nominal))


@main.command()
@click.argument("certificate")
@click.argument("number")
@click.option("--on", type=DAY, required=True, help="The first day of the new number.")
@common
def reissue(certificate: str, number: str, on: dt.datetime, lang: str | None, as_json: bool) -> None:
    """Give a certificate a new number; the old ones still find it."""
    speaker, engine = _begin(lang, as_json)
    _do(speaker, engine, lambda connection: commands.reissue(connection, speaker.clock, certificate, number, _day(on)))


@main.command("end-enrollment")
@click.argument("enrollment")
@click.option("--on", type=DAY, required=True, help="Its last day.")
@common
def end_enrollment(enrollment: str, on: dt.datetime, lang: str | None, as_json: bool) -> None:
    """End an enrollment on a day."""
    speaker, engine = _begin(lang, as_json)
    _do(speaker, engine, lambda connection: commands.end_enrollment(connection, enrollment, on.date()))


@main.command("close-month")
@click.argument("month")
@click.option("--payer", help="Only this payer's; by default every payer's.")
@click.option("--over", multiple=True, metavar="ID", help="An operation still on its way: booked in the next open month. Repeatable.")
@common
def close_month(month: str, payer: str | None, over: tuple[str, ...], lang: str | None, as_json: bool) -> None:
    """Close a month: no debit or reversal is booked in it any more."""
    speaker, engine = _begin(lang, as_json)
    _do(speaker, engine, lambda connection: commands.close_month(connection, speaker.clock, month, payer, over))


@main.command()
@click.argument("email")
@click.option("--role", type=click.Choice(["operator", "club", "payer", "parent"]), required=True)
@click.option("--provider", help="Whose person, with --role club.")
@click.option("--payer", help="Whose person, with --role payer.")
@click.option("--child", "children", multiple=True, help="For whom it stands, with --role parent. Repeatable.")
@click.option("--name", nargs=2, default=("", ""), metavar="LAST FIRST", help="Its last and first name; else it is asked for them.")
@click.option("--password-from", type=click.File("r", encoding="utf-8"), metavar="FILE", help="Its first line is the password; -: stdin.")
@common
def person(
    email: str,
    role: str,
    provider: str | None,
    payer: str | None,
    children: tuple[str, ...],
    name: tuple[str, str],
    password_from: TextIO | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Make a person; a letter brings the link to choose a password, unless one is given."""
    from navigator.parents import Wanted, make_person  # the pages cost a third of a second: only here

    speaker, engine = _begin(lang, as_json)
    needed = {"club": ("--provider", provider), "payer": ("--payer", payer), "parent": ("--child", children)}.get(role)
    if needed and not needed[1]:
        speaker.fail("role_needs", needed[0], USAGE)
    provider, payer = (provider if role == "club" else None), (payer if role == "payer" else None)
    wanted = Wanted(email, role, speaker.language, provider, payer, children if role == "parent" else (), *name)
    password = "" if password_from is None else password_from.readline().rstrip("\r\n")
    if password_from is not None and not password:
        speaker.fail("no_password", password_from.name, UNREADABLE)
    try:
        link = make_person(engine, speaker.clock, wanted, password)
    except commands.CommandRefused as error:
        speaker.fail(error.code, error.value, REFUSED)
    speaker.answer(outcome="done", email=email, link=link or None)
    speaker.say("person" if link else "person_ready", email=email, link=link)


@main.command("digest")
@common
def write_digest(lang: str | None, as_json: bool) -> None:
    """Write and send the letters about lessons and money that are due: the week's digest, and each debit where it is wished."""
    from navigator.letters import write_and_send

    speaker, engine = _begin(lang, as_json)
    try:
        done = write_and_send(engine, speaker.clock)
    except OperationalError as error:
        speaker.fail("database", str(error.orig), TRY_LATER)
    speaker.answer(outcome="done", **done._asdict())
    speaker.say("digest", **done._asdict())


@main.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
@common
def parents(file: Path, lang: str | None, as_json: bool) -> None:
    """Take in parents who registered earlier (email, child, names); each claims the account by e-mail."""
    from navigator.parents import import_parents

    speaker, engine = _begin(lang, as_json)
    try:
        imported = import_parents(engine, speaker.clock, file.name, file.read_bytes())
    except OSError:
        speaker.fail("unreadable", str(file), UNREADABLE)
    except Refused as error:
        _refuse(speaker, error.problems)
    speaker.answer(outcome="loaded", **imported._asdict())
    speaker.say("parents", **imported._asdict())


@main.command()
@click.option("--children", default=40, show_default=True, type=click.IntRange(1, CHILDREN_MAX), help="How many children it has.")
@click.option(
    "--seed", "number", default=1, show_default=True, type=click.IntRange(0, 9), help="Which town: the same number, the same one."
)
@click.option("--weeks", type=click.IntRange(0, 40), help="How many weeks of this term have their marks; by default 8, of a large town 1.")
@click.option("--beside", is_flag=True, help="Also where the register knows a district already.")
@common
def seed(children: int, number: int, weeks: int | None, beside: bool, lang: str | None, as_json: bool) -> None:
    """Put a made-up town into the register: nobody in it is real."""
    from navigator.seed.sowing import sow

    speaker, engine = _begin(lang, as_json)
    try:
        sown = sow(engine, speaker.clock, children, number, usual_weeks(children) if weeks is None else weeks, beside)
    except commands.CommandRefused as error:
        speaker.fail(error.code, error.value, REFUSED)
    except OperationalError as error:
        speaker.fail("database", str(error.orig), TRY_LATER)
    speaker.answer(outcome="done", **sown._asdict())
    speaker.say("sown", **sown._asdict())


@main.command()
@common
def forget(lang: str | None, as_json: bool) -> None:
    """Delete the personal data that are kept longer than the region says; a server does it by itself once a day."""
    from navigator.parents import forget_due

    speaker, engine = _begin(lang, as_json)
    try:
        forgotten = forget_due(engine, speaker.clock)
    except OperationalError as error:
        speaker.fail("database", str(error.orig), TRY_LATER)
    speaker.answer(outcome="done", **forgotten._asdict())
    speaker.say("forgotten", **forgotten._asdict())


# ---------------------------------------------------------------- what the commands share


def _begin(lang: str | None, as_json: bool, announce_clock: bool = True) -> tuple[Speaker, Engine]:
    language = lang or language_from()
    try:
        speaker = Speaker(language, as_json, clock_from())
    except ClockRefused as error:
        Speaker(language, as_json, Clock(ZoneInfo(DEFAULT_ZONE))).fail(error.code, error.value, USAGE)
    if announce_clock:
        speaker.announce_clock()
    home = home_from()
    try:
        return speaker, open_database(home, database_from())
    except (OSError, SQLAlchemyError):
        speaker.fail("home_unusable", str(home), UNREADABLE)


def _load(speaker: Speaker, engine: Engine, reading: Reading) -> None:
    try:
        with writing(engine) as connection:
            counts = load(connection, reading, speaker.clock)
    except Refused as error:
        _refuse(speaker, error.problems)
    except OperationalError as error:
        speaker.fail("database", str(error.orig), TRY_LATER)
    tables = {table: count._asdict() for table, count in counts.items() if any(count)}
    speaker.answer(outcome="loaded", tables=tables, absent_columns=reading.absent_columns)
    total = Count(*(sum(numbers) for numbers in zip(*counts.values(), strict=True)))
    speaker.say("loaded", **total._asdict())
    for table, count in tables.items():
        if count["new"] or count["changed"]:
            speaker.say("loaded_table", table=table, **count)
    for file, columns in reading.absent_columns.items():
        speaker.say("absent", file=file, columns=", ".join(columns))


def _refuse(speaker: Speaker, problems: list[Problem]) -> NoReturn:
    places = [{"file": p.file, "row": p.row, "column": p.column, **told(p.code, p.value, speaker.language)._asdict()} for p in problems]
    speaker.answer(outcome="refused", problems=places)
    for place in places:
        name = "at_file" if place["row"] is None else "at_row" if place["column"] is None else "at"
        click.echo(line(name, speaker.language, **place), err=True)
    click.echo(line("refused", speaker.language, count=len(problems)), err=True)
    sys.exit(REFUSED)


def _do(speaker: Speaker, engine: Engine, command: Callable[[Connection], commands.Done]) -> commands.Done:
    try:
        with writing(engine) as connection:
            done = command(connection)
    except commands.CommandRefused as error:
        speaker.fail(error.code, error.value, REFUSED)
    except OperationalError as error:
        speaker.fail("database", str(error.orig), TRY_LATER)
    speaker.answer(outcome="done", changed=done.changed, **done.values)
    speaker.say(done.line if done.changed else "nothing", **done.values)
    return done


def _day(moment: dt.datetime | None) -> dt.date | None:
    return None if moment is None else moment.date()
