"""A МойКласс company over a made-up club, as its OpenAPI document 1.1.8 describes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from gateway.plugins import LessonState, Status
from gateway.plugins.testing import Answer, Child, Club, ClubGroup, ClubLesson, Emulator, Request

CERTIFICATE_ALIAS = "sertifikat"
STUDYING, LEFT = 2, 4
_STATES = {LessonState.PLANNED: 0, LessonState.HELD: 1}


class MoyKlassEmulator(Emulator):
    """``denied``: entities that the key may not see; ``trials``: lesson's id → pupils with a trial record; ``revoked``: tokens given back.

    A lesson that is cancelled is deleted here.
    """

    statuses: ClassVar[tuple[Status, ...]] = (Status.ATTENDED, Status.ABSENT, Status.EXCUSED)
    per_minute: ClassVar[int] = 7 * 60
    token_seconds: ClassVar[int | None] = 7 * 24 * 3600
    denied: frozenset[str] = frozenset()
    trials: Mapping[str, Sequence[str]] = {}
    revoked: tuple[str, ...] = ()

    def __init__(self, club: Club | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(club, clock)
        for lesson in self.club.lessons_of(LessonState.CANCELLED):
            del self.club.lessons[lesson.id]

    def account(self) -> Mapping[str, Any]:
        return {
            "host": self.url,
            "api_key": self.key,
            "certificate_attribute": CERTIFICATE_ALIAS,
            "per_second": 7,
            "zone": self.club.zone,
        }

    def answer(self, request: Request) -> Answer:
        path = request.path.removeprefix("/v1/company/")
        if (request.method, path) == ("POST", "auth/getToken"):
            if request.json().get("apiKey") != self.key:
                return refusal(401, "AuthError")
            return Answer({"accessToken": self.new_token(), "expiresAt": "2030-01-01T00:00:00.000Z", "level": "company"})
        token = request.headers.get("x-access-token", "")
        if token in self.revoked or not self.token_lives(token):
            return refusal(401, "AuthError")
        if (request.method, path) == ("POST", "auth/revokeToken"):
            self.revoked = (*self.revoked, token)
            return Answer(b"", 204)
        lists: Mapping[str, Callable[[Request], Answer]] = {
            "classes": self._classes,
            "users": self._users,
            "joins": self._joins,
            "joinStatuses": self._statuses,
            "userAttributes": self._attributes,
            "filials": self._filials,
            "lessons": self._lessons,
        }
        entity, _, own_id = path.partition("/")
        if request.method != "GET" or entity not in lists:
            return refusal(404, "NotFound")
        if entity in self.denied:
            return refusal(403, "AccessError")
        return self._user(own_id) if own_id else lists[entity](request)

    def writes_with(self, request: Request) -> bool:
        return request.method != "GET" and "/auth/" not in request.path

    # ------------------------------------------------------------ lists

    def _listed(self, entity: str, kind: str, items: list[Any], render: Callable[[Any], Any], request: Request) -> Answer:
        first, size = int(request.one("offset", "0")), int(request.one("limit", "100"))
        if not 0 <= size <= 500:
            return refusal(400, "RequestValidationError")
        shown = self.page(kind, items, first, size, render)
        return Answer({entity: shown, "stats": {"totalItems": self.counted(items)}})

    def _classes(self, request: Request) -> Answer:
        """All of them at once."""
        groups = list(self.club.groups.values())
        firsts = range(0, len(groups), self.page_size)
        return Answer([shown for first in firsts for shown in self.page("groups", groups, first, self.page_size, _class)])

    def _users(self, request: Request) -> Answer:
        return self._listed("users", "children", list(self.club.children.values()), _user, request)

    def _user(self, own_id: str) -> Answer:
        child = self.club.children.get(own_id)
        return Answer(self.rendered("children", child, _user(child))) if child is not None else refusal(404, "NotFound")

    def _joins(self, request: Request) -> Answer:
        found = [_Join(group, child) for group in self.club.groups.values() for child in group.children]
        return self._listed("joins", "joins", found, lambda each: each.rendered(), request)

    def _statuses(self, request: Request) -> Answer:
        return Answer([{"id": STUDYING, "name": "Учится"}, {"id": LEFT, "name": "Окончил"}])

    def _attributes(self, request: Request) -> Answer:
        attributes = ((1, "День рождения", "birthday", "date"), (4, "Сертификат", CERTIFICATE_ALIAS, "string"))
        return Answer([{"id": own_id, "name": name, "alias": alias, "type": kind} for own_id, name, alias, kind in attributes])

    def _filials(self, request: Request) -> Answer:
        return Answer([{"id": 1, "name": "Главный", "city": "Москва", "timezone": self.club.zone, "status": "active"}])

    def _lessons(self, request: Request) -> Answer:
        days = request.query.get("date", [])
        first, last = (days[0], days[-1]) if days else ("", "9")
        if "A range of dates" in self.belied:  # of two days only the last counts
            first = last if days else first
        wanted = request.one("statusId")
        found = [
            lesson
            for lesson in self.club.lessons.values()
            if lesson.state in _STATES
            and request.one("classId", lesson.group) == lesson.group
            and first <= lesson.day.isoformat() <= last
            and wanted in ("", str(_STATES[lesson.state]))
        ]
        with_records = request.one("includeRecords") == "true"
        return self._listed("lessons", "lessons", found, lambda each: self._lesson(each, with_records), request)

    def _lesson(self, lesson: ClubLesson, with_records: bool) -> dict[str, Any]:
        number = int(lesson.id)
        shown: dict[str, Any] = {
            "id": number if number % 2 else lesson.id,
            "date": lesson.day.isoformat(),
            "beginTime": f"{lesson.starts_at:%H:%M}",
            "endTime": f"{lesson.ends_at:%H:%M}",
            "createdAt": f"{lesson.day}T06:00:00.000Z",
            "filialId": 1,
            "classId": int(lesson.group),
            "status": _STATES[lesson.state],
            "topic": None,
            "maxStudents": 15,
            "teacherIds": [7],
        }
        if with_records:
            shown["records"] = self._records(lesson)
        return shown

    def _records(self, lesson: ClubLesson) -> list[dict[str, Any]]:
        """Before the lesson is held every pupil of the group has a record that says nobody came."""
        said: Mapping[str, Status | None] = lesson.marks
        if lesson.state is not LessonState.HELD:
            said = dict.fromkeys(self.club.groups[lesson.group].children)
        records = [_record(lesson, place, child, status) for place, (child, status) in enumerate(said.items())]
        trials = self.trials.get(lesson.id, ())
        return records + [_record(lesson, 90 + place, child, Status.ATTENDED) | {"test": True} for place, child in enumerate(trials)]


class _Join:
    def __init__(self, group: ClubGroup, child: str) -> None:
        self.id, self._group, self._child = f"{group.id}{child}", group, child

    def rendered(self) -> dict[str, Any]:
        return {"id": int(self.id), "userId": int(self._child), "classId": int(self._group.id), "courseId": 1, "statusId": STUDYING}


def refusal(status: int, code: str) -> Answer:
    """An error as the system writes it."""
    return Answer({"code": code, "message": "Ошибка", "meta": {}}, status)


def _class(group: ClubGroup) -> dict[str, Any]:
    begun = "2024-09-01T00:00:00.000Z"
    return {"id": int(group.id), "name": group.title, "beginDate": begun, "status": "opened", "courseId": 1, "filialId": 1}


def _user(child: Child) -> dict[str, Any]:
    number = int(child.id)
    attributes = [{"attributeId": 4, "attributeName": "Сертификат", "attributeAlias": CERTIFICATE_ALIAS, "value": child.certificate or ""}]
    if child.birth_date is not None:
        birthday = {"attributeId": 1, "attributeName": "День рождения", "attributeAlias": "birthday", "value": child.birth_date.isoformat()}
        attributes.append(birthday)
    return {
        "id": number if number % 2 else child.id,
        "name": child.name,
        "email": "roditel@semya.example",
        "phone": "79990000000",
        "updatedAt": "2025-10-01T06:00:00.000Z",
        "clientStateId": 10,
        "filials": [1],
        "attributes": attributes,
    }


def _record(lesson: ClubLesson, place: int, child: str, status: Status | None) -> dict[str, Any]:
    number = int(lesson.id) * 100 + place
    return {
        "id": number,
        "userId": int(child) if number % 2 else child,
        "lessonId": int(lesson.id),
        "free": False,
        "visit": status is Status.ATTENDED,
        "goodReason": status is Status.EXCUSED,
        "test": False,
        "skip": False,
        "paid": True,
        "createdAt": f"{lesson.day}T06:00:00.000Z",
    }
