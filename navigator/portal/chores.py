"""What the pages do by themselves, with nobody asking: once a minute, in a thread of the server's process.

Each chore looks first, and takes the writer's lock only where there is something to do. Two processes may do the same chore: what one has
done the other finds done.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from flask import Flask
from sqlalchemy import Engine

from navigator.clock import Clock

EVERY_SECONDS = 60

Chore = Callable[[Engine, Clock], int]
"""Does what is due; how much it did. Letters that it writes go out after it."""

log = logging.getLogger("navigator")


class Chores:
    """The chores of an application."""

    def __init__(self, app: Flask, engine: Engine, clock: Clock, chores: Sequence[Chore]) -> None:
        self._app, self._engine, self._clock, self._chores = app, engine, clock, chores

    def start(self) -> None:
        """Do them from now on, in a thread of their own."""
        threading.Thread(target=self._work, name="chores", daemon=True).start()

    def do_due(self) -> int:
        """Do what is due now; how much was done. One that fails is logged and keeps nobody else from theirs."""
        done = 0
        for chore in self._chores:
            try:
                with self._app.app_context():
                    done += chore(self._engine, self._clock)
            except Exception as error:  # a database that is away for a while: it is due still
                log.error("chore %s", chore.__module__, exc_info=error)
        if done:
            self._app.extensions["postman"].wake()
        return done

    def _work(self) -> None:
        while True:
            self.do_due()
            time.sleep(EVERY_SECONDS)
