"""The rows `page_…_sqlite` and `page_…_postgresql`: the Navigator's pages over 100,000 certificates and 5,000,000 operations.

Of each page another object each time (a child, a programme, a search), as it comes: the server's time, from the request to the last byte,
in this process. Beside it, in turn with it, the bare queries: the very statements that the page asked, with the same parameters, through
the driver alone, every row fetched. Left out of both: the network; of the bare ones the line that a page writes about who read it.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event, func, insert, select

from benchmarks.big_register import HOME, Server, clock, on_postgresql, on_sqlite
from benchmarks.results import Row
from navigator.engine import reading, writing
from navigator.portal import sessions
from navigator.portal.account import store as persons
from navigator.portal.app import create_portal
from navigator.portal.tables import applications, guardians, instant, sign_ins
from navigator.site import Settings
from navigator.tables import acceptances, certificates, children, programmes

Progress = Callable[[int, int], None]
TIMES, WARM, PARENTS = 60, 5, 20
RATIO, P95_MS = 3, 100
NAMES = (
    "catalogue", "programme", "child", "week", "visits", "debits", "year", "applications", "find_children", "operations", "certificates",
    "certificate",
)  # fmt: skip
WORDS = ("плавание", "робототехника", "английский", "шахматы", "танцы", "химия", "лепка", "футбол", "турист", "музыка")


class Case(NamedTuple):
    """A page: who asks, and the address of the page about the n-th object."""

    name: str
    who: str
    address: Callable[[int], str]


class Measured(NamedTuple):
    """Milliseconds, request by request: as it came, once more, and the bare queries in between; the processor's of the last two; and how
    many statements there were."""

    first: list[float]
    again: list[float]
    bare: list[float]
    again_cpu: list[float]
    bare_cpu: list[float]
    statements: int


def pages(database: str, certificates_number: int, operations: int, progress: Progress) -> list[Row]:
    """
    Raises:
        NotHere: there is no server here.
    """
    if database == "sqlite":
        engine = on_sqlite(certificates_number, operations, print)
        try:
            return _rows(database, engine, progress)
        finally:
            engine.dispose()
    server = Server()
    try:
        engine = on_postgresql(certificates_number, operations, server, print)
        try:
            return _rows(database, engine, progress)
        finally:
            engine.dispose()
    finally:
        server.stop()


def _rows(database: str, engine: Engine, progress: Progress) -> list[Row]:
    app = create_portal(engine, clock(), Settings(HOME), "http://127.0.0.1", starts_postman=False)
    with reading(engine) as connection:
        size = connection.scalar(select(func.count()).select_from(acceptances)) or 0
        found = _cases(connection)
    clients = _signed_in(app, engine, found.parents)
    rows = []
    for number, case in enumerate(found.cases):
        measured = _measure(engine, clients, case)
        rows.append(_row(f"page_{case.name}_{database}", measured, size, database == "sqlite"))
        progress(number + 1, len(found.cases))
    return rows


def _row(name: str, measured: Measured, size: int, is_one_process: bool) -> Row:
    """The ratio is of the processor's time where the database works in this very process: other work on the machine does not spoil it."""
    pairs = (measured.again_cpu, measured.bare_cpu) if is_one_process else (measured.again, measured.bare)
    ratio = statistics.median(page / bare for page, bare in zip(*pairs, strict=True))
    p50, p95 = statistics.median(measured.first), statistics.quantiles(measured.first, n=20)[-1]
    notes = {
        "p95, ms": round(p95, 1), "bare queries p50, ms": round(statistics.median(measured.bare), 2), "statements": measured.statements,
        "processor, page and bare queries, ms": [round(statistics.median(each), 2) for each in (measured.again_cpu, measured.bare_cpu)],
        "operations": size, "p95 < 100 ms": p95 < P95_MS,
    }  # fmt: skip
    return Row(name, p50, "ms", ratio, f"≤ {RATIO} of the bare queries", ratio <= RATIO, notes)


def _measure(engine: Engine, clients: dict[str, FlaskClient], case: Case) -> Measured:
    found = Measured([], [], [], [], [], 0)
    asked: list[tuple[str, Any]] = []
    for number in range(WARM + TIMES):
        mine = clients[f"parent {number % PARENTS}" if case.who == "parent" else case.who]
        with _listening(engine, asked):
            first, _cpu = _asked(mine, case.address(number))
        bare, bare_cpu = _bare(engine, asked)
        again, again_cpu = _asked(mine, case.address(number))
        if number >= WARM:
            for spent, kept in zip((first, again, bare, again_cpu, bare_cpu), found, strict=False):
                kept.append(spent)  # type: ignore[attr-defined]
    return found._replace(statements=len(asked))


def _asked(client: FlaskClient, path: str) -> tuple[float, float]:
    begun, worked = time.perf_counter(), time.process_time()
    answer = client.get(path)
    content = answer.data
    spent = (time.perf_counter() - begun) * 1_000, (time.process_time() - worked) * 1_000
    assert answer.status_code == 200 and content, f"{answer.status_code} {path}"
    return spent


@contextmanager
def _listening(engine: Engine, asked: list[tuple[str, Any]]) -> Iterator[None]:
    asked.clear()

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")) and "pg_advisory" not in statement and not many:
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _bare(engine: Engine, asked: Sequence[tuple[str, Any]]) -> tuple[float, float]:
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        begun, worked = time.perf_counter(), time.process_time()
        for statement, parameters in asked:
            cursor.execute(statement, parameters)
            cursor.fetchall()
        return (time.perf_counter() - begun) * 1_000, (time.process_time() - worked) * 1_000
    finally:
        raw.rollback()
        raw.close()


# ---------------------------------------------------------------- what is asked


class _Found(NamedTuple):
    cases: list[Case]
    parents: list[tuple[str, str]]


def _cases(connection: Connection) -> _Found:
    chance = random.Random(1)
    families = connection.execute(
        select(guardians.c.person, guardians.c.child)
        .join(certificates, certificates.c.child == guardians.c.child)
        .order_by(guardians.c.child)
    ).all()
    last = connection.scalar(select(func.max(acceptances.c.acceptance))) or 1
    busy = set(connection.scalars(select(acceptances.c.child).where(acceptances.c.acceptance > last - 50_000)))
    parents = [(str(row.person), str(row.child)) for row in chance.sample([row for row in families if row.child in busy], PARENTS)]

    def some(column: Any) -> list[str]:
        """Sixty of a column's values."""
        return chance.choices(connection.scalars(select(column).distinct().order_by(column)).all(), k=60)

    offered, names = some(programmes.c.programme), some(children.c.last_name)
    held, applied = some(certificates.c.certificate), some(applications.c.application)

    def of_child(page: str) -> Callable[[int], str]:
        return lambda number: f"/family/{parents[number % PARENTS][1]}{page}"

    return _Found(
        [
            Case("catalogue", "", lambda number: f"/catalogue?q={WORDS[number % len(WORDS)]}&weekday={number % 6 + 1}&page={number // 30}"),
            Case("programme", "", lambda number: f"/catalogue/{offered[number % 60]}"),
            Case("child", "parent", of_child("")),
            Case("week", "parent", of_child("/week")),
            Case("visits", "parent", of_child("/visits?month=2025-10")),
            Case("debits", "parent", of_child("/debits")),
            Case("year", "parent", of_child("/year")),
            Case("applications", "operator", lambda number: f"/applications?after={applied[number % 60]}"),
            Case("find_children", "operator", lambda number: f"/children?q={names[number % 60]}"),
            Case("operations", "operator", lambda number: f"/operations?before={last - number * last // 80}"),
            Case("certificates", "operator", lambda number: f"/certificates?q={names[number % 60]}"),
            Case("certificate", "operator", lambda number: f"/certificates/{held[number % 60]}"),
        ],
        parents,
    )


def _signed_in(app: Any, engine: Engine, parents: list[tuple[str, str]]) -> dict[str, FlaskClient]:
    """A browser of nobody, of each parent and of the operator, signed in by the table itself."""
    now = instant(clock().now())
    with writing(engine) as connection:
        email = "operator@bench.example"
        known = persons.by_email(connection, email)
        operator = known.person if known is not None else persons.add(connection, email, "operator", "ru", clock().now())
        connection.execute(sign_ins.delete())
        who = {"operator": operator, **{f"parent {number}": person for number, (person, _child) in enumerate(parents)}}
        rows = [{"digest": sessions.digest_of(f"bench {name}"), "sign_in": name, "person": person} for name, person in who.items()]
        connection.execute(insert(sign_ins), [{**row, "made_at": now, "seen_at": now, "browser": "bench"} for row in rows])
    clients = {"": app.test_client()}
    for name in who:
        clients[name] = app.test_client()
        with clients[name].session_transaction() as session:
            session["_user_id"] = f"bench {name}"
    return clients
