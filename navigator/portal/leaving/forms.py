"""What is said when a child leaves a group."""

from __future__ import annotations

import datetime as dt

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import day
from navigator.portal.speech import gettext as _
from navigator.portal.speech import lazy_gettext as _l

WORDS_MAX = 500
OTHER = "other"
REASONS = {
    "schedule": _l("не подходит расписание"),
    "interest": _l("ребёнку больше не интересно"),
    "programme": _l("выбрали другую программу"),
    "moving": _l("переезжаем"),
    OTHER: _l("другая причина"),
}


class Leave(Form):
    """The last day, and why."""

    last_day = forms.day_field(_l("Последний день занятий"))
    reason = RadioField(_l("Почему уходите"), choices=list(REASONS.items()), validators=[InputRequired(message=_l("Выберите причину."))])
    words = TextAreaField(
        _l("Что передать организации"), filters=[forms.trimmed], validators=[forms.may_be_empty(), forms.not_longer(WORDS_MAX)]
    )

    def is_complete(self, today: dt.date, ends_on: dt.date) -> bool:
        """Whether the day is one on which this enrollment can end, and another reason is told in words."""
        last_day = self.last_day.data
        if last_day is None or last_day < today:
            self.last_day.errors = [_("Задним числом уйти нельзя: самое раннее — сегодня, %(day)s.", day=day(today))]
        elif last_day >= ends_on:
            self.last_day.errors = [_("Зачисление и так кончается %(day)s: выберите день раньше.", day=day(ends_on))]
        if self.reason.data == OTHER and not self.words.data:
            self.words.errors = [_("Напишите причину в двух словах.")]
        return not (self.last_day.errors or self.words.errors)
