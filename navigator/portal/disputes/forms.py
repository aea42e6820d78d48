"""What is said in a dispute."""

from __future__ import annotations

from wtforms import SubmitField, TextAreaField
from wtforms.validators import Length

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

REASON_MIN, REASON_MAX = 5, 1000


class File(Form):
    """Why the family does not agree."""

    reason = TextAreaField(
        _l("С чем вы не согласны"),
        filters=[forms.trimmed],
        validators=[
            forms.required(_l("Напишите, что было на самом деле.")),
            Length(min=REASON_MIN, message=_l("Напишите чуть подробнее: организация видит только эти слова.")),
            forms.not_longer(REASON_MAX),
        ],
    )


class Answer(Form):
    """It is right, and why; or it will be corrected."""

    text = TextAreaField(_l("Что ответить семье"), filters=[forms.trimmed], validators=[forms.may_be_empty(), forms.not_longer(REASON_MAX)])
    correct = SubmitField(_l("Исправим в своём учёте"))
    confirm = SubmitField(_l("Всё верно"))

    def is_complete(self) -> bool:
        """Exactly one button; a reason where the family is told that all is right, and where the operator decides."""
        if self.confirm.data and not self.text.data:
            self.text.errors = [_l("Напишите, почему всё верно: семья увидит ваш ответ.")]
            return False
        return bool(self.correct.data) != bool(self.confirm.data)


class Decide(Answer):
    """The operator's decision."""

    text = TextAreaField(
        _l("Решение и его причина (увидят семья и организация)"),
        filters=[forms.trimmed],
        validators=[forms.required(_l("Напишите причину решения.")), forms.not_longer(REASON_MAX)],
    )
    correct = SubmitField(_l("Организация должна исправить"))
    confirm = SubmitField(_l("Всё верно"))
