"""Reading claims back as the core knows them, and the register's facts that they need."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.core.claims import Answer, AnswerKind, Claim, LiveDebit, NotCharged
from gateway.core.decide import RegisterFacts
from gateway.core.facts import Certificate, Enrollment, Status, Text
from gateway.core.rules import Refusal
from gateway.store import codec, register
from gateway.store import tables as t
from gateway.store.rows import among

_CLAIM = t.claim.c
_LIVE = t.operation.alias("live")


def _as_stored(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A day or a truth value as the driver gives it: `claim_from` knows them, and looks a day up instead of making it each time."""
    return sa.type_coerce(column, sa.Integer if isinstance(column.type, sa.Boolean) else sa.String)


CLAIM_COLUMNS = (
    _CLAIM.payer, _CLAIM.claim, _CLAIM.key, _CLAIM.provider, _CLAIM.child, _CLAIM.group_id, _as_stored(_CLAIM.day), _CLAIM.slot,
    _CLAIM.starts_at, _CLAIM.ends_at, _CLAIM.status, _CLAIM.hours, _as_stored(_CLAIM.from_empty), _as_stored(_CLAIM.is_cancelled),
    _CLAIM.conflict, _CLAIM.live, _CLAIM.debits, _CLAIM.last_acceptance, _CLAIM.attendances, _CLAIM.attendance, _CLAIM.under_way,
    _as_stored(_CLAIM.is_said),
    _LIVE.c.operation, _LIVE.c.amount, _LIVE.c.enrollment, _LIVE.c.certificate, _LIVE.c.minutes,
)  # fmt: skip

ANSWER_NAMES = (
    "answer", "not_charged", "first_rule", "reasons", "amount", "price", "parent", "enrollment", "certificate", "lacks_funds", "is_early",
    "keeps",
)  # fmt: skip
"""The columns in which a claim's row keeps its answer, but for the time: `answer_values` gives the same, in this order."""
ANSWER_COLUMNS = tuple(_as_stored(_CLAIM[name]) if isinstance(_CLAIM[name].type, sa.Boolean) else _CLAIM[name] for name in ANSWER_NAMES)


def with_live_debit(table: sa.FromClause = t.claim) -> sa.FromClause:
    """Claims beside the operation of their live debit, where they have one."""
    return table.outerjoin(
        _LIVE,
        (_LIVE.c.payer == _CLAIM.payer) & (_LIVE.c.claim == _CLAIM.claim) & (_LIVE.c.id == _CLAIM.live) & (_LIVE.c.state == "accepted"),
    )


_STATUS: Mapping[str | None, Status | None] = {None: None} | {status.value: status for status in Status}


@lru_cache(maxsize=4096)
def _day(stored: str | dt.date) -> dt.date:
    return stored if isinstance(stored, dt.date) else dt.date.fromisoformat(stored)


# A lesson's children have its times in common: one object for all of them.
_instant = lru_cache(maxsize=65_536)(dt.datetime.fromisoformat)


def claim_from(row: Sequence[Any], attempt: int = 0) -> Claim:
    """A claim out of its `CLAIM_COLUMNS`."""
    (
        payer, claim, key, provider, child, group, day, slot, starts_at, ends_at, status, hours, from_empty, is_cancelled, conflict, live,
        debits, last_acceptance, attendances, attendance, under_way, is_said, operation, amount, enrollment, certificate, minutes,
    ) = row  # fmt: skip
    return Claim(
        payer, claim, key, provider, child, group, _day(day), slot, _instant(starts_at), _instant(ends_at), _STATUS[status], hours,
        bool(from_empty), bool(is_cancelled), conflict,
        LiveDebit(operation, live, amount, enrollment, certificate, minutes) if live and operation is not None else None,
        debits, last_acceptance, attendances, attendance, under_way, attempt, bool(is_said),
    )  # fmt: skip


_ENROLLMENTS = sa.select(t.enrollment.c.group_id, t.enrollment.c.body).where(
    t.enrollment.c.payer == sa.bindparam("payer"), among(t.enrollment.c.child, "children")
)
_CERTIFICATES = sa.select(t.certificate.c.certificate, t.certificate.c.body).where(
    t.certificate.c.payer == sa.bindparam("payer"), among(t.certificate.c.child, "children")
)


def facts_for(connection: Connection, claims: Iterable[tuple[str, str, str, str]]) -> RegisterFacts:
    """The register's facts for claims given as (payer, provider, child, group)."""
    claims = list(claims)
    groups = register.group_bodies(connection, {group for _, _, _, group in claims})
    providers = register.provider_bodies(connection, {provider for _, provider, _, _ in claims})
    enrollments: dict[tuple[str, str], list[Enrollment]] = defaultdict(list)
    certificates_of: dict[str, list[Certificate]] = defaultdict(list)
    certificates: dict[str, Certificate] = {}
    digests: dict[str, bytes] = {}
    for payer in sorted({claim[0] for claim in claims}):
        of_payer = [claim for claim in claims if claim[0] == payer]
        wanted = {"payer": payer, "children": sorted({child for _, _, child, _ in of_payer})}
        provider_of = {group: provider for _, provider, _, group in of_payer}
        bodies = {certificate: body for certificate, body in connection.execute(_CERTIFICATES, wanted)}
        for certificate, body in bodies.items():
            found = codec.certificate_from(body)
            certificates[certificate] = found
            certificates_of[found.child].append(found)
        for group, body in connection.execute(_ENROLLMENTS, wanted):
            if group not in provider_of:
                continue
            one = codec.enrollment_from(body)
            enrollments[(one.child, group)].append(one)
            seen = (payer, body, bodies.get(one.certificate, ""), groups.get(group, ""), providers.get(provider_of[group], ""))
            digests[one.enrollment] = blake2b("\x1e".join(seen).encode(), digest_size=16).digest()
    return RegisterFacts(
        groups={group: codec.group_from(body) for group, body in groups.items()},
        providers={provider: codec.provider_from(body) for provider, body in providers.items()},
        enrollments=enrollments,
        certificates_of=certificates_of,
        certificates=certificates,
        digests=digests,
    )


# ---------------------------------------------------------------- answers as text


def refusals_text(refusals: Iterable[Refusal]) -> str:
    return json.dumps([[one.rule, *one.reason, *one.cure] for one in refusals], ensure_ascii=False)


def refusals_from(text: str | None) -> tuple[Refusal, ...]:
    return tuple(Refusal(rule, Text(ru, en), Text(cure_ru, cure_en)) for rule, ru, en, cure_ru, cure_en in json.loads(text or "[]"))


def answer_text(answer: Answer) -> str:
    refusals = [[one.rule, *one.reason, *one.cure] for one in answer.refusals]
    return json.dumps(
        [
            answer.kind.value, answer.not_charged.value if answer.not_charged else None, answer.price, answer.parent, answer.enrollment,
            answer.certificate, answer.attendance, refusals,
        ],
        ensure_ascii=False,
    )  # fmt: skip


def answer_from(text: str) -> Answer:
    kind, not_charged, price, parent, enrollment, certificate, attendance, refusals = json.loads(text)
    return Answer(
        AnswerKind(kind),
        NotCharged(not_charged) if not_charged else None,
        tuple(Refusal(rule, Text(ru, en), Text(cure_ru, cure_en)) for rule, ru, en, cure_ru, cure_en in refusals),
        price,
        parent,
        enrollment,
        certificate,
        attendance,
    )


def answer_values(answer: Answer, amount: int | None, keeps: bool, is_early: bool) -> tuple[Any, ...]:
    """The answer as the claim's row keeps it, in the order of `ANSWER_NAMES`."""
    refusals = answer.refusals
    return (
        answer.kind.value, answer.not_charged.value if answer.not_charged else None, refusals[0].rule if refusals else None,
        refusals_text(refusals) if refusals else None, amount, answer.price, answer.parent, answer.enrollment, answer.certificate,
        bool(refusals) and any(one.rule == "A07" for one in refusals), is_early, keeps,
    )  # fmt: skip


# ---------------------------------------------------------------- lists


def strike(connection: Connection, table: sa.Table, payer: str, claims: Iterable[int]) -> None:
    """Take these claims off a list, `to_decide` or `to_book`. Whatever else is on it, or comes to it meanwhile, stays."""
    listed = (table.c.payer == payer) & among(table.c.claim, "claims")
    connection.execute(sa.delete(table).where(listed), {"claims": sorted(claims)})
