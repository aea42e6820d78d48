"""A parent's children: adding one, inviting the second parent, and one child's page."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, flash, redirect, render_template, url_for
from sqlalchemy import Connection, update
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal import audit, mail, sessions
from navigator.portal.access import actor
from navigator.portal.account import store as persons
from navigator.portal.cabinet import words
from navigator.portal.cabinet.glance import cards_of, glance_of
from navigator.portal.enrolling import store as enrolling
from navigator.portal.family import forms, store
from navigator.portal.family.store import Added
from navigator.portal.financing import store as financing
from navigator.portal.leaving import store as leaving
from navigator.portal.proposals import store as proposals
from navigator.portal.region import age_on
from navigator.portal.speech import gettext as _
from navigator.portal.speech import language
from navigator.portal.tables import instant, moment_of, tokens
from navigator.web import clock, engine

family = Blueprint("family", __name__)

INVITATION_LASTS = dt.timedelta(days=7)
CLAIMS_MAX, CLAIMS_WITHIN = 10, dt.timedelta(hours=1)

Page = str | Response | tuple[str, int]


@family.get("/family")
def children() -> Page:
    """The children that the parent stands for, and the invitations to others."""
    now = clock().now()
    with reading(engine()) as connection:
        mine = store.of_person(connection, actor().person)
        numbers = store.certificate_numbers_of(connection, [each.child for each in mine])
        invited = store.invitations(connection, now, email=actor().email)
        cards = cards_of(connection, [each.child for each in mine], now)
        proposed = proposals.open_for(connection, [each.child for each in mine], now)
    audit.shown(each.child for each in mine)
    ages = {each.child: age_on(dt.date.fromisoformat(each.birth_date), now.date()) for each in mine if each.birth_date}
    shown = {"children": mine, "numbers": numbers, "ages": ages, "invited": invited, "cards": cards, "proposed": proposed}
    return render_template("family/children.html", **shown)


@family.route("/family/new", methods=["GET", "POST"])
def add() -> Page:
    """Add a child; it has its certificate of accounting at once."""
    form, now = forms.Child(), clock().now()
    claims = f"claims of {actor().person}"
    with reading(engine()) as connection:
        known = store.municipalities(connection)
        form.payer.choices = [("", ""), *known]
        throttled = sessions.is_throttled(connection, claims, now, CLAIMS_MAX, CLAIMS_WITHIN)
    if not form.validate_on_submit():
        return render_template("family/add.html", form=form, knows_any=bool(known))
    if throttled:
        form.certificate.errors = [_("Слишком много попыток. Попробуйте через час или обратитесь к оператору.")]
        return render_template("family/add.html", form=form, knows_any=bool(known)), 429
    with writing(engine()) as connection:
        adding = store.add(connection, clock(), actor().person, form.data)
        if adding.added in (Added.ANOTHERS, Added.UNCLAIMED):
            sessions.note_attempt(connection, claims, now, CLAIMS_WITHIN)
    if adding.added is Added.YOURS:
        flash(_("Этот ребёнок уже есть в вашем списке."), "warning")
    elif adding.added is Added.ANOTHERS:
        form.last_name.errors = [_("Этого ребёнка уже добавил другой родитель. Попросите его пригласить вас, или обратитесь к оператору.")]
    elif adding.added is Added.UNCLAIMED:
        form.certificate.errors = [_("Этот ребёнок уже есть в реестре. Напишите номер его сертификата, или обратитесь к оператору.")]
    else:
        new, old = _("Готово: сертификат учёта выдан."), _("Ребёнок найден в реестре и теперь в вашем списке.")
        flash(new if adding.added is Added.NEW else old, "success")
    if adding.added in (Added.ANOTHERS, Added.UNCLAIMED):
        return render_template("family/add.html", form=form, knows_any=bool(known))
    return redirect(url_for("family.child", child=adding.child))


@family.get("/family/<child>")
def child(child: str) -> Page:
    """One child: its certificate, where its application stands, who stands for it."""
    now = clock().now()
    with reading(engine()) as connection:
        who = store.child(connection, child)
        certificate = financing.certificate_of(connection, child, now.date())
        latest = financing.latest_of(connection, child)
        guardians = store.guardians_of(connection, child)
        invited = store.invitations(connection, now, child=child)
        requested = enrolling.of_child(connection, child)
        attended = leaving.of_child(connection, child, now.date())
        proposed = proposals.open_for(connection, [child], now)
        at_a_glance = glance_of(connection, child, now)
    shown = {"requested": requested, "attended": attended, "proposed": proposed, "child": who, "certificate": certificate, "latest": latest}
    shown |= {"guardians": guardians, "invited": invited, "at_a_glance": at_a_glance, "words": words}
    shown |= {"year": now.year, "today": now.date().isoformat()}
    return render_template("family/child.html", form=forms.Invite(), moment_of=moment_of, **shown)


@family.route("/family/<child>/invite", methods=["GET", "POST"])
def invite(child: str) -> Page:
    """Invite the second parent to the same child."""
    form = forms.Invite()
    with reading(engine()) as connection:
        who = store.child(connection, child)
    if not form.validate_on_submit():
        return render_template("family/invite.html", form=form, child=who)
    with writing(engine()) as connection:
        problem = invite_to(connection, child, form.typed("email"))
    if problem is not None:
        form.email.errors = [problem]
        return render_template("family/invite.html", form=form, child=who)
    flash(_("Приглашение отправлено на %(email)s.", email=form.typed("email")), "success")
    return redirect(url_for("family.child", child=child))


@family.route("/invitations/<invitation>", methods=["GET", "POST"])
def invitation(invitation: str) -> Page:
    """Take an invitation; it is the invited address's own, works once and expires."""
    form, now = forms.Press(), clock().now()
    with reading(engine()) as connection:
        found = next((each for each in store.invitations(connection, now, email=actor().email) if each.digest == invitation), None)
    if found is None:
        return render_template("account/gone.html", again=url_for("family.children"), label=_("К списку детей")), 410
    if not form.validate_on_submit():
        return render_template("family/invitation.html", form=form, found=found)
    with writing(engine()) as connection:
        mine = (tokens.c.digest == invitation) & tokens.c.used_at.is_(None)
        if connection.execute(update(tokens).where(mine).values(used_at=instant(now))).rowcount:
            store.link(connection, found.child, actor().person, now)
    flash(_("Теперь ребёнок есть и в вашем списке."), "success")
    return redirect(url_for("family.child", child=found.child))


def invite_to(connection: Connection, child: str, email: str) -> str | None:
    """Write an invitation; what stands against it, None where it was sent."""
    now = clock().now()
    if any(each.email == email for each in store.guardians_of(connection, child)):
        return _("Этот родитель уже представляет ребёнка.")
    if any(each.email == email for each in store.invitations(connection, now, child=child)):
        return _("На этот адрес приглашение уже отправлено.")
    if sessions.is_throttled(connection, f"invitations to {child}", now, 5, dt.timedelta(days=1)):
        return _("Сегодня уже отправлено пять приглашений. Попробуйте завтра.")
    sessions.note_attempt(connection, f"invitations to {child}", now, dt.timedelta(days=1))
    token = sessions.new_token(connection, "invitation", email, now, INVITATION_LASTS, child=child, made_by=actor().person)
    known, who = persons.by_email(connection, email), store.child(connection, child)
    assert who is not None
    values = {"name": who.first_name, "is_known": known is not None, "register": mail.link("account.register")}
    address = mail.link("family.invitation", invitation=sessions.digest_of(token))
    mail.queue(connection, "invitation", email, known.language if known else language(), link=address, **values)
    return None
