"""What the operator types about providers."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import ValidationError

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l


class Find(Form):
    """Looking for providers; an address of it can be kept."""

    class Meta(Form.Meta):
        csrf = False

    q = StringField(_l("Название"), filters=[forms.trimmed], validators=[forms.may_be_empty(), forms.not_longer(100)])
    payer = SelectField(_l("Договор с муниципалитетом"), validate_choice=False)


class Agreement(Form):
    """An agreement with a municipality."""

    payer = SelectField(_l("Муниципалитет"))
    first = forms.day_field(_l("Первый день"))
    last = forms.day_field(_l("Последний день"))

    def validate_last(self, field: Any) -> None:
        """Not before the first one."""
        if self.first.data and field.data and field.data < self.first.data:
            raise ValidationError(_l("Последний день раньше первого."))
