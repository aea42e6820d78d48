"""Keeps a source's traffic as a recording (`gateway.plugins.recording`), and tries at once whether it can be replayed."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.core.facts import Batch, Member, Text
from gateway.errors import EXIT_USAGE, UserError
from gateway.flow import Progress, silent
from gateway.inputs import Inputs
from gateway.plugins import Http, Source, SourceAdapter, SourceError, secrets_of
from gateway.plugins.masking import Masker
from gateway.plugins.recording import Recording, RecordingHttp, masked_traffic
from gateway.plugins.schema import load
from gateway.plugins.settings import settings_of
from gateway.plugins.testing import Replay, SkippingClock, Standing, replay_of
from gateway.plugins.testing.replay import told_of


@dataclass(frozen=True)
class Recorded:
    """What came of it.

    Attributes:
        requests: how many different ones were kept.
        live, replayed: how much was told: of the system itself, and of the recording; {} where it could not be read.
        unrecorded: what was asked of the recording and has no answer in it.
        trouble: what ended the replay.
    """

    requests: int
    live: Mapping[str, int]
    replayed: Mapping[str, int]
    unrecorded: Sequence[str]
    trouble: SourceError | None

    @property
    def is_good(self) -> bool:
        """Whether the recording says as much as the system did."""
        return self.trouble is None and not self.unrecorded and self.live == self.replayed


def record(
    inputs: Inputs, name: str, since: dt.date | None, folder: Path, kept: Sequence[str] = (), progress: Progress = silent
) -> Recorded:
    """Read a source as on the first time, look at it, read on from its end, and keep what it was asked and answered.

    Args:
        folder: must be empty, or not there yet.
        kept: names of fields whose values stay as they are.

    Raises:
        UserError: there is no such source, or something is in the folder.
        SourceError: the source gave nothing, or not all: nothing is written.
    """
    adapter, asked = inputs.adapter_of_source(name), inputs.source_settings(name)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UserError(
            Text(f"{folder}: там уже что-то есть.", f"{folder}: something is there already."),
            Text("Укажите новую папку: --out ПАПКА.", "Give a new folder: --out FOLDER."),
            EXIT_USAGE,
        )
    now, http = inputs.clock(), RecordingHttp()
    source = inputs.open_source(name, http)
    batches = _read(source, now, since, progress)
    settings: Any = settings_of(adapter.settings, asked.values, inputs.environment, inputs.home)
    names = {each.name for batch in batches for each in batch.records if isinstance(each, Member)}
    masker = Masker({*http.secrets, *secrets_of(settings)}, names, http.addresses, since or now.date(), kept, secrets.token_bytes(32))
    answers, masked_settings = masked_traffic(http.exchanges, _plain(settings), masker)
    recording = Recording(asked.adapter, now, since, masked_settings, masker.secrets, answers)
    live = _counts(Standing().take(batches))
    replayed, unrecorded, trouble = _replayed(adapter, recording)
    folder.mkdir(parents=True, exist_ok=True)
    dataclasses.replace(recording, told=told_of(replayed)).write(folder)
    return Recorded(len(answers), live, _counts(replayed), tuple(dict.fromkeys(unrecorded)), trouble)


def _read(source: Source, now: dt.datetime, since: dt.date | None, progress: Progress) -> list[Batch]:
    """All batches of a first reading. The check and the next reading are for the sake of their traffic, such as it is."""
    batches = []
    for batch in source.pull(None, now, since):
        batches.append(batch)
        progress("read", len(batch.records))
    cursor = next((batch.cursor for batch in reversed(batches) if batch.cursor is not None), None)
    _look(source)
    with contextlib.suppress(SourceError):
        for _ in source.pull(cursor, now, since):
            pass
    return batches


def _look(source: Source) -> None:
    """Let it ask what its check asks; what comes of it is of no interest here."""
    with contextlib.suppress(SourceError):
        for _ in source.check():
            pass


def _plain(settings: Any) -> dict[str, Any]:
    """Settings as JSON has them."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    return {name: list(value) if isinstance(value, tuple) else getattr(value, "value", value) for name, value in values.items()}


def _replayed(adapter: SourceAdapter, recording: Recording) -> tuple[Standing, list[str], SourceError | None]:
    """What the adapter tells of the recording: what stands, what it asked in vain, and what ended it."""
    clock, found = SkippingClock(), Standing()
    emulator = replay_of(recording)(clock=clock)
    assert isinstance(emulator, Replay)
    with emulator:
        try:
            source = adapter.connect(load(adapter.settings, emulator.account()), Http(clock=clock, sleep=clock.sleep))
            found.take(source.pull(None, recording.now, recording.since))
            _look(source)
        except SourceError as error:
            return found, emulator.unrecorded, error
    return found, emulator.unrecorded, None


def _counts(standing: Standing) -> dict[str, int]:
    return {
        "groups": len(standing.groups),
        "members": len(standing.members),
        "certificates": sum(known.certificate is not None for known in standing.members.values()),
        "lessons": len(standing.lessons),
        "marks": len(standing.marks),
    }
