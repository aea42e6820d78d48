"""What a club types to ask for a place, and what a family answers."""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, SelectField, StringField, SubmitField
from wtforms.validators import ValidationError

from navigator.cells import NUMBER
from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l


def _digits(text: str | None) -> str | None:
    return re.sub(r"\s", "", text) if isinstance(text, str) else text


class Propose(Form):
    """A group and a certificate's number: nothing else is asked, and nothing is shown."""

    group = SelectField(_l("Группа"), validators=[forms.required(_l("Выберите группу."))], validate_choice=False)
    number = StringField(_l("Номер сертификата"), filters=[_digits], validators=[forms.required()])

    def validate_number(self, field: Any) -> None:
        """Ten digits. Whether anybody has them is not told."""
        if not re.fullmatch(NUMBER, field.data or ""):
            raise ValidationError(_l("Номер — десять цифр, как на сертификате."))

    def validate_group(self, field: Any) -> None:
        """One of the club's own."""
        if field.data not in dict(field.choices):
            raise ValidationError(_l("Выберите группу."))


class Answer(Form):
    """The family's answer."""

    consent = BooleanField(_l("Мы согласны доплачивать нашу часть организации"))
    confirm = SubmitField(_l("Подтвердить заявку"))
    decline = SubmitField(_l("Отказаться"))

    def is_complete(self, family_pays: bool) -> bool:
        """Exactly one button; and the consent that a confirmation needs."""
        if self.confirm.data and family_pays and not self.consent.data:
            self.consent.errors = [_l("Без согласия на доплату записать нельзя.")]
            return False
        return bool(self.confirm.data) != bool(self.decline.data)
