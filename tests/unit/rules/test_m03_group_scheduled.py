from __future__ import annotations

from typing import Any

import pytest

from gateway.plugins.builtin.rules.m03_group_scheduled import GroupScheduled
from tests.unit.rules.views import group, is_met, lesson, says, view

RULE = GroupScheduled()


def test_dates_and_a_timetable_pass() -> None:
    assert RULE.eligible(view(), None) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"starts_on": None}, "даты начала"), ({"ends_on": None}, "даты окончания"), ({"timetable": ()}, "расписания")],
)
def test_what_is_missing_is_named(changes: dict[str, Any], word: str) -> None:
    answer = RULE.eligible(view(group=group(**changes)), None)
    assert not is_met(answer)
    assert says(answer) == f"у группы «Робототехника, 3 группа» нет: {word}"


def test_a_single_dated_lesson_is_a_timetable() -> None:
    assert RULE.eligible(view(group=group(timetable=(), exceptions=(lesson(),))), None) is None
