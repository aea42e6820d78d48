"""Seals: a byte changed behind our back, or a row that is gone, is found and named, and nothing is sent for that payer any more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.ledger import AccountKind, AccountName, Transfer, TransferKind
from gateway.store import ledger as store_ledger
from gateway.store import post as store_post
from gateway.store import seal as store_seal
from gateway.store import stop as store_stop
from gateway.store import tables as t
from gateway.store.engine import Engine, open_engine, reading, writing
from gateway.store.seal import NOT_ITS_TRANSFERS, NOT_SEALED, NOT_THE_CHAIN, NOT_THE_HEAD
from tests.builders.facts import NOW

PAYERS = ("town", "village")


def account(kind: AccountKind, owner: str, payer: str = "town") -> AccountName:
    return AccountName(payer, "2025-01-01", kind, owner)


def move(source: AccountName, target: AccountName, amount: int, kind: TransferKind = TransferKind.PLAIN) -> Transfer:
    return Transfer(source, target, amount, kind, "2025-10", "debit", refers_to="a" * 32)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """Two payers, three certificates each; two batches of debits."""
    engine = open_engine(url)
    for payer in PAYERS:
        certificates = [account(AccountKind.CERTIFICATE, f"cert-{number}", payer) for number in (1, 2, 3)]
        fund, payable = account(AccountKind.FUND, "", payer), account(AccountKind.PAYABLE, "club", payer)
        with writing(engine) as connection:
            store_ledger.save_transfers(connection, [(None, move(fund, one, 100_000)) for one in certificates], NOW)
        for batch in (1, 2):
            with writing(engine) as connection:
                store_ledger.save_transfers(
                    connection,
                    [(batch * 10 + day, move(one, payable, 10_000, TransferKind.HOLD)) for day in (1, 2) for one in certificates],
                    NOW + dt.timedelta(hours=batch),
                )
    yield engine
    engine.dispose()


def broken(engine: Engine, payer: str = "town") -> list[tuple[str, int, str]]:
    with reading(engine) as connection:
        return [(one.owner, one.batch, one.what) for one in store_seal.broken(connection, payer)]


def heads(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [store_seal.head_of(connection, payer) for payer in PAYERS]


def reach_in(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        changed = connection.exec_driver_sql(statement).rowcount
        assert changed == 1, f"{statement}: {changed} rows"


def test_what_nobody_touched_holds(engine: Engine) -> None:
    assert broken(engine) == broken(engine, "village") == []
    with reading(engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(t.seal)).scalar_one() == 2 * 3 * 3
        assert sum(count for (count,) in connection.execute(sa.select(t.seal.c.count))) == 2 * (3 + 6 + 6)


@pytest.mark.parametrize(
    "change",
    [
        "amount = amount + 1", "amount = amount - 1", "kind = 'settle'", "kind = 'Hold'", "month = '2025-11'", "cause = 'debi'",
        "operation = operation + 1",
        "operation = NULL", "refers_to = NULL", "refers_to = 'b' || substr(refers_to, 2)", "at = at || ' '", "target = 1",
    ],
)  # fmt: skip
def test_a_byte_changed_in_a_transfer_names_its_account_and_batch(engine: Engine, change: str) -> None:
    reach_in(engine, f"UPDATE transfer SET {change} WHERE payer = 'town' AND transfer = 8")
    assert broken(engine) == [("cert-2", 2, NOT_ITS_TRANSFERS)]
    assert broken(engine, "village") == []


def test_a_transfer_moved_to_another_certificate_names_both(engine: Engine) -> None:
    reach_in(
        engine,
        "UPDATE transfer SET source = (SELECT account FROM account WHERE payer = 'town' AND owner = "
        "'cert-3') WHERE payer = 'town' AND transfer = 8",
    )
    assert [one[0] for one in broken(engine)] == ["cert-2", "cert-3"]


@pytest.mark.parametrize("transfer", range(1, 16))
def test_a_transfer_that_is_gone_is_missed_wherever_it_was(engine: Engine, transfer: int) -> None:
    reach_in(engine, f"DELETE FROM transfer WHERE payer = 'town' AND transfer = {transfer}")
    batch = 1 if transfer <= 3 else 2 if transfer <= 9 else 3
    assert broken(engine) == [(f"cert-{(transfer - 1) % 3 + 1}", batch, NOT_ITS_TRANSFERS)]


def test_a_transfer_that_was_slipped_in_is_told(engine: Engine) -> None:
    for number in (16, 99):
        reach_in(
            engine,
            f"INSERT INTO transfer SELECT payer, {number}, source, target, amount, kind, month, cause, operation, "
            f"refers_to, at FROM transfer WHERE payer = 'town' AND transfer = 8",
        )
        assert ("cert-2", 0, NOT_SEALED) in broken(engine)


@pytest.mark.parametrize(
    "change",
    [
        "digest = 'x' || substr(digest, 2)",
        "previous = 'x' || substr(previous, 2)",
        "count = count + 1",
        "first = first + 1",
        "last = last - 1",
    ],
)
def test_a_seal_that_was_changed_no_longer_holds(engine: Engine, change: str) -> None:
    where = "payer = 'town' AND seq = 2 AND account = (SELECT account FROM account WHERE payer = 'town' AND owner = 'cert-1')"
    reach_in(engine, f"UPDATE seal SET {change} WHERE {where}")
    found = broken(engine)
    assert found and {owner for owner, _, _ in found} == {"cert-1"} and {batch for _, batch, _ in found} <= {0, 2, 3}


def test_a_seal_that_is_gone_breaks_the_chain(engine: Engine) -> None:
    of_one = "payer = 'town' AND account = (SELECT account FROM account WHERE payer = 'town' AND owner = 'cert-1')"
    reach_in(engine, f"DELETE FROM seal WHERE {of_one} AND seq = 2")
    assert {("cert-1", 0, NOT_SEALED), ("cert-1", 3, NOT_THE_CHAIN)} <= set(broken(engine))
    reach_in(engine, f"DELETE FROM seal WHERE {of_one} AND seq = 3")
    assert ("cert-1", 3, NOT_THE_HEAD) in broken(engine)


def test_the_last_batch_cut_off_with_its_seals_is_missed_by_the_head(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM transfer WHERE payer = 'town' AND transfer > 9")
        connection.exec_driver_sql("DELETE FROM seal WHERE payer = 'town' AND seq = 3")
    assert [what for _, _, what in broken(engine)] == [NOT_THE_HEAD] * 3


def test_whoever_rewrites_all_that_follows_still_has_another_head(engine: Engine) -> None:
    before = heads(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE transfer SET amount = 9999 WHERE payer = 'town' AND transfer = 8")
    with reading(engine) as connection:
        account_ = connection.execute(
            sa.select(t.account.c.account).where(t.account.c.payer == "town", t.account.c.owner == "cert-2")
        ).scalar_one()
        rows = connection.execute(
            sa.select(*(t.transfer.c[name] for name in store_seal.SEALED_COLUMNS))
            .where(t.transfer.c.payer == "town")
            .order_by(t.transfer.c.transfer)
        ).all()
        seals = (
            connection.execute(sa.select(t.seal).where(t.seal.c.payer == "town", t.seal.c.account == account_).order_by(t.seal.c.seq))
            .mappings()
            .all()
        )
    previous = ""
    with writing(engine) as connection:
        for seal in seals:
            mine = [row for row in rows if account_ in (row.source, row.target) and seal["first"] <= row.transfer <= seal["last"]]
            digest = store_seal.digest_of("town", account_, previous, map(store_seal.text_of, mine))
            where = (t.seal.c.payer == "town") & (t.seal.c.account == account_) & (t.seal.c.seq == seal["seq"])
            connection.execute(sa.update(t.seal).where(where).values(previous=previous, digest=digest))
            previous = digest
        connection.execute(sa.update(t.account).where(t.account.c.payer == "town", t.account.c.account == account_).values(seal=previous))
    assert broken(engine) == [], "from inside nothing is to be seen"
    after = heads(engine)
    assert after[0] != before[0] and after[1] == before[1], "what was published outside tells"


def test_nothing_is_taken_for_a_payer_who_is_stopped_until_a_person_lifts_it(engine: Engine) -> None:
    faults = store_stop.digest_of(["what was found"])

    def is_stopped(payer: str) -> bool:
        with writing(engine) as connection:
            return store_post.is_stopped(connection, payer)

    assert store_stop.stop(engine, "town", "why", faults, NOW) and is_stopped("town") and not is_stopped("village")
    assert not store_stop.lift(engine, "village", "mistaken", NOW)
    assert store_stop.lift(engine, "town", "known and mended", NOW) and not is_stopped("town")
    assert not store_stop.stop(engine, "town", "why", faults, NOW) and not is_stopped("town"), "a person has let exactly this pass"
    assert store_stop.stop(engine, "town", "more", store_stop.digest_of(["what was found", "and more"]), NOW) and is_stopped("town")


def test_two_writers_of_one_account_chain_their_seals_one_after_the_other(engine: Engine) -> None:
    import threading

    certificate, fund = account(AccountKind.CERTIFICATE, "cert-1"), account(AccountKind.FUND, "")

    def write(number: int) -> None:
        for _ in range(10):
            with writing(engine) as connection:
                store_ledger.save_transfers(connection, [(None, move(fund, certificate, number))], NOW)

    threads = [threading.Thread(target=write, args=(number,)) for number in (1, 2, 3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert broken(engine) == []
    with reading(engine) as connection:
        seals: Any = connection.execute(
            sa.select(t.account.c.seals).where(t.account.c.payer == "town", t.account.c.owner == "cert-1")
        ).scalar_one()
    assert seals == 33
