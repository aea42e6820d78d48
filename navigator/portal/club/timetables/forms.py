"""What a club says of when a group meets."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wtforms import HiddenField, SelectField, SubmitField
from wtforms.validators import ValidationError

from navigator.portal.club.fields import ClockField, calendar_day_field, text_field
from navigator.portal.club.timetables.plan import Line, clash
from navigator.portal.club.words import weekdays
from navigator.portal.forms import Form
from navigator.portal.speech import day as in_words
from navigator.portal.speech import gettext as _
from navigator.portal.speech import lazy_gettext as _l

LINES_MAX = 21
DAYS_OFF_MAX = 150


class Weeks(Form):
    """Which days the lines hold for. `timetable_form` adds the lines: four fields each, with their numbers in the names."""

    first = calendar_day_field(_l("Действует с"))
    last = calendar_day_field(_l("По какой день"))
    rows = HiddenField()
    more = SubmitField(_l("Ещё строка"))
    save = SubmitField(_l("Сохранить расписание"))
    numbers: range = range(0)
    bounds: tuple[dt.date, dt.date] = (dt.date.min, dt.date.max)

    def line(self, number: int) -> dict[str, Any]:
        """The four fields of a line by what they are."""
        return {name: self[f"{name}_{number}"] for name in ("weekday", "starts", "ends", "weeks")}

    def validate_first(self, field: Any) -> None:
        """Within the group's days."""
        self._within(field)

    def validate_last(self, field: Any) -> None:
        """Within the group's days, and not before the first."""
        self._within(field)
        if field.data is not None and self.first.data is not None and field.data < self.first.data:
            raise ValidationError(_l("Последний день раньше первого."))

    def lines(self) -> list[Line] | None:
        """What the lines say, each wrong one told at its field; None where any is wrong."""
        found: list[Line | None] = [self._line(number) for number in self.numbers]
        is_wrong = any(field.errors for number in self.numbers for field in self.line(number).values())
        both = None if is_wrong else clash(found)
        if both is not None:
            self.line(both[1])["starts"].errors = [_("Пересекается с занятием %(number)d.", number=both[0] + 1)]
        return None if is_wrong or both is not None else [line for line in found if line is not None]

    def _line(self, number: int) -> Line | None:
        said = self.line(number)
        start, end = said["starts"], said["ends"]
        if not said["weekday"].data and not start.text and not end.text and not start.errors and not end.errors:
            return None
        if said["weekday"].data not in dict(said["weekday"].choices) or not said["weekday"].data:
            said["weekday"].errors = [_("Выберите день недели.")]
        for field in (start, end):
            if not field.text and not field.errors:
                field.errors = [_("Напишите время, например 16:30.")]
        if start.text and end.text and end.text <= start.text:
            end.errors = [_("Конец не позже начала.")]
        if any(field.errors for field in said.values()):
            return None
        return Line(int(said["weekday"].data), start.text, end.text, said["weeks"].data)

    def _within(self, field: Any) -> None:
        if field.data is not None and not self.bounds[0] <= field.data <= self.bounds[1]:
            said = {"first": in_words(self.bounds[0]), "last": in_words(self.bounds[1])}
            raise ValidationError(_("Группа занимается с %(first)s по %(last)s.", **said))


def timetable_form(rows: int, bounds: tuple[dt.date, dt.date], lines: list[Line], **data: Any) -> Weeks:
    """The form with so many lines; ``lines`` fill the first ones, ``data`` the days."""
    fields: dict[str, Any] = {"numbers": range(min(rows, LINES_MAX)), "bounds": bounds}
    days = [("", _l("—")), *((str(number), name) for number, name in weekdays().items())]
    which = [("every", _l("каждую неделю")), ("odd", _l("по нечётным неделям")), ("even", _l("по чётным неделям"))]
    for number in fields["numbers"]:
        fields[f"weekday_{number}"] = SelectField(_l("День недели"), choices=days, validate_choice=False)
        fields[f"starts_{number}"] = ClockField(_l("Начало"), is_needed=False)
        fields[f"ends_{number}"] = ClockField(_l("Конец"), is_needed=False)
        fields[f"weeks_{number}"] = SelectField(_l("Недели"), choices=which)
    for number, line in enumerate(lines[: len(fields["numbers"])]):
        times = {"starts": dt.time.fromisoformat(line.starts_at), "ends": dt.time.fromisoformat(line.ends_at)}
        data |= {f"{name}_{number}": value for name, value in times.items()}
        data |= {f"weekday_{number}": str(line.weekday), f"weeks_{number}": line.weeks}
    form: Weeks = type("Timetable", (Weeks,), fields)(data=data)
    form.rows.data = str(len(fields["numbers"]))
    return form


class Cancel(Form):
    """The lesson is not held."""

    why = text_field(_l("Почему"), is_needed=False)
    cancel = SubmitField(_l("Отменить занятие"))


class When(Form):
    """A day and a time within the group's days."""

    day = calendar_day_field(_l("День"))
    starts = ClockField(_l("Начало"))
    ends = ClockField(_l("Конец"))
    reason = text_field(_l("Почему"), is_needed=False)
    bounds: tuple[dt.date, dt.date] = (dt.date.min, dt.date.max)

    def validate_day(self, field: Any) -> None:
        """Within the group's days."""
        if field.data is not None and not self.bounds[0] <= field.data <= self.bounds[1]:
            said = {"first": in_words(self.bounds[0]), "last": in_words(self.bounds[1])}
            raise ValidationError(_("Группа занимается с %(first)s по %(last)s.", **said))

    def validate_ends(self, field: Any) -> None:
        """After the start."""
        if field.text and self.starts.text and field.text <= self.starts.text:
            raise ValidationError(_l("Конец не позже начала."))

    def is_taken(self, day: dt.date, starts_at: str, ends_at: str) -> None:
        """Say which lesson stands in the way."""
        said = {"day": in_words(day), "start": starts_at, "end": ends_at}
        self.starts.errors = [_("У группы уже есть занятие %(day)s, %(start)s–%(end)s.", **said)]


class Move(When):
    """The lesson goes elsewhere."""

    move = SubmitField(_l("Перенести занятие"))


class Add(When):
    """One more lesson."""

    add = SubmitField(_l("Добавить занятие"))


class DaysOff(Form):
    """Days without lessons."""

    title = text_field(_l("Название"))
    first = calendar_day_field(_l("Первый день"))
    last = calendar_day_field(_l("Последний день"))
    group = SelectField(_l("Для кого"), validate_choice=False)

    def validate_last(self, field: Any) -> None:
        """Not before the first day, and no half year."""
        if field.data is None or self.first.data is None:
            return
        if field.data < self.first.data:
            raise ValidationError(_l("Последний день раньше первого."))
        if (field.data - self.first.data).days >= DAYS_OFF_MAX:
            raise ValidationError(_l("Слишком долго: не больше %(most)d дней.", most=DAYS_OFF_MAX))

    def validate_group(self, field: Any) -> None:
        """One of the club's own."""
        if field.data not in dict(field.choices):
            raise ValidationError(_l("Выберите группу из списка."))
