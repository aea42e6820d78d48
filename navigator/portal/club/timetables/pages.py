"""A club says when its groups meet, which lessons are not held, and which days are off."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Row

from navigator.engine import reading, writing
from navigator.portal.access import actor
from navigator.portal.club.blueprint import Page, club
from navigator.portal.club.fields import day_of
from navigator.portal.club.groups import store as groups
from navigator.portal.club.timetables import days_off as off
from navigator.portal.club.timetables import forms, plan, store
from navigator.portal.club.words import beginning, day_in_words, month_in_words, weekdays
from navigator.portal.speech import gettext as _
from navigator.portal.speech import ngettext
from navigator.web import clock, engine

SPARE_LINES = 2
SHOWN_FOR = dt.timedelta(days=365)
"""How long days off that are over are shown: what was declared by mistake can be taken back."""


@club.route("/club/groups/<group>/timetable", methods=["GET", "POST"])
def timetable(group: str) -> Page:
    """The group's weekly timetable from a day on."""
    with reading(engine()) as connection:
        found, item = groups.group(connection, group), store.item_of(connection, group)
    bounds, today = _bounds(found), clock().today()
    if bounds is None:
        flash(_("Сначала укажите первый и последний день группы."), "warning")
        return redirect(url_for("club.edit_group", group=group))
    first = min(max(today, bounds[0]), bounds[1])
    lines = plan.lines_on(item["timetable"], first)
    asked = request.form.get("rows", "")
    rows = int(asked) + ("more" in request.form) if asked.isascii() and asked.isdigit() and len(asked) < 4 else len(lines) + SPARE_LINES
    form = forms.timetable_form(rows, bounds, lines, first=first, last=bounds[1])
    if form.is_submitted() and not form.more.data:
        is_right, wanted = form.validate(), form.lines()
        if is_right and wanted is not None:
            with writing(engine()) as connection:
                store.set_timetable(connection, clock(), group, wanted, day_of(form.first), day_of(form.last), actor().person)
                clashing = store.clashing(connection, group, today)
            flash(_("Расписание сохранено."), "success")
            if clashing:
                flash(
                    ngettext(
                        "У %(num)d ребёнка в это время другие занятия: договоритесь с семьёй.",
                        "У %(num)d детей в это время другие занятия: договоритесь с семьями.",
                        clashing,
                    ),
                    "warning",
                )
            return redirect(url_for("club.group", group=group))
    shown = {"found": found, "seasons": plan.seasons(item["timetable"], today)}
    return render_template("club/timetable.html", form=form, weekdays=weekdays(), **shown)


@club.get("/club/groups/<group>/lessons")
def lessons(group: str) -> Page:
    """A month's lessons."""
    today, month = clock().today(), _month(request.args.get("month"))
    first = dt.date.fromisoformat(f"{month}-01")
    last = (first + dt.timedelta(days=31)).replace(day=1) - plan.ONE_DAY
    with reading(engine()) as connection:
        found, item, notes = groups.group(connection, group), store.item_of(connection, group), store.notes_of(connection, group)
    held: dict[str, list[plan.LessonOn]] = {}
    for each in plan.lessons_between(item, first, last):
        held.setdefault(each.day.isoformat(), []).append(each)
    left = {day: went for day, went in plan.left(item).items() if day[:7] == month}
    days = [(day, held.get(day, []), left.get(day, [])) for day in sorted(held.keys() | left.keys())]
    around = {"before": (first - plan.ONE_DAY).isoformat()[:7], "after": (last + plan.ONE_DAY).isoformat()[:7]}
    shown = {"found": found, "days": days, "notes": notes, "month": month, "today": today, **around}
    return render_template("club/lessons.html", beginning=beginning, in_words=day_in_words, month_in_words=month_in_words, **shown)


@club.route("/club/groups/<group>/lessons/<day>/<time>", methods=["GET", "POST"])
def lesson(group: str, day: str, time: str) -> Page:
    """Cancel a lesson, move it, or put it back as it was."""
    with reading(engine()) as connection:
        found, item, notes = groups.group(connection, group), store.item_of(connection, group), store.notes_of(connection, group)
    which = _lesson(item, day, time)
    times = {"starts": dt.time.fromisoformat(which.starts_at), "ends": dt.time.fromisoformat(which.ends_at)}
    cancel = forms.Cancel()  # the two have no field in common: what is typed into one is not taken for the other's
    move = forms.Move(**({} if "move" in request.form else {"formdata": None}), data={"day": which.day, **times})
    move.bounds = _bounds(found) or move.bounds
    if request.method == "POST" and _change(group, which, cancel, move):
        return redirect(url_for("club.lessons", group=group, month=which.day.isoformat()[:7]))
    shown = {"found": found, "which": which, "note": notes.get((day, time)), "in_words": day_in_words, "beginning": beginning}
    return render_template("club/lesson.html", cancel=cancel, move=move, **shown)


@club.post("/club/groups/<group>/lessons/<day>/<time>/put-back")
def put_back_lesson(group: str, day: str, time: str) -> Page:
    """Undo what was done to a lesson."""
    with writing(engine()) as connection:
        which = _lesson(store.item_of(connection, group), day, time)
        store.put_back(connection, clock(), group, which, actor().person)
    flash(_("Занятие снова как было."), "success")
    return redirect(url_for("club.lessons", group=group, month=which.day.isoformat()[:7]))


@club.route("/club/groups/<group>/lessons/add", methods=["GET", "POST"])
def add_lesson(group: str) -> Page:
    """One more lesson."""
    with reading(engine()) as connection:
        found = groups.group(connection, group)
    form = forms.Add()
    form.bounds = _bounds(found) or form.bounds
    if form.validate_on_submit():
        try:
            with writing(engine()) as connection:
                when = (day_of(form.day), form.starts.text, form.ends.text)
                store.add(connection, clock(), group, *when, form.typed("reason"), actor().person)
            flash(_("Занятие добавлено."), "success")
            return redirect(url_for("club.lessons", group=group, month=when[0].isoformat()[:7]))
        except store.Taken as error:
            form.is_taken(error.lesson.day, error.lesson.starts_at, error.lesson.ends_at)
    return render_template("club/add_lesson.html", form=form, found=found)


@club.route("/club/days-off", methods=["GET", "POST"])
def days_off() -> Page:
    """The days on which nobody meets, or one group does not."""
    form, today = forms.DaysOff(), clock().today()
    with reading(engine()) as connection:
        declared = off.of_provider(connection, actor().provider, today - SHOWN_FOR)
        own = groups.of_provider(connection, actor().provider)
    titles = [(row.group, f"{row.programme_title or ''}: {row.title or row.group}") for row in own]
    form.group.choices = [("", _("все группы")), *titles]
    if not form.validate_on_submit():
        return render_template("club/days_off.html", form=form, declared=declared)
    with writing(engine()) as connection:
        said = (form.typed("group") or None, day_of(form.first), day_of(form.last), form.typed("title"))
        number = off.add(connection, clock(), actor().provider, *said, actor().person)
    flash(ngettext("Записано: отменено %(num)d занятие.", "Записано: отменено %(num)d занятий.", number), "success")
    return redirect(url_for("club.days_off"))


@club.post("/club/days-off/<int(max=2147483647):day_off>/remove")
def remove_days_off(day_off: int) -> Page:
    """The lessons of these days are held after all."""
    with writing(engine()) as connection:
        number = off.remove(connection, clock(), day_off, actor().person)
    flash(ngettext("Выходные отменены: вернулось %(num)d занятие.", "Выходные отменены: вернулось %(num)d занятий.", number), "success")
    return redirect(url_for("club.days_off"))


def _change(group: str, which: plan.LessonOn, cancel: forms.Cancel, move: forms.Move) -> bool:
    """Do what the button says that was pressed; whether it is done."""
    person = actor().person
    if which.is_cancelled:
        return False
    if cancel.cancel.data and cancel.validate():
        with writing(engine()) as connection:
            store.cancel(connection, clock(), group, which, cancel.typed("why"), person)
        flash(_("Занятие отменено. Если за него уже списано, деньги вернутся на сертификаты."), "success")
        return True
    if move.move.data and move.validate():
        try:
            with writing(engine()) as connection:
                when = (day_of(move.day), move.starts.text, move.ends.text)
                store.move(connection, clock(), group, which, *when, move.typed("reason"), person)
            flash(_("Занятие перенесено."), "success")
            return True
        except store.Taken as error:
            move.is_taken(error.lesson.day, error.lesson.starts_at, error.lesson.ends_at)
    return False


def _lesson(item: dict[str, Any], day: str, time: str) -> plan.LessonOn:
    """The lesson that an address names."""
    which = next((each for each in plan.lessons_on(item, _day(day)) if each.starts_at == time), None)
    if which is None:
        abort(404)
    return which


def _bounds(found: Row[Any]) -> tuple[dt.date, dt.date] | None:
    """A group's first and last day; None where it does not say."""
    if not found.starts_on or not found.ends_on:
        return None
    return dt.date.fromisoformat(found.starts_on), dt.date.fromisoformat(found.ends_on)


def _month(text: str | None) -> str:
    if text is None:
        return clock().today().isoformat()[:7]
    _day(f"{text}-01")
    return text


def _day(text: str) -> dt.date:
    """A day of an address; whatever is none is not there."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        abort(404)
    if day.isoformat() != text or not 2000 <= day.year <= 2100:
        abort(404)
    return day
