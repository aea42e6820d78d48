"""What a family looks for."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Regexp

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

QUERY_MAX = 200


def weekdays() -> list[tuple[str, Any]]:
    """Monday is 1."""
    names = (_l("понедельник"), _l("вторник"), _l("среда"), _l("четверг"), _l("пятница"), _l("суббота"), _l("воскресенье"))
    return [(str(number), name) for number, name in enumerate(names, start=1)]


def _text(label: Any, form: str, message: Any) -> StringField:
    return StringField(label, filters=[forms.trimmed], validators=[forms.may_be_empty(), Regexp(form, message=message)])


class Search(Form):
    """Words and filters. It changes nothing, so its address can be kept and sent."""

    class Meta(Form.Meta):
        csrf = False

    q = StringField(_l("Что ищем"), filters=[forms.trimmed], validators=[forms.may_be_empty(), forms.not_longer(QUERY_MAX)])
    child = SelectField(_l("Для кого"), validate_choice=False)
    age = _text(_l("Возраст, лет"), r"\d{1,2}\Z", _l("Возраст — число, например 9."))
    direction = SelectField(_l("Направление"), validate_choice=False)
    weekday = SelectField(_l("День недели"), validate_choice=False)
    after = _text(_l("Не раньше"), r"([01]\d|2[0-3]):[0-5]\d\Z", _l("Время — так: 16:30."))
    locality = SelectField(_l("Населённый пункт"), validate_choice=False)
    payer = SelectField(_l("Муниципалитет"), validate_choice=False)
    free = BooleanField(_l("Есть места"))
    paid = BooleanField(_l("Без доплаты семьи"))
