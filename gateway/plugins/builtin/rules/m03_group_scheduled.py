"""M03: the group has dates and a timetable."""

from __future__ import annotations

from gateway.plugins import Eligibility, EnrollmentView, Refusal, Text, joined


class GroupScheduled:
    """M03. A single lesson entered by its date is a timetable too."""

    id = "M03"
    title = Text("У группы есть сроки и расписание", "The group has its dates and a timetable")
    act = "assumed"
    parameters: type | None = None
    switchable = False

    def eligible(self, enrollment: EnrollmentView, parameters: None) -> Eligibility | None:
        group = enrollment.group
        missing = []
        if group.starts_on is None:
            missing.append(Text("даты начала", "first day"))
        if group.ends_on is None:
            missing.append(Text("даты окончания", "last day"))
        if not group.timetable and not group.exceptions:
            missing.append(Text("расписания", "timetable"))
        if not missing:
            return None
        told = joined(missing)
        reason = Text(f"у группы «{group.title}» нет: {told.ru}", f"the group “{group.title}” has no: {told.en}")
        cure = Text(
            "внесите сроки и расписание группы в Навигаторе; потом спишется само",
            "enter them in the Navigator; then it is debited by itself",
        )
        return Eligibility((), Refusal(self.id, reason, cure))
