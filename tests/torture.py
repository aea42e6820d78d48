"""`make torture MINUTES=… DATABASE=…`: a club's sheets again and again, while all around breaks at random, and still the sums are equal.

Each round imports a sheet (corrected at random, or the last one again) or only runs the stages, in a process of its own. Meanwhile its
process is killed, or stopped while another works, or the register is killed and started again, or cuts and garbles answers; the clock goes
on, and back. Every so many rounds all is made well, and what must hold is looked at. Drawn from one seed, which is printed; what the
system's scheduler makes of the drawn moments differs from run to run.

Exit code 0: sums equal, no ledger faults; 1: otherwise, the home is kept and named.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from gateway.bootstrap import Gateway
from gateway.plugins.register import RegisterUnavailable
from gateway.store.engine import StoreUnavailable
from tests.builders.forked import kill_navigator, start_navigator
from tests.builders.postgres import Homes, Postgres
from tests.builders.sheets import Row
from tests.builders.town import LESSON_DAYS, NOW, PROVIDER, Databases, District, InTheirHomes, Town, free_port, load, rows_of, sums

CHILDREN = range(1, 7)
DISTRICT = District(
    nominals=("1000.00", "700.00", "2000.00", "350.00", "0.00", "1800.00"),
    groups=((PROVIDER, "G-1", "Парусники"), (PROVIDER, "G-2", "Гребцы")),
)
ROUNDS_BETWEEN_LOOKS = 15
SECONDS_OF_A_ROUND = 0.6
"""About how long an undisturbed one takes: within it the moments are drawn."""
LAST_DAY = dt.datetime.fromisoformat("2025-12-20T10:00:00+03:00")
"""The clock does not go on beyond: a fact of the year before would wait for its payer."""
FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "drop_reply", "next": 1}, {"fault": "drop_reply", "next": 3}, {"fault": "drop_request", "next": 1},
    {"fault": "late_request", "next": 1, "seconds": 0.3}, {"fault": "delay", "next": 1, "seconds": 0.3}, {"fault": "duplicate", "next": 2},
    {"fault": "swap_answers", "next": 1, "how": "order"}, {"fault": "swap_answers", "next": 1, "how": "ids"},
    {"fault": "corrupt", "next": 1, "how": "torn"}, {"fault": "corrupt", "next": 1, "how": "garbage"},
    {"fault": "error_500", "next": 1, "when": "after"}, {"fault": "error_429", "next": 1},
)  # fmt: skip


class Broken(Exception):
    """What must hold does not."""


class Torture:
    """One run of it: ``done`` counts what really happened."""

    def __init__(self, folder: Path, seed: int, databases: Databases) -> None:
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.port = free_port()
        self.running = Town(folder, f"http://127.0.0.1:{self.port}", databases=databases)
        self.navigator = 0
        self.rows: dict[str, list[Row]] = {}
        self.sheet = folder / "none.xlsx"

    def start(self) -> None:
        load(self.running.folder, DISTRICT)
        self.running.mapping()
        self.running.databases.at(self.running.folder / "gateway")  # it is there before anybody is forked
        self.register_up()

    def register_up(self) -> None:
        self.navigator = start_navigator(self.running.folder, self.port)
        self.running.stand_at(self.running.now.isoformat())

    def register_down(self) -> None:
        if self.navigator:
            self._count_fired()
            kill_navigator(self.navigator)
            self.navigator = 0

    def _count_fired(self) -> None:
        fired = requests.get(f"{self.running.url}/test/v1/faults", timeout=30).json()["fired"]
        self.done.update({f"fault {name}": number for name, number in fired.items()})
        requests.delete(f"{self.running.url}/test/v1/faults", timeout=30)

    # ------------------------------------------------------------ a round

    def round(self) -> None:
        drawn = self.random
        self._clock(drawn.choice((0, 0, 1, 5, 20, -5)))
        if drawn.random() < 0.6:
            chosen = drawn.sample(FAULTS, drawn.choice((1, 1, 2)))
            self.running.fault(*({**one, "skip": drawn.choice((0, 0, 1))} for one in chosen))
        work = drawn.choice(("new", "new", "again", "run"))
        if work == "new" or not self.sheet.exists():
            self._new_sheet()
            work = "new"
        self.done[f"work {work}"] += 1
        process = self._process(self._run if work == "run" else self._import)
        how = drawn.choice(("kill", "kill", "stop", "restart", "none"))
        moment = drawn.random() * SECONDS_OF_A_ROUND
        getattr(self, f"_{how}")(process, moment)
        self.done["rounds"] += 1

    def _clock(self, minutes: int) -> None:
        now = min(LAST_DAY, self.running.now + dt.timedelta(minutes=minutes))
        self.running.stand_at(now.isoformat())

    def _new_sheet(self) -> None:
        def signs() -> dict[int, str]:
            return {day: self.random.choice("НБ") for day in LESSON_DAYS if self.random.random() < 0.3}

        def grid() -> list[Row]:
            children = [child for child in CHILDREN if child != absent]
            return rows_of(children, {child: signs() for child in children})

        absent = self.random.choice((0, 0, 0, *CHILDREN))  # one child's row is gone: within the limit
        self.sheet = self.running.sheet(f"{self.done['work new']}.xlsx", grid(), more={"Гребцы": grid()})

    def _kill(self, process: int, moment: float) -> None:
        time.sleep(moment)
        _signal(process, signal.SIGKILL)
        self._ended(process)

    def _stop(self, process: int, moment: float) -> None:
        time.sleep(moment)
        _signal(process, signal.SIGSTOP)
        stopped = os.waitpid(process, os.WUNTRACED | os.WNOHANG)
        other = self._process(self._run)
        time.sleep(self.random.random() * SECONDS_OF_A_ROUND)
        if stopped[0] == process and not os.WIFSTOPPED(stopped[1]):
            self._count(os.waitstatus_to_exitcode(stopped[1]))
        else:
            _signal(process, signal.SIGCONT)
            self.done["stopped and continued"] += 1
            self._ended(process)
        self._ended(other)

    def _restart(self, process: int, moment: float) -> None:
        time.sleep(moment)
        self.register_down()
        self.done["register killed"] += 1
        time.sleep(self.random.random() * SECONDS_OF_A_ROUND)
        self.register_up()
        self._ended(process)

    def _none(self, process: int, moment: float) -> None:
        self._ended(process)

    # ------------------------------------------------------------ processes

    def _process(self, work: Callable[[Gateway], bool]) -> int:
        seed = self.random.random()
        process = os.fork()
        if process:
            return process
        code = 1
        try:
            random.seed(seed)
            logging.disable()  # that a register is away is what is wanted
            code = 0 if work(self.running.gateway()) else 4
        except StoreUnavailable as error:
            code = 5 if "deadlock" in str(error) else 4
        except RegisterUnavailable:
            code = 4
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _import(self, gateway: Gateway) -> bool:
        report = gateway.import_file(self.sheet, PROVIDER, self.running.folder / "mapping.toml")
        gateway.finished(report)
        return bool(report["complete"])

    def _run(self, gateway: Gateway) -> bool:
        return bool(gateway.run()["complete"])

    def _ended(self, process: int) -> None:
        self._count(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))

    def _count(self, code: int) -> None:
        names = {0: "ended well", 4: "ended with something unanswered", -signal.SIGKILL: "killed"}
        if code == 5:
            raise Broken("two processes waited for each other in a ring")
        if code not in names:
            raise Broken(f"a process ended with {code}")
        self.done[names[code]] += 1

    # ------------------------------------------------------------ what must hold

    def look(self) -> None:
        """Make all well, read the last sheet again, and look."""
        self.running.fault()
        self._count_fired()
        self._clock(150)
        gateway = self.running.gateway()
        try:
            for _ in range(4):
                report = gateway.import_file(self.sheet, PROVIDER, self.running.folder / "mapping.toml")
                gateway.finished(report)
                if report["complete"]:
                    break
            if report["held"] or report["unread"] or not report["complete"]:
                raise Broken(f"the last sheet does not come to an end: {gateway.status()['under_way']}")
            try:
                sums(self.running, gateway)
            except AssertionError as error:
                raise Broken(f"sums: {error} {gateway.ledger_faults()}") from error
            if faults := gateway.verify()["faults"]:
                raise Broken(f"verify: {faults}")
            self._words_are_the_sheets(report, gateway)
        finally:
            gateway.engine.dispose()
        self.done["looks"] += 1

    def _words_are_the_sheets(self, report: dict[str, Any], gateway: Gateway) -> None:
        told = Counter(mark["status"] for mark in report["marks"])
        there = Counter({status: number for status, number in self.running.attendance().items() if number})
        if told != there:
            raise Broken(f"attendance: the sheet says {told}, the register {there}")
        kopecks = sum(round(float(mark["amount"]) * 100) for mark in report["marks"] if mark["amount"])
        if kopecks != self.running.statement()[2]:
            raise Broken(f"the report charges {kopecks} kopecks, the register has {self.running.statement()}")


def _signal(process: int, signal_: signal.Signals) -> None:
    """To a child of ours that we have not waited for: it may have ended, its number is still its own."""
    os.kill(process, signal_)


def tortured(minutes: float, seed: int, folder: Path, databases: Databases) -> Torture:
    """Torture for so long. Raises `Broken`."""
    torture = Torture(folder, seed, databases)
    ends = time.monotonic() + minutes * 60
    try:
        torture.start()
        torture.done["rounds"] = 0
        while time.monotonic() < ends:
            torture.round()
            if torture.done["rounds"] % ROUNDS_BETWEEN_LOOKS == 0:
                torture.look()
        torture.look()
    finally:
        if torture.navigator:
            kill_navigator(torture.navigator)
    return torture


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description="Break everything at random; the sums stay equal.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**9)
    print(f"SEED={seed}, DATABASE={asked.database}, {asked.minutes:g} minutes", flush=True)
    assert NOW < LAST_DAY
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    server = Postgres() if asked.database == "postgresql" else None
    databases: Databases = Homes(server) if server else InTheirHomes()
    try:
        torture = tortured(asked.minutes, seed, folder, databases)
        for name, number in sorted(torture.done.items()):
            print(f"{number:6} {name}")
    except Broken as broken:
        if server:  # it goes with its databases
            Town(folder, "", databases=databases).gateway().backup(folder / "kept.zip")
        print(f"BROKEN, SEED={seed}: {broken}\nThe home is kept: {folder}", file=sys.stderr)
        return 1
    finally:
        if server:
            server.stop()
    shutil.rmtree(folder)
    print("sums equal, no ledger faults")
    return 0


if __name__ == "__main__":
    sys.exit(main())
