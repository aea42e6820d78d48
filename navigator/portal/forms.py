"""What all forms share: Flask-WTF's guard against forged requests, and fields with messages in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import g, request
from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from navigator.portal.speech import lazy_gettext as _l

EMAIL = re.compile(r"[^@\s\"(),:;<>\[\\\]\x00-\x1f]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")
EMAIL_MAX = 254
NAME_MAX = 100
YEARS = range(1900, 2200)
"""Years that a day may be of: another one is a slip of the pen, and reckoning from it would leave the calendar."""
PASSWORD_MIN, PASSWORD_MAX = 10, 200
_TRIED_FIRST = ("1234567890", "qwertyuiop", "йцукенгшщз", "passwordpass", "парольпароль")
_NAME = re.compile(r"[^\W\d_]+(?:[ '’\-.][^\W\d_]+)*\.?")

Check = Callable[[Any, Any], None]


class Form(FlaskForm):  # type: ignore[misc]
    """A form. What was typed is shown again when something is wrong with it, also where the page had grown too old to be taken."""

    def typed(self, name: str) -> str:
        """What stands in a field of text; "" where nothing does."""
        return str(self[name].data or "")

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            """What was sent; of a page that is shown again and not taken (`navigator.portal.app`), too."""
            return request.form if g.get("is_stale") else super().wrap_formdata(form, formdata)

        def get_translations(self, form: Any) -> Any:
            """Every validator here brings its own message, so WTForms' catalogue is not needed."""
            return _Silent()


class _Silent:
    def gettext(self, text: str) -> str:
        return text

    def ngettext(self, one: str, many: str, number: int) -> str:
        return one if number == 1 else many


def required(message: Any = None) -> InputRequired:
    """The field must be filled."""
    return InputRequired(message=message or _l("Заполните это поле."))


def may_be_empty() -> Optional:
    """The field need not be filled; what is typed is looked at all the same."""
    return Optional()


def not_longer(most: int) -> Length:
    """At most so many characters."""
    return Length(max=most, message=_l("Слишком длинно."))


def trimmed(text: str | None) -> str | None:
    """Without spaces at the ends and with single ones inside."""
    return " ".join(text.split()) if isinstance(text, str) else text


def email_field(label: Any) -> EmailField:
    """An e-mail's address, folded to lower case."""
    filters = [lambda text: text.strip().lower() if isinstance(text, str) else text]
    return EmailField(label, filters=filters, validators=[required(), not_longer(EMAIL_MAX), _is_email])


def name_field(label: Any, is_needed: bool = True) -> StringField:
    """A part of a person's name."""
    first = required() if is_needed else may_be_empty()
    return StringField(label, filters=[trimmed], validators=[first, not_longer(NAME_MAX), _is_name])


def new_password_field(label: Any) -> PasswordField:
    """A password that is being chosen."""
    short = Length(min=PASSWORD_MIN, max=PASSWORD_MAX, message=_l("Пароль — от 10 до 200 знаков. Хорош пароль из нескольких слов."))
    return PasswordField(label, validators=[required(), short, _is_not_common])


def day_field(label: Any, *checks: Check) -> DateField:
    """A day, as a browser sends it or as people write it; ``checks``: what else is asked of it."""
    return _Day(label, format=["%Y-%m-%d", "%d.%m.%Y"], validators=[required(), *checks])


class _Day(DateField):
    def process_formdata(self, valuelist: Any) -> None:
        try:
            super().process_formdata(valuelist)
            if self.data is not None and self.data.year not in YEARS:
                self.data = None
                raise ValueError("a slip of the pen")
        except ValueError as error:
            raise ValueError(_l("Это не дата. Напишите её так: 25.12.2014.")) from error


def _is_email(_form: Any, field: Any) -> None:
    if not EMAIL.fullmatch(field.data or ""):
        raise ValidationError(_l("Проверьте адрес: он похож на name@example.ru."))


def _is_name(_form: Any, field: Any) -> None:
    if not _NAME.fullmatch(field.data or ""):
        raise ValidationError(_l("Только буквы, пробел, дефис и апостроф."))


def _is_not_common(_form: Any, field: Any) -> None:
    text = (field.data or "").lower()
    if len(set(text)) < 4 or text.startswith(_TRIED_FIRST):
        raise ValidationError(_l("Такой пароль подбирают первым. Возьмите несколько слов, которые знаете только вы."))
