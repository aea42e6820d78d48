"""What is said when a place is asked for, given or refused; and a payer's limits."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, IntegerField, StringField, SubmitField, TextAreaField
from wtforms.validators import NumberRange, ValidationError

from gateway.core.money import kopecks_from_roubles
from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

REASON_MAX = 1000


class Ask(Form):
    """A place is asked for; where the family pays a share, it agrees to the quote."""

    consent = BooleanField(_l("Мы согласны доплачивать нашу часть организации"))

    def is_complete(self, family_pays: bool) -> bool:
        """Whether the consent is there that is needed."""
        if family_pays and not self.consent.data:
            self.consent.errors = [_l("Без согласия на доплату записать нельзя.")]
            return False
        return True


class Answer(Form):
    """The club's answer."""

    reason = TextAreaField(
        _l("Причина отказа (её увидит родитель)"), filters=[forms.trimmed], validators=[forms.may_be_empty(), forms.not_longer(REASON_MAX)]
    )
    accept = SubmitField(_l("Зачислить"))
    refuse = SubmitField(_l("Отказать"))

    def is_complete(self) -> bool:
        """Exactly one button, and a reason where one is needed."""
        if self.refuse.data and not self.reason.data:
            self.reason.errors = [_l("Напишите причину отказа.")]
            return False
        return bool(self.accept.data) != bool(self.refuse.data)


class Limit(Form):
    """A payer's limits of the year."""

    certificates = IntegerField(
        _l("Сертификатов, не больше"),
        validators=[forms.required(_l("Напишите целое число.")), NumberRange(0, 10_000_000, message=_l("Число от 0."))],
    )
    roubles = StringField(_l("Сумма номиналов, рублей, не больше"), filters=[forms.trimmed], validators=[forms.required()])

    def validate_roubles(self, field: Any) -> None:
        """An amount, not below zero."""
        try:
            if kopecks_from_roubles(field.data) < 0:
                raise ValueError(field.data)
        except ValueError as error:
            raise ValidationError(_l("Напишите сумму, например 1200000.00.")) from error
