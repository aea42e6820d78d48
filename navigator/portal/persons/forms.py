"""What the operator types about persons."""

from __future__ import annotations

from wtforms import SelectField, TextAreaField

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

REASON_MAX = 1000


class Invite(Form):
    """Who is invited, and whose person it is."""

    email = forms.email_field(_l("Электронная почта"))
    role = SelectField(
        _l("Кто это"),
        choices=[("club", _l("сотрудник организации")), ("payer", _l("сотрудник муниципалитета")), ("operator", _l("оператор"))],
    )
    provider = SelectField(_l("Организация (для её сотрудника)"))
    payer = SelectField(_l("Муниципалитет (для его сотрудника)"))

    def is_complete(self) -> bool:
        """Whose person it is must be said, of these two roles."""
        for role, field, message in (
            ("club", self.provider, _l("Выберите организацию.")),
            ("payer", self.payer, _l("Выберите муниципалитет.")),
        ):
            if self.role.data == role and not field.data:
                field.errors = [message]
                return False
        return True


class End(Form):
    """Why an account is ended."""

    reason = TextAreaField(
        _l("Основание"), filters=[forms.trimmed], validators=[forms.required(_l("Напишите основание.")), forms.not_longer(REASON_MAX)]
    )
