"""A club's groups."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from navigator import catalogue
from navigator.engine import reading, writing
from navigator.portal.access import actor
from navigator.portal.club import verification
from navigator.portal.club.blueprint import Page, club
from navigator.portal.club.groups import forms, store
from navigator.portal.club.programmes.store import new_key
from navigator.portal.club.timetables import plan
from navigator.portal.club.words import weekdays
from navigator.portal.enrolling import letters
from navigator.portal.speech import gettext as _
from navigator.tables import groups
from navigator.web import clock, engine

FIELDS = ("title", "places", "locality", "address", "teacher")


@club.route("/club/programmes/<programme>/modules/<module>/groups/new", methods=["GET", "POST"])
def new_group(programme: str, module: str) -> Page:
    """Add a group to a module; ``like`` names one of the club's own that it begins like."""
    with reading(engine()) as connection:
        version = verification.standing(connection, programme)
        of_module = next((each for each in version.modules if each["module"] == module), None)
        known = {row.group for row in store.of_provider(connection, actor().provider)}
        like = request.args.get("like", "")
        model = store.group(connection, like) if like in known else None
    if of_module is None:
        abort(404)
    form = forms.Group(data={name: getattr(model, name) for name in FIELDS} if model is not None else None)
    if not form.validate_on_submit():
        return render_template("club/group_form.html", form=form, found=None, programme=version.programme, module=of_module)
    with writing(engine()) as connection:
        key = new_key(connection, groups.c.group, actor().provider, "g")
        store.write(connection, clock(), {"group": key, "module": module, **_said(form)}, bool(form.is_open.data), actor().person)
    flash(_("Группа записана. Теперь составьте её расписание."), "success")
    return redirect(url_for("club.timetable", group=key))


@club.get("/club/groups/<group>")
def group(group: str) -> Page:
    """One group: what it is, when it meets, how many places are taken."""
    today = clock().today()
    with reading(engine()) as connection:
        found = store.group(connection, group)
        item = catalogue.group_items(connection, [group])[f"group {group}"]
        enrolled = store.enrolled_in(connection, group, today)
    seasons = plan.seasons(item["timetable"], today)
    return render_template("club/group.html", found=found, seasons=seasons, enrolled=enrolled, weekdays=weekdays())


@club.route("/club/groups/<group>/edit", methods=["GET", "POST"])
def edit_group(group: str) -> Page:
    """Change a group."""
    with reading(engine()) as connection:
        found = store.group(connection, group)
    days = {name: _day(getattr(found, name)) for name in ("starts_on", "ends_on")}
    form = forms.Group(data={**{name: getattr(found, name) for name in FIELDS}, **days, "is_open": found.is_open})
    if form.validate_on_submit():
        with writing(engine()) as connection:
            if form.hold_against(*store.enrolled_in(connection, group, clock().today())):
                said = {"group": group, "module": found.module, **_said(form)}
                letters.places_held(connection, store.write(connection, clock(), said, bool(form.is_open.data), actor().person))
                flash(_("Группа сохранена."), "success")
                return redirect(url_for("club.group", group=group))
    return render_template("club/group_form.html", form=form, found=found, programme=None, module=None)


def _said(form: forms.Group) -> dict[str, Any]:
    days = {name: form[name].data.isoformat() for name in ("starts_on", "ends_on")}
    return {name: form[name].data for name in FIELDS} | days


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
