"""The command `gateway` (docs/cli.md)."""

from __future__ import annotations

from importlib import metadata

import click

from gateway.cli import asking, authoring, doctor, files, matching, months, operating, queues, serving, sources, upkeep
from gateway.cli.face import Root
from gateway.cli.helped import Option, show_help


def _version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"gateway {_installed_version()}")
        context.exit()


def _installed_version() -> str:
    try:
        return metadata.version("pfdo-gateway")
    except metadata.PackageNotFoundError:  # run from its sources
        return "0+sources"


@click.group("gateway", cls=Root)
@click.option("--lang", type=click.Choice(["ru", "en"]), cls=Option)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, cls=Option)
@click.pass_context
def main(context: click.Context, lang: str | None) -> None:
    show_help(context)


for _command in (
    files.dry_run, files.import_, sources.sync, files.rejects, matching.match, queues.confirm, queues.conflicts,
    asking.explain, asking.certificate, asking.claims,
    asking.status, operating.run, files.undo, files.mappings, asking.reconcile, months.close, months.months,
    sources.adapters, authoring.new,
    upkeep.outbox, upkeep.verify, upkeep.recover, upkeep.backup, upkeep.restore, asking.rules, asking.plugins,
    operating.scenario, serving.serve, doctor.doctor,
):  # fmt: skip
    main.add_command(_command)
sources.adapters.add_command(authoring.record)
