"""The act as a workbook: sums are numbers, and no text of it is taken for a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from gateway.act import words
from gateway.flow.act import CLASS_WORDS
from gateway.workbook import Value, page, put, table

_FIGURES = (
    "marks", "charged", "not_charged", "refused", "waiting", "debits", "debited", "reversals", "reversed", "sum", "register_sum", None,
    "balance",
)  # fmt: skip
_ROUBLES = frozenset({"debited", "reversed", "sum", "register_sum", None, "balance"})


def act_xlsx(act: Mapping[str, Any]) -> bytes:
    """The workbook's bytes: a sheet with the act, and one with its differences."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Акт сверки"
    _write_act(sheet, act)
    _write_differences(book.create_sheet("Расхождения"), act)
    book.properties.created = book.properties.modified = dt.datetime.fromisoformat(act["made_at"]).astimezone(dt.UTC).replace(tzinfo=None)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _write_act(sheet: Worksheet, act: Mapping[str, Any]) -> None:
    put(sheet, 1, ["Акт сверки расчётов по сертификатам дополнительного образования"], bold=True)
    put(sheet, 2, [f"за {words.month_words(act['month'])}"])
    put(sheet, 3, [f"составлен {words.instant_words(act['made_at'])}; реестр: {act['register']}"])
    row = table(
        sheet, 5, ("Плательщик", "Месяц", "Сумма за месяц, ₽"),
        [(one["payer"], words.STATES[one["state"]], _roubles(one["sum"])) for one in act["payers"]], money=(3,),
    )  # fmt: skip
    money = tuple(column for column, name in enumerate(_FIGURES, start=2) if name in _ROUBLES)
    row = table(sheet, row + 2, words.HEAD, [(one["name"], *_figures(one)) for one in act["providers"]], money)
    put(sheet, row + 1, ("Всего", *_figures(act["total"])), bold=True, lines=True, money=money)
    row += 3
    state = "Расхождений нет." if act["agrees"] else f"Расхождений: {len(act['differences'])}, см. лист «Расхождения»."
    put(sheet, row, [state])
    for payer, head in act["seal_heads"].items():
        row += 1
        put(sheet, row, [f"Печать учётной книги на момент сверки{', ' + payer if payer else ''}: {head}"])
    for side in ("Плательщик", "Организация", "Оператор реестра"):
        row += 2
        put(sheet, row, [f"{side} ______________________ / ______________________ /  «___» ____________ 20__ г."])
    page(sheet, (34, *(11,) * 13))


def _figures(one: Mapping[str, Any]) -> list[Value]:
    difference = one["sum"] - one["register_sum"]
    values = [difference if name is None else one[name] for name in _FIGURES]
    return [_roubles(value) if name in _ROUBLES else value for name, value in zip(_FIGURES, values, strict=True)]


def _roubles(kopecks: int) -> Decimal:
    return Decimal(kopecks).scaleb(-2)


def _write_differences(sheet: Worksheet, act: Mapping[str, Any]) -> None:
    rows = []
    for number, one in enumerate(act["differences"], start=1):
        kind = CLASS_WORDS[one["class"]].ru if one["class"] in CLASS_WORDS else one["class"]
        place = ", ".join(part for part in (one["provider"], one["group"]) if part) or "—"
        lesson = words.lesson_words(one["date"], one["slot"])
        rows.append((number, kind, place, lesson, one["here"], one["there"], one["age_days"], one["cure"], one["subject"]))
    table(sheet, 1, words.DIFFERENCE_HEAD, rows)
    page(sheet, (5, 20, 24, 16, 22, 22, 7, 60, 36))
