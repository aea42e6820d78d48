"""A municipality's limits, what is used of them and who waits; the register of providers and its agreements."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal import audit
from navigator.portal.access import actor
from navigator.portal.operator import choices
from navigator.portal.parties import forms, store
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

parties = Blueprint("parties", __name__)

PAGE = 50

Page = str | Response | tuple[str, int]


@parties.get("/municipalities/<payer>")
def payer(payer: str) -> Page:
    """One municipality: limits by year, what was given and debited, who waits for money. Its own person sees it too."""
    after, today = request.args.get("after", "0"), clock().today()
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        abort(404)
    with reading(engine()) as connection:
        found = store.payer(connection, payer)
        if found is None:
            abort(404)
        queue = store.queue(connection, payer, int(after), PAGE + 1)
        shown = {
            "years": store.years(connection, payer, today),
            "waiting": store.waiting(connection, payer),
            "agreed": store.agreed_with(connection, payer, today),
            "steps": store.steps(connection, payer=payer, what="limit"),
        }
    audit.shown(row.child for row in queue[:PAGE])
    more = {"queue": queue[:PAGE], "more": len(queue) > PAGE, "this_year": today.year}
    return render_template("parties/payer.html", found=found, moment_of=moment_of, **shown, **more)


@parties.get("/operator/providers")
def providers() -> Page:
    """The register of providers, and whether each has an agreement: with any municipality, or with the one that is chosen."""
    form, after, today = forms.Find(formdata=request.args), request.args.get("after", ""), clock().today()
    with reading(engine()) as connection:
        form.payer.choices = [("", _("с любым")), *choices.all_payers(connection)]
        choices.settle(form.payer)
        found = store.listed(connection, form.typed("q"), form.payer.data, today, after, PAGE + 1) if form.validate() else []
    address = {name: value for name, value in request.args.items() if name not in ("after", "lang") and value}
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "address": address, "is_first": not after}
    return render_template("parties/providers.html", form=form, **shown)


@parties.route("/operator/providers/<provider>", methods=["GET", "POST"])
def provider(provider: str) -> Page:
    """One provider with its agreements; another one can be put down, or one's end be moved."""
    form, today = forms.Agreement(), clock().today()
    with reading(engine()) as connection:
        found = store.provider(connection, provider)
        if found is None:
            abort(404)
        form.payer.choices = choices.all_payers(connection)
        verified, groups, enrolled = store.places(connection, provider, today)
        shown = {"agreements": store.agreements_of(connection, provider), "steps": store.steps(connection, provider=provider)}
    if not form.validate_on_submit():
        counts = {"verified": verified, "groups": groups, "enrolled": enrolled, "today": today.isoformat()}
        return render_template("parties/provider.html", found=found, form=form, moment_of=moment_of, **counts, **shown)
    assert form.first.data is not None and form.last.data is not None, "both are required"
    with writing(engine()) as connection:
        store.agree(connection, clock(), provider, form.typed("payer"), form.first.data, form.last.data, actor().person)
    flash(_("Договор записан."), "success")
    return redirect(url_for("parties.provider", provider=provider))
