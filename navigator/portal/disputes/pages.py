"""Disputes, for the family that files them, the club that answers, and the operator that decides where the club is silent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal import audit
from navigator.portal.access import Role, actor
from navigator.portal.disputes import forms, lessons, store
from navigator.portal.family import store as family
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

disputes = Blueprint("disputes", __name__)

PAGE = 50
SILENT = "silent"
"""The operator's first list: disputes in which the club has done nothing for too long."""

Page = str | Response | tuple[str, int]


# ---------------------------------------------------------------- the family


@disputes.get("/family/<child>/disputes")
def of_child(child: str) -> Page:
    """A child's disputes; the lessons from which one begins stand in the cabinet."""
    store.follow(engine(), clock())
    with reading(engine()) as connection:
        who, found = family.child(connection, child), store.of_child(connection, child)
    return render_template("disputes/of_child.html", child=who, found=found)


@disputes.route("/family/<child>/disputes/<group>/<date>/<int(max=99):slot>", methods=["GET", "POST"])
def file(child: str, group: str, date: str, slot: int) -> Page:
    """File a dispute about one lesson."""
    form = forms.File()
    with reading(engine()) as connection:
        lesson = lessons.one(connection, child, group, date, slot)
        if lesson is None or lesson.subject is None:
            abort(404)
        who = family.child(connection, child)
        live = store.live_of_child(connection, child).get((group, date, slot))
        is_decided = store.is_decided(connection, child, lesson)
    if live is not None:
        return redirect(url_for("disputes.own", dispute=live))
    if is_decided or not form.validate_on_submit():
        return render_template("disputes/file.html", form=form, child=who, lesson=lesson, is_decided=is_decided)
    try:
        with writing(engine()) as connection:
            now_so = lessons.one(connection, child, group, date, slot)
            if now_so is None or now_so.subject is None or now_so.subject.id != lesson.subject.id:
                flash(_("Данные об этом занятии только что изменились. Проверьте их ещё раз."), "warning")
                return redirect(url_for("disputes.file", child=child, group=group, date=date, slot=slot))
            key = store.file(connection, clock(), child, actor().person, now_so, form.typed("reason"))
    except store.NotDisputable:
        return redirect(url_for("disputes.file", child=child, group=group, date=date, slot=slot))
    except store.TooMany:
        form.reason.errors = [_("Сегодня открыто уже %(most)d споров. Продолжите завтра.", most=store.OF_CHILD_MAX)]
        return render_template("disputes/file.html", form=form, child=who, lesson=lesson, is_decided=is_decided)
    flash(_("Спор открыт. Организация ответит, письмо придёт на вашу почту."), "success")
    return redirect(url_for("disputes.own", dispute=key))


@disputes.get("/disputes/<dispute>")
def own(dispute: str) -> Page:
    """One dispute as the family sees it."""
    return _dispute(dispute, None)


@disputes.post("/disputes/<dispute>/withdraw")
def withdraw(dispute: str) -> Page:
    """Take a dispute back."""
    _try(lambda connection: store.withdraw(connection, clock().now(), dispute, actor().person), _("Спор отозван."))
    return redirect(url_for("disputes.own", dispute=dispute))


# ---------------------------------------------------------------- the club, the operator


@disputes.get("/club/disputes")
def to_club() -> Page:
    """A club's disputes by state, in the order of filing."""
    return _listed("disputes/to_club.html", store.OPEN, actor().provider)


@disputes.route("/club/disputes/<dispute>", methods=["GET", "POST"])
def answer(dispute: str) -> Page:
    """The club says that all is right, and why; or that it will correct it in its own system."""
    return _decided(dispute, forms.Answer(), store.CLUB, "disputes.to_club")


@disputes.get("/operator/disputes")
def all_of_them() -> Page:
    """All disputes by state; first those in which the club is silent."""
    return _listed("disputes/all.html", SILENT, None)


@disputes.route("/operator/disputes/<dispute>", methods=["GET", "POST"])
def decide(dispute: str) -> Page:
    """The operator decides where the club is silent for too long, or where the family does not agree with its answer."""
    return _decided(dispute, forms.Decide(), store.OPERATOR, "disputes.all_of_them")


# ---------------------------------------------------------------- parts


def _listed(template: str, state: str, provider: str | None) -> Page:
    store.follow(engine(), clock())
    state, after = request.args.get("state", state), request.args.get("after", "0")
    now, states = clock().now(), (store.STATES if provider is not None else (SILENT, *store.STATES))
    if state not in states or not (after.isascii() and after.isdigit() and len(after) <= 18):
        abort(404)
    silent_since = store.silent_before(now) if state == SILENT else None
    with reading(engine()) as connection:
        found = store.listed(connection, state, provider, int(after), PAGE + 1, silent_since)
        counts = store.counts(connection, provider)
        if provider is None:
            counts = {SILENT: store.silent_count(connection, now), **counts}
    audit.shown(row.child for row in found[:PAGE])
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "state": state, "counts": counts}
    return render_template(template, silent=store.silent_before(now), moment_of=moment_of, **shown)


def _decided(dispute: str, form: forms.Answer, role: str, then: str) -> Page:
    if not (form.validate_on_submit() and form.is_complete()):
        return _dispute(dispute, form)
    take, said = store.promise, _("Спор закроется сам, когда исправление придёт в реестр.")
    if form.confirm.data:
        take, said = store.confirm, _("Ответ отправлен семье, спор закрыт.")
    _try(lambda connection: take(connection, clock().now(), dispute, role, actor().person, form.typed("text")), said)
    return redirect(url_for(then))


def _dispute(key: str, form: forms.Answer | None) -> Page:
    store.follow(engine(), clock())
    now = clock().now()
    with reading(engine()) as connection:
        row = store.dispute(connection, key)
        if row is None:
            abort(404)
        steps = store.steps_of(connection, key)
        is_operator = actor().role is Role.OPERATOR
        may_decide = store.may_decide(connection, row, now) if is_operator else row.state in store.LIVE
    shown: dict[str, Any] = {"found": row, "steps": steps, "may_decide": may_decide, "decides_from": store.decides_from(row)}
    at = dt.datetime.fromisoformat(row.lesson_starts_at)
    return render_template("disputes/dispute.html", form=form, at=at, moment_of=moment_of, **shown)


def _try(take: Callable[[Connection], None], said: str) -> None:
    try:
        with writing(engine()) as connection:
            take(connection)
        flash(said, "success")
    except store.NotYet:
        flash(_("Этот спор пока решает организация."), "warning")
    except store.Over:
        flash(_("Этот спор уже закрыт."), "warning")
