"""The `Gateway`, to which every face talks, and how it is opened."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.core.collect import CARDS
from gateway.flow import Progress, silent
from gateway.flow import explain as flow_explain
from gateway.flow import matching as flow_matching
from gateway.flow import queues as flow_queues
from gateway.flow.lessons import lesson_counts
from gateway.flow.matching import Chosen
from gateway.monthly import checked_month
from gateway.packs import describe
from gateway.receiving import Receiving
from gateway.settings import home_of, load_settings, standing_clock
from gateway.store import ledger as store_ledger
from gateway.store import matching as store_matching
from gateway.store import queues as store_queues
from gateway.store import views
from gateway.store.engine import reading
from gateway.upkeep import Upkeep
from gateway.wired import of_pack


class Gateway(Receiving, Upkeep):
    """Everything that a face may ask of the gateway, part by part: `Wired`, `Inputs`, `Monthly`, `Scheduled`, `Receiving`, `Upkeep`."""

    # ------------------------------------------------------------ taking back

    def undo(self, provider: str | None, file_or_run: str, progress: Progress = silent) -> dict[str, Any]:
        """Take a run back: by its id, or the last run that took a file of this name."""
        changed = flow_queues.undo(self.flow, self.provider(provider).provider if provider else None, file_or_run, self.clock())
        return {"changed": changed, "complete": self.after_answer(progress)}

    # ------------------------------------------------------------ queues

    def match_queue(self, provider: str | None = None, with_candidates: bool = True, chosen: Chosen | None = None) -> list[dict[str, Any]]:
        """Persons and groups that wait, each with its candidates and their reasons. ``chosen``: only these persons, of its provider."""
        return flow_matching.match_queue(self.flow, chosen or Chosen(provider), self.language, with_candidates)

    def answer_match(
        self,
        person: str | Sequence[str],
        provider: str | None = None,
        group: str | None = None,
        child: str | None = None,
        outside: bool = False,
        row: int | Collection[int] | None = None,
        progress: Progress = silent,
        by: str = "",
    ) -> dict[str, Any]:
        """Answer who a person is, or several at once: ``child`` "" takes an answer back; ``outside``: nobody in the register.

        Args:
            row: of namesakes the ones in these rows; by: who answers.
        """
        self.flow.read_register(self.clock(), progress)
        known = self.provider(provider).provider
        persons = [person] if isinstance(person, str) else person
        rows = () if row is None else [row] if isinstance(row, int) else row
        number, answered = flow_matching.answer_match(self.flow, known, persons, group, child, outside, rows, by, self.clock())
        return {"answer": number, "answered": answered, "complete": self.flow.run(self.clock(), progress)}

    def say_outside(self, provider: str | None, persons: Collection[int], by: str, progress: Progress = silent) -> dict[str, Any]:
        """Answer of many at once that they are nobody in the register. ``persons``: their keys, as `match_queue` gives them."""
        self.flow.read_register(self.clock(), progress)
        number = store_matching.answer_persons(
            self.engine, self.provider(provider).provider, persons, store_matching.Answered(None, True, by, self.clock())
        )
        return {"answer": number, "answered": len(persons), "complete": self.flow.run(self.clock(), progress)}

    def answer_one(self, provider: str, person: int, child: str | None, by: str) -> int:
        """Remember an answer for the person of this key (``child`` None: outside), of a queue that is walked through; its number.

        The stages are run once at the end: `after_answer`.
        """
        if child is not None:
            flow_matching.check_child(self.flow, child)
        return store_matching.answer_persons(
            self.engine, provider, [person], store_matching.Answered(child, child is None, by, self.clock())
        )

    def answered(self, provider: str | None = None, persons: Collection[str] = ()) -> list[dict[str, Any]]:
        """Who was said to be whom, by whom and when; the latest answer first. ``persons``: only answers about one of these names."""
        return flow_matching.answered(self.flow, provider, persons)

    def take_one_back(self, provider: str, answer: int, by: str) -> None:
        """Take one of `answer_one` back."""
        flow_matching.take_back(self.flow, provider, answer, by, self.clock())

    def take_back_answer(self, provider: str | None, answer: int, by: str, progress: Progress = silent) -> dict[str, Any]:
        """Take an answer back for all whom it was about: what stood before it stands again."""
        self.flow.read_register(self.clock(), progress)
        changed = flow_matching.take_back(self.flow, self.provider(provider).provider, answer, by, self.clock())
        return {"answered": changed, "complete": self.flow.run(self.clock(), progress)}

    def answer_group(self, provider: str | None, words: str, group: str, progress: Progress = silent) -> dict[str, Any]:
        """Answer which of the register's groups a source's words mean."""
        self.flow.read_register(self.clock(), progress)
        answered = flow_queues.answer_group(self.flow, self.provider(provider).provider, words, group)
        return {"answered": answered, "complete": self.flow.run(self.clock(), progress)}

    def withdrawals(self, provider: str | None = None) -> list[dict[str, Any]]:
        """Withdrawals above the limit that wait for a person. ``cards``: so many corrected cards of a source wait, of no group or month."""
        return [
            {
                "provider": row["provider"], "source": row["source"], "marks": row["marks"], "cards": row["cards"],
                "group": row["group_id"] if row["group_id"] != CARDS else None, "month": row["month"] or None,
                "known": row["known"], "children": row["children"],
            }
            for row in store_queues.withdrawals(self.engine, provider)
        ]  # fmt: skip

    def answer_withdrawals(
        self,
        accept: bool,
        provider: str | None = None,
        group: str | None = None,
        month: str | None = None,
        progress: Progress = silent,
        only_cards: bool = False,
    ) -> dict[str, Any]:
        """Confirm or decline withdrawals and corrected cards; a later answer replaces an earlier one."""
        if month is not None:
            checked_month(month)
        answered = flow_queues.answer_withdrawals(self.flow, provider, group, month, accept, self.clock(), only_cards)
        return {"answered": answered, "complete": self.after_answer(progress)}

    def conflicts(self, provider: str | None = None) -> list[dict[str, Any]]:
        """Lessons on which sources differ. ``twofold``: those that say different things themselves, of two cards or rows of the child."""
        return [
            {
                "provider": row["provider"], "enrollment": row["enrollment"], "group": row["group_id"], "date": row["day"].isoformat(),
                "slot": row["slot"], "sources": list(dict.fromkeys(names)),
                "twofold": [name for name in dict.fromkeys(names) if names.count(name) > 1],
            }
            for row in store_queues.conflicts(self.engine, provider)
            for names in [row["conflict"].split(", ")]
        ]  # fmt: skip

    def answer_conflict(self, enrollment: str, date: dt.date, slot: int, take: str, progress: Progress = silent) -> dict[str, Any]:
        """Say whose word counts."""
        answered = flow_queues.answer_conflict(self.flow, enrollment, date, slot, take, self.clock())
        return {"answered": answered, "complete": self.after_answer(progress)}

    # ------------------------------------------------------------ asking

    def explain(self, debit: str | None = None, certificate: str | None = None, date: dt.date | None = None) -> list[dict[str, Any]]:
        """Why something was debited, and why not."""
        return flow_explain.explain(self.flow, self.pack, debit, certificate, date, self.language)

    def certificate(self, number: str) -> dict[str, Any]:
        """A certificate's balance in the nominal period of today."""
        return flow_explain.certificate(self.flow, number, self.clock())

    def claims(
        self, enrollment: str | None = None, month: str | None = None, answer: str | None = None, provider: str | None = None
    ) -> list[dict[str, Any]]:
        """Claims with their answers, in the form of expected.json."""
        if month is not None:
            checked_month(month)
        return flow_explain.claims(self.flow, enrollment, month, answer, provider, self.language)

    def counts(self, provider: str | None = None, month: str | None = None) -> dict[str, Any]:
        return views.counts(self.engine, provider, month)

    def paid(self, certificates: Collection[tuple[str, str]]) -> dict[tuple[str, str, str], int]:
        """(payer, certificate, the period's first day) → kopecks paid by it, here and elsewhere. ``certificates``: (payer, certificate)."""
        return flow_explain.paid(self.flow, certificates)

    def payable(self) -> dict[str, int]:
        """What has been accepted for each provider, less reversals, kopecks."""
        with reading(self.engine) as connection:
            return store_ledger.payable_by_provider(connection)

    def lessons(self, month: str) -> Mapping[str, Mapping[str, int]]:
        """Provider → how many lessons its groups had in the month, and how many of them were cancelled."""
        checked_month(month)
        return lesson_counts(self.flow, month)

    def months(self) -> list[str]:
        """Months that have claims."""
        return views.months(self.engine)

    def ledger_faults(self) -> list[str]:
        """Accounts and certificates whose sums do not add up; empty where all is well."""
        with reading(self.engine) as connection:
            return store_ledger.faults(connection)

    def status(self, language: str | None = None) -> dict[str, Any]:
        """Sources, counts, what waits, the register, the schedule. ``language``: another than the gateway's own."""
        return flow_explain.status(self.flow, self.clock(), language or self.language) | {"schedule": self.schedule(language)}

    def ask_register(self) -> None:
        """One light question, whose answer is not stored.

        Raises:
            RegisterUnavailable: it does not answer.
        """
        cursors = {(row["register"], row["feed"]): row["cursor"] for row in views.cursors(self.engine)}
        self.register.catalogue(cursors.get((self.flow.register_name, "catalogue")))

    def rules_in_force(self) -> list[dict[str, Any]]:
        """Rules with their parameters and sources, and what of the pack is no rule."""
        rules = of_pack(lambda: describe(self.pack, self.plugins.rules))
        return [
            {
                "id": one.id, "title": one.title.in_language(self.language), "on": one.on, "switchable": one.switchable, "act": one.act,
                "parameters": [{"name": each.name, "value": each.value, "source": each.source} for each in one.parameters],
            }
            for one in rules
        ]  # fmt: skip

    def mappings(self, provider: str | None = None) -> list[dict[str, Any]]:
        return [dict(row) for row in store_queues.mappings(self.engine, provider)]


def open_gateway(database: str | None = None, language: str = "ru", environment: Mapping[str, str] = os.environ) -> Gateway:
    """The gateway of GATEWAY_HOME, as the command line and the pages use it.

    Raises:
        UserError: settings or clock are wrong.
    """
    home = home_of(environment)
    settings = load_settings(home, environment)
    if database:
        settings = replace(settings, database=database)
    standing = standing_clock(environment)
    return Gateway(home, settings, (lambda: standing) if standing else (lambda: dt.datetime.now(dt.UTC)), language, environment=environment)
