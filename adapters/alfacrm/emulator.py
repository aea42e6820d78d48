"""An AlfaCRM account over a made-up club, with the guises in which its values come: dates in two formats, ids as numbers and as text,
booleans as 0, 1, "1" and true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from gateway.plugins import LessonState, Status
from gateway.plugins.testing import Answer, Child, ClubGroup, ClubLesson, Emulator, Request

EMAIL = "gateway@klub.example"
CERTIFICATE_FIELD = "custom_sertifikat"
EXCUSED_REASON = 4
_STATUS = {LessonState.PLANNED: 1, LessonState.CANCELLED: 2, LessonState.HELD: 3}
_REASON = {Status.EXCUSED: EXCUSED_REASON, Status.ABSENT: 1}


class AlfaCrmEmulator(Emulator):
    """``over_status``: what it says of a token that is over; ``denied``: entities that the role may not see; ``extra``: lessons beside the
    club's, as raw items."""

    statuses: ClassVar[tuple[Status, ...]] = (Status.ATTENDED, Status.ABSENT, Status.EXCUSED)
    per_minute: ClassVar[int] = 60
    token_seconds: ClassVar[int | None] = 15 * 60
    over_status: int = 401
    app_key: str = ""
    denied: frozenset[str] = frozenset()
    extra: tuple[dict[str, Any], ...] = ()

    def answer(self, request: Request) -> Answer:
        if request.method != "POST":
            is_page = request.path.startswith("/company/") and "Links to records" not in self.belied
            return Answer(b"<!DOCTYPE html><title>AlfaCRM</title>", 200 if is_page else 404)
        if self.app_key and request.headers.get("x-app-key") != self.app_key:
            return self.refusal(403)
        body = request.json()
        if request.path == "/v2api/auth/login":
            is_known = (body.get("email"), body.get("api_key")) == (EMAIL, self.key)
            return Answer({"token": self.new_token()}) if is_known else self.refusal(403)
        if not self.token_lives(request.headers.get("x-alfacrm-token", "")):
            return self.refusal(self.over_status)
        lists: Mapping[str, Callable[[Request, Any], Answer]] = {
            "/v2api/branch/index": self._branches,
            "/v2api/1/group/index": self._groups,
            "/v2api/1/customer/index": self._customers,
            "/v2api/1/cgi/index": self._cgi,
            "/v2api/1/lesson/index": self._lessons,
            "/v2api/1/lesson-type/index": self._types,
        }
        if request.path not in lists:
            return Answer({"message": "Not found"}, 404)
        if request.path.split("/")[-2] in self.denied:
            return self.refusal(403)
        return lists[request.path](request, body)

    def account(self) -> Mapping[str, Any]:
        return {
            "host": self.url,
            "email": EMAIL,
            "api_key": self.key,
            "certificate_field": CERTIFICATE_FIELD,
            "excused_reasons": [EXCUSED_REASON],
            "per_minute": 600,
            "zone": self.club.zone,
        }

    def writes_with(self, request: Request) -> bool:
        return request.path.rsplit("/", 1)[-1] in ("create", "update", "delete")

    def refusal(self, status: int) -> Answer:
        return Answer({"name": "Forbidden", "message": "Доступ запрещён", "code": 0, "status": status}, status)

    # ------------------------------------------------------------ lists

    def _listed(self, kind: str, items: list[Any], render: Callable[[Any], Any], request: Request, body: Any) -> Answer:
        number, size = int(body.get("page", 0)), int(request.one("per-page", "20"))
        shown = self.page(kind, items, number * min(size, self.page_size), size, render)
        return Answer({"total": self.counted(items), "count": len(shown), "page": number, "items": shown})

    def _branches(self, request: Request, body: Any) -> Answer:
        return Answer({"total": 1, "count": 1, "page": 0, "items": [{"id": 1, "name": "Главный"}] if not body.get("page") else []})

    def _groups(self, request: Request, body: Any) -> Answer:
        return self._listed("groups", list(self.club.groups.values()), _group, request, body)

    def _customers(self, request: Request, body: Any) -> Answer:
        """By default who studies; the archive keeps who is in no group any more."""
        studying = {child for group in self.club.groups.values() for child in group.children}
        wanted, removed = body.get("is_study", 1), body.get("removed", 0)
        shows_archive: tuple[int, ...] = (1, 2)
        if "Archived clients" in self.belied:  # 1 hides them, and there is one whom it hides
            shows_archive = (2,)
            studying -= {next(iter(studying), "")}
        found = []
        for child in self.club.children.values():
            is_archived = child.id not in studying
            if (
                (2 if is_archived else 1) == wanted
                and (not is_archived or removed in shows_archive)
                and str(body.get("id", child.id)) == child.id
            ):
                found.append(child)
        return self._listed("children", found, _customer, request, body)

    def _cgi(self, request: Request, body: Any) -> Answer:
        """Who is in the group now: those who left are not there any more."""
        group = self.club.groups.get(request.one("group_id"))
        found = [_Enrolled(group, child) for child in group.children] if group is not None else []
        return self._listed("cgi", found, lambda each: each.rendered(), request, body)

    def _lessons(self, request: Request, body: Any) -> Answer:
        """Without a status only planned ones come."""
        found: list[Any] = [
            lesson
            for lesson in self.club.lessons.values()
            if _STATUS[lesson.state] == body.get("status", 1)
            and str(body.get("group_id", lesson.group)) == lesson.group
            and body.get("date_from", "") <= lesson.day.isoformat() <= body.get("date_to", "9")
        ]
        extra = [
            _Raw(item) for item in self.extra if item["status"] == body.get("status", 1) and body.get("group_id", 0) in item["group_ids"]
        ]
        return self._listed("lessons", found + extra, lambda each: each.item if isinstance(each, _Raw) else _lesson(each), request, body)

    def _types(self, request: Request, body: Any) -> Answer:
        types = [{"id": 1, "name": "Индивидуальный"}, {"id": 2, "name": "Групповой"}, {"id": 3, "name": "Пробный"}]
        return Answer({"total": 3, "count": 3, "page": 0, "items": types if not body.get("page") else []})


class _Raw:
    def __init__(self, item: dict[str, Any]) -> None:
        self.id, self.item = str(item["id"]), item


class _Enrolled:
    def __init__(self, group: ClubGroup, child: str) -> None:
        self.id, self._group, self._child = f"{group.id}{child}", group, child

    def rendered(self) -> dict[str, Any]:
        return {
            "id": int(self.id),
            "customer_id": int(self._child),
            "group_id": int(self._group.id),
            "b_date": "01.09.2024",
            "e_date": "31.12.2030",
        }


def _group(group: ClubGroup) -> dict[str, Any]:
    return {"id": int(group.id), "name": group.title, "branch_ids": [1], "status_id": 1, "b_date": "2024-09-01", "e_date": "2030-12-31"}


def _customer(child: Child) -> dict[str, Any]:
    number, born = int(child.id), child.birth_date
    return {
        "id": number if number % 2 else child.id,
        "name": child.name,
        "legal_name": "Ведомость Родителева",
        "dob": "" if born is None else born.isoformat() if number % 3 else f"{born:%d.%m.%Y}",
        "is_study": 1,
        "branch_ids": [1],
        "balance": "0.00",
        CERTIFICATE_FIELD: child.certificate or "",
    }


def _lesson(lesson: ClubLesson) -> dict[str, Any]:
    number = int(lesson.id)
    children = list(lesson.marks)
    return {
        "id": number if number % 2 else lesson.id,
        "branch_id": 1,
        "date": lesson.day.isoformat() if number % 3 else f"{lesson.day:%d.%m.%Y}",
        "time_from": f"{lesson.day} {lesson.starts_at:%H:%M:%S}",
        "time_to": f"{lesson.last_day} {lesson.ends_at:%H:%M:%S}",
        "lesson_type_id": 2 if number % 2 else "2",
        "status": _STATUS[lesson.state] if number % 2 else str(_STATUS[lesson.state]),
        "subject_id": 1,
        "customer_ids": [int(child) for child in children],
        "group_ids": [int(lesson.group)],
        "topic": "",
        "updated_at": f"{lesson.day} 20:00:00",
        "details": [_detail(number + place, child, status) for place, (child, status) in enumerate(lesson.marks.items())]
        if lesson.state is LessonState.HELD
        else [],
    }


def _detail(number: int, child: str, status: Status) -> dict[str, Any]:
    is_there = status is Status.ATTENDED
    return {
        "id": number,
        "customer_id": int(child) if number % 2 else child,
        "is_attend": ((1, "1", True, 1) if is_there else (0, "0", False, 0))[number % 4],
        "reason_id": _REASON.get(status),
        "commission": "350.00" if is_there else "0.00",
        "ctt_id": 1,
        "grade": None,
        "note": "",
    }
