"""A parent takes a child out of a group; the club sees it."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal import audit
from navigator.portal.access import actor
from navigator.portal.enrolling import letters as enrolling_letters
from navigator.portal.enrolling import store as enrolling
from navigator.portal.family import store as family
from navigator.portal.financing import store as financing
from navigator.portal.leaving import forms, letters, store
from navigator.portal.speech import day
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

leaving = Blueprint("leaving", __name__)

PAGE = 50

Page = str | Response | tuple[str, int]


@leaving.route("/family/<child>/leave/<path:enrollment>", methods=["GET", "POST"])
def leave(child: str, enrollment: str) -> Page:
    """What it means, the last day, the reason; and it is done."""
    form, today = forms.Leave(), clock().today()
    with reading(engine()) as connection:
        attended = store.one(connection, child, enrollment, today)
        if attended is None:
            abort(404)
        who, certificate = family.child(connection, child), financing.certificate_of(connection, child, today)
        means = store.consequences(connection, child, attended, today)
    if attended.leaving is not None:
        return redirect(url_for("family.child", child=child))
    ends_on = dt.date.fromisoformat(attended.enrollment.ends_on)
    if not (form.validate_on_submit() and form.is_complete(today, ends_on)):
        if request.method == "GET" and form.last_day.raw_data is None:
            form.last_day.data = today
        shown = {"child": who, "attended": attended, "means": means, "certificate": certificate}
        return render_template("leaving/leave.html", form=form, today=today, **shown)
    last_day = form.last_day.data or today
    told = {"last_day": last_day, "reason": form.typed("reason"), "words": form.typed("words")}
    try:
        with writing(engine()) as connection:
            key = store.file(connection, clock(), child, actor().person, enrollment, told)
            letters.tell(connection, store.leaving(connection, key))
            enrolling_letters.places_held(connection, enrolling.hold_places(connection, clock(), attended.enrollment.group))
        flash(_("Готово: последний день — %(day)s. Организация увидит это сама.", day=day(last_day)), "success")
    except store.Left:
        flash(_("Ребёнок уже уходит из этой группы."), "warning")
    return redirect(url_for("family.child", child=child))


@leaving.get("/club/leavings")
def leavings() -> Page:
    """Who leaves a club's groups, the last one first."""
    before = request.args.get("before")
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 18):
        abort(404)
    with reading(engine()) as connection:
        found = store.of_provider(connection, actor().provider, int(before) if before else None, PAGE + 1)
    audit.shown(row.child for row in found[:PAGE])
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "reasons": forms.REASONS}
    return render_template("leaving/leavings.html", moment_of=moment_of, **shown)
