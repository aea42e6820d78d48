"""A first input in one go: collect, match, decide and book planned over the input in memory, saved once.

Most inputs are new to everybody: a month's first sheet, a night's new lessons. The plans are the stages' own; what is left out is only the
lists between them. Where anything is known already, `take_whole` steps back and the stages run one by one.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from gateway.core import book, match
from gateway.core.book import BookedAll
from gateway.core.claims import Answer, Claim, claim_key
from gateway.core.collect import Collected, Known
from gateway.core.match import ClaimWord, Matched, WordAt
from gateway.core.periods import Period
from gateway.flow.run import Flow, Lessons, Matches
from gateway.store import claims as store_claims
from gateway.store import match as store_match
from gateway.store import months as store_months
from gateway.store import register as store_register
from gateway.store import whole as store_whole
from gateway.store.collect import Fence, Run, RunRequest
from gateway.store.whole import WholeWork
from gateway.vault import person_of_member


def is_whole(collected: Collected, known: Known) -> bool:
    """Whether the input only adds: no mark or lesson of its groups and days is known, nothing is withdrawn or held."""
    return (
        bool(collected.words)
        and not known.marks
        and not (collected.held or collected.held_cards or collected.cards_settled)
        and not known.lessons
        and not collected.unscheduled
        and known.resumes is None
        and len(collected.words) == len(collected.read)
    )


def take_whole(flow: Flow, asked: RunRequest, collected: Collected, fence: Fence, now: dt.datetime) -> Run | None:
    """Plan and save the input; None where somebody else's work touches it: then nothing was saved."""
    words = [
        WordAt(
            place, asked.source, cell.person, cell.group, cell.day, word.status, word.hours, word.from_empty, 0, word.place, None,
            cell.lesson,
        )
        for place, (cell, word) in enumerate(collected.words.items())
    ]  # fmt: skip
    if flow.rules.needs_history:
        return None  # the claims' own history would have to be read while they are being made
    context = store_match.context(flow.engine, asked.provider, words, flow.vault.person_to_match)
    for entry in collected.persons:
        if entry.person.person not in context.persons:
            context.persons[entry.person.person] = person_of_member(entry.person.person, entry.member, entry.person.row)
    context.own.say(asked.source, collected.lessons)
    context.own.schedule(asked.source, collected.schedules)
    precedence = flow.precedence.get(asked.provider, ())
    matches = Matches(flow, context)
    matches.ask_for(words)
    with store_whole.opened(flow.engine, asked, flow.register_name, fence) as work:
        if work is None:
            return None
        matched = match.plan(words, (), matches, Lessons(context, precedence), {}, {}, precedence)
        payers = store_register.payers_of(work.connection, {word.child for word in matched.claims}, matches.payers)
        if matched.claims and not _are_new(work, matched, payers):
            return None
        booked, mark_of = _decided(flow, work, asked.provider, matched, payers, now)
        return work.save(collected, flow.vault.seal, matched, mark_of, booked, now)


def _are_new(work: WholeWork, matched: Matched, payers: store_register.Payers) -> bool:
    days = [word.day for word in matched.claims]
    groups = sorted({word.group for word in matched.claims})
    return work.is_new(sorted({payers(word.child, word.group, word.day) for word in matched.claims}), groups, Period(min(days), max(days)))


def _decided(
    flow: Flow, work: WholeWork, provider: str, matched: Matched, payers: store_register.Payers, now: dt.datetime
) -> tuple[dict[str, BookedAll], dict[tuple[str, int], int]]:
    """Decide and book, payer by payer; with the place of the mark behind each (payer, claim)."""
    by_payer: dict[str, list[ClaimWord]] = defaultdict(list)
    for word in matched.claims:
        by_payer[payers(word.child, word.group, word.day)].append(word)
    booked: dict[str, BookedAll] = {}
    mark_of: dict[tuple[str, int], int] = {}
    for payer, words in sorted(by_payer.items()):
        first = work.first_ids(payer, "claim", len(words))
        claims = [_claim(payer, first + offset, provider, word) for offset, word in enumerate(words)]
        mark_of.update({(payer, first + offset): word.mark or 0 for offset, word in enumerate(words)})
        facts = store_claims.facts_for(work.connection, {(payer, provider, word.child, word.group) for word in words})
        answers: Sequence[tuple[Claim, Answer]] = flow.plan_decide(claims, facts, now)
        certificates = sorted({answer.certificate for _, answer in answers if answer.certificate})
        booked_in = store_months.locked_months(work.connection, payer, claims, flow.rules.nominal_period)
        booked[payer] = book.plan(answers, work.hold(payer, certificates), flow.rules.nominal_period, booked_in)
    return booked, mark_of


def _claim(payer: str, row: int, provider: str, word: ClaimWord) -> Claim:
    assert word.starts_at is not None and word.ends_at is not None  # a new claim is at a lesson
    return Claim(
        payer, row, claim_key(provider, word.child, word.group, word.day, word.slot), provider, word.child, word.group, word.day, word.slot,
        word.starts_at, word.ends_at, word.status, word.hours, word.from_empty, word.is_cancelled, word.conflict,
    )  # fmt: skip
