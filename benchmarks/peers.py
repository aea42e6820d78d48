"""The rows `peer_dlt`, `peer_singer`, `peer_hordak`: what others need for a part of the work, on the same server in the same run.

They live in a virtual environment of their own (`make bench-peers`); a row is measured only where its package is. dlt and the Singer target
load the bare marks, once and without deciding anything; django-hordak books the bare transfers, many in one transaction as we do.
``ratio``: its time for one item ÷ ours for everything from the mark to the hold.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.databases import NotHere, Postgres, folder, postgres
from benchmarks.ours import Ours
from benchmarks.results import Row, absent
from benchmarks.speed import frozen_gc
from benchmarks.town import Town
from gateway.core.facts import Mark

Progress = Callable[[int, int], None]
HOME = Path("var/bench-peers")
SCRIPTS = Path(__file__).with_name("peer")
BOOKED = 1_000
"""Transfers that django-hordak books: enough to see its pace."""
PEERS = {"peer_dlt": ("dlt", 3.0), "peer_singer": ("target-postgres", 5.0), "peer_hordak": ("django-hordak", 100.0)}
SECONDS_MAX = 900


def compare(marks: int, progress: Progress) -> list[Row]:
    """
    Raises:
        NotHere: there is no server here.
    """
    python = next((path for path in (HOME / "bin/python", HOME / "Scripts/python.exe") if path.exists()), None)
    if python is None:
        raise NotHere("not installed: make bench-peers")
    town = Town(marks)
    with folder() as home, postgres() as server:
        rows = []
        data = home / "marks.jsonl"
        with data.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(mark) + "\n" for mark in bare_marks(town))
        for done, (name, (package, limit)) in enumerate(PEERS.items(), start=1):
            wall, taken, transfers = _ours(home / name, server, town)
            ours = wall / transfers if name == "peer_hordak" else wall / taken
            rows.append(_row(name, package, limit, ours, _peer(python, name, server, data, transfers)))
            progress(done, len(PEERS))
        return rows


def bare_marks(town: Town) -> Iterator[dict[str, Any]]:
    number = 0
    for provider in range(town.providers):
        for group, batch in enumerate(town.batches(provider)):
            for record in batch.records:
                if isinstance(record, Mark):
                    number += 1
                    yield {
                        "provider": f"club-{provider:05d}", "mark": number, "group_id": f"{group}", "person": record.member,
                        "day": record.day.isoformat(), "status": record.status.value,
                    }  # fmt: skip


def _ours(home: Path, server: Postgres, town: Town) -> tuple[float, int, int]:
    """Seconds, marks, transfers of the same month through the gateway, right before the peer's turn."""
    database = f"ours_{home.name}"
    ours = Ours(home, town, server.create(database))
    wall, marks = 0.0, 0
    try:
        with frozen_gc():
            for provider in range(town.providers):
                span = ours.take(provider, town.batches(provider))
                wall, marks = wall + span.wall, marks + span.marks
        with server.connect(database) as connection:
            transfers = connection.execute("SELECT count(*) FROM transfer WHERE kind = 'hold'").fetchone()[0]
    finally:
        ours.close()
    return wall, marks, transfers


def _peer(python: Path, name: str, server: Postgres, data: Path, transfers: int) -> dict[str, Any]:
    server.create(name)
    host, user = server.where()
    command = [str(python), "-W", "ignore", str(SCRIPTS / f"{name.removeprefix('peer_')}_peer.py"), host, user, name]
    command += [str(min(BOOKED, transfers))] if name == "peer_hordak" else [str(data)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return {"why": f"not done within {SECONDS_MAX} s"}
    if done.returncode:
        print(done.stderr, file=sys.stderr)
        return {"why": (done.stderr.strip().splitlines() or ["ended with an error"])[-1][:200]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _row(name: str, package: str, limit: float, ours: float, found: dict[str, Any]) -> Row:
    goal = f"≥ {limit:.0f} ×"
    if "why" in found:
        return absent(name, goal, f"{package}: {found['why']}")
    theirs = found["seconds"] / found["items"]
    ratio = theirs / ours
    what = f"{package} {found['version']}: {found['what']}"
    notes = {"what": what, "items": found["items"], "ours in the same run, µs": round(ours * 1e6, 1)}
    return Row(name, theirs * 1e6, "µs/item", ratio, goal, ratio >= limit, notes)
