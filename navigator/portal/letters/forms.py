"""Which letters a parent wants."""

from __future__ import annotations

from wtforms import RadioField

from navigator.portal.forms import Form
from navigator.portal.speech import lazy_gettext as _l

NONE, WEEKLY, EACH = "none", "weekly", "each"


class Letters(Form):
    """None, the weekly digest, or each debit too."""

    choice = RadioField(
        _l("Письма о занятиях и деньгах"),
        choices=[(NONE, _l("не присылать")), (WEEKLY, _l("раз в неделю")), (EACH, _l("раз в неделю и о каждом списании"))],
    )


class Press(Form):
    """A button alone."""
