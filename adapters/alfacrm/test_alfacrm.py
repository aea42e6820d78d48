"""The AlfaCRM adapter: the conformance kit, and what is peculiar to AlfaCRM."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from adapters.alfacrm.adapter import AlfaCrmAdapter
from adapters.alfacrm.emulator import CERTIFICATE_FIELD, EMAIL, EXCUSED_REASON, AlfaCrmEmulator
from adapters.alfacrm.settings import AlfaCrmSettings
from gateway.plugins import BadParameter, Checked, Group, Lesson, LessonState, Mark, Member, SourceRefused, Status, Verdict
from gateway.plugins.testing import NOW, AdapterConformance, ClubLesson, Emulator, Fault, Rig, Standing, differences, truth


class TestAlfaCrm(AdapterConformance):
    adapter = AlfaCrmAdapter()
    emulator = AlfaCrmEmulator

    def settings(self, emulator: Emulator) -> AlfaCrmSettings:
        return settings_for(emulator)


def settings_for(emulator: Emulator, **values: Any) -> AlfaCrmSettings:
    given = {
        "host": emulator.url,
        "email": EMAIL,
        "api_key": emulator.key,
        "certificate_field": CERTIFICATE_FIELD,
        "excused_reasons": (EXCUSED_REASON,),
        "zone": emulator.club.zone,
    }
    return AlfaCrmSettings(**(given | values))


@pytest.fixture
def rig() -> Iterator[Rig]:
    with TestAlfaCrm().rig() as made:
        yield made


def alfa(rig: Rig) -> AlfaCrmEmulator:
    return cast(AlfaCrmEmulator, rig.emulator)


def records(rig: Rig, **values: Any) -> list[Any]:
    source = rig.adapter.connect(settings_for(rig.emulator, **values), rig.http)
    return [record for batch in source.pull(None, NOW) for record in batch.records]


def raw_lesson(**values: Any) -> dict[str, Any]:
    item = {
        "id": 5001,
        "date": "2025-10-20",
        "time_from": "2025-10-20 18:00:00",
        "time_to": "2025-10-20 19:00:00",
        "lesson_type_id": 2,
        "status": 3,
        "group_ids": [11],
        "customer_ids": [100],
        "details": [{"id": 1, "customer_id": 100, "is_attend": 1, "reason_id": None}],
    }
    return item | values


def marks_of(found: list[Any], lesson: str = "5001") -> list[tuple[str, Status]]:
    return [(record.member, record.status) for record in found if isinstance(record, Mark) and record.lesson == lesson]


# ---------------------------------------------------------------- lessons


def test_lessons_are_asked_for_by_each_status(rig: Rig) -> None:
    rig.pull()
    asked = [request.json() for request in rig.emulator.log if request.path.endswith("lesson/index")]
    assert {body["status"] for body in asked} == {1, 2, 3}
    assert {(body["date_from"], body["date_to"]) for body in asked} == {("2025-09-01", "2025-11-30")}


@pytest.mark.parametrize("value", [1, "1", True, "true"])
def test_all_guises_of_attended(rig: Rig, value: object) -> None:
    alfa(rig).extra = (raw_lesson(details=[{"id": 1, "customer_id": "100", "is_attend": value}]),)
    assert marks_of(records(rig)) == [("100", Status.ATTENDED)]


@pytest.mark.parametrize(
    ("detail", "marks"),
    [
        ({"is_attend": 0}, [("100", Status.ABSENT)]),
        ({"is_attend": "0", "reason_id": "4"}, [("100", Status.EXCUSED)]),
        ({"is_attend": False, "reason_id": 2}, [("100", Status.ABSENT)]),
        ({"is_attend": 1, "reason_id": 4}, [("100", Status.ATTENDED)]),
        ({"is_attend": None}, []),
    ],
)
def test_absent_excused_and_not_yet_marked(rig: Rig, detail: dict[str, Any], marks: list[Any]) -> None:
    alfa(rig).extra = (raw_lesson(details=[{"id": 1, "customer_id": 100} | detail]),)
    assert marks_of(records(rig)) == marks


@pytest.mark.parametrize(
    ("date", "time_from"),
    [("2025-10-20", "2025-10-20 18:00:00"), ("20.10.2025", "20.10.2025 18:00"), (None, "2025-10-20T18:00:00"), ("2025-10-20", "18:00")],
)
def test_both_formats_of_dates(rig: Rig, date: str | None, time_from: str) -> None:
    alfa(rig).extra = (raw_lesson(date=date, time_from=time_from),)
    (found,) = [record for record in records(rig) if isinstance(record, Lesson) and record.own_id == "5001"]
    assert (str(found.day), str(found.starts_at), str(found.ends_at), found.state) == (
        "2025-10-20",
        "18:00:00",
        "19:00:00",
        LessonState.HELD,
    )


def test_trials_are_not_told(rig: Rig) -> None:
    alfa(rig).extra = (raw_lesson(lesson_type_id="3"),)
    assert not [record for record in records(rig) if getattr(record, "own_id", None) == "5001"]
    assert marks_of(records(rig, trial_types=(9,)))


def test_a_lesson_of_another_group_is_not_taken_for_this_ones(rig: Rig) -> None:
    """As a server does that does not know the filter by group."""
    alfa(rig).extra = (raw_lesson(group_ids=[11, 12]),)
    told = [record.group for record in records(rig) if isinstance(record, Lesson) and record.own_id == "5001"]
    assert told == [rig.club.groups["11"].title, rig.club.groups["12"].title]
    lesson = next(iter(rig.club.lessons.values()))
    answered = rig.emulator.answer

    def unfiltered(request: Any) -> Any:
        found = answered(request)
        if request.path.endswith("lesson/index") and request.json().get("group_id") == 12 and request.json()["status"] == 3:
            found.body["items"].append(raw_lesson(group_ids=[int(lesson.group)]))
            found.body["total"] += 1
        return found

    alfa(rig).extra = ()
    rig.emulator.answer = unfiltered  # type: ignore[method-assign]
    assert not [record for record in records(rig) if getattr(record, "own_id", None) == "5001"]


def test_at_a_lesson_of_two_groups_each_child_is_told_in_its_own(rig: Rig) -> None:
    first, second = rig.club.groups["11"], rig.club.groups["12"]
    own, others, gone = first.children[1], second.children[1], rig.club.add_child([]).id
    details = [{"id": place, "customer_id": child, "is_attend": 1} for place, child in enumerate((own, others, gone))]
    alfa(rig).extra = (raw_lesson(group_ids=[11, 12], details=details),)
    found = records(rig)
    marks = [record for record in found if isinstance(record, Mark) and record.lesson == "5001"]
    assert sorted(mark.member for mark in marks) == sorted([own, others, gone])
    batches = [batch for batch in rig.pull() if any(isinstance(record, Mark) and record.lesson == "5001" for record in batch.records)]
    told = {
        batch.windows[0].group: {record.member for record in batch.records if isinstance(record, Mark) and record.lesson == "5001"}
        for batch in batches
    }
    assert told == {first.title: {own, gone}, second.title: {others}}


def test_groups_of_one_name_are_told_as_one_and_take_nothing_from_each_other(rig: Rig) -> None:
    first, second = rig.club.groups["11"], rig.club.groups["12"]
    second.title = first.title.upper()
    own, others = first.children[1], second.children[1]
    details = [{"id": place, "customer_id": child, "is_attend": 1} for place, child in enumerate((own, others))]
    alfa(rig).extra = (raw_lesson(group_ids=[11, 12], details=details),)
    found = [batch for batch in rig.pull() if batch.windows]
    assert len({(window.group, window.period) for batch in found for window in batch.windows}) == len(found) == 6
    assert {record.own_id for batch in found for record in batch.records if isinstance(record, Group)} == {"11", "12", "13"}
    marks = [(mark.lesson, mark.member) for batch in found for mark in batch.records if isinstance(mark, Mark)]
    truly = [(lesson.id, child) for lesson in rig.club.lessons_of(LessonState.HELD) for child in lesson.marks]
    assert sorted(marks) == sorted([*truly, ("5001", own), ("5001", others)])


def test_a_mark_has_its_lessons_time_of_change(rig: Rig) -> None:
    assert all(record.revision for record in records(rig) if isinstance(record, Mark))


# ---------------------------------------------------------------- people


def test_who_left_is_looked_up_in_the_archive_and_keeps_the_marks(rig: Rig) -> None:
    child = rig.club.groups["13"].children[-1]
    rig.club.groups["13"].children.remove(child)
    found = rig.pulled()
    assert not differences(found, truth(rig.club))
    asked = [request.json() for request in rig.emulator.log if "id" in request.json()]
    assert [(body["id"], body["is_study"]) for body in asked] == [(int(child), 1), (int(child), 2)]


def test_who_was_deleted_for_good_is_a_finding_and_withdraws_nothing(rig: Rig) -> None:
    first = rig.pull()
    before = Standing().take(first)
    child = rig.club.groups["13"].children.pop()
    rig.club.children.pop(child)
    again = rig.pull()
    assert [finding.place.url for batch in again for finding in batch.findings] == [
        f"{rig.emulator.url}/company/1/customer/view?id={child}"
    ]
    assert Standing().take(first).take(again, confirmed=True).marks == before.marks


def test_no_certificate_is_read_where_no_field_is_named(rig: Rig) -> None:
    members = [record for record in records(rig, certificate_field="") if isinstance(record, Member)]
    assert members and not any(member.certificate or member.certificate_unreadable for member in members)


def test_a_number_that_was_kept_as_a_number_has_its_zero_back(rig: Rig) -> None:
    child = rig.club.children["100"]
    child.certificate = 120000000  # type: ignore[assignment]
    member = next(record for record in records(rig) if isinstance(record, Member) and record.own_id == "100")
    assert (member.certificate, member.certificate_padded) == ("0120000000", True)


# ---------------------------------------------------------------- the protocol


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_is_over_by_either_status(rig: Rig, status: int) -> None:
    alfa(rig).over_status = status
    rig.emulator.fail(Fault.EXPIRED, times=1, after=5)
    assert not differences(rig.pulled(), truth(rig.club))
    assert len(rig.emulator.tokens) == 2


def test_an_app_key_is_sent_where_it_is_given(rig: Rig) -> None:
    alfa(rig).app_key = "app-77"
    assert records(rig, app_key="app-77")
    assert rig.emulator.log[0].headers["x-app-key"] == "app-77"
    assert "app-77" not in repr(settings_for(rig.emulator, app_key="app-77"))


def test_the_address_has_tls_unless_it_says_otherwise() -> None:
    assert AlfaCrmSettings("klub.s20.online/", EMAIL, "k").address == "https://klub.s20.online"


@pytest.mark.parametrize(("name", "value"), [("zone", "Mars/Olympus"), ("window_days", 0), ("per_minute", 0), ("branch", 0)])
def test_settings_that_make_no_sense_are_refused(name: str, value: object) -> None:
    with pytest.raises(BadParameter, match=name):
        AlfaCrmSettings(host="h", email=EMAIL, api_key="k", **{name: value})  # type: ignore[arg-type]


# ---------------------------------------------------------------- the check


def line(rig: Rig, what: str, **values: Any) -> Checked:
    source = rig.adapter.connect(settings_for(rig.emulator, **values), rig.http)
    return next(each for each in source.check() if each.what.en == what)


@pytest.mark.parametrize(
    ("what", "entity"),
    [("Groups", "group"), ("Clients", "customer"), ("Lessons", "lesson"), ("Lesson types", "lesson-type"), ("Branch", "branch")],
)
def test_a_module_that_the_role_may_not_see_is_named(rig: Rig, what: str, entity: str) -> None:
    alfa(rig).denied = frozenset({entity})
    found = line(rig, what)
    assert found.verdict is Verdict.BAD and found.cure is not None and what in found.cure.en


@pytest.mark.parametrize(
    ("what", "values", "verdict", "words"),
    [
        ("Branch", {}, Verdict.GOOD, "1 (there are: 1)"),
        ("Certificate number", {}, Verdict.GOOD, "read of 9, no number in 0"),
        ("Certificate number", {"certificate_field": ""}, Verdict.QUESTION, CERTIFICATE_FIELD),
        ("Certificate number", {"certificate_field": "custom_other"}, Verdict.QUESTION, "read of 0"),
        ("Lessons", {}, Verdict.GOOD, "planned 3, cancelled 3"),
        ("Lesson types", {}, Verdict.GOOD, "taken for trials: 3"),
        ("Lesson types", {"trial_types": (9,)}, Verdict.QUESTION, "taken for trials: 9"),
        ("Archived clients", {}, Verdict.GOOD, "0 are seen"),
        ("Links to records", {}, Verdict.GOOD, "HTTP 200"),
    ],
)
def test_what_the_check_sees(rig: Rig, what: str, values: dict[str, Any], verdict: Verdict, words: str) -> None:
    found = line(rig, what, **values)
    assert (found.verdict, words in found.found.en) == (verdict, True), found
    assert (found.cure is None) == (verdict is Verdict.GOOD)


def test_a_branch_that_is_not_there_is_told_with_those_that_are(rig: Rig) -> None:
    found = line(rig, "Branch", branch=2)
    assert found.verdict is Verdict.BAD and "there are: 1" in found.found.en


def test_guesses_are_marked(rig: Rig) -> None:
    source = rig.adapter.connect(settings_for(rig.emulator), rig.http)
    assert [each.what.en for each in source.check() if each.is_guess] == ["Archived clients", "Links to records"]


def test_pages_that_lead_nowhere_are_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: Callable[..., Any] = rig.emulator.answer
    monkeypatch.setattr(rig.emulator, "answer", lambda request: rig.emulator.refusal(404) if request.method == "GET" else answered(request))
    assert line(rig, "Links to records").verdict is Verdict.QUESTION


def test_a_check_with_a_wrong_key_ends_at_once_with_its_cure(rig: Rig) -> None:
    """Tried again for every line, it would lock the account."""
    source = rig.adapter.connect(settings_for(rig.emulator, api_key="another"), rig.http)
    with pytest.raises(SourceRefused) as refused:
        list(source.check())
    assert "key" in refused.value.cure.en
    assert [request.path for request in rig.emulator.log] == ["/v2api/auth/login"]


def test_an_account_that_keeps_another_clock_tells_each_lesson_once_on_its_clubs(rig: Rig) -> None:
    """The months are the club's: what is of another day there belongs to another month's window."""
    group = next(iter(rig.club.groups.values()))
    for number, day in enumerate((dt.date(2025, 8, 31), dt.date(2025, 9, 30), dt.date(2025, 10, 31)), start=7001):
        marks = {group.children[0]: Status.ATTENDED}
        rig.club.lessons[str(number)] = ClubLesson(str(number), group.id, day, dt.time(18, 30), dt.time(19, 30), LessonState.HELD, marks)
    source = rig.adapter.connect(settings_for(rig.emulator, club_zone="Asia/Vladivostok"), rig.http)
    batches = list(source.pull(None, NOW, dt.date(2025, 9, 1)))
    told = {
        record.day for batch in batches for record in batch.records if isinstance(record, Lesson) and record.starts_at == dt.time(1, 30)
    }
    assert {dt.date(2025, 9, 1), dt.date(2025, 10, 1), dt.date(2025, 11, 1)} <= told
    for batch in batches:
        days = [record.day for record in batch.records if isinstance(record, Lesson | Mark)]
        assert all(any(day in window.period for window in batch.windows) for day in days)
    ids = [record.own_id for batch in batches for record in batch.records if isinstance(record, Lesson)]
    assert len(ids) == len(set(ids))
