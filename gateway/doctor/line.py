"""One line of an examination, and the patient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from gateway.bootstrap import Gateway
from gateway.core.facts import Text
from gateway.errors import UserError
from gateway.plugins import Verdict
from gateway.settings import Settings, home_of, read_settings
from gateway.store.engine import Engine, Layout, StoreUnavailable, engine_to_look, look_at_layout, sqlite_file


class Section(StrEnum):
    SETTINGS = "settings"
    REGISTER = "register"
    SOURCES = "sources"
    RIGHTS = "rights"
    CLOCK = "clock"
    DISK = "disk"
    DATABASE = "database"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Line:
    """``cure``: only where the verdict is not good. ``is_away``: a system that we need is not there; it may be later."""

    section: Section
    what: Text
    verdict: Verdict
    found: Text
    cure: Text | None = None
    is_away: bool = False


def same(words: object) -> Text:
    """What is the same in both languages."""
    return Text(str(words), str(words))


@dataclass
class Patient:
    """What is examined: nothing is opened before it is looked at, and nothing is made.

    Attributes:
        clock: the current instant, as the machine has it.
    """

    environment: Mapping[str, str]
    database: str | None
    clock: dt.datetime

    @cached_property
    def home(self) -> Path:
        return home_of(self.environment)

    @cached_property
    def read(self) -> tuple[Settings, list[UserError]]:
        return read_settings(self.home, self.environment)

    @property
    def settings(self) -> Settings:
        return self.read[0]

    @cached_property
    def url(self) -> str:
        return self.database or self.settings.database or f"sqlite:///{self.home / 'gateway.sqlite'}"

    @cached_property
    def file(self) -> Path | None:
        """The database's file, where it has one of its own."""
        return sqlite_file(self.url)

    @cached_property
    def engine(self) -> Engine:
        return engine_to_look(self.url)

    @cached_property
    def has_database(self) -> bool:
        """Whether there is one that is ours, so that it may be asked."""
        try:
            return not (self.file is not None and not self.file.exists()) and look_at_layout(self.engine) is Layout.OURS
        except StoreUnavailable:
            return False

    @cached_property
    def gateway(self) -> Gateway:
        """For what needs one: its settings as far as they can be used, on the database as it is."""
        gateway = Gateway(self.home, self.settings, lambda: self.clock, environment=self.environment)
        if self.has_database:
            gateway.__dict__["engine"] = self.engine
        return gateway

    def close(self) -> None:
        if "engine" in vars(self):
            self.engine.dispose()
