"""The statement as PDF, on A4, in the reader's language. Letters come with the file: a font with Cyrillic out of a package."""

from __future__ import annotations

import datetime as dt
import io
from functools import cache
from importlib import resources
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from navigator.portal.cabinet.statement import Line, Statement
from navigator.portal.cabinet.words import how_computed, movement_name
from navigator.portal.region import region
from navigator.portal.speech import day, language, moment, roubles
from navigator.portal.speech import gettext as _

PLAIN, BOLD = "Roboto", "Roboto-Bold"
QUIET, LINE, GROUND = colors.HexColor("#4d5a69"), colors.HexColor("#d9e1ea"), colors.HexColor("#f3f6fa")
WIDTHS = [25 * mm, 52 * mm, 65 * mm, 23 * mm, 23 * mm]


def pdf_of(statement: Statement, name: str, number: str, now: dt.datetime) -> bytes:
    """The statement of a child's certificate.

    Args:
        name: the child's full name.
        number: the certificate's present number.
    """
    _fonts()
    written = io.BytesIO()
    title = _("Выписка по сертификату № %(number)s", number=number)
    margins: dict[str, Any] = {"leftMargin": 11 * mm, "rightMargin": 11 * mm, "topMargin": 15 * mm, "bottomMargin": 18 * mm}
    operator = region().operators[language()]
    document = SimpleDocTemplate(written, pagesize=A4, title=title, author=operator, lang=language(), **margins)
    period = _("с %(first)s по %(last)s", first=day(statement.first), last=day(statement.last))
    note = _("Движения показаны по дню, когда они учтены в реестре. Деньги сертификата идут только на занятия.")
    story: list[Any] = [
        Paragraph(escape(title), _style(16, BOLD, leading=20)),
        Paragraph(escape(f"{name} · {period}"), _style(11, leading=16)),
        Spacer(0, 4 * mm),
        _sums(statement),
        Spacer(0, 5 * mm),
        _lines(statement),
        Spacer(0, 4 * mm),
        Paragraph(escape(note), _style(8, color=QUIET)),
    ]
    made = _("Составлено %(moment)s", moment=moment(now))

    def foot(canvas: Any, page: Any) -> None:
        canvas.saveState()
        canvas.setFont(PLAIN, 8)
        canvas.setFillColor(QUIET)
        canvas.drawString(13 * mm, 10 * mm, f"{operator}. {made}")
        canvas.drawRightString(A4[0] - 13 * mm, 10 * mm, _("Страница %(number)d", number=page.page))
        canvas.restoreState()

    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return written.getvalue()


def _sums(statement: Statement) -> Table:
    named = [
        (_("Было на %(day)s", day=day(statement.first)), statement.opening_kopecks),
        (_("Поступило"), statement.given_kopecks),
        (_("Ушло на занятия"), statement.gone_kopecks),
        (_("Осталось на конец %(day)s", day=day(statement.last)), statement.closing_kopecks),
    ]
    small, large = _style(8, color=QUIET), _style(11, BOLD, leading=15)
    cells = [[Paragraph(escape(what), small), Paragraph(roubles(kopecks), large)] for what, kopecks in named]
    table = Table([cells], colWidths=[47 * mm] * 4, hAlign="LEFT")
    table.setStyle(TableStyle([("BACKGROUND", (0, 0), (-1, -1), GROUND), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _lines(statement: Statement) -> Table | Paragraph:
    if not statement.lines:
        return Paragraph(escape(_("За эти дни движений не было.")), _style(10))
    small, bold = _style(8.5), _style(8.5, BOLD)
    right, right_bold = _style(8.5, right=True), _style(8.5, BOLD, right=True)
    head = [_("Учтено"), _("Что"), _("Как посчитано"), _("Сумма"), _("Остаток")]
    looks = [bold, bold, bold, right_bold, right_bold]
    rows: list[list[Any]] = [[Paragraph(escape(text), look) for text, look in zip(head, looks, strict=True)]]
    for line in statement.lines:
        kopecks = line.movement.amount_kopecks
        shown = roubles(kopecks) if kopecks < 0 else f"+{roubles(kopecks)}"
        how = how_computed(line.reckoning) if line.movement.kind == "debit" else ""
        made = day(line.movement.made_at[:10])
        texts = [Paragraph(escape(made), small), Paragraph(_what(line), small), Paragraph(escape(how), small)]
        rows.append([*texts, Paragraph(shown, right), Paragraph(roubles(line.left_kopecks), right)])
    table = Table(rows, colWidths=WIDTHS, repeatRows=1, hAlign="LEFT")
    rules: list[Any] = [("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    rules.append(("BACKGROUND", (0, 0), (-1, 0), GROUND))
    table.setStyle(TableStyle(rules))
    return table


def _what(line: Line) -> str:
    """What a movement is; names are a district's own and may hold any sign."""
    name = f"<b>{escape(movement_name(line.movement.kind, line.movement.amount_kopecks))}</b>"
    if line.place is None or line.day is None:
        return name
    return f"{name}<br/>{escape(line.place.title)}, {escape(line.place.provider_name)}<br/>{day(line.day)}, {line.time}"


def _style(size: float, font: str = PLAIN, color: Any = colors.black, right: bool = False, leading: float = 0) -> ParagraphStyle:
    look = {"fontName": font, "fontSize": size, "leading": leading or size * 1.3, "textColor": color, "alignment": 2 if right else 0}
    return ParagraphStyle(f"{font} {size}", **look)


@cache
def _fonts() -> None:
    """Make the letters known, once a process."""
    files = resources.files("font_roboto") / "files"
    for name, file in ((PLAIN, "Roboto-Regular.ttf"), (BOLD, "Roboto-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO((files / file).read_bytes())))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)
