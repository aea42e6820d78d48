"""Full-text search in Russian: FTS5 over Snowball stems on SQLite, the configuration ``russian`` on PostgreSQL (the same stemmer).

The words follow the catalogue's feed: whoever searches first brings in what has changed since, so that no command and no program that
changes the catalogue needs to know of the search.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import snowballstemmer
from sqlalchemy import Connection, Engine, Select, bindparam, column, delete, func, insert, literal_column, select, table, text, update

from navigator.changes import CATALOGUE
from navigator.engine import portions, reading, writing
from navigator.portal.tables import catalogue_entries, catalogue_states
from navigator.tables import feed_items, groups, modules, programmes, providers

_WORDS = table("catalogue_words", column("rowid"), column("stems"), column("rank"), column("catalogue_words"))
_RUSSIAN: Any = literal_column("'russian'")
_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(("в", "во", "и", "на", "не", "с", "со", "по", "для", "из", "за", "от", "до", "при", "или", "а", "но", "о", "об", "у"))
READ_MAX = 2_000
"""How many items of the feed are brought in by one statement."""


def refresh(engine: Engine) -> None:
    """Bring in what the catalogue's feed has told since the last search; where it told nothing, one read."""
    with reading(engine) as connection:
        if _cursor(connection) >= _last(connection):
            return
    with writing(engine) as connection:
        while (cursor := _cursor(connection)) < _last(connection):
            wanted = select(feed_items.c.sequence, feed_items.c.body).where(feed_items.c.feed == CATALOGUE, feed_items.c.sequence > cursor)
            rows = connection.execute(wanted.order_by(feed_items.c.sequence).limit(READ_MAX)).all()
            items = [json.loads(row.body) for row in rows]
            touched = {item["programme"]["programme"] for item in items if item["kind"] == "group"}
            owners = {item["provider"] for item in items if item["kind"] == "provider"}
            for portion in portions(owners):
                touched.update(connection.scalars(select(programmes.c.programme).where(programmes.c.provider.in_(portion))))
            _index(connection, touched)
            _move_cursor(connection, rows[-1].sequence)


def matching(wanted: Select[Any], query: str, dialect: str) -> Select[Any]:
    """Those rows of a query over `catalogue_entries` that hold every word of ``query`` in any form, the best first."""
    words = [word for word in _words(query) if word not in _STOP]
    if not words:
        return wanted
    if dialect == "sqlite":
        terms = " ".join(f'"{stemmed(word)}"' + ("*" if word == words[-1] else "") for word in words)
        joined = wanted.join(_WORDS, _WORDS.c.rowid == catalogue_entries.c.entry)
        return joined.where(_WORDS.c.catalogue_words.op("MATCH")(terms)).order_by(_WORDS.c.rank)
    words_of = func.to_tsvector(_RUSSIAN, catalogue_entries.c.text)
    terms = " & ".join(f"{word}:*" if word == words[-1] else word for word in words)
    asked = func.to_tsquery(_RUSSIAN, terms)
    return wanted.where(words_of.op("@@")(asked)).order_by(func.ts_rank(words_of, asked).desc())


def stemmed(word: str) -> str:
    """A word without its ending: «шахматам» and «шахматы» are one."""
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> Any:
    return snowballstemmer.stemmer("russian")


def _words(text_: str) -> list[str]:
    return _WORD.findall(text_.lower().replace("ё", "е"))


def _index(connection: Connection, touched: set[str]) -> None:
    """Write the words of these programmes anew; one that is no longer verified has none."""
    for portion in portions(touched):
        known = select(catalogue_entries.c.entry).where(catalogue_entries.c.programme.in_(portion))
        if connection.dialect.name == "sqlite":
            stale = [{"which": entry} for entry in connection.scalars(known)]
            if stale:
                connection.execute(text("DELETE FROM catalogue_words WHERE rowid = :which"), stale)
        connection.execute(delete(catalogue_entries).where(catalogue_entries.c.programme.in_(portion)))
        told = _texts(connection, portion)
        if told:
            connection.execute(insert(catalogue_entries), [{"programme": key, "text": said} for key, said in told.items()])
        if connection.dialect.name == "sqlite":
            rows = connection.execute(select(catalogue_entries).where(catalogue_entries.c.programme.in_(portion))).all()
            stems = [{"which": row.entry, "stems": " ".join(map(stemmed, _words(row.text)))} for row in rows]
            if stems:
                connection.execute(text("INSERT INTO catalogue_words (rowid, stems) VALUES (:which, :stems)"), stems)


def _texts(connection: Connection, portion: list[str]) -> dict[str, str]:
    """What is said of each verified programme: its own titles, its modules' and groups', and its provider's name."""
    wanted = select(programmes.c.programme, programmes.c.title, programmes.c.direction, providers.c.name).join(providers)
    mine = programmes.c.programme.in_(portion)
    found = {row.programme: list(row[1:]) for row in connection.execute(wanted.where(mine & programmes.c.verified.is_(True)))}
    titles = select(modules.c.programme, modules.c.title, groups.c.title).join(groups, groups.c.module == modules.c.module)
    for programme, module, group in connection.execute(titles.where(modules.c.programme.in_(portion))):
        if programme in found:
            found[programme] += [module, group]
    return {key: " ".join(dict.fromkeys(word for word in said if word)).lower().replace("ё", "е") for key, said in found.items()}


def _cursor(connection: Connection) -> int:
    return connection.scalar(select(catalogue_states.c.sequence).where(catalogue_states.c.name == "search")) or 0


def _move_cursor(connection: Connection, sequence: int) -> None:
    changed = connection.execute(
        update(catalogue_states).where(catalogue_states.c.name == bindparam("which")).values(sequence=bindparam("place")),
        {"which": "search", "place": sequence},
    )
    if not changed.rowcount:
        connection.execute(insert(catalogue_states), [{"name": "search", "sequence": sequence}])


def _last(connection: Connection) -> int:
    return connection.scalar(select(func.max(feed_items.c.sequence)).where(feed_items.c.feed == CATALOGUE)) or 0
