"""The МойКласс adapter: the conformance kit, and what is peculiar to МойКласс."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, cast

import pytest

from adapters.moyklass.adapter import MoyKlassAdapter
from adapters.moyklass.emulator import CERTIFICATE_ALIAS, LEFT, STUDYING, MoyKlassEmulator
from adapters.moyklass.settings import MoyKlassSettings
from gateway.plugins import BadParameter, Checked, Lesson, LessonState, Mark, Member, Status, Verdict
from gateway.plugins.testing import NOW, AdapterConformance, Emulator, Rig, Standing, differences, truth


class TestMoyKlass(AdapterConformance):
    adapter = MoyKlassAdapter()
    emulator = MoyKlassEmulator
    can: ClassVar[frozenset[str]] = frozenset({"tokens", "certificates", "since"})  # a cancelled lesson is deleted

    def settings(self, emulator: Emulator) -> MoyKlassSettings:
        return settings_for(emulator)


def settings_for(emulator: Emulator, **values: Any) -> MoyKlassSettings:
    given = {"host": emulator.url, "api_key": emulator.key, "certificate_attribute": CERTIFICATE_ALIAS, "zone": emulator.club.zone}
    return MoyKlassSettings(**(given | values))


@pytest.fixture
def rig() -> Iterator[Rig]:
    with TestMoyKlass().rig() as made:
        yield made


def klass(rig: Rig) -> MoyKlassEmulator:
    return cast(MoyKlassEmulator, rig.emulator)


def records(rig: Rig, **values: Any) -> list[Any]:
    source = rig.adapter.connect(settings_for(rig.emulator, **values), rig.http)
    return [record for batch in source.pull(None, NOW) for record in batch.records]


def checked(rig: Rig, **values: Any) -> dict[str, Checked]:
    source = rig.adapter.connect(settings_for(rig.emulator, **values), rig.http)
    return {line.what.en: line for line in source.check()}


def changed(rig: Rig, entity: str, change: Any) -> None:
    """Let every answer about an entity go through ``change``, which is given its items."""
    answered = rig.emulator.answer

    def answer(request: Any) -> Any:
        found = answered(request)
        if request.path.endswith(f"/{entity}") and found.status == 200:
            items = found.body[entity] if isinstance(found.body, dict) else found.body
            for item in items:
                change(item)
        return found

    rig.emulator.answer = answer  # type: ignore[method-assign]


# ---------------------------------------------------------------- the wire


def test_lists_are_asked_for_in_pages_of_500_and_lessons_with_their_records_and_a_range_of_dates(rig: Rig) -> None:
    rig.pull()
    lists = [request for request in rig.emulator.log if request.path.rsplit("/", 1)[-1] in ("users", "joins", "lessons")]
    assert {request.one("limit") for request in lists} == {"500"}
    lessons = [request.query for request in lists if request.path.endswith("lessons")]
    assert {tuple(query["date"]) for query in lessons} == {("2025-09-01", "2025-11-30")}
    assert all(query["includeRecords"] == ["true"] for query in lessons)


def test_a_token_is_taken_for_each_reading_and_given_back(rig: Rig) -> None:
    rig.pull()
    assert klass(rig).revoked == rig.emulator.tokens
    checked(rig)
    assert klass(rig).revoked == rig.emulator.tokens and len(rig.emulator.tokens) == 2


def test_a_source_that_is_asked_twice_takes_a_new_token(rig: Rig) -> None:
    source = rig.source()
    for _ in range(2):
        assert not differences(Standing().take(list(source.pull(None, NOW))), truth(rig.club))


def test_a_branch_is_asked_for_where_one_is_named(rig: Rig) -> None:
    records(rig, filial=3)
    (asked,) = [request.query for request in rig.emulator.log if request.path.endswith("classes")]
    assert asked["filialId"] == ["3"]


# ---------------------------------------------------------------- lessons and records


@pytest.mark.parametrize(
    ("record", "status"),
    [
        ({"visit": True}, Status.ATTENDED),
        ({"visit": "1", "goodReason": True}, Status.ATTENDED),
        ({"visit": False}, Status.ABSENT),
        ({"visit": 0, "goodReason": 1}, Status.EXCUSED),
        ({"visit": False, "free": True, "skip": True, "paid": False}, Status.ABSENT),
    ],
)
def test_visit_and_good_reason_say_who_was_there(rig: Rig, record: dict[str, Any], status: Status) -> None:
    changed(rig, "lessons", lambda item: [each.update({"visit": False, "goodReason": False} | record) for each in item["records"]])
    found = {mark.status for mark in records(rig) if isinstance(mark, Mark)}
    assert found == {status}


def test_before_a_lesson_is_held_nobody_is_absent(rig: Rig) -> None:
    lesson = rig.club.lessons_of(LessonState.HELD)[0]
    lesson.state = LessonState.PLANNED
    found = records(rig)
    assert not [mark for mark in found if isinstance(mark, Mark) and mark.lesson == lesson.id]
    (told,) = [one for one in found if isinstance(one, Lesson) and one.own_id == lesson.id]
    assert told.state is LessonState.PLANNED


def test_a_trial_is_not_told(rig: Rig) -> None:
    lesson = rig.club.lessons_of(LessonState.HELD)[0]
    visitor = rig.club.add_child([])
    klass(rig).trials = {lesson.id: [visitor.id]}
    assert not [mark for mark in records(rig) if isinstance(mark, Mark) and mark.member == visitor.id]


def test_who_makes_up_for_a_lesson_in_another_group_is_told_there(rig: Rig) -> None:
    lesson = next(each for each in rig.club.lessons_of(LessonState.HELD) if each.group == "11")
    guest = rig.club.groups["13"].children[-1]
    lesson.marks[guest] = Status.ATTENDED
    (mark,) = [mark for mark in records(rig) if isinstance(mark, Mark) and mark.lesson == lesson.id and mark.member == guest]
    assert mark.status is Status.ATTENDED
    batches = [batch for batch in rig.pull() if mark in batch.records]
    members = [record for record in batches[0].records if isinstance(record, Member) and record.key == guest]
    assert [member.group for member in members] == [rig.club.groups["11"].title]


# ---------------------------------------------------------------- people


def test_who_has_left_a_group_is_expected_there_no_more_and_keeps_the_marks(rig: Rig) -> None:
    child, title = rig.club.groups["13"].children[-1], rig.club.groups["13"].title
    changed(rig, "joins", lambda item: item.update({"statusId": LEFT if str(item["userId"]) == child else STUDYING}))
    of_group = [batch.records for batch in rig.pull() if batch.windows and batch.windows[0].group == title]
    _, october, november = [{record.key for record in each if isinstance(record, Member)} for each in of_group]
    assert child in october and child not in november


def test_who_was_deleted_for_good_is_a_finding_and_withdraws_nothing(rig: Rig) -> None:
    first = rig.pull()
    before = Standing().take(first)
    child = rig.club.groups["13"].children.pop()
    rig.club.children.pop(child)
    again = rig.pull()
    assert [finding.place.url for batch in again for finding in batch.findings] == [f"{rig.emulator.url}/v1/company/users/{child}"]
    assert Standing().take(first).take(again, confirmed=True).marks == before.marks


def test_a_pupil_who_came_after_the_list_was_read_is_asked_for(rig: Rig) -> None:
    lesson = rig.club.lessons_of(LessonState.HELD)[0]

    def comes() -> None:
        lesson.marks[rig.club.add_child([]).id] = Status.ATTENDED

    rig.emulator.meanwhile(3, comes)  # the list of pupils has been read
    found = records(rig)
    new = list(rig.club.children)[-1]
    assert [mark.status for mark in found if isinstance(mark, Mark) and mark.member == new] == [Status.ATTENDED]


def test_no_certificate_is_read_where_no_attribute_is_named(rig: Rig) -> None:
    members = [record for record in records(rig, certificate_attribute="") if isinstance(record, Member)]
    assert members and not any(member.certificate or member.certificate_unreadable for member in members)


# ---------------------------------------------------------------- settings and check


@pytest.mark.parametrize("values", [{"filial": -1}, {"window_days": 0}, {"per_second": 8}, {"zone": "Moscow"}])
def test_settings_that_make_no_sense_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(BadParameter):
        MoyKlassSettings(api_key="k", **values)


def test_the_key_is_in_no_repr() -> None:
    assert "geheim" not in repr(MoyKlassSettings(api_key="geheim"))


def test_a_check_of_an_account_in_order_has_only_good_lines(rig: Rig) -> None:
    changed(rig, "users", lambda item: item["attributes"][0].update({"value": "4700000001"}))
    found = checked(rig)
    assert {line.verdict for line in found.values()} == {Verdict.GOOD}
    assert [name for name, line in found.items() if line.is_guess] == ["A range of dates"]


@pytest.mark.parametrize(
    ("denied", "line"), [("classes", "Groups"), ("users", "Pupils"), ("joinStatuses", "Joins"), ("lessons", "Lessons")]
)
def test_a_missing_right_is_a_line_and_the_others_are_looked_at(rig: Rig, denied: str, line: str) -> None:
    klass(rig).denied = frozenset({denied})
    found = checked(rig)
    assert found[line].verdict is Verdict.BAD and found[line].cure is not None
    assert len(found) >= 4


@pytest.mark.parametrize(
    ("values", "line", "words"),
    [
        ({"certificate_attribute": ""}, "Certificate number", "sertifikat"),
        ({"certificate_attribute": "birthday"}, "Certificate number", "no number in"),
        ({"studying": (9,)}, "Statuses of joins", "2 Учится"),
    ],
)
def test_a_check_says_what_a_setting_should_be(rig: Rig, values: dict[str, Any], line: str, words: str) -> None:
    found = checked(rig, **values)[line]
    assert found.verdict is Verdict.QUESTION and words in found.found.en and found.cure is not None


def test_a_server_that_reads_dates_otherwise_is_noticed(rig: Rig) -> None:
    answered = rig.emulator.answer

    def one_day_only(request: Any) -> Any:
        if "date" in request.query:
            request = type(request)(**{**vars(request), "query": {**request.query, "date": request.query["date"][:1]}})
        return answered(request)

    rig.emulator.answer = one_day_only  # type: ignore[method-assign]
    assert checked(rig)["A range of dates"].verdict is Verdict.QUESTION
