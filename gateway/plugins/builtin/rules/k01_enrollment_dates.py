"""K01: an enrollment's dates make sense."""

from __future__ import annotations

import datetime as dt

from gateway.plugins import Eligibility, EnrollmentView, Period, Refusal, Text, period_text


class EnrollmentDates:
    """K01. Start before end, both within the group's dates and within one nominal period; otherwise no day counts.

    A bound of the group that is not stated binds nothing here: M03 speaks. No enrollment: A01 speaks.
    """

    id = "K01"
    title = Text("Сроки зачисления верны", "The enrollment's dates are right")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        period = enrollment.period
        if period is None:
            return None
        fault = _fault(period, enrollment)
        if fault is None:
            return None
        cure = Text(
            "исправьте сроки зачисления в Навигаторе; на следующий период нужно новое зачисление",
            "mend the enrollment's dates in the Navigator; the next period needs an enrollment of its own",
        )
        return Eligibility((), Refusal(self.id, fault, cure))


def _fault(period: Period, enrollment: EnrollmentView) -> Text | None:
    days = period_text(period)
    if period.first >= period.last:
        return Text(f"зачисление {days.ru}: начало должно быть раньше конца", f"the enrollment {days.en}: its start must be before its end")
    group = Period(enrollment.group.starts_on or dt.date.min, enrollment.group.ends_on or dt.date.max)
    if period.first < group.first or period.last > group.last:
        bounds = period_text(group)
        return Text(
            f"зачисление {days.ru} выходит за сроки группы ({bounds.ru})",
            f"the enrollment {days.en} leaves the group's dates ({bounds.en})",
        )
    nominal = enrollment.nominal_period
    if nominal is None or period.last > nominal.last:  # its first day lies within: that is how the period was chosen
        bounds = period_text(nominal) if nominal else Text("период не найден", "no such period")
        return Text(
            f"зачисление {days.ru} выходит за один период номинала ({bounds.ru})",
            f"the enrollment {days.en} leaves one nominal period ({bounds.en})",
        )
    return None
