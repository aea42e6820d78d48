"""The cells of a district's files. Each reads its own form; its errors are codes of `navigator.texts`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields

from gateway.core.money import kopecks_from_roubles

TEXT_LENGTH_MAX = 500
NUMBER = r"[0-9]{10}"
"""The form of a certificate's number; a string, so that a leading zero stays."""


class Cell(fields.Field[Any]):
    """A cell. Its errors are codes of `navigator.texts`; an empty one is None, and refused where the column is required."""

    default_error_messages: ClassVar[dict[str, str | list[Any] | dict[Any, Any]]] = {"required": "empty", "null": "empty"}  # type: ignore[misc]

    def __init__(self, *, required: bool = False, data_key: str | None = None) -> None:
        super().__init__(required=required, allow_none=not required, data_key=data_key)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return self.read(str(value))

    def read(self, text: str) -> Any:
        """The value of a cell that is not empty; raises ValidationError with a code."""
        if len(text) > TEXT_LENGTH_MAX:
            raise ValidationError("too_long")
        if any(ord(character) < 32 for character in text):
            raise ValidationError("control_character")
        return text


class Day(Cell):
    """A day, ``YYYY-MM-DD``, kept as text."""

    def read(self, text: str) -> str:
        try:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                raise ValueError(text)
            return dt.date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise ValidationError("not_a_day") from error


class TimeOfDay(Cell):
    """A time of day, ``HH:MM``."""

    def read(self, text: str) -> str:
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
            raise ValidationError("not_a_time")
        return text


class Money(Cell):
    """Roubles with at most two decimals, not below zero, as kopecks."""

    def read(self, text: str) -> int:
        try:
            amount = kopecks_from_roubles(text)
        except ValueError as error:
            raise ValidationError("not_money") from error
        if amount < 0:
            raise ValidationError("negative_money")
        return amount


class Whole(Cell):
    """A whole number, not below zero."""

    def read(self, text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise ValidationError("not_whole")
        return int(text)


class Flag(Cell):
    """``true`` or ``false``."""

    def read(self, text: str) -> bool:
        if text not in ("true", "false"):
            raise ValidationError("not_a_flag")
        return text == "true"


class OneOf(Cell):
    """One of the words that ``code`` tells of."""

    def __init__(self, code: str, words: tuple[str, ...], *, required: bool = False) -> None:
        super().__init__(required=required)
        self._code = code
        self._words = words

    def read(self, text: str) -> str:
        if text not in self._words:
            raise ValidationError(self._code)
        return text


class Matching(Cell):
    """A text of a given form."""

    def __init__(self, code: str, pattern: str, *, required: bool = False) -> None:
        super().__init__(required=required)
        self._code = code
        self._pattern = re.compile(pattern)

    def read(self, text: str) -> str:
        if not self._pattern.fullmatch(text):
            raise ValidationError(self._code)
        return text


class Zone(Cell):
    """A time zone of the tz database."""

    def read(self, text: str) -> str:
        try:
            return ZoneInfo(text).key
        except (KeyError, ValueError, OSError) as error:
            raise ValidationError("unknown_zone") from error
