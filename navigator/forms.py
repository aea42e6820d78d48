"""The forms of requests. What does not fit is a 400 that names the field; what fits but cannot be done is an answer."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate, validates_schema

from gateway.core.periods import month_period
from navigator.refusals import CODES

OPERATIONS_MAX = 500
IDS_MAX = 2_000
CLOSED_OVER_MAX = 100_000
LIMIT_DEFAULT, LIMIT_MAX = 500, 2_000
INTEGER_MAX = 2**53
SLOT_MAX = 10_000
KEY_LENGTH = validate.Length(min=1, max=200)
OPERATION_ID = validate.Regexp(r"\A[0-9a-f]{32}\Z", error="not 32 hex digits")


class Integer(fields.Field[int]):
    """A JSON integer: no text, no float, no boolean."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int or abs(value) > INTEGER_MAX:
            raise ValidationError("not an integer")
        return value


class Flag(fields.Field[bool]):
    """``true`` or ``false``, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("not true or false")
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

    id = fields.Str(required=True, validate=OPERATION_ID)
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
    closed_over = Flag(load_default=False)

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


class Closing(Form):
    """A month to be closed: one payer's, or every payer's; and the operations that it is closed over."""

    month = Month(required=True)
    payer = fields.Str(load_default=None, allow_none=True, validate=KEY_LENGTH)
    open_operations = fields.List(fields.Str(validate=OPERATION_ID), load_default=list, validate=validate.Length(max=CLOSED_OVER_MAX))


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
    open_operations = fields.List(fields.Str(validate=OPERATION_ID))
    on = Day(allow_none=True)

    @validates_schema
    def _has_what_it_needs(self, data: dict[str, Any], **_: Any) -> None:
        for name in self.NEEDS.get(data.get("op", ""), ()):
            if data.get(name) is None:
                raise ValidationError(f"{data['op']} needs it", field_name=name)


class Where(Schema):
    """Which operations a rejection is meant for: those whose fields are these."""

    id, kind, enrollment, certificate, month = fields.Str(), fields.Str(), fields.Str(), fields.Str(), fields.Str()
    provider, child, group, date = fields.Str(), fields.Str(), fields.Str(), fields.Str()
    slot, n = Integer(), Integer()


class Fault(Schema):
    """A fault, and on what it falls. Strict: a parameter that a fault does not have would be a fault that is not as it was meant."""

    TAKES: ClassVar[dict[str, tuple[str, ...]]] = {
        "delay": ("seconds", "when"),
        "late_request": ("seconds",),
        "drop_request": (),
        "drop_reply": (),
        "duplicate": (),
        "swap_answers": ("how",),
        "corrupt": ("how",),
        "error_500": ("when", "status"),
        "error_429": ("retry_after",),
        "slow_drip": ("seconds",),
        "reject_next": ("code", "where"),
        "down_until": ("until", "how", "retry_after"),
        "refuse": ("seconds",),
    }
    HOW: ClassVar[dict[str, tuple[str, ...]]] = {
        "swap_answers": ("order", "ids"),
        "corrupt": ("truncated", "torn", "garbage", "empty", "html", "other_shape"),
        "down_until": ("503", "cut"),
    }
    COUNTED: ClassVar[tuple[str, ...]] = ("next", "skip", "share", "seed", "path")
    fault = fields.Str(required=True, validate=validate.OneOf(tuple(TAKES)))
    path = fields.Str(validate=validate.Regexp(r"\A/register/v1/[A-Za-z0-9/_.*-]*\Z", error="not a path below /register/v1/"))
    next = Integer(validate=validate.Range(min=1, max=1_000_000))
    skip = Integer(validate=validate.Range(min=0, max=1_000_000))
    share = Integer(validate=validate.Range(min=1, max=100))
    seed = Integer()
    seconds = fields.Float(validate=validate.Range(min=0, max=600))
    when = fields.Str(validate=validate.OneOf(("before", "after")))
    how = fields.Str()
    status = Integer(validate=validate.Range(min=500, max=599))
    retry_after = Integer(validate=validate.Range(min=0, max=86_400))
    code = fields.Str(validate=validate.OneOf((*CODES, "test_fault")))
    where = fields.Nested(Where)
    until = Instant()

    @validates_schema
    def _fits_its_fault(self, data: dict[str, Any], **_: Any) -> None:
        fault = data.get("fault", "")
        counted = () if fault == "refuse" else ("path",) if fault == "down_until" else self.COUNTED
        for name in data:
            if name != "fault" and name not in (*self.TAKES.get(fault, ()), *counted):
                raise ValidationError(f"{fault} has no such parameter", field_name=name)
        if fault == "down_until" and "until" not in data:
            raise ValidationError("down_until needs it", field_name="until")
        if "how" in data and data["how"] not in self.HOW[fault]:
            raise ValidationError(f"one of: {', '.join(self.HOW[fault])}", field_name="how")


class Faults(Form):
    faults = fields.List(fields.Nested(Fault), required=True, validate=validate.Length(max=100))


class Changes(Form):
    changes = fields.List(fields.Nested(Change), required=True, validate=validate.Length(max=1_000))
