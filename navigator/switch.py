"""What only a test register offers: a clock that stands, facts that change over HTTP, and faults."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Response, abort, current_app, jsonify
from sqlalchemy import Connection

from navigator import commands, forms
from navigator.district import new_reading, read_table
from navigator.engine import writing
from navigator.faults import REFUSE
from navigator.loading import Refused, load
from navigator.texts import EN, told
from navigator.web import WrongRequest, clock, engine, faults, form

REFUSER = "NAVIGATOR_REFUSER"
"""Where the server puts the call that closes its listening socket for so many seconds."""


def set_clock() -> Response:
    """Stand the clock still, or let it go."""
    _only_in_tests()
    text = form(forms.ClockForm())["now"]
    try:
        clock().stand(None if text is None else dt.datetime.fromisoformat(text))
    except ValueError as error:
        raise WrongRequest(f"now: not an instant of ISO 8601: {text}") from error
    return jsonify({"status": "ok", "now": clock().now().isoformat(), "test": True})


def set_faults() -> Response:
    """Behave badly for a while; an empty list: behave well again."""
    _only_in_tests()
    wanted = form(forms.Faults())["faults"]
    refuse: Callable[[float], None] | None = current_app.config.get(REFUSER)
    if refuse is None and any(each["fault"] == REFUSE for each in wanted):
        raise WrongRequest("faults: only a served register can refuse connections")
    if not wanted:
        faults().end()
    for each in wanted:
        fault = faults().set(each, clock().aware)
        if fault.name == REFUSE and refuse is not None:
            fault.falls()
            refuse(fault.seconds)
    return jsonify(faults().told())


def show_faults() -> Response:
    """Every fault that was set, and how often each fired."""
    _only_in_tests()
    return jsonify(faults().told())


def forget_faults() -> Response:
    """Behave well again, and count from nothing."""
    _only_in_tests()
    faults().forget()
    return jsonify(faults().told())


def make_changes() -> Response:
    """Change what the register knows: all of the request or nothing."""
    _only_in_tests()
    wanted = form(forms.Changes())["changes"]
    try:
        with writing(engine()) as connection:
            outcomes = [_change(connection, each) for each in wanted]
    except commands.CommandRefused as error:
        raise WrongRequest(". ".join(told(error.code, error.value, EN))) from error
    except Refused as error:
        lines = [f"{p.file}, row {p.row}, column {p.column}: {told(p.code, p.value, EN).what}" for p in error.problems]
        raise WrongRequest("; ".join(lines)) from error
    return jsonify({"changes": outcomes})


def _change(connection: Connection, change: dict[str, Any]) -> dict[str, Any]:
    on = None if change.get("on") is None else dt.date.fromisoformat(change["on"])
    match change["op"]:
        case "nominal":
            done = commands.nominal(connection, clock(), change["certificate"], change["amount"], on)
        case "freeze":
            done = commands.freeze(connection, clock(), change["certificate"], on)
        case "unfreeze":
            done = commands.unfreeze(connection, clock(), change["certificate"], on)
        case "reissue":
            done = commands.reissue(connection, clock(), change["certificate"], change["number"], on)
        case "end_enrollment":
            done = commands.end_enrollment(connection, change["enrollment"], on or clock().today())
        case "close_month":
            done = commands.close_month(connection, clock(), change["month"], change.get("payer"), change.get("open_operations", ()))
        case _:
            read = new_reading()
            read_table(read, change.get("file") or "added.csv", change["csv"].encode())
            counts = load(connection, read, clock())
            return {"op": "add", "changed": any(count.new or count.changed for count in counts.values())}
    return {"op": change["op"], "changed": done.changed}


def _only_in_tests() -> None:
    if not current_app.config["NAVIGATOR_TEST"]:
        abort(404)
