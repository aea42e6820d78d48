"""A certificate with its number and code; applying for personified financing."""

from __future__ import annotations

import datetime as dt
import io

import segno
from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as AnyResponse

from navigator.engine import reading, writing
from navigator.portal import mail
from navigator.portal.access import actor
from navigator.portal.account import store as persons
from navigator.portal.family import store as family
from navigator.portal.financing import forms, store
from navigator.portal.region import age_on, region
from navigator.portal.speech import day, language
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

financing = Blueprint("financing", __name__)

Page = str | AnyResponse | tuple[str, int]


@financing.get("/family/<child>/certificate")
def certificate(child: str) -> Page:
    """The certificate, to be shown or printed."""
    with reading(engine()) as connection:
        who = family.child(connection, child)
        found = store.certificate_of(connection, child, clock().today())
    if found is None:
        abort(404)
    return render_template("financing/certificate.html", child=who, certificate=found, year=clock().today().year)


@financing.get("/family/<child>/certificate/code.svg")
def code(child: str) -> Response:
    """The certificate's number as a QR code: what a club scans instead of typing ten digits."""
    with reading(engine()) as connection:
        found = store.certificate_of(connection, child, clock().today())
    if found is None:
        abort(404)
    drawn = io.BytesIO()
    segno.make_qr(found.number, error="m").save(drawn, kind="svg", border=2, svgclass=None, lineclass=None, omitsize=True)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")


@financing.route("/family/<child>/financing", methods=["GET", "POST"])
def apply(child: str) -> Page:
    """Where an application stands; where none is under way, the form for one."""
    form = forms.Apply()
    form.category.choices = [(each.category, each.titles[language()]) for each in region().categories.values()]
    with reading(engine()) as connection:
        who = family.child(connection, child)
        latest = store.latest_of(connection, child)
        steps = store.steps_of(connection, latest.application) if latest else []
        obstacles = _obstacles(connection, child)
    assert who is not None, "the access table let nobody through to a child that is not there"
    if not form.validate_on_submit() or obstacles:
        shown = {"child": who, "latest": latest, "steps": steps, "obstacles": obstacles, "text": store.consent_text(language())}
        return render_template("financing/apply.html", form=form, moment_of=moment_of, **shown)
    with writing(engine()) as connection:
        if _obstacles(connection, child):  # a second press, or the other parent, was faster
            return redirect(url_for("financing.apply", child=child))
        me = persons.by_id(connection, actor().person)
        number = store.submit(connection, clock().now(), child, me.person, who.payer, form.category.data, language())
        mail.queue(
            connection,
            "submitted",
            me.email,
            me.language,
            number=number,
            name=who.first_name,
            link=mail.link("financing.apply", child=child),
        )
    flash(_("Заявление № %(number)s подано.", number=number), "success")
    return redirect(url_for("financing.apply", child=child))


@financing.post("/applications/<application>/withdraw")
def withdraw(application: str) -> Page:
    """Take an application back before it is decided."""
    try:
        with writing(engine()) as connection:
            found = store.application(connection, application)
            store.decide(connection, clock().now(), application, actor().person, store.WITHDRAWN, "")
        flash(_("Заявление отозвано."), "success")
    except store.Decided:
        flash(_("По заявлению уже принято решение: отозвать его нельзя."), "warning")
    return redirect(url_for("financing.apply", child=found.child))


def _obstacles(connection: Connection, child: str) -> list[str]:
    """Everything that stands against applying now, each with its cure; none: it can be done."""
    today, rules = clock().today(), region()
    who, held, latest = family.child(connection, child), store.certificate_of(connection, child, today), store.latest_of(connection, child)
    assert who is not None
    found = []
    if today < rules.financing_from:
        found.append(_("Заявления принимаются с %(day)s.", day=day(rules.financing_from)))
    if who.birth_date is None or who.payer is None:
        found.append(_("Нет даты рождения или муниципалитета: их дополнит оператор."))
    elif not rules.age_from <= age_on(dt.date.fromisoformat(who.birth_date), today) <= rules.age_to:
        found.append(_("Финансирование — для детей от %(first)d до %(last)d лет.", first=rules.age_from, last=rules.age_to))
    if held is None or held.state != "active":
        found.append(_("Сертификат не действует: обратитесь к оператору."))
    elif held.kind == "financing":
        found.append(_("Сертификат уже с финансированием: подавать заявление не нужно."))
    if latest is not None and latest.state in (store.SUBMITTED, store.ACCEPTED):
        found.append(_("Заявление уже подано."))
    return found
