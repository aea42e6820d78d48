"""What is known of a source that is asked: where to read on, when it was last read to its end, and what was the matter."""

from __future__ import annotations

import datetime as dt
import json
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from gateway.core.facts import Text
from gateway.store import tables as t
from gateway.store.engine import reading, writing
from gateway.store.rows import reserve_ids, upsert

_S = t.source_state.c
_KEY = ["provider", "source"]


class SourceState(NamedTuple):
    """``tried_at``: the last reading; ``read_at``: the last that came to its end; ``trouble``: what ended the last one early, and its cure.

    ``new``, ``refused``, ``unread``: what the last reading brought.
    """

    provider: str
    source: str
    tried_at: dt.datetime | None
    read_at: dt.datetime | None
    trouble: tuple[Text, Text] | None
    new: int
    refused: int
    unread: int


def cursor_of(engine: Engine, provider: str, source: str) -> str | None:
    """Where to read on; None: from the beginning."""
    with reading(engine) as connection:
        of = (_S.provider == provider) & (_S.source == source)
        return connection.execute(sa.select(_S.cursor).where(of)).scalar_one_or_none()


class Overtaken(Exception):
    """Somebody began a later reading of the source: its word counts, this one's is not stored."""


def begin(engine: Engine, provider: str, source: str) -> int:
    """Begin a reading; its number."""
    with writing(engine) as connection:
        return reserve_ids(connection, provider, f"reading {source}", 1)


def check_is_last(connection: Connection, provider: str, source: str, attempt: int) -> None:
    """Whether a reading is still the last that was begun; held until the transaction ends.

    Raises:
        Overtaken: it is not.
    """
    of = (t.sequence.c.shard == provider) & (t.sequence.c.name == f"reading {source}")
    if connection.execute(sa.select(t.sequence.c.next).where(of).with_for_update()).scalar_one() != attempt + 1:
        raise Overtaken(source)


def save_cursor(connection: Connection, provider: str, source: str, cursor: str) -> None:
    """Stored in the transaction that stores what was read up to there."""
    upsert(connection, t.source_state, [{"provider": provider, "source": source, "cursor": cursor}], _KEY)


def save_reading(engine: Engine, state: SourceState) -> None:
    """How a reading ended. One that did not come to its end leaves ``read_at`` as it was."""
    row = {
        "provider": state.provider,
        "source": state.source,
        "tried_at": state.tried_at.isoformat() if state.tried_at else None,
        "trouble": json.dumps(state.trouble, ensure_ascii=False) if state.trouble else None,
        "new": state.new,
        "refused": state.refused,
        "unread": state.unread,
    } | ({"read_at": state.read_at.isoformat()} if state.read_at else {})
    with writing(engine) as connection:
        upsert(connection, t.source_state, [row], _KEY)


def states(engine: Engine) -> list[SourceState]:
    """All sources that were ever asked, by provider and name."""
    with reading(engine) as connection:
        rows = connection.execute(sa.select(t.source_state).order_by(_S.provider, _S.source)).all()
    return [
        SourceState(
            row.provider, row.source, _instant(row.tried_at), _instant(row.read_at), _trouble(row.trouble), row.new or 0, row.refused or 0,
            row.unread or 0,
        )
        for row in rows
    ]  # fmt: skip


def _instant(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _trouble(text: str | None) -> tuple[Text, Text] | None:
    if not text:
        return None
    what, cure = json.loads(text)
    return Text(*what), Text(*cure)
