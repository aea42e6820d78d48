"""What a person answers of groups, withdrawals, and sources that differ (of persons: `matching.py`), and taking a run back."""

from __future__ import annotations

import datetime as dt

from gateway.core.collect import CARDS
from gateway.core.conflicts import Taken
from gateway.core.facts import Text
from gateway.core.lessons import DayLessons
from gateway.core.names import folded
from gateway.core.periods import Period
from gateway.errors import UserError
from gateway.flow.run import Flow, Lessons
from gateway.store import lessons as store_lessons
from gateway.store import queues as store_queues
from gateway.store import register as store_register
from gateway.store import views
from gateway.store.engine import reading
from gateway.store.match import MatchContext, zone_of


def answer_group(flow: Flow, provider: str, words: str, group: str) -> int:
    """Give a source's words their group."""
    if group not in store_queues.groups_of(flow.engine, provider):
        raise UserError(
            Text(f"Группы «{group}» у этой организации в реестре нет.", f"The register has no group “{group}” of this provider."),
            Text("Группы показывает Навигатор.", "The Navigator shows the groups."),
        )
    rows = [row for row in store_queues.named_groups(flow.engine, provider) if row["words"] == folded(words)]
    if not rows:
        raise UserError(
            Text(f"Группы «{words}» в табелях нет.", f"There is no group “{words}” in the sheets."),
            Text("Список покажет gateway match.", "gateway match shows the list."),
        )
    for row in rows:
        store_queues.answer_group(flow.engine, provider, row["source"], row["words"], group, row["group_id"])
    return len(rows)


def answer_withdrawals(
    flow: Flow, provider: str | None, group: str | None, month: str | None, accept: bool, now: dt.datetime, only_cards: bool = False
) -> int:
    """Answer the latest withdrawals of these groups and months, answered ones too.

    Args:
        only_cards: answer the questions about cards, and those alone.
    """
    rows = store_queues.withdrawals(flow.engine, provider, ("waiting", "accepted", "declined"))
    meant = [row for row in rows if group in (None, row["group_id"]) and month in (None, row["month"])]
    meant = [row for row in meant if row["group_id"] == CARDS] if only_cards else meant
    latest = {(row["provider"], row["source"], row["group_id"], row["month"]): row for row in meant}
    if group is None and month is None and not only_cards:
        latest = {key: row for key, row in latest.items() if row["state"] == "waiting"}
    if not latest:
        raise UserError(
            Text("Нечего подтверждать.", "There is nothing to confirm."),
            Text("Список покажет gateway confirm без ответа.", "gateway confirm without an answer shows the list."),
        )
    for row in latest.values():
        store_queues.answer_withdrawal(flow.engine, row["provider"], row["withdrawal"], accept, now)
    return len(latest)


def answer_conflict(flow: Flow, enrollment: str, date: dt.date, slot: int, take: str, now: dt.datetime) -> int:
    """Say whose word counts for an enrollment's lesson."""
    rows = [row for row in views.claims(flow.engine, enrollment=enrollment) if row["day"] == date and row["slot"] == slot]
    for row in rows:
        speaking = store_queues.sources_at(flow.engine, row["provider"], row["child"], row["group_id"], date)
        if take not in speaking:
            listed = ", ".join(speaking)
            raise UserError(
                Text(f"Источник «{take}» об этом занятии ничего не говорит.", f"The source “{take}” says nothing of this lesson."),
                Text(f"О нём говорят: {listed}.", f"These do: {listed}."),
            )
        if row["conflict"].split(", ").count(take) > 1:
            raise UserError(
                Text(
                    f"Источник «{take}» сам говорит об этом занятии разное: ребёнок записан в нём дважды.",
                    f"The source “{take}” says different things of this lesson itself: the child is there twice.",
                ),
                Text(
                    "Оставьте в нём одну карточку (строку) ребёнка или одинаковые отметки.",
                    "Keep one card (row) of the child in it, or equal marks.",
                ),
            )
        is_only = len(_lessons_of(flow, row["provider"], row["group_id"], date).lessons) == 1
        starts_at = f"{dt.datetime.fromisoformat(row['starts_at']):%H:%M}"
        unit = (row["child"], row["group_id"], date)
        store_queues.answer_conflict(flow.engine, row["provider"], unit, Taken(starts_at, take, is_only), now)
    if not rows:
        raise UserError(
            Text("Такого занятия этого зачисления нет.", "There is no such lesson of this enrollment."),
            Text("Проверьте дату и номер занятия.", "Check the date and the slot."),
        )
    return len(rows)


def _lessons_of(flow: Flow, provider: str, group: str, day: dt.date) -> DayLessons:
    with reading(flow.engine) as connection:
        context = MatchContext(
            groups=store_register.groups_of(connection, [group]),
            zone=zone_of(connection, provider),
            own=store_lessons.own_of(connection, provider, [group], Period(day, day)),
        )
    return Lessons(context, flow.precedence.get(provider, ()))(group, day)


def undo(flow: Flow, provider: str | None, file_or_run: str, now: dt.datetime) -> int:
    """Take back the run of this id, or the last one that took a file of this name."""
    for row in views.runs(flow.engine, limit=100_000):
        if provider in (None, row["provider"]) and row["undone_at"] is None and file_or_run in (row["id"], row["file"]):
            return store_queues.undo_run(flow.engine, row["provider"], row["run"], now)
    raise UserError(
        Text(f"Приёма «{file_or_run}» нет.", f"There is no run “{file_or_run}”."),
        Text("Список покажет gateway status.", "gateway status shows the list."),
    )
