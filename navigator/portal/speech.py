"""Languages: Russian is written in the sources, English comes from ``locale/en``; Russian plurals from ``locale/ru``.

The catalogues are the .po files themselves, compiled when the process first needs them (some 10 ms): nothing to build, and nothing that can
be older than its source.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote, urlencode

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, g, request, session
from flask_babel import Babel, Domain, get_locale, refresh
from flask_babel import gettext as babel_gettext
from flask_babel import lazy_gettext as lazy_gettext
from flask_babel import ngettext as babel_ngettext

from gateway.core.money import roubles_from_kopecks
from navigator.texts import EN, RU
from navigator.web import clock

LANGUAGES = (RU, EN)
HARD_SPACE = "\u00a0"


class PoDomain(Domain):  # type: ignore[misc]
    """Texts out of the .po files of this package."""

    def get_translations(self) -> Any:
        """Those of the request's language."""
        return catalogue(language())


class PoBabel(Babel):  # type: ignore[misc]
    """Flask-Babel with those texts."""

    domain_instance = PoDomain()


@cache
def catalogue(wanted: str) -> Translations:
    """A language's texts."""
    source = resources.files("navigator.portal").joinpath(f"locale/{wanted}/LC_MESSAGES/messages.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source), locale=wanted))
    compiled.seek(0)
    return Translations(compiled)


def gettext(text: str, **values: Any) -> str:
    """A text in the request's language, filled with the values."""
    return str(babel_gettext(text, **values))


def ngettext(one: str, many: str, number: int, **values: Any) -> str:
    """A text with a number in it (``%(num)d``), in the form that the number asks for."""
    return str(babel_ngettext(one, many, number, **values))


def language() -> str:
    """The request's language; a mail's own while one is written (`speaking`)."""
    forced: str | None = g.get("language")
    if forced:
        return forced
    if "chosen_language" not in g:  # a page asks for each of its texts
        g.chosen_language = chosen_language()
    chosen: str = g.chosen_language
    return chosen


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """Speak a language for a while, whatever the request's is: a mail goes to somebody else."""
    before, g.language = g.get("language"), wanted
    refresh()
    try:
        yield
    finally:
        g.language = before
        refresh()


def chosen_language() -> str:
    """What was asked for just now, else before, else what the browser prefers, else Russian."""
    for wanted in (_asked(), session.get("language")):
        if wanted in LANGUAGES:
            return str(wanted)
    return request.accept_languages.best_match(LANGUAGES, default=RU) or RU


def change_to(wanted: str) -> None:
    """Speak a language from now on, to this reader."""
    session["language"] = g.chosen_language = wanted
    refresh()


def address_in(wanted: str) -> str:
    """This page in a language, with all that is asked for in its address."""
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"/{quote(request.path.lstrip('/'))}?{urlencode([*asked, ('lang', wanted)], errors='replace')}"


def set_up(app: Flask) -> None:
    """Give the application its languages, and the templates their filters."""
    PoBabel(app, locale_selector=language)
    app.jinja_env.filters.update(roubles=roubles, day=day, moment=moment, day_name=day_name, short_day=short_day, month_name=month_name)
    app.jinja_env.globals["address_in"] = address_in
    app.before_request(_remember)


def _remember() -> None:
    """A language that was asked for holds until another one is asked for."""
    asked = _asked()
    if asked in LANGUAGES and session.get("language") != asked:
        session["language"] = asked


def _asked() -> str | None:
    """The language that an address asks for; of a form's not, since the page may have been changed to another one in between."""
    return request.args.get("lang") if request.method != "POST" else None


def roubles(kopecks: int) -> str:
    """A sum as people write it: «1 234,50 ₽», "₽1,234.50"; the kopecks always, so that columns of sums stand under each other."""
    text = roubles_from_kopecks(abs(kopecks))
    whole, fraction = text.split(".")
    grouped = f"{int(whole):,}"
    minus = "\u2212" if kopecks < 0 else ""
    if language() == EN:
        return f"{minus}₽{grouped}.{fraction}"
    return f"{minus}{grouped.replace(',', HARD_SPACE)},{fraction}{HARD_SPACE}₽"


def day(value: str | dt.date) -> str:
    """A day in words: «1 сентября 2020», "1 September 2020"."""
    date = dt.date.fromisoformat(value) if isinstance(value, str) else value
    return str(format_date(date, "d MMMM y", locale=get_locale()))


def day_name(value: dt.date) -> str:
    """A day of the week with its date: «среда, 5 ноября», "Wednesday, 5 November"."""
    return str(format_date(value, "EEEE, d MMMM", locale=get_locale()))


def short_day(value: dt.date) -> str:
    """A day of the week with its date, short: «ср, 5 ноября», "Wed, 5 November"."""
    return str(format_date(value, "EEE, d MMMM", locale=get_locale()))


def month_name(value: str | dt.date) -> str:
    """A month («2025-10»), or that of a day, by itself: «октябрь 2025», "October 2025"."""
    first = dt.date.fromisoformat(f"{value}-01") if isinstance(value, str) else value
    return str(format_date(first, "LLLL y", locale=get_locale()))


def moment(value: dt.datetime) -> str:
    """A day and a time, by the register's clock."""
    value = value.astimezone(clock().now().tzinfo)
    return str(format_datetime(value, "d MMMM y, HH:mm", locale=get_locale()))
