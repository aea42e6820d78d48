"""The schema shards by payer and by provider, and the database itself keeps what must never be (design: storage and scale)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint

from gateway.store import tables as t
from gateway.store.engine import Engine, writing
from gateway.store.rows import insert_many

ROOT = Path(__file__).resolve().parents[2]
TABLES = list(t.metadata.tables.values())
SHARDS = {t.BY_PROVIDER, t.BY_PAYER, t.BY_REGISTER, "shard"}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_has_its_key_in_every_key(table: Table) -> None:
    shard = table.info["shard"]
    assert shard in SHARDS
    assert not table.c[shard].nullable
    keys = [one for one in table.constraints if isinstance(one, PrimaryKeyConstraint | UniqueConstraint | ForeignKeyConstraint)]
    assert any(isinstance(one, PrimaryKeyConstraint) and list(one.columns) for one in keys), "no primary key"
    for key in keys:
        assert shard in key.columns, key
    for index in table.indexes:
        assert next(iter(index.columns)).name == shard, index.name


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_no_foreign_key_joins_the_two_groups(table: Table) -> None:
    for key in table.foreign_key_constraints:
        assert key.referred_table.info["shard"] == table.info["shard"]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_nothing_is_handed_out_or_defaulted_by_the_database(table: Table) -> None:
    for column in table.columns:
        assert column.autoincrement in (False, "auto") and column.server_default is None and column.identity is None
    # A sole integer key would be handed out by the database.
    assert not (len(table.primary_key.columns) == 1 and isinstance(next(iter(table.primary_key.columns)).type, sa.Integer))


def test_money_is_of_the_payers_and_raw_facts_are_of_the_providers() -> None:
    of_payers = {table.name for table in TABLES if table.info["shard"] == t.BY_PAYER}
    of_providers = {table.name for table in TABLES if table.info["shard"] == t.BY_PROVIDER}
    assert {"certificate", "enrollment", "claim", "operation", "account", "transfer", "to_decide", "to_book"} <= of_payers
    assert {"run", "person", "mark", "earlier_word", "to_match", "catalogue_group"} <= of_providers


def test_no_column_holds_a_float() -> None:
    for table in TABLES:
        for column in table.columns:
            assert not isinstance(column.type, sa.Float | sa.Numeric) or isinstance(column.type, sa.Integer), (table.name, column.name)


def test_keys_are_never_updated() -> None:
    """By the source: no statement of the store sets payer, provider or an id of its table."""
    keys = {column.name for table in TABLES for column in table.primary_key.columns} - {
        "source",
        "group_id",
        "child",
        "month",
        "words",
        "certificate",
    }
    for path in sorted((ROOT / "gateway" / "store").glob("*.py")):
        for values in re.findall(r"\.values\(([^()]*)\)", path.read_text(encoding="utf-8")):
            if "shard=shard" in values:
                continue  # the sequence's own insert
            assert not keys & set(re.findall(r"\b(\w+)=", values)), (path.name, values)


def test_sql_lives_in_the_store_alone() -> None:
    words = re.compile(
        r"\bsqlalchemy\b|\bsqlite3\b|\bpsycopg|\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bUPDATE \w+ SET\b|\bDELETE FROM\b|exec_driver_sql"
    )
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        if path.parent != ROOT / "gateway" / "store":
            assert not words.search(path.read_text(encoding="utf-8")), path


# ---------------------------------------------------------------- the second wall


def with_an_account(engine: Engine, kind: str = "certificate") -> None:
    columns = ("payer", "account", "period", "kind", "owner", "in_settled", "out_settled", "in_held", "out_held")
    with writing(engine) as connection:
        insert_many(connection, t.account, columns, [("town", 1, "2025-01-01", kind, "cert-1", 100, 30, 0, 20)])


@pytest.mark.parametrize(
    "change",
    [
        "out_settled = out_settled + 51",
        "out_held = out_held + 51",
        "in_settled = in_settled - 51",
        "out_held = -1",
        "in_held = -1",
        "out_settled = -1",
    ],
)
def test_a_free_balance_below_zero_cannot_be_stored(engine: Engine, change: str) -> None:
    with_an_account(engine)
    with pytest.raises(sa.exc.IntegrityError, match=r"account_free|account_sums"), engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE account SET {change}"))


def test_the_last_kopeck_may_be_spent(engine: Engine) -> None:
    with_an_account(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE account SET out_held = out_held + 50"))


@pytest.mark.parametrize("kind", ["fund", "payable", "shortfall"])
def test_other_accounts_may_owe(engine: Engine, kind: str) -> None:
    with_an_account(engine, kind)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE account SET out_settled = 1000"))


def test_a_reserve_may_not(engine: Engine) -> None:
    with_an_account(engine, "reserve")
    with pytest.raises(sa.exc.IntegrityError, match="account_free"), engine.begin() as connection:
        connection.execute(sa.text("UPDATE account SET out_settled = 1000"))


@pytest.mark.parametrize("values", ["0, 1, 2", "-5, 1, 2", "5, 1, 1"])
def test_what_is_no_transfer_cannot_be_stored(engine: Engine, values: str) -> None:
    columns = "payer, transfer, amount, source, target, kind, month, cause, at"
    statement = f"INSERT INTO transfer ({columns}) VALUES ('town', 1, {values}, 'plain', 'm', 'c', 'a')"
    with pytest.raises(sa.exc.IntegrityError, match="transfer_amount"), engine.begin() as connection:
        connection.execute(sa.text(statement))
