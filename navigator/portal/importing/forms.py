"""What the operator uploads."""

from __future__ import annotations

from wtforms import MultipleFileField, SubmitField

from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l


class Upload(Form):
    """CSV files, or a ZIP of them."""

    files = MultipleFileField(_l("Файлы CSV или один архив ZIP"))


class Decide(Form):
    """Take the files in, or forget them."""

    load = SubmitField(_l("Загрузить"))
    drop = SubmitField(_l("Не загружать"))
