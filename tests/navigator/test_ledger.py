"""The register's ledger: nominal = free + paid − shortfall, always, and no certificate below zero."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError

from navigator import commands, operations
from navigator.clock import clock_from
from navigator.engine import open_database, reading, writing
from navigator.ledger import InsufficientFunds, Ledger, nominal_period, nominal_periods
from navigator.tables import accounts, nominals, transfers

from .conftest import make_debit, make_reversal

YEAR = nominal_period(dt.date(2025, 10, 6))
NUMBER, CERTIFICATE = "0471000001", "cert-0471000001"


@pytest.fixture
def loaded_home(register):
    return register.home


def test_periods_are_calendar_years():
    assert (YEAR.first, YEAR.last) == (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    year_end, year_start = dt.date(2025, 12, 31), dt.date(2026, 1, 1)
    assert nominal_periods(type(YEAR)(year_end, year_start)) == [nominal_period(year_end), nominal_period(year_start)]


def test_a_nominal_lowered_below_what_is_spent_leaves_a_shortfall_that_is_met_first(register, make):
    debits = [make.debit(f"2025-10-{day:02d}", amount=40000) for day in (1, 2)]
    register.send(*debits)
    register.change(op="nominal", certificate=NUMBER, amount="500.00")
    assert register.balance(NUMBER) == (50000, 80000, 0), "20000 were free, 30000 are short"
    assert register.outcome(make.debit("2025-10-03", amount=1)) == "insufficient_funds"
    register.send(make.reversal(debits[0]))
    assert register.balance(NUMBER) == (50000, 40000, 10000), "of 40000 that came back 30000 met the shortfall"
    register.change(op="nominal", certificate=NUMBER, amount="300.00")
    register.change(op="nominal", certificate=NUMBER, amount="450.00")
    assert register.balance(NUMBER) == (45000, 40000, 5000)


def test_the_operator_is_told_of_a_shortfall(register, make):
    register.send(make.debit(amount=80000))
    result = register.command("nominal", NUMBER, "500.00", "--lang", "en")
    assert result.exit_code == 0 and "short of 300.00 RUB" in result.stdout


def test_the_database_itself_refuses_an_overdrawn_certificate(register):
    with pytest.raises(IntegrityError, match="certificate_never_below_zero"), writing(open_database(register.home)) as connection:
        connection.execute(update(accounts).where(accounts.c.kind == "certificate").values(out_kopecks=accounts.c.in_kopecks + 1))


def test_the_database_itself_refuses_a_transfer_of_nothing(register):
    row = {"from_account": 1, "to_account": 2, "amount_kopecks": 0, "kind": "debit", "made_at": ""}
    with pytest.raises(IntegrityError), writing(open_database(register.home)) as connection:
        connection.execute(insert(transfers), [row])


def test_a_debit_of_more_than_is_free_moves_nothing(register):
    with writing(open_database(register.home)) as connection:
        ledger = Ledger(connection, "")
        with pytest.raises(InsufficientFunds) as caught:
            ledger.debit(CERTIFICATE, "pskov", YEAR, "ddt", 100001, "x")
        assert caught.value.free_kopecks == 100000
        assert ledger.standing(CERTIFICATE, "pskov", YEAR) == (100000, 100000, 0)


def check_books(engine):
    """Sums equal the transfers, every transfer has two sides, and each certificate's equation holds."""
    with reading(engine) as connection:
        for account in connection.execute(select(accounts)):
            came = connection.scalar(select(func.sum(transfers.c.amount_kopecks)).where(transfers.c.to_account == account.account)) or 0
            went = connection.scalar(select(func.sum(transfers.c.amount_kopecks)).where(transfers.c.from_account == account.account)) or 0
            assert (account.in_kopecks, account.out_kopecks) == (came, went)
        sums = {kind: 0 for kind in ("fund", "certificate", "shortfall", "payable")}
        for kind, balance in connection.execute(select(accounts.c.kind, accounts.c.in_kopecks - accounts.c.out_kopecks)):
            sums[kind] += balance
        assert sum(sums.values()) == 0
        given = connection.scalar(select(func.sum(nominals.c.amount_kopecks))) or 0
        assert given == -sums["fund"] == sums["certificate"] + sums["payable"] + sums["shortfall"]
        return sums


class Books(RuleBasedStateMachine):
    """Nominals, debits and reversals in any order, against a model of one certificate that is four lines long."""

    template = None
    folder = None

    @initialize()
    def start(self):
        home = self.folder / "run"
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.template, home)
        self.engine = open_database(home)
        self.clock = clock_from()
        self.nominal = 100000
        self.live: dict[str, dict] = {}
        self.turn: dict[str, tuple[int, str | None]] = {}

    @property
    def paid(self):
        return sum(debit["amount_kopecks"] for debit in self.live.values())

    def send(self, operation):
        with writing(self.engine) as connection:
            (answer,) = operations.take(connection, [{**operation}], self.clock.now())
        return answer

    @rule(kopecks=st.integers(0, 150000))
    def set_nominal(self, kopecks):
        with writing(self.engine) as connection:
            commands.nominal(connection, self.clock, NUMBER, f"{kopecks // 100}.{kopecks % 100:02d}")
        self.nominal = kopecks

    @rule(day=st.integers(1, 9), kopecks=st.integers(1, 60000))
    def debit(self, day, kopecks):
        key = f"2025-10-{day:02d}"
        n, after = self.turn.get(key, (0, None))
        operation = make_debit(key, n, amount=kopecks, after=after)
        answer = self.send(operation)
        if key in self.live:
            assert answer["outcome"] in ("accepted", "rejected") and (
                answer["outcome"] == "rejected" or answer["id"] == self.live[key]["id"]
            )
            return
        fits = kopecks <= self.nominal - self.paid
        assert answer["outcome"] == ("accepted" if fits else "rejected")
        if fits:
            self.live[key] = operation
            self.turn[key] = (n + 1, operation["id"])

    @precondition(lambda self: self.live)
    @rule(choice=st.randoms(use_true_random=False))
    def reverse(self, choice):
        key = choice.choice(sorted(self.live))
        operation = make_reversal(self.live.pop(key))
        assert self.send(operation)["outcome"] == "accepted"
        self.turn[key] = (self.turn[key][0], operation["id"])

    @invariant()
    def the_equation_holds(self):
        with reading(self.engine) as connection:
            standing = Ledger(connection, "").standing(CERTIFICATE, "pskov", YEAR)
        assert standing.nominal_kopecks == self.nominal
        assert standing.available_kopecks == max(0, self.nominal - self.paid)
        assert standing.shortfall_kopecks == max(0, self.paid - self.nominal)
        assert standing.paid_kopecks == self.paid
        assert check_books(self.engine)["payable"] == self.paid

    def teardown(self):
        if hasattr(self, "engine"):
            self.engine.dispose()


def test_any_sequence_keeps_the_equation(loaded_home, tmp_path):
    machine = type("BooksHere", (Books,), {"template": loaded_home, "folder": tmp_path})
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    profile = settings(max_examples=15, stateful_step_count=15, deadline=None, derandomize=True, suppress_health_check=checks)
    run_state_machine_as_test(machine, settings=profile)
