"""docs/cli.md names every command, argument, option and exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.cli.face import EXIT_INTERRUPTED, EXIT_UNEXPECTED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
COMMON, _, SECTIONS = PAGE.partition("## A secretary's month")


def commands(group: click.Group = main, path: str = "gateway") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group) and command.params:  # it answers by itself too
            yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def section_of(name: str, command: click.Command) -> str:
    arguments = " ".join(parameter.metavar or "" for parameter in command.params if isinstance(parameter, click.Argument))
    heading = f"### `{name} {arguments}`" if arguments else f"### `{name}`"
    assert heading in PAGE, heading
    return re.split(r"\n##+ ", PAGE.split(heading + "\n")[1])[0]


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda one: one if isinstance(one, str) else "")
def test_every_command_is_documented_with_its_options(name: str, command: click.Command) -> None:
    section = section_of(name, command)
    assert len(section.split()) > 5
    for option in (parameter for parameter in command.params if isinstance(parameter, click.Option)):
        for spelling in (*option.opts, *option.secondary_opts):
            place = COMMON if spelling in ("--database", "--json", "--lang", "--debug") else section
            assert re.search(rf"`[^`]*{spelling}\b[^`]*`", place), f"{name} {spelling}"


def test_no_command_is_documented_that_is_not_there() -> None:
    known = {name for name, _ in commands()}
    for heading in re.findall(r"### `([^`]+)`", SECTIONS):
        assert any(heading == name or heading.startswith(name + " ") for name in known), heading


def test_every_exit_code_is_documented() -> None:
    for code in (0, 1, 2, 3, 4, EXIT_UNEXPECTED, EXIT_INTERRUPTED):
        assert f"\n| {code} | " in COMMON
