"""The database: whether it is there and ours, keeps what it is given, proves itself; and what is stuck in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from gateway.core.facts import Text
from gateway.doctor.line import Line, Patient, Section, same
from gateway.flow.living import is_abandoned
from gateway.plugins import Verdict
from gateway.schedule import VERIFY, jobs_at_work
from gateway.store import health
from gateway.store import outbox as store_outbox
from gateway.store import schedule as store_schedule
from gateway.store.engine import Layout, look_at_layout
from gateway.store.health import Queue

STUCK_AFTER, LOST_AFTER = dt.timedelta(hours=1), dt.timedelta(days=1)
PERSON_AFTER = dt.timedelta(days=7)
PROVED_WITHIN = dt.timedelta(days=8)
CURE = Text(
    "проверьте database в gateway.toml, запущен ли сервер базы, права и свободное место",
    "check database in gateway.toml, whether the database's server runs, the rights and the free space",
)
_EXPECTED: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"journal_mode": "wal", "synchronous": "full"},
    "postgresql": {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"},
}
_NAMES = {
    "to_match": Text("Ждут узнавания", "To be matched"),
    "to_decide": Text("Ждут решения", "To be decided"),
    "to_book": Text("Ждут проводки", "To be booked"),
    "to_send": Text("Ждут отправки", "To be sent"),
    "unanswered": Text("Без ответа реестра", "Unanswered by the register"),
    "held": Text("Придержаны человеком", "Held back by a person"),
    "match": Text("Не узнаны, ждут человека", "Not recognised, wait for a person"),
    "withdrawals": Text("Ждёт подтверждения человека", "What a person has to confirm"),
    "conflicts": Text("Два источника расходятся", "Two sources differ"),
}
_COMMANDS = {
    "held": "gateway outbox",
    "unanswered": "gateway outbox",
    "match": "gateway match",
    "withdrawals": "gateway confirm",
    "conflicts": "gateway conflicts",
}


def reachable(patient: Patient) -> Iterator[Line]:
    """Whether it is there, and made by this version."""
    what = Text("База", "The database")
    if patient.file is not None and not patient.file.exists():
        yield Line(
            Section.DATABASE,
            what,
            Verdict.QUESTION,
            Text(f"{patient.file}: ещё нет", f"{patient.file}: not there yet"),
            Text(
                "её сделает первая команда; если она была, верните её или gateway restore, затем gateway recover",
                "the first command makes it; if there was one, put it back or gateway restore, then gateway recover",
            ),
        )
        return
    layout = look_at_layout(patient.engine)
    name = Text(patient.engine.dialect.name, patient.engine.dialect.name)
    if layout is Layout.OURS:
        yield Line(Section.DATABASE, what, Verdict.GOOD, Text(f"{name.ru}, эта версия", f"{name.en}, this version's"))
    elif layout is Layout.NONE:
        yield Line(
            Section.DATABASE,
            what,
            Verdict.QUESTION,
            Text(f"{name.ru}, пуста", f"{name.en}, empty"),
            Text("таблицы сделает первая команда", "the first command makes the tables"),
        )
    else:
        yield Line(
            Section.DATABASE,
            what,
            Verdict.BAD,
            Text("сделана другой версией шлюза", "made by another version of the gateway"),
            Text("отложите её в сторону или работайте той версией, что её сделала", "move it away, or use the version that made it"),
        )


def durable(patient: Patient) -> Iterator[Line]:
    """Whether what was stored survives a power cut."""
    if not patient.has_database:
        return
    found = health.durability(patient.engine)
    expected = _EXPECTED.get(patient.engine.dialect.name, {})
    other = {name: value for name, value in found.items() if name in expected and value != expected[name]}
    shown = ", ".join(f"{name} = {value}" for name, value in found.items())
    what = Text("Переживёт ли потерю питания", "Whether it survives a power cut")
    if not other:
        yield Line(Section.DATABASE, what, Verdict.GOOD, same(shown))
        return
    cure = ", ".join(f"{name} = {expected[name]}" for name in other)
    yield Line(
        Section.DATABASE,
        what,
        Verdict.BAD,
        same(shown),
        Text(f"поставьте в настройках базы {cure}", f"set {cure} in the database's settings"),
    )


def writable(patient: Patient) -> Iterator[Line]:
    """Whether it takes what it is given."""
    if patient.has_database:
        health.check_writable(patient.engine)
        yield Line(Section.DATABASE, Text("Запись", "Writing"), Verdict.GOOD, Text("принимает", "is taken"))


def ledger(patient: Patient) -> Iterator[Line]:
    """The seals, where that is quick; else when they were proved last. And who is stopped because of them."""
    if not patient.has_database:
        return
    what = Text("Печати и суммы", "Seals and sums")
    for payer, why in sorted(store_outbox.stopped(patient.engine).items()):
        yield Line(
            Section.DATABASE,
            what,
            Verdict.BAD,
            Text(f"для плательщика {payer} ничего не отправляется: {why}", f"nothing is sent for the payer {payer}: {why}"),
            same("gateway verify"),
        )
    number = health.transfers(patient.engine)
    if number <= health.PROVED_TRANSFERS_MAX:
        faults = health.ledger_faults(patient.engine)
        for payer, found in sorted(faults.items()):
            words = Text(f"плательщик {payer}, не сходится: {found}", f"payer {payer}, what does not hold: {found}")
            yield Line(Section.DATABASE, what, Verdict.BAD, words, same("gateway verify"))
        if not faults:
            yield Line(Section.DATABASE, what, Verdict.GOOD, Text("целы", "all hold"))
        return
    last = store_schedule.states(patient.engine).get(VERIFY)
    if last is None or last.finished_at is None or patient.clock - last.finished_at > PROVED_WITHIN:
        found_ = Text("давно не проверялись", "not proved for long")
        yield Line(Section.DATABASE, what, Verdict.QUESTION, found_, same("gateway verify"))
    else:
        at = last.finished_at.isoformat(timespec="minutes")
        yield Line(Section.DATABASE, what, Verdict.GOOD, Text(f"проверены {at}", f"proved at {at}"))


def queues(patient: Patient) -> Iterator[Line]:
    """Lists that nobody gets on with, and people who are waited for."""
    if not patient.has_database:
        return
    busy = jobs_at_work(patient.engine, patient.clock)
    stuck = [_list(queue, bool(busy), patient.clock) for queue in health.lists(patient.engine) if queue.entries]
    yield from stuck
    if not stuck:
        what = Text("Очереди", "Lists")
        yield Line(Section.DATABASE, what, Verdict.GOOD, Text("пусты", "empty"))
    for queue in health.questions(patient.engine):
        if queue.entries:
            is_old = queue.since is not None and patient.clock - queue.since > PERSON_AFTER
            verdict = Verdict.QUESTION if is_old else Verdict.GOOD
            yield Line(Section.DATABASE, _NAMES[queue.name], verdict, _shown(queue), same(_COMMANDS[queue.name]) if is_old else None)
    left = health.abandoned_leases(patient.engine, patient.clock, is_abandoned)
    if left:
        what = Text("Брошено на полпути", "Left half-way")
        found = Text(f"операций: {left}, их отправитель исчез", f"operations: {left}, whoever sent them is gone")
        yield Line(Section.DATABASE, what, Verdict.QUESTION, found, same("gateway run"))


def schedule(patient: Patient) -> Iterator[Line]:
    """Whether anybody does what the settings say is done by itself."""
    if not patient.has_database:
        return
    for job in patient.gateway.schedule("ru"):
        next_at = dt.datetime.fromisoformat(job["next_at"]) if job["next_at"] else None
        if next_at is None or job["running"] is not None or patient.clock - next_at < STUCK_AFTER:
            continue
        at = next_at.isoformat(timespec="minutes")
        yield Line(
            Section.DATABASE,
            Text(f"Расписание: {job['job']}", f"Schedule: {job['job']}"),
            Verdict.QUESTION,
            Text(f"должно было начаться {at}", f"was due at {at}"),
            Text("запустите gateway serve", "start gateway serve"),
        )


def _list(queue: Queue, is_busy: bool, now: dt.datetime) -> Line:
    """What waits is no news while somebody works on it, or for an hour."""
    cure = same(_COMMANDS.get(queue.name, "gateway run"))
    age = now - queue.since if queue.since is not None else None
    if queue.name == "held":
        verdict = Verdict.QUESTION
    elif age is not None and age > LOST_AFTER:
        verdict = Verdict.BAD
    elif is_busy or (age is not None and age <= STUCK_AFTER):
        verdict = Verdict.GOOD
    else:
        verdict = Verdict.QUESTION
    return Line(Section.DATABASE, _NAMES[queue.name], verdict, _shown(queue), cure if verdict is not Verdict.GOOD else None)


def _shown(queue: Queue) -> Text:
    if queue.since is None:
        return same(queue.entries)
    at = queue.since.isoformat(timespec="minutes")
    return Text(f"{queue.entries}, старейшее с {at}", f"{queue.entries}, the oldest since {at}")
