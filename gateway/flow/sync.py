"""Taking in what a source is asked for: as a file is, with where to read on in the same save.

What comes is stored in parts of many batches, each whole or not there; the stages run when all of it is stored, so that neither the parts'
size nor the order of groups changes an answer.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from gateway.core.collect import Collected
from gateway.core.facts import Batch, Text
from gateway.flow.intake import Intake, IntakeRequest, Outcomes, outcomes, stored
from gateway.flow.run import Flow, Progress, collector_off
from gateway.plugins import SourceError, SourceUnavailable
from gateway.store import source_state

PART_RECORDS = 25_000
"""Records that are planned and stored together: most accounts' whole answer is one part."""
RECORDS_TOLD_MAX = 200_000
"""Records of one reading that its report may speak of; marks beyond them are counted as new and unchanged only."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Pulled:
    """What became of a reading. ``trouble``: what ended it early; what came before is stored. ``new``, ``unchanged``: marks not told one
    by one.
    """

    intake: Intake
    trouble: SourceError | None = None
    new: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class _Reading:
    """Batches as they come, and what ended them."""

    batches: Iterable[Batch]
    progress: Progress
    trouble: SourceError | None = None

    def parts(self) -> Iterator[tuple[list[Batch], bool]]:
        """Parts, each with whether it is the last: that is known only once the next batch has come, or none."""
        part: list[Batch] = []
        records = 0
        for batch in self._until_trouble():
            if records >= PART_RECORDS:
                yield part, False
                part, records = [], 0
            part.append(batch)
            records += len(batch.records)
        yield part, True

    def _until_trouble(self) -> Iterator[Batch]:
        try:
            for batch in self.batches:
                self.progress("read", len(batch.records))
                yield batch
        except SourceError as error:
            self.trouble = error
        except Exception as error:  # an adapter's mistake is its source's trouble, and nobody else's
            _log.error("an adapter failed: %s", type(error).__name__)
            self.trouble = SourceUnavailable(
                Text(f"адаптер сломался: {type(error).__name__}", f"the adapter broke: {type(error).__name__}"),
                Text("сообщите автору адаптера", "tell the adapter's author"),
            )


def pull(flow: Flow, asked: IntakeRequest, now: dt.datetime, progress: Progress) -> Pulled:
    """Store what the source newly says and run all stages, by the register's facts as they were read before.

    Interrupted anywhere, the next reading goes on from the cursor of what is stored.

    Raises:
        Overtaken: somebody began a later reading of this source meanwhile, whose word counts.
    """
    attempt = source_state.begin(flow.engine, asked.provider.provider, asked.source)
    asked = replace(asked, attempt=attempt)
    reading = _Reading(asked.batches(), progress)
    told, run = Collected(), None
    pulled = Pulled(Intake(None, told, Outcomes()))
    records = 0
    with collector_off():
        for number, (part, is_last) in enumerate(reading.parts()):
            if not part:
                continue
            of_part, collected = stored(flow, asked, part, now, goes_on=run, is_all=is_last and number == 0)
            run = of_part or run
            records += sum(len(batch.records) for batch in part)
            if records > RECORDS_TOLD_MAX:
                fresh = sum(read.is_new for read in collected.read)
                pulled.new, pulled.unchanged = pulled.new + fresh, pulled.unchanged + len(collected.read) - fresh
                collected.forget_read()
            told.absorb(collected)
        complete = flow.run(now, progress)
    told.withdrawn = run.withdrawn if run else told.withdrawn
    pulled.intake = Intake(run, told, outcomes(flow, asked, told), complete=complete)
    pulled.trouble = reading.trouble
    return pulled
