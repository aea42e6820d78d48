"""Applications to decide, children to look up, programmes to verify."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Row
from werkzeug.wrappers import Response

from navigator import changes
from navigator.engine import reading, writing
from navigator.portal import audit, mail
from navigator.portal.access import Role, actor
from navigator.portal.club import verification
from navigator.portal.disputes import store as disputing
from navigator.portal.family import store as family
from navigator.portal.family.pages import invite_to
from navigator.portal.financing import store as financing
from navigator.portal.operator import forms, store
from navigator.portal.region import age_on
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

operator = Blueprint("operator", __name__)

PAGE = 50
STATES = (financing.SUBMITTED, financing.ACCEPTED, financing.RETURNED, financing.WITHDRAWN)

Page = str | Response | tuple[str, int]


@operator.get("/operator")
def home() -> Page:
    """What waits, and what there is."""
    with reading(engine()) as connection:
        shown = {
            "applications": financing.counts(connection, None),
            "register": changes.counts(connection),
            "persons": store.person_counts(connection),
            "troubled_mails": store.troubled_mails(connection),
            "programmes_waiting": verification.waiting_count(connection),
            "disputes": disputing.silent_count(connection, clock().now()),
        }
    return render_template("operator/home.html", **shown)


@operator.get("/applications")
def applications() -> Page:
    """Applications by state; a payer's person sees those to its own payer."""
    state = request.args.get("state", financing.SUBMITTED)
    if state not in STATES:
        abort(404)
    payer = actor().payer if actor().role is Role.PAYER else None
    with reading(engine()) as connection:
        found = financing.listed(connection, state, payer, request.args.get("after", ""), PAGE + 1)
        counts = financing.counts(connection, payer)
    page, more = found[:PAGE], len(found) > PAGE
    audit.shown(each.child for each in page)
    return render_template("operator/applications.html", found=page, more=more, counts=counts, state=state, moment_of=moment_of)


@operator.route("/applications/<application>", methods=["GET", "POST"])
def application(application: str) -> Page:
    """One application with all that its decision needs: accept it, or return it with a reason; the parent gets a letter."""
    form = forms.Decide()
    if not (form.validate_on_submit() and form.is_complete()):
        return _application(application, form)
    state = financing.ACCEPTED if form.accept.data else financing.RETURNED
    try:
        with writing(engine()) as connection:
            financing.decide(connection, clock().now(), application, actor().person, state, form.typed("reason"))
            found = financing.application(connection, application)
            values = {"number": application, "name": found.first_name, "reason": form.typed("reason")}
            mail.queue(connection, state, found.email, found.language, link=mail.link("financing.apply", child=found.child), **values)
        done = {financing.ACCEPTED: _("Заявление принято."), financing.RETURNED: _("Заявление возвращено родителю.")}
        flash(done[state], "success")
    except financing.Decided:
        flash(_("По этому заявлению уже принято решение."), "warning")
    return redirect(url_for("operator.applications"))


def _application(number: str, form: forms.Decide) -> Page:
    with reading(engine()) as connection:
        found = financing.application(connection, number)
        certificate = financing.certificate_of(connection, found.child, clock().today())
        steps = financing.steps_of(connection, number)
    age = age_on(dt.date.fromisoformat(found.birth_date), clock().today())
    shown = {"found": found, "certificate": certificate, "steps": steps, "age": age}
    return render_template("operator/application.html", form=form, moment_of=moment_of, **shown)


@operator.get("/children")
def children() -> Page:
    """Look a child up."""
    form = forms.Find(formdata=request.args)
    found = None
    if form.validate() and form.q.data:
        with reading(engine()) as connection:
            found = store.find_children(connection, form.q.data)
        audit.shown(each.child for each in found)
    return render_template("operator/children.html", form=form, found=found, most=store.FOUND_MAX)


@operator.route("/children/<child>", methods=["GET", "POST"])
def child(child: str) -> Page:
    """One child: who stands for it, its certificate, its application; and a parent can be invited to it."""
    form = forms.Invite()
    if not form.validate_on_submit():
        return _child(child, form)
    with writing(engine()) as connection:
        if family.child(connection, child) is None:
            abort(404)
        problem = invite_to(connection, child, form.typed("email"))
    if problem is not None:
        form.email.errors = [problem]
        return _child(child, form)
    flash(_("Приглашение отправлено на %(email)s.", email=form.typed("email")), "success")
    return redirect(url_for("operator.child", child=child))


def _child(key: str, form: forms.Invite) -> Page:
    now = clock().now()
    with reading(engine()) as connection:
        who = family.child(connection, key)
        if who is None:
            abort(404)
        certificate = financing.certificate_of(connection, key, now.date())
        latest = financing.latest_of(connection, key)
        guardians, invited = family.guardians_of(connection, key), family.invitations(connection, now, child=key)
    shown = {"child": who, "certificate": certificate, "latest": latest, "guardians": guardians, "invited": invited}
    return render_template("operator/child.html", form=form, moment_of=moment_of, year=now.year, **shown)


# ---------------------------------------------------------------- programmes to verify


@operator.get("/operator/programmes")
def programmes() -> Page:
    """Programmes that wait to be verified, the first sent first."""
    with reading(engine()) as connection:
        found = verification.waiting(connection, request.args.get("after", ""), PAGE + 1)
    return render_template("operator/programmes.html", found=found[:PAGE], more=len(found) > PAGE, moment_of=moment_of)


@operator.route("/operator/programmes/<programme>", methods=["GET", "POST"])
def programme(programme: str) -> Page:
    """One of them with all that its club says, and what of it is new: verify it, or return it with a reason; the club gets a letter."""
    form = forms.Verify()
    with reading(engine()) as connection:
        known = store.programme(connection, programme)
    if known is None:
        abort(404)
    if not (form.validate_on_submit() and form.is_complete()):
        return _programme(known, form)
    is_verified, reason = bool(form.accept.data), form.typed("reason")
    try:
        with writing(engine()) as connection:
            verification.decide(connection, programme, is_verified, reason, actor().person, clock().now())
            for each in store.persons_of_provider(connection, known.provider):
                values = {"title": known.title or programme, "is_verified": is_verified, "reason": reason}
                address = mail.link("club.programme", programme=programme)
                mail.queue(connection, "programme_decided", each.email, each.language, link=address, **values)
    except verification.NotNow:
        flash(_("Эта программа уже не ждёт решения."), "warning")
    except verification.Enrolled as error:
        form.reason.errors = [_("В модуль «%(title)s» уже зачислены дети по прежней цене: верните программу.", title=error.title)]
        return _programme(known, form)
    else:
        flash(_("Программа проверена: она в каталоге.") if is_verified else _("Программа возвращена организации."), "success")
    return redirect(url_for("operator.programmes"))


def _programme(known: Row[Any], form: forms.Verify) -> Page:
    with reading(engine()) as connection:
        shown = {
            "now": verification.standing(connection, known.programme),
            "then": verification.proposed(connection, known.programme),
            "state": verification.state_of(connection, known.programme),
            "steps": verification.steps_of(connection, known.programme),
        }
    return render_template("operator/programme.html", known=known, form=form, moment_of=moment_of, **shown)
