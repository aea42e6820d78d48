"""The catalogue: search, a programme with its groups, the register of providers. Public; a parent sees it for one of the own children."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, abort, render_template, request
from sqlalchemy import Connection, Row

from navigator.engine import reading
from navigator.portal import audit
from navigator.portal.access import Role, actor
from navigator.portal.catalogue import costs, forms, search, store
from navigator.portal.family import store as family
from navigator.portal.speech import gettext as _
from navigator.web import clock, engine

catalogue = Blueprint("catalogue", __name__)


@catalogue.get("/catalogue")
def programmes() -> str:
    """Look for a programme."""
    search.refresh(engine())
    today = clock().today()
    form = forms.Search(formdata=request.args)
    with reading(engine()) as connection:
        children = _children(connection)
        form.child.choices = [("", _("любой ребёнок")), *((each.child, each.first_name) for each in children)]
        form.direction.choices = [("", _("любое")), *((each, each) for each in store.directions(connection))]
        form.weekday.choices = [("", _("любой")), *forms.weekdays()]
        form.locality.choices = [("", _("любой")), *((each, each) for each in store.localities(connection))]
        form.payer.choices = [("", _("любой")), *family.municipalities(connection)]
        child = next((each for each in children if each.child == form.child.data), None)
        is_right = form.validate()
        page = _page(request.args.get("page", ""))
        found, more = store.found(connection, _wanted(form, child, today), today, page) if is_right else ([], False)
    if child is not None:
        audit.shown([child.child])
    address = {name: value for name, value in request.args.items() if name not in ("page", "lang")}
    shown = {"found": found, "more": more, "page": page, "address": address, "child": child}
    return render_template("catalogue/programmes.html", form=form, costs=costs, has_children=bool(children), **shown)


def _page(text: str) -> int:
    """Which page is asked for; the first unless it is a number that there can be."""
    return min(int(text), 500) if text.isascii() and text.isdigit() and len(text) < 5 else 0


@catalogue.get("/catalogue/<programme>")
def programme(programme: str) -> str:
    """One programme: groups, timetable, places, what a lesson costs and who pays; for one's child also what clashes."""
    today = clock().today()
    with reading(engine()) as connection:
        found = store.programme(connection, programme, today)
        if found is None:
            abort(404)
        children = _children(connection)
        child = next((each for each in children if each.child == request.args.get("child")), None)
        others = store.groups_of_child(connection, child.child, today) if child is not None else []
    if child is not None:
        audit.shown([child.child])
    notes = _notes(found, child, today)
    clashing = {group["group"]: costs.clashes(group, others) for group in found["groups"]}
    shown = {"found": found, "children": children, "child": child, "notes": notes, "clashing": clashing}
    return render_template("catalogue/programme.html", costs=costs, weekdays=dict(forms.weekdays()), **shown)


@catalogue.get("/providers")
def providers() -> str:
    """The register of providers."""
    with reading(engine()) as connection:
        found = store.all_providers(connection, clock().today())
    return render_template("catalogue/providers.html", found=found)


def _children(connection: Connection) -> list[Row[Any]]:
    return family.of_person(connection, actor().person) if actor().role is Role.PARENT else []


def _wanted(form: forms.Search, child: Row[Any] | None, today: dt.date) -> store.Wanted:
    months = None
    if child is not None and child.birth_date:
        months = costs.age_in_months(dt.date.fromisoformat(child.birth_date), today)
    elif form.typed("age"):
        months = int(form.typed("age")) * 12
    return store.Wanted(
        query=form.typed("q"),
        months=months,
        direction=form.typed("direction"),
        weekday=int(form.typed("weekday")) if form.typed("weekday") in dict(forms.weekdays()) else None,
        after=form.typed("after"),
        payer=form.typed("payer"),
        locality=form.typed("locality"),
        has_places=bool(form.free.data),
        is_fully_paid=bool(form.paid.data),
    )


def _notes(found: dict[str, Any], child: Row[Any] | None, today: dt.date) -> list[str]:
    """What the family should know before it chooses."""
    if child is None:
        return []
    notes = []
    if child.birth_date and not costs.fits_age(found, costs.age_in_months(dt.date.fromisoformat(child.birth_date), today)):
        notes.append(_("Программа — для другого возраста."))
    if child.payer and child.payer not in found["payers"]:
        notes.append(_("У организации нет договора с вашим муниципалитетом: сертификатом здесь не заплатить."))
    return notes
