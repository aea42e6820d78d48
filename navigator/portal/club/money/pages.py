"""What a club is to be paid, by month, by programme, operation by operation; and the same as a workbook."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, render_template, request
from sqlalchemy import Row
from werkzeug.wrappers import Response

from navigator import people
from navigator.engine import reading
from navigator.portal import audit
from navigator.portal.access import actor
from navigator.portal.club.blueprint import PAGE, Page, club, page_number
from navigator.portal.club.money import store
from navigator.portal.club.words import beginning, month_in_words
from navigator.portal.reports.workbook import Roubles, Sheet, as_bytes
from navigator.portal.speech import day as day_in_words
from navigator.portal.speech import gettext as _
from navigator.web import engine

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@club.get("/club/money")
def money() -> Page:
    """What is to be paid, month by month."""
    page = page_number(request.args.get("page"))
    with reading(engine()) as connection:
        found = store.months(connection, actor().provider, page, PAGE)
        owed = store.owed(connection, actor().provider)
    shown = {"owed": owed, "found": found[:PAGE], "more": len(found) > PAGE, "page": page}
    return render_template("club/money.html", beginning=beginning, month_in_words=month_in_words, **shown)


@club.get("/club/money/<month>")
def month(month: str) -> Page:
    """One month: the sums by programme and payer, and its operations."""
    _look(month)
    programme, after = request.args.get("programme", ""), request.args.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) < 16):
        abort(404)
    with reading(engine()) as connection:
        sums = store.by_programme(connection, actor().provider, month)
        found = store.operations(connection, actor().provider, month, programme, int(after), PAGE + 1)
        numbers = people.numbers_of(connection, {row.certificate for row in found})
    audit.shown(row.child for row in found[:PAGE])
    shown = {"sums": sums, "found": found[:PAGE], "more": len(found) > PAGE, "numbers": numbers, "programme": programme}
    return render_template("club/month.html", month=month, month_in_words=month_in_words, **shown)


@club.get("/club/money/<month>/statement.xlsx")
def month_workbook(month: str) -> Page:
    """The month as a workbook: the sums, and every operation."""
    _look(month)
    with reading(engine()) as connection:
        sums = store.by_programme(connection, actor().provider, month)
        found = store.operations(connection, actor().provider, month, "", 0, None)
        numbers = people.numbers_of(connection, {row.certificate for row in found})
    audit.shown(row.child for row in found)
    content = as_bytes([_summary(month, sums), _operations(month, found, numbers)])
    return Response(content, mimetype=XLSX, headers={"Content-Disposition": f'attachment; filename="navigator-{month}.xlsx"'})


def _summary(month: str, sums: list[Row[Any]]) -> Sheet:
    head = [_("Программа"), _("Муниципалитет"), _("Списаний"), _("Возвратов"), _("К оплате, ₽"), _("Месяц")]
    rows: list[list[Any]] = [
        [
            row.title or row.programme,
            row.payer_name or row.payer,
            row.debits,
            row.reversals,
            Roubles(int(row.kopecks)),
            _("закрыт") if row.closed_at else _("открыт"),
        ]
        for row in sums
    ]
    rows.append([_("Всего"), None, sum(row.debits for row in sums), sum(row.reversals for row in sums), Roubles(_total(sums)), None])
    return Sheet(_("Итоги"), [month_in_words(month)], head, rows)


def _operations(month: str, found: list[Row[Any]], numbers: dict[str, list[dict[str, Any]]]) -> Sheet:
    head = [_("Программа"), _("Группа"), _("День занятия"), _("Договор"), _("Сертификат"), _("Муниципалитет"), _("Что"), _("Сумма, ₽")]
    rows = (
        [
            row.programme_title,
            row.group_title or row.group,
            day_in_words(row.date),
            row.enrollment,
            numbers[row.certificate][-1]["number"],
            row.payer_name or row.payer,
            _("списание") if row.kind == store.DEBIT else _("возврат"),
            Roubles(row.amount_kopecks if row.kind == store.DEBIT else -row.amount_kopecks),
        ]
        for row in found
    )
    return Sheet(_("Операции"), [month_in_words(month)], head, rows)


def _total(sums: list[Row[Any]]) -> int:
    return int(sum(row.kopecks for row in sums))


def _look(month: str) -> None:
    if not _MONTH.fullmatch(month):
        abort(404)
