"""Whatever happens, in whatever order: no kopeck is lost, none is doubled, and nothing falls below zero.

A machine tells the real store what sources, a person, the register and another gateway may tell it, and asks the ledger after every step.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from gateway.core.claims import Answer, AnswerKind, NotCharged, claim_key, debit_id, reversal_id
from gateway.core.facts import Status, Text
from gateway.core.ledger import AccountKind
from gateway.core.match import ClaimWord
from gateway.core.post import Accepted, Answered, Operation
from gateway.store import ledger as store_ledger
from gateway.store import post as store_post
from gateway.store import register as store_register
from gateway.store import tables as t
from gateway.store.engine import open_engine, reading
from tests.builders.facts import NOW, calendar_year, certificate, lesson
from tests.builders.postgres import Postgres
from tests.builders.stages import book_all, decide_all, save_movements, say, take

MEMORY = Path("/dev/shm")
"""Where it is there: thousands of small transactions, and no power will fail."""

PAYER, REGISTER = "town", "register"
CHILDREN = ("k-1", "k-2")
PROVIDERS = ("club", "school")
DAYS = (dt.date(2025, 10, 6), dt.date(2025, 10, 9))
LESSONS = [(provider, child, day) for provider in PROVIDERS for child in CHILDREN for day in DAYS]
PRICE = {"club": 3_000, "school": 4_500}

lessons = st.sampled_from([LESSONS[0]] * 6 + LESSONS)  # most of what can go wrong goes wrong on one lesson


def enrollment_of(provider: str, child: str) -> str:
    return f"D-{provider}-{child}"


class Register:
    """A register that keeps acceptances for ever: the same id gets the same answer, another `after` than its own is behind."""

    def __init__(self) -> None:
        self.accepted: dict[str, tuple[Accepted, tuple[Any, ...]]] = {}
        self.of_claim: dict[str, list[Accepted]] = defaultdict(list)

    def take(self, one: Operation) -> Answered:
        if one.kind == "attendance":
            return Answered(one, "accepted", "N", None, None)
        if one.id in self.accepted:
            return Answered(one, "accepted", self.accepted[one.id][0].number, None, None)
        known = self.of_claim[one.claim_key]
        if (known[-1].id if known else None) != one.after:
            return Answered(one, "behind", None, None, None, tuple(known))
        self.keep(one.id, one.kind, one.amount, one.enrollment or "", one.certificate or "", one.n, one.refers_to, one.claim_key, one)
        return Answered(one, "accepted", "N", None, None)

    def keep(
        self, id_: str, kind: str, amount: int, enrollment: str, certificate_: str, n: int, refers_to: str | None, key: str, of: Any
    ) -> None:
        one = Accepted(id_, kind, amount, enrollment, certificate_, n, "2025-10", "N", refers_to)
        place = (of.provider, of.child, of.group, of.day, of.slot, of.starts_at)
        self.accepted[id_] = (one, place)
        self.of_claim[key].append(one)

    def live(self, key: str) -> Accepted | None:
        known = self.of_claim[key]
        return known[-1] if known and known[-1].kind == "debit" else None

    def paid(self) -> dict[str, int]:
        sums = {provider: 0 for provider in PROVIDERS}
        for one, place in self.accepted.values():
            sums[place[0]] += one.amount if one.kind == "debit" else -one.amount
        return sums


@contextmanager
def a_file() -> Iterator[str]:
    """The address of a fresh SQLite database."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield f"sqlite:///{Path(folder) / 'gateway.sqlite'}"


class LedgerMachine(RuleBasedStateMachine):
    def __init__(self, database: Callable[[], AbstractContextManager[str]] = a_file) -> None:
        super().__init__()
        self.resources = ExitStack()
        self.engine = open_engine(self.resources.enter_context(database()))
        self.register = Register()
        self.nominals = dict.fromkeys(CHILDREN, 0)
        self.transfers: list[Any] = []

    def teardown(self) -> None:
        try:
            self.drain()
        finally:
            self.engine.dispose()
            self.resources.close()

    # ------------------------------------------------------------ what may happen

    @initialize(first=st.integers(0, 20_000), second=st.integers(0, 20_000))
    def fund(self, first: int, second: int) -> None:
        self.set_nominal("k-1", first)
        self.set_nominal("k-2", second)

    @rule(child=st.sampled_from(CHILDREN), amount=st.integers(0, 20_000))
    def set_nominal(self, child: str, amount: int) -> None:
        self.nominals[child] = amount
        one = certificate(f"cert-{child}", child, amount, numbers=((f"47{child[-1]:>08}", None),))
        store_register.save_certificates(self.engine, REGISTER, [one], "c", NOW)

    @rule(lesson_=lessons, status=st.sampled_from([Status.ATTENDED, Status.ATTENDED, Status.ABSENT, None]))
    def say(self, lesson_: tuple[str, str, dt.date], status: Status | None) -> None:
        provider, child, day = lesson_
        at = lesson(day)
        word = ClaimWord(child, f"g-{provider}", day, 1, at.starts_at, at.ends_at, status, None, False, False, "", None)
        say(self.engine, provider, [word], {child: PAYER})

    @rule()
    def book(self) -> None:
        decide_all(self.engine, self._answer)
        book_all(self.engine)

    @rule(
        limit=st.integers(1, 4),
        fates=st.lists(st.sampled_from(["answered", "answered", "rejected", "lost", "never came"]), min_size=4, max_size=4),
    )
    def post(self, limit: int, fates: list[str]) -> None:
        operations = take(self.engine, limit)
        answers = [self._fate(one, fate) for one, fate in zip(operations, fates, strict=False)]
        if answers:
            store_post.settle(self.engine, answers, calendar_year, NOW)

    @rule(limit=st.integers(1, 4))
    def die_after_sending(self, limit: int) -> None:
        """Taken, sent, accepted, and nobody was there to hear it."""
        for one in take(self.engine, limit):
            self.register.take(one)

    @rule()
    def start_again(self) -> None:
        store_post.take_up_again(self.engine, NOW, lambda token: True)

    @rule(lesson_=lessons, times=st.integers(1, 3))
    def another_gateway_posts(self, lesson_: tuple[str, str, dt.date], times: int) -> None:
        provider, child, day = lesson_
        at = lesson(day)
        key = claim_key(provider, child, f"g-{provider}", day, 1)
        of = Operation(
            PAYER, 0, "", "", 0, key, provider, child, f"g-{provider}", day, 1, at.starts_at, 0, "2025-10", 0, None, None, 90, None, None,
            None,
        )  # fmt: skip
        for _ in range(times):
            known, live = self.register.of_claim[key], self.register.live(key)
            debits = sum(one.kind == "debit" for one in known)
            if live is None:
                self.register.keep(
                    debit_id(key, debits), "debit", PRICE[provider], enrollment_of(provider, child), f"cert-{child}", debits, None, key, of
                )
            else:
                self.register.keep(
                    reversal_id(live.id), "reversal", live.amount, live.enrollment or "", live.certificate or "", live.n, live.id, key, of
                )

    @rule()
    def read_movements(self) -> None:
        save_movements(self.engine, *self.register.accepted.values())

    @precondition(lambda self: any(self.nominals.values()))
    @rule()
    def reach_into_the_ledger(self) -> None:
        """The database itself is the second wall."""
        overdraw = "UPDATE account SET out_settled = in_settled - out_held + 1 WHERE kind = 'certificate'"
        for statement in (
            overdraw,
            "UPDATE account SET in_held = -1",
            "UPDATE transfer SET amount = 0",
            "UPDATE transfer SET target = source",
        ):
            try:
                with self.engine.begin() as connection:
                    changed = connection.execute(sa.text(statement)).rowcount
                assert changed == 0, f"the database let this through: {statement}"
            except sa.exc.IntegrityError:
                pass

    # ------------------------------------------------------------ what must hold

    @invariant()
    def the_ledger_adds_up(self) -> None:
        with reading(self.engine) as connection:
            assert store_ledger.faults(connection) == []
            balances = store_ledger.balances(connection, PAYER, [f"cert-{child}" for child in CHILDREN])
            payable = store_ledger.payable_by_provider(connection)
            transfers = connection.execute(sa.select(t.transfer).order_by(t.transfer.c.transfer)).all()
        for child in CHILDREN:
            ours = [one for name, one in balances.items() if name.owner == f"cert-{child}"]
            assert sum(one.funded for one in ours) == self.nominals[child]
            assert all(one.free >= 0 and one.held >= 0 and one.shortfall >= 0 for one in ours)
            assert all(one.free == 0 or one.shortfall == 0 for one in ours), "what is free meets the shortfall first"
        assert sum(payable.values()) == sum(one.paid for one in balances.values())
        assert transfers[: len(self.transfers)] == self.transfers, "a transfer was changed or deleted"
        self.transfers = list(transfers)

    @invariant()
    def no_claim_has_two_live_debits_or_two_holds(self) -> None:
        with reading(self.engine) as connection:
            rows = connection.execute(sa.select(t.operation.c.claim, t.operation.c.kind, t.operation.c.state, t.claim.c.under_way).join(
                t.claim, (t.claim.c.payer == t.operation.c.payer) & (t.claim.c.claim == t.operation.c.claim))
            ).all()  # fmt: skip
        open_ones: dict[int, int] = defaultdict(int)
        balance: dict[int, int] = defaultdict(int)
        for claim, kind, state, _ in rows:
            open_ones[claim] += state in ("to_send", "sending", "unanswered")
            balance[claim] += {"debit": 1, "reversal": -1}.get(kind, 0) * (state == "accepted")
        assert {claim: number for claim, _, _, number in rows} == {claim: open_ones[claim] for claim, *_ in rows}
        assert set(balance.values()) <= {0, 1}

    # ------------------------------------------------------------ parts

    def _answer(self, one: Any) -> Answer:
        enrollment, of = enrollment_of(one.provider, one.child), f"cert-{one.child}"
        if one.status is None:
            return Answer(AnswerKind.WITHDRAWN, enrollment=enrollment, certificate=of)
        if one.status is Status.ABSENT:
            return Answer(AnswerKind.NOT_CHARGED, NotCharged.ABSENT, enrollment=enrollment, certificate=of)
        return Answer(AnswerKind.CHARGED, price=PRICE[one.provider], parent=0, enrollment=enrollment, certificate=of)

    def _fate(self, one: Operation, fate: str) -> Answered:
        if fate == "rejected" and one.id not in self.register.accepted:
            return Answered(one, "rejected", None, Text("нет", "no"), Text("да", "yes"))
        if fate == "never came":
            return Answered(one, "unanswered", None, None, None)
        answer = self.register.take(one)
        return Answered(one, "unanswered", None, None, None) if fate == "lost" else answer

    def drain(self) -> None:
        """The register is well again and nobody else meddles: all becomes quiet, and both sides say the same."""
        for _ in range(30):
            self.read_movements()
            self.start_again()
            self.book()
            self.post(4, ["answered"] * 4)
            if set(store_post.under_way(self.engine).values()) == {0}:
                break
        else:
            raise AssertionError(f"never quiet: {store_post.under_way(self.engine)}")
        self.the_ledger_adds_up()
        with reading(self.engine) as connection:
            payable = store_ledger.payable_by_provider(connection)
            rows = connection.execute(sa.select(t.claim.c.key, t.claim.c.live, t.claim.c.debits, t.claim.c.status, t.claim.c.is_said)).all()
            kinds = set(connection.execute(sa.select(t.account.c.kind)).scalars())
        assert {provider: payable.get(provider, 0) for provider in PROVIDERS} == self.register.paid()
        for key, live, debits, status, is_said in rows:
            theirs = self.register.live(key)
            assert live == (theirs.id if theirs else None)
            assert debits == sum(one.kind == "debit" for one in self.register.of_claim[key])
            if status != "attended" and is_said:
                assert live is None, "a debit stands that nobody bears any more"
        assert kinds <= {kind.value for kind in AccountKind}


LedgerMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None, derandomize=True)
TestLedger = LedgerMachine.TestCase


def test_the_ledger_on_postgresql(postgres: Postgres) -> None:
    few = settings(max_examples=8, stateful_step_count=25, deadline=None, derandomize=True)
    run_state_machine_as_test(lambda: LedgerMachine(postgres.database), settings=few)
