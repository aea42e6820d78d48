"""A child's cabinet, page by page: the week, the visits, the debits, what the family owes, the year."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, abort, render_template, request
from flask import Response as Answer
from sqlalchemy import Connection, Row
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from navigator.engine import reading
from navigator.portal.cabinet import chart as picture
from navigator.portal.cabinet import forms, rows, timetable, words
from navigator.portal.cabinet.holidays import holidays_of
from navigator.portal.cabinet.paper import pdf_of
from navigator.portal.cabinet.statement import statement_of
from navigator.portal.cabinet.store import enrolled, money
from navigator.portal.cabinet.store.visits import visits_of
from navigator.portal.cabinet.store.waiting import waiting_of
from navigator.portal.cabinet.year import year_of
from navigator.portal.family import store as family
from navigator.portal.financing.store import certificate_of
from navigator.portal.speech import gettext as _
from navigator.portal.speech import language, month_name
from navigator.web import clock, engine

cabinet = Blueprint("cabinet", __name__)

WEEKS_AWAY_MAX = 60
"""How far from today a week is shown; timetables end long before."""


@cabinet.get("/family/<child>/week")
def week(child: str) -> str:
    """A week of the child's lessons, ``of`` any day in it; today's unless told otherwise."""
    today = clock().today()
    asked = forms.day_from(request.args.get("of")) or today
    if abs((asked - today).days) > WEEKS_AWAY_MAX * 7:
        abort(404)
    monday = asked - dt.timedelta(days=asked.weekday())
    sunday = monday + dt.timedelta(days=6)
    with reading(engine()) as connection:
        who = _child(connection, child)
        attended = enrolled.attended_by(connection, [child], monday, sunday)[child]
        visits = visits_of(connection, child, monday, sunday)
    shown = {
        "child": who,
        "days": timetable.of_week(attended, monday),
        "visits": visits,
        "monday": monday,
        "sunday": sunday,
        "today": today,
        "is_odd": timetable.week_is_odd(monday),
        "holidays": holidays_of(monday, sunday, language()),
        "before": monday - dt.timedelta(days=7),
        "after": monday + dt.timedelta(days=7),
        "has_groups": bool(attended),
    }
    return render_template("cabinet/week.html", **shown)


@cabinet.get("/family/<child>/visits")
def visits(child: str) -> str:
    """A month's lessons, each with what was told of it and what was debited; of one club, or of all."""
    now, form = clock().now(), forms.Visits(formdata=request.args)
    asked = request.args.get("month") or now.strftime("%Y-%m")
    days = forms.month_from(asked)
    if days is None:
        abort(404)
    first, last = days
    with reading(engine()) as connection:
        who = _child(connection, child)
        attended = enrolled.attended_by(connection, [child], first, last)[child]
        told = visits_of(connection, child, first, last)
        debited = money.live_debits(connection, money.accounts_of(connection, child), money.Wanted(first, last))
        places = enrolled.places_of(connection, {key.group for key in told})
        months = enrolled.months_of(connection, child, now.date())
    lines = rows.visit_lines(attended, told, debited, places, first, last, now)
    clubs = sorted({line.place.group["provider"]: line.place.provider_name for line in lines}.items(), key=lambda pair: pair[1])
    form.month.choices = [(month, month_name(month)) for month in sorted({*months, asked}, reverse=True)]
    form.month.data = asked
    form.club.choices = [("", _("все")), *clubs]
    form.club.data = club = forms.chosen(form.club, request.args.get("club"))
    lines = [line for line in lines if not club or line.place.group["provider"] == club]
    paid = sum(line.kopecks for line in lines)
    counted, lines = rows.counted(lines), [line for line in lines if line.status != rows.AHEAD]  # what is ahead is the timetable's
    shown = {"child": who, "lines": lines, "counted": counted, "paid": paid, "month": asked}
    return render_template("cabinet/visits.html", form=form, **shown)


@cabinet.get("/family/<child>/debits")
def debits(child: str) -> str:
    """Every debit and reversal with how it was computed, page by page; by month of the lesson and by club."""
    form = forms.Operations(formdata=request.args)
    with reading(engine()) as connection:
        who = _child(connection, child)
        own = money.accounts_of(connection, child)
        months, clubs = money.choices(connection, own)
        names = enrolled.provider_names(connection, clubs)
        form.month.choices = [("", _("все")), *((month, month_name(month)) for month in months)]
        form.club.choices = [("", _("все")), *((club, names.get(club, club)) for club in clubs)]
        form.month.data = forms.chosen(form.month, request.args.get("month"))
        form.club.data = forms.chosen(form.club, request.args.get("club"))
        first, last = forms.month_from(form.month.data) or (None, None)
        wanted = money.Wanted(first, last, form.club.data)
        found = money.operations(connection, own, wanted, forms.place_from(request.args.get("after")), money.PAGE + 1)
        total = money.total(connection, own, wanted)
        places = enrolled.places_of(connection, {each.lesson.group for each in found})
    lines = rows.debit_lines(found[: money.PAGE], places)
    more = f"{lines[-1].operation.lesson.date}.{lines[-1].operation.transfer}" if len(found) > money.PAGE else None
    address = {name: form[name].data for name in ("month", "club") if form[name].data}
    shown = {"child": who, "lines": lines, "more": more, "total": total, "address": address, "is_first": "after" not in request.args}
    return render_template("cabinet/debits.html", form=form, words=words, **shown)


@cabinet.get("/family/<child>/share")
def share(child: str) -> str:
    """What the family itself owes the clubs: the part of the price above the normative, month by month of a year."""
    year = _year()
    with reading(engine()) as connection:
        who = _child(connection, child)
        own = money.accounts_of(connection, child)
        wanted = money.Wanted(dt.date(year, 1, 1), dt.date(year, 12, 31))
        debited = money.live_debits(connection, own, wanted)
        places = enrolled.places_of(connection, {key.group for key in debited})
        years = enrolled.years_of(connection, child, clock().today())
    found = rows.shares(debited, places)
    months = [(month, [each for each in found if each.month == month]) for month in dict.fromkeys(each.month for each in found)]
    total = sum(each.family_kopecks for each in found)
    return render_template("cabinet/share.html", child=who, months=months, total=total, year=year, years=years)


@cabinet.get("/family/<child>/year")
def year(child: str) -> str:
    """A year's money month by month, what waits for an answer, and until when the money lasts, with how that was reckoned."""
    asked, now = _year(), clock().now()
    with reading(engine()) as connection:
        who = _child(connection, child)
        found = year_of(connection, child, asked, now)
        years = enrolled.years_of(connection, child, now.date())
        waiting = waiting_of(connection, child)
        places = enrolled.places_of(connection, {each.group for each in waiting})
    shown = {"child": who, "found": found, "year": asked, "years": years, "waiting": waiting, "named": places}
    return render_template("cabinet/year.html", words=words, **shown)


@cabinet.get("/family/<child>/year.svg")
def chart(child: str) -> Response:
    """The year's picture; the table beside it says the same."""
    asked, now = _year(), clock().now()
    with reading(engine()) as connection:
        found = year_of(connection, child, asked, now)
    if found.forecast is None and not any(point.day <= now.date() for point in found.balances):
        abort(404)  # there was no money yet: nothing to draw, and no page that shows it
    names = (_("остаток"), _("прогноз"), _("деньги кончатся"))
    drawn = picture.svg_of(found, now.date(), language(), names, is_narrow="narrow" in request.args)
    return Answer(drawn, mimetype="image/svg+xml")


@cabinet.get("/family/<child>/statement")
def statement(child: str) -> str:
    """Every movement within some days; this month's unless told otherwise. The way to the PDF of the same."""
    form = _days_asked()
    with reading(engine()) as connection:
        who = _child(connection, child)
        found = statement_of(connection, child, *form.days) if form.validate() else None
    today = clock().today()
    this_month = today.replace(day=1)
    last_month = (this_month - dt.timedelta(days=1)).replace(day=1)
    spans = [
        (_("этот месяц"), this_month, today),
        (_("прошлый месяц"), last_month, this_month - dt.timedelta(days=1)),
        (_("с начала года"), dt.date(today.year, 1, 1), today),
    ]
    return render_template("cabinet/statement.html", child=who, form=form, found=found, words=words, spans=spans)


@cabinet.get("/family/<child>/statement.pdf")
def paper(child: str) -> Response:
    """The statement of the days as PDF, in the page's language."""
    form, now = _days_asked(), clock().now()
    if not form.validate():
        abort(404)
    with reading(engine()) as connection:
        who = _child(connection, child)
        certificate = certificate_of(connection, child, now.date())
        found = statement_of(connection, child, *form.days)
    name = " ".join(filter(None, (who.last_name, who.first_name, who.patronymic)))
    number = certificate.number if certificate is not None else "—"
    answer = Answer(pdf_of(found, name, number, now), mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=f"statement-{number}-{found.first}-{found.last}.pdf")
    return answer


def _days_asked() -> forms.Statement:
    """The days of a statement; where the address says none this month's up to today."""
    today = clock().today()
    this_month = {"first": today.replace(day=1).isoformat(), "last": today.isoformat()}
    return forms.Statement(formdata=request.args if "first" in request.args else MultiDict(this_month))


def _year() -> int:
    """The calendar year that is asked for, this one unless told otherwise."""
    text = request.args.get("year", "")
    today = clock().today()
    if text and not (text.isascii() and text.isdigit() and len(text) == 4 and 2000 <= int(text) <= today.year):
        abort(404)
    return int(text) if text else today.year


def _child(connection: Connection, key: str) -> Row[tuple[object, ...]]:
    who = family.child(connection, key)
    assert who is not None, "the access table let nobody through to a child that is not there"
    return who
