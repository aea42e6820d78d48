"""The forms of requests. What does not fit is a 400 that names the field; what fits but cannot be done is an answer."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from gateway.core.periods import month_period

OPERATIONS_MAX = 500
IDS_MAX = 2_000
LIMIT_DEFAULT, LIMIT_MAX = 500, 2_000
INTEGER_MAX = 2**53
SLOT_MAX = 10_000
KEY_LENGTH = validate.Length(min=1, max=200)


class Integer(fields.Field[int]):
    """A JSON integer: no text, no float, no boolean."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or abs(value) > INTEGER_MAX:
            raise ValidationError("not an integer")
        return value


class Day(fields.Field[str]):
    """A day, ``YYYY-MM-DD``, kept as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return day_from(value).isoformat()


class Month(fields.Field[str]):
    """A month, ``YYYY-MM``, kept as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return month_from(value)


class Instant(fields.Field[str]):
    """An instant with its offset, as text in UTC: the same instant is the same text, whatever offset it was written with."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        try:
            instant = dt.datetime.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise ValidationError("not an instant of ISO 8601") from error
        if instant.tzinfo is None:
            raise ValidationError("an instant needs its offset")
        try:
            return instant.astimezone(dt.UTC).isoformat()
        except OverflowError as error:
            raise ValidationError("not an instant of our time") from error


def day_from(value: Any) -> dt.date:
    """A day written ``YYYY-MM-DD``; raises ValidationError."""
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError(value)
        return dt.date.fromisoformat(value)
    except ValueError as error:
        raise ValidationError("not a day, YYYY-MM-DD") from error


def month_from(value: Any) -> str:
    """A month written ``YYYY-MM``; raises ValidationError."""
    try:
        if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}", value):
            raise ValueError(value)
        month_period(value)
        return value
    except ValueError as error:
        raise ValidationError("not a month, YYYY-MM") from error


class Form(Schema):
    """Unknown members are left alone, so that a newer sender may say more."""

    class Meta:
        unknown = EXCLUDE


class Claim(Form):
    """The one thing that may cost money: a child at a lesson."""

    provider = fields.Str(required=True, validate=KEY_LENGTH)
    child = fields.Str(required=True, validate=KEY_LENGTH)
    group = fields.Str(required=True, validate=KEY_LENGTH)
    date = Day(required=True)
    slot = Integer(required=True, validate=validate.Range(min=0, max=SLOT_MAX))
    lesson_starts_at = Instant(required=True)


class Operation(Form):
    """An operation; what its kind asks for is checked as a whole."""

    id = fields.Str(required=True, validate=validate.Regexp(r"\A[0-9a-f]{32}\Z", error="not 32 hex digits"))
    kind = fields.Str(required=True, validate=validate.OneOf(("attendance", "debit", "reversal")))
    claim = fields.Nested(Claim, required=True)
    enrollment = fields.Str(required=True, validate=KEY_LENGTH)
    certificate = fields.Str(required=True, validate=KEY_LENGTH)
    n = Integer(required=True, validate=validate.Range(min=0))
    month = Month(required=True)
    amount_kopecks = Integer(required=True)
    after = fields.Str(load_default=None, allow_none=True, validate=validate.Length(max=64))
    refers_to = fields.Str(load_default=None, allow_none=True, validate=validate.Length(max=64))
    status = fields.Str(load_default=None, allow_none=True, validate=validate.OneOf(("attended", "absent", "excused", "none")))

    @validates_schema
    def _fits_its_kind(self, data: dict[str, Any], **_: Any) -> None:
        kind = data.get("kind")
        if kind == "attendance" and data.get("status") is None:
            raise ValidationError("an attendance needs a status", field_name="status")
        if kind in ("debit", "reversal") and data.get("status") is not None:
            raise ValidationError("only an attendance has a status", field_name="status")
        if kind == "reversal" and data.get("refers_to") is None:
            raise ValidationError("a reversal needs the id of its debit", field_name="refers_to")
        if kind in ("attendance", "debit") and data.get("refers_to") is not None:
            raise ValidationError("only a reversal refers to a debit", field_name="refers_to")


class Operations(Form):
    operations = fields.List(fields.Nested(Operation), required=True, validate=validate.Length(max=OPERATIONS_MAX))


class Lookup(Form):
    ids = fields.List(fields.Str(validate=validate.Length(max=64)), required=True, validate=validate.Length(max=IDS_MAX))


class Candidates(Form):
    group = fields.Str(required=True, validate=KEY_LENGTH)
    first_day = Day(required=True)
    last_day = Day(required=True)
    numbers = fields.List(fields.Str(validate=validate.Length(max=40)), load_default=list, validate=validate.Length(max=IDS_MAX))


class ClockForm(Form):
    now = fields.Str(required=True, allow_none=True)


class Change(Form):
    """One change of a test register; what each needs is in ``NEEDS``."""

    NEEDS: ClassVar[dict[str, tuple[str, ...]]] = {
        "nominal": ("certificate", "amount"),
        "freeze": ("certificate",),
        "unfreeze": ("certificate",),
        "reissue": ("certificate", "number"),
        "end_enrollment": ("enrollment", "on"),
        "add": ("csv",),
        "close_month": ("month",),
    }
    op = fields.Str(required=True, validate=validate.OneOf(tuple(NEEDS)))
    certificate = fields.Str()
    amount = fields.Str()
    number = fields.Str()
    enrollment = fields.Str()
    csv = fields.Str()
    file = fields.Str()
    month = fields.Str()
    payer = fields.Str()
    on = Day(allow_none=True)

    @validates_schema
    def _has_what_it_needs(self, data: dict[str, Any], **_: Any) -> None:
        for name in self.NEEDS.get(data.get("op", ""), ()):
            if data.get(name) is None:
                raise ValidationError(f"{data['op']} needs it", field_name=name)


class Fault(Form):
    """A fault: for the ``next`` requests (``reject_next``: items), with ``seconds`` of delay, or ``until`` an instant."""

    fault = fields.Str(required=True, validate=validate.OneOf(("drop_reply", "reject_next", "delay", "down_until")))
    next = Integer(load_default=1, validate=validate.Range(min=1, max=1_000_000))
    seconds = Integer(load_default=1, validate=validate.Range(min=0, max=600))
    until = Instant()

    @validates_schema
    def _has_what_it_needs(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("fault") == "down_until" and "until" not in data:
            raise ValidationError("down_until needs it", field_name="until")


class Faults(Form):
    faults = fields.List(fields.Nested(Fault), required=True, validate=validate.Length(max=100))


class Changes(Form):
    changes = fields.List(fields.Nested(Change), required=True, validate=validate.Length(max=1_000))
