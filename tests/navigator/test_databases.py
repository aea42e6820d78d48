"""The register on PostgreSQL is the register on SQLite: the same answers, byte for byte, and one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from navigator.engine import open_database, reading, writing
from tests.builders.postgres import Postgres

from .conftest import NOW

READ = ("catalogue", "certificates", "enrollments", "movements", "acceptances")


@pytest.fixture
def on_postgres(postgres: Postgres) -> Iterator[str]:
    with postgres.database(is_empty=True) as url:
        yield url


def story(register, district, make, name: str) -> str:
    """What a register answers to everything that is asked of it here."""
    register.command("load", str(district(name=name)))
    debit = make.debit()
    answers = [register.send(debit, make.debit(), make.reversal(debit), make.attendance(), make.debit("2025-10-07", amount=99900000))]
    register.command("nominal", "0471000001", "50.00")
    register.command("close-month", "2025-10")
    answers += [register.get(f"/register/v1/{feed}") for feed in READ]
    answers += [register.get(f"/register/v1/{what}", month="2025-10") for what in ("statement", "attendance", "months")]
    answers.append(register.get("/register/v1/balances", number="0471000001"))
    return repr(answers)


def test_both_databases_give_the_same_answers(serve, district, make, on_postgres, monkeypatch):
    for name, value in (("GATEWAY_TEST", "1"), ("GATEWAY_NOW", NOW)):
        monkeypatch.setenv(name, value)
    on_sqlite = story(serve(), district, make, "one")
    monkeypatch.setenv("NAVIGATOR_DATABASE", on_postgres)
    assert story(serve(NAVIGATOR_DATABASE=on_postgres), district, make, "two") == on_sqlite


def test_one_writer_at_a_time(home: Path, on_postgres: str):
    """What a writer has read is still true when it writes: eight threads count to 160 without losing one."""
    engine = open_database(home, on_postgres)
    with writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE counted (number integer)")
        connection.exec_driver_sql("INSERT INTO counted VALUES (0)")

    def count() -> None:
        for _ in range(20):
            with writing(engine) as connection:
                number = connection.exec_driver_sql("SELECT number FROM counted").scalar()
                connection.exec_driver_sql(f"UPDATE counted SET number = {number + 1}")

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT number FROM counted").scalar() == 160
    engine.dispose()
