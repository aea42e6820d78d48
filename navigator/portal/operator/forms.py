"""What the operator types."""

from __future__ import annotations

from typing import Any

from wtforms import StringField, SubmitField, TextAreaField
from wtforms.validators import ValidationError

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

REASON_MAX = 1000


class Decide(Form):
    """Accept, or return with a reason."""

    reason = TextAreaField(
        _l("Причина возврата (её увидит родитель)"),
        filters=[forms.trimmed],
        validators=[forms.may_be_empty(), forms.not_longer(REASON_MAX)],
    )
    accept = SubmitField(_l("Принять"))
    give_back = SubmitField(_l("Вернуть"))

    def validate_reason(self, field: Any) -> None:
        """Whoever gets it back must know why. (An empty field does not come here: see `is_complete`.)"""
        if self.accept.data and field.data:
            raise ValidationError(_l("Причина нужна только при возврате: сотрите её или верните заявление."))

    def is_complete(self) -> bool:
        """Exactly one button, and a reason where one is needed."""
        if self.give_back.data and not self.reason.data:
            self.reason.errors = [_l("Напишите, что исправить.")]
            return False
        return bool(self.accept.data) != bool(self.give_back.data)


class Verify(Form):
    """A programme is verified, or returned to the club with a reason."""

    reason = TextAreaField(
        _l("Причина возврата (её увидит организация)"),
        filters=[forms.trimmed],
        validators=[forms.may_be_empty(), forms.not_longer(REASON_MAX)],
    )
    accept = SubmitField(_l("Проверено: показать семьям"))
    give_back = SubmitField(_l("Вернуть"))

    def is_complete(self) -> bool:
        """Exactly one button, and a reason for a return alone."""
        if self.give_back.data and not self.reason.data:
            self.reason.errors = [_l("Напишите, что исправить.")]
            return False
        if self.accept.data and self.reason.data:
            self.reason.errors = [_l("Причина нужна только при возврате: сотрите её или верните программу.")]
            return False
        return bool(self.accept.data) != bool(self.give_back.data)


class Find(Form):
    """Looking for a child: a certificate's number, or the beginning of a last name."""

    class Meta(Form.Meta):
        csrf = False  # a search changes nothing, and its address can be kept

    q = StringField(_l("Номер сертификата или фамилия"), filters=[forms.trimmed], validators=[forms.may_be_empty(), forms.not_longer(100)])


class Invite(Form):
    """A parent's address."""

    email = forms.email_field(_l("Электронная почта родителя"))
