"""What a parent types about a child."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import Regexp, ValidationError

from navigator.portal import forms
from navigator.portal.family.snils import snils_from
from navigator.portal.forms import Form
from navigator.portal.region import age_on, region
from navigator.portal.speech import lazy_gettext as _l
from navigator.web import clock


class Child(Form):
    """A child of the region's ages."""

    last_name = forms.name_field(_l("Фамилия ребёнка"))
    first_name = forms.name_field(_l("Имя ребёнка"))
    patronymic = forms.name_field(_l("Отчество ребёнка"), is_needed=False)
    birth_date = forms.day_field(_l("Дата рождения"))
    snils = StringField(_l("СНИЛС ребёнка"), filters=[forms.trimmed], validators=[forms.may_be_empty()])
    payer = SelectField(_l("Муниципалитет, где живёт ребёнок"), validators=[forms.required()], validate_choice=False)
    certificate = StringField(
        _l("Номер сертификата, если он уже есть"),
        filters=[forms.trimmed],
        validators=[forms.may_be_empty(), Regexp(r"\s*\d(?:\s*\d){9}\s*\Z", message=_l("Номер сертификата — десять цифр."))],
    )

    def validate_birth_date(self, field: Any) -> None:
        """The ages are the region's."""
        today, born = clock().today(), field.data
        if not isinstance(born, dt.date):
            return
        if born > today:
            raise ValidationError(_l("Этот день ещё не наступил."))
        if not region().age_from <= age_on(born, today) <= region().age_to:
            text = _l("Сертификат выдаётся детям от %(first)d до %(last)d лет включительно.", first=region().age_from, last=region().age_to)
            raise ValidationError(text)

    def validate_snils(self, field: Any) -> None:
        """Its check sum."""
        try:
            field.data = snils_from(field.data)
        except ValueError as error:
            raise ValidationError(_l("Такого номера не бывает: проверьте одиннадцать цифр на зелёной карточке.")) from error

    def validate_payer(self, field: Any) -> None:
        """One of the list."""
        if field.data not in dict(field.choices):
            raise ValidationError(_l("Выберите муниципалитет из списка."))


class Invite(Form):
    """The other parent's address."""

    email = forms.email_field(_l("Электронная почта второго родителя"))


class Press(Form):
    """A button and nothing to type."""
