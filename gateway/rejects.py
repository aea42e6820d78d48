"""The workbook of refused marks: to be mended and sent again (`gateway.plugins.resent` says what its reader must know of it)."""

from __future__ import annotations

import datetime as dt
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from gateway.plugins.resent import HEAD, TITLE, RowCode, code_text, written
from gateway.workbook import harmless, page, put, table

_OTHERS = ("Дата", "Ребёнок", "Номер сертификата", "Группа", "Почему не списано", "Что сделать", "Где стоит")
_UNREAD = ("Файл", "Лист", "Клетка", "Что не прочитано", "Что сделать")
_WIDTHS = (12, 32, 18, 28, 12, 44, 60, 40, 12)


def write_rejects(found: Sequence[Mapping[str, Any]], unread: Sequence[Mapping[str, Any]], path: Path, now: dt.datetime) -> None:
    """Write the file, for its owner only: there are names in it.

    Raises:
        FileExistsError: it is there already: what a person has begun to mend is not written over.
        OSError: it cannot be written.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Исправить"
    put(sheet, 1, [TITLE], bold=True)
    table(sheet, 3, HEAD, [_sent_row(one) for one in found if one["can_be_sent"]])
    sheet.freeze_panes = "A4"
    page(sheet, _WIDTHS)
    others = [_row(one) for one in found if not one["can_be_sent"]]
    if others:
        second = book.create_sheet("Исправить не здесь")
        put(second, 1, ["Исправьте в своей системе, или ответьте, кто это: gateway match."], bold=True)
        table(second, 3, _OTHERS, others)
        page(second, (*_WIDTHS[:4], *_WIDTHS[5:8]))
    if unread:
        third = book.create_sheet("Не прочитано")
        put(third, 1, ["Этих клеток программа не поняла. Исправьте их в самом табеле и сдайте его снова."], bold=True)
        table(third, 3, _UNREAD, [_unread_row(one) for one in unread])
        page(third, (28, 24, 10, 60, 60))
    book.properties.created = book.properties.modified = now.astimezone(dt.UTC).replace(tzinfo=None)
    content = io.BytesIO()
    book.save(content)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content.getvalue())


def _row(one: Mapping[str, Any], *sign: str) -> tuple[str, ...]:
    day = dt.date.fromisoformat(one["date"])
    said = "; ".join(f"{reason['rule']}: {reason['reason']}" for reason in one["reasons"])
    cures = "; ".join(dict.fromkeys(reason["cure"] for reason in one["reasons"]))
    return (f"{day:%d.%m.%Y}", one["child"], one["certificate"] or "", one["group"], *sign, said, cures, _place(one))


def _sent_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    texts = [harmless(text) for text in (one["child"], one["certificate"] or "", one["group"], one["sign"])]  # as they stand in the file
    code = RowCode(one["reference"], dt.date.fromisoformat(one["date"]), one["lesson"], written(*texts))
    return (*_row(one, one["sign"]), code_text(code))


def _place(one: Mapping[str, Any]) -> str:
    if one["row"] is None:
        return str(one["source"])
    cell = f"{one['column'] or ''}{one['row']}"
    note = " (пустая клетка: явка)" if one["from_empty_cell"] else ""
    lesson = f", занятие {one['lesson']}" if one["lesson"] else ""
    return f"{one['file']}, лист «{one['sheet']}», {cell}{lesson}{note}"


def _unread_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return (one["file"], one["sheet"] or "", f"{one['column'] or ''}{one['row'] or ''}", one["what"], one["cure"])
