"""Persons of clubs, municipalities and the operator."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal import mail
from navigator.portal.access import actor
from navigator.portal.account.pages import JOIN_LASTS
from navigator.portal.operator import choices
from navigator.portal.persons import forms, store
from navigator.portal.speech import gettext as _
from navigator.portal.speech import language
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

persons = Blueprint("persons", __name__)

PAGE = 50
ENDED = "ended"

Page = str | Response | tuple[str, int]


@persons.get("/operator/persons")
def listed() -> Page:
    """Who there is, by role; and whose accounts were ended."""
    role, after = request.args.get("role", ""), request.args.get("after", "")
    if role not in ("", ENDED, *store.ROLES):
        abort(404)
    with reading(engine()) as connection:
        found = store.listed(connection, "" if role == ENDED else role, role == ENDED, after, PAGE + 1)
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "role": role, "roles": ("", *store.ROLES, ENDED)}
    return render_template("persons/listed.html", moment_of=moment_of, **shown)


@persons.route("/operator/persons/new", methods=["GET", "POST"])
def invite() -> Page:
    """Invite somebody by e-mail; the letter's link leads to choosing a password. Invited again, another letter goes out."""
    form = forms.Invite()
    with reading(engine()) as connection:
        form.provider.choices = [("", ""), *choices.all_providers(connection)]
        form.payer.choices = [("", ""), *choices.all_payers(connection)]
    if not (form.validate_on_submit() and form.is_complete()):
        return render_template("persons/invite.html", form=form)
    email, role = form.typed("email"), form.typed("role")
    provider, payer = form.typed("provider") if role == "club" else None, form.typed("payer") if role == "payer" else None
    try:
        with writing(engine()) as connection:
            wanted = store.Wanted(email, role, provider, payer)
            token = store.invite(connection, wanted, language(), clock().now(), JOIN_LASTS, actor().person)
            mail.queue(connection, "invited", email, language(), link=mail.link("account.join", token=token), role=role)
    except store.Taken:
        form.email.errors = [_("У этого адреса уже есть учётная запись. Возьмите другой адрес или завершите прежнюю.")]
        return render_template("persons/invite.html", form=form)
    flash(_("Письмо отправлено на %(email)s.", email=email), "success")
    return redirect(url_for("persons.listed", role=role))


@persons.route("/operator/persons/<person>", methods=["GET", "POST"])
def person(person: str) -> Page:
    """One of them, and ending its account."""
    form = forms.End()
    with reading(engine()) as connection:
        found = store.one(connection, person)
    if found is None:
        abort(404)
    if not form.validate_on_submit():
        return render_template("persons/person.html", found=found, form=form, is_own=person == actor().person, moment_of=moment_of)
    try:
        with writing(engine()) as connection:
            store.end(connection, person, form.typed("reason"), actor().person, clock().now())
        flash(_("Доступ закрыт: все входы завершены, ссылки из писем не работают."), "success")
    except store.NotNow:
        flash(_("Этот доступ закрыть нельзя: он уже закрыт или он ваш."), "warning")
    return redirect(url_for("persons.listed"))
