"""Commands and options whose help is in the user's language: their words stand in `texts.py` under «help.NAME» and «option.NAME»."""

from __future__ import annotations

from typing import Any

import click

from gateway.cli.texts import TEXTS
from gateway.cli.words import say

LANGUAGE = "gateway.language"
"""Where a click context keeps the language; its sub-contexts share it."""


def language_of(context: click.Context) -> str:
    language: str = context.meta.get(LANGUAGE, "ru")
    return language


def help_name(context: click.Context) -> str:
    """«help.scenario.run» of `gateway scenario run`; «help» of `gateway`."""
    return ".".join(["help", *context.command_path.split()[1:]])


class Option(click.Option):
    """An option whose help is «option.COMMAND.NAME» where there is one, else «option.NAME»."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        own = f"option.{ctx.command.name}.{self.name}"
        self.help = say(own if own in TEXTS else f"option.{self.name}", language_of(ctx))
        return super().get_help_record(ctx)


class _Helped(click.Command):
    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), say("usage", language_of(ctx)) + " ")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(say(help_name(ctx), language_of(ctx)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        option = self.get_help_option(ctx)
        if option is not None:
            option.help = say("option.help", language_of(ctx))
        records = [record for parameter in self.get_params(ctx) if (record := parameter.get_help_record(ctx))]
        if records:
            with formatter.section(say("options", language_of(ctx))):
                formatter.write_dl(records)


class Command(_Helped):
    """One command."""


class Group(_Helped, click.Group):
    """A command with commands below it; without one of them it shows its help."""

    command_class = Command

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **(options | {"invoke_without_command": True, "no_args_is_help": False}))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a secretary's month, not of the alphabet."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        with formatter.section(say("commands", language_of(ctx))):
            formatter.write_dl([(name, self._line(ctx, name)) for name in self.list_commands(ctx)])

    def _line(self, context: click.Context, name: str) -> str:
        """A command's first sentence."""
        return say(f"{help_name(context)}.{name}", language_of(context)).split(". ")[0].rstrip(".")


def show_help(context: click.Context) -> None:
    """What a group without a command does."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
