"""Taking a file in, and the dry run of the same: the same plans, the file handed from plan to plan in memory, nothing saved."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core import book, collect
from gateway.core.claims import Claim, claim_key
from gateway.core.collect import Collected, GroupTold, Known, ReadBatch, told
from gateway.core.facts import Batch, Finding, InputRefused, Lesson, Mark, RegisterGroup, RegisterProvider
from gateway.core.lessons import planned_days
from gateway.core.match import ClaimWord, MarkState, Matched, PersonToMatch, WordAt, unfit_hours
from gateway.core.names import folded
from gateway.core.periods import Period
from gateway.flow.run import Flow, Progress, collector_off
from gateway.flow.whole import is_whole, take_whole
from gateway.store import adopt as store_adopt
from gateway.store import cards as store_cards
from gateway.store import claims as store_claims
from gateway.store import collect as store_collect
from gateway.store import decide as store_decide
from gateway.store import ledger as store_ledger
from gateway.store import lessons as store_lessons
from gateway.store import match as store_match
from gateway.store import months as store_months
from gateway.store import persons as store_persons
from gateway.store import register as store_register
from gateway.store import source as store_source
from gateway.store import told as store_told
from gateway.store import views
from gateway.store import whole as store_whole
from gateway.store.engine import Connection, reading
from gateway.vault import person_of_member


@dataclass(frozen=True, slots=True)
class IntakeRequest:
    """An input and whose it is.

    Attributes:
        name: of the file, or of the source that is asked.
        sha256: of the file's content; of a source that is asked, whatever names what is asked.
        batches: reads the input; may raise `InputRefused`.
        mapping: the provider's mapping as read, {} for none.
        month: the month that the file is taken in for.
        attempt: of a source that is asked: which reading of it this is (`source_state.begin`); None: a file.
    """

    name: str
    sha256: str
    provider: RegisterProvider
    source: str
    batches: Callable[[], Iterable[Batch]]
    mapping: Mapping[str, Any]
    month: str | None = None
    holidays: frozenset[dt.date] = frozenset()
    limit_percent: int = 10
    attempt: int | None = None

    @property
    def run(self) -> store_collect.RunRequest:
        """What makes two inputs the same request."""
        asked = _hash_of(self.mapping, self.month)
        return store_collect.RunRequest(self.provider.provider, self.source, self.name, self.sha256, asked, self.month, self.attempt)


@dataclass(slots=True)
class Outcomes:
    """Where each read mark has come to, and the claims behind it."""

    marks: dict[collect.Cell, views.MarkOutcome] = field(default_factory=dict)
    claims: dict[tuple[str, str, dt.date], list[views.ClaimOutcome]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Intake:
    """What became of a file. ``refused``: nothing of it was taken, and why; ``complete``: the register answered everything."""

    run: store_collect.Run | None
    collected: Collected
    outcomes: Outcomes
    refused: Finding | None = None
    complete: bool = True


def take_in(flow: Flow, asked: IntakeRequest, now: dt.datetime, progress: Progress) -> Intake:
    """Store the file's new words and run all stages, by the register's facts as they were read before.

    Interrupted anywhere, the same call goes on where it was, and reports the same.
    """
    try:
        batches = _parsed(flow, asked, progress)
    except InputRefused as refused:
        return Intake(store_collect.save_refused(flow.engine, asked.run, refused.finding, now), Collected(), Outcomes(), refused.finding)
    with collector_off():
        run, collected = stored(flow, asked, batches, now)
        assert run is not None  # a file's run is kept even where it says nothing new
        collected.withdrawn = run.withdrawn
        complete = flow.run(now, progress)
    return Intake(run, collected, outcomes(flow, asked, collected), complete=complete)


def stored(
    flow: Flow,
    asked: IntakeRequest,
    batches: Sequence[Batch],
    now: dt.datetime,
    goes_on: store_collect.Run | None = None,
    is_all: bool = True,
) -> tuple[store_collect.Run | None, Collected]:
    """Compare with what is known and store. Where another process has stored an input of the provider meanwhile, it is compared anew.

    Args:
        goes_on: the run of which this is a later part.
        is_all: whether the run has no other part.

    Returns:
        The run, None where a source that is asked says what it said before; and the plan.
    """
    run, collected = _stored(flow, asked, batches, now, goes_on, is_all)
    store_adopt.say_again(flow.engine, asked.provider.provider, asked.source, lambda: {read.cell for read in collected.read})
    return run, collected


def _stored(
    flow: Flow, asked: IntakeRequest, batches: Sequence[Batch], now: dt.datetime, goes_on: store_collect.Run | None, is_all: bool
) -> tuple[store_collect.Run | None, Collected]:
    request = asked.run
    while True:
        fence = store_whole.fence_of(flow.engine, asked.provider.provider, flow.register_name)
        with reading(flow.engine) as connection:
            group_of = _GroupFinder.of(connection, asked)
            read = _read(asked, batches, group_of, now)
            moved = store_source.moved_groups(group_of.named, _meant(read, group_of))
            if not moved:
                resumes = store_collect.unfinished_run(connection, request) if goes_on is None else None
                known, collected = _compared(flow, connection, asked, group_of, read, resumes, now)
                if resumes is not None:  # what the interrupted run mended is news in this report too
                    collected.mended |= store_persons.changed_by(connection, asked.provider.provider, resumes.run)
        if moved:  # a mapping that names another group than before is a second answer: it replaces the first
            store_source.regroup(flow.engine, asked.provider.provider, asked.source, moved)
            continue
        is_asked = asked.attempt is not None
        says_nothing = is_asked and goes_on is None and resumes is None and collected.is_nothing
        if says_nothing and store_collect.save_nothing(flow.engine, request, collected):
            return None, collected
        whole = take_whole(flow, request, collected, fence, now) if is_all and is_whole(collected, known) else None
        run = whole or store_collect.save(flow.engine, request, collected, known.marks, goes_on or resumes, flow.vault.seal, fence, now)
        if run is not None:
            return run, collected


def _compared(
    flow: Flow,
    connection: Connection,
    asked: IntakeRequest,
    group_of: _GroupFinder,
    read: Sequence[ReadBatch],
    resumes: store_collect.Run | None,
    now: dt.datetime,
) -> tuple[Known, Collected]:
    """Collect's plan. Of sheets that were told before only the rows that changed are read back, where that suffices."""
    collect.digest(read, flow.vault.key_of)
    sheets = [sheet for each in read for sheet in each.sheets]
    if resumes is None:  # what the interrupted run said already is new in this report: its words have to be looked at
        groups = {sheet.group for sheet in sheets if sheet.digests is not None}
        told.recognise(sheets, store_told.told_of(connection, asked.provider.provider, asked.source, groups))
    try:
        known = _known(flow, connection, asked, group_of, read, resumes, now)
        return known, collect.plan_read(read, known)
    except collect.NeedsAll:
        for sheet in sheets:
            sheet.changed = None
        known = _known(flow, connection, asked, group_of, read, resumes, now)
        return known, collect.plan_read(read, known)


def _read(asked: IntakeRequest, batches: Iterable[Batch], group_of: _GroupFinder, now: dt.datetime) -> list[ReadBatch]:
    """A system tells its groups one after the other, in several parts; a file tells all of a group that it speaks of."""
    before = group_of.told if asked.attempt is not None else {}
    return collect.read(batches, group_of, _today(asked, now), before)


def _meant(read: Iterable[ReadBatch], group_of: _GroupFinder) -> dict[str, str]:
    """Folded words → the register's group that they mean now."""
    return {folded(words): group for each in read for words in each.words if (group := group_of(words)) is not None}


def _today(asked: IntakeRequest, now: dt.datetime) -> dt.date:
    return now.astimezone(ZoneInfo(asked.provider.time_zone)).date()


def try_out(flow: Flow, asked: IntakeRequest, now: dt.datetime, progress: Progress) -> Intake:
    """What `take_in` would make of the file. Nothing is stored."""
    try:
        batches = _parsed(flow, asked, progress)
    except InputRefused as refused:
        return Intake(None, Collected(), Outcomes(), refused.finding)
    with reading(flow.engine) as connection:
        group_of = _GroupFinder.of(connection, asked)
        read = _read(asked, batches, group_of, now)
        known = _known(flow, connection, asked, group_of, read, None, now)
        collected = collect.plan_read(read, known)
    return Intake(None, collected, _tried(flow, asked, collected, known, now))


def _parsed(flow: Flow, asked: IntakeRequest, progress: Progress) -> list[Batch]:
    batches = []
    provider, source = asked.provider.provider, asked.source
    for batch in asked.batches():
        ours = collect.resent.only_ours(batch, lambda one: flow.vault.is_reference(provider, source, one)) if batch.is_resent else batch
        batches.append(ours)
        progress("read", len(batch.records))
    return batches


def _hash_of(mapping: Mapping[str, Any], month: str | None) -> str:
    return hashlib.sha256(json.dumps([mapping, month], default=str, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


# ---------------------------------------------------------------- what is known before


def _known(
    flow: Flow,
    connection: Connection,
    asked: IntakeRequest,
    group_of: _GroupFinder,
    read: Sequence[ReadBatch],
    resumes: store_collect.Run | None,
    now: dt.datetime,
) -> Known:
    """What there is to compare with: all of the groups that were not told before, and the changed rows' persons of those that were."""
    provider, source, groups = asked.provider.provider, asked.source, group_of.groups
    sheets = [sheet for each in read for sheet in each.sheets]
    compared = {sheet.group for sheet in sheets if sheet.changed is None}
    changed = {sheet.person_of[member] for sheet in sheets for member in sheet.changed or ()}
    period = cache(lambda: _period_of(read, now))

    def lesson_days(group: str) -> frozenset[dt.date]:
        own = store_lessons.own_of(connection, provider, [group], period())
        return planned_days(groups[group], period(), own) if group in groups else frozenset()

    persons, matched = store_source.persons_of(connection, provider, source) if compared else ([], set())
    waiting, declined = store_cards.asked_of(connection, provider, source) if matched else ({}, frozenset())
    return Known(
        group_of=group_of,
        lesson_days=lesson_days,
        nonworking=asked.holidays,
        today=_today(asked, now),
        key_of=flow.vault.key_of,
        persons=persons,
        marks=store_source.marks_of(connection, provider, source, compared, period(), changed) if compared or changed else {},
        lessons=store_lessons.lessons_of(connection, provider, source, compared, period()) if compared else (),
        schedules=store_lessons.schedules_of(connection, provider, source, compared) if tells_timetables(read) else (),
        next_person=store_source.next_person(connection, provider) if compared else 1,
        limit_percent=asked.limit_percent,
        resumes=resumes.run if resumes else None,
        declined=store_collect.declined_of(connection, provider, source, {sheet.group for sheet in sheets}) if compared or changed else (),
        matched=matched,
        cards_waiting=waiting,
        cards_declined=declined,
    )


def tells_timetables(read: Iterable[ReadBatch]) -> bool:
    return any(sheet.window is not None and sheet.window.lists_lessons for each in read for sheet in each.sheets)


def _period_of(read: Iterable[ReadBatch], now: dt.datetime) -> Period:
    days: list[dt.date] = []
    for each in read:
        days += [day for window in each.batch.windows for day in window.period]
        days += [record.day for record in each.batch.records if isinstance(record, (Mark, Lesson))]
    return Period(min(days, default=now.date()), max(days, default=now.date()))


class _GroupFinder:
    """The register's group for a source's words: by the mapping, by an earlier answer, by its title, or because there is only one."""

    def __init__(
        self,
        groups: Mapping[str, RegisterGroup],
        mapping: Mapping[str, Any],
        named: Mapping[str, store_source.NamedGroup],
        is_asked: bool = False,
    ) -> None:
        """``is_asked``: the source is a system, which names all its groups, those that the register does not have too."""
        self.named = named
        self._only = next(iter(groups)) if len(groups) == 1 and not is_asked else None
        by_mapping = mapping.get("groups")
        self._mapping = {folded(str(words)): str(group) for words, group in by_mapping.items()} if isinstance(by_mapping, Mapping) else {}
        self.groups = groups
        self._titles: dict[str, list[str]] = {}
        for group in groups.values():
            self._titles.setdefault(folded(group.title), []).append(group.group)

    @classmethod
    def of(cls, connection: Connection, asked: IntakeRequest) -> _GroupFinder:
        provider = asked.provider.provider
        groups = {group.group: group for group in store_register.groups_of_provider(connection, provider)}
        return cls(groups, asked.mapping, store_source.named_groups(connection, provider, asked.source), asked.attempt is not None)

    @property
    def told(self) -> dict[str, tuple[str, GroupTold]]:
        """Folded words → what they mean, and what was told of that group so far."""
        return {words: (named.group, named.told) for words, named in self.named.items()}

    def __call__(self, words: str) -> str | None:
        key = folded(words)
        if key in self._mapping:  # named here, it is nobody else: a group that the register does not have waits (N03)
            return self._mapping[key] if self._mapping[key] in self.groups else None
        if key in self.named and self.named[key].group in self.groups:
            return self.named[key].group
        titled = self._titles.get(key, [])
        if len(titled) == 1:
            return titled[0]
        if self._only is not None and not titled:
            return self._only
        return words if words in self.groups else None


# ---------------------------------------------------------------- what came of it


def outcomes(flow: Flow, asked: IntakeRequest, collected: Collected) -> Outcomes:
    provider = asked.provider.provider
    marks = views.mark_outcomes(flow.engine, provider, asked.source, [read.cell for read in collected.read])
    claims = views.claim_outcomes(flow.engine, provider, _claims_wanted(marks))
    unfit = [
        unfit_hours(read.word.hours, read.cell.day, read.word.place)
        for read in collected.read
        if read.cell in marks and marks[read.cell].state is MarkState.UNFIT
    ]
    return Outcomes(marks, claims, unfit)


def _claims_wanted(marks: Mapping[collect.Cell, views.MarkOutcome]) -> set[tuple[str, str, dt.date]]:
    return {
        (mark.child, cell.group, cell.day) for cell, mark in marks.items() if mark.child is not None and mark.state is MarkState.CLAIMED
    }


def _tried(flow: Flow, asked: IntakeRequest, collected: Collected, known: Known, now: dt.datetime) -> Outcomes:
    """Match, decide and book in memory. What the file replaces or withdraws no longer speaks beside it."""
    cells = {
        known.marks[read.cell].mark if read.cell in known.marks else -index: read.cell for index, read in enumerate(collected.read, start=1)
    }
    replaced = [known.marks[cell].mark for cell in collected.words if cell in known.marks]
    words = [
        WordAt(
            mark, asked.source, read.cell.person, read.cell.group, read.cell.day, read.word.status, read.word.hours, read.word.from_empty,
            2**62, read.word.place, None, read.cell.lesson,
        )
        for mark, read in zip(cells, collected.read, strict=True)
    ]  # fmt: skip
    mended = {entry.person.person for entry in collected.persons if entry.is_mended}

    def person_of(row: Mapping[str, Any]) -> PersonToMatch:
        is_taken_back = row["person"] in mended and row["matched_by"] != "answer"
        return flow.vault.person_to_match({**row, "child": None, "matched_by": None} if is_taken_back else row)

    context = store_match.context(flow.engine, asked.provider.provider, words, person_of)
    for entry in collected.persons:
        if entry.person.person not in context.persons or not context.persons[entry.person.person].answer:
            context.persons[entry.person.person] = person_of_member(entry.person.person, entry.member, entry.person.row)
    context.own.say(asked.source, collected.lessons)
    context.own.schedule(asked.source, collected.schedules, collected.unscheduled)
    matched, payers = flow.plan_match(asked.provider.provider, words, context, replaced)
    tried = Outcomes(findings=[finding for finding, _ in matched.findings])
    for mark in matched.marks:
        tried.marks[cells[mark.mark]] = views.MarkOutcome(mark.state, mark.rule, mark.child, mark.lessons, mark.slot)
    for outcome in _booked(flow, asked.provider.provider, matched, payers, now):
        tried.claims.setdefault((outcome.child, outcome.group, outcome.day), []).append(outcome)
    for each in tried.claims.values():
        each.sort(key=lambda one: one.slot)
    return tried


def _booked(flow: Flow, provider: str, matched: Matched, payers: store_register.Payers, now: dt.datetime) -> list[views.ClaimOutcome]:
    """Payer by payer, as it would be: a certificate may have money of two."""
    outcomes: list[views.ClaimOutcome] = []
    by_payer: dict[str, list[Claim]] = defaultdict(list)
    for claim in _claims_in_memory(flow, provider, matched.claims, payers):
        by_payer[claim.payer].append(claim)
    for payer, claims in sorted(by_payer.items()):
        with reading(flow.engine) as connection:
            facts = store_claims.facts_for(connection, {(one.payer, one.provider, one.child, one.group) for one in claims})
            free = store_ledger.free_of(connection, payer, set(facts.certificates))
            booked_in = store_months.months_of(connection, payer, claims, flow.rules.nominal_period)
        booked = book.plan(flow.plan_decide(claims, facts, now), free, flow.rules.nominal_period, booked_in)
        outcomes += [
            views.ClaimOutcome(
                one.claim.child, one.claim.group, one.claim.day, one.claim.slot, str(one.claim.status), one.answer.kind.value,
                one.answer.not_charged.value if one.answer.not_charged else None, one.answer.refusals, one.amount, one.answer.enrollment,
                one.answer.certificate, one.claim.from_empty, one.claim.conflict,
            )
            for one in booked.answers
        ]  # fmt: skip
    return outcomes


def _claims_in_memory(flow: Flow, provider: str, words: Sequence[ClaimWord], payers: store_register.Payers) -> list[Claim]:
    """The claims as they would stand, each with the live debit that it has."""
    said = [word for word in words if word.status is not None and word.starts_at is not None and word.ends_at is not None]
    if not said:
        return []
    period = Period(min(word.day for word in said), max(word.day for word in said))
    keys = {(payers(word.child, word.group, word.day), provider, word.group) for word in said}
    known = {(one.child, one.group, one.day, one.slot): one for one in store_decide.claims_at(flow.engine, keys, period)}
    claims = []
    for index, word in enumerate(said, start=1):
        assert word.starts_at is not None and word.ends_at is not None  # filtered above
        before = known.get((word.child, word.group, word.day, word.slot))
        claims.append(
            Claim(
                payers(word.child, word.group, word.day), before.row if before else -index,
                claim_key(provider, word.child, word.group, word.day, word.slot), provider, word.child, word.group, word.day, word.slot,
                word.starts_at, word.ends_at, word.status, word.hours, word.from_empty, word.is_cancelled, word.conflict,
                before.live if before else None, before.debits if before else 0, before.last_acceptance if before else None,
                before.attendances if before else 0, before.attendance if before else None,
            )
        )  # fmt: skip
    return claims
