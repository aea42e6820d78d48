"""A club's own system is asked: what it says is taken in as a sheet is, joined with the sheet, and read on from where it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.alfacrm.emulator import CERTIFICATE_FIELD, EMAIL, EXCUSED_REASON, AlfaCrmEmulator
from gateway.bootstrap import Gateway
from gateway.core.facts import LessonState, Status
from gateway.errors import UserError
from gateway.plugins import Http, Limits, Verdict
from gateway.plugins.testing import Child, Club, ClubGroup, Fault
from gateway.plugins.testing.clock import SkippingClock
from gateway.settings import SourceSettings
from tests.builders.sheets import Row
from tests.builders.town import (
    GROUP,
    LESSON_DAYS,
    OCTOBER,
    PROVIDER,
    TITLE,
    Databases,
    District,
    Town,
    certificate,
    child_name,
    rows_of,
    sums,
    town,
)

HELD, ATTENDED, ABSENT = LessonState.HELD, Status.ATTENDED, Status.ABSENT
FOUR = dt.time(16, 0)


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=("5000.00",) * 3), databases) as one:
        yield one


def day(number: int) -> dt.date:
    return OCTOBER.replace(day=number)


def a_club(
    days: tuple[int, ...] = LESSON_DAYS,
    starts_at: dt.time = FOUR,
    minutes: int = 90,
    first_id: int = 100,
    children: tuple[int, ...] = (1, 2, 3),
) -> Club:
    """The town's three children, or some of them, at lessons of these days, all present."""
    club = Club()
    club.groups["11"] = ClubGroup("11", TITLE, [])
    for number in children:
        child = Child(str(first_id + number), child_name(number), dt.date(2014, 3, 12), certificate(number))
        club.children[child.id] = child
        club.groups["11"].children.append(child.id)
    for number in days:
        club.add_lesson("11", day(number), starts_at, HELD, [ATTENDED] * len(children), minutes)
    return club


@pytest.fixture
def crm() -> Iterator[AlfaCrmEmulator]:
    with AlfaCrmEmulator(a_club()) as one:
        one.per_minute = 10_000  # type: ignore[misc]
        yield one


def asking(gateway: Gateway, *crms: AlfaCrmEmulator, names: tuple[str, ...] = ("crm", "other"), **more: Any) -> Gateway:
    sources = {
        name: SourceSettings(
            name, "alfacrm", PROVIDER,
            {
                "host": each.url, "email": EMAIL, "api_key": f"env:{name.upper()}_KEY", "certificate_field": CERTIFICATE_FIELD,
                "excused_reasons": [EXCUSED_REASON], "per_minute": 600, **more,
            },
        )
        for name, each in zip(names, crms, strict=False)
    }  # fmt: skip
    gateway.settings = replace(gateway.settings, sources=sources)
    gateway.environment = {f"{name.upper()}_KEY": each.key for name, each in zip(names, crms, strict=False)}
    gateway.__dict__.pop("flow", None)
    clock = SkippingClock()
    gateway.__dict__["_http"] = {PROVIDER: Http(Limits(tries=2), clock, clock.sleep)}  # waits for nobody
    return gateway


def sync(gateway: Gateway, **more: Any) -> dict[str, Any]:
    (report,) = gateway.sync(**more)
    gateway.finished(report)
    return report


def charged(gateway: Gateway) -> int:
    number: int = gateway.counts()["charged"]
    return number


# ---------------------------------------------------------------- one system


def test_what_a_system_says_is_charged_and_the_second_time_nothing_is_new(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    report = sync(gateway)
    assert (report["outcome"], report["new"], report["counts"]["charged"], report["trouble"]) == ("accepted", 27, 27, None)
    assert report["marks"][0]["url"].startswith("http") and report["marks"][0]["sheet"] is None
    again = sync(gateway)
    assert (again["run"], again["new"], again["unchanged"], again["counts"]["charged"]) == (None, 0, 27, 27)
    assert again["freshness"]["read_at"] == running.now.isoformat()
    assert running.statement() == (27, 0, 270_000)
    sums(running, gateway)


def test_a_correction_reaches_the_register(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    lesson = next(each for each in crm.club.lessons.values() if each.day == day(9))
    lesson.marks["101"] = ABSENT
    report = sync(gateway)
    assert (report["new"], report["counts"]["charged"]) == (1, 26)
    assert running.statement() == (27, 1, 260_000)
    sums(running, gateway)


def test_two_groups_of_one_name_take_nothing_from_each_other(running: Town, crm: AlfaCrmEmulator) -> None:
    """Last year's group and this year's: each reading after the first says the same."""
    club = crm.club
    club.groups["12"] = ClubGroup("12", TITLE, [club.groups["11"].children.pop()])
    for lesson in list(club.lessons.values()):
        del lesson.marks["103"]
        club.add_lesson("12", lesson.day, lesson.starts_at, HELD, [ATTENDED], 90)
    gateway = asking(running.gateway(), crm)
    assert [(report["new"], report["withdrawn"], report["held"]) for report in (sync(gateway) for _ in range(3))] == [
        (27, 0, 0),
        *[(0, 0, 0)] * 2,
    ]
    assert running.statement() == (27, 0, 270_000)
    sums(running, gateway)


def test_a_lesson_that_vanished_takes_its_debits_back_once_a_person_says_so(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    gone = [each.id for each in crm.club.lessons.values() if each.day in (day(2), day(6))]
    for id_ in gone:
        del crm.club.lessons[id_]
    report = sync(gateway)  # six of 27 marks of three children
    assert (report["held"], report["withdrawn"]) == (1, 0)
    assert running.statement()[2] == 270_000
    gateway.answer_withdrawals(True)
    assert running.statement() == (27, 6, 210_000)
    sums(running, gateway)


def test_lessons_that_are_moved_are_charged_once_and_nobody_is_asked(running: Town, crm: AlfaCrmEmulator) -> None:
    """All of them by five minutes, then one to another day; one that vanishes beside them is asked about as ever."""
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    lessons = list(crm.club.lessons.values())
    for lesson in lessons:
        lesson.starts_at = dt.time(16, 5)
    report = sync(gateway)
    assert (report["held"], charged(gateway), running.statement()[2]) == (0, 27, 270_000)
    lessons[0].day = day(3)
    assert (sync(gateway)["held"], charged(gateway)) == (0, 27)
    lessons[1].starts_at = dt.time(17, 0)
    for lesson in lessons[2:4]:
        del crm.club.lessons[lesson.id]
    report = sync(gateway)
    assert (report["held"], charged(gateway), running.statement()[2]) == (1, 27, 270_000)
    gateway.answer_withdrawals(True)
    assert (charged(gateway), running.statement()[2]) == (21, 210_000)
    sums(running, gateway)


def test_a_cancelled_lesson_costs_nothing(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
    assert charged(gateway) == 27
    lesson = next(each for each in crm.club.lessons.values() if each.day == day(9))
    lesson.state, lesson.marks = LessonState.CANCELLED, {}
    sync(gateway)
    assert gateway.counts()["not_charged"] == {"cancelled": 3}
    assert running.statement() == (27, 3, 240_000)


# ---------------------------------------------------------------- lessons are the system's own


def test_another_clock_than_the_clubs_moves_the_lessons_and_the_check_asks_about_it(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    gateway.run()
    assert "Clocks" not in {line.what.en for line in gateway.check_source("crm")}
    asking(gateway, crm, zone="Asia/Vladivostok")
    line = next(iter(gateway.check_source("crm")))
    assert (line.what.en, line.verdict) == ("Clocks", Verdict.QUESTION) and "18:00 of the system counts as 11:00" in line.found.en
    report = sync(gateway)
    assert {mark["date"] for mark in report["marks"]} == {f"2025-10-{number:02}" for number in LESSON_DAYS}
    lesson = gateway.explain(None, certificate(1), day(9))[0]["lesson"]
    assert lesson["starts_at"] == "2025-10-09T09:00:00+03:00"


def test_two_lessons_of_a_day_are_two(running: Town, crm: AlfaCrmEmulator) -> None:
    crm.club.add_lesson("11", day(9), dt.time(18, 0), HELD, [ATTENDED, ABSENT, ATTENDED], 90)
    report = sync(asking(gateway := running.gateway(), crm))
    assert (report["counts"]["charged"], report["counts"]["not_charged"]) == (29, {"absent": 1})
    slots = [(mark["slot"], mark["status"]) for mark in report["marks"] if mark["date"] == "2025-10-09" and mark["child"] == child_name(2)]
    assert sorted(slots) == [(1, "attended"), (2, "absent")]
    sums(running, gateway)


def test_the_systems_timetable_comes_before_the_registers(running: Town, tmp_path: Path) -> None:
    """Kept on Tuesdays, though the register plans Mondays and Thursdays."""
    with AlfaCrmEmulator(a_club((7, 14, 21, 28))) as crm:
        gateway = asking(running.gateway(), crm)
        running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3], {1: {7: "1"}}), days_off=[]))
        assert charged(gateway) == 27
        report = sync(gateway)
    assert report["counts"]["charged"] == 12
    assert charged(gateway) == 12  # the sheet's empty cells of Mondays and Thursdays are no lesson's any more
    assert running.statement()[2] == 120_000
    sums(running, gateway)


def test_what_the_sheet_says_after_the_systems_last_lesson_stands_and_in_the_week_between_it_is_told(running: Town) -> None:
    """The system was in use until the 6th: on the 9th it may have been, from the 13th on it was not. Then it tells the 30th."""
    with AlfaCrmEmulator(a_club((2, 6))) as crm:
        gateway = asking(running.gateway(), crm)
        running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
        sync(gateway)
        counts = gateway.counts()
        assert (counts["charged"], counts["refused"], running.statement()) == (24, {"N04": 3}, (27, 3, 240_000))
        assert {one["date"] for one in gateway.rejects()} == {"2025-10-09"}
        crm.club.add_lesson("11", day(30), FOUR, HELD, [ATTENDED] * 3, 90)
        sync(gateway)
    counts = gateway.counts()
    assert (counts["charged"], counts["refused"]) == (9, {})  # its timetable holds all the time between
    assert running.statement()[2] == 90_000
    sums(running, gateway)


def test_a_mark_says_of_which_of_the_registers_lessons_it_is(running: Town) -> None:
    """Ten minutes off, and one lesson each: the same lesson."""
    with AlfaCrmEmulator(a_club(starts_at=dt.time(16, 10))) as crm:
        gateway = asking(running.gateway(), crm)
        running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
        report = sync(gateway)
    assert (report["counts"]["charged"], gateway.counts()["charged"], gateway.counts()["marks"]) == (27, 27, 27)
    assert running.statement() == (27, 0, 270_000)


# ---------------------------------------------------------------- two systems of one provider


def test_paper_and_system_agree_and_nothing_is_charged_twice(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
    sync(gateway)
    assert running.statement() == (27, 0, 270_000)
    assert (gateway.counts()["marks"], gateway.counts()["conflicts"]) == (27, 0)


def test_paper_and_system_differ_and_a_person_or_the_providers_order_decides(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3], {2: {9: "Н"}})))
    sync(gateway)
    (conflict,) = gateway.conflicts()
    assert (conflict["date"], conflict["sources"]) == ("2025-10-09", ["crm", "spreadsheet"])
    gateway.answer_conflict(conflict["enrollment"], day(9), 1, "crm")
    assert running.statement() == (27, 0, 270_000)


def test_the_providers_order_of_sources_is_a_setting(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    gateway.settings = replace(gateway.settings, precedence={PROVIDER: ("crm",)})
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3], {2: {9: "Н"}})))
    sync(gateway)
    assert (gateway.conflicts(), charged(gateway)) == ([], 27)


def test_a_club_that_changes_its_system_in_mid_month_is_charged_nothing_again(running: Town, crm: AlfaCrmEmulator) -> None:
    """Everything comes again under other ids, from another system, with other ids of children and lessons."""
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    club = a_club(first_id=700)
    club.lessons = {str(int(id_) + 5000): replace(each, id=str(int(id_) + 5000)) for id_, each in club.lessons.items()}
    with AlfaCrmEmulator(club) as new:
        asking(gateway, new, names=("other",))
        report = sync(gateway)
    assert report["counts"]["charged"] == 27
    assert running.statement() == (27, 0, 270_000)
    assert gateway.counts()["marks"] == 27
    sums(running, gateway)


def test_the_same_system_under_other_ids_is_charged_nothing_again(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    crm.club.lessons = {str(int(id_) + 5000): replace(each, id=str(int(id_) + 5000)) for id_, each in crm.club.lessons.items()}
    report = sync(gateway)
    assert (report["new"], report["held"], report["withdrawn"]) == (0, 0, 0)
    assert running.statement() == (27, 0, 270_000)


def test_two_groups_of_the_system_may_be_one_of_the_registers(running: Town, crm: AlfaCrmEmulator) -> None:
    """Neither tells all of it: what the one does not list is not taken back."""
    crm.club.groups["12"] = ClubGroup("12", "Парусники, вечер", ["101"])
    crm.club.add_lesson("12", day(9), dt.time(19, 0), HELD, [ATTENDED], 90)
    gateway = asking(running.gateway(), crm)
    report = sync(gateway)
    assert report["counts"]["waiting"] == {"N03": 1}
    gateway.answer_group(PROVIDER, "Парусники, вечер", GROUP)
    assert charged(gateway) == 28
    again = sync(gateway)
    assert (again["withdrawn"], again["held"], charged(gateway)) == (0, 0, 28)
    sums(running, gateway)


def test_two_groups_of_one_title_take_nothing_back_from_each_other(running: Town, crm: AlfaCrmEmulator) -> None:
    """An archived course and its successor: nothing has changed, so nothing moves, however often it is asked."""
    crm.club.groups["12"] = ClubGroup("12", TITLE, ["102", "103"])
    crm.club.add_lesson("12", day(10), FOUR, HELD, [ATTENDED, ATTENDED], 90)
    gateway = asking(running.gateway(), crm)
    first = sync(gateway)
    sums_after = [(charged(gateway), running.statement()) for _ in range(3) if sync(gateway)]
    assert first["counts"]["charged"] == 29 and set(sums_after) == {(29, (29, 0, 290_000))}


def two_groups_of_one(crm: AlfaCrmEmulator) -> None:
    """The town's three children, two in one group of the system and one in another, at lessons of the same days."""
    club = crm.club
    club.groups["12"] = ClubGroup("12", "Парусники, вечер", [club.groups["11"].children.pop()])
    for lesson in list(club.lessons.values()):
        del lesson.marks["103"]
        club.add_lesson("12", lesson.day, dt.time(19, 0), HELD, [ATTENDED], 90)


def test_two_groups_that_are_one_take_nothing_from_each_other_in_whatever_parts_they_come(
    running: Town, crm: AlfaCrmEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second group's single child would be withdrawn without anybody being asked."""
    monkeypatch.setattr("gateway.flow.sync.PART_RECORDS", 1)
    two_groups_of_one(crm)
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    gateway.answer_group(PROVIDER, "Парусники, вечер", GROUP)
    assert charged(gateway) == 27
    for _ in range(3):
        report = sync(gateway)
        assert (report["new"], report["withdrawn"], report["held"], charged(gateway)) == (0, 0, 0, 27)
    assert running.statement() == (27, 0, 270_000)
    sums(running, gateway)


def test_two_groups_that_are_one_take_nothing_from_each_other_where_a_reading_is_cut_between_them(
    running: Town, crm: AlfaCrmEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each reading gets as far as one of the groups, and the next goes on with the other."""
    monkeypatch.setattr("gateway.flow.sync.PART_RECORDS", 1)
    two_groups_of_one(crm)
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    gateway.answer_group(PROVIDER, "Парусники, вечер", GROUP)
    cuts = 0
    for after in range(4, 16):
        crm.fail(Fault.CUT, after=after)
        cuts += sync(gateway)["trouble"] is not None
        crm.heal()
        report = sync(gateway)
        assert (report["trouble"], report["withdrawn"], charged(gateway)) == (None, 0, 27)
    assert cuts > 5
    assert running.statement() == (27, 0, 270_000)
    sums(running, gateway)


def test_a_group_under_a_new_name_is_the_same_and_takes_back_what_it_does_not_list_any_more(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    crm.club.groups["11"] = replace(crm.club.groups["11"], title="Парусники, второй год")
    assert sync(gateway)["counts"]["waiting"] == {"N03": 27}
    gateway.answer_group(PROVIDER, "Парусники, второй год", GROUP)
    lesson = next(each for each in crm.club.lessons.values() if each.day == day(9))
    del lesson.marks["101"]
    report = sync(gateway)
    assert (report["withdrawn"], charged(gateway)) == (1, 26)
    assert running.statement() == (27, 1, 260_000)
    sums(running, gateway)


def test_one_corrected_mark_takes_nothing_from_the_others_though_another_month_is_new(running: Town, crm: AlfaCrmEmulator) -> None:
    """October was told before but for one row, November was not: the rows that say the same are not asked about."""
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    for lesson in crm.club.lessons.values():
        if lesson.day == day(9):
            lesson.marks["101"] = lesson.marks["102"] = ABSENT  # one child says the same as before
    crm.club.add_lesson("11", dt.date(2025, 11, 3), FOUR, HELD, [ATTENDED] * 3, 90)
    report = sync(gateway)
    assert (report["held"], report["withdrawn"], charged(gateway)) == (0, 0, 28)
    assert running.statement() == (27, 2, 250_000)
    sync(gateway)
    assert running.statement() == (27, 2, 250_000)
    sums(running, gateway)


def test_a_card_that_is_corrected_in_the_system_is_matched_anew(running: Town, crm: AlfaCrmEmulator) -> None:
    """A wrong number, a missing one, and one that is taken out again: whose the child was stays what it was."""
    cards = crm.club.children
    cards["101"] = replace(cards["101"], certificate=certificate(9))
    cards["102"] = replace(cards["102"], certificate=None, name="Безымянная Ася")
    gateway = asking(running.gateway(), crm)
    waiting = len(LESSON_DAYS)
    assert (sync(gateway)["counts"]["waiting"], charged(gateway)) == ({"N01": 2 * waiting}, waiting)
    cards["101"] = replace(cards["101"], certificate=certificate(1))
    cards["102"] = replace(cards["102"], certificate=certificate(2))
    sync(gateway)
    assert charged(gateway) == 2 * waiting  # a number whose bearer has another name is nobody's yet
    cards["102"] = replace(cards["102"], name=child_name(2))
    sync(gateway)
    assert charged(gateway) == 3 * waiting
    cards["103"] = replace(cards["103"], certificate=None, birth_date=None, name=child_name(3)[:1] + ".")
    sync(gateway)
    assert running.statement() == (3 * waiting, 0, 3 * waiting * 10_000)
    sums(running, gateway)


def test_an_empty_answer_leaves_the_timetable_as_long_as_a_person_is_asked(running: Town) -> None:
    """Kept on Tuesdays; the sheet's empty cells of Mondays and Thursdays are no lesson's, and do not become one meanwhile."""
    with AlfaCrmEmulator(a_club((7, 14, 21, 28))) as crm:
        gateway = asking(running.gateway(), crm)
        running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3], {1: {7: "1"}}), days_off=[]))
        sync(gateway)
        assert charged(gateway) == 12
        crm.club.lessons = {}
        assert sync(gateway)["held"] == 1
        assert charged(gateway) == 12


def test_a_reading_can_be_taken_back(running: Town, crm: AlfaCrmEmulator) -> None:
    """With its timetable: the register's holds again."""
    gateway = asking(running.gateway(), crm)
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
    crm.club.lessons = {id_: each for id_, each in crm.club.lessons.items() if each.day != day(9)}
    report = sync(gateway)
    assert charged(gateway) == 24
    gateway.undo(PROVIDER, str(report["run"]))
    assert charged(gateway) == 27
    sums(running, gateway)


def test_what_sync_would_do_can_be_tried(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    tried = gateway.try_source("crm")
    assert (tried["new"], tried["counts"]["charged"], tried["run"]) == (27, 27, None)
    assert gateway.counts()["marks"] == 0 and running.statement() == (0, 0, 0)
    assert sync(gateway)["counts"] == tried["counts"]


# ---------------------------------------------------------------- trouble


def test_a_system_that_is_away_is_told_and_the_others_are_asked(running: Town, crm: AlfaCrmEmulator) -> None:
    with AlfaCrmEmulator(a_club()) as other:
        gateway = asking(running.gateway(), other, crm, names=("away", "crm"))
        other.key = "another"
        reports = {report["source"]: report for report in gateway.sync()}
    away = reports["away"]
    assert away["trouble"]["what"] and away["trouble"]["cure"] and away["outcome"] == "refused" and away["run"] is None
    assert away["freshness"] == {"tried_at": running.now.isoformat(), "read_at": None}
    assert reports["crm"]["counts"]["charged"] == 27


def test_a_source_without_a_secret_is_told_as_a_persons_business(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    gateway.environment = {}
    report = sync(gateway)
    assert "CRM_KEY" in report["trouble"]["what"] and report["trouble"]["again"] is False


def test_nobody_to_ask_is_said(running: Town) -> None:
    gateway = running.gateway()
    for asked, words in (({}, "nobody to ask"), ({"source": "crm"}, "no source “crm”")):
        with pytest.raises(UserError, match=words):
            gateway.sync(**asked)


def test_a_first_reading_that_was_cut_goes_on_where_it_was(running: Town, crm: AlfaCrmEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.flow.sync.PART_RECORDS", 1)
    for number in (12, 13):
        crm.club.groups[str(number)] = ClubGroup(str(number), f"Кружок {number}", ["101"])
        crm.club.add_lesson(str(number), day(9), FOUR, HELD, [ATTENDED])
    gateway = asking(running.gateway(), crm)
    crm.fail(Fault.CUT, after=14)
    report = sync(gateway)
    assert report["trouble"]["again"] is True and report["new"] > 0
    crm.heal()
    crm.log.clear()
    rest = sync(gateway)
    assert rest["trouble"] is None and rest["new"] > 0
    assert charged(gateway) == 27
    groups = {str(request.json().get("group_id")) for request in crm.log if request.path.endswith("lesson/index")}
    assert "11" not in groups


def test_a_number_that_is_added_to_a_row_finds_the_child_though_no_mark_says_anything_new(running: Town) -> None:
    gateway = running.gateway()
    nameless = [Row("Бережная А.", None, {}), *rows_of([2, 3])]
    running.take(gateway, running.sheet("october.xlsx", nameless))
    assert gateway.counts()["waiting"] == {"N01": 9}
    running.take(gateway, running.sheet("october.xlsx", [Row("Бережная А.", certificate(1), {}), *rows_of([2, 3])]))
    assert (gateway.counts()["waiting"], charged(gateway), gateway.counts()["marks"]) == ({}, 27, 27)
    sums(running, gateway)
