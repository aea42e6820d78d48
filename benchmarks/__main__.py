"""`python -m benchmarks [ROW …] [--marks N] [--growth N] [--quick]`: measures, prints the table, leaves var/bench.json."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks import again, big_register, dry, growth, pages, peers, posting, sheets, speed, systems, writers
from benchmarks.databases import NotHere
from benchmarks.results import Row, absent
from benchmarks.town import FULL_MARKS, Town

QUICK_MARKS, QUICK_GROWTH = 20_000, 100_000
QUICK_REGISTER = (2_000, 100_000)
RESULTS = Path("var/bench.json")
NOTES = Path("var/bench-notes.json")


def progress(done: int, of: int) -> None:
    if sys.stderr.isatty() and (done % 10 == 0 or done == of):
        print(f"\r  {done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def plan(marks: int, grown: int, rows: int, certificates: int, operations: int) -> dict[tuple[str, ...], Callable[[], list[Row]]]:
    """Names → what measures them together."""
    town = Town(marks)
    half = "≥ 0.5 of the bare loop"
    return {
        ("sqlite",): lambda: [speed.row_of("sqlite", speed.pairs_on_sqlite(town, speed.by_provider(town), progress), 0.5, half)],
        ("postgresql",): lambda: [
            speed.row_of("postgresql", speed.pairs_on_postgresql(town, speed.by_provider(town), progress), 0.5, half)
        ],
        ("sqlite_by_day",): lambda: [
            speed.row_of("sqlite_by_day", speed.pairs_on_sqlite(town, speed.by_day(town), progress), 0.4, "≥ 0.4 of the bare loop")
        ],
        ("resend_unchanged", "resend_1_percent"): lambda: again.resend(town, progress),
        ("redecide",): lambda: again.redecide(town, progress),
        ("two_writers",): lambda: writers.two_writers(town, progress),
        ("posting",): lambda: posting.posting(town, progress),
        ("dry_run_50k",): lambda: dry.dry_run(rows, progress),
        **{(name,): partial(sheets.sheets, name, progress) for name in sheets.LIMITS},
        ("files_memory_mb",): lambda: sheets.memory(progress),
        **{(name,): partial(systems.systems, name, progress) for name in systems.SYSTEMS},
        **{(f"{name}_memory_mb",): partial(systems.memory, name, progress) for name in systems.SYSTEMS},
        ("reread_unchanged",): lambda: systems.reread(marks, progress),
        ("growth_sqlite", "memory_mb"): lambda: growth.growth("sqlite", grown, progress),
        ("growth_postgresql",): lambda: growth.growth("postgresql", grown, progress),
        **{
            tuple(f"page_{name}_{database}" for name in pages.NAMES): partial(pages.pages, database, certificates, operations, progress)
            for database in ("sqlite", "postgresql")
        },
        ("peer_dlt", "peer_singer", "peer_hordak"): lambda: peers.compare(min(marks, QUICK_MARKS), progress),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="which rows; none named: all")
    parser.add_argument("--marks", type=int, default=FULL_MARKS, help="marks of the month (default: %(default)s)")
    parser.add_argument("--growth", type=int, default=growth.FULL_GROWTH, help="marks of the growth rows (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MARKS} marks, {QUICK_GROWTH} for growth: to see that it works")
    asked = parser.parse_args(arguments)
    if asked.quick:
        asked.marks, asked.growth = QUICK_MARKS, QUICK_GROWTH
    register = QUICK_REGISTER if asked.quick else (big_register.CERTIFICATES, big_register.OPERATIONS)
    work = plan(asked.marks, asked.growth, min(dry.ROWS, asked.marks) if asked.quick else dry.ROWS, *register)
    unknown = set(asked.rows) - {name for names in work for name in names}
    if unknown:
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are {', '.join(name for names in work for name in names)}")
    warnings.simplefilter("ignore")
    print(f"{platform.platform()}, Python {platform.python_version()}; {asked.marks:,} marks, growth to {asked.growth:,}", file=sys.stderr)
    for names, measured in work.items():
        if not asked.rows or set(names) & set(asked.rows):
            begun = time.monotonic()
            try:
                rows = measured()
            except NotHere as missing:
                rows = [absent(name, "", str(missing)) for name in names]
            for row in rows:
                print(table_line(row), flush=True)
                keep(row)
            print(f"  ({time.monotonic() - begun:.0f} s)", file=sys.stderr)
    return 0


def table_line(row: Row) -> str:
    if row.value is None:
        return f"{row.name:<18} not measured: {row.notes.get('not measured')}"
    met = {True: "met", False: "MISSED", None: ""}[row.met]
    entry = row.entry()
    head = f"{row.name:<18} {entry['value']:>10} {row.unit:<13} ratio {entry['ratio']:<8} {row.goal:<24} {met}"
    return "\n".join([head, *(f"{'':<18}   {name}: {value}" for name, value in row.notes.items())])


def keep(row: Row) -> None:
    """Each row as soon as it is there: rows of an earlier call stay until they are measured again."""
    for path, entry in ((RESULTS, row.entry()), (NOTES, row.notes | {"goal": row.goal, "met": row.met})):
        path.parent.mkdir(exist_ok=True)
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        if row.value is None:
            known.pop(row.name, None)
            if path is NOTES:
                known[row.name] = entry
        else:
            known[row.name] = entry
        path.write_text(json.dumps(known, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
