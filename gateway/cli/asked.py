"""Reading what was typed: days and combinations of options that mean nothing."""

from __future__ import annotations

import datetime as dt

from gateway.cli.words import say
from gateway.core.facts import Text
from gateway.errors import UserError

_DAY_FORMS = ("%Y-%m-%d", "%d.%m.%Y")


def day_from(text: str) -> dt.date:
    """A day as 2025-10-16 or 16.10.2025.

    Raises:
        UserError: the text is no day.
    """
    for form in _DAY_FORMS:
        try:
            return dt.datetime.strptime(text.strip(), form).date()
        except ValueError:
            continue
    raise UserError(both("error.day", text=text), both("error.day.cure"))


def wrong_usage(name: str, command: str) -> UserError:
    """Options that do not go together; ``name``: the text that says so."""
    return UserError(both(name), both("error.usage.cure", command=f"gateway {command}"))


def both(name: str, /, **values: object) -> Text:
    """A text of ours in both languages."""
    return Text(say(name, "ru", **values), say(name, "en", **values))
