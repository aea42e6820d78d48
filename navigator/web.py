"""What every route shares: the application's own things, a request's forms and parameters, and answers that are problems."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, current_app, jsonify, request
from marshmallow import Schema, ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from navigator import forms
from navigator.clock import Clock
from navigator.faults import Faults

PROBLEM = "application/problem+json"


class WrongRequest(Exception):
    """A request that does not fit its form; the detail names the field."""


# ---------------------------------------------------------------- the application's own


def engine() -> Engine:
    found: Engine = current_app.config["NAVIGATOR_ENGINE"]
    return found


def clock() -> Clock:
    found: Clock = current_app.config["NAVIGATOR_CLOCK"]
    return found


def faults() -> Faults:
    found: Faults = current_app.config["NAVIGATOR_FAULTS"]
    return found


# ---------------------------------------------------------------- requests


def form(schema: Schema) -> dict[str, Any]:
    """The request's body by its form."""
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


def since() -> int:
    """The cursor that the caller has; 0 is the beginning."""
    text = request.args.get("since", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise WrongRequest("since: not a cursor of this register")
    return int(text)


def limit(default: int | None = forms.LIMIT_DEFAULT) -> int | None:
    """How many items the caller wants at most; None: all."""
    text = request.args.get("limit")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= forms.LIMIT_MAX):
        raise WrongRequest(f"limit: not a number from 1 to {forms.LIMIT_MAX}")
    return int(text)


def page_limit() -> int:
    """The same for a feed, which never answers all at once."""
    return limit() or forms.LIMIT_DEFAULT


def month() -> str:
    try:
        return forms.month_from(request.args.get("month"))
    except ValidationError as error:
        raise WrongRequest(f"month: {error.messages[0]}") from error


# ---------------------------------------------------------------- answers


def page(items: list[dict[str, Any]], cursor: int, more: bool) -> Response:
    return jsonify({"items": items, "cursor": str(cursor), "more": more})


def problem_body(status: int, kind: str, title: str, detail: str) -> dict[str, Any]:
    """A problem of RFC 9457."""
    return {"type": f"urn:navigator:problem:{kind}", "title": title, "status": status, "detail": detail}


def problem(status: int, kind: str, title: str, detail: str) -> Response:
    text = json.dumps(problem_body(status, kind, title, detail), ensure_ascii=False)
    return Response(text, status, mimetype=PROBLEM)


def wrong_request(error: WrongRequest) -> Response:
    return problem(400, "wrong-request", "The request is wrong", str(error))


def http_problem(error: HTTPException) -> Response:
    code = error.code or 500
    return problem(code, f"http-{code}", error.name, error.description or error.name)


def database_problem(error: OperationalError) -> Response:
    """Locked for too long, or a full disk: nothing was committed, and the sender may try again."""
    response = problem(503, "database", "The register's database does not answer", str(error.orig))
    response.headers["Retry-After"] = "5"
    return response
