"""What `check` looks at: the branch, the rights by module, the certificate's field, the lessons, and what nobody has written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from adapters.alfacrm.people import ALSO_REMOVED, ARCHIVE, CLIENT
from adapters.alfacrm.settings import AlfaCrmSettings
from adapters.alfacrm.wire import Wire
from gateway.plugins import Checked, Text, Verdict, certificate_of, id_or_none, permitted, some

_STATUSES = {1: Text("запланировано", "planned"), 2: Text("отменено", "cancelled"), 3: Text("проведено", "held")}


def look(wire: Wire, settings: AlfaCrmSettings) -> Iterator[Checked]:
    """Line by line; a right that is missing is a line, and the others are looked at all the same."""
    yield from _permitted(Text("Филиал", "Branch"), lambda: _branch(wire, settings))
    yield from _permitted(Text("Группы", "Groups"), lambda: _groups(wire))
    yield from _permitted(Text("Клиенты", "Clients"), lambda: _clients(wire, settings))
    yield from _permitted(Text("Уроки", "Lessons"), lambda: _lessons(wire))
    yield from _permitted(Text("Типы уроков", "Lesson types"), lambda: _types(wire, settings))
    yield from _permitted(Text("Архив", "Archive"), lambda: _archive(wire))
    yield _pages(wire)


def _permitted(what: Text, lines: Callable[[], Iterator[Checked]]) -> Iterator[Checked]:
    cure = Text(
        f"дайте роли пользователя право на просмотр: «{what.ru}»; проверьте почту и ключ API",
        f"give the user's role the right to see “{what.en}”; check the e-mail and the API key",
    )
    return permitted(what, lines, cure)


def _branch(wire: Wire, settings: AlfaCrmSettings) -> Iterator[Checked]:
    what = Text("Филиал", "Branch")
    known = [found for item in wire.list("branch").items if (found := id_or_none(item)) is not None]
    listed = ", ".join(known) or "—"
    if str(settings.branch) in known:
        yield Checked(what, Verdict.GOOD, Text(f"{settings.branch} (есть: {listed})", f"{settings.branch} (there are: {listed})"))
    else:
        cure = Text("впишите branch из этого списка", "set branch to one of these")
        yield Checked(
            what,
            Verdict.BAD,
            Text(f"нет филиала {settings.branch}; есть: {listed}", f"no branch {settings.branch}; there are: {listed}"),
            cure,
        )


def _groups(wire: Wire) -> Iterator[Checked]:
    count = len(wire.list("group").items)
    seen = Text(f"{count} групп", f"{count} groups")
    yield _some(Text("Группы", "Groups"), count, seen)


def _clients(wire: Wire, settings: AlfaCrmSettings) -> Iterator[Checked]:
    items = [item for item in wire.list("customer", {"is_study": CLIENT}).items if isinstance(item, dict)]
    yield _some(Text("Клиенты", "Clients"), len(items), Text(f"{len(items)} клиентов", f"{len(items)} clients"))
    what, field = Text("Номер сертификата", "Certificate number"), settings.certificate_field
    if not field:
        offered = ", ".join(sorted({name for item in items for name in item if name.startswith("custom_")})) or "—"
        found = Text(f"поле не указано; поля клиента: {offered}", f"no field is named; the client's fields: {offered}")
        cure = Text(
            "впишите certificate_field, иначе детей узнают только по имени", "set certificate_field, else children are known by name alone"
        )
        yield Checked(what, Verdict.QUESTION, found, cure)
        return
    read = sum(certificate_of(item.get(field)).certificate is not None for item in items)
    unreadable = sum(certificate_of(item.get(field)).certificate_unreadable for item in items)
    found = Text(f"прочитан у {read}, не номер у {unreadable}", f"read of {read}, no number in {unreadable}")
    is_good = read > 0 and not unreadable
    cure = Text(f"проверьте поле {field} в карточках клиентов", f"check the field {field} of the clients")
    yield Checked(what, Verdict.GOOD if is_good else Verdict.QUESTION, found, None if is_good else cure)


def _lessons(wire: Wire) -> Iterator[Checked]:
    counts = {status: wire.page("lesson", 0, {"status": status}).total or 0 for status in _STATUSES}
    found = Text(
        ", ".join(f"{_STATUSES[status].ru} {count}" for status, count in counts.items()),
        ", ".join(f"{_STATUSES[status].en} {count}" for status, count in counts.items()),
    )
    yield _some(Text("Уроки", "Lessons"), counts[3], found)


def _types(wire: Wire, settings: AlfaCrmSettings) -> Iterator[Checked]:
    items: list[Any] = [item for item in wire.list("lesson-type").items if isinstance(item, dict)]
    listed = ", ".join(f"{id_or_none(item)} {item.get('name')}" for item in items)
    trial = ", ".join(map(str, settings.trial_types)) or "—"
    missing = {str(each) for each in settings.trial_types} - {id_or_none(item) for item in items}
    found = Text(f"{listed}; пробными считаются: {trial}", f"{listed}; taken for trials: {trial}")
    cure = Text("впишите trial_types: номера пробных из этого списка", "set trial_types to the trials of this list")
    yield Checked(Text("Типы уроков", "Lesson types"), Verdict.QUESTION if missing else Verdict.GOOD, found, cure if missing else None)


def _archive(wire: Wire) -> Iterator[Checked]:
    """Whether ``removed: 1`` shows archived clients beside the others: else the marks of who has left cannot be told."""
    what = Text("Клиенты в архиве", "Archived clients")
    all_of_them = wire.page("customer", 0, {"is_study": ARCHIVE, "removed": ALSO_REMOVED}).total or 0
    only_removed = wire.page("customer", 0, {"is_study": ARCHIVE, "removed": 2}).total or 0
    found = Text(f"видно {all_of_them}, из них удалённых {only_removed}", f"{all_of_them} are seen, {only_removed} of them removed")
    is_good = all_of_them >= only_removed
    cure = Text(
        "фильтр removed значит здесь другое: сообщите автору адаптера",
        "the filter removed means something else here: tell the adapter's author",
    )
    yield Checked(what, Verdict.GOOD if is_good else Verdict.QUESTION, found, None if is_good else cure, is_guess=True)


def _pages(wire: Wire) -> Checked:
    """Whether the addresses of pages that are shown to people lead anywhere."""
    what = Text("Ссылки на записи", "Links to records")
    key = next((found for item in wire.page("group", 0).items if (found := id_or_none(item)) is not None), "1")
    status = wire.status_of_page("group", key)
    is_good = status != 404
    cure = Text(
        "ссылки в отчёте не откроются: найдите запись по номеру", "links of the report will not open: find the record by its number"
    )
    answered = Text(f"HTTP {status}", f"HTTP {status}")
    return Checked(what, Verdict.GOOD if is_good else Verdict.QUESTION, answered, None if is_good else cure, is_guess=True)


def _some(what: Text, count: int, found: Text) -> Checked:
    cure = Text("если в системе они есть, проверьте филиал и права роли", "if the system has some, check the branch and the role's rights")
    return some(what, count, found, cure)
