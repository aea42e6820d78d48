"""Taking in what a source pushes: stored at once, as a source that is asked is; the stages run afterwards, for whoever pushes waits for
an answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from gateway.core.collect import Collected
from gateway.core.facts import Batch
from gateway.flow.intake import IntakeRequest, stored
from gateway.flow.run import Flow, collector_off
from gateway.store import collect as store_collect
from gateway.store import source_state

TRIES = 5


def take_delivery(flow: Flow, asked: IntakeRequest, batches: Sequence[Batch], now: dt.datetime) -> Collected:
    """Store what a delivery says and list it for the stages.

    Raises:
        Overtaken: others deliver all the time, so that it never came to it: nothing was stored, it may be told again.
    """
    for left in range(TRIES - 1, -1, -1):
        attempt = source_state.begin(flow.engine, asked.provider.provider, asked.source)
        try:
            with collector_off():
                run, collected = stored(flow, replace(asked, attempt=attempt), batches, now, is_all=False)
            break
        except source_state.Overtaken:  # its word is another's, and takes nothing from ours: once more, over what stands by now
            if not left:
                raise
    if run is not None:
        fresh = sum(read.is_new for read in collected.read)
        store_collect.finish_run(flow.engine, asked.provider.provider, run.id, {"outcome": "accepted", "new": fresh}, now)
    return collected
