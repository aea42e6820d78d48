"""What a family looks for in the cabinet. These forms change nothing, so their addresses can be kept."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from wtforms import SelectField
from wtforms.validators import ValidationError

from navigator.portal.forms import Form, day_field
from navigator.portal.speech import lazy_gettext as _l

DAYS_MAX = 366
EARLIEST_YEAR = 2000
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


class Statement(Form):
    """From which day to which."""

    class Meta(Form.Meta):
        csrf = False

    first = day_field(_l("С какого дня"))
    last = day_field(_l("По какой день"))

    @property
    def days(self) -> tuple[dt.date, dt.date]:
        """The first and the last day, of a form that was found right."""
        assert self.first.data is not None and self.last.data is not None
        return self.first.data, self.last.data

    def validate_first(self, field: Any) -> None:
        """A day that a register can have."""
        if field.data is not None and field.data.year < EARLIEST_YEAR:
            raise ValidationError(_l("Так давно сертификатов ещё не было."))

    def validate_last(self, field: Any) -> None:
        """Not before the first, and not so many that nobody reads them."""
        if field.data is None or self.first.data is None:
            return
        if field.data < self.first.data:
            raise ValidationError(_l("Этот день раньше первого."))
        if (field.data - self.first.data).days > DAYS_MAX:
            raise ValidationError(_l("Не больше года за раз."))


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
