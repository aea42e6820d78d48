"""What many systems send alike, understood once: ids, booleans, days, certificate numbers; and records that cannot be understood."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NamedTuple

from gateway.core.facts import Finding, Level, Place, Text

NO_SENSE = (KeyError, TypeError, ValueError, AttributeError)
"""What reading a record runs into that makes no sense."""

CERTIFICATE_DIGITS = 10
_BETWEEN_DIGITS = str.maketrans("", "", " \u00a0\u2009\u202f-–№")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DOTTED = re.compile(r"(\d\d)\.(\d\d)\.(\d{4})")
_TIME = re.compile(r"(?:^|[ T])(\d{1,2}):(\d\d)(?::\d\d)?$")
_YES = frozenset({"1", "true", "yes", "да"})
_NO = frozenset({"0", "false", "no", "нет", ""})


def id_text(value: object) -> str:
    """An id that comes as a number or as text, as text.

    Raises:
        ValueError: it is none.
    """
    if type(value) is int:  # not a bool
        return str(value)
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValueError("no id")


def id_or_none(item: object, name: str = "id") -> str | None:
    """The id of a record; None where the record is no record, or has none."""
    try:
        return id_text(item[name]) if isinstance(item, dict) else None
    except (KeyError, ValueError):
        return None


def is_yes(value: object) -> bool:
    """A boolean that comes as true, 1, "1" …; nothing is no.

    Raises:
        ValueError: it is neither yes nor no.
    """
    if value is True or value is False:  # what most systems send, and a month has millions of
        return value
    if type(value) is int and value in (0, 1):
        return value == 1
    word = "" if value is None else str(value).strip().lower() if isinstance(value, bool | int | str) else "?"
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("neither yes nor no")


def list_of(value: object) -> list[Any]:
    """A list.

    Raises:
        ValueError: something else, which could be walked through all the same.
    """
    if not isinstance(value, list):
        raise ValueError("no list")
    return value


def name_of(value: object) -> str:
    """A name as written.

    Raises:
        ValueError: none.
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError("no name")
    return value.strip()


def day_of(value: object) -> dt.date:
    """«2025-10-15», «15.10.2025», either with a time behind it.

    Raises:
        ValueError: neither.
    """
    text = value if isinstance(value, str) else ""
    if found := _ISO.match(text):
        return dt.date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DOTTED.match(text):
        return dt.date(int(found[3]), int(found[2]), int(found[1]))
    raise ValueError("no date")


def time_of(value: object) -> dt.time:
    """The time of «2025-10-15 16:00:00», «15.10.2025 16:00», «16:00», on the system's own clock.

    Raises:
        ValueError: there is none.
    """
    found = _TIME.search(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("no time")
    return dt.time(int(found[1]), int(found[2]))


class Number(NamedTuple):
    """A certificate's number, as `Member` wants it."""

    certificate: str | None = None
    certificate_padded: bool = False
    certificate_unreadable: bool = False


def certificate_of(value: object) -> Number:
    """The number out of a free field. A number of nine digits that was kept as a number has lost its zero; text of nine has not."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return Number()
    digits = str(value).translate(_BETWEEN_DIGITS) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if digits.isascii() and digits.isdigit():
        if len(digits) == CERTIFICATE_DIGITS:
            return Number(digits)
        if isinstance(value, int) and len(digits) == CERTIFICATE_DIGITS - 1:
            return Number("0" + digits, certificate_padded=True)
    return Number(certificate_unreadable=True)


def unread(kind: Text, own_id: str | None, url: str, group: str | None = None) -> Finding:
    """A record that makes no sense was left out; what it said before stands. Its own words are not repeated: they may name a child.

    Args:
        kind: «занятие» and "the lesson".
        url: where a person finds it, or the list that it came from.
        group: the group's words, where it is known whose it is.
    """
    named = f" {own_id}" if own_id else ""
    return Finding(
        Level.UNREAD,
        Place(url=url),
        Text(
            f"не прочитано: {kind.ru}{named}; поля не такие, как в описании системы. Прежние отметки остаются",
            f"not read: {kind.en}{named}; its fields are not what the system's description says. Earlier marks stand",
        ),
        Text(
            "откройте запись в системе, проверьте дату, время и имена, сохраните её снова",
            "open the record in the system, check its date, time and names, and save it again",
        ),
        group,
    )
