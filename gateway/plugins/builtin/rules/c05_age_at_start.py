"""C05: the child's age when the enrollment starts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from gateway.plugins import BadParameter, Eligibility, EnrollmentView, Refusal, Text, day_text


@dataclass(frozen=True, slots=True)
class AgeParameters:
    """Full years, both included: with 17 a child may start until the day before the 18th birthday."""

    age_from: int = 5
    age_to: int = 17

    def __post_init__(self) -> None:
        if not 0 <= self.age_from <= self.age_to:
            raise BadParameter("age_from", Text("должно быть от 0 до age_to", "must be between 0 and age_to"))


class AgeAtStart:
    """C05. The first day decides for all of the enrollment. No enrollment or certificate: others speak. No birth date: refused."""

    id = "C05"
    title = Text("Возраст при зачислении", "The age at the enrollment's start")
    act = "announcement, Boksitogorsk district, 2020"
    parameters: type | None = AgeParameters
    switchable = True

    def eligible(self, enrollment: EnrollmentView, parameters: AgeParameters) -> Eligibility | None:
        if enrollment.period is None or enrollment.certificate is None:
            return None
        born, first = enrollment.certificate.birth_date, enrollment.period.first
        if born is None:
            reason = Text(
                "дата рождения ребёнка не указана, возраст не проверить", "the child's birth date is not stated, so the age is not known"
            )
            cure = Text("внесите дату рождения в Навигаторе", "enter the birth date in the Navigator")
            return Eligibility((), Refusal(self.id, reason, cure))
        age = full_years(born, first)
        if parameters.age_from <= age <= parameters.age_to:
            return None
        start, bounds = day_text(first), f"{parameters.age_from}–{parameters.age_to}"
        reason = Text(
            f"возраст на начало занятий ({start.ru}) — {age}, а сертификат оплачивает {bounds}",
            f"the age at the start ({start.en}) is {age}, and the certificate pays for {bounds}",
        )
        cure = Text(
            "проверьте дату рождения и дату зачисления в Навигаторе; если они верны, занятия оплачивает родитель",
            "check the birth date and the enrollment's first day in the Navigator; if they are right, the parent pays",
        )
        return Eligibility((), Refusal(self.id, reason, cure))


def full_years(born: dt.date, day: dt.date) -> int:
    """Full years on ``day``; who was born on 29 February is a year older on 1 March of a common year."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
