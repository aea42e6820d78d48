"""A recording (`gateway.plugins.recording`) that answers again: an emulator whose club nobody can change."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from gateway.core.facts import LessonState, Status
from gateway.plugins.masking import ADDRESS, HOST
from gateway.plugins.recording import Recording, asked, conditions_of, is_form
from gateway.plugins.testing.club import Club
from gateway.plugins.testing.emulator import Emulator
from gateway.plugins.testing.standing import Cell, Known, LessonAt, Standing
from gateway.plugins.testing.traffic import Answer, Request


class Replay(Emulator):
    """Serves a recording: to each request what its system answered. ``unrecorded``: requests that have no answer in it."""

    is_live: ClassVar[bool] = False
    recording: ClassVar[Recording]

    def __init__(self, club: Club | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(club or Club(), clock)
        self.now, self.since = self.recording.now, self.recording.since
        self.unrecorded: list[str] = []

    def answer(self, request: Request) -> Answer:
        """What was answered then; 404 to what nobody has asked."""
        form, conditions = is_form(request.headers.get("content-type", "")), conditions_of(request.headers)
        this = asked(request.method, request.path, request.query_text, request.body, form, conditions)
        found = self.recording.answers.get(this.key)
        if found is None:
            self.unrecorded.append(f"{request.method} {request.path}")
            return Answer({"message": "not in the recording"}, 404)
        headers = {name: self._here(value) for name, value in found["headers"].items()}
        content = self._here(found["content"])
        return Answer(content.encode() if isinstance(content, str) else content, found["status"], headers)

    @property
    def tokens(self) -> tuple[str, ...]:
        """What stands for the account's secrets."""
        return self.recording.secrets

    def account(self) -> Mapping[str, Any]:
        """The settings of then, with this server's address."""
        return {name: self._reached(value) for name, value in self.recording.settings.items()}

    def truth(self) -> Standing:
        """What the adapter told when it was recorded."""
        return standing_of(self.recording.told)

    def _here(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._here(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._here(each) for each in value]
        if isinstance(value, str):
            return value.replace(ADDRESS, self.url).replace(HOST, self.url.partition("://")[2])
        return value

    def _reached(self, value: Any) -> Any:
        return value.replace(ADDRESS, self.url).replace(HOST, self.url) if isinstance(value, str) else value


def replay_of(recording: Recording | Path) -> type[Replay]:
    """The emulator of a recording, or of its folder.

    Raises:
        ValueError, OSError: the folder has none.
    """
    read = recording if isinstance(recording, Recording) else Recording.read(recording)
    return type("RecordedReplay", (Replay,), {"recording": read})


def told_of(standing: Standing) -> dict[str, Any]:
    """What stands, as JSON."""
    return {
        "groups": sorted(standing.groups),
        "members": [
            [group, child, known.name, known.certificate, known.birth_date and known.birth_date.isoformat()]
            for (group, child), known in sorted(standing.members.items())
        ],
        "marks": [
            [cell.group, cell.child, cell.day.isoformat(), cell.lesson, status.value] for cell, status in sorted(standing.marks.items())
        ],
        "lessons": [
            [
                each.group,
                each.day.isoformat(),
                each.starts_at and each.starts_at.isoformat(),
                each.ends_at and each.ends_at.isoformat(),
                each.own_id,
                state.value,
            ]
            for each, state in sorted(standing.lessons.items(), key=lambda one: str(one[0]))
        ],
    }


def standing_of(told: Mapping[str, Any]) -> Standing:
    """What `told_of` wrote."""
    found = Standing()
    found.groups = set(told["groups"])
    for group, child, name, certificate, born in told["members"]:
        found.members[(group, child)] = Known(name, certificate, dt.date.fromisoformat(born) if born else None)
    for group, child, day, lesson, status in told["marks"]:
        found.marks[Cell(group, child, dt.date.fromisoformat(day), lesson)] = Status(status)
    for group, day, starts_at, ends_at, own_id, state in told["lessons"]:
        first, last = (dt.time.fromisoformat(each) if each else None for each in (starts_at, ends_at))
        found.lessons[LessonAt(group, dt.date.fromisoformat(day), first, last, own_id)] = LessonState(state)
    return found
