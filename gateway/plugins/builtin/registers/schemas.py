"""The form of the register's answers (docs/register-api.md), as marshmallow schemas. Fields that we do not know are ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

KOPECKS_MAX = 10**15
TEXT_MAX = 2000
"""Characters."""
MONTH = r"\d{4}-(0[1-9]|1[0-2])\Z"


def _text(**options: Any) -> fields.String:
    return fields.String(required=True, validate=validate.Length(max=TEXT_MAX), **options)


def _word() -> fields.String:
    """An id: never empty."""
    return fields.String(required=True, validate=validate.Length(min=1, max=TEXT_MAX))


def _known(load_default: Any = None) -> fields.String:
    """A text that may be unknown or absent."""
    return fields.String(load_default=load_default, allow_none=True, validate=validate.Length(max=TEXT_MAX))


def _day(**options: Any) -> fields.Date:
    return fields.Date(load_default=None, allow_none=True, **options)


def _kopecks(least: int = 0, **options: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(least, KOPECKS_MAX), **options)


class _Flag(fields.Field[bool]):
    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("validator_failed")
        return value


class _Answer(Schema):
    class Meta:
        unknown = EXCLUDE


class PageSchema(_Answer):
    items = fields.List(fields.Dict(), required=True, validate=validate.Length(max=10_000))
    cursor = _text()
    more = _Flag(required=True)


class AgreementSchema(_Answer):
    payer = _word()
    valid_from = _day()
    valid_to = _day()


class ProviderSchema(_Answer):
    provider = _word()
    name = _known()
    time_zone = _known()
    state = _known()
    sole_trader = _Flag(load_default=None, allow_none=True)
    licence = _known()
    agreements = fields.List(fields.Nested(AgreementSchema), load_default=list)


class ModuleSchema(_Answer):
    module = _word()
    title = _known()
    unit = _known()
    unit_price_kopecks = _kopecks(load_default=None, allow_none=True)
    unit_normative_kopecks = _kopecks(load_default=None, allow_none=True)
    open = _Flag(load_default=None, allow_none=True)


class ProgrammeSchema(_Answer):
    programme = _word()
    title = _known()
    age_from_months = fields.Integer(strict=True, load_default=None, allow_none=True)
    age_to_months = fields.Integer(strict=True, load_default=None, allow_none=True)
    verified = _Flag(load_default=None, allow_none=True)


class TimetableSchema(_Answer):
    weekday = fields.Integer(strict=True, required=True, validate=validate.Range(1, 7))
    starts_at = fields.Time(required=True)
    ends_at = fields.Time(required=True)
    weeks = fields.String(load_default="every", allow_none=True, validate=validate.OneOf(("every", "odd", "even")))
    valid_from = _day()
    valid_to = _day()


class LessonSchema(_Answer):
    date = fields.Date(required=True)
    starts_at = fields.Time(load_default=None, allow_none=True)
    ends_at = fields.Time(load_default=None, allow_none=True)
    state = fields.String(load_default="planned", allow_none=True)
    moved_from = _day()


class GroupSchema(_Answer):
    group = _word()
    provider = _word()
    title = _known()
    starts_on = _day()
    ends_on = _day()
    module = fields.Nested(ModuleSchema, required=True)
    programme = fields.Nested(ProgrammeSchema, required=True)
    timetable = fields.List(fields.Nested(TimetableSchema), load_default=list)
    lessons = fields.List(fields.Nested(LessonSchema), load_default=list)


class NumberSchema(_Answer):
    number = _text()
    since = _day(data_key="from")


class KindSchema(_Answer):
    kind = _text()
    since = _day(data_key="from")


class StateSchema(_Answer):
    state = _text()
    since = _day(data_key="from")


class NominalSchema(_Answer):
    first = fields.Date(required=True)
    last = fields.Date(required=True)
    amount_kopecks = _kopecks(required=True)


class EarlierSchema(_Answer):
    payer = _word()
    nominals = fields.List(fields.Nested(NominalSchema), required=True)


class CertificateSchema(_Answer):
    certificate = _word()
    payer = _word()
    child = _word()
    numbers = fields.List(fields.Nested(NumberSchema), required=True, validate=validate.Length(min=1))
    kinds = fields.List(fields.Nested(KindSchema), required=True)
    states = fields.List(fields.Nested(StateSchema), required=True)
    valid_from = _day()
    valid_to = _day()
    nominals = fields.List(fields.Nested(NominalSchema), required=True)
    earlier = fields.List(fields.Nested(EarlierSchema), load_default=list)
    birth_date = _day()
    snils = _known()


class EnrollmentSchema(_Answer):
    enrollment = _word()
    payer = _word()
    certificate = _word()
    child = _word()
    group = _word()
    provider = _word()
    starts_on = _day()
    ends_on = _day()
    state = _known()


class ClaimSchema(_Answer):
    provider = _word()
    child = _word()
    group = _word()
    date = fields.Date(required=True)
    slot = fields.Integer(strict=True, required=True, validate=validate.Range(0, 10_000))
    lesson_starts_at = fields.AwareDateTime(required=True)


class AcceptanceSchema(_Answer):
    id = _word()
    kind = fields.String(required=True, validate=validate.OneOf(("attendance", "debit", "reversal")))
    number = _text()
    accepted_at = fields.AwareDateTime(required=True)
    claim = fields.Nested(ClaimSchema, required=True)
    enrollment = _known()
    certificate = _known()
    n = fields.Integer(strict=True, required=True, validate=validate.Range(0, 1_000_000))
    month = fields.String(required=True, validate=validate.Regexp(MONTH))
    amount_kopecks = _kopecks(required=True)
    refers_to = _known()
    status = _known()
    cursor = _known()


class CandidateEnrollmentSchema(_Answer):
    group = _word()
    starts_on = _day()
    ends_on = _day()


class CandidateSchema(_Answer):
    child = _word()
    payer = _word()
    last_name = _known()
    first_name = _known()
    patronymic = _known()
    birth_date = _day()
    numbers = fields.List(_text(), load_default=list)
    enrollments = fields.List(fields.Nested(CandidateEnrollmentSchema), load_default=list)


class CandidatesSchema(_Answer):
    candidates = fields.List(fields.Nested(CandidateSchema), required=True)


class TextSchema(_Answer):
    code = _known()
    ru = _text()
    en = _text()


class AnswerSchema(_Answer):
    id = _word()
    outcome = fields.String(required=True, validate=validate.OneOf(("accepted", "rejected", "behind", "unknown")))
    number = _known()
    reason = fields.Nested(TextSchema, load_default=None, allow_none=True)
    cure = fields.Nested(TextSchema, load_default=None, allow_none=True)
    acceptances = fields.List(fields.Nested(AcceptanceSchema), load_default=list)
    booked_month = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(MONTH))


class AnswersSchema(_Answer):
    """Only the envelope: each answer is checked by itself, so that a broken one costs the others nothing."""

    answers = fields.List(fields.Dict(), required=True)


class StatementSchema(_Answer):
    month = fields.String(required=True)
    debits = fields.Integer(strict=True, required=True)
    reversals = fields.Integer(strict=True, required=True)
    sum_kopecks = _kopecks(-KOPECKS_MAX, required=True)
    operations = fields.List(fields.Nested(AcceptanceSchema), required=True)


class AttendanceSchema(_Answer):
    records = fields.List(fields.Nested(AcceptanceSchema), required=True)


class StandingSchema(_Answer):
    certificate = _word()
    payer = _known("")
    first = fields.Date(required=True)
    last = fields.Date(required=True)
    nominal_kopecks = _kopecks(required=True)
    paid_kopecks = _kopecks(-KOPECKS_MAX, required=True)
    available_kopecks = _kopecks(-KOPECKS_MAX, required=True)


class BalancesSchema(_Answer):
    balances = fields.List(fields.Nested(StandingSchema), required=True)


class MonthSchema(_Answer):
    payer = _word()
    state = _word()
    digest = _known()


class MonthsSchema(_Answer):
    months = fields.List(fields.Nested(MonthSchema), required=True)
