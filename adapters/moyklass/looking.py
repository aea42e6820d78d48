"""What `check` looks at: the key, the groups, the pupils and their attribute, the statuses of joins, the lessons, and what is a guess."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from adapters.moyklass.settings import MoyKlassSettings
from adapters.moyklass.wire import Wire
from gateway.plugins import Checked, Text, Verdict, certificate_of, id_or_none, permitted, some

_KEY_CURE = Text(
    "выдайте ключу API доступ к группам, ученикам и занятиям (Настройки → API)",
    "let the API key see groups, pupils and lessons (Settings → API)",
)
_SOME_CURE = Text(
    "если в системе они есть, проверьте филиал и доступ ключа", "if the system has some, check the branch and the key's access"
)


def look(wire: Wire, settings: MoyKlassSettings) -> Iterator[Checked]:
    """Line by line; a right that is missing is a line, and the others are looked at all the same."""
    for what, lines in (
        (Text("Группы", "Groups"), lambda: _groups(wire, settings)),
        (Text("Ученики", "Pupils"), lambda: _users(wire, settings)),
        (Text("Записи в группы", "Joins"), lambda: _joins(wire, settings)),
        (Text("Занятия", "Lessons"), lambda: _lessons(wire)),
    ):  # type: tuple[Text, Callable[[], Iterator[Checked]]]
        yield from permitted(what, lines, _KEY_CURE)


def _groups(wire: Wire, settings: MoyKlassSettings) -> Iterator[Checked]:
    filters = {"filialId": settings.filial} if settings.filial else {}
    count = len(wire.whole("classes", filters).items)
    yield some(Text("Группы", "Groups"), count, Text(f"{count} групп", f"{count} groups"), _SOME_CURE)


def _users(wire: Wire, settings: MoyKlassSettings) -> Iterator[Checked]:
    items = [item for item in wire.list("users").items if isinstance(item, dict)]
    yield some(Text("Ученики", "Pupils"), len(items), Text(f"{len(items)} учеников", f"{len(items)} pupils"), _SOME_CURE)
    what, field = Text("Номер сертификата", "Certificate number"), settings.certificate_attribute
    attributes = [each for item in items for each in item.get("attributes") or [] if isinstance(each, dict)]
    if not field:
        offered = ", ".join(sorted({str(each.get("attributeAlias")) for each in attributes})) or "—"
        found = Text(f"признак не указан; есть: {offered}", f"no attribute is named; there are: {offered}")
        cure = Text(
            "впишите certificate_attribute, иначе детей узнают только по имени",
            "set certificate_attribute, else children are known by name alone",
        )
        yield Checked(what, Verdict.QUESTION, found, cure)
        return
    numbers = [certificate_of(each.get("value")) for each in attributes if each.get("attributeAlias") == field]
    read, bad = sum(one.certificate is not None for one in numbers), sum(one.certificate_unreadable for one in numbers)
    is_good = read > 0 and not bad
    cure = Text(f"проверьте признак {field} у учеников", f"check the pupils' attribute {field}")
    found = Text(f"прочитан у {read}, не номер у {bad}", f"read of {read}, no number in {bad}")
    yield Checked(what, Verdict.GOOD if is_good else Verdict.QUESTION, found, None if is_good else cure)


def _joins(wire: Wire, settings: MoyKlassSettings) -> Iterator[Checked]:
    what = Text("Статусы записей в группу", "Statuses of joins")
    items = [item for item in wire.whole("joinStatuses").items if isinstance(item, dict)]
    listed = ", ".join(f"{id_or_none(item)} {item.get('name')}" for item in items) or "—"
    chosen = ", ".join(map(str, settings.studying)) or "—"
    missing = {str(each) for each in settings.studying} - {id_or_none(item) for item in items}
    found = Text(f"{listed}; учится: {chosen}", f"{listed}; studying: {chosen}")
    cure = Text("впишите studying: номера статусов из этого списка", "set studying to statuses of this list")
    yield Checked(what, Verdict.QUESTION if missing else Verdict.GOOD, found, cure if missing else None)


def _lessons(wire: Wire) -> Iterator[Checked]:
    held, planned = (wire.page("lessons", 0, {"statusId": status}).total or 0 for status in (1, 0))
    what = Text("Занятия", "Lessons")
    yield some(what, held, Text(f"проведено {held}, не проведено {planned}", f"held {held}, not held {planned}"), _SOME_CURE)
    yield _range(wire)


def _range(wire: Wire) -> Checked:
    """Whether two dates are a range: the document says that they come in one parameter, parted by a comma, clients send it twice."""
    what = Text("Диапазон дат", "A range of dates")
    first = dt.date(2000, 1, 1)
    found = wire.page("lessons", 0, {"date": [str(first), str(dt.date(2099, 12, 31))]}).total or 0
    held = wire.page("lessons", 0).total or 0
    answered = Text(f"{found} занятий из {held}", f"{found} lessons of {held}")
    cure = Text("даты здесь пишутся иначе: сообщите автору адаптера", "dates are written otherwise here: tell the adapter's author")
    is_good = found == held
    return Checked(what, Verdict.GOOD if is_good else Verdict.QUESTION, answered, None if is_good else cure, is_guess=True)
