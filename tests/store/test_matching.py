"""Answers on who is whom: of many at once, whole or not at all; taken back, what stood before stands again, and a later one stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from gateway.store import matching
from gateway.store import tables as t
from gateway.store.collect import inputs_so_far
from gateway.store.engine import Engine, reading, writing
from gateway.store.matching import Answered
from gateway.store.rows import insert_many
from tests.builders.facts import DAY, NOW

OUTSIDE = Answered(None, True, "Иванова", NOW)
PERSONS = 1_200
"""More than one statement's list of values holds."""


def fill(engine: Engine, persons: Sequence[int], provider: str = "club") -> None:
    """Persons with one waiting mark each; the first is known by its number."""
    person = (
        "provider",
        "person",
        "source",
        "identity",
        "name_key",
        "group_id",
        "has_number",
        "sealed",
        "is_outside",
        "child",
        "matched_by",
    )
    mark = ("provider", "mark", "source", "person", "group_id", "day", "lesson", "status", "from_empty", "run", "state", "rule", "lessons")
    known = {1: ("k-0", "number")}
    with writing(engine) as connection:
        rows = [(provider, one, "sheet", f"i{one}", "n", "g", False, "…", False, *known.get(one, (None, None))) for one in persons]
        insert_many(connection, t.person, person, rows)
        marks = [(provider, one, "sheet", one, "g", DAY, "", "attended", False, 1, "waiting", "N01", 1, 0) for one in persons]
        insert_many(connection, t.mark, (*mark, "slot"), marks)


def stands(engine: Engine, provider: str = "club") -> dict[int, tuple[str | None, bool, str | None]]:
    columns = t.person.c
    with reading(engine) as connection:
        rows = connection.execute(
            sa.select(columns.person, columns.child, columns.is_outside, columns.matched_by).where(columns.provider == provider)
        )
        return {person: (child, bool(outside), by) for person, child, outside, by in rows}


def listed(engine: Engine) -> set[tuple[str, int]]:
    with reading(engine) as connection:
        found = {(provider, mark) for provider, mark in connection.execute(sa.select(t.to_match.c.provider, t.to_match.c.mark))}
    with writing(engine) as connection:
        connection.execute(sa.delete(t.to_match))
    return found


def test_many_are_answered_and_taken_back_at_once(engine: Engine) -> None:
    everybody = range(1, PERSONS + 1)
    fill(engine, everybody)
    fill(engine, [1, 2], "other")
    before = stands(engine)
    number = matching.answer_persons(engine, "club", everybody, OUTSIDE)
    assert set(stands(engine).values()) == {(None, True, "answer")}
    assert listed(engine) == {("club", one) for one in everybody}
    assert matching.take_back(engine, "club", number, "Петрова", NOW) == PERSONS
    assert stands(engine) == before and listed(engine) == {("club", one) for one in everybody}
    assert matching.take_back(engine, "club", number, "Петрова", NOW) is None
    assert matching.take_back(engine, "other", number, "Петрова", NOW) is None
    assert stands(engine, "other")[2] == (None, False, None)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 2, 1), (2, 0, 1)])
def test_in_whatever_order_answers_are_taken_back_the_latest_that_is_left_stands(engine: Engine, order: Sequence[int]) -> None:
    fill(engine, [1, 2])
    said = [OUTSIDE, Answered("k-1", False, "a", NOW), Answered("k-2", False, "b", NOW)]
    numbers = [matching.answer_persons(engine, "club", [1], one) for one in said]
    left = {0, 1, 2}
    for one in order:
        matching.take_back(engine, "club", numbers[one], "c", NOW)
        left.discard(one)
        expected = (said[max(left)].child, said[max(left)].is_outside, "answer") if left else ("k-0", False, "number")
        assert stands(engine)[1] == expected, (order, one)
    assert stands(engine)[2] == (None, False, None)


def test_whom_a_later_answer_is_about_is_not_matched_anew(engine: Engine) -> None:
    fill(engine, [1, 2])
    first = matching.answer_persons(engine, "club", [1, 2], OUTSIDE)
    matching.answer_persons(engine, "club", [2], Answered("k-2", False, "b", NOW + dt.timedelta(hours=1)))
    listed(engine)
    assert matching.take_back(engine, "club", first, "c", NOW) == 1
    assert listed(engine) == {("club", 1)} and stands(engine)[2] == ("k-2", False, "answer")


def test_the_history_tells_who_said_what_and_when(engine: Engine) -> None:
    fill(engine, [1, 2])
    first = matching.answer_persons(engine, "club", [1, 2], OUTSIDE)
    later = NOW + dt.timedelta(hours=1)
    matching.take_back(engine, "club", first, "Петрова", later)
    rows = matching.answers(engine, "club")
    assert [(row["answer"], row["person"], row["answered_by"], row["answered_at"], row["undone_by"], row["undone_at"]) for row in rows] == [
        (first, person, "Иванова", NOW.isoformat(), "Петрова", later.isoformat()) for person in (1, 2)
    ]
    assert matching.answers(engine, "other") == []


def test_an_input_that_was_planned_before_an_answer_is_planned_anew(engine: Engine) -> None:
    fill(engine, [1])
    with writing(engine) as connection:
        before = inputs_so_far(connection, "club")
    number = matching.answer_persons(engine, "club", [1], OUTSIDE)
    with writing(engine) as connection:
        between = inputs_so_far(connection, "club")
    matching.take_back(engine, "club", number, "c", NOW)
    with writing(engine) as connection:
        assert before != between != inputs_so_far(connection, "club")
