"""A12: a lesson is not in the future and not too long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.plugins import BadParameter, ClaimView, Refusal, Text, day_text


@dataclass(frozen=True, slots=True)
class LengthParameters:
    """``max_hours``: hours of 60 minutes that one lesson, or one child's hours in it, may have at most."""

    max_hours: int = 12

    def __post_init__(self) -> None:
        if not 1 <= self.max_hours <= 24:
            raise BadParameter("max_hours", Text("должно быть от 1 до 24", "must be between 1 and 24"))


class LessonTime:
    """A12. A lesson that has begun may be marked. Both its own length and the hours that the mark states are bounded."""

    id = "A12"
    title = Text("Занятие не в будущем и не слишком долгое", "The lesson is not in the future and not too long")
    act = "Child Care Subsidy, Australia (12 hours); assumed for the region"
    parameters: type | None = LengthParameters
    switchable = True
    history = "none"

    def check(self, claim: ClaimView, history: Sequence[ClaimView], parameters: LengthParameters) -> Refusal | None:
        if claim.starts_at > claim.now:
            when, clock = day_text(claim.day), f"{claim.starts_at:%H:%M}"
            reason = Text(f"занятие {when.ru} в {clock} ещё не началось", f"the lesson on {when.en} at {clock} has not begun")
            cure = Text(
                "проверьте день отметки; если он верен, отметьте после занятия",
                "check the mark's day; if it is right, mark after the lesson",
            )
            return Refusal(self.id, reason, cure)
        limit = parameters.max_hours
        if claim.ends_at - claim.starts_at <= dt.timedelta(hours=limit) and (claim.hours is None or claim.hours <= 100 * limit):
            return None
        reason = Text(f"занятие дольше {limit} ч", f"the lesson is longer than {limit} h")
        cure = Text(
            "исправьте время занятия в расписании или часы в отметке", "mend the lesson's times in the timetable, or the mark's hours"
        )
        return Refusal(self.id, reason, cure)
