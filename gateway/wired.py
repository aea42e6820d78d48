"""Settings, plugins, store and flow, wired together: what every part of the `Gateway` (bootstrap.py) stands on."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from gateway.core import decide
from gateway.core.facts import RegisterProvider, Text
from gateway.errors import UserError
from gateway.flow import Flow, Progress, silent
from gateway.packs import PackError, RegionPack, bind_rules, bind_tariff, load_pack
from gateway.plugins.manager import Plugins, load_plugins
from gateway.plugins.register import RegisterConnector
from gateway.plugins.source import FileAdapter
from gateway.settings import Settings
from gateway.store import post as store_post
from gateway.store import register as store_register
from gateway.store import source as store_source
from gateway.store import views
from gateway.store.engine import Engine, open_engine, reading
from gateway.vault import Vault

Made = TypeVar("Made")


@dataclass
class Wired:
    """Settings, plugins, store and flow, each opened when it is first needed; every part of the `Gateway` stands on it.

    Attributes:
        clock: the current instant, aware.
        language: ru or en, of what is returned for people.
        overrides: a pack.toml whose values go before the pack's.
        environment: where the secrets of sources may be.
    """

    home: Path
    settings: Settings
    clock: Callable[[], dt.datetime]
    language: str = "ru"
    overrides: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    # ------------------------------------------------------------ wiring, each part when it is first needed

    @cached_property
    def plugins(self) -> Plugins:
        return load_plugins(self.home / "plugins")

    @cached_property
    def pack(self) -> RegionPack:
        return of_pack(lambda: load_pack(self.settings.pack, self.overrides, self.home / "regions"))

    @cached_property
    def rules(self) -> decide.RulesInForce:
        bound = of_pack(lambda: bind_rules(self.pack, self.plugins.rules))
        tariff = of_pack(lambda: bind_tariff(self.pack, self.plugins.tariffs.values()))
        return decide.RulesInForce(
            enrollment_rules=[decide.BoundRule(*one) for one in bound.enrollment],
            mark_rules=[decide.BoundRule(*one) for one in bound.marks],
            price=lambda group, minutes: tariff.tariff.price(group, minutes, tariff.parameters),
            nominal_period=self.pack.nominal_period,
        )

    @cached_property
    def engine(self) -> Engine:
        return open_engine(self.settings.database or f"sqlite:///{self.home / 'gateway.sqlite'}")

    @cached_property
    def register(self) -> RegisterConnector:
        connector = self.plugins.registers.get(self.settings.register)
        if connector is None:
            known = ", ".join(sorted(self.plugins.registers))
            raise UserError(
                Text(
                    f"Нет такого способа связи с реестром: «{self.settings.register}».",
                    f"There is no register connector “{self.settings.register}”.",
                ),
                Text(f"Укажите в gateway.toml register: {known}.", f"Set register in gateway.toml to one of: {known}."),
            )  # fmt: skip
        return connector(self.settings.register_url)

    @cached_property
    def vault(self) -> Vault:
        return Vault.open(self.home / "secret.key")

    def unknown_in_order(self) -> list[UserError]:
        """Names in an order of sources (``[providers.P] precedence``) that are no source of that provider: each a wrong setting.

        Its sources are those that the settings name, sheets by the name of what reads them, and whatever it has sent in under another name.
        """
        found = []
        sheets = {name for name, adapter in self.plugins.adapters.items() if isinstance(adapter, FileAdapter)}
        for provider, order in sorted(self.settings.precedence.items()):
            own = {name for name, one in self.settings.sources.items() if one.provider == provider} | sheets
            if not set(order) <= own:
                own |= store_source.sources_of(self.engine, provider)
            key = f"{self.home / 'gateway.toml'}: providers.{provider}.precedence"
            found += [_no_source(key, name, ", ".join(sorted(own))) for name in order if name not in own]
        return found

    @cached_property
    def flow(self) -> Flow:
        for wrong in self.unknown_in_order():
            raise wrong
        return Flow(
            self.engine,
            self.register,
            self.rules,
            self.vault,
            match_by_name=self.pack.match_by_name,
            register_name=self.settings.register_url,
            settled=self.plugins.notify_operations_settled,
            precedence=self.settings.precedence,
        )

    # ------------------------------------------------------------ providers

    def providers(self) -> dict[str, RegisterProvider]:
        with reading(self.engine) as connection:
            return store_register.providers(connection)

    def provider(self, provider: str | None) -> RegisterProvider:
        """The provider asked for, or the only one there is."""
        known = self.providers()
        if provider is None and len(known) == 1:
            return next(iter(known.values()))
        if provider in known:
            return known[provider]
        listed = ", ".join(sorted(known)) or "—"
        if provider is None:
            what = Text("Чей это табель? Организаций несколько.", "Whose sheet is this? There are several providers.")
        else:
            what = Text(f"Организации «{provider}» нет в реестре.", f"The register has no provider “{provider}”.")
        raise UserError(what, Text(f"Укажите --provider: {listed}.", f"Give --provider, one of: {listed}."))

    # ------------------------------------------------------------ runs

    def run(self, progress: Progress = silent) -> dict[str, Any]:
        """What the scheduler would do now: read the register, then all stages."""
        now = self.clock()
        before = views.booked(self.engine)
        self.flow.read_register(now, progress)
        complete = self.flow.run(now, progress)
        after = views.booked(self.engine)
        report = {
            "complete": complete,
            "counts": views.counts(self.engine),
            "under_way": store_post.under_way(self.engine),
            "booked_kopecks": after["booked"],
            "accepted_kopecks": after["accepted"],
            "changed_kopecks": after["accepted"] - before["accepted"],
        }
        self.plugins.notify_run_finished(report)
        return report

    def after_answer(self, progress: Progress = silent) -> bool:
        """An answer has listed its marks: run the stages on them."""
        now = self.clock()
        self.flow.read_register(now, progress)
        return self.flow.run(now, progress)


def of_pack(work: Callable[[], Made]) -> Made:
    """What is done with the region pack; what is wrong with the pack is told as the user's to mend."""
    try:
        return work()
    except PackError as error:
        raise UserError(Text(f"{error.where}: {error.what.ru}", f"{error.where}: {error.what.en}"), error.cure) from error


def _no_source(key: str, name: str, own: str) -> UserError:
    return UserError(
        Text(f"{key}: источника «{name}» у организации нет", f"{key}: the provider has no source “{name}”"),
        Text(
            f"Источники организации: {own}. Имя, с каким сдают табели (--source), впишите, когда сдан первый из них.",
            f"The provider's sources: {own}. A name that sheets come under (--source) is written here when the first of them has come.",
        ),
    )
