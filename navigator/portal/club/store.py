"""What waits for a club, and its numbers: a handful of sums."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Select, func, select

from navigator.portal.club.money.store import of_month
from navigator.portal.club.programmes.store import counts
from navigator.portal.club.verification import DRAFT, RETURNED
from navigator.portal.disputes.store import LIVE
from navigator.portal.disputes.tables import disputes
from navigator.portal.enrolling.store import ASKED
from navigator.portal.leaving.store import IN_FORCE
from navigator.portal.leaving.tables import leavings
from navigator.portal.tables import requests
from navigator.tables import enrollments, groups, modules, programmes, providers

Item = dict[str, Any]


def overview(connection: Connection, provider: str, today: dt.date) -> Item:
    """The club's name, what waits for it, and how many groups and children it has."""
    by_state = counts(connection, provider)
    asked = select(func.count()).select_from(requests).where(requests.c.provider == provider, requests.c.state == ASKED)
    disputed = select(func.count()).select_from(disputes).where(disputes.c.provider == provider, disputes.c.state.in_(LIVE))
    going = select(func.count()).select_from(leavings).where(leavings.c.provider == provider, leavings.c.last_day >= today.isoformat())
    mine = groups.join(modules).join(programmes)
    goes_on = (groups.c.ends_on.is_(None)) | (groups.c.ends_on >= today.isoformat())
    number = select(func.count()).select_from(mine).where(programmes.c.provider == provider, goes_on)
    enrolled = select(func.count()).select_from(enrollments.join(mine, groups.c.group == enrollments.c.group))
    enrolled = enrolled.where(programmes.c.provider == provider, enrollments.c.state.in_(IN_FORCE))
    return {
        "name": connection.scalar(select(providers.c.name).where(providers.c.provider == provider)) or provider,
        "asked": _number(connection, asked),
        "disputes": _number(connection, disputed),
        "leavings": _number(connection, going),
        "month": today.isoformat()[:7],
        "kopecks": of_month(connection, provider, today.isoformat()[:7]),
        "returned": by_state.get(RETURNED, 0),
        "drafts": by_state.get(DRAFT, 0),
        "programmes": sum(by_state.values()),
        "groups": _number(connection, number),
        "enrolled": _number(connection, enrolled.where(enrollments.c.ends_on >= today.isoformat())),
    }


def _number(connection: Connection, wanted: Select[Any]) -> int:
    return connection.scalar(wanted) or 0
