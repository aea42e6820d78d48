"""A01: the day lies within the enrollment and within the group's dates."""

from __future__ import annotations

import datetime as dt

from gateway.plugins import Eligibility, EnrollmentView, Period, Refusal, Text, intersection, period_text

_IN_FORCE = frozenset({"active", "ending", "closed"})
_STATES = {
    "draft": Text("черновик", "a draft"),
    "requested": Text("подана заявка", "only requested"),
    "accepted": Text("заявка принята, но ещё не действует", "accepted, not yet active"),
    "refused": Text("отклонено", "refused"),
}


class DayEnrolled:
    """A01. A closed enrollment counts for the days that it had; one that never came into force counts for none."""

    id = "A01"
    title = Text("День внутри зачисления и сроков группы", "The day lies within the enrollment and the group's dates")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        period = enrollment.period
        if enrollment.enrollment is None or period is None:
            return self._none(Text("ребёнок не зачислен в эту группу", "the child has no enrollment in this group"))
        if enrollment.state not in _IN_FORCE:
            state = enrollment.state or ""
            word = _STATES.get(state, Text(f"состояние «{state or 'не указано'}»", f"state “{state or 'not stated'}”"))
            return self._none(Text(f"зачисление не действует: {word.ru}", f"the enrollment is not in force: {word.en}"))
        group = Period(enrollment.group.starts_on or dt.date.min, enrollment.group.ends_on or dt.date.max)
        days = intersection(period, group)
        if days is None:
            return self._none(Text("сроки зачисления не совпадают со сроками группы", "the enrollment has no day in common with the group"))
        return Eligibility((days,), lambda: self._outside(days))

    _cure = Text(
        "оформите зачисление на этот день в Навигаторе, тогда спишется само; или снимите отметку",
        "have an enrollment for that day entered in the Navigator, then it is debited by itself; or take the mark back",
    )

    def _outside(self, days: Period) -> Refusal:
        told = period_text(days)
        reason = Text(f"день вне зачисления в группу ({told.ru})", f"the day is outside the enrollment in the group ({told.en})")
        return Refusal(self.id, reason, self._cure)

    def _none(self, reason: Text) -> Eligibility:
        return Eligibility((), Refusal(self.id, reason, self._cure))
