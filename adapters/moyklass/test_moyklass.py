"""The МойКласс adapter: the conformance kit, and what is peculiar to МойКласс."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterator
from typing import Any, ClassVar, cast

import pytest

from adapters.moyklass.adapter import MoyKlassAdapter
from adapters.moyklass.emulator import CERTIFICATE_ALIAS, LEFT, STUDYING, MoyKlassEmulator
from adapters.moyklass.settings import MoyKlassSettings
from gateway.plugins import BadParameter, Checked, Group, Lesson, LessonState, Mark, Member, SourceUnavailable, Status, Verdict
from gateway.plugins.testing import NOW, AdapterConformance, ClubLesson, Emulator, Fault, Rig, Standing, differences, truth


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


def test_a_reading_that_is_left_off_gives_its_token_back(rig: Rig) -> None:
    reading = rig.source().pull(None, NOW)
    next(reading)
    cast(Generator[Any, None, None], reading).close()
    assert klass(rig).revoked == rig.emulator.tokens and len(rig.emulator.tokens) == 1


def test_a_reading_that_ends_takes_no_token_from_another_under_way(rig: Rig) -> None:
    source = rig.source()
    under_way = source.pull(None, NOW)
    next(under_way)
    list(source.pull(None, NOW))
    assert not klass(rig).revoked
    assert not differences(Standing().take(list(under_way)), truth(rig.club))
    assert klass(rig).revoked == rig.emulator.tokens and len(rig.emulator.tokens) == 1


def test_a_system_that_gives_nothing_is_not_asked_to_take_the_token_back(rig: Rig) -> None:
    rig.emulator.fail(Fault.SERVER_ERROR, after=3)
    with pytest.raises(SourceUnavailable):
        rig.pull()
    assert not [request for request in rig.emulator.log if request.path.endswith("revokeToken")]


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


@pytest.mark.parametrize("turn", [1, -1])
def test_of_two_records_of_a_pupil_at_one_lesson_what_somebody_said_counts(rig: Rig, turn: int) -> None:
    lesson = rig.club.lessons_of(LessonState.HELD)[0]
    child = next(iter(lesson.marks))
    lesson.marks[child] = Status.ATTENDED

    def twice(item: Any) -> None:
        if str(item["id"]) == lesson.id:
            untouched = [record | {"id": 1, "visit": False} for record in item["records"]]
            item["records"] = [*untouched, *item["records"]][::turn]

    changed(rig, "lessons", twice)
    (mark,) = [mark for mark in records(rig) if isinstance(mark, Mark) and mark.lesson == lesson.id and mark.member == child]
    assert mark.status is Status.ATTENDED


@pytest.mark.parametrize("title", ["Кружок «Ёлка» 1", "кружок «ЕЛКА»  1"])
def test_groups_of_one_name_are_told_as_one_and_take_nothing_from_each_other(rig: Rig, title: str) -> None:
    """Last year's group and this year's, or the same one in two branches."""
    rig.club.groups["12"].title = title
    found = [batch for batch in rig.pull() if batch.windows]
    assert len({(window.group, window.period) for batch in found for window in batch.windows}) == len(found) == 6
    marks = {(mark.lesson, mark.member) for batch in found for mark in batch.records if isinstance(mark, Mark)}
    assert marks == {(lesson.id, child) for lesson in rig.club.lessons_of(LessonState.HELD) for child in lesson.marks}
    groups = {record.own_id: record.words for batch in found for record in batch.records if isinstance(record, Group)}
    assert groups == {"11": "Кружок «Ёлка» 1", "12": "Кружок «Ёлка» 1", "13": "Кружок «Ёлка» 3"}


def test_of_two_lessons_at_one_time_in_groups_of_one_name_the_held_one_is_told_last(rig: Rig) -> None:
    rig.club.groups["12"].title = rig.club.groups["11"].title
    held = rig.club.lessons_of(LessonState.HELD)[0]
    rig.club.add_lesson("12", held.day, held.starts_at, LessonState.PLANNED)
    told = [one for one in records(rig) if isinstance(one, Lesson) and (one.day, one.starts_at) == (held.day, held.starts_at)]
    assert [one.state for one in told] == [LessonState.PLANNED, LessonState.HELD]


def test_a_group_without_a_name_is_told_by_its_number(rig: Rig) -> None:
    """The document allows it: such a group is a course's only one."""
    changed(rig, "classes", lambda item: item.update({"name": None} if item["id"] == 12 else {}))
    found = rig.pull()
    assert not [finding for batch in found for finding in batch.findings]
    assert "№ 12" in {window.group for batch in found for window in batch.windows}


@pytest.mark.parametrize("status", [None, 2, "held"])
def test_a_lesson_of_no_known_status_is_a_finding_and_nothing_of_its_group_is_withdrawn(rig: Rig, status: object) -> None:
    lesson = rig.club.lessons_of(LessonState.HELD)[0]
    changed(rig, "lessons", lambda item: item.update({"status": status} if str(item["id"]) == lesson.id else {}))
    found = rig.pull()
    (finding,) = [finding for batch in found for finding in batch.findings]
    assert finding.place.url == f"{rig.emulator.url}/v1/company/lessons/{lesson.id}"
    of_group = [window for batch in found for window in batch.windows if window.group == rig.club.groups[lesson.group].title]
    assert not any(window.lists_all or window.lists_lessons for window in of_group)


def test_an_archived_group_keeps_its_lessons(rig: Rig) -> None:
    changed(rig, "classes", lambda item: item.update({"status": "archive"}))
    assert not differences(rig.pulled(), truth(rig.club))


# ---------------------------------------------------------------- people


@pytest.mark.parametrize(
    ("written", "born"),
    [("2014-03-12", dt.date(2014, 3, 12)), ("12.03.2014", dt.date(2014, 3, 12)), ("весной", None), ("", None), (None, None), (True, None)],
)
def test_a_birth_date_is_read_as_written_and_what_is_none_loses_nobody(rig: Rig, written: object, born: dt.date | None) -> None:
    def write(item: Any) -> None:
        item["attributes"] = [{"attributeAlias": "birthday", "value": written}, {"attributeAlias": "level", "valueId": 3}]

    changed(rig, "users", write)
    members = [record for record in records(rig) if isinstance(record, Member)]
    assert {member.key for member in members} == set(rig.club.children)
    assert {member.birth_date for member in members} == {born}


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
    ("denied", "line"),
    [
        ("filials", "Branches"),
        ("classes", "Groups"),
        ("users", "Pupils"),
        ("userAttributes", "Certificate number"),
        ("joinStatuses", "Joins"),
        ("lessons", "Lessons"),
    ],
)
def test_a_missing_right_is_a_line_and_the_others_are_looked_at(rig: Rig, denied: str, line: str) -> None:
    klass(rig).denied = frozenset({denied})
    found = checked(rig)
    assert found[line].verdict is Verdict.BAD and found[line].cure is not None
    assert len(found) >= 4


@pytest.mark.parametrize(
    ("values", "line", "words"),
    [
        ({"certificate_attribute": ""}, "Certificate number", "sertifikat (Сертификат)"),
        ({"certificate_attribute": "no-such"}, "Certificate number", "sertifikat (Сертификат)"),
        ({"zone": "Asia/Omsk"}, "Branches", "1 Главный (Europe/Moscow)"),
        ({"zone": "Asia/Omsk", "filial": 1}, "Branches", "1 Главный (Europe/Moscow)"),
        ({"certificate_attribute": "birthday"}, "Certificate number", "no number in"),
        ({"studying": (9,)}, "Statuses of joins", "2 Учится"),
    ],
)
def test_a_check_says_what_a_setting_should_be(rig: Rig, values: dict[str, Any], line: str, words: str) -> None:
    found = checked(rig, **values)[line]
    assert found.verdict is Verdict.QUESTION and words in found.found.en and found.cure is not None


def test_a_branch_that_is_not_there_is_told_with_those_that_are(rig: Rig) -> None:
    found = checked(rig, filial=3)["Branches"]
    assert found.verdict is Verdict.BAD and "1 Главный" in found.found.en


def test_a_server_that_reads_dates_otherwise_is_noticed(rig: Rig) -> None:
    answered = rig.emulator.answer

    def one_day_only(request: Any) -> Any:
        if "date" in request.query:
            request = type(request)(**{**vars(request), "query": {**request.query, "date": request.query["date"][:1]}})
        return answered(request)

    rig.emulator.answer = one_day_only  # type: ignore[method-assign]
    assert checked(rig)["A range of dates"].verdict is Verdict.QUESTION


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
