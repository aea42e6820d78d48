"""A password, asked for again before data leave or are deleted."""

from __future__ import annotations

from wtforms import BooleanField, PasswordField

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l


class Password(Form):
    """The password of whoever is signed in."""

    password = PasswordField(_l("Ваш пароль"), validators=[forms.required()])


class Delete(Password):
    """The same, and that it is understood."""

    is_sure = BooleanField(
        _l("Я понимаю: удалённое нельзя вернуть"), validators=[forms.required(_l("Поставьте отметку, если действительно удаляете."))]
    )
