"""Fields that the club's forms share: sums in roubles, whole numbers, times of day, a form without fields."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from wtforms import DateField, IntegerField, StringField, TimeField
from wtforms.validators import ValidationError
from wtforms.widgets import TextInput

from gateway.core.money import kopecks_from_roubles, roubles_from_kopecks
from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

TEXT_MAX = 300
KOPECKS_MAX = 100_000_000
YEARS = range(2000, 2100)
_WHOLE = re.compile(r"\d{1,6}")


class Press(Form):
    """A button alone, with the session's token."""


class RoublesField(StringField):
    """A sum as people write it («1 234,50»); ``data`` keeps what was typed, ``kopecks`` what it means (None: empty or no sum)."""

    def __init__(self, label: Any, is_needed: bool = True, **more: Any) -> None:
        first = forms.required() if is_needed else forms.may_be_empty()
        super().__init__(label, filters=[forms.trimmed], validators=[first], **more)

    @property
    def kopecks(self) -> int | None:
        """The sum in kopecks."""
        try:
            return kopecks_from_roubles(re.sub(r"\s*(₽|р\.|руб\.)$", "", self.data)) if self.data else None
        except ValueError:
            return None

    def pre_validate(self, form: Any) -> None:
        """It is a sum, not below zero and not above a million."""
        if self.data and (self.kopecks is None or self.kopecks < 0):
            raise ValidationError(_l("Напишите сумму в рублях и копейках, например 250 или 250,50."))
        if self.kopecks is not None and self.kopecks > KOPECKS_MAX:
            raise ValidationError(_l("Слишком большая сумма: не больше миллиона рублей."))


class WholeField(IntegerField):
    """A whole number from ``least`` to ``most``. A field of text, so that what was typed and is none is sent, and shown again."""

    widget = TextInput()

    def __init__(self, label: Any, least: int, most: int, is_needed: bool = True, **more: Any) -> None:
        self._least, self._most = least, most
        super().__init__(label, validators=[forms.required() if is_needed else forms.may_be_empty()], **more)

    def process_formdata(self, valuelist: Any) -> None:
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if text and not _WHOLE.fullmatch(text):
            raise ValueError(_l("Напишите целое число."))
        if text:
            self.data = int(text)

    def pre_validate(self, form: Any) -> None:
        """It lies within the bounds."""
        if self.data is not None and not self._least <= self.data <= self._most:
            raise ValidationError(_l("Число от %(least)d до %(most)d.", least=self._least, most=self._most))


class ClockField(TimeField):
    """A time of day, as a browser sends it or as people write it."""

    def __init__(self, label: Any, is_needed: bool = True, **more: Any) -> None:
        super().__init__(label, format=["%H:%M", "%H.%M", "%H:%M:%S"], validators=[forms.required()] if is_needed else [], **more)

    def process_formdata(self, valuelist: Any) -> None:
        self.data = None
        try:
            super().process_formdata([valuelist[0].strip()] if valuelist and valuelist[0].strip() else [])
        except ValueError as error:
            raise ValueError(_l("Время — так: 16:30.")) from error

    @property
    def text(self) -> str:
        """As the register keeps it: «16:30»; "" of none."""
        return self.data.strftime("%H:%M") if self.data else ""


def text_field(label: Any, is_needed: bool = True, most: int = TEXT_MAX) -> StringField:
    """A line of text."""
    first = forms.required() if is_needed else forms.may_be_empty()
    return StringField(label, filters=[forms.trimmed], validators=[first, forms.not_longer(most), _is_plain])


def calendar_day_field(label: Any) -> DateField:
    """A day that must be told, of years in which somebody learns something."""
    return forms.day_field(label, _is_of_our_time)


def day_of(field: DateField) -> dt.date:
    """The day of a field that must be filled and has been validated."""
    assert field.data is not None, "the field is required"
    day: dt.date = field.data
    return day


def as_roubles(kopecks: int | None) -> str:
    """A sum for a field: «250,50», "" of none."""
    return "" if kopecks is None else roubles_from_kopecks(kopecks).replace(".", ",")


def _is_of_our_time(_form: Any, field: Any) -> None:
    if field.data is not None and field.data.year not in YEARS:
        raise ValidationError(_l("Проверьте год."))


def _is_plain(_form: Any, field: Any) -> None:
    if any(ord(character) < 32 for character in field.data or ""):
        raise ValidationError(_l("Здесь не может быть управляющих знаков."))
