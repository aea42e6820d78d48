"""The database keeps what it was told: durable, one writer at a time, ids that nobody else gets."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.store import engine as store_engine
from gateway.store import tables as t
from gateway.store.engine import DURABLE, REPEATABLE, Engine, StoreUnavailable, open_engine, reading, writing
from gateway.store.rows import among, in_chunks, insert_many, relist, reserve_blocks, reserve_ids, update_many, upsert


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
def test_what_is_committed_is_on_the_disk(on_sqlite: Engine, pragma: str, value: object) -> None:
    with reading(on_sqlite) as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_every_connection_of_the_pool_has_the_pragmas(on_sqlite: Engine) -> None:
    with reading(on_sqlite) as one, reading(on_sqlite) as other:
        assert one.connection.dbapi_connection is not other.connection.dbapi_connection
        assert [connection.exec_driver_sql("PRAGMA synchronous").scalar() for connection in (one, other)] == [2, 2]


@pytest.mark.parametrize("setting", ["idle_in_transaction_session_timeout", "lock_timeout"])
def test_no_connection_waits_or_is_waited_for_without_end(on_postgresql: Engine, setting: str) -> None:
    limit = {"idle_in_transaction_session_timeout": store_engine.PAUSED_MS_MAX, "lock_timeout": store_engine.BUSY_TIMEOUT_MS}[setting]
    with reading(on_postgresql) as one, reading(on_postgresql) as other:
        for connection in (one, other):
            query = sa.text("SELECT setting FROM pg_settings WHERE name = :name")
            assert int(connection.execute(query, {"name": setting}).scalar_one()) == limit


def a_number(number: str) -> dict[str, str]:
    return {"payer": "town", "number": number, "certificate": "cert-1"}


def numbers(connection: sa.Connection) -> list[str]:
    return list(connection.execute(sa.select(t.certificate_number.c.number)).scalars())


def test_what_raises_leaves_nothing(engine: Engine) -> None:
    row = a_number("4700000001")
    with pytest.raises(RuntimeError), writing(engine) as connection:
        upsert(connection, t.certificate_number, [row], list(row))
        assert numbers(connection) == ["4700000001"]
        raise RuntimeError
    with reading(engine) as connection:
        assert numbers(connection) == []


def test_a_reader_sees_one_moment(engine: Engine) -> None:
    row = a_number("4700000001")
    with reading(engine) as connection:
        before = numbers(connection)
        with writing(engine) as other:
            upsert(other, t.certificate_number, [row], list(row))
        assert numbers(connection) == before == []
    with reading(engine) as connection:
        assert numbers(connection) == ["4700000001"]


def test_a_reader_changes_nothing_on_postgresql(on_postgresql: Engine) -> None:
    row = a_number("4700000001")
    with pytest.raises(StoreUnavailable, match="read-only"), reading(on_postgresql) as connection:
        upsert(connection, t.certificate_number, [row], list(row))
    with writing(on_postgresql) as connection:  # the same connection of the pool may write again
        upsert(connection, t.certificate_number, [row], list(row))


def test_a_database_locked_for_too_long_is_told_and_not_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_engine, "BUSY_TIMEOUT_MS", 10)
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    with writing(engine), pytest.raises(StoreUnavailable, match="locked"), writing(engine):
        pass
    engine.dispose()


def test_a_row_locked_for_too_long_is_told_and_not_traced(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_engine, "BUSY_TIMEOUT_MS", 10)
    engine = open_engine(postgres_url)
    row = a_number("4700000001")
    with (
        writing(engine) as one,
        pytest.raises(StoreUnavailable, match="lock timeout"),
        writing(engine) as other,
    ):
        upsert(one, t.certificate_number, [row], list(row))
        upsert(other, t.certificate_number, [row], list(row))
    engine.dispose()


def test_a_worker_paused_with_work_in_its_hands_is_thrown_out(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_engine, "PAUSED_MS_MAX", 100)
    engine = open_engine(postgres_url)
    row = a_number("4700000001")
    with pytest.raises(StoreUnavailable, match="paused for too long"), writing(engine) as connection:
        upsert(connection, t.certificate_number, [row], list(row))
        time.sleep(0.5)
        numbers(connection)
    with writing(engine) as connection:
        assert numbers(connection) == []
    engine.dispose()


def test_a_database_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailable):
        open_engine(f"sqlite:///{tmp_path / 'file' / 'gateway.sqlite'}")


def test_two_writers_that_read_first_do_not_deadlock(engine: Engine) -> None:
    failures: list[BaseException] = []

    def count_up(name: str) -> None:
        try:
            for _ in range(50):
                with writing(engine) as connection:
                    connection.execute(sa.select(t.sequence)).all()
                    reserve_ids(connection, "town", name, 1)
                    reserve_ids(connection, "town", "both", 1)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=count_up, args=(name,)) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == [] and not any(thread.is_alive() for thread in threads)
    with reading(engine) as connection:
        numbers = dict(connection.execute(sa.select(t.sequence.c.name, t.sequence.c.next)).all())
    assert numbers == {"one": 51, "other": 51, "both": 101}


# ---------------------------------------------------------------- ids


def test_ids_are_blocks_of_their_own_shard_and_name(engine: Engine) -> None:
    with writing(engine) as connection:
        assert [reserve_ids(connection, "town", "claim", 3), reserve_ids(connection, "town", "claim", 2)] == [1, 4]
        assert reserve_ids(connection, "city", "claim", 1) == reserve_ids(connection, "town", "operation", 1) == 1
        assert reserve_ids(connection, "town", "claim", 1) == 6


def _reserve(url: str, blocks: int, queue: multiprocessing.Queue[list[int]]) -> None:
    engine = open_engine(url)
    taken = []
    for size in range(1, blocks + 1):
        with writing(engine) as connection:
            first = reserve_ids(connection, "town", "claim", size)
        taken += range(first, first + size)
    queue.put(taken)


def test_two_processes_never_get_the_same_id(url: str, engine: Engine) -> None:
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue[list[int]] = context.Queue()
    processes = [context.Process(target=_reserve, args=(url, 20, queue)) for _ in range(2)]
    for process in processes:
        process.start()
    taken = [id_ for _ in processes for id_ in queue.get(timeout=60)]
    for process in processes:
        process.join(60)
    assert sorted(taken) == list(range(1, 2 * 210 + 1))


# ---------------------------------------------------------------- many rows


def test_many_rows_go_in_as_they_are(engine: Engine) -> None:
    columns = ("provider", "source", "group_id", "day", "starts_at", "ends_at", "state", "run")
    rows = [("club", "xlsx", "g-1", dt.date(2025, 10, day), "", "", "cancelled", 1) for day in range(1, 32)]
    with writing(engine) as connection:
        insert_many(connection, t.own_lesson, columns, rows)
        insert_many(connection, t.own_lesson, columns, [])
    with reading(engine) as connection:
        assert [tuple(row) for row in connection.execute(sa.select(t.own_lesson).order_by(t.own_lesson.c.day))] == rows


def test_upsert_inserts_and_updates_by_the_key(engine: Engine) -> None:
    def row(words: str, group: str) -> dict[str, str]:
        return {"provider": "club", "source": "xlsx", "words": words, "shown": words, "group_id": group}

    with writing(engine) as connection:
        upsert(connection, t.source_group, [], ["provider", "source", "words"])
        upsert(connection, t.source_group, [row("a", "g-1"), row("b", "g-2")], ["provider", "source", "words"])
        upsert(connection, t.source_group, [row("b", "g-3"), row("c", "g-4")], ["provider", "source", "words"])
    with reading(engine) as connection:
        found = connection.execute(sa.select(t.source_group.c.words, t.source_group.c.group_id).order_by(t.source_group.c.words)).all()
    assert [tuple(one) for one in found] == [("a", "g-1"), ("b", "g-3"), ("c", "g-4")]


def test_upsert_of_keys_alone_changes_nothing_that_is_there(engine: Engine) -> None:
    row = {"payer": "town", "number": "4700000001", "certificate": "cert-1"}
    for _ in range(2):
        with writing(engine) as connection:
            upsert(connection, t.certificate_number, [row], list(row))
    with reading(engine) as connection:
        assert len(connection.execute(sa.select(t.certificate_number)).all()) == 1


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (6, [3, 3])])
def test_chunks_hold_everything_once(count: int, sizes: list[int]) -> None:
    chunks = list(in_chunks(range(count), 3))
    assert [len(chunk) for chunk in chunks] == sizes
    assert [value for chunk in chunks for value in chunk] == list(range(count))


def test_listing_again_is_another_attempt(engine: Engine) -> None:
    with writing(engine) as connection:
        insert_many(connection, t.to_match, ("provider", "mark", "attempt"), [("club", 1, 1)])
        insert_many(
            connection,
            t.mark,
            (
                "provider",
                "mark",
                "source",
                "person",
                "group_id",
                "day",
                "lesson",
                "status",
                "from_empty",
                "run",
                "state",
                "lessons",
                "slot",
            ),
            [("club", mark, "xlsx", 1, "g-1", dt.date(2025, 10, mark), "", "attended", False, 1, "listed", 0, 0) for mark in (1, 2)],
        )
        relist(connection, t.to_match, sa.select(t.mark.c.provider, t.mark.c.mark), "provider")
    with reading(engine) as connection:
        listed = [tuple(row) for row in connection.execute(sa.select(t.to_match).order_by(t.to_match.c.mark))]
        assert [row[:2] for row in listed] == [("club", 1), ("club", 2)]
        assert listed[0][2] == 2


def test_many_rows_are_updated_by_their_keys_and_sums_are_added_to(engine: Engine) -> None:
    with writing(engine) as connection:
        accounts = [("town", number, "2025", "fund", f"owner-{number}", 10 * number, 0, 0, 0) for number in (1, 2, 3)]
        names = ("payer", "account", "period", "kind", "owner", "in_settled", "out_settled", "in_held", "out_held")
        insert_many(connection, t.account, names, [*accounts, ("city", 2, "2025", "fund", "other", 7, 0, 0, 0)])
        rows = [(5, "head", "town", 1), (-20, None, "town", 2), (1, "none there", "town", 9)]
        update_many(connection, t.account, ("in_settled", "seal"), ("payer", "account"), rows, added=("in_settled",))
        update_many(connection, t.account, ("seal",), ("payer", "account"), [])
        found = connection.execute(sa.select(t.account.c.in_settled, t.account.c.seal).order_by(t.account.c.payer, t.account.c.account))
        assert found.all() == [(7, None), (15, "head"), (0, None), (30, None)]


def test_ids_of_several_names_are_reserved_together(engine: Engine) -> None:
    with writing(engine) as connection:
        assert reserve_blocks(connection, "town", {"claim": 3, "operation": 0}) == {"claim": 1, "operation": 1}
        assert reserve_blocks(connection, "town", {"operation": 2, "claim": 1}) == {"operation": 1, "claim": 4}
        assert reserve_ids(connection, "town", "operation", 1) == 3


MANY = [f"owner-{number}" for number in range(40_000)]


@pytest.mark.parametrize("wanted", [[], ["owner-2"], ["owner-1", "it's", "owner-3", "none"], MANY])
def test_a_list_of_any_length_is_one_parameter(engine: Engine, wanted: list[str]) -> None:
    names = ("payer", "account", "period", "kind", "owner", "in_settled", "out_settled", "in_held", "out_held")
    owners = {1: "owner-1", 2: "owner-2", 3: "owner-3", 4: "it's"}
    query = sa.select(t.account.c.account).where(among(t.account.c.owner, "owners")).order_by(t.account.c.account)
    by_key = sa.select(t.account.c.owner).where(among(t.account.c.account, "keys")).order_by(t.account.c.account)
    with writing(engine) as connection:
        insert_many(connection, t.account, names, [("town", key, "2025", "fund", owner, 0, 0, 0, 0) for key, owner in owners.items()])
        found = [key for (key,) in connection.execute(query, {"owners": wanted})]
        assert found == [key for key, owner in owners.items() if owner in wanted]
        assert list(connection.execute(by_key, {"keys": found}).scalars()) == [owners[key] for key in found]


def test_a_list_as_one_parameter_is_looked_up_by_the_index(on_sqlite: Engine) -> None:
    query = sa.select(t.account.c.account).where(t.account.c.payer == "town", among(t.account.c.owner, "owners"))
    with reading(on_sqlite) as connection:
        text = "EXPLAIN QUERY PLAN " + str(query.compile(on_sqlite))
        plan = [row[3] for row in connection.exec_driver_sql(text, ("town", "[]"))]
    assert any("(payer=? AND owner=?)" in step for step in plan), plan


def test_what_has_left_a_list_and_comes_again_has_an_attempt_that_nobody_holds(engine: Engine) -> None:
    held = set()
    with writing(engine) as connection:
        insert_many(connection, t.month, ("payer", "month", "state"), [("town", "2025-10", "open")])
        for _ in range(20):
            relist(connection, t.to_decide, sa.select(t.month.c.payer, sa.literal(7)), "payer")
            held.add(connection.execute(sa.select(t.to_decide.c.attempt)).scalar_one())
            connection.execute(sa.delete(t.to_decide))
    assert len(held) == 20


def test_what_can_be_done_again_does_not_wait_for_the_disk_and_the_next_does(engine: Engine) -> None:
    question, repeatable, durable = {"sqlite": ("PRAGMA synchronous", 1, 2), "postgresql": ("SHOW synchronous_commit", "off", "on")}[
        engine.dialect.name
    ]
    if engine.dialect.name == "postgresql":  # the tests' own server waits for no disk
        with writing(engine) as connection:
            connection.exec_driver_sql(f'ALTER DATABASE "{engine.url.database}" SET synchronous_commit = on')
        engine.dispose()
    for kind, expected in ((REPEATABLE, repeatable), (DURABLE, durable), (REPEATABLE, repeatable)):
        with writing(engine, kind) as connection:
            assert connection.exec_driver_sql(question).scalar_one() == expected
    with reading(engine) as connection:
        assert connection.exec_driver_sql(question).scalar_one() == durable
