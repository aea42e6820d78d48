"""What a parent says in an application."""

from __future__ import annotations

from wtforms import BooleanField, RadioField

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l


class Apply(Form):
    """The category and the consent."""

    category = RadioField(_l("Категория"), validators=[forms.required(_l("Выберите категорию."))], default="common")
    consent = BooleanField(_l("Я прочитал(а) согласие и даю его"), validators=[forms.required(_l("Без согласия заявление подать нельзя."))])
