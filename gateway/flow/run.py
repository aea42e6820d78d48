"""Runs the stages: load (store) → plan (core) → save (store). The only caller of a register's connector.

Everything that a person or a system does to the gateway comes through here; nothing goes round.
"""

from __future__ import annotations

import datetime as dt
import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from gateway.core import book, decide, match
from gateway.core.claims import Answer as ClaimAnswer
from gateway.core.claims import Claim
from gateway.core.facts import Candidate, RegisterGroup
from gateway.core.lessons import DayLessons, lessons_on
from gateway.core.match import Match, Matched, WordAt
from gateway.core.periods import month_of, month_period
from gateway.flow.post import Poster, posting
from gateway.flow.recover import Adoption
from gateway.plugins.register import Acceptance, Page, RegisterConnector
from gateway.store import book as store_book
from gateway.store import decide as store_decide
from gateway.store import match as store_match
from gateway.store import months as store_months
from gateway.store import post as store_post
from gateway.store import queues as store_queues
from gateway.store import register as store_register
from gateway.store.engine import Engine, reading
from gateway.vault import Vault

Item = TypeVar("Item")
Progress = Callable[[str, int], None]
"""Called with a stage's name and how many items it has just done."""

OTHERS_SECONDS_MAX, OTHERS_LOOK_SECONDS = 10.0, 0.1
"""How long a run waits for another process that does not get on, and how often it looks."""

CANDIDATE_NUMBERS_MAX = 500
"""Numbers in one question to the register."""


def silent(stage: str, done: int) -> None:
    """No progress is shown."""


@dataclass(slots=True)
class Flow:
    """The stages over one database and one register."""

    engine: Engine
    register: RegisterConnector
    rules: decide.RulesInForce
    vault: Vault
    match_by_name: bool = True
    register_name: str = "register"
    settled: Callable[[Sequence[Mapping[str, Any]]], None] = field(default=lambda batch: None)
    precedence: Mapping[str, Sequence[str]] = field(default_factory=dict)  # provider → its sources, whose word goes first
    eligible_days: decide.EligibleDays = field(default_factory=decide.EligibleDays)

    # ------------------------------------------------------------ collect: the register's side

    def read_register(self, now: dt.datetime, progress: Progress = silent) -> Adoption:
        """Bring the register's facts up to date, feed by feed, each page with its cursor. What it knew more than we did is told.

        Raises:
            RegisterUnavailable: what was read before it failed is stored, and the next call goes on from there.
        """
        self._read("catalogue", self.register.catalogue, store_register.save_catalogue, now, progress)
        self._read("certificates", self.register.certificates, store_register.save_certificates, now, progress)
        self._read("enrollments", self.register.enrollments, store_register.save_enrollments, now, progress)
        adoption = Adoption(self, now)
        self._read("movements", self.register.movements, adoption.save_movements, now, progress)
        adoption.finish(progress)
        store_register.list_lessons_come(self.engine, now)
        for provider, order in self.precedence.items():
            store_queues.list_settled(self.engine, provider, order)
        return adoption

    def _read(
        self,
        feed: str,
        fetch: Callable[[str | None], Page[Item]],
        save: Callable[[Engine, str, Sequence[Item], str, dt.datetime], None],
        now: dt.datetime,
        progress: Progress,
    ) -> None:
        more = True
        while more:
            page = fetch(store_register.cursor_of(self.engine, self.register_name, feed))
            save(self.engine, self.register_name, page.items, page.cursor, now)
            progress("register", len(page.items))
            more = page.more

    def save_movements(self, engine: Engine, register: str, items: Sequence[Acceptance], cursor: str, now: dt.datetime) -> None:
        """Take over what the register accepted: ours is settled, what we do not know is adopted."""
        Adoption(self, now).save_movements(engine, register, items, cursor, now)

    # ------------------------------------------------------------ a whole run

    def run(self, now: dt.datetime, progress: Progress = silent) -> bool:
        """All stages until their lists are empty. True where everything was answered; False where the register did not take all.

        A freed balance or a reversal lists claims anew, and what was booked is sent: hence the loop. It ends with a round that does
        nothing.
        """
        done = _Counted(progress)
        with posting(self, now, done) as poster:
            poster.drain()  # what was under way is answered first: its lessons come into one batch with those that want the same money
            self._drain(poster, now, done)
            while self._others_get_on():
                done.ask_anew()
                self._drain(poster, now, done)
        waits = store_post.under_way(self.engine)
        return not any(waits[name] for name in ("to_match", "to_decide", "to_send", "unanswered"))

    def _drain(self, poster: Poster, now: dt.datetime, done: _Counted) -> None:
        while done.since_last_asked():
            self.work_off_lists(now, done)
            poster.drain()

    def _others_get_on(self) -> bool:
        """Whether another process has just got on with what is left: its work is part of our answer, so that we wait for it a while."""
        before = store_post.under_way(self.engine)
        if before["unanswered"] or not (before["to_match"] or before["to_decide"] or store_post.being_sent(self.engine)):
            return False
        deadline = time.monotonic() + OTHERS_SECONDS_MAX
        while time.monotonic() < deadline:
            time.sleep(OTHERS_LOOK_SECONDS)
            if store_post.under_way(self.engine) != before:
                return True
        return False

    def work_off_lists(self, now: dt.datetime, progress: Progress = silent) -> None:
        """Match, decide and book what is listed. Most often nothing is, which takes one question and not three."""
        if not store_match.is_anything_listed(self.engine):
            return
        self.match_listed(now, progress)
        self.decide_listed(now, progress)
        self.book_listed(now, progress)

    def match_listed(self, now: dt.datetime, progress: Progress = silent) -> None:
        while True:
            with store_match.work(self.engine) as work:
                if work is None:
                    return
                context = store_match.context(self.engine, work.provider, work.words, self.vault.person_to_match)
                matched, payers = self.plan_match(work.provider, work.words, context)
                store_match.save(self.engine, work, matched, payers)
            progress("match", len(work.words))

    def decide_listed(self, now: dt.datetime, progress: Progress = silent) -> None:
        while True:
            with collector_off(), store_decide.work(self.engine) as work:
                if work is None:
                    return
                store_decide.save(self.engine, work, self.plan_decide(work.claims, work.facts, now), now)
            progress("decide", len(work.claims))

    def book_listed(self, now: dt.datetime, progress: Progress = silent) -> None:
        while True:
            with collector_off(), store_book.work(self.engine) as work:
                if work is None:
                    return
                claims = [claim for claim, _ in work.decided]
                booked_in = store_months.locked_months(work.connection, work.payer, claims, self.rules.nominal_period)
                work.save(book.plan(work.decided, work.free, self.rules.nominal_period, booked_in), now)
                done = len(work.decided)
            progress("book", done)

    # ------------------------------------------------------------ the plans with what they need of the register

    def plan_match(
        self,
        provider: str,
        words: Sequence[WordAt],
        context: store_match.MatchContext,
        replaced: Iterable[int] = (),
    ) -> tuple[Matched, store_register.Payers]:
        """Match's plan for one provider's marks, and whose money its lessons are. ``replaced``: marks that stand and shall not speak."""
        matches = Matches(self, context)
        matches.ask_for(words)
        precedence = self.precedence.get(provider, ())
        lessons = Lessons(context, precedence)
        units = {(word.child, word.group, word.day) for word in words if word.child is not None}
        for word in words:
            if not word.group.startswith("?"):
                child = matches(word.person, word.group, month_of(word.day)).child
                if child is not None:
                    units.add((child, word.group, word.day))
        around = store_match.around(self.engine, provider, units, [*(word.mark for word in words), *replaced])
        matched = match.plan(words, around.siblings, matches, lessons, around.slots, around.take, precedence)
        with reading(self.engine) as connection:
            return matched, store_register.payers_of(connection, {word.child for word in matched.claims}, matches.payers)

    def plan_decide(self, claims: Sequence[Claim], facts: decide.RegisterFacts, now: dt.datetime) -> list[tuple[Claim, ClaimAnswer]]:
        """Decide's plan, with the history that the rules in force declare."""
        history = store_decide.history(self.engine, claims, now) if self.rules.needs_history else (lambda claim, reach: ())
        decider = decide.Decider(facts, self.rules, now, history, self.eligible_days)
        answers = [(claim, decider.answer(claim)) for claim in claims]
        if self.register.can.attendance:
            return answers
        return [(claim, answer._replace(attendance=None)) for claim, answer in answers]  # a register that takes none is told none

    def candidates(self, group: str, first: dt.date, last: dt.date, numbers: Iterable[str]) -> list[Candidate]:
        """The register's children for a group and these numbers, each once."""
        wanted = sorted(set(numbers))
        found: dict[str, Candidate] = {}
        for start in range(0, max(1, len(wanted)), CANDIDATE_NUMBERS_MAX):
            part = wanted[start : start + CANDIDATE_NUMBERS_MAX]
            found.update({one.child: one for one in self.register.candidates(group, first, last, part)})
        return list(found.values())


@contextmanager
def collector_off() -> Iterator[None]:
    """An input or a batch makes its marks and claims and lets go of them again, without a cycle among them: there is nothing to collect
    before it ends.

    Measured: the collector, which walks the batch again and again, is a third of the time in which claims are decided anew.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Matches:
    """(person, group, month) → whose it is; each worked out once, the register asked once per group."""

    def __init__(self, flow: Flow, context: store_match.MatchContext) -> None:
        self._flow = flow
        self._context = context
        self._candidates: dict[str, list[Candidate]] = {}
        self._known: dict[tuple[int, str, str], Match] = {}
        self.payers: dict[str, str] = {}

    def ask_for(self, words: Iterable[WordAt]) -> None:
        """Ask the register about every group that has a person to recognise."""
        days: dict[str, set[dt.date]] = defaultdict(set)
        persons: dict[str, set[int]] = defaultdict(set)
        for word in words:
            if word.group in self._context.groups and self._context.persons[word.person].needs_candidates:
                days[word.group].add(word.day)
                persons[word.group].add(word.person)
        numbers = {group: {number for one in mine if (number := self._context.persons[one].number)} for group, mine in persons.items()}
        for group, of_group in sorted(days.items()):
            # Whole months: «enrolled in the group in that month».
            first, last = month_period(month_of(min(of_group))).first, month_period(month_of(max(of_group))).last
            self._candidates[group] = self._flow.candidates(group, first, last, numbers.get(group, ()))
            self.payers.update({one.child: one.payer for one in self._candidates[group]})

    def __call__(self, person: int, group: str, month: str) -> Match:
        key = (person, group, month)
        if key not in self._known:
            candidates = self._candidates.get(group, [])
            self._known[key] = match.identify(self._context.persons[person], group, month, candidates, self._flow.match_by_name)
        return self._known[key]


class Lessons:
    """(group, day) → the day's lessons."""

    def __init__(self, context: store_match.MatchContext, precedence: Sequence[str] = ()) -> None:
        self._context = context
        self._zone = ZoneInfo(context.zone)
        self._precedence = precedence
        self._known: dict[tuple[str, dt.date], DayLessons] = {}

    def __call__(self, group: str, day: dt.date) -> DayLessons:
        key = (group, day)
        if key not in self._known:
            known: RegisterGroup | None = self._context.groups.get(group)
            own = self._context.own.on(group, day)
            self._known[key] = lessons_on(known, day, self._zone, own, self._precedence) if known else DayLessons()
        return self._known[key]


class _Counted:
    """Passes progress on, and knows whether there was any."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 1

    def __call__(self, stage: str, done: int) -> None:
        self._done += done
        self._progress(stage, done)

    def since_last_asked(self) -> int:
        """How much was done since; 1 at first."""
        done, self._done = self._done, 0
        return done

    def ask_anew(self) -> None:
        """One more round, whatever was done."""
        self._done = 1
