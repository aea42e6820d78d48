"""What a person has answered about a system's words stays as long as the words do that it was about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.alfacrm.emulator import AlfaCrmEmulator
from gateway.bootstrap import Gateway
from gateway.core.facts import LessonState, Status
from gateway.errors import UserError
from gateway.plugins.testing import Child
from tests.builders.town import PROVIDER, Databases, District, Town, rows_of, sums, town
from tests.flow.test_sync import a_club, asking, charged, day, sync

HELD, ATTENDED, ABSENT, EXCUSED = LessonState.HELD, Status.ATTENDED, Status.ABSENT, Status.EXCUSED


@pytest.fixture
def running(tmp_path: Path, databases: Databases) -> Iterator[Town]:
    with town(tmp_path, District(nominals=("5000.00",) * 3), databases) as one:
        yield one


@pytest.fixture
def crm() -> Iterator[AlfaCrmEmulator]:
    with AlfaCrmEmulator(a_club()) as one:
        one.per_minute = 10_000  # type: ignore[misc]
        yield one


# ---------------------------------------------------------------- sources that differ


def test_an_answer_stays_with_its_lesson_when_another_is_put_in_before_it(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3])))
    next(each for each in crm.club.lessons.values() if each.day == day(9)).marks["102"] = ABSENT
    sync(gateway)
    (conflict,) = gateway.conflicts()
    gateway.answer_conflict(conflict["enrollment"], day(9), 1, "crm")
    assert (gateway.conflicts(), charged(gateway)) == ([], 26)
    crm.club.add_lesson("11", day(9), dt.time(10, 0), HELD, [ATTENDED, EXCUSED, ATTENDED], 90)
    sync(gateway)
    (asked,) = gateway.conflicts()
    assert (asked["date"], asked["slot"], asked["enrollment"]) == ("2025-10-09", 1, conflict["enrollment"])
    assert (gateway.counts()["not_charged"], charged(gateway)) == ({"absent": 1}, 28)
    sums(running, gateway)


def test_an_answer_stays_with_a_days_only_lesson_whose_start_is_mended(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    running.take(gateway, running.sheet("october.xlsx", rows_of([1, 2, 3], {2: {9: "Н"}})))
    sync(gateway)
    (conflict,) = gateway.conflicts()
    gateway.answer_conflict(conflict["enrollment"], day(9), 1, "spreadsheet")
    assert charged(gateway) == 26
    for lesson in crm.club.lessons.values():
        lesson.starts_at, lesson.ends_at = dt.time(16, 5), dt.time(17, 35)
    sync(gateway)
    assert (gateway.conflicts(), charged(gateway)) == ([], 26)
    sums(running, gateway)


# ---------------------------------------------------------------- a reading that was empty


def kept_on_tuesdays(running: Town, gateway: Gateway) -> None:
    """The sheet's empty cells of Mondays and Thursdays are no lesson's by the system's timetable."""
    running.take(gateway, running.sheet("october.xlsx", rows_of([1], {1: {7: "1"}}), days_off=[]))
    sync(gateway)
    assert charged(gateway) == 4


def test_an_empty_reading_that_is_taken_back_brings_its_timetable_back(running: Town) -> None:
    """One child: nobody is asked before the withdrawal."""
    with AlfaCrmEmulator(a_club((7, 14, 21, 28), children=(1,))) as crm:
        gateway = asking(running.gateway(), crm)
        kept_on_tuesdays(running, gateway)
        lessons, crm.club.lessons = crm.club.lessons, {}
        empty = sync(gateway)
        assert charged(gateway) == 9  # the register's timetable holds again
        gateway.undo(PROVIDER, str(empty["run"]))
        assert (charged(gateway), running.statement()[2]) == (4, 40_000)
        assert sync(gateway)["outcome"] == "accepted"
        assert charged(gateway) == 9
        crm.club.lessons = lessons
        back = sync(gateway)
        assert charged(gateway) == 4
        gateway.undo(PROVIDER, str(back["run"]))
        assert charged(gateway) == 9
        sums(running, gateway)


# ---------------------------------------------------------------- a withdrawal that was declined


def test_a_withdrawal_that_was_declined_is_asked_again_only_when_there_is_more_of_it(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    lessons = {each.day.day: each for each in crm.club.lessons.values()}

    def without(*days: int) -> dict[str, Any]:
        crm.club.lessons = {each.id: each for number, each in lessons.items() if number not in days}
        return sync(gateway)

    assert without(2, 6)["held"] == 1
    gateway.answer_withdrawals(False)
    assert (without(2, 6)["held"], without(2, 6)["held"], gateway.withdrawals()) == (0, 0, [])
    lessons[30].marks.pop("101")  # one child's: below the limit, it goes by itself
    assert (without(2, 6)["held"], charged(gateway)) == (0, 26)
    assert without(2, 6, 9)["held"] == 1
    assert [one["marks"] for one in gateway.withdrawals()] == [9]
    assert (without(2, 6)["held"], gateway.withdrawals(), charged(gateway)) == (0, [], 26)
    assert without()["held"] == 0  # all is told again: the answer was about what is past
    assert without(2, 6)["held"] == 1
    gateway.answer_withdrawals(True)
    assert charged(gateway) == 20
    sums(running, gateway)


def test_who_has_declined_a_withdrawal_may_think_again(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    crm.club.lessons = {id_: each for id_, each in crm.club.lessons.items() if each.day not in (day(2), day(6))}
    sync(gateway)
    gateway.answer_withdrawals(False)
    assert (sync(gateway)["held"], charged(gateway)) == (0, 27)
    gateway.answer_withdrawals(True, month="2025-10")
    assert (sync(gateway)["held"], charged(gateway)) == (0, 21)


# ---------------------------------------------------------------- two cards of one child


def test_two_cards_of_one_child_that_differ_are_asked_about(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    double = replace(crm.club.children["102"], id="109")
    crm.club.children["109"] = double
    crm.club.groups["11"].children.append("109")
    of_day = {each.day.day: each for each in crm.club.lessons.values()}
    for lesson in of_day.values():
        lesson.marks["109"] = ATTENDED
    of_day[9].marks["109"] = ABSENT
    sync(gateway)
    (asked,) = gateway.conflicts()
    assert (asked["date"], asked["sources"], asked["twofold"]) == ("2025-10-09", ["crm"], ["crm"])
    assert running.statement() == (27, 0, 270_000)  # what is booked stands
    with pytest.raises(UserError, match="is there twice"):
        gateway.answer_conflict(asked["enrollment"], day(9), 1, "crm")
    of_day[9].marks["109"] = EXCUSED  # a later word of one card says nothing of the other
    sync(gateway)
    assert len(gateway.conflicts()) == 1
    of_day[9].marks["102"] = EXCUSED
    sync(gateway)
    assert (gateway.conflicts(), charged(gateway)) == ([], 26)
    sums(running, gateway)


# ---------------------------------------------------------------- the provider's order of sources


def test_an_order_that_is_set_later_settles_what_waits(running: Town, crm: AlfaCrmEmulator) -> None:
    first = asking(running.gateway(), crm)
    running.take(first, running.sheet("october.xlsx", rows_of([1, 2, 3], {2: {9: "Н"}, 3: {13: "Н"}})))
    sync(first)
    assert (len(first.conflicts()), charged(first)) == (2, 25)
    asked = next(one for one in first.conflicts() if one["date"] == "2025-10-13")
    first.answer_conflict(asked["enrollment"], day(13), 1, "spreadsheet")
    later = asking(running.gateway(), crm)
    later.settings = replace(later.settings, precedence={PROVIDER: ("crm", "spreadsheet")})
    sync(later)
    assert (later.conflicts(), charged(later), later.counts()["not_charged"]) == ([], 26, {"absent": 1})  # what was answered stays
    sums(running, later)


def test_a_name_in_an_order_that_is_no_source_of_the_provider_is_a_wrong_setting(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    gateway.settings = replace(gateway.settings, precedence={PROVIDER: ("crn", "spreadsheet")})
    with pytest.raises(UserError) as wrong:
        gateway.sync()
    assert f"{gateway.home / 'gateway.toml'}: providers.{PROVIDER}.precedence: " in wrong.value.what.en
    assert "“crn”" in wrong.value.what.en and "crm, spreadsheet" in wrong.value.cure.en


def test_a_sheets_own_name_is_a_source_once_it_has_come(running: Town) -> None:
    gateway = running.gateway()
    running.take(gateway, running.sheet("october.xlsx", rows_of([1])), source="paper")
    other = running.gateway()
    other.settings = replace(other.settings, precedence={PROVIDER: ("paper",)})
    running.take(other, running.sheet("october.xlsx", rows_of([1])), source="paper")
    assert charged(other) == 9


# ---------------------------------------------------------------- many cards at once


def garbled(crm: AlfaCrmEmulator, *ids: str) -> dict[str, Child]:
    """An export in the wrong encoding; the cards as they were."""
    before = dict(crm.club.children)
    for id_ in ids or tuple(before):
        name = before[id_].name.encode().decode("latin-1")
        crm.club.children[id_] = replace(before[id_], name=name, certificate=None, birth_date=None)
    return before


def test_an_export_that_garbles_all_names_takes_nothing_back_before_a_person_has_answered(running: Town, crm: AlfaCrmEmulator) -> None:
    for card in list(crm.club.children.values()):
        crm.club.children[card.id] = replace(card, certificate=None)
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    assert charged(gateway) == 27
    cards = garbled(crm)
    for _ in range(2):
        report = sync(gateway)
        assert (report["held_cards"], report["new"], charged(gateway)) == (3, 0, 27)
        assert any("all at once" in one["what"] or "Сразу" in one["what"] for one in report["questions"])
    (asked,) = gateway.withdrawals()
    assert (asked["cards"], asked["known"], asked["group"], asked["source"]) == (3, 3, None, "crm")
    crm.club.children = dict(cards)
    assert (sync(gateway)["held_cards"], gateway.withdrawals(), charged(gateway)) == (0, [], 27)
    assert sync(gateway)["run"] is None
    assert running.statement() == (27, 0, 270_000)
    sums(running, gateway)


def test_cards_that_were_mended_on_purpose_are_matched_anew_once_confirmed_and_back_again(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    cards = crm.club.children
    names = {id_: card.name for id_, card in cards.items()}
    numbers = {id_: card.certificate for id_, card in cards.items()}
    for id_, other in (("101", "102"), ("102", "101")):  # each card bore the other's child
        cards[id_] = replace(cards[id_], name=names[other], certificate=numbers[other])
    for lesson in crm.club.lessons.values():
        lesson.marks["101"] = ABSENT
    sync(gateway)
    assert gateway.counts()["not_charged"] == {"absent": 9}
    first = {one["certificate"] for one in absent(gateway)}
    gateway.answer_withdrawals(True, only_cards=True)
    assert (gateway.withdrawals(), charged(gateway), gateway.counts()["waiting"]) == ([], 18, {})
    assert {one["certificate"] for one in absent(gateway)}.isdisjoint(first)
    gateway.answer_withdrawals(False, only_cards=True)
    assert {one["certificate"] for one in absent(gateway)} == first
    assert (sync(gateway)["held_cards"], gateway.withdrawals()) == (0, [])  # declined: not asked again
    sums(running, gateway)


def absent(gateway: Gateway) -> list[dict[str, Any]]:
    return [one for one in gateway.claims(month="2025-10") if one["answer"] == "not_charged"]


def test_what_trickles_in_of_a_question_waits_with_it_and_one_card_more_is_its_own(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    cards = garbled(crm, "101", "102")
    for id_ in ("101", "102"):
        crm.club.children[id_] = replace(crm.club.children[id_], certificate="9999999999")
    assert sync(gateway)["held_cards"] == 2
    crm.club.children["102"] = cards["102"]
    report = sync(gateway)
    assert (report["held_cards"], [one["cards"] for one in gateway.withdrawals()], charged(gateway)) == (1, [1], 27)
    gateway.answer_withdrawals(True)
    assert (charged(gateway), gateway.counts()["waiting"]) == (18, {"N01": 9})
    crm.club.children["101"] = cards["101"]
    sync(gateway)
    assert charged(gateway) == 27  # who waits is matched by the mended card at once
    sums(running, gateway)


def test_taking_back_a_confirmed_reading_of_cards_lets_the_children_be_who_they_were(running: Town, crm: AlfaCrmEmulator) -> None:
    gateway = asking(running.gateway(), crm)
    sync(gateway)
    garbled(crm)
    for id_, card in list(crm.club.children.items()):
        crm.club.children[id_] = replace(card, certificate="9999999999")
    run = sync(gateway)["run"]
    gateway.answer_withdrawals(True)
    assert charged(gateway) == 0
    gateway.undo(PROVIDER, run)
    assert charged(gateway) == 27
    sums(running, gateway)
