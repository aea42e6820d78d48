"""What `check` looks at: the key, the groups, the pupils and their attribute, the statuses of joins, the lessons, and what is a guess."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

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
        (Text("Филиалы", "Branches"), lambda: _branches(wire, settings)),
        (Text("Группы", "Groups"), lambda: _groups(wire, settings)),
        (Text("Ученики", "Pupils"), lambda: _users(wire, settings)),
        (Text("Записи в группы", "Joins"), lambda: _joins(wire, settings)),
        (Text("Занятия", "Lessons"), lambda: _lessons(wire)),
    ):  # type: tuple[Text, Callable[[], Iterator[Checked]]]
        yield from permitted(what, lines, _KEY_CURE)


def _branches(wire: Wire, settings: MoyKlassSettings) -> Iterator[Checked]:
    """Whether the branch is there, and whether its clock is the one that the settings name."""
    what, chosen = Text("Филиалы", "Branches"), str(settings.filial)
    branches = {id_or_none(item): item for item in wire.whole("filials").items}
    there = ", ".join(f"{own_id} {item.get('name')} ({item.get('timezone')})" for own_id, item in branches.items()) or "—"
    found = Text(f"есть: {there}", f"there are: {there}")
    read = [branches.get(chosen)] if settings.filial else [each for each in branches.values() if each.get("status") != "archive"]
    if settings.filial and chosen not in branches:
        yield Checked(what, Verdict.BAD, found, Text("впишите filial: номер из этого списка", "set filial to a number of this list"))
    elif any(each is not None and each.get("timezone") not in (None, settings.zone) for each in read):
        cure = Text(
            "сравните время одного занятия: если оно по часам филиала, впишите zone, как в системе; "
            "филиалы с разным временем читайте порознь",
            "compare the hours of one lesson: if they are the branch's, set zone as the system has it; "
            "read branches of different time zones one by one",
        )
        yield Checked(what, Verdict.QUESTION, found, cure)
    else:
        yield Checked(what, Verdict.GOOD, found)


def _groups(wire: Wire, settings: MoyKlassSettings) -> Iterator[Checked]:
    count = len(wire.whole("classes", settings.of_filial).items)
    yield some(Text("Группы", "Groups"), count, Text(f"{count} групп", f"{count} groups"), _SOME_CURE)


def _users(wire: Wire, settings: MoyKlassSettings) -> Iterator[Checked]:
    items = [item for item in wire.list("users").items if isinstance(item, dict)]
    yield some(Text("Ученики", "Pupils"), len(items), Text(f"{len(items)} учеников", f"{len(items)} pupils"), _SOME_CURE)
    what = Text("Номер сертификата", "Certificate number")
    yield from permitted(what, lambda: _certificates(wire, settings, items, what), _KEY_CURE)


def _certificates(wire: Wire, settings: MoyKlassSettings, items: list[Any], what: Text) -> Iterator[Checked]:
    field = settings.certificate_attribute
    known = {str(each.get("alias")): each.get("name") for each in wire.whole("userAttributes").items}
    if field not in known:
        offered = ", ".join(f"{alias} ({name})" for alias, name in sorted(known.items())) or "—"
        found = Text(f"признак «{field}»: нет; есть: {offered}", f"attribute “{field}”: none; there are: {offered}")
        cure = Text(
            "впишите certificate_attribute, иначе детей узнают только по имени",
            "set certificate_attribute, else children are known by name alone",
        )
        yield Checked(what, Verdict.QUESTION, found, cure)
        return
    attributes = [each for item in items for each in item.get("attributes") or [] if isinstance(each, dict)]
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
