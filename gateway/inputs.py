"""Files and sources: how the `Gateway` (bootstrap.py) takes in what providers say."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import holidays

from gateway.core.collect import Collected
from gateway.core.facts import Batch, Text
from gateway.errors import EXIT_UNREADABLE, EXIT_USAGE, UserError
from gateway.flow import Progress, silent
from gateway.flow import rejects as flow_rejects
from gateway.flow.intake import Intake, IntakeRequest, Outcomes, take_in, try_out
from gateway.flow.report import report_of
from gateway.flow.sync import Pulled, pull
from gateway.monthly import checked_month
from gateway.plugins import (
    BadParameter,
    Checked,
    FileAdapter,
    Http,
    PushedAdapter,
    Source,
    SourceAdapter,
    SourceError,
    SourceRefused,
    SourceUnavailable,
)
from gateway.plugins.sources import Listed, Told, clocks_checked, listed, opened, told_in, with_the_clubs_clock
from gateway.settings import SourceSettings
from gateway.store import collect as store_collect
from gateway.store import queues as store_queues
from gateway.store import source_state, views
from gateway.wired import Wired


class Inputs(Wired):
    """What the `Gateway` can do with files and sources."""

    # ------------------------------------------------------------ files

    def import_file(
        self,
        path: Path,
        provider: str | None = None,
        mapping: Path | None = None,
        month: str | None = None,
        source: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Take a file in and run all stages; the report (docs/cli.md). Call `finished` once it has been given to the user.

        Raises:
            RegisterUnavailable: the register's facts could not be read: nothing is changed.
        """
        now, asked = self._asked(path, provider, mapping, month, source, progress)
        self._keep_raw(path)
        intake = take_in(self.flow, asked, now, progress)
        if mapping is not None and intake.refused is None:  # one that cannot be used does not take a good one's place
            text = mapping.read_text(encoding="utf-8-sig")
            store_queues.keep_mapping(self.engine, asked.provider.provider, asked.source, text, mapping.name, now)
        report = self._report(intake, asked)
        self.plugins.notify_run_finished(report)
        return report

    def dry_run_file(
        self,
        path: Path,
        provider: str | None = None,
        mapping: Path | None = None,
        month: str | None = None,
        source: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """What `import_file` would make of the file. Nothing but the register's facts is stored."""
        now, asked = self._asked(path, provider, mapping, month, source, progress)
        return self._report(try_out(self.flow, asked, now, progress), asked)

    def finished(self, report: Mapping[str, Any]) -> None:
        """The report has reached its reader: the same request is a new one from here on."""
        if report["run"] is not None:
            store_collect.finish_run(
                self.engine, report["provider"], report["run"], {"outcome": report["outcome"], **report["counts"]}, self.clock()
            )

    def _asked(
        self, path: Path, provider: str | None, mapping: Path | None, month: str | None, source: str | None, progress: Progress
    ) -> tuple[dt.datetime, IntakeRequest]:
        """The instant of the call and what it asks, by the register's facts of this moment."""
        now = self.clock()
        self.flow.read_register(now, progress)
        _check_readable(path)
        if month is not None:
            checked_month(month)
        known = self.provider(provider)
        adapter = self._adapter_for(path)
        source = source or adapter.name
        kept = self._mapping(known.provider, source, mapping)
        return now, IntakeRequest(
            name=path.name,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            provider=known,
            source=source,
            batches=lambda: adapter.parse(path, kept, month, now),
            mapping=kept,
            month=month,
            holidays=_holidays(now.year),
            limit_percent=self.pack.withdrawal_limit_percent,
        )

    def _adapter_for(self, path: Path) -> FileAdapter:
        for adapter in reversed(list(self.plugins.adapters.values())):  # the built-in one, loaded first, takes whatever nobody else does
            if isinstance(adapter, FileAdapter) and adapter.reads(path):
                return adapter
        raise UserError(
            Text(f"{path.name}: такой файл читать нечем.", f"{path.name}: nothing reads such a file."),
            Text("Сохраните табель как XLSX.", "Save the sheet as XLSX."),
            EXIT_UNREADABLE,
        )

    def _mapping(self, provider: str, source: str, path: Path | None) -> dict[str, Any]:
        if path is None:
            kept = store_queues.mappings(self.engine, provider, source)
            return tomllib.loads(kept[0]["body"]) if kept else {}
        _check_readable(path)
        try:
            return tomllib.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UserError(
                Text(f"{path}: файл соответствия не прочитан: {error}", f"{path}: the mapping cannot be read: {error}"),
                Text("Исправьте запись TOML: docs/mapping.md.", "Mend its TOML: docs/mapping.md."),
                EXIT_UNREADABLE,
            ) from error

    def _keep_raw(self, path: Path) -> None:
        """The file as it came, by content hash, encrypted: a restore can read it again."""
        self.vault.keep_file(path, self.home / "inbox")

    def _report(self, intake: Intake, asked: IntakeRequest) -> dict[str, Any]:
        of = {"provider": asked.provider.provider, "provider_name": asked.provider.name, "source": asked.source}
        return of | self._told(intake, asked.name)

    def _told(self, intake: Intake, name: str) -> dict[str, Any]:
        certificates = {one.certificate for each in intake.outcomes.claims.values() for one in each if one.certificate}
        children = {one.child for one in intake.outcomes.marks.values() if one.child}
        return report_of(
            intake,
            name,
            self.language,
            views.numbers_of(self.engine, certificates),
            views.numbers_of_children(self.engine, children),
        )

    # ------------------------------------------------------------ what was refused

    def rejects(
        self, provider: str | None = None, month: str | None = None, source: str | None = None, group: str | None = None
    ) -> list[dict[str, Any]]:
        """Refused and waiting marks, and those that no lesson can hold, with what their rows said."""
        if month is not None:
            checked_month(month)
        systems = frozenset(self.settings.sources) | {one.source for one in source_state.states(self.engine)}
        return flow_rejects.rejects(self.flow, provider, month, source, group, systems, self.language)

    def unread(
        self, provider: str | None = None, month: str | None = None, source: str | None = None, group: str | None = None
    ) -> list[dict[str, Any]]:
        """What of the files was not understood, and stands so."""
        return flow_rejects.unread(self.flow, provider, month, source, group, self.language)

    # ------------------------------------------------------------ sources

    @cached_property
    def _http(self) -> dict[str, Http]:
        """One for each provider: its systems' rates are its own."""
        return {}

    def source_settings(self, name: str) -> SourceSettings:
        """A source by its name.

        Raises:
            UserError: there is none of that name.
        """
        found = self.settings.sources.get(name)
        if found is None:
            known = ", ".join(sorted(self.settings.sources)) or "—"
            raise UserError(
                Text(f"Источника «{name}» нет в gateway.toml.", f"gateway.toml has no source “{name}”."),
                Text(f"Есть: {known}. Новый: таблица [sources.{name}].", f"There are: {known}. A new one: a table [sources.{name}]."),
            )
        return found

    def open_source(self, name: str, http: Http | None = None) -> Source:
        """A source ready to be asked; nothing is asked yet.

        Args:
            http: another client than the one that the provider's sources share.

        Raises:
            UserError: there is none of that name, or its adapter is none that is asked.
            SourceRefused: its settings cannot be used.
        """
        asked, adapter = self.source_settings(name), self.adapter_of_source(name)
        http = http or self._http.setdefault(asked.provider, Http())
        try:
            values = with_the_clubs_clock(adapter.settings, asked.values, self._clubs_zone(asked))
            return opened(adapter, values, http, self.environment, self.home)
        except BadParameter as error:
            raise SourceRefused(
                Text(f"[sources.{name}] {error.parameter}: {error.what.ru}", f"[sources.{name}] {error.parameter}: {error.what.en}"),
                Text(
                    "исправьте таблицу в gateway.toml; секрет должен быть там, где она говорит, у того, кто запускает шлюз",
                    "mend the table in gateway.toml; a secret must be where it says, for whoever runs the gateway",
                ),
            ) from error

    def adapter_of_source(self, name: str) -> SourceAdapter:
        """The adapter of a source.

        Raises:
            UserError: there is no source of that name, or its adapter is none that is asked.
        """
        asked = self.source_settings(name)
        adapter = self.plugins.adapters.get(asked.adapter)
        if not isinstance(adapter, SourceAdapter):
            able = ", ".join(sorted(name for name, one in self.plugins.adapters.items() if isinstance(one, SourceAdapter)))
            raise UserError(
                Text(f"[sources.{name}]: адаптера «{asked.adapter}» нет.", f"[sources.{name}]: there is no adapter “{asked.adapter}”."),
                Text(f"Укажите в gateway.toml adapter: {able}.", f"Set adapter in gateway.toml to one of: {able}."),
            )
        return adapter

    def adapters(self) -> list[Listed]:
        """The adapters that are loaded, what they can and what they want to know."""
        return [listed(one) for _, one in sorted(self.plugins.adapters.items())]

    def check_source(self, name: str) -> Iterator[Checked]:
        """Whether a source can be read, line by line.

        Raises:
            SourceError: it ended early.
        """
        source, settings = self.open_source(name), self.source_settings(name)
        clocks = clocks_checked(self.adapter_of_source(name).settings, settings.values, self._clubs_zone(settings))
        if clocks is not None:
            yield clocks
        yield from source.check()

    def _clubs_zone(self, settings: SourceSettings) -> str | None:
        """None: the register does not know the provider, or has not been read yet."""
        known = self.providers().get(settings.provider)
        return known.time_zone if known is not None else None

    def try_source(
        self,
        name: str,
        since: dt.date | None = None,
        seen: Callable[[Told], None] = lambda record: None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """What `sync` would make of all that a source says. Nothing but the register's facts is stored.

        Args:
            seen: called with each record, window and finding as it comes.

        Raises:
            SourceError: the source gave nothing, or not all.
        """
        now = self.clock()
        self.flow.read_register(now, progress)
        asked = self._asked_of(self.source_settings(name), self.open_source(name), now, since, is_first=True)

        def shown() -> Iterator[Batch]:
            for batch in asked.batches():
                for record in told_in(batch):
                    seen(record)
                yield batch

        return self._report(try_out(self.flow, replace(asked, batches=shown), now, progress), asked)

    def sync(
        self, provider: str | None = None, source: str | None = None, since: dt.date | None = None, progress: Progress = silent
    ) -> list[dict[str, Any]]:
        """Ask the configured sources and run all stages; a report each, as of an import. Call `finished` once it has been given.

        What is the matter with one of them is in its report (``trouble``), and the others are asked all the same.

        Args:
            source: only this one; provider: only this provider's.
            since: read back at least to this day, as on the first time.

        Raises:
            UserError: there is none to ask.
            RegisterUnavailable: the register's facts could not be read: nothing is changed.
        """
        names = self._to_ask(provider, source)
        now = self.clock()
        self.flow.read_register(now, progress)
        reports = []
        for name in names:
            report = self._sync_one(self.settings.sources[name], since, progress)
            self.plugins.notify_run_finished(report)
            reports.append(report)
        return reports

    def _to_ask(self, provider: str | None, source: str | None) -> list[str]:
        if source is not None:
            self.source_settings(source)
        sources = self.settings.sources
        names = [name for name in self.asked_sources() if source in (None, name) and provider in (None, sources[name].provider)]
        if not names:
            raise UserError(
                Text("Спрашивать некого: источников нет.", "There is nobody to ask: no source is set up."),
                Text(
                    "Опишите источник в gateway.toml: таблица [sources.ИМЯ].", "Describe a source in gateway.toml: a table [sources.NAME]."
                ),
                EXIT_USAGE,
            )
        return names

    def asked_sources(self) -> list[str]:
        """The sources that are asked, by name."""
        return sorted(name for name, one in self.settings.sources.items() if self._is_asked(one))

    def _is_asked(self, settings: SourceSettings) -> bool:
        """A source that only pushes is not; what has no adapter is, so that it is told."""
        adapter = self.plugins.adapters.get(settings.adapter)
        return isinstance(adapter, SourceAdapter) or not isinstance(adapter, PushedAdapter)

    def _sync_one(self, settings: SourceSettings, since: dt.date | None, progress: Progress) -> dict[str, Any]:
        now = self.clock()
        pulled: Pulled | None = None
        trouble: SourceError | None = None
        try:
            asked = self._asked_of(settings, self.open_source(settings.name), now, since)
            pulled = pull(self.flow, asked, now, progress)
            trouble = pulled.trouble
        except SourceError as error:
            trouble = error
        except UserError as error:
            trouble = SourceRefused(error.what, error.cure)
        except source_state.Overtaken:
            trouble = SourceUnavailable(
                Text("тот же источник тем временем спросил кто-то ещё", "somebody else has asked the same source meanwhile"),
                Text("ничего делать не нужно: считается его ответ", "nothing is to be done: its answer counts"),
            )
        report = self._report_of_reading(settings, pulled, trouble)
        source_state.save_reading(self.engine, _state(settings, report, trouble, now))
        return report | {"freshness": self._freshness(settings)}

    def _asked_of(
        self, settings: SourceSettings, source: Source, now: dt.datetime, since: dt.date | None, is_first: bool = False
    ) -> IntakeRequest:
        known = self.provider(settings.provider)

        def batches() -> Any:
            cursor = None if is_first else source_state.cursor_of(self.engine, known.provider, settings.name)
            return source.pull(cursor, now, since)

        return self.request_of(settings, f"{settings.adapter}/{settings.name}".encode(), batches, now)

    def request_of(
        self, settings: SourceSettings, content: bytes, batches: Callable[[], Iterable[Batch]], now: dt.datetime
    ) -> IntakeRequest:
        """What a source says, as the stages want it. ``content``: whatever makes it the same request as another."""
        known = self.provider(settings.provider)
        return IntakeRequest(
            name=settings.name,
            sha256=hashlib.sha256(content).hexdigest(),
            provider=known,
            source=settings.name,
            batches=batches,
            mapping=self._mapping(known.provider, settings.name, None),
            holidays=_holidays(now.year),
            limit_percent=self.pack.withdrawal_limit_percent,
            attempt=0,
        )

    def _report_of_reading(self, settings: SourceSettings, pulled: Pulled | None, trouble: SourceError | None) -> dict[str, Any]:
        if pulled is None:
            pulled = Pulled(Intake(None, Collected(), Outcomes()))
        known = self.providers().get(settings.provider)
        report = self._told(pulled.intake, settings.name)
        if trouble is not None:
            report["outcome"] = "partly" if pulled.intake.run is not None or report["marks"] else "refused"
        report["new"] += pulled.new
        report["unchanged"] += pulled.unchanged
        told = {"what": trouble.what.in_language(self.language), "cure": trouble.cure.in_language(self.language)} if trouble else None
        return {
            "provider": settings.provider,
            "provider_name": known.name if known else settings.provider,
            "source": settings.name,
            "adapter": settings.adapter,
            "trouble": told | {"again": isinstance(trouble, SourceUnavailable)} if told else None,
        } | report

    def _freshness(self, settings: SourceSettings) -> dict[str, str | None]:
        for one in source_state.states(self.engine):
            if (one.provider, one.source) == (settings.provider, settings.name):
                return {"tried_at": _text(one.tried_at), "read_at": _text(one.read_at)}
        return {"tried_at": None, "read_at": None}


def _state(settings: SourceSettings, report: Mapping[str, Any], trouble: SourceError | None, now: dt.datetime) -> source_state.SourceState:
    counts = report["counts"]
    return source_state.SourceState(
        settings.provider,
        settings.name,
        now,
        None if trouble else now,
        (trouble.what, trouble.cure) if trouble else None,
        report["new"],
        sum(counts["refused"].values()) + sum(counts["waiting"].values()),
        counts["unread"],
    )


def _text(instant: dt.datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _check_readable(path: Path) -> None:
    if path.is_dir():
        what = Text(f"Это папка, а нужен файл: {path}", f"A folder, where a file is needed: {path}")
    elif not path.exists():
        what = Text(f"Файла нет: {path}", f"There is no such file: {path}")
    elif not os.access(path, os.R_OK):
        what = Text(f"Файл нельзя прочитать, нет прав: {path}", f"The file may not be read: {path}")
    else:
        return
    raise UserError(what, Text("Проверьте имя, папку и права.", "Check its name, folder and permissions."), EXIT_UNREADABLE)


def _holidays(year: int) -> frozenset[dt.date]:
    """Official days off, transferred ones included, of the years that a sheet may be about."""
    return frozenset(holidays.country_holidays("RU", years=range(year - 2, year + 2)))
