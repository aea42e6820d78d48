"""The examination, section by section."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

from gateway.core.facts import Text
from gateway.doctor import connections, machine, store, written
from gateway.doctor.line import Line, Patient, Section
from gateway.errors import UserError
from gateway.plugins import SourceError, SourceUnavailable, Verdict
from gateway.plugins.register import RegisterUnavailable
from gateway.store.engine import StoreUnavailable

Part = Callable[[Patient], Iterator[Line]]

PARTS: tuple[tuple[Section, Part], ...] = (
    (Section.SETTINGS, written.file),
    (Section.SETTINGS, written.pack),
    (Section.SETTINGS, written.plugins),
    (Section.SETTINGS, written.precedence),
    (Section.REGISTER, connections.register),
    (Section.REGISTER, connections.conversation),
    (Section.SOURCES, connections.sources),
    (Section.RIGHTS, machine.rights),
    (Section.CLOCK, machine.standing),
    (Section.CLOCK, connections.clock),
    (Section.CLOCK, machine.zones),
    (Section.DISK, machine.disk),
    (Section.DATABASE, store.reachable),
    (Section.DATABASE, store.durable),
    (Section.DATABASE, store.writable),
    (Section.DATABASE, store.ledger),
    (Section.DATABASE, store.queues),
    (Section.DATABASE, store.schedule),
    (Section.KEYS, machine.key),
)


def examined(environment: Mapping[str, str], database: str | None, clock: dt.datetime) -> Iterator[Line]:
    """The lines, as they come.

    Args:
        database: goes before the settings.
        clock: the machine's own instant, aware.
    """
    patient = Patient(environment, database, clock)
    try:
        for section, part in PARTS:
            yield from _guarded(section, part, patient)
    finally:
        patient.close()


def _guarded(section: Section, part: Part, patient: Patient) -> Iterator[Line]:
    """A part that cannot be finished says so, and ends nothing else."""
    what = Text("Осмотр прерван", "The look was cut short")
    try:
        yield from part(patient)
    except UserError as error:
        yield Line(section, what, Verdict.BAD, error.what, error.cure)
    except SourceError as error:
        yield Line(section, what, Verdict.BAD, error.what, error.cure, is_away=isinstance(error, SourceUnavailable))
    except RegisterUnavailable as error:
        yield Line(section, what, Verdict.BAD, error.text, connections.REGISTER_CURE, is_away=True)
    except StoreUnavailable as error:
        yield Line(section, what, Verdict.BAD, Text(str(error), str(error)), store.CURE, is_away=True)
    except Exception as error:  # what is broken breaks its own look only
        name = type(error).__name__
        cure = Text("сообщите разработчикам, что показал doctor", "tell the developers what doctor showed")
        yield Line(section, what, Verdict.BAD, Text(f"ошибка программы: {name}", f"a mistake of the program: {name}"), cure)
