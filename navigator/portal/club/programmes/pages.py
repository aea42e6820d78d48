"""A club writes its programmes and their modules, and sends them to be verified."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection

from navigator.engine import reading, writing
from navigator.portal.access import actor
from navigator.portal.club import verification
from navigator.portal.club.blueprint import PAGE, Page, club, page_number
from navigator.portal.club.fields import Press, as_roubles
from navigator.portal.club.programmes import forms, store
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.tables import modules
from navigator.tables import programmes as programme_rows
from navigator.web import clock, engine


@club.get("/club/programmes")
def programmes() -> Page:
    """The club's programmes by state."""
    state, page = request.args.get("state", ""), page_number(request.args.get("page"))
    if state and state not in verification.STATES:
        abort(404)
    with reading(engine()) as connection:
        found = store.of_provider(connection, actor().provider, state, page, PAGE)
        counts = store.counts(connection, actor().provider)
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "page": page, "state": state, "counts": counts}
    return render_template("club/programmes.html", states=verification.STATES, **shown)


@club.get("/club/programmes/<programme>")
def programme(programme: str) -> Page:
    """One programme: what holds, what is proposed, where its verification stands, its modules and groups."""
    today = clock().today()
    with reading(engine()) as connection:
        shown: dict[str, Any] = {
            "state": verification.state_of(connection, programme),
            "now": verification.standing(connection, programme),
            "then": verification.proposed(connection, programme),
            "steps": verification.steps_of(connection, programme),
            "groups": store.groups_of(connection, programme, today),
        }
        row = connection.execute(programme_rows.select().where(programme_rows.c.programme == programme)).one()
    known = {each["module"] for each in shown["now"].modules}
    return render_template("club/programme.html", verified=bool(row.verified), known=known, form=Press(), moment_of=moment_of, **shown)


@club.route("/club/programmes/new", methods=["GET", "POST"])
def new_programme() -> Page:
    """Begin a programme."""
    form = forms.Programme()
    with reading(engine()) as connection:
        _offer_directions(form, store.directions(connection))
    if not form.validate_on_submit():
        return render_template("club/programme_form.html", form=form, found=None)
    said = {"title": form.typed("title"), "direction": form.typed("direction"), **form.months({})}
    with writing(engine()) as connection:
        key = store.new_key(connection, programme_rows.c.programme, actor().provider, "p")
        verification.write(connection, {"programme": key, "provider": actor().provider, **said}, [], clock().now())
    flash(_("Программа записана. Теперь добавьте модуль с ценой."), "success")
    return redirect(url_for("club.programme", programme=key))


@club.route("/club/programmes/<programme>/edit", methods=["GET", "POST"])
def edit_programme(programme: str) -> Page:
    """Change a programme; of a verified one the change waits for the operator."""
    with reading(engine()) as connection:
        before = verification.proposed(connection, programme).programme
        directions = store.directions(connection)
    ages = {"age_from": forms.years(before["age_from_months"]), "age_to": forms.years(before["age_to_months"])}
    form = forms.Programme(data={**before, **ages})
    _offer_directions(form, directions, before["direction"])
    if not form.validate_on_submit():
        return render_template("club/programme_form.html", form=form, found=before)
    months = form.months(before)
    said = {**before, "title": form.typed("title"), "direction": form.typed("direction"), **months}
    with writing(engine()) as connection:
        if not form.hold_against(store.outside_ages(connection, programme, months, clock().today())):
            return render_template("club/programme_form.html", form=form, found=before)
        _write(connection, said, [])
    return redirect(url_for("club.programme", programme=programme))


@club.route("/club/programmes/<programme>/modules/new", methods=["GET", "POST"])
def new_module(programme: str) -> Page:
    """Add a module."""
    form = forms.Module()
    with reading(engine()) as connection:
        before = verification.proposed(connection, programme)
    if not form.validate_on_submit():
        return render_template("club/module_form.html", form=form, found=before.programme, module=None)
    with writing(engine()) as connection:
        before = verification.proposed(connection, programme)  # as it is now that nobody else writes
        key, here = store.new_key(connection, modules.c.module, actor().provider, "m"), {each["module"] for each in before.modules}
        while key in here:  # proposed ones are not in the register yet
            key += "-1"
        _write(connection, before.programme, [{"module": key, "programme": programme, **_module(form)}])
    return redirect(url_for("club.programme", programme=programme))


@club.route("/club/programmes/<programme>/modules/<module>", methods=["GET", "POST"])
def edit_module(programme: str, module: str) -> Page:
    """Change a module. What a lesson costs in it stays once a child has asked for a place there."""
    with reading(engine()) as connection:
        version = verification.proposed(connection, programme)
        is_priced = module in verification.enrolled_modules(connection, programme)
    before = next((each for each in version.modules if each["module"] == module), None)
    if before is None:
        abort(404)
    sums = {"price": as_roubles(before["unit_price_kopecks"]), "normative": as_roubles(before["unit_normative_kopecks"])}
    form = forms.Module(data={**before, **sums, "unit": before["unit"] or "lesson"})
    shown = {"found": version.programme, "module": before, "is_priced": is_priced}
    if not form.validate_on_submit():
        return render_template("club/module_form.html", form=form, **shown)
    try:
        with writing(engine()) as connection:
            _write(connection, version.programme, [{**before, **_module(form)}])
    except verification.Enrolled:
        form.price_stays()
        return render_template("club/module_form.html", form=form, **shown)
    return redirect(url_for("club.programme", programme=programme))


@club.post("/club/programmes/<programme>/<any(send, take_back, discard):what>")
def move_programme(programme: str, what: str) -> Page:
    """Send it to the operator, take it back, or give its change up."""
    moves = {"send": verification.send, "take_back": verification.take_back, "discard": verification.discard}
    done = {
        "send": _("Отправлено на проверку."),
        "take_back": _("Программа снова у вас: её можно менять."),
        "discard": _("Изменения отменены."),
    }
    try:
        with writing(engine()) as connection:
            moves[what](connection, programme, actor().person, clock().now())
        flash(done[what], "success")
    except verification.NotNow:
        flash(_("Сейчас это сделать нельзя: посмотрите, в каком состоянии программа."), "warning")
    except verification.Enrolled as error:
        said = _("В модуль «%(title)s» уже записались по прежней цене. Верните её, а новую цену дайте новому модулю.", title=error.title)
        flash(said, "warning")
    return redirect(url_for("club.programme", programme=programme))


def _write(connection: Connection, said: verification.Item, changed: list[verification.Item]) -> None:
    """Write within the caller's transaction and say what it means."""
    try:
        verification.write(connection, said, changed, clock().now())
    except verification.NotNow:
        flash(_("Программа у оператора на проверке. Заберите её, чтобы изменить."), "warning")
        return
    state = verification.state_of(connection, said["programme"])
    told = {
        verification.VERIFIED: _("Записано: всё как в проверенной программе."),
        verification.DRAFT: _("Записано. Когда закончите, отправьте программу на проверку."),
        verification.RETURNED: _("Записано. Отправьте программу на проверку ещё раз."),
    }
    flash(told[state], "success")


def _module(form: forms.Module) -> dict[str, Any]:
    return {
        "title": form.typed("title"),
        "unit": form.typed("unit"),
        "unit_price_kopecks": form.price.kopecks,
        "unit_normative_kopecks": form.normative.kopecks,
        "planned_hours": form.planned_hours.data,
    }


def _offer_directions(form: forms.Programme, known: list[str], own: str | None = None) -> None:
    offered = [*known, *([own] if own and own not in known else [])]
    form.direction.choices = [("", _("выберите")), *((each, each) for each in offered)]
