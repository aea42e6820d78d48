"""Whether the gateway can do its work: what a load balancer or a supervisor asks."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from gateway.console.asking import Asking
from gateway.console.background import Background, OpenGateway, opened
from gateway.console.problems import problem
from gateway.console.words import EN, Speech
from gateway.errors import UserError
from gateway.plugins.register import RegisterUnavailable
from gateway.store.engine import StoreUnavailable

RETRY_SECONDS = 10


class Readiness:
    """200 where database and register answer and nobody stops the program; else 503 that says what it is."""

    def __init__(self, open_gateway: OpenGateway, register_seconds: float, background: Background | None) -> None:
        self._open = open_gateway
        self._seconds = register_seconds
        self._background = background
        self._asking: Asking[bool] = Asking()

    def answer(self, language: str) -> Response:
        say = Speech(language)
        is_stopping = self._background is not None and self._background.is_stopping
        checks: dict[str, Any] = {"database": "ok", "register": "reachable", "stopping": is_stopping}
        found = [say("ready.stopping")] if is_stopping else []
        try:
            with opened(self._open, EN) as gateway:
                gateway.months()
        except UserError as error:
            checks |= {"database": "unknown", "register": "unknown"}
            found.append(f"{error.what.in_language(language)} {error.cure.in_language(language)}")
        except StoreUnavailable:
            checks |= {"database": "unavailable", "register": "unknown"}
            found.append(f"{say('problem.database')} {say('problem.database.cure')}")
        else:
            try:
                self._asking("register", self._ask_register, self._seconds)
            except (TimeoutError, RegisterUnavailable):
                checks["register"] = "unreachable"
                found.append(f"{say('register.silent')}. {say('ready.register.cure')}")
        if not found:
            return jsonify({"status": "ready"} | checks)
        response = problem(503, "not-ready", say("ready.not"), " ".join(found), checks=checks)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    def _ask_register(self) -> bool:
        with opened(self._open, EN) as gateway:
            gateway.ask_register()
            return True
