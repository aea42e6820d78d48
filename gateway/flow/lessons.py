"""How many lessons the groups of each provider had in a month."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from gateway.core.lessons import lessons_on
from gateway.core.periods import month_period
from gateway.flow.run import Flow
from gateway.store import lessons as store_lessons
from gateway.store import register as store_register
from gateway.store.engine import reading


def lesson_counts(flow: Flow, month: str) -> Mapping[str, Mapping[str, int]]:
    """Provider → ``lessons`` (cancelled ones are among them) and ``cancelled``, by the register's timetable and the provider's own word."""
    found: dict[str, dict[str, int]] = {}
    with reading(flow.engine) as connection:
        for provider, known in store_register.providers(connection).items():
            groups = store_register.groups_of_provider(connection, provider)
            own = store_lessons.own_of(connection, provider, [group.group for group in groups], month_period(month))
            lessons = [
                lesson
                for group in groups
                for day in month_period(month).days()
                for lesson in lessons_on(group, day, ZoneInfo(known.time_zone), own.on(group.group, day)).lessons
            ]
            found[provider] = {"lessons": len(lessons), "cancelled": sum(lesson.is_cancelled for lesson in lessons)}
    return found
