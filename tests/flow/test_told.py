"""A sheet that was told before is known by its digests: whatever comes after whatever, it must end as if every mark had been compared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gateway.bootstrap import Gateway
from gateway.core.collect import told
from gateway.store import source as store_source
from gateway.store import tables as t
from tests.builders.sheets import Row
from tests.builders.town import LESSON_DAYS, PROVIDER, District, Town, certificate, child_name, rows_of, sums, town
from tests.flow.test_whole import Accepting

GROUPS = ((PROVIDER, "G-1", "Парусники"), (PROVIDER, "G-2", "Гребцы"))
DISTRICT = District(nominals=("500.00", "1200.00", "2000.00", "2000.00"), groups=GROUPS)
SEALED = frozenset({"identity", "name_key", "sealed"})
HIDDEN = {"person": SEALED, "earlier_person": SEALED, "held_card": SEALED, "told": {"head"}, "operation": {"leased_by"}}
"""Columns that depend on the installation's own secret, or on the process."""


def rows_kept(gateway: Gateway) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that an input may touch."""
    found = {}
    with gateway.engine.connect() as connection:
        for table in t.metadata.sorted_tables:
            if table.info["shard"] in (t.BY_PROVIDER, t.BY_PAYER) and table not in (t.seal, t.account, t.transfer):
                columns = [column for column in table.c if column.name not in HIDDEN.get(table.name, ())]
                found[table.name] = sorted((tuple(row) for row in connection.execute(sa.select(*columns))), key=repr)
    return found


class Watched:
    """Which marks were read back, input by input: groups of which all were, and persons."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[set[str], set[int]]] = []
        read_back = store_source.marks_of

        def watched(connection: Any, provider: str, source: str, groups: Any, period: Any, persons: Any = ()) -> Any:
            self.asked.append((set(groups), set(persons)))
            return read_back(connection, provider, source, groups, period, persons)

        monkeypatch.setattr(store_source, "marks_of", watched)

    def since(self) -> list[tuple[set[str], set[int]]]:
        asked, self.asked = self.asked, []
        return asked


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    return Watched(monkeypatch)


def test_an_unchanged_sheet_reads_no_mark_back_and_a_changed_one_only_its_rows(tmp_path: Path, watched: Watched) -> None:
    with town(tmp_path, DISTRICT) as running:
        gateway = running.gateway()
        first = running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3]), more={"Гребцы": rows_of([4])}))
        assert watched.since() == [({"G-1", "G-2"}, set())]
        again = running.take(gateway, running.sheet("renamed.xlsx", rows_of([1, 2, 3]), more={"Гребцы": rows_of([4])}))
        assert watched.since() == []
        assert (again["new"], again["unchanged"], again["marks"]) == (0, first["new"], first["marks"])
        changed = running.sheet("corrected.xlsx", rows_of([1, 2, 3], {2: {6: "Н"}}), more={"Гребцы": rows_of([4])})
        report = running.take(gateway, changed)
        assert watched.since() == [(set(), {2})]
        assert (report["new"], report["unchanged"]) == (1, first["new"] - 1)
        sums(running, gateway)


@pytest.mark.parametrize("taken_back", ["undone", "renamed"])
def test_what_was_taken_back_meanwhile_is_compared_again(tmp_path: Path, watched: Watched, taken_back: str) -> None:
    with town(tmp_path, DISTRICT) as running:
        gateway = running.gateway()
        sheet = running.sheet("october.xlsx", rows_of([1, 2]))
        first = running.take(gateway, sheet)
        if taken_back == "undone":
            gateway.undo(PROVIDER, first["run"])
        else:
            gateway.answer_group(PROVIDER, "Парусники", "G-2")
        assert rows_kept(gateway)["told"] == []
        watched.since()
        again = running.take(gateway, sheet)
        assert watched.since() != []
        assert again["new"] == (first["new"] if taken_back == "undone" else 0)
        sums(running, gateway)


def test_a_sheet_of_which_something_is_held_is_asked_about_again(tmp_path: Path, watched: Watched) -> None:
    with town(tmp_path, DISTRICT) as running:
        gateway = running.gateway()
        running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
        cut = running.sheet("cut.xlsx", rows_of([1]))
        assert [running.take(gateway, cut)["held"] for _ in range(2)] == [1, 1]
        gateway.answer_withdrawals(True, PROVIDER)
        watched.since()
        assert running.take(gateway, cut)["held"] == 0
        assert watched.since() == [({"G-1"}, set())]
        sums(running, gateway)


# ---------------------------------------------------------------- whatever comes after whatever


@dataclass(frozen=True)
class Step:
    """What happens next: the sheet comes as it is by then, after a change; or a person takes the last run back, or answers."""

    kind: str
    row: int = 0
    day: int = 6
    sign: str = ""


steps = st.lists(
    st.builds(
        Step,
        st.sampled_from(["same", "sign", "sign", "sign", "row gone", "row back", "swap", "number lost", "undo", "accept", "regroup"]),
        st.integers(0, 3),
        st.sampled_from(LESSON_DAYS[:4]),
        st.sampled_from(["Н", "Б", "Щ", "", "?"]),
    ),
    min_size=2,
    max_size=7,
)


def changed(rows: Sequence[Row], step: Step) -> list[Row]:
    rows, at = list(rows), step.row % len(rows)
    if step.kind == "sign":
        rows[at] = replace(rows[at], marks={**rows[at].marks, step.day: step.sign})
    elif step.kind == "row gone" and len(rows) > 1:
        del rows[at]
    elif step.kind == "row back":
        rows += [row for row in rows_of([1, 2, 3]) if row.name not in {one.name for one in rows}][:1]
    elif step.kind == "swap":
        rows.reverse()
    elif step.kind == "number lost":
        number = certificate(next(n for n in (1, 2, 3) if child_name(n) == rows[at].name))
        rows[at] = replace(rows[at], certificate=None if rows[at].certificate else number)
    return rows


def lived(running: Town, home: Path, told_steps: Sequence[Step]) -> tuple[list[dict[str, Any]], dict[str, list[tuple[Any, ...]]]]:
    """Take the steps with a gateway of its own; all reports, and what is kept at the end."""
    gateway = running.gateway(str(home))
    gateway.__dict__["register"] = Accepting(running.url)
    rows, group = rows_of([1, 2, 3]), "G-1"
    reports: list[dict[str, Any]] = []
    try:
        for number, step in enumerate([Step("same"), *told_steps]):
            if step.kind == "undo":
                gateway.undo(PROVIDER, reports[-1]["run"])
            elif step.kind == "accept" and gateway.withdrawals(PROVIDER):
                gateway.answer_withdrawals(True, PROVIDER)
            elif step.kind == "regroup":
                group = "G-2" if group == "G-1" else "G-1"
                gateway.answer_group(PROVIDER, "Парусники", group)
            rows = changed(rows, step)
            reports.append(running.take(gateway, running.sheet(f"{number}.xlsx", rows, more={"Гребцы": rows_of([4])})))
        assert gateway.ledger_faults() == []
        return reports, rows_kept(gateway)
    finally:
        gateway.engine.dispose()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("told"), DISTRICT) as running:
        yield running


def test_with_digests_and_without_it_ends_the_same_row_by_row(standing: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    recognise = told.recognise
    known_again: list[Any] = []

    def counted(sheets: Any, known: Any) -> None:
        recognise(sheets := list(sheets), known)
        known_again.extend(sheet for sheet in sheets if sheet.changed is not None)

    @settings(max_examples=20, phases=[Phase.explicit, Phase.generate])  # an example costs seconds: shrinking them, minutes
    @given(steps=steps)
    def compare(steps: list[Step]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            monkeypatch.setattr(told, "recognise", counted)
            reports, kept = lived(standing, Path(folder) / "one", steps)
            monkeypatch.setattr(told, "recognise", lambda sheets, known: None)
            assert lived(standing, Path(folder) / "other", steps) == (reports, kept)

    compare()
    assert len(known_again) > 20, "hardly any sheet was known by its digests"
