"""Where a parent chooses letters, and where the link in each letter ends them."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal.access import actor
from navigator.portal.letters import digest, forms, store
from navigator.portal.speech import gettext as _
from navigator.web import clock, engine

letters = Blueprint("letters", __name__)

Page = str | Response | tuple[str, int]


@letters.route("/account/letters", methods=["GET", "POST"])
def choose() -> Page:
    """None, once a week, or each debit too."""
    with reading(engine()) as connection:
        form = forms.Letters(data={"choice": store.choice_of(connection, actor().person)})
    if not form.validate_on_submit():
        return render_template("letters/choose.html", form=form)
    with writing(engine()) as connection:
        store.choose(connection, actor().person, form.choice.data, clock().now())
    off, on = _("Сохранено. Писем больше не будет."), _("Сохранено. Письма придут на вашу почту.")
    flash(off if form.choice.data == forms.NONE else on, "success")
    return redirect(url_for("account.own"))


@letters.route("/letters/<token>", methods=["GET", "POST"])
def stop(token: str) -> Page:
    """End the letters. Opening the link changes nothing: what reads mails before people do ends nobody's."""
    form, person = forms.Press(), digest.person_of(token)
    if person is None:
        return render_template("account/gone.html", again=url_for("account.own"), label=_("Моя учётная запись")), 410
    if not form.validate_on_submit():
        return render_template("letters/stop.html", form=form)
    with writing(engine()) as connection:
        store.stop(connection, person)
    flash(_("Готово: таких писем больше не будет. Включить их снова можно в учётной записи."), "success")
    return redirect(url_for("front.home"))
