"""Who waits to be recognised, with candidates and their reasons; the answers, one by one or of many at once, and their undoing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.facts import Candidate, Text
from gateway.core.match import candidates_shown
from gateway.core.names import folded, names_agree
from gateway.core.periods import month_of
from gateway.errors import UserError
from gateway.flow.run import Flow
from gateway.store import matching as store_matching
from gateway.store import queues as store_queues
from gateway.store import views
from gateway.store.matching import Answered

CANDIDATES_SHOWN_MAX = 8


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of those that wait: all that fit. ``rows``: of the sheet; ``file``: the one that told of them last; None or empty: any."""

    provider: str | None = None
    group: str | None = None
    source: str | None = None
    file: str | None = None
    rows: Collection[int] = ()

    def fits(self, row: Mapping[str, Any], line: int | None) -> bool:
        asked = ((self.group, row["group_id"]), (self.source, row["source"]), (self.file, row["file"]))
        return all(wanted in (None, known) for wanted, known in asked) and (not self.rows or line in self.rows)

    @property
    def is_narrow(self) -> bool:
        return bool(self.group or self.source or self.file or self.rows)


# ---------------------------------------------------------------- the queue


def match_queue(flow: Flow, chosen: Chosen, language: str, with_candidates: bool) -> list[dict[str, Any]]:
    """Persons first, then groups. Names are unsealed for this answer only."""
    waiting = [(row, flow.vault.unseal(row["sealed"])) for row in store_matching.waiting_persons(flow.engine, chosen.provider)]
    waiting = [(row, facts) for row, facts in waiting if chosen.fits(row, facts["row"])]
    found = _candidates(flow, waiting) if with_candidates else {}
    entries = [_person_entry(flow, row, facts, found.get(row["group_id"], ()), language) for row, facts in waiting]
    if chosen.is_narrow:
        return entries
    return entries + [
        {"queue": "groups", "provider": row["provider"], "source": row["source"], "words": row["shown"], "rule": "N03"}
        for row in store_queues.waiting_groups(flow.engine, chosen.provider)
    ]


def _candidates(flow: Flow, waiting: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> dict[str, list[Candidate]]:
    """The register's children for each group that somebody waits in: it is asked once for a group."""
    of_group: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = defaultdict(list)
    for row, facts in waiting:
        of_group[row["group_id"]].append((row, facts))
    found = {}
    for group, mine in sorted(of_group.items()):
        first, last = min(row["first"] for row, _ in mine).replace(day=1), max(row["last"] for row, _ in mine)
        found[group] = flow.candidates(group, first, last, [facts["number"] for _, facts in mine if facts["number"]])
    return found


def _person_entry(
    flow: Flow, row: Mapping[str, Any], facts: Mapping[str, Any], found: Sequence[Candidate], language: str
) -> dict[str, Any]:
    person, month = flow.vault.person_of(row), month_of(row["last"])
    # Of a group's candidates those are nobody's business here that only another row's number has brought.
    mine = [one for one in found if facts["number"] in one.numbers or any(group == row["group_id"] for group, _ in one.enrolled)]
    shown = candidates_shown(person, row["group_id"], month, mine)[:CANDIDATES_SHOWN_MAX]
    return {
        "queue": "match", "key": row["person"], "provider": row["provider"], "source": row["source"], "file": row["file"],
        "person": facts["name"], "group": row["group_id"], "sheet": facts["sheet"], "row": facts["row"], "id": facts["id"],
        "is_namesake": row["row"] is not None, "certificate": facts["number"], "rule": row["waits"],
        "marks": int(row["marks"]), "first": row["first"].isoformat(), "last": row["last"].isoformat(),
        "candidates": [
            {
                "child": one.candidate.child,
                "name": " ".join(part for part in (one.candidate.last_name, one.candidate.first_name, one.candidate.patronymic) if part),
                "certificates": list(one.candidate.numbers),
                "reasons": [reason.in_language(language) for reason in one.reasons],
                "is_alike": facts["number"] in one.candidate.numbers
                or names_agree(person.name, one.candidate.last_name, one.candidate.first_name, one.candidate.patronymic),
            }
            for one in shown
        ],
    }  # fmt: skip


# ---------------------------------------------------------------- answers


def persons_meant(flow: Flow, provider: str, person: str, group: str | None, child: str | None, rows: Collection[int]) -> list[int]:
    """The keys of the persons that an answer names.

    Args:
        person: the name as written, the number of the certificate, or that in the provider's own system.
        child: the answer, for which one person may be meant only; "" or None: any number of them.

    Raises:
        UserError: it names nobody, or several that only a row tells apart.
    """
    found = [one["person"] for one in store_matching.persons(flow.engine, provider, group) if _is_meant(flow, one, person, rows)]
    if not found:
        raise UserError(
            Text(f"Записи «{person}» в табелях нет.", f"There is no person “{person}” in the sheets."),
            Text("Имя, группу и строку покажет gateway match.", "gateway match shows names, groups and rows."),
        )
    if not rows and child and len(found) > 1:
        raise UserError(
            Text("Записей с таким именем несколько.", "Several rows have that name."),
            Text(
                "Укажите строку табеля: --row N, или вместо имени номер в системе организации.",
                "Give the sheet's row: --row N, or instead of the name the number in the provider's system.",
            ),
        )
    return found


def _is_meant(flow: Flow, row: Mapping[str, Any], person: str, rows: Collection[int]) -> bool:
    facts = flow.vault.unseal(row["sealed"])
    if rows and facts["row"] not in rows:
        return False
    return folded(facts["name"]) == folded(person) or person.strip() in (facts["number"], facts["id"])


def check_child(flow: Flow, child: str) -> None:
    """Raises:
    UserError: the register has no such child with a certificate.
    """
    if not views.numbers_of_children(flow.engine, [child]):
        raise UserError(
            Text(f"Ребёнка «{child}» с сертификатом в реестре нет.", f"The register has no child “{child}” with a certificate."),
            Text("Кандидатов покажет gateway match.", "gateway match shows the candidates."),
        )


def answer_match(
    flow: Flow,
    provider: str,
    persons: Iterable[str],
    group: str | None,
    child: str | None,
    outside: bool,
    rows: Collection[int],
    by: str,
    now: dt.datetime,
) -> tuple[int, int]:
    """Remember one answer for every person that is named: the answer's number, and how many persons it is about.

    Raises:
        UserError: one of them is nobody, or several that only a row tells apart; or the child is not in the register. Nothing is stored.
    """
    if not outside and child is None:
        raise UserError(
            Text("Нужен ответ: ребёнок или «вне системы».", "An answer is needed: a child, or outside."),
            Text("Укажите --child ИД, --outside или --undo.", "Give --child ID, --outside or --undo."),
        )
    meant = {key for person in persons for key in persons_meant(flow, provider, person, group, None if outside else child, rows)}
    if child and not outside:
        check_child(flow, child)
    said = Answered(None if outside else child or None, outside, by, now)
    return store_matching.answer_persons(flow.engine, provider, meant, said), len(meant)


# ---------------------------------------------------------------- what was answered


def answered(flow: Flow, provider: str | None, names: Collection[str] = ()) -> list[dict[str, Any]]:
    """Every answer, the latest first: who gave it and when, to whom it applies, and whether it was taken back.

    Args:
        names: only answers about one of these, as written.
    """
    wanted = {folded(name) for name in names}
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for row in store_matching.answers(flow.engine, provider):
        one = found.setdefault(
            (row["provider"], row["answer"]),
            {
                "provider": row["provider"], "answer": row["answer"], "by": row["answered_by"], "at": row["answered_at"],
                "said": "outside" if row["is_outside"] else "child" if row["child"] else "nobody", "child": row["child"],
                "undone_by": row["undone_by"], "undone_at": row["undone_at"], "persons": [],
            },
        )  # fmt: skip
        facts = flow.vault.unsealed_if_kept(row["sealed"])
        one["persons"].append(
            {
                "person": facts.get("name"), "source": row["source"], "group": row["group_id"], "sheet": facts.get("sheet"),
                "row": facts.get("row"),
            }
        )  # fmt: skip
    return [one for one in found.values() if not wanted or any(folded(each["person"] or "") in wanted for each in one["persons"])]


def take_back(flow: Flow, provider: str, answer: int, by: str, now: dt.datetime) -> int:
    """Take an answer back for all whom it was about; the number of persons of whom something else stands now.

    Raises:
        UserError: there is no such answer, or it was taken back already.
    """
    changed = store_matching.take_back(flow.engine, provider, answer, by, now)
    if changed is None:
        raise UserError(
            Text(f"Ответа № {answer} нет, или он уже отменён.", f"There is no answer no. {answer}, or it was taken back already."),
            Text("Список покажет gateway match --answered.", "gateway match --answered shows the list."),
        )
    return changed
