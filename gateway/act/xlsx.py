"""The act as a workbook: sums are numbers, and no text of it is taken for a formula."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from gateway.act import words
from gateway.flow.act import CLASS_WORDS

Value = str | int | Decimal | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MONEY = "#,##0.00"
_THIN = Side(style="thin")
_LINE = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
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


def harmless(text: str) -> str:
    """A text that an office program would read as a formula gets an apostrophe before it."""
    return "'" + text if text.startswith(_FORMULA) else text


def _write_act(sheet: Worksheet, act: Mapping[str, Any]) -> None:
    _put(sheet, 1, ["Акт сверки расчётов по сертификатам дополнительного образования"], bold=True)
    _put(sheet, 2, [f"за {words.month_words(act['month'])}"])
    _put(sheet, 3, [f"составлен {words.instant_words(act['made_at'])}; реестр: {act['register']}"])
    row = _table(
        sheet, 5, ("Плательщик", "Месяц", "Сумма за месяц, ₽"),
        [(one["payer"], words.STATES[one["state"]], _roubles(one["sum"])) for one in act["payers"]], money=(3,),
    )  # fmt: skip
    money = tuple(column for column, name in enumerate(_FIGURES, start=2) if name in _ROUBLES)
    row = _table(sheet, row + 2, words.HEAD, [(one["name"], *_figures(one)) for one in act["providers"]], money)
    _put(sheet, row + 1, ("Всего", *_figures(act["total"])), bold=True, lines=True, money=money)
    row += 3
    state = "Расхождений нет." if act["agrees"] else f"Расхождений: {len(act['differences'])}, см. лист «Расхождения»."
    _put(sheet, row, [state])
    for payer, head in act["seal_heads"].items():
        row += 1
        _put(sheet, row, [f"Печать учётной книги на момент сверки{', ' + payer if payer else ''}: {head}"])
    for side in ("Плательщик", "Организация", "Оператор реестра"):
        row += 2
        _put(sheet, row, [f"{side} ______________________ / ______________________ /  «___» ____________ 20__ г."])
    _page(sheet, (34, *(11,) * 13))


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
    _table(sheet, 1, words.DIFFERENCE_HEAD, rows)
    _page(sheet, (5, 20, 24, 16, 22, 22, 7, 60, 36))


def _table(sheet: Worksheet, top: int, head: Sequence[str], rows: Iterable[Sequence[Value]], money: Sequence[int] = ()) -> int:
    """Write a table and return its last row."""
    _put(sheet, top, head, bold=True, lines=True)
    number = top
    for number, row in enumerate(rows, start=top + 1):
        _put(sheet, number, row, lines=True, money=money)
    return number


def _put(sheet: Worksheet, row: int, values: Sequence[Value], bold: bool = False, lines: bool = False, money: Sequence[int] = ()) -> None:
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row, column, harmless(value) if isinstance(value, str) else value)
        if isinstance(value, str):
            cell.data_type = "s"
        cell.font = Font(name="Times New Roman", size=11, bold=bold)
        if lines:
            cell.border = _LINE
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        if column in money:
            cell.number_format = _MONEY


def _page(sheet: Worksheet, widths: Sequence[int]) -> None:
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
