"""Whom the gateway speaks with: the register, and the clubs' own systems."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests

from gateway.core.facts import Text
from gateway.core.pace import Circuit
from gateway.doctor.line import Line, Patient, Section, same
from gateway.errors import UserError
from gateway.plugins import SourceError, SourceUnavailable, Verdict
from gateway.plugins.register import RegisterUnavailable
from gateway.store import link as store_link
from gateway.store import source_state, views

SECONDS_MAX = 5.0
BYTES_MAX = 64 * 1024
SKEW_ASKED, SKEW_BAD = dt.timedelta(seconds=30), dt.timedelta(minutes=5)
"""What is pushed is refused above five minutes (docs/serving.md)."""
REGISTER_CURE = Text(
    "проверьте register_url в gateway.toml или NAVIGATOR_URL и запущен ли реестр; ничего не потеряно, списания подождут",
    "check register_url in gateway.toml or NAVIGATOR_URL, and whether the register runs; nothing is lost, the debits wait",
)
_ROOT = "/register/v1"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class _Probe:
    """What a plain question over HTTP told. ``is_ours``: it answered as docs/register-api.md says. ``date``: its clock by the header."""

    is_ours: bool
    is_test: bool
    date: dt.datetime | None
    taken: dt.timedelta


def register(patient: Patient) -> Iterator[Line]:
    """Whether it answers, and in which version of the interface."""
    url = patient.settings.register_url
    what = Text(f"Реестр {_shown(url)}", f"The register {_shown(url)}")
    try:
        connector = patient.gateway.register
    except UserError as error:
        yield Line(Section.REGISTER, what, Verdict.BAD, error.what, error.cure)
        return
    except RegisterUnavailable as error:  # before it was asked: its address is no address
        yield Line(Section.REGISTER, what, Verdict.BAD, error.text, REGISTER_CURE)
        return
    rows = views.cursors(patient.engine) if patient.has_database else []
    try:
        connector.catalogue(next((row["cursor"] for row in rows if (row["register"], row["feed"]) == (url, "catalogue")), None))
    except RegisterUnavailable as error:
        yield Line(Section.REGISTER, what, Verdict.BAD, error.text, REGISTER_CURE, is_away=True)
        return
    probe = _probe(url)
    if probe is None or not probe.is_ours:
        yield Line(Section.REGISTER, what, Verdict.GOOD, Text("отвечает", "answers"))
        return
    yield Line(Section.REGISTER, what, Verdict.GOOD, Text("отвечает, интерфейс версии 1", "answers, version 1 of the interface"))
    if probe.is_test:
        yield Line(
            Section.REGISTER,
            what,
            Verdict.QUESTION,
            Text("это реестр для проверок", "it is a register for tests"),
            Text("для работы укажите настоящий: register_url", "for real work set the real one: register_url"),
        )


def conversation(patient: Patient) -> Iterator[Line]:
    """How the conversation has gone so far."""
    if not patient.has_database:
        return
    link = store_link.link_to(patient.engine, patient.settings.register_url)
    what = Text("Обмен с реестром", "The exchange with the register")
    if link.recover_since is not None:
        yield Line(
            Section.REGISTER,
            what,
            Verdict.BAD,
            Text("реестр знает операции, которых нет здесь", "the register knows operations that we do not"),
            same("gateway recover"),
        )
    if link.breaker.state(patient.clock) is not Circuit.CLOSED and link.breaker.open_until is not None:
        at = link.breaker.open_until.isoformat(timespec="minutes")
        yield Line(
            Section.REGISTER,
            what,
            Verdict.QUESTION,
            Text(f"на отправку не отвечал, следующая проба {at}", f"sending got no answer, the next probe is at {at}"),
            Text("ничего: как только ответит, всё уйдёт само", "nothing: as soon as it answers, all goes by itself"),
        )
    read_at = max((row["read_at"] for row in views.cursors(patient.engine) if row["read_at"]), default=None)
    if read_at is None:
        yield Line(
            Section.REGISTER,
            what,
            Verdict.QUESTION,
            Text("реестр ещё ни разу не прочитан", "the register has not been read once"),
            same("gateway run"),
        )
    else:
        yield Line(Section.REGISTER, what, Verdict.GOOD, Text(f"прочитан {read_at}", f"read at {read_at}"))


def clock(patient: Patient) -> Iterator[Line]:
    """This machine's clock beside the register's."""
    probe = _probe(patient.settings.register_url)
    what = Text("Часы рядом с часами реестра", "The clock beside the register's")
    if probe is None or probe.date is None:
        yield Line(Section.CLOCK, what, Verdict.QUESTION, Text("сравнить не с чем", "there is nothing to compare with"), REGISTER_CURE)
        return
    skew = abs(dt.datetime.now(dt.UTC) - probe.date)
    seconds = max(0, round((skew - probe.taken).total_seconds() - 1))  # the header tells whole seconds
    found = Text(f"расходятся на {seconds} с", f"they differ by {seconds} s")
    verdict = Verdict.BAD if skew > SKEW_BAD else Verdict.QUESTION if skew > SKEW_ASKED else Verdict.GOOD
    cure = Text("включите синхронизацию времени (NTP) на обеих машинах", "switch the synchronisation of time (NTP) on, on both machines")
    yield Line(Section.CLOCK, what, verdict, found, None if verdict is Verdict.GOOD else cure)


def sources(patient: Patient) -> Iterator[Line]:
    """Each club's system: how it was read last, and what it answers now."""
    providers = patient.gateway.providers() if patient.has_database else {}
    states = {(one.provider, one.source): one for one in source_state.states(patient.engine)} if patient.has_database else {}
    for name, settings in sorted(patient.settings.sources.items()):
        what = Text(f"Источник {name}", f"The source {name}")
        if providers and settings.provider not in providers:
            known = ", ".join(sorted(providers))
            yield Line(
                Section.SOURCES,
                what,
                Verdict.BAD,
                Text(f"организации «{settings.provider}» нет в реестре", f"the register has no provider “{settings.provider}”"),
                Text(f"укажите provider: {known}", f"set provider to one of: {known}"),
            )
        state = states.get((settings.provider, name))
        if state is not None and state.trouble is not None:
            yield Line(Section.SOURCES, what, Verdict.QUESTION, _last_time(state.trouble[0]), state.trouble[1])
        elif state is not None and state.read_at is not None:
            at = state.read_at.isoformat(timespec="minutes")
            yield Line(Section.SOURCES, what, Verdict.GOOD, Text(f"прочитан до конца {at}", f"read to its end at {at}"))
        yield from _checked(patient, name, what)


def _checked(patient: Patient, name: str, source: Text) -> Iterator[Line]:
    """What its adapter says of it now; what ends that early is its last line."""
    try:
        patient.gateway.check_secrets(name)
        if name not in patient.gateway.asked_sources():  # it pushes: there is nobody to ask
            yield Line(Section.SOURCES, source, Verdict.GOOD, same(f"POST /receive/{name}"))
            return
        for one in patient.gateway.check_source(name):
            what = Text(f"{source.ru}: {one.what.ru}", f"{source.en}: {one.what.en}")
            yield Line(Section.SOURCES, what, one.verdict, one.found, one.cure)
    except UserError as error:
        yield Line(Section.SOURCES, source, Verdict.BAD, error.what, error.cure)
    except SourceError as error:
        yield Line(Section.SOURCES, source, Verdict.BAD, error.what, error.cure, is_away=isinstance(error, SourceUnavailable))


def _last_time(what: Text) -> Text:
    return Text(f"в последний раз: {what.ru}", f"the last time: {what.en}")


def _probe(url: str) -> _Probe | None:
    """A plain question beside the connector, for what an answer's head tells; None: no answer."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    session = requests.Session()
    session.trust_env = parts.hostname not in _LOOPBACK
    begun = time.monotonic()
    try:
        with session.get(url.rstrip("/") + f"{_ROOT}/health", timeout=SECONDS_MAX, allow_redirects=False, stream=True) as response:
            body = response.raw.read(BYTES_MAX, decode_content=True)
            date, status = response.headers.get("Date"), response.status_code
    except (requests.RequestException, OSError):
        return None
    taken = dt.timedelta(seconds=time.monotonic() - begun)
    return _Probe(status == 200 and b'"status"' in body, b'"test": true' in body or b'"test":true' in body, _date(date), taken)


def _date(text: str | None) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=dt.UTC) if found is not None and found.tzinfo is None else found


def _shown(url: str) -> str:
    """Without a name and password that may stand in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
