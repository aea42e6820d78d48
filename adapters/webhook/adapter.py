"""The adapter ``webhook``: any system that pushes marks as JSON, mapped by its settings. A push tells single facts: it withdraws nothing
by what it leaves out.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from jmespath.exceptions import JMESPathError

from adapters.webhook.settings import CANCELLED, WebhookSettings
from gateway.plugins import (
    Batch,
    Finding,
    Group,
    Lesson,
    LessonState,
    Level,
    Mark,
    Member,
    Place,
    Record,
    SourceRefused,
    Status,
    Text,
    WallTimes,
    certificate_of,
    check_hmac,
    check_secret,
    check_standard,
    hookimpl,
    id_text,
)

GATEWAY_INTERFACE = 1
ITEMS_MAX = 10_000
ID_CHARACTERS_MAX = 255


class _Unfit(Exception):
    """One item cannot be taken. ``what`` names the field, and none of its value."""

    def __init__(self, what: Text) -> None:
        super().__init__(what.en)
        self.what = what


class _Item(NamedTuple):
    """One mark, understood. ``status`` None: the lesson is cancelled."""

    group: str
    member: Member
    day: dt.date
    starts_at: dt.time | None
    ends_at: dt.time | None
    lesson: str | None
    status: Status | None
    revision: str | None
    place: Place


class WebhookAdapter:
    """Settings: `WebhookSettings`."""

    name = "webhook"
    title = Text("Система, которая сама присылает отметки в JSON", "A system that pushes its marks as JSON")
    settings = WebhookSettings

    def receive(self, settings: WebhookSettings, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Iterator[Batch]:
        _check(settings, headers, body, now)
        raw = _found(settings, "items", _json(body))
        items = raw if isinstance(raw, list) else [raw]
        if raw is None or len(items) > ITEMS_MAX:
            raise SourceRefused(
                Text(f"по пути items отметок нет, или их больше {ITEMS_MAX}", f"there are no marks where items looks, or over {ITEMS_MAX}"),
                Text("исправьте items в gateway.toml или шлите частями", "mend items in gateway.toml, or send in parts"),
            )
        records: dict[tuple[Any, ...], Record] = {}
        findings: list[Finding] = []
        for number, one in enumerate(items, start=1):
            place = Place(row=number)
            try:
                item = _understood(settings, one, place)
            except _Unfit as error:
                findings.append(Finding(Level.UNREAD, place, error.what, _CURE))
                continue
            records |= _records(item)
        yield Batch(tuple(records.values()), findings=tuple(findings))

    def delivery(self, settings: WebhookSettings, headers: Mapping[str, str], body: bytes) -> str | None:
        if settings.signature == "standard":
            return headers["webhook-id"]
        found = _found(settings, "delivery", _json(body)) if settings.delivery else None
        return str(found)[:ID_CHARACTERS_MAX] if isinstance(found, str | int) and not isinstance(found, bool) and str(found) else None


_CURE = Text(
    "исправьте в системе и пришлите ещё раз, или поправьте пути в gateway.toml",
    "mend it in the system and send it again, or mend the paths in gateway.toml",
)


def _check(settings: WebhookSettings, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> None:
    secrets = (settings.key, settings.key_before)
    if settings.signature == "standard":
        check_standard(headers, body, secrets, now)
        return
    given = headers.get(settings.header.lower(), "").removeprefix(settings.prefix)
    if settings.signature == "hmac":
        check_hmac(given, body, secrets)
    else:
        check_secret(given, secrets)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        refused = SourceRefused(Text("доставка не в JSON", "the delivery is not JSON"), Text("шлите JSON в UTF-8", "send JSON in UTF-8"))
    raise refused


def _found(settings: WebhookSettings, name: str, within: Any) -> Any:
    place = settings.places.get(name)
    try:
        return place.search(within) if place is not None else None
    except (JMESPathError, RecursionError, TypeError, ValueError):
        return None


def _understood(settings: WebhookSettings, raw: Any, place: Place) -> _Item:
    if not isinstance(raw, dict):
        raise _Unfit(Text("отметка не объект JSON", "a mark is no JSON object"))
    group, child = (_words(settings, name, raw) for name in ("group", "child"))
    day, starts_at, ends_at = _times(settings, raw)
    word = _found(settings, "status", raw)
    meaning = settings.meanings.get(_spoken(word))
    if meaning is None:
        raise _unfit("status")
    number = certificate_of(_found(settings, "certificate", raw))
    own_id = _found(settings, "child_id", raw)
    known_as = id_text(own_id) if isinstance(own_id, str | int) and not isinstance(own_id, bool) and own_id != "" else None
    born = _found(settings, "birth_date", raw)
    member = Member(
        f"{group}/{known_as or child}", group, child, place, known_as, *number,
        _date_of(born) if born else None,
    )  # fmt: skip
    lesson, revision = _found(settings, "lesson", raw), _found(settings, "revision", raw)
    return _Item(
        group, member, day, starts_at, ends_at,
        str(lesson) if lesson not in (None, "") else None, None if meaning == CANCELLED else Status(meaning),
        str(revision) if revision not in (None, "") else None, place,
    )  # fmt: skip


def _records(item: _Item) -> dict[tuple[Any, ...], Record]:
    """The item's records, each under what makes it the same as another's."""
    found: dict[tuple[Any, ...], Record] = {("group", item.group): Group(item.group, item.place)}
    is_lesson = item.starts_at is not None and item.ends_at is not None
    own_id = item.lesson or (f"{item.group}/{item.day}/{item.starts_at}" if is_lesson else None)
    if is_lesson or item.status is None:
        state = LessonState.CANCELLED if item.status is None else LessonState.HELD
        times = (item.starts_at, item.ends_at) if is_lesson else (None, None)
        found["lesson", item.group, item.day, own_id] = Lesson(item.group, item.day, state, item.place, own_id, *times)
    if item.status is None:
        return found
    found["member", item.member.key] = item.member
    lesson = own_id if is_lesson else None
    found["mark", item.member.key, item.day, lesson] = Mark(
        item.member.key, item.day, item.status, item.place, lesson=lesson, revision=item.revision
    )
    return found


# ---------------------------------------------------------------- values


def _unfit(name: str) -> _Unfit:
    return _Unfit(Text(f"{name}: нет или не подходит", f"{name}: missing, or does not fit"))


def _words(settings: WebhookSettings, name: str, raw: Any) -> str:
    found = _found(settings, name, raw)
    words = str(found).strip() if isinstance(found, str | int) and not isinstance(found, bool) else ""
    if not words:
        raise _unfit(name)
    return words


def _spoken(word: Any) -> str:
    """A mark's word as settings write it: true and 1 are words too."""
    return json.dumps(word) if isinstance(word, bool | int | float) or word is None else str(word).strip().casefold()


def _times(settings: WebhookSettings, raw: Any) -> WallTimes:
    """On the club's clock. A start that is an instant says its day too."""
    day, at = _day(settings, raw)
    day_of_start, starts_at = _time(settings, "starts_at", raw)
    _, ends_at = _time(settings, "ends_at", raw)
    return settings.clocks.at_the_club(WallTimes(day_of_start or day, starts_at or at, ends_at))


def _day(settings: WebhookSettings, raw: Any) -> tuple[dt.date, dt.time | None]:
    """A day, and its time where it is an instant; on the wall clock of the system's zone."""
    found = _found(settings, "date", raw)
    day = _date_of(found)
    if day is not None:
        return day, None
    try:
        at = dt.datetime.fromisoformat(str(found))
    except ValueError:
        raise _unfit("date") from None
    local = at.astimezone(settings.clocks.system) if at.tzinfo is not None else at
    return local.date(), local.time().replace(second=0, microsecond=0)


def _date_of(value: Any) -> dt.date | None:
    text = str(value).strip()
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _time(settings: WebhookSettings, name: str, raw: Any) -> tuple[dt.date | None, dt.time | None]:
    """A time on the system's clock, and its day where it is an instant."""
    found = _found(settings, name, raw)
    if found in (None, ""):
        return None, None
    try:
        return None, dt.time.fromisoformat(str(found)).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        pass
    try:
        at = dt.datetime.fromisoformat(str(found))
    except ValueError:
        raise _unfit(name) from None
    local = at.astimezone(settings.clocks.system) if at.tzinfo is not None else at
    return local.date() if at.tzinfo is not None else None, local.time().replace(second=0, microsecond=0)


@hookimpl
def gateway_adapters() -> list[WebhookAdapter]:
    return [WebhookAdapter()]
