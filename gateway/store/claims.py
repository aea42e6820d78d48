"""Reading claims back as the core knows them, and the register's facts that they need."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
from gateway.store.engine import among

_CLAIM = t.claim.c
_LIVE = t.operation.alias("live")
CLAIM_COLUMNS = (
    _CLAIM.payer, _CLAIM.claim, _CLAIM.key, _CLAIM.provider, _CLAIM.child, _CLAIM.group_id, _CLAIM.day, _CLAIM.slot, _CLAIM.starts_at,
    _CLAIM.ends_at, _CLAIM.status, _CLAIM.hours, _CLAIM.from_empty, _CLAIM.is_cancelled, _CLAIM.conflict, _CLAIM.live, _CLAIM.debits,
    _CLAIM.last_acceptance, _CLAIM.attendances, _CLAIM.attendance, _CLAIM.under_way, _CLAIM.is_said,
    _LIVE.c.operation, _LIVE.c.amount, _LIVE.c.enrollment, _LIVE.c.certificate, _LIVE.c.minutes,
)  # fmt: skip


def with_live_debit(table: sa.FromClause = t.claim) -> sa.FromClause:
    """Claims beside the operation of their live debit, where they have one."""
    return table.outerjoin(
        _LIVE,
        (_LIVE.c.payer == _CLAIM.payer) & (_LIVE.c.claim == _CLAIM.claim) & (_LIVE.c.id == _CLAIM.live) & (_LIVE.c.state == "accepted"),
    )


def claim_from(row: Sequence[Any], attempt: int = 0) -> Claim:
    (
        payer, claim, key, provider, child, group, day, slot, starts_at, ends_at, status, hours, from_empty, is_cancelled, conflict, live,
        debits, last_acceptance, attendances, attendance, under_way, is_said, operation, amount, enrollment, certificate, minutes,
    ) = row  # fmt: skip
    return Claim(
        payer, claim, key, provider, child, group, day, slot, dt.datetime.fromisoformat(starts_at), dt.datetime.fromisoformat(ends_at),
        Status(status) if status else None, hours, bool(from_empty), bool(is_cancelled), conflict,
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


def answer_columns(answer: Answer, amount: int | None, keeps: bool, is_early: bool, now: dt.datetime) -> Mapping[str, Any]:
    """The answer as the claim's row keeps it."""
    return {
        "answer": answer.kind.value,
        "not_charged": answer.not_charged.value if answer.not_charged else None,
        "first_rule": answer.refusals[0].rule if answer.refusals else None,
        "reasons": refusals_text(answer.refusals) if answer.refusals else None,
        "amount": amount,
        "price": answer.price,
        "parent": answer.parent,
        "enrollment": answer.enrollment,
        "certificate": answer.certificate,
        "lacks_funds": any(one.rule == "A07" for one in answer.refusals),
        "is_early": is_early,
        "keeps": keeps,
        "decided_at": now.isoformat(),
    }
