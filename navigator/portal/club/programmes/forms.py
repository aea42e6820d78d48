"""What a club says of a programme and of a module."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectField
from wtforms.validators import ValidationError

from navigator.portal import forms
from navigator.portal.club.fields import RoublesField, WholeField, text_field
from navigator.portal.forms import Form
from navigator.portal.speech import gettext as _
from navigator.portal.speech import lazy_gettext as _l
from navigator.portal.speech import ngettext

AGE_MIN, AGE_MAX = 1, 18
HOURS_MAX = 2_000
UNITS = [("lesson", _l("за занятие")), ("academic_hour", _l("за академический час (45 минут)"))]


class Programme(Form):
    """A programme: ages are whole years, both included."""

    title = text_field(_l("Название программы"))
    direction = SelectField(_l("Направление"), validate_choice=False, validators=[forms.required(_l("Выберите направление."))])
    age_from = WholeField(_l("Возраст от, лет"), AGE_MIN, AGE_MAX, is_needed=False)
    age_to = WholeField(_l("Возраст до, лет включительно"), AGE_MIN, AGE_MAX, is_needed=False)

    def validate_direction(self, field: Any) -> None:
        """One of those on the list."""
        if field.data not in dict(field.choices):
            raise ValidationError(_l("Выберите направление из списка."))

    def validate_age_to(self, field: Any) -> None:
        """Not below the first."""
        if field.data is not None and self.age_from.data is not None and field.data < self.age_from.data:
            raise ValidationError(_l("«До» меньше, чем «от»."))

    def hold_against(self, outside: int) -> bool:
        """Whether no enrolled child is outside the new ages; ``outside``: how many are."""
        if outside:
            said = ngettext(
                "%(num)d зачисленный ребёнок окажется вне этого возраста. Оставьте возраст шире.",
                "%(num)d зачисленных детей окажутся вне этого возраста. Оставьте возраст шире.",
                outside,
            )
            (self.age_to if self.age_to.data is not None else self.age_from).errors = [said]
        return not outside

    def months(self, before: dict[str, Any]) -> dict[str, int | None]:
        """The ages in months, both included. Years that are as they were shown leave the months as they were."""
        first, last = self.age_from.data, self.age_to.data
        return {
            "age_from_months": _kept(before.get("age_from_months"), first, None if first is None else first * 12),
            "age_to_months": _kept(before.get("age_to_months"), last, None if last is None else last * 12 + 11),
        }


class Module(Form):
    """A module: what a lesson costs, and how long it goes."""

    title = text_field(_l("Название модуля"))
    unit = RadioField(_l("Цена указана"), choices=UNITS, default="lesson")
    price = RoublesField(_l("Цена, рублей"))
    normative = RoublesField(_l("Нормативная стоимость, рублей"))
    planned_hours = WholeField(_l("Часов по плану"), 1, HOURS_MAX)

    def price_stays(self) -> None:
        """The price is agreed upon: say so at the field that holds it."""
        self.price.errors = [_("Семьи уже согласились на цену этого модуля. Для новой цены добавьте новый модуль.")]


def years(months: int | None) -> int | None:
    """Months as whole years."""
    return None if months is None else months // 12


def _kept(before: int | None, shown: int | None, months: int | None) -> int | None:
    return before if before is not None and years(before) == shown else months
