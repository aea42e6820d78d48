"""What the list of operations can be narrowed by."""

from __future__ import annotations

from wtforms import SelectField, StringField

from navigator.portal import forms
from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l


class Narrow(Form):
    """Filters; an address of them can be kept."""

    class Meta(Form.Meta):
        csrf = False

    kinds = SelectField(
        _l("Что показать"),
        default="money",
        choices=[
            ("money", _l("списания и возвраты")),
            ("debit", _l("только списания")),
            ("reversal", _l("только возвраты")),
            ("attendance", _l("посещения")),
            ("all", _l("всё")),
        ],
        validate_choice=False,
    )
    month = SelectField(_l("Месяц"), validate_choice=False)
    provider = SelectField(_l("Организация"), validate_choice=False)
    payer = SelectField(_l("Муниципалитет"), validate_choice=False)
    certificate = StringField(
        _l("Номер сертификата"),
        filters=[lambda text: "".join(text.split()) if isinstance(text, str) else text],
        validators=[forms.may_be_empty(), forms.not_longer(20)],
    )
