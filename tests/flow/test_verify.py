"""`gateway verify`: what was reached into is named, nothing is sent for that payer until a person lifts it, and the act's head tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.errors import UserError
from tests.builders.town import Databases, District, Town, rows_of, sums, town


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=["1000.00"] * 3), databases) as one:
        yield one


def test_a_flipped_byte_stops_the_posting_for_its_payer_until_a_person_lifts_it(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
    assert gateway.verify()["faults"] == []
    head = gateway.seal_head("town")
    with gateway.engine.begin() as connection:
        flipped = "UPDATE transfer SET refers_to = 'x' || substr(refers_to, 2) WHERE kind = 'settle' AND operation = 3"
        assert connection.exec_driver_sql(flipped).rowcount == 1
        whose = "SELECT certificate.number FROM certificate JOIN operation USING (payer, certificate) WHERE operation = 3"
        number = str(connection.exec_driver_sql(whose).scalar_one())
    found = gateway.verify()
    assert gateway.ledger_faults() == [], "the sums do not tell"
    (seal,) = found["seals"]
    assert (seal["payer"], seal["certificate"], seal["fault"]) == ("town", f"…{number[-4:]}", "transfers") and seal["batch"] > 0
    assert f"…{number[-4:]}" in found["faults"][0] and number not in str(found)
    assert found["stopped"] == ["town"] == gateway.status()["stopped"]

    before = running.statement()
    report = running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3], {1: {6: "Н"}})))
    assert report["complete"] is False and running.statement() == before, "nothing is sent"
    assert {one["why"] for one in gateway.outbox()["waiting"]} == {"отправка для этого плательщика остановлена: gateway verify"}

    with pytest.raises(UserError):
        gateway.verify_lift("village", "x")
    gateway.verify_lift("town", "seen, and mended by hand")
    gateway.run()
    assert running.statement() == (before[0], 1, before[2] - 10_000)
    assert gateway.seal_head("town") != head
    assert gateway.verify()["stopped"] == [], "exactly this may pass"
    sums(running, gateway)
    with gateway.engine.begin() as connection:
        assert connection.exec_driver_sql("DELETE FROM transfer WHERE kind = 'settle' AND operation = 5").rowcount == 1
    assert gateway.verify()["stopped"] == ["town"], "anything more stops it again"
