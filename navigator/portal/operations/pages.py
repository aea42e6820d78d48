"""Operations as they arrive."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request

from navigator.acceptances import number_of
from navigator.engine import reading
from navigator.portal import audit
from navigator.portal.operations import forms, store
from navigator.portal.operator import choices
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

operations = Blueprint("operations", __name__)

PAGE = 50


@operations.get("/operations")
def listed() -> str:
    """The newest first, by kind, month, club, payer, certificate; a payer's person sees its own payer's."""
    form, mine = forms.Narrow(formdata=request.args), choices.own_payer()
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 18):
        abort(404)
    with reading(engine()) as connection:
        form.month.choices = [("", _("любой")), *choices.months(clock().today())]
        form.provider.choices = [("", _("любая")), *choices.all_providers(connection)]
        form.payer.choices = [("", _("любой")), *choices.all_payers(connection)]
        choices.settle(form.kinds, form.month, form.provider, form.payer)
        is_right, certificate = form.validate(), None
        if is_right and form.certificate.data:
            certificate = store.certificate_by_number(connection, form.certificate.data, mine)
            if certificate is None:
                form.certificate.errors = [_("Такого сертификата нет.")]
                is_right = False
        wanted = store.Wanted(form.provider.data, mine or form.payer.data, form.month.data, certificate or "", form.kinds.data)
        found = store.listed(connection, wanted, int(before) if before else None, PAGE + 1) if is_right else []
        page, more = found[:PAGE], len(found) > PAGE
        numbers = store.numbers(connection, {row.certificate for row in page})
    audit.shown(row.child for row in page)
    address = {name: value for name, value in request.args.items() if name not in ("before", "lang") and value}
    shown = {"found": page, "more": more, "numbers": numbers, "address": address, "is_first": not before, "has_payer": not mine}
    words = {"number_of": number_of, "moment_of": moment_of, "month_name": choices.month_name}
    return render_template("operations/listed.html", form=form, **shown, **words)
