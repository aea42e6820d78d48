"""What the operator's filters choose from, and months by name."""

from __future__ import annotations

import datetime as dt
from typing import Any

from babel.dates import format_date
from flask_babel import get_locale
from sqlalchemy import Connection, select

from navigator.portal.access import Role, actor
from navigator.tables import payers, providers

MONTHS_BACK = 24

Choices = list[tuple[str, str]]


def month_name(month: str) -> str:
    """A month in words: «октябрь 2025», "October 2025"."""
    return str(format_date(dt.date.fromisoformat(f"{month}-01"), "LLLL y", locale=get_locale()))


def months(today: dt.date) -> Choices:
    """This month, the next one and those of the two years before, the latest first."""
    last = today.year * 12 + today.month
    keys = [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(last, last - MONTHS_BACK - 1, -1)]
    return [(key, month_name(key)) for key in keys]


def all_payers(connection: Connection) -> Choices:
    """The payers by name."""
    rows = connection.execute(select(payers).order_by(payers.c.name, payers.c.payer))
    return [(row.payer, row.name or row.payer) for row in rows]


def all_providers(connection: Connection) -> Choices:
    """The providers by name."""
    rows = connection.execute(select(providers.c.provider, providers.c.name).order_by(providers.c.name, providers.c.provider))
    return [(row.provider, row.name or row.provider) for row in rows]


def settle(*fields: Any) -> None:
    """What is none of a field's choices (an address of somebody's own making) is as if nothing were chosen."""
    for field in fields:
        if field.data not in {value for value, _label in field.choices}:
            field.data = field.default or ""


def own_payer() -> str:
    """The payer that the reader is of, and whose part alone is shown; "" of the operator, who sees all."""
    return actor().payer if actor().role is Role.PAYER else ""
