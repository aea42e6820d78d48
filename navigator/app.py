"""The register over HTTP: docs/register-api.md, route by route, and a page for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, current_app, jsonify, render_template, request
from marshmallow import Schema, ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from gateway.core.money import roubles_from_kopecks
from navigator import acceptances, changes, commands, forms, operations, people, standings
from navigator.clock import Clock
from navigator.district import new_reading, read_table
from navigator.engine import reading, writing
from navigator.faults import Faults
from navigator.loading import Refused, load
from navigator.texts import EN, told

REQUEST_BYTES_MAX = 32 * 1024 * 1024
_FEEDS = {"catalogue": changes.CATALOGUE, "certificates": changes.CERTIFICATES, "enrollments": changes.ENROLLMENTS}


class WrongRequest(Exception):
    """A request that does not fit its form; the detail names the field."""


def create_app(engine: Engine, clock: Clock, is_test: bool) -> Flask:
    """The register's application on a database. ``is_test``: whether it offers what only a test register may."""
    app = Flask("navigator")
    app.config.update(
        MAX_CONTENT_LENGTH=REQUEST_BYTES_MAX,
        NAVIGATOR_ENGINE=engine,
        NAVIGATOR_CLOCK=clock,
        NAVIGATOR_TEST=is_test,
        NAVIGATOR_FAULTS=Faults(),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_error_handler(WrongRequest, lambda error: _problem(400, "wrong-request", "The request is wrong", str(error)))
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(OperationalError, _database_problem)
    routes: list[tuple[str, str, Callable[..., Any]]] = [
        ("GET", "/", front_page),
        ("GET", "/register/v1/health", health),
        ("GET", "/register/v1/<any(catalogue, certificates, enrollments):feed>", feed_page),
        ("GET", "/register/v1/movements", movements_page),
        ("POST", "/register/v1/candidates", candidates),
        ("POST", "/register/v1/operations", take_operations),
        ("POST", "/register/v1/lookup", lookup),
        ("GET", "/register/v1/statement", statement),
        ("GET", "/register/v1/attendance", attendance),
        ("GET", "/register/v1/balances", balances),
        ("POST", "/test/v1/clock", set_clock),
        ("POST", "/test/v1/changes", make_changes),
        ("POST", "/test/v1/faults", set_faults),
    ]
    for method, path, view in routes:
        app.add_url_rule(path, view.__name__, view, methods=[method])
    return app


# ---------------------------------------------------------------- reading


def feed_page(feed: str) -> Response:
    """A page of a feed; certificates also by number, without a cursor."""
    numbers = request.args.getlist("number")
    with reading(_engine()) as connection:
        if feed == "certificates" and numbers:
            found = people.certificates_by_number(connection, numbers).values()
            return jsonify({"items": changes.named(connection, changes.CERTIFICATES, found), "cursor": None, "more": False})
        return _page(*changes.read(connection, _FEEDS[feed], _since(), _limit()))


def movements_page() -> Response:
    """A page of the money acceptances."""
    with reading(_engine()) as connection:
        return _page(*acceptances.movements(connection, _since(), _limit()))


def candidates() -> Response:
    """Who may be meant by a member of a group."""
    form = _form(forms.Candidates())
    with reading(_engine()) as connection:
        found = people.candidates(connection, form["group"], form["first_day"], form["last_day"], form["numbers"])
    return jsonify({"candidates": found})


def balances() -> Response:
    """Where certificates stand, per nominal period."""
    with reading(_engine()) as connection:
        return jsonify({"balances": standings.balances(connection, request.args.getlist("number"), _clock().today())})


def statement() -> Response:
    """A month's money operations."""
    with reading(_engine()) as connection:
        return jsonify(acceptances.statement(connection, _month(), request.args.get("provider"), request.args.get("payer")))


def attendance() -> Response:
    """A month's attendance journal."""
    with reading(_engine()) as connection:
        return jsonify(acceptances.attendance(connection, _month(), request.args.get("provider")))


def health() -> Response:
    """That it is there, and what time it has."""
    return jsonify({"status": "ok", "now": _clock().now().isoformat(), "test": current_app.config["NAVIGATOR_TEST"]})


def front_page() -> str:
    """What this is, for a person with a browser."""
    language = request.accept_languages.best_match(["ru", "en"], default="ru")
    with reading(_engine()) as connection:
        counts, months = changes.counts(connection), acceptances.month_sums(connection)
    values = {"counts": counts, "months": months, "roubles": roubles_from_kopecks, "now": _clock().now()}
    return render_template("front.html", language=language, is_standing=_clock().standing is not None, **values)


# ---------------------------------------------------------------- operations


def take_operations() -> Response:
    """Answer a batch. The answers leave only after the commit: what was said to be accepted is on the disk."""
    batch = _form(forms.Operations())["operations"]
    faults = _faults()
    if faults.is_down(_clock().now()):
        abort(503, "a test asked the register to be down")
    faults.wait()
    answers = faults.rejections(batch)
    with writing(_engine()) as connection:
        answers += operations.take(connection, batch[len(answers) :], _clock().now())
    return faults.passed_on(jsonify({"answers": answers}))


def lookup() -> Response:
    """What became of operations, asked by their senders' ids."""
    ids = _form(forms.Lookup())["ids"]
    with reading(_engine()) as connection:
        found = acceptances.by_ids(connection, ids)
    unknown = {"outcome": "unknown", "number": None, "accepted_at": None}
    return jsonify({"answers": [acceptances.acceptance_answer(found[each]) if each in found else {"id": each, **unknown} for each in ids]})


# ---------------------------------------------------------------- only a test register


def set_clock() -> Response:
    """Stand the clock still, or let it go."""
    _only_in_tests()
    text = _form(forms.ClockForm())["now"]
    try:
        _clock().stand(None if text is None else dt.datetime.fromisoformat(text))
    except ValueError as error:
        raise WrongRequest(f"now: not an instant of ISO 8601: {text}") from error
    return health()


def set_faults() -> Response:
    """Behave badly for a while; an empty list: behave well again."""
    _only_in_tests()
    wanted = _form(forms.Faults())["faults"]
    if not wanted:
        _faults().clear()
    for fault in wanted:
        _faults().set(fault, _clock().aware)
    return jsonify({"faults": len(wanted)})


def make_changes() -> Response:
    """Change what the register knows: all of the request or nothing."""
    _only_in_tests()
    form = _form(forms.Changes())
    try:
        with writing(_engine()) as connection:
            outcomes = [_change(connection, each) for each in form["changes"]]
    except commands.CommandRefused as error:
        raise WrongRequest(". ".join(told(error.code, error.value, EN))) from error
    except Refused as error:
        lines = [f"{p.file}, row {p.row}, column {p.column}: {told(p.code, p.value, EN).what}" for p in error.problems]
        raise WrongRequest("; ".join(lines)) from error
    return jsonify({"changes": outcomes})


def _change(connection: Any, change: dict[str, Any]) -> dict[str, Any]:
    on = None if change.get("on") is None else dt.date.fromisoformat(change["on"])
    match change["op"]:
        case "nominal":
            done = commands.nominal(connection, _clock(), change["certificate"], change["amount"], on)
        case "freeze":
            done = commands.freeze(connection, _clock(), change["certificate"], on)
        case "unfreeze":
            done = commands.unfreeze(connection, _clock(), change["certificate"], on)
        case "reissue":
            done = commands.reissue(connection, _clock(), change["certificate"], change["number"], on)
        case "end_enrollment":
            done = commands.end_enrollment(connection, change["enrollment"], on or _clock().today())
        case "close_month":
            done = commands.close_month(connection, change["month"], change.get("payer"))
        case _:
            read = new_reading()
            read_table(read, change.get("file") or "added.csv", change["csv"].encode())
            counts = load(connection, read, _clock())
            return {"op": "add", "changed": any(count.new or count.changed for count in counts.values())}
    return {"op": change["op"], "changed": done.changed}


def _only_in_tests() -> None:
    if not current_app.config["NAVIGATOR_TEST"]:
        abort(404)


# ---------------------------------------------------------------- requests and answers


def _engine() -> Engine:
    engine: Engine = current_app.config["NAVIGATOR_ENGINE"]
    return engine


def _clock() -> Clock:
    clock: Clock = current_app.config["NAVIGATOR_CLOCK"]
    return clock


def _faults() -> Faults:
    faults: Faults = current_app.config["NAVIGATOR_FAULTS"]
    return faults


def _form(schema: Schema) -> dict[str, Any]:
    if not request.is_json:  # also keeps a browser's form on another site from speaking to a register on loopback
        abort(415, "application/json is needed")
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise WrongRequest("the body: not a JSON object")
    try:
        loaded: dict[str, Any] = schema.load(body)
        return loaded
    except ValidationError as error:
        raise WrongRequest("; ".join(_flat(error.messages))) from error


def _flat(messages: Any, path: str = "") -> list[str]:
    """``operations.3.month: not a month``: one line per field."""
    if isinstance(messages, dict):
        return [line for name, inner in messages.items() for line in _flat(inner, f"{path}.{name}" if path else str(name))]
    return [f"{path}: {', '.join(map(str, messages))}"]


def _since() -> int:
    text = request.args.get("since", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise WrongRequest("since: not a cursor of this register")
    return int(text)


def _limit() -> int:
    text = request.args.get("limit", str(forms.LIMIT_DEFAULT))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= forms.LIMIT_MAX):
        raise WrongRequest(f"limit: not a number from 1 to {forms.LIMIT_MAX}")
    return int(text)


def _month() -> str:
    try:
        return forms.month_from(request.args.get("month"))
    except ValidationError as error:
        raise WrongRequest(f"month: {error.messages[0]}") from error


def _page(items: list[dict[str, Any]], cursor: int, more: bool) -> Response:
    return jsonify({"items": items, "cursor": str(cursor), "more": more})


def _http_problem(error: HTTPException) -> Response:
    code = error.code or 500
    return _problem(code, f"http-{code}", error.name, error.description or error.name)


def _database_problem(error: OperationalError) -> Response:
    """Locked for too long, or a full disk: nothing was committed, and the sender may try again."""
    response = _problem(503, "database", "The register's database does not answer", str(error.orig))
    response.headers["Retry-After"] = "5"
    return response


def _problem(status: int, kind: str, title: str, detail: str) -> Response:
    body = {"type": f"urn:navigator:problem:{kind}", "title": title, "status": status, "detail": detail}
    response = jsonify(body)
    response.status_code = status
    response.mimetype = "application/problem+json"
    return response
