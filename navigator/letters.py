"""The letters that are due, written and sent by a command: for a machine's own schedule, where no server runs the pages all the time."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Engine

from navigator.clock import Clock
from navigator.portal.app import create_portal
from navigator.portal.letters import digest
from navigator.site import settings_from


class Letters(NamedTuple):
    """How many were written, and how many went out, older ones that were due too."""

    written: int
    sent: int


def write_and_send(engine: Engine, clock: Clock) -> Letters:
    """Write each digest and each letter about debits that is due and send what is due; called again it finds nothing left."""
    app = create_portal(engine, clock, settings_from(), "http://127.0.0.1:8080", starts_postman=False)
    with app.app_context():
        written = digest.write_due(engine, clock)
    sent = 0
    while batch := app.extensions["postman"].send_due():
        sent += batch
    return Letters(written, sent)
