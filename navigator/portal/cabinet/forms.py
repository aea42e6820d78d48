"""What a family looks for in the cabinet. These forms change nothing, so their addresses can be kept."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from wtforms import SelectField

from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class Operations(Form):
    """Debits by month and club."""

    class Meta(Form.Meta):
        csrf = False

    month = SelectField(_l("Месяц занятия"), validate_choice=False)
    club = SelectField(_l("Организация"), validate_choice=False)


class Visits(Form):
    """Visits of a month by club."""

    class Meta(Form.Meta):
        csrf = False

    month = SelectField(_l("Месяц"), validate_choice=False)
    club = SelectField(_l("Организация"), validate_choice=False)


def month_from(text: str | None) -> tuple[dt.date, dt.date] | None:
    """The first and the last day of a month that is written «2025-10»; None of anything else."""
    if text is None or _MONTH.fullmatch(text) is None:
        return None
    year, month = int(text[:4]), int(text[5:])
    return dt.date(year, month, 1), dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


def day_from(text: str | None) -> dt.date | None:
    """A day as an address writes it; None of anything else."""
    try:
        return dt.date.fromisoformat(text) if text and len(text) == 10 else None
    except ValueError:
        return None


def chosen(field: Any, text: str | None) -> str:
    """What of the field's choices was asked for, "" (any) where it is none of them."""
    return text if text in {value for value, _label in field.choices} and text is not None else ""


def place_from(text: str | None) -> tuple[str, int] | None:
    """Behind which operation a page begins, «2025-10-07.123»: the lesson's day and the transfer; None of anything else."""
    day, _, transfer = (text or "").partition(".")
    return (day, int(transfer)) if day_from(day) and transfer.isascii() and transfer.isdigit() and len(transfer) < 19 else None
