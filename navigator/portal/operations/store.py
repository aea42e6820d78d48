"""Acceptances for people: the newest first, by what is asked for. A page costs the same two statements however many there are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from navigator import people
from navigator.acceptances import KINDS, MONEY_KINDS
from navigator.tables import acceptances, certificates, groups, payers, providers

KINDS_BY_NAME: dict[str, Collection[str]] = {
    "money": MONEY_KINDS,
    "debit": ("debit",),
    "reversal": ("reversal",),
    "attendance": ("attendance",),
    "all": KINDS,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; "" is anything. ``month``: that of booking; ``certificate``: its lasting id; ``kinds``: of `KINDS_BY_NAME`."""

    provider: str = ""
    payer: str = ""
    month: str = ""
    certificate: str = ""
    kinds: str = "money"


def listed(connection: Connection, wanted: Wanted, before: int | None, limit: int) -> list[Row[Any]]:
    """Up to ``limit`` acceptances that came before this one (None: the newest), each with the names of group, provider and payer."""
    names = (groups.c.title, providers.c.name.label("provider_name"), payers.c.name.label("payer_name"))
    joined = acceptances.outerjoin(groups, groups.c.group == acceptances.c.group)
    joined = joined.outerjoin(providers, providers.c.provider == acceptances.c.provider)
    joined = joined.outerjoin(payers, payers.c.payer == acceptances.c.payer)
    mine = select(acceptances, *names).select_from(joined)
    for name in ("provider", "payer", "month", "certificate"):
        value = getattr(wanted, name)
        if value:
            mine = mine.where(acceptances.c[name] == value)
    if wanted.kinds != "all":
        mine = mine.where(acceptances.c.kind.in_(KINDS_BY_NAME[wanted.kinds]))
    if before is not None:
        mine = mine.where(acceptances.c.acceptance < before)
    return list(connection.execute(mine.order_by(acceptances.c.acceptance.desc()).limit(limit)))


def numbers(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """The present number of each of these certificates."""
    return {key: found[-1]["number"] for key, found in people.numbers_of(connection, keys).items()}


def certificate_by_number(connection: Connection, number: str, payer: str) -> str | None:
    """The certificate that ever had this number, of this payer's ("": of any)."""
    found = people.certificates_by_number(connection, [number]).get(number)
    if found is None or not payer:
        return found
    mine = (certificates.c.certificate == found) & (certificates.c.payer == payer)
    was = (acceptances.c.certificate == found) & (acceptances.c.payer == payer)
    is_known = connection.scalar(select(certificates.c.certificate).where(mine)) or connection.scalar(
        select(acceptances.c.certificate).where(was).limit(1)
    )
    return found if is_known else None
