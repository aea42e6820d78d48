"""What the server serves: the register's interface for programs, and the pages for people, each an application of its own.

The pages are imported when somebody first asks for one, or after a while by themselves: letters and chores do not wait for a visitor.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from navigator.clock import Clock
from navigator.engine import home_from

Environment = dict[str, Any]
Application = Callable[[Environment, Callable[..., Any]], Iterable[bytes]]

OF_PROGRAMS = ("/register/v1/", "/test/v1/")
ALONE_AFTER_SECONDS = 30.0
"""A server that lives for a moment only, as in a story, is spared the import."""
TECHNICAL = ("/register", "/register/")
"""Where the register's own front page is: what it knows, in numbers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the pages meet the world. ``public_url``: "" is the address that the server listens on."""

    home: Path
    public_url: str = ""
    smtp: str = ""
    mail_from: str = "Навигатор <navigator@localhost>"


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """From NAVIGATOR_HOME, NAVIGATOR_PUBLIC_URL, NAVIGATOR_SMTP and NAVIGATOR_MAIL_FROM."""
    named = {"public_url": "NAVIGATOR_PUBLIC_URL", "smtp": "NAVIGATOR_SMTP", "mail_from": "NAVIGATOR_MAIL_FROM"}
    given = {name: environment[variable] for name, variable in named.items() if environment.get(variable)}
    return Settings(home_from(environment), **given)


class Site:
    """A WSGI application of the two. ``url``: where the server listens, known once it does."""

    def __init__(self, register: Application, engine: Engine, clock: Clock, settings: Settings) -> None:
        self._register, self._engine, self._clock, self._settings = register, engine, clock, settings
        self._pages: Application | None = None
        self._making = threading.Lock()
        self.url = ""

    def __call__(self, environment: Environment, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environment.get("PATH_INFO", "")
        if path.startswith(OF_PROGRAMS):
            return self._register(environment, start_response)
        if path in TECHNICAL:
            return self._register({**environment, "PATH_INFO": "/"}, start_response)
        return self._made_pages()(environment, start_response)

    def begin_pages(self, seconds: float = ALONE_AFTER_SECONDS) -> None:
        """Make the pages after so many seconds where nobody has asked for one until then; their letters and chores begin with them."""
        later = threading.Timer(seconds, self._made_pages)
        later.daemon = True
        later.start()

    def _made_pages(self) -> Application:
        if self._pages is None:
            from navigator.portal.app import create_portal  # costs a third of a second: not at start-up

            with self._making:
                if self._pages is None:
                    self._pages = create_portal(self._engine, self._clock, self._settings, self.url)
        return self._pages
