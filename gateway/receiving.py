"""What sources push, and their hints, as a part of the `Gateway` (bootstrap.py)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.core.facts import Level, Text
from gateway.errors import UserError
from gateway.flow.receive import take_delivery
from gateway.plugins import BadParameter, PushedAdapter, SourceRefused, check_secret, secret
from gateway.plugins.settings import settings_of
from gateway.plugins.source import NamesDeliveries
from gateway.plugins.sources import with_the_clubs_clock
from gateway.schedule import POST, Scheduled
from gateway.settings import SourceSettings
from gateway.store import delivery as store_delivery
from gateway.store import schedule as store_schedule
from gateway.store import source_state


class Delivered(NamedTuple):
    """``is_new`` False: this very delivery was stored before. ``new``: marks; ``unread``: items that were not taken."""

    is_new: bool
    new: int = 0
    unread: int = 0


@dataclass(frozen=True)
class _Hint:
    hint: str = secret(Text("секрет намёка", "the hint's secret"))


class NotPushed(UserError):
    """There is no such source, or it is none that pushes, or that may hint."""


class Receiving(Scheduled):
    """What the `Gateway` takes in unasked."""

    def receive(self, name: str, headers: Mapping[str, str], body: bytes) -> Delivered:
        """Store what a source has pushed; the stages run soon afterwards. When this returns it is stored.

        Args:
            headers: by their names in lower case.

        Raises:
            NotPushed: there is no source of that name, or it does not push.
            NotSigned: nobody is to be believed.
            SourceRefused: the body is not understood.
            UserError: its settings cannot be used, or the register's facts do not have its provider yet.
            Overtaken: too many deliver at once: it may be told again.
        """
        settings = self._pushing(name)
        adapter = self.plugins.adapters.get(settings.adapter)
        if not isinstance(adapter, PushedAdapter):
            raise NotPushed(
                Text(f"Источник «{name}» ничего не присылает.", f"The source “{name}” does not push."),
                Text("Его спрашивают: gateway sync.", "It is asked: gateway sync."),
            )
        now = self.clock()
        own = self._settings_of(adapter.settings, settings, settings.values)
        batches = list(adapter.receive(own, headers, body, now))
        delivery = adapter.delivery(own, headers, body) if isinstance(adapter, NamesDeliveries) else None
        if delivery is not None and store_delivery.is_stored(self.engine, settings.provider, name, delivery):
            return Delivered(is_new=False)
        collected = take_delivery(self.flow, self.request_of(settings, body, lambda: batches, now), batches, now)
        if delivery is not None:  # only now: what dies before is told again, and is then no news
            store_delivery.remember(self.engine, settings.provider, name, delivery, now)
        unread = sum(finding.level is Level.UNREAD for finding, _ in collected.findings)
        told = Delivered(True, sum(read.is_new for read in collected.read), unread)
        state = source_state.SourceState(settings.provider, name, now, now, None, told.new, 0, told.unread)
        source_state.save_reading(self.engine, state)
        (post,) = [job for job in self.jobs() if job.name == POST]
        store_schedule.hint(self.engine, post.name, post.pace, now)
        return told

    def check_secrets(self, name: str) -> None:
        """Whether the settings of a source that pushes, and the secret of its hints, can be used.

        Raises:
            UserError: they cannot.
        """
        settings = self.source_settings(name)
        adapter = self.plugins.adapters.get(settings.adapter)
        if isinstance(adapter, PushedAdapter):
            self._settings_of(adapter.settings, settings, settings.values)
        if settings.hint:
            self._settings_of(_Hint, settings, {"hint": settings.hint})

    def note_refused(self, name: str, error: SourceRefused) -> None:
        """Tell the operator that deliveries are refused, and why. What was read before stands."""
        settings = self.source_settings(name)
        state = source_state.SourceState(settings.provider, name, self.clock(), None, (error.what, error.cure), 0, 0, 0)
        source_state.save_reading(self.engine, state)

    def take_hint(self, name: str, given: str) -> dt.datetime | None:
        """Somebody says that there is something new at a source: it is asked soon. When.

        Raises:
            NotPushed: there is no source of that name, it is not asked, or nobody may hint.
            NotSigned: the secret is another.
            UserError: the secret is not where the settings say.
        """
        settings = self._pushing(name)
        if not settings.hint or name not in self.asked_sources():
            raise NotPushed(
                Text(f"Источнику «{name}» намёков не дают.", f"Nobody may hint at the source “{name}”."),
                Text(f"Укажите секрет: hint в [sources.{name}].", f"Give a secret: hint in [sources.{name}]."),
            )
        check_secret(given, (self._settings_of(_Hint, settings, {"hint": settings.hint}).hint,))
        return self.hint(name)

    def _pushing(self, name: str) -> SourceSettings:
        """A source by its name; whoever pushes is not told which others there are."""
        try:
            return self.source_settings(name)
        except UserError:
            raise NotPushed(
                Text(f"Источника «{name[:64]}» нет.", f"There is no source “{name[:64]}”."),
                Text("Проверьте адрес: /receive/ИСТОЧНИК.", "Check the address: /receive/SOURCE."),
            ) from None

    def _settings_of(self, declared: type, settings: SourceSettings, values: Mapping[str, object]) -> Any:
        try:
            known = self.providers().get(settings.provider)
            given = with_the_clubs_clock(declared, values, known.time_zone if known is not None else None)
            return settings_of(declared, given, self.environment, self.home)
        except BadParameter as error:
            table = f"[sources.{settings.name}] {error.parameter}"
            raise UserError(
                Text(f"{table}: {error.what.ru}", f"{table}: {error.what.en}"),
                Text("Исправьте таблицу в gateway.toml.", "Mend the table in gateway.toml."),
            ) from error
