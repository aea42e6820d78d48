"""The register over HTTP: docs/register-api.md, route by route, and a page for people. Its contract is openapi.yaml beside this file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

from flask import Flask, Response, current_app, jsonify, render_template, request
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from gateway.core.money import roubles_from_kopecks
from navigator import acceptances, changes, commands, forms, months, operations, people, standings, switch, web
from navigator.clock import Clock
from navigator.engine import reading, writing
from navigator.faults import Faults
from navigator.misbehaviour import FaultSwitch
from navigator.refusals import rejection
from navigator.texts import EN, told
from navigator.web import WrongRequest

REQUEST_BYTES_MAX = 32 * 1024 * 1024
_FEEDS = (changes.CATALOGUE, changes.CERTIFICATES, changes.ENROLLMENTS)


def create_app(engine: Engine, clock: Clock, is_test: bool) -> Flask:
    """The register's application on a database. ``is_test``: whether it offers what only a test register may."""
    app, faults = Flask("navigator"), Faults()
    app.config.update(
        MAX_CONTENT_LENGTH=REQUEST_BYTES_MAX,
        NAVIGATOR_ENGINE=engine,
        NAVIGATOR_CLOCK=clock,
        NAVIGATOR_TEST=is_test,
        NAVIGATOR_FAULTS=faults,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_error_handler(WrongRequest, web.wrong_request)
    app.register_error_handler(HTTPException, web.http_problem)
    app.register_error_handler(OperationalError, web.database_problem)
    routes: list[tuple[str, str, Callable[..., Any]]] = [
        ("GET", "/", front_page),
        ("GET", "/register/v1/openapi.yaml", contract),
        ("GET", "/register/v1/health", health),
        ("GET", "/register/v1/movements", movements_page),
        ("GET", "/register/v1/acceptances", acceptances_page),
        ("POST", "/register/v1/candidates", candidates),
        ("POST", "/register/v1/operations", take_operations),
        ("POST", "/register/v1/lookup", lookup),
        ("GET", "/register/v1/statement", statement),
        ("GET", "/register/v1/attendance", attendance),
        ("GET", "/register/v1/balances", balances),
        ("GET", "/register/v1/months", month_states),
        ("POST", "/register/v1/months/close", close_month),
        ("POST", "/test/v1/clock", switch.set_clock),
        ("POST", "/test/v1/changes", switch.make_changes),
        ("GET", "/test/v1/faults", switch.show_faults),
        ("POST", "/test/v1/faults", switch.set_faults),
        ("DELETE", "/test/v1/faults", switch.forget_faults),
    ]
    for method, path, view in routes:
        app.add_url_rule(path, view.__name__, view, methods=[method])
    for feed in _FEEDS:
        app.add_url_rule(f"/register/v1/{feed}", feed, feed_page, methods=["GET"], defaults={"feed": feed})
    if is_test:
        app.wsgi_app = FaultSwitch(app.wsgi_app, faults, clock)  # type: ignore[assignment,method-assign]
    return app


# ---------------------------------------------------------------- reading


def feed_page(feed: str) -> Response:
    """A page of a feed; certificates also by number, without a cursor."""
    numbers = request.args.getlist("number")
    with reading(web.engine()) as connection:
        if feed == changes.CERTIFICATES and numbers:
            found = people.certificates_by_number(connection, numbers).values()
            return jsonify({"items": changes.named(connection, changes.CERTIFICATES, found), "cursor": None, "more": False})
        return web.page(*changes.read(connection, feed, web.since(), web.page_limit()))


def movements_page() -> Response:
    """A page of the money acceptances."""
    with reading(web.engine()) as connection:
        return web.page(*acceptances.feed(connection, acceptances.MONEY_KINDS, web.since(), web.page_limit()))


def acceptances_page() -> Response:
    """A page of all acceptances, attendance too, or of the kinds asked for."""
    kinds = request.args.getlist("kind") or acceptances.KINDS
    wrong = set(kinds) - set(acceptances.KINDS)
    if wrong:
        raise WrongRequest(f"kind: none of {', '.join(acceptances.KINDS)}")
    with reading(web.engine()) as connection:
        return web.page(*acceptances.feed(connection, kinds, web.since(), web.page_limit()))


def candidates() -> Response:
    """Who may be meant by a member of a group."""
    form = web.form(forms.Candidates())
    with reading(web.engine()) as connection:
        found = people.candidates(connection, form["group"], form["first_day"], form["last_day"], form["numbers"])
    return jsonify({"candidates": found})


def balances() -> Response:
    """Where certificates stand, per nominal period."""
    with reading(web.engine()) as connection:
        return jsonify({"balances": standings.balances(connection, request.args.getlist("number"), web.clock().today())})


def statement() -> Response:
    """A month's money operations; a closed month's are the same bytes for ever."""
    provider, payer = request.args.get("provider"), request.args.get("payer")
    with reading(web.engine()) as connection:
        found = acceptances.statement(connection, web.month(), provider, payer, web.since(), web.limit(default=None))
    return Response(acceptances.as_bytes(found), mimetype="application/json")


def attendance() -> Response:
    """A month's attendance journal."""
    text = request.args.get("since")
    try:
        since = None if text is None else acceptances.claim_of(text)
    except (ValueError, TypeError) as error:
        raise WrongRequest("since: not a cursor of this register") from error
    with reading(web.engine()) as connection:
        return jsonify(acceptances.attendance(connection, web.month(), request.args.get("provider"), since, web.limit(default=None)))


def health() -> Response:
    """That it is there, and what time it has."""
    return jsonify({"status": "ok", "now": web.clock().now().isoformat(), "test": current_app.config["NAVIGATOR_TEST"]})


def contract() -> Response:
    """This interface, as OpenAPI says it."""
    return Response(resources.files("navigator").joinpath("openapi.yaml").read_bytes(), mimetype="application/yaml")


def front_page() -> str:
    """What this is, for a person with a browser."""
    language = request.accept_languages.best_match(["ru", "en"], default="ru")
    with reading(web.engine()) as connection:
        counts, sums = changes.counts(connection), acceptances.month_sums(connection)
    values = {"counts": counts, "months": sums, "roubles": roubles_from_kopecks, "now": web.clock().now()}
    return render_template("front.html", language=language, is_standing=web.clock().standing is not None, **values)


# ---------------------------------------------------------------- operations


def take_operations() -> Response:
    """Answer a batch. The answers leave only after the commit: what was said to be accepted is on the disk."""
    batch = web.form(forms.Operations())["operations"]
    ordered = web.faults().rejected(batch, request.path)  # empty unless a test asked for rejections
    taken = [operation for place, operation in enumerate(batch) if place not in ordered]
    with writing(web.engine()) as connection:
        answers = iter(operations.take(connection, taken, web.clock().now()))
    answered = [
        rejection(operation["id"], ordered[place].code, **operation) if place in ordered else next(answers)
        for place, operation in enumerate(batch)
    ]
    return jsonify({"answers": answered})


def lookup() -> Response:
    """What became of operations, asked by their senders' ids."""
    ids = web.form(forms.Lookup())["ids"]
    with reading(web.engine()) as connection:
        found = acceptances.by_ids(connection, ids)
    unknown = {"outcome": "unknown", "number": None, "accepted_at": None}
    return jsonify({"answers": [acceptances.acceptance_answer(found[each]) if each in found else {"id": each, **unknown} for each in ids]})


# ---------------------------------------------------------------- months


def month_states() -> Response:
    """Which months are open and which are closed, payer by payer."""
    month = None if request.args.get("month") is None else web.month()
    with reading(web.engine()) as connection:
        return jsonify({"months": months.states(connection, month, request.args.get("payer"))})


def close_month() -> Response:
    """Close a month. The same request again: the same closing."""
    form = web.form(forms.Closing())
    try:
        with writing(web.engine()) as connection:
            done = commands.close_month(connection, web.clock(), form["month"], form["payer"], form["open_operations"])
            named = months.named_operations(connection, form["month"])
    except commands.CommandRefused as error:
        raise WrongRequest(". ".join(told(error.code, error.value, EN))) from error
    return jsonify({"months": done.values["months"], "open_operations": named})
