"""What waits for a person, with candidates and reasons, and what an answer does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from gateway.core.facts import Text
from gateway.core.match import candidates_shown
from gateway.core.names import folded
from gateway.core.periods import month_of
from gateway.errors import UserError
from gateway.flow.run import Flow
from gateway.store import queues as store_queues
from gateway.store import views

CANDIDATES_SHOWN_MAX = 8


def match_queue(flow: Flow, provider: str | None, language: str, with_candidates: bool) -> list[dict[str, Any]]:
    """Persons first, then groups. Names are unsealed for this answer only."""
    entries = [_person_entry(flow, row, language, with_candidates) for row in store_queues.waiting_persons(flow.engine, provider)]
    entries += [
        {"queue": "groups", "provider": row["provider"], "source": row["source"], "words": row["shown"], "rule": "N03"}
        for row in store_queues.waiting_groups(flow.engine, provider)
    ]
    return entries


def _person_entry(flow: Flow, row: Mapping[str, Any], language: str, with_candidates: bool) -> dict[str, Any]:
    facts = flow.vault.unseal(row["sealed"])
    entry: dict[str, Any] = {
        "queue": "match", "provider": row["provider"], "source": row["source"], "person": facts["name"], "group": row["group_id"],
        "sheet": facts["sheet"], "row": facts["row"], "id": facts["id"],
        "is_namesake": row["row"] is not None, "certificate": facts["number"], "rule": row["waits"],
        "marks": int(row["marks"]), "first": row["first"].isoformat(), "last": row["last"].isoformat(), "candidates": [],
    }  # fmt: skip
    if with_candidates:
        numbers = [facts["number"]] if facts["number"] else []
        found = flow.candidates(row["group_id"], row["first"].replace(day=1), row["last"], numbers)
        person = flow.vault.person_of(row)
        shown = candidates_shown(person, row["group_id"], month_of(row["last"]), found)[:CANDIDATES_SHOWN_MAX]
        entry["candidates"] = [
            {
                "child": one.candidate.child,
                "name": " ".join(part for part in (one.candidate.last_name, one.candidate.first_name, one.candidate.patronymic) if part),
                "certificates": list(one.candidate.numbers),
                "reasons": [reason.in_language(language) for reason in one.reasons],
            }
            for one in shown
        ]
    return entry


def answer_match(
    flow: Flow, provider: str, person: str, group: str | None, child: str | None, outside: bool, row: int | None, now: dt.datetime
) -> int:
    """Remember the answer for every person that it names; the number of persons.

    Raises:
        UserError: it names nobody, or several that only a row tells apart; or the child is not in the register.
    """
    if not outside and child is None:
        raise UserError(
            Text("Нужен ответ: ребёнок или «вне системы».", "An answer is needed: a child, or outside."),
            Text("Укажите --child ИД, --outside или --undo.", "Give --child ID, --outside or --undo."),
        )
    found = [one for one in store_queues.persons(flow.engine, provider, group) if _is_meant(flow, one, person, row)]
    if not found:
        raise UserError(
            Text("Такой записи в табелях нет.", "There is no such person in the sheets."),
            Text("Имя, группу и строку покажет gateway match.", "gateway match shows names, groups and rows."),
        )
    if row is None and not outside and child and len(found) > 1:
        raise UserError(
            Text("Записей с таким именем несколько.", "Several rows have that name."),
            Text(
                "Укажите строку табеля: --row N, или вместо имени номер в системе организации.",
                "Give the sheet's row: --row N, or instead of the name the number in the provider's system.",
            ),
        )
    if child and not views.numbers_of_children(flow.engine, [child]):
        raise UserError(
            Text(f"Ребёнка «{child}» с сертификатом в реестре нет.", f"The register has no child “{child}” with a certificate."),
            Text("Кандидатов покажет gateway match.", "gateway match shows the candidates."),
        )
    for one in found:
        store_queues.answer_person(flow.engine, provider, one["person"], child or None, outside, now)
    return len(found)


def _is_meant(flow: Flow, row: Mapping[str, Any], person: str, line: int | None) -> bool:
    facts = flow.vault.unseal(row["sealed"])
    if line is not None and facts["row"] != line:
        return False
    return folded(facts["name"]) == folded(person) or person.strip() in (facts["number"], facts["id"])


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


def answer_withdrawals(flow: Flow, provider: str | None, group: str | None, month: str | None, accept: bool, now: dt.datetime) -> int:
    """Answer the latest withdrawals of these groups and months, answered ones too."""
    rows = store_queues.withdrawals(flow.engine, provider, ("waiting", "accepted", "declined"))
    meant = [row for row in rows if group in (None, row["group_id"]) and month in (None, row["month"])]
    latest = {(row["provider"], row["source"], row["group_id"], row["month"]): row for row in meant}
    if group is None and month is None:
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
        store_queues.answer_conflict(flow.engine, row["provider"], row["child"], row["group_id"], date, slot, take, now)
    if not rows:
        raise UserError(
            Text("Такого занятия этого зачисления нет.", "There is no such lesson of this enrollment."),
            Text("Проверьте дату и номер занятия.", "Check the date and the slot."),
        )
    return len(rows)


def undo(flow: Flow, provider: str | None, file_or_run: str, now: dt.datetime) -> int:
    """Take back the run of this id, or the last one that took a file of this name."""
    for row in views.runs(flow.engine, limit=100_000):
        if provider in (None, row["provider"]) and row["undone_at"] is None and file_or_run in (row["id"], row["file"]):
            return store_queues.undo_run(flow.engine, row["provider"], row["run"], now)
    raise UserError(
        Text(f"Приёма «{file_or_run}» нет.", f"There is no run “{file_or_run}”."),
        Text("Список покажет gateway status.", "gateway status shows the list."),
    )
