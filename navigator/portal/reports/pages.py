"""Reports by year: coverage and money, a table beside each chart, all of it as a workbook; of a payer's person its own part."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from babel.dates import format_date
from flask import Blueprint, Response, abort, render_template, request
from flask_babel import get_locale
from sqlalchemy import Connection

from navigator.engine import reading
from navigator.portal.operator import choices
from navigator.portal.reports import charts, store, workbook
from navigator.portal.reports.charts import Series
from navigator.portal.reports.kept import kept
from navigator.portal.reports.workbook import Cell, Roubles, Sheet
from navigator.portal.speech import HARD_SPACE, day
from navigator.portal.speech import gettext as _
from navigator.texts import EN
from navigator.web import clock, engine

reports = Blueprint("reports", __name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNITS = ((100_000_000, "millions"), (100_000, "thousands"), (100, "roubles"))
"""Of how many kopecks a money chart's scale is."""

Chart = tuple[Callable[..., str], list[str], list[Series], bool]


@reports.get("/reports")
def coverage() -> str:
    """Who is reached: by age, direction and municipality."""
    year, payer = _asked()
    with reading(engine()) as connection:
        found, frame = _coverage(connection, year, payer), _frame(connection, year, payer)
    return render_template("reports/coverage.html", found=found, **frame)


@reports.get("/reports/money")
def money() -> str:
    """What is planned, yet to come and used: by month, municipality and direction."""
    year, payer = _asked()
    with reading(engine()) as connection:
        found, frame = _money(connection, year, payer), _frame(connection, year, payer)
    parts = {
        "months_unit": [each for _month, each in found.months],
        "payers_unit": [each.sums for each in found.payers],
        "directions_unit": [each for _name, each in found.directions],
    }
    units = {name: unit_of(_money_series(rows))[1] for name, rows in parts.items()}
    told = {
        "millions": _("На рисунке — миллионы рублей."),
        "thousands": _("На рисунке — тысячи рублей."),
        "roubles": _("На рисунке — рубли."),
    }
    return render_template("reports/money.html", found=found, month_name=_month_name, units=told, **units, **frame)


@reports.get("/reports/<chart>.svg")
def chart(chart: str) -> Response:
    """One of the charts; ``narrow`` in the address: for a phone."""
    year, payer = _asked()
    if chart not in CHARTS:
        abort(404)
    with reading(engine()) as connection:
        draw, labels, series, is_money = CHARTS[chart](connection, year, payer)
    kopecks = unit_of(series)[0] if is_money else 1
    drawn = draw(labels, series, lambda value: _figure(value, kopecks), is_narrow="narrow" in request.args)
    return Response(drawn, mimetype="image/svg+xml")


@reports.get("/reports/<int:year>.xlsx")
def workbook_of(year: int) -> Response:
    """Everything of a year as XLSX."""
    if not store.EARLIEST <= year <= clock().today().year:
        abort(404)
    payer = choices.own_payer()
    with reading(engine()) as connection:
        sheets = _sheets(_coverage(connection, year, payer), _money(connection, year, payer), year)
    headers = {"Content-Disposition": f'attachment; filename="navigator-{year}.xlsx"'}
    return Response(workbook.as_bytes(sheets), mimetype=XLSX, headers=headers)


# ---------------------------------------------------------------- what is asked for


def _asked() -> tuple[int, str]:
    """The year, by default this one; and the payer, which a payer's person does not choose."""
    today, text = clock().today(), request.args.get("year", "")
    year = int(text) if len(text) == 4 and text.isascii() and text.isdigit() else today.year
    if not store.EARLIEST <= year <= today.year:
        abort(404)
    return year, choices.own_payer() or request.args.get("payer", "")


def _coverage(connection: Connection, year: int, payer: str) -> store.Coverage:
    today = clock().today()
    return kept(connection, ("coverage", year, payer, today), lambda: store.coverage(connection, year, payer, today))


def _money(connection: Connection, year: int, payer: str) -> store.Money:
    today = clock().today()

    def make() -> store.Money:
        lessons = kept(connection, ("plan", year, payer, today), lambda: store.plan(connection, year, payer, today), is_plan=True)
        return store.money(connection, year, payer, lessons)

    return kept(connection, ("money", year, payer, today), make)


def _frame(connection: Connection, year: int, payer: str) -> dict[str, Any]:
    """What the pages share: what can be chosen, and the addresses of charts."""
    known = choices.all_payers(connection)
    name = dict(known).get(payer, "")
    address = {"year": year, **({"payer": payer} if payer and not choices.own_payer() else {})}
    years = list(range(clock().today().year, store.EARLIEST - 1, -1))
    chosen = {"payer": payer, "payer_name": name, "payers": known if not choices.own_payer() else []}
    return {"year": year, "years": years, "address": address, **chosen}


# ---------------------------------------------------------------- charts


def _ages(connection: Connection, year: int, payer: str) -> Chart:
    found = _coverage(connection, year, payer)
    labels = ["?" if age is None else str(age) for age, _reached in found.ages]
    return charts.columns, labels, _reached_series([each for _age, each in found.ages]), False


def _payers_reached(connection: Connection, year: int, payer: str) -> Chart:
    found = _coverage(connection, year, payer)
    return charts.bars, [name for name, _reached in found.payers], _reached_series([each for _name, each in found.payers]), False


def _directions_reached(connection: Connection, year: int, payer: str) -> Chart:
    found = _coverage(connection, year, payer)
    series = [
        Series(_("зачислений"), [each.enrollments for each in found.directions]),
        Series(_("детей"), [each.children for each in found.directions]),
    ]
    return charts.bars, [each.direction or _("не указано") for each in found.directions], series, False


def _months(connection: Connection, year: int, payer: str) -> Chart:
    found = _money(connection, year, payer)
    return charts.columns, [_short_month(month) for month, _sums in found.months], _money_series([each for _m, each in found.months]), True


def _payers_paid(connection: Connection, year: int, payer: str) -> Chart:
    found = _money(connection, year, payer)
    return charts.bars, [each.name for each in found.payers], _money_series([each.sums for each in found.payers]), True


def _directions_paid(connection: Connection, year: int, payer: str) -> Chart:
    found = _money(connection, year, payer)
    labels = [name or _("не указано") for name, _sums in found.directions]
    return charts.bars, labels, _money_series([each for _name, each in found.directions]), True


CHARTS: dict[str, Callable[[Connection, int, str], Chart]] = {
    "ages": _ages,
    "directions": _directions_reached,
    "payers": _payers_reached,
    "months": _months,
    "money-directions": _directions_paid,
    "money-payers": _payers_paid,
}


def _reached_series(found: Sequence[store.Reached]) -> list[Series]:
    return [
        Series(_("с сертификатом"), [each.children for each in found]),
        Series(_("из них с деньгами"), [each.financed for each in found]),
        Series(_("занимаются"), [each.enrolled for each in found]),
    ]


def _money_series(found: Sequence[store.Sums]) -> list[Series]:
    return [
        Series(_("план"), [each.planned for each in found]),
        Series(_("зарезервировано"), [each.ahead for each in found]),
        Series(_("списано"), [each.used for each in found]),
    ]


def unit_of(series: Sequence[Series]) -> tuple[int, str]:
    """The unit of a money chart's scale: its kopecks, and its name."""
    most = max((value for each in series for value in each.values), default=0)
    return next((unit for unit in UNITS if most >= 2 * unit[0]), UNITS[-1])


def _figure(value: int, of: int) -> str:
    """A figure of a scale in units of so many, with as many decimals as it needs."""
    text = f"{value / of:,.2f}".rstrip("0").rstrip(".") if value % of else f"{value // of:,}"
    return text if _is_english() else text.replace(",", HARD_SPACE).replace(".", ",")


def _is_english() -> bool:
    return str(get_locale()) == EN


def _short_month(month: str) -> str:
    return str(format_date(dt.date.fromisoformat(f"{month}-01"), "LLL", locale=get_locale())).rstrip(".")


def _month_name(month: str) -> str:
    return str(format_date(dt.date.fromisoformat(f"{month}-01"), "LLLL", locale=get_locale()))


# ---------------------------------------------------------------- the workbook


def _sheets(reached: store.Coverage, paid: store.Money, year: int) -> list[Sheet]:
    on = [_("Охват за %(year)d год, по состоянию на %(day)s", year=year, day=day(reached.day))]
    of = [_("Деньги за %(year)d год, рублей", year=year)]
    children = [_("С сертификатом"), _("Из них с деньгами"), _("Занимаются"), _("Охват, %")]
    sums, unknown = [_("План"), _("Зарезервировано"), _("Списано")], _("не указано")
    all_reached, all_paid = _reached_row(_("Всего"), reached.total), _paid_row(_("Всего"), paid.total)
    ages = [_reached_row("?" if age is None else age, each) for age, each in reached.ages]
    places = [_reached_row(name, each) for name, each in reached.payers]
    directions: list[list[Cell]] = [[each.direction or unknown, each.children, each.enrollments] for each in reached.directions]
    months = [_paid_row(_month_name(month), each) for month, each in paid.months]
    whose = [_payer_row(each) for each in paid.payers]
    kinds = [_paid_row(name or unknown, each) for name, each in paid.directions]
    of_payer = [_("Муниципалитет"), _("Лимит"), _("Выдано"), _("Осталось на сертификатах"), *sums]
    return [
        Sheet(_("Охват по возрасту"), on, [_("Возраст"), *children], [*ages, all_reached]),
        Sheet(_("Охват по муниципалитетам"), on, [_("Муниципалитет"), *children], [*places, all_reached]),
        Sheet(_("Охват по направлениям"), on, [_("Направление"), _("Детей"), _("Зачислений")], directions),
        Sheet(_("Деньги по месяцам"), of, [_("Месяц"), *sums], [*months, all_paid]),
        Sheet(_("Деньги по муниципалитетам"), of, of_payer, whose),
        Sheet(_("Деньги по направлениям"), of, [_("Направление"), *sums], [*kinds, all_paid]),
    ]


def _reached_row(name: Cell, each: store.Reached) -> list[Cell]:
    return [name, each.children, each.financed, each.enrolled, each.percent]


def _paid_row(name: Cell, each: store.Sums) -> list[Cell]:
    return [name, *map(Roubles, each)]


def _payer_row(each: store.OfPayer) -> list[Cell]:
    limit = None if each.limit is None else Roubles(each.limit)
    return [each.name, limit, Roubles(each.given), Roubles(each.left), *map(Roubles, each.sums)]
