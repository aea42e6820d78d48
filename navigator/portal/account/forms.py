"""What a person types about an account."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import Length, Regexp, ValidationError

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l


class Register(Form):
    """The first step: where the letter goes."""

    email = forms.email_field(_l("Электронная почта"))
    agrees = BooleanField(_l("Согласен на обработку этого адреса"), validators=[forms.required(_l("Без согласия письмо не отправить."))])


class Join(Form):
    """The second step, from the letter: who it is, and a password."""

    last_name = forms.name_field(_l("Фамилия"))
    first_name = forms.name_field(_l("Имя"))
    patronymic = forms.name_field(_l("Отчество"), is_needed=False)
    phone = StringField(
        _l("Телефон"),
        filters=[forms.trimmed],
        validators=[forms.may_be_empty(), Length(max=30), Regexp(r"\+?[\d ()\-]{6,30}\Z", message=_l("Например: +7 921 123-45-67."))],
    )
    password = forms.new_password_field(_l("Пароль"))
    again = PasswordField(_l("Пароль ещё раз"), validators=[forms.required()])

    def validate_again(self, field: Any) -> None:
        """Both are the same."""
        _same(self.password.data, field)


class NewPassword(Form):
    """Another password, from the letter."""

    password = forms.new_password_field(_l("Новый пароль"))
    again = PasswordField(_l("Пароль ещё раз"), validators=[forms.required()])

    def validate_again(self, field: Any) -> None:
        """Both are the same."""
        _same(self.password.data, field)


class SignIn(Form):
    """E-mail and password."""

    email = forms.email_field(_l("Электронная почта"))
    password = PasswordField(_l("Пароль"), validators=[forms.required()])


class Forgotten(Form):
    """Where the letter with a link for another password goes."""

    email = forms.email_field(_l("Электронная почта"))


def _same(password: str | None, field: Any) -> None:
    if password != field.data:
        raise ValidationError(_l("Пароли не совпали."))
