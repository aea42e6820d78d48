"""Two gateway processes on one database take in different sheets of one club at once."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.flow import intake
from gateway.store import tables as t
from tests.builders.town import PROVIDER, Databases, District, rows_of, sums, town
from tests.flow.test_kill import import_in_a_process, never, wait_for

GROUPS = ((PROVIDER, "G-1", "Парусники"), (PROVIDER, "G-2", "Гребцы"))


@pytest.mark.parametrize("attempt", range(3))
def test_two_sheets_of_one_club_taken_at_once_both_stand(attempt: int, tmp_path: Path, databases: Databases) -> None:
    with town(tmp_path, District(nominals=["900.00"] * 8, groups=GROUPS), databases) as running:
        running.mapping()
        running.sheet("one.xlsx", rows_of(range(1, 9)))
        running.sheet("other.xlsx", rows_of(range(1, 9)), title="Гребцы")
        gateway = running.gateway()
        gateway.run()  # the database and the key are there
        gateway.engine.dispose()
        processes = [import_in_a_process(running, f"inputs/{name}.xlsx") for name in ("one", "other")]
        ends = [wait_for(process, pipe, never, signal.SIGKILL) for process, pipe in processes]
        assert [code for code, _ in ends] == [0, 0]
        reports = [json.loads(told) for _, told in ends]
        assert [report["new"] for report in reports] == [72, 72]

        gateway = running.gateway()
        gateway.run()
        # Nine lessons' money for eighteen lessons: who came first took it, and not a kopeck more.
        assert running.statement() == (72, 0, 720_000)
        counts = gateway.counts()
        assert (counts["marks"], counts["charged"], counts["refused"]) == (144, 72, {"A07": 72})
        with gateway.engine.connect() as connection:
            persons = connection.execute(sa.select(t.person.c.person)).scalars().all()
            marks = connection.execute(sa.select(t.mark.c.mark)).scalars().all()
        assert len(persons) == len(set(persons)) == 8  # a number is one person, whatever the group
        assert len(marks) == len(set(marks)) == 144
        sums(running, gateway)
        gateway.engine.dispose()


@pytest.mark.parametrize("goes_whole", [True, False])
def test_what_another_process_stores_between_reading_and_saving_is_compared_anew(
    goes_whole: bool, tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, met = intake._known, []
    if not goes_whole:
        monkeypatch.setattr(intake, "is_whole", lambda collected, known: False)

    def stale(*args: object) -> object:
        found = known(*args)  # type: ignore[arg-type]
        if not met:
            met.append(True)
            running.take(running.gateway(), other)
        return found

    with town(tmp_path, District(nominals=["900.00"] * 3, groups=GROUPS), databases) as running:
        other = running.sheet("other.xlsx", rows_of([2, 3]), title="Гребцы")
        monkeypatch.setattr(intake, "_known", stale)
        gateway = running.gateway()
        report = running.take(gateway, running.sheet("one.xlsx", rows_of([1, 2])))
        assert met and report["new"] == 18
        with gateway.engine.connect() as connection:
            assert len(connection.execute(sa.select(t.person.c.person)).all()) == 3
        assert gateway.counts()["marks"] == 36
        sums(running, gateway)
