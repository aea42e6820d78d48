"""What a club says of a group."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wtforms import BooleanField
from wtforms.validators import ValidationError

from navigator.portal.club.fields import WholeField, calendar_day_field, text_field
from navigator.portal.forms import Form
from navigator.portal.speech import day, ngettext
from navigator.portal.speech import gettext as _
from navigator.portal.speech import lazy_gettext as _l

PLACES_MAX = 1_000


class Group(Form):
    """A group; its days are both included."""

    title = text_field(_l("Название группы"))
    places = WholeField(_l("Мест"), 1, PLACES_MAX)
    starts_on = calendar_day_field(_l("Первый день"))
    ends_on = calendar_day_field(_l("Последний день"))
    locality = text_field(_l("Населённый пункт"))
    address = text_field(_l("Адрес и помещение"), is_needed=False)
    teacher = text_field(_l("Педагог"), is_needed=False)
    is_open = BooleanField(_l("Набор открыт"), default=True)

    def validate_ends_on(self, field: Any) -> None:
        """Not before the first day, and not longer than a year (M09)."""
        first, last = self.starts_on.data, field.data
        if first is None or last is None or self.starts_on.errors or field.errors:
            return
        if last < first:
            raise ValidationError(_l("Последний день раньше первого."))
        if last > _a_year_on(first):
            raise ValidationError(_l("Группа занимается не дольше года. Для следующего года сделайте новую."))

    def hold_against(self, taken: int, first: str | None, last: str | None) -> bool:
        """Whether it fits those enrolled: how many they are, the first day of the earliest and the last of the latest."""
        if self.places.data is not None and self.places.data < taken:
            said = ngettext("Уже занято %(num)d место: меньше сделать нельзя.", "Уже занято %(num)d мест: меньше сделать нельзя.", taken)
            self.places.errors = [said]
        if first is not None and self.starts_on.data is not None and self.starts_on.data.isoformat() > first:
            self.starts_on.errors = [_("Есть зачисленные с %(day)s: группа начинается не позже.", day=day(first))]
        if last is not None and self.ends_on.data is not None and self.ends_on.data.isoformat() < last:
            self.ends_on.errors = [_("Есть зачисленные до %(day)s: группа кончается не раньше.", day=day(last))]
        return not (self.places.errors or self.starts_on.errors or self.ends_on.errors)


def _a_year_on(first: dt.date) -> dt.date:
    """The last day of the year that begins with ``first``."""
    try:
        return first.replace(year=first.year + 1) - dt.timedelta(days=1)
    except ValueError:  # 29 February
        return dt.date(first.year + 1, 2, 28)
