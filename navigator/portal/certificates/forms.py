"""What the operator types about certificates."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField, SubmitField, TextAreaField
from wtforms.validators import Regexp, ValidationError

from gateway.core.money import kopecks_from_roubles
from navigator.cells import NUMBER
from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

REASON_MAX = 1000


class Find(Form):
    """Looking for certificates; an address of it can be kept."""

    class Meta(Form.Meta):
        csrf = False

    q = StringField(
        _l("Номер сертификата, СНИЛС или фамилия"), filters=[forms.trimmed], validators=[forms.may_be_empty(), forms.not_longer(100)]
    )
    payer = SelectField(_l("Муниципалитет"), validate_choice=False)
    kind = SelectField(
        _l("Вид"),
        choices=[("", _l("любой")), ("accounting", _l("учёта")), ("financing", _l("персонифицированного финансирования"))],
        validate_choice=False,
    )
    state = SelectField(
        _l("Состояние"),
        choices=[
            ("", _l("любое")),
            ("active", _l("действует")),
            ("frozen", _l("заморожен")),
            ("closed", _l("закрыт")),
            ("requested", _l("запрошен")),
        ],
        validate_choice=False,
    )


class Change(Form):
    """What every change has: its reason, the button that shows what it would do, and the one that does it."""

    reason = TextAreaField(
        _l("Основание (останется в истории, его увидит семья)"),
        filters=[forms.trimmed],
        validators=[forms.required(_l("Напишите основание.")), forms.not_longer(REASON_MAX)],
    )
    check = SubmitField(_l("Проверить"))
    confirm = SubmitField(_l("Подтвердить"))
    seen = HiddenField()


class State(Change):
    """A day from which on the certificate has another state."""

    on = forms.day_field(_l("С какого дня"))


class Close(State):
    """Closing, and what becomes of the rest."""

    returns_rest = BooleanField(_l("Вернуть остаток этого года муниципалитету"))


class Reissue(State):
    """Another number."""

    number = StringField(
        _l("Новый номер"),
        filters=[lambda text: "".join(text.split()) if isinstance(text, str) else text],
        validators=[forms.required(), Regexp(NUMBER + r"\Z", message=_l("Номер — ровно десять цифр."))],
    )


class _Money(Change):
    roubles = StringField(_l("Сумма на год, рублей"), filters=[forms.trimmed], validators=[forms.required()])

    def validate_roubles(self, field: Any) -> None:
        """An amount, not below zero."""
        try:
            if kopecks_from_roubles(field.data) < 0:
                raise ValueError(field.data)
        except ValueError as error:
            raise ValidationError(_l("Напишите сумму, например 12000.00.")) from error


class Nominal(_Money):
    """A year's nominal."""

    year = SelectField(_l("Год"))


class Move(_Money):
    """Another municipality, and what it gives."""

    payer = SelectField(_l("Новый муниципалитет"))
