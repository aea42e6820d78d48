"""The workbook of refused marks: to be mended and sent again. It withdraws nothing (adapters/spreadsheet knows it by its first line)."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from gateway.flow.rejects import sign_of
from gateway.workbook import page, put, table

TITLE = "Отказанные отметки: исправьте и сдайте этот файл снова. Чего в нём нет, остаётся как есть."
HEAD = ("Дата", "Ребёнок", "Номер сертификата", "Группа", "Отметка", "Почему не списано", "Что сделать", "Где стоит")
_OTHERS = ("Дата", "Ребёнок", "Номер сертификата", "Группа", "Почему не списано", "Что сделать", "Где стоит")
_WIDTHS = (12, 32, 18, 28, 12, 44, 60, 40)


def write_rejects(found: Sequence[Mapping[str, Any]], path: Path, now: dt.datetime) -> None:
    """Write the file.

    Raises:
        OSError: it cannot be written.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Исправить"
    put(sheet, 1, [TITLE], bold=True)
    rows = [_row(one) for one in found if one["can_be_sent"]]
    table(sheet, 3, HEAD, rows)
    sheet.freeze_panes = "A4"
    page(sheet, _WIDTHS)
    others = [_row(one, with_sign=False) for one in found if not one["can_be_sent"]]
    if others:
        second = book.create_sheet("Исправить не здесь")
        put(second, 1, ["Исправьте в своей системе, или ответьте, кто это: gateway match."], bold=True)
        table(second, 3, _OTHERS, others)
        page(second, (*_WIDTHS[:4], *_WIDTHS[5:]))
    book.properties.created = book.properties.modified = now.astimezone(dt.UTC).replace(tzinfo=None)
    written = io.BytesIO()
    book.save(written)
    path.write_bytes(written.getvalue())


def _row(one: Mapping[str, Any], with_sign: bool = True) -> tuple[str, ...]:
    day = dt.date.fromisoformat(one["date"])
    said = "; ".join(f"{reason['rule']}: {reason['reason']}" for reason in one["reasons"])
    cures = "; ".join(dict.fromkeys(reason["cure"] for reason in one["reasons"]))
    sign = (sign_of(one["status"], one["hours"], one["from_empty_cell"]),) if with_sign else ()
    return (f"{day:%d.%m.%Y}", one["child"], one["certificate"] or "", one["group"], *sign, said, cures, _place(one))


def _place(one: Mapping[str, Any]) -> str:
    if one["row"] is None:
        return str(one["source"])
    cell = f"{one['column'] or ''}{one['row']}"
    note = " (пустая клетка: явка)" if one["from_empty_cell"] else ""
    return f"{one['file']}, лист «{one['sheet']}», {cell}{note}"
