"""The register's answers made into the core's types.

What a register may leave unknown (null) and a rule needs becomes the value that the rule refuses: an unknown state is "", an unknown «open»
or «verified» is false.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, ValidationError

from gateway.plugins import (
    Candidate,
    Certificate,
    Enrollment,
    LessonException,
    Period,
    RegisterGroup,
    RegisterProvider,
    Text,
    TimetableLine,
)
from gateway.plugins.builtin.registers import schemas
from gateway.plugins.builtin.registers.snils import snils_is_valid
from gateway.plugins.register import Acceptance, Answer, Outcome, Standing, Statement

UNSTATED_TIME_ZONE = "Europe/Moscow"
"""Where a provider's time zone is not stated: the railway's and the state's own time."""


class AnswerFault(Exception):
    """A field of the answer is not what the interface says. ``args[0]``: its path."""


PAGE, ANSWERS = schemas.PageSchema(), schemas.AnswersSchema()
_PROVIDER, _GROUP = schemas.ProviderSchema(), schemas.GroupSchema()
_CERTIFICATE, _ENROLLMENT = schemas.CertificateSchema(), schemas.EnrollmentSchema()
_ACCEPTANCE, _ANSWER = schemas.AcceptanceSchema(), schemas.AnswerSchema()
_CANDIDATES, _STATEMENT, _ATTENDANCE = schemas.CandidatesSchema(), schemas.StatementSchema(), schemas.AttendanceSchema()
_BALANCES, _MONTHS = schemas.BalancesSchema(), schemas.MonthsSchema()


def checked(schema: Schema, raw: Any) -> dict[str, Any]:
    """The answer's fields in Python's types.

    Raises:
        AnswerFault: a field is missing or of the wrong type.
    """
    try:
        loaded: dict[str, Any] = schema.load(raw)
    except ValidationError as error:
        raise AnswerFault(_first_path(error.messages)) from None
    return loaded


def catalogue_item(raw: Mapping[str, Any]) -> RegisterProvider | RegisterGroup | None:
    """A provider or a group; None for a kind of item that this version does not know."""
    if raw.get("kind") == "provider":
        return _provider(checked(_PROVIDER, raw))
    if raw.get("kind") == "group":
        return _group(checked(_GROUP, raw))
    if not isinstance(raw.get("kind"), str):
        raise AnswerFault("kind")
    return None


def certificates(raw: Mapping[str, Any]) -> tuple[Certificate, ...]:
    """A certificate, and as it is under each payer that it had before its child moved: only the money differs."""
    found = checked(_CERTIFICATE, raw)
    present = Certificate(
        certificate=found["certificate"],
        payer=found["payer"],
        child=found["child"],
        numbers=tuple((each["number"], each["since"]) for each in found["numbers"]),
        kinds=tuple((each["kind"], each["since"]) for each in found["kinds"]),
        states=tuple((each["state"], each["since"]) for each in found["states"]),
        valid=_days(found["valid_from"], found["valid_to"]),
        nominals=_nominals(found["nominals"]),
        birth_date=found["birth_date"],
        snils_is_valid=snils_is_valid(found["snils"]),
    )
    earlier = [replace(present, payer=each["payer"], nominals=_nominals(each["nominals"]), is_present=False) for each in found["earlier"]]
    return (present, *earlier)


def _nominals(found: Iterable[Mapping[str, Any]]) -> tuple[tuple[Period, int], ...]:
    return tuple((Period(each["first"], each["last"]), each["amount_kopecks"]) for each in found)


def enrollment(raw: Mapping[str, Any]) -> Enrollment:
    found = checked(_ENROLLMENT, raw)
    return Enrollment(
        enrollment=found["enrollment"],
        payer=found["payer"],
        certificate=found["certificate"],
        child=found["child"],
        group=found["group"],
        provider=found["provider"],
        period=_days(found["starts_on"], found["ends_on"]),
        state=found["state"] or "",
    )


def acceptance(raw: Mapping[str, Any]) -> Acceptance:
    return _acceptance(checked(_ACCEPTANCE, raw))


def answer(raw: Mapping[str, Any]) -> Answer:
    return _plainly_accepted(raw) or _answer(raw)


def _plainly_accepted(raw: Mapping[str, Any]) -> Answer | None:
    """An acceptance that says no more than its number: nearly every answer, read without the schema in a fifteenth of its time.

    None: whatever is not that for certain, for the schema to judge.
    """
    if raw.get("outcome") != "accepted" or not _SAYS_MORE.isdisjoint(raw):
        return None
    id_, number = raw.get("id"), raw.get("number")
    if type(id_) is not str or type(number) is not str or not 0 < len(id_) <= schemas.TEXT_MAX or len(number) > schemas.TEXT_MAX:
        return None
    return Answer(id_, Outcome.ACCEPTED, number)


_SAYS_MORE = frozenset({"reason", "cure", "acceptances", "booked_month"})


def _answer(raw: Mapping[str, Any]) -> Answer:
    found = checked(_ANSWER, raw)
    reason, cure = found["reason"], found["cure"]
    outcome = Outcome(found["outcome"])
    if outcome is Outcome.REJECTED and reason is None:
        raise AnswerFault("reason")
    return Answer(
        id=found["id"],
        outcome=outcome,
        number=found["number"],
        reason=Text(reason["ru"], reason["en"]) if reason else None,
        cure=Text(cure["ru"], cure["en"]) if cure else None,
        acceptances=tuple(_acceptance(each) for each in found["acceptances"]),
        month=found["booked_month"],
        code=reason["code"] if reason else None,
    )


def candidates(raw: Any) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            child=each["child"],
            payer=each["payer"],
            last_name=each["last_name"] or "",
            first_name=each["first_name"] or "",
            patronymic=each["patronymic"],
            birth_date=each["birth_date"],
            numbers=tuple(each["numbers"]),
            enrolled=tuple((one["group"], _days(one["starts_on"], one["ends_on"])) for one in each["enrollments"]),
        )
        for each in checked(_CANDIDATES, raw)["candidates"]
    )


def statement(raw: Any) -> Statement:
    found = checked(_STATEMENT, raw)
    operations = tuple(_acceptance(each) for each in found["operations"])
    return Statement(found["month"], found["debits"], found["reversals"], found["sum_kopecks"], operations)


def attendance(raw: Any) -> tuple[Acceptance, ...]:
    return tuple(_acceptance(each) for each in checked(_ATTENDANCE, raw)["records"])


def balances(raw: Any) -> tuple[Standing, ...]:
    return tuple(_standing(each) for each in checked(_BALANCES, raw)["balances"])


def _standing(found: Mapping[str, Any]) -> Standing:
    nominal, paid, available = found["nominal_kopecks"], found["paid_kopecks"], found["available_kopecks"]
    return Standing(found["certificate"], found["first"], found["last"], nominal, paid, available, found["payer"] or "")


def closed_month(raw: Any, payer: str) -> str | None:
    """The digest of the payer's statement; the month must have been closed."""
    for number, each in enumerate(checked(_MONTHS, raw)["months"]):
        if each["payer"] == payer:
            if each["state"] != "closed":
                raise AnswerFault(f"months.{number}.state")
            digest: str | None = each["digest"]
            return digest
    raise AnswerFault("months")


def _provider(found: Mapping[str, Any]) -> RegisterProvider:
    zone = found["time_zone"] or UNSTATED_TIME_ZONE
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise AnswerFault("time_zone") from None
    return RegisterProvider(
        provider=found["provider"],
        name=found["name"] or found["provider"],
        time_zone=zone,
        state=found["state"] or "",
        sole_trader=found["sole_trader"],
        licence=found["licence"],
        agreements=tuple((each["payer"], _days(each["valid_from"], each["valid_to"])) for each in found["agreements"]),
    )


def _group(found: Mapping[str, Any]) -> RegisterGroup:
    module, programme = found["module"], found["programme"]
    timetable = tuple(
        TimetableLine(
            each["weekday"],
            each["starts_at"],
            each["ends_at"],
            each["weeks"] or "every",
            _days(each["valid_from"], each["valid_to"]),
        )
        for each in found["timetable"]
    )
    return RegisterGroup(
        group=found["group"],
        provider=found["provider"],
        title=found["title"] or found["group"],
        module=module["module"],
        module_title=module["title"] or module["module"],
        module_is_open=module["open"] is True,
        unit=module["unit"] or "",
        unit_price=module["unit_price_kopecks"],
        unit_normative=module["unit_normative_kopecks"],
        programme=programme["programme"],
        programme_title=programme["title"] or programme["programme"],
        programme_is_verified=programme["verified"] is True,
        age_from_months=programme["age_from_months"],
        age_to_months=programme["age_to_months"],
        starts_on=found["starts_on"],
        ends_on=found["ends_on"],
        timetable=timetable,
        exceptions=tuple(_exceptions(found["lessons"], timetable)),
    )


def _exceptions(lessons: Iterable[Mapping[str, Any]], timetable: tuple[TimetableLine, ...]) -> Iterable[LessonException]:
    """One per lesson; a cancelled lesson without times stands for all that the timetable has on that day."""
    for number, each in enumerate(lessons):
        cancelled = each["state"] == "cancelled"
        if each["starts_at"] is not None and each["ends_at"] is not None:
            yield LessonException(each["date"], each["starts_at"], each["ends_at"], cancelled, each["moved_from"])
        elif cancelled:
            for line in timetable:
                if _meets(line, each["date"]):
                    yield LessonException(each["date"], line.starts_at, line.ends_at, True, None)
        else:
            raise AnswerFault(f"lessons.{number}.starts_at")


def _meets(line: TimetableLine, day: dt.date) -> bool:
    parity = "odd" if day.isocalendar().week % 2 else "even"
    return line.weekday == day.isoweekday() and line.weeks in ("every", parity) and day in line.valid


def _acceptance(found: Mapping[str, Any]) -> Acceptance:
    claim = found["claim"]
    return Acceptance(
        id=found["id"],
        kind=found["kind"],
        number=found["number"],
        accepted_at=found["accepted_at"],
        provider=claim["provider"],
        child=claim["child"],
        group=claim["group"],
        day=claim["date"],
        slot=claim["slot"],
        lesson_starts_at=claim["lesson_starts_at"],
        enrollment=found["enrollment"],
        certificate=found["certificate"],
        n=found["n"],
        month=found["month"],
        amount=found["amount_kopecks"],
        refers_to=found["refers_to"],
        status=found["status"],
        cursor=found["cursor"],
    )


def _days(first: dt.date | None, last: dt.date | None) -> Period:
    return Period(first or dt.date.min, last or dt.date.max)


def _first_path(messages: Any) -> str:
    """The path of the first field at fault; only keys, so no value of a child's gets into a message."""
    path = []
    while isinstance(messages, dict) and messages:
        key = next(iter(messages))
        if key == "_schema":
            break
        path.append(str(key))
        messages = messages[key]
    return ".".join(path) or "the whole answer"
