"""Match: a mark is given to nobody who might be somebody else, and every lesson's word is one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.claims import LessonAt
from gateway.core.conflicts import Taken
from gateway.core.facts import Status
from gateway.core.lessons import DayLessons
from gateway.core.match import ClaimWord, MarkState, Match, Matched, PersonToMatch, candidates_shown, identify, plan
from gateway.core.periods import Period
from tests.builders.facts import DAY, candidate, day, lesson, name, word

ATTENDED, ABSENT, NOTHING = Status.ATTENDED, Status.ABSENT, Status.NOTHING
BORN = dt.date(2014, 3, 12)


def person(text: str = "Волнова Ася", number: str | None = None, **more: Any) -> PersonToMatch:
    ordinary: dict[str, Any] = {"is_padded": False, "is_unreadable": False, "birth_date": None, "row": None}
    return PersonToMatch(1, name(text), number, **(ordinary | more))


def who(one: PersonToMatch, *candidates: Any, by_name: bool = True, month: str = "2025-10") -> tuple[str | None, str | None]:
    found = identify(one, "g-1", month, candidates, by_name)
    return found.child, found.rule


# ---------------------------------------------------------------- by a person's answer


def test_an_answer_goes_before_everything() -> None:
    one = person(number="1", answer="k-9", row=3)
    assert identify(one, "g-1", "2025-10", [candidate(numbers=("1",))], True) == Match("k-9", by="answer")


def test_who_is_outside_waits_for_nothing() -> None:
    found = identify(person(is_outside=True, number="1"), "g-1", "2025-10", [candidate(numbers=("1",))], True)
    assert (found.child, found.rule, found.is_outside) == (None, None, True)


def test_a_match_that_was_undone_is_not_made_again_by_itself() -> None:
    assert who(person(number="1", is_undone=True), candidate(numbers=("1",))) == (None, "N01")


# ---------------------------------------------------------------- by the number


@pytest.mark.parametrize(
    ("text", "padded", "child"),
    [
        ("Волнова Ася", False, "k-1"),
        ("Волнова А.", False, "k-1"),
        ("Волнова", False, "k-1"),
        ("", False, "k-1"),
        ("Мелевая Ася", False, None),
        ("Волнова Юля", False, None),
        ("Волнова Б.", False, None),
        ("Волнова Ася", True, "k-1"),
        ("Волнова А.", True, None),  # a zero was put back: only a name that agrees in full bears that
        ("Волнова", True, None),
        ("Мелевая Ася", True, None),
    ],
)
def test_a_number_needs_a_name_that_does_not_disagree_and_a_padded_one_a_name_that_agrees(
    text: str, padded: bool, child: str | None
) -> None:
    one = person(text, "4700000001", is_padded=padded)
    assert who(one, candidate(numbers=("4700000001",))) == (child, None if child else "N01")


def test_a_number_finds_its_bearer_in_whatever_group_and_among_all_its_numbers() -> None:
    bearer = candidate(enrolled=(), numbers=("4700000001", "4700000093"))
    for number in bearer.numbers:
        assert who(person(number=number), bearer) == ("k-1", None)


def test_a_number_of_nobody_or_of_two_is_no_match_whatever_the_name() -> None:
    assert who(person(number="4700000009"), candidate(numbers=("4700000001",))) == (None, "N01")
    assert who(person(number="1"), candidate(numbers=("1",)), candidate("k-2", numbers=("1",))) == (None, "N01")


def test_an_unreadable_number_is_never_got_round_by_the_name() -> None:
    assert who(person(is_unreadable=True), candidate()) == (None, "N01")


# ---------------------------------------------------------------- by the name


def test_a_full_name_with_exactly_one_child_enrolled_is_enough_where_the_pack_allows_it() -> None:
    assert who(person(), candidate(), candidate("k-2", "Мелевая Юля")) == ("k-1", None)
    assert who(person(), candidate(), by_name=False) == (None, "N01")


@pytest.mark.parametrize(
    "one",
    [
        candidate(enrolled=()),
        candidate(enrolled=("g-2",)),
        candidate(name="Волнова Аня"),
        candidate(name="Волкова Ася"),
    ],
)
def test_another_name_or_another_group_is_nobody(one: Any) -> None:
    assert who(person(), one) == (None, "N01")


def test_two_namesakes_in_the_group_are_asked_about() -> None:
    assert who(person(), candidate(), candidate("k-2")) == (None, "N02")
    assert who(person(), candidate(), candidate("k-2"), by_name=False) == (None, "N02")


def test_a_namesake_elsewhere_changes_nothing() -> None:
    assert who(person(), candidate(), candidate("k-2", enrolled=("g-2",))) == ("k-1", None)


@pytest.mark.parametrize("text", ["Волнова А.", "Волнова А. П.", "Волнова А", "Волнова", "Волнова Ася П."])
def test_initials_never_match_by_themselves(text: str) -> None:
    assert who(person(text), candidate()) == (None, "N01")


def test_a_patronymic_that_disagrees_is_another_child() -> None:
    assert who(person("Волнова Ася Петровна"), candidate(name="Волнова Ася Ивановна")) == (None, "N01")
    assert who(person("Волнова Ася Петровна"), candidate(name="Волнова Ася Ивановна"), candidate("k-2", "Волнова Ася Петровна")) == (
        "k-2",
        None,
    )


@pytest.mark.parametrize(
    ("period", "child"),
    [
        (Period(dt.date(2025, 9, 1), day(1)), "k-1"),
        (Period(day(31), dt.date(2025, 12, 31)), "k-1"),
        (Period(dt.date(2025, 9, 1), dt.date(2025, 9, 30)), None),
        (Period(dt.date(2025, 11, 1), dt.date(2025, 12, 31)), None),
    ],
)
def test_enrolled_in_that_month_means_on_any_day_of_it(period: Period, child: str | None) -> None:
    assert who(person(), replace(candidate(), enrolled=(("g-1", period),)))[0] == child


def test_a_row_of_namesakes_is_never_matched_by_itself() -> None:
    assert who(person(row=14), candidate()) == (None, "N02")
    assert who(person(row=14, birth_date=BORN), candidate(birth_date=BORN)) == (None, "N02")


# ---------------------------------------------------------------- by the birth date


def test_name_and_birth_date_are_enough_without_an_enrollment_and_whatever_the_pack() -> None:
    one = candidate(enrolled=(), birth_date=BORN)
    assert who(person(birth_date=BORN), one, candidate("k-2", birth_date=dt.date(2015, 1, 1)), by_name=False) == ("k-1", None)


def test_another_birth_date_is_another_child() -> None:
    assert who(person(birth_date=BORN), candidate(birth_date=dt.date(2015, 1, 1))) == (None, "N01")


def test_an_unknown_birth_date_disagrees_with_nobody() -> None:
    assert who(person(birth_date=BORN), candidate()) == ("k-1", None)


def test_two_children_of_one_name_and_day_are_nobodys_guess() -> None:
    assert who(person(birth_date=BORN), candidate(birth_date=BORN), candidate("k-2", birth_date=BORN))[0] is None


# ---------------------------------------------------------------- what a person is shown


def test_candidates_come_likeliest_first_with_reasons_for_and_against() -> None:
    shown = candidates_shown(
        person("Волнова Ася", "1", birth_date=BORN),
        "g-1",
        "2025-10",
        [
            candidate("k-2", "Песчаная Юля", enrolled=(), numbers=("1",), birth_date=dt.date(2015, 1, 1)),
            candidate(numbers=("2",), birth_date=BORN),
        ],
    )
    assert [one.candidate.child for one in shown] == ["k-1", "k-2"]
    assert [reason.en for reason in shown[0].reasons] == [
        "the name agrees",
        "another number",
        "the birth date agrees",
        "enrolled in this group",
    ]
    assert [reason.en for reason in shown[1].reasons] == [
        "another name",
        "the number agrees",
        "another birth date",
        "not enrolled in this group",
    ]


# ---------------------------------------------------------------- where marks come to


KNOWN = Match("k-1", by="number")


def matched(
    listed: Iterable[Any],
    match: Match | Callable[[int, str, str], Match] = KNOWN,
    lessons: Sequence[LessonAt] = (lesson(),),
    siblings: Iterable[Any] = (),
    slots: Any = None,
    take: Any = None,
    precedence: Sequence[str] = (),
    own: Mapping[tuple[str, str], int] | None = None,
) -> Matched:
    match_of = match if callable(match) and not isinstance(match, Match) else lambda person, group, month: match
    of_day = DayLessons(tuple(lessons), own or {})
    return plan(
        listed, siblings, match_of, lambda group, day_: of_day if day_ == DAY else DayLessons(), slots or {}, take or {}, precedence
    )


def states(found: Matched) -> list[tuple[MarkState, str | None, str | None, int]]:
    return [(one.state, one.rule, one.child, one.lessons) for one in found.marks]


def words(found: Matched) -> list[tuple[int, Status | None]]:
    return [(one.slot, one.status) for one in found.claims]


TWO = (lesson(), lesson(slot=2))
START = f"{TWO[0].starts_at:%H:%M}"


def test_a_cell_stands_for_all_the_lessons_of_its_day() -> None:
    found = matched([word()], lessons=TWO)
    assert states(found) == [(MarkState.CLAIMED, None, "k-1", 2)]
    assert words(found) == [(1, ATTENDED), (2, ATTENDED)]
    first: ClaimWord = found.claims[0]
    assert (first.child, first.group, first.day, first.starts_at, first.ends_at) == ("k-1", "g-1", DAY, TWO[0].starts_at, TWO[0].ends_at)
    assert found.persons == {1: Match("k-1", by="number")}


def test_the_match_is_asked_for_the_marks_own_month() -> None:
    asked = []

    def match_of(person: int, group: str, month: str) -> Match:
        asked.append((person, group, month))
        return Match("k-1")

    matched([word()], match_of)
    assert asked == [(1, "g-1", "2025-10")]


@pytest.mark.parametrize(
    ("mark", "match", "lessons", "state"),
    [
        (word(status=NOTHING), Match("k-1"), (lesson(),), (MarkState.WITHDRAWN, None, None, 0)),
        (word(group="?юнги"), Match("k-1"), (lesson(),), (MarkState.WAITING, "N03", None, 1)),
        (word(group="?юнги", from_empty=True), Match("k-1"), (lesson(),), (MarkState.WAITING, "N03", None, 0)),
        (word(from_empty=True), Match("k-1"), (), (MarkState.DROPPED, None, None, 0)),
        (word(from_empty=True), Match(None, "N01"), (), (MarkState.DROPPED, None, None, 0)),
        (word(), Match(None, is_outside=True), TWO, (MarkState.OUTSIDE, None, None, 2)),
        (word(), Match(None, is_outside=True), (), (MarkState.OUTSIDE, None, None, 1)),
        (word(), Match(None, "N01"), TWO, (MarkState.WAITING, "N01", None, 2)),
        (word(), Match(None, "N02"), (), (MarkState.WAITING, "N02", None, 1)),
        (word(), Match("k-1"), (), (MarkState.NO_LESSON, "N04", "k-1", 1)),
        (word(status=ABSENT), Match("k-1"), (), (MarkState.NO_LESSON, "N04", "k-1", 1)),
    ],
)
def test_marks_without_a_claim(mark: Any, match: Match, lessons: Any, state: Any) -> None:
    found = matched([mark], match, lessons)
    assert states(found) == [state]
    assert found.claims == []


def test_an_empty_cell_on_a_day_without_a_lesson_asks_nobody_who_it_is() -> None:
    assert matched([word(from_empty=True)], Match(None, "N01"), ()).persons == {}


def test_an_empty_cell_that_means_presence_is_told_where_nobody_can_say_whether_there_was_a_lesson() -> None:
    found = plan([word(from_empty=True)], (), lambda *_: Match("k-1"), lambda *_: DayLessons(is_doubtful=True), {}, {})
    assert states(found) == [(MarkState.NO_LESSON, "N04", "k-1", 1)]


# ---------------------------------------------------------------- hours


@pytest.mark.parametrize(
    ("hours", "spread"),
    [
        (0, [ABSENT, ABSENT]),
        (1, [ATTENDED, ABSENT]),
        (200, [ATTENDED, ABSENT]),  # a lesson of 90 minutes holds two academic hours
        (201, [ATTENDED, ATTENDED]),
        (400, [ATTENDED, ATTENDED]),
    ],
)
def test_hours_are_spread_over_the_days_lessons_in_order(hours: int, spread: list[Status]) -> None:
    found = matched([word(hours=hours)], lessons=TWO)
    assert [status for _, status in words(found)] == spread
    assert [one.hours for one in found.claims] == [hours, hours]


def test_hours_that_the_day_cannot_hold_are_a_question_and_no_claim() -> None:
    found = matched([word(hours=401)], lessons=TWO)
    assert states(found) == [(MarkState.UNFIT, None, None, 0)]
    assert found.claims == []
    (finding, group) = found.findings[0]
    assert "4.01" in finding.what.en and group == "g-1"


@pytest.mark.parametrize(
    ("minutes", "hours", "fits"), [(45, 100, True), (45, 101, False), (46, 200, True), (95, 300, True), (95, 301, False), (30, 100, True)]
)
def test_an_academic_hour_begun_counts_whole(minutes: int, hours: int, fits: bool) -> None:
    found = matched([word(hours=hours)], lessons=[lesson(minutes=minutes)])
    assert (found.marks[0].state is MarkState.CLAIMED) is fits


# ---------------------------------------------------------------- several words on one lesson


@pytest.mark.parametrize(
    ("better", "other"),
    [
        ({"run": 2, "mark": 1}, {"run": 1, "mark": 2}),
        ({"from_empty": False, "run": 1}, {"from_empty": True, "run": 2, "mark": 2}),
        ({"mark": 2}, {"mark": 1}),
    ],
)
def test_of_one_sources_words_the_sign_and_then_the_later_counts(better: dict[str, Any], other: dict[str, Any]) -> None:
    listed = [word(status=ABSENT, **better), word(person=2, **other)]
    for order in (listed, listed[::-1]):
        assert words(matched(order)) == [(1, ABSENT)]


def two_sources(crm: Status, **more: Any) -> Matched:
    return matched([word(source="xlsx")], siblings=[word(mark=2, source="crm", status=crm, child="k-1")], **more)


@pytest.mark.parametrize("crm", [ATTENDED, Status.LATE])
def test_equal_words_of_two_sources_are_already_counted(crm: Status) -> None:
    (found,) = two_sources(crm).claims
    assert (found.conflict, found.mark) == ("", 2)  # the first by name speaks


def test_unequal_words_wait_for_a_person() -> None:
    assert two_sources(ABSENT).claims[0].conflict == "crm, xlsx"
    assert two_sources(Status.EXCUSED).claims[0].conflict == "crm, xlsx"


@pytest.mark.parametrize(("taken", "status"), [("crm", ABSENT), ("xlsx", ATTENDED)])
def test_a_persons_choice_ends_the_conflict(taken: str, status: Status) -> None:
    (found,) = two_sources(ABSENT, take={("k-1", "g-1", DAY): [Taken(START, taken, False)]}, precedence=("xlsx", "crm")).claims
    assert (found.status, found.conflict) == (status, "")


def test_a_choice_of_a_source_that_says_nothing_any_more_is_no_choice() -> None:
    assert two_sources(ABSENT, take={("k-1", "g-1", DAY): [Taken(START, "journal", False)]}).claims[0].conflict == "crm, xlsx"


@pytest.mark.parametrize(
    ("said", "conflicts"),
    [
        ([Taken(f"{TWO[1].starts_at:%H:%M}", "crm", False)], ["crm, xlsx", ""]),
        ([Taken("10:00", "crm", True)], ["crm, xlsx", "crm, xlsx"]),
    ],
)
def test_a_choice_stays_with_its_lesson(said: Sequence[Taken], conflicts: Sequence[str]) -> None:
    found = two_sources(ABSENT, lessons=TWO, take={("k-1", "g-1", DAY): said})
    assert [one.conflict for one in found.claims] == conflicts


@pytest.mark.parametrize(("is_only", "conflict"), [(True, ""), (False, "crm, xlsx")])
def test_a_days_only_lesson_may_be_moved_and_keeps_its_choice(is_only: bool, conflict: str) -> None:
    (found,) = two_sources(ABSENT, take={("k-1", "g-1", DAY): [Taken("15:55", "crm", is_only)]}).claims
    assert found.conflict == conflict


@pytest.mark.parametrize(("precedence", "status"), [(("crm", "xlsx"), ABSENT), (("xlsx",), ATTENDED), (("journal", "crm"), ABSENT)])
def test_the_providers_order_of_sources_ends_the_conflict(precedence: Sequence[str], status: Status) -> None:
    (found,) = two_sources(ABSENT, precedence=precedence).claims
    assert (found.status, found.conflict) == (status, "")


def two_cards(other: Status, **more: Any) -> Matched:
    """A child's second card of the same system, as an earlier reading left it."""
    return matched([word(source="crm")], siblings=[word(mark=2, source="crm", person=2, status=other, child="k-1")], **more)


def test_two_cards_of_one_child_that_differ_wait_for_their_mending() -> None:
    assert two_cards(ABSENT).claims[0].conflict == "crm, crm"
    assert two_cards(Status.LATE).claims[0].conflict == ""


@pytest.mark.parametrize("more", [{"take": {("k-1", "g-1", DAY): [Taken(START, "crm", False)]}}, {"precedence": ("crm", "xlsx")}])
def test_nobodys_word_settles_two_cards_but_another_sources(more: dict[str, Any]) -> None:
    assert two_cards(ABSENT, **more).claims[0].conflict == "crm, crm"
    paper = word(mark=3, source="xlsx", child="k-1")
    both = [word(mark=2, source="crm", person=2, status=ABSENT, child="k-1"), paper]
    assert matched([word(source="crm")], siblings=both, **more).claims[0].conflict == "crm, crm, xlsx"
    (found,) = matched([word(source="crm")], siblings=both, take={("k-1", "g-1", DAY): [Taken(START, "xlsx", False)]}).claims
    assert (found.conflict, found.mark) == ("", 3)


def test_a_sign_goes_before_another_rows_empty_cell() -> None:
    (found,) = matched([word(from_empty=True)], siblings=[word(mark=2, person=2, status=ABSENT, child="k-1")]).claims
    assert (found.status, found.conflict) == (ABSENT, "")


def test_siblings_of_other_children_and_days_say_nothing_here() -> None:
    others = [word(mark=2, source="crm", status=ABSENT, child="k-2"), word(mark=3, source="crm", status=ABSENT, child="k-1", day_=day(9))]
    assert words(matched([word()], siblings=others)) == [(1, ATTENDED)]


# ---------------------------------------------------------------- marks at single lessons


OWN = {("crm", "15:50"): 0, ("crm", "18:00"): 1}


def at_lesson(start: str, **more: Any) -> Any:
    return word(source="crm", lesson=start, **more)


def test_a_mark_at_a_lesson_of_its_source_speaks_of_that_lesson_alone() -> None:
    found = matched([at_lesson("18:00")], lessons=TWO, own=OWN)
    assert words(found) == [(2, ATTENDED)]
    assert [(one.lessons, one.slot) for one in found.marks] == [(1, 2)]


def test_two_marks_of_a_day_are_each_of_their_own_lesson() -> None:
    found = matched([at_lesson("15:50"), at_lesson("18:00", mark=2, status=ABSENT)], lessons=TWO, own=OWN)
    assert words(found) == [(1, ATTENDED), (2, ABSENT)]
    assert [one.mark for one in found.claims] == [1, 2]


def test_a_sheets_cell_and_a_systems_marks_are_compared_lesson_by_lesson() -> None:
    listed = [word(source="xlsx"), at_lesson("15:50", mark=2), at_lesson("18:00", mark=3, status=ABSENT)]
    found = matched(listed, lessons=TWO, own=OWN)
    assert [(one.slot, one.conflict) for one in found.claims] == [(1, ""), (2, "crm, xlsx")]


def test_a_claim_of_which_no_mark_speaks_any_more_is_withdrawn_though_the_lesson_is_there() -> None:
    found = matched([at_lesson("15:50")], lessons=TWO, own=OWN, slots={("k-1", "g-1", DAY): {1, 2}})
    assert words(found) == [(1, ATTENDED), (2, None)]


def test_a_mark_at_a_lesson_that_nobody_can_place_is_a_question() -> None:
    found = matched([at_lesson("12:00")], lessons=TWO, own=OWN)
    assert states(found) == [(MarkState.UNFIT, None, None, 0)] and found.claims == []
    (finding, group) = found.findings[0]
    assert "12:00" in finding.what.ru and "14:00, 16:00" in finding.what.en and group == "g-1"


@pytest.mark.parametrize(("match", "state"), [(Match(None, "N01"), MarkState.WAITING), (Match(None, is_outside=True), MarkState.OUTSIDE)])
def test_a_mark_at_a_lesson_without_a_claim_stands_for_that_lesson(match: Match, state: MarkState) -> None:
    found = matched([at_lesson("18:00")], match, lessons=TWO, own=OWN)
    assert [(one.state, one.lessons, one.slot) for one in found.marks] == [(state, 1, 2)]


def test_hours_at_a_lesson_must_fit_into_it() -> None:
    assert words(matched([at_lesson("18:00", hours=200)], lessons=TWO, own=OWN)) == [(2, ATTENDED)]
    assert matched([at_lesson("18:00", hours=300)], lessons=TWO, own=OWN).marks[0].state is MarkState.UNFIT


# ---------------------------------------------------------------- what is gone


def test_a_claim_of_a_vanished_lesson_is_withdrawn() -> None:
    found = matched([word()], slots={("k-1", "g-1", DAY): {1, 2, 3}})
    assert words(found) == [(1, ATTENDED), (2, None), (3, None)]
    assert (found.claims[1].mark, found.claims[1].conflict, found.claims[1].is_cancelled) == (None, "", False)


def test_a_withdrawn_mark_withdraws_its_claims() -> None:
    found = matched([word(status=NOTHING, child="k-1")], lessons=TWO, slots={("k-1", "g-1", DAY): {1, 2}})
    assert words(found) == [(1, None), (2, None)]


def test_another_sources_word_stands_where_one_is_withdrawn() -> None:
    found = matched(
        [word(status=NOTHING, child="k-1")], siblings=[word(mark=2, source="crm", child="k-1")], slots={("k-1", "g-1", DAY): {1}}
    )
    assert words(found) == [(1, ATTENDED)]


def test_a_mark_that_changes_hands_leaves_one_child_and_comes_to_the_other() -> None:
    found = matched([word(child="k-2")], slots={("k-2", "g-1", DAY): {1}})
    assert [(one.child, one.status) for one in found.claims] == [("k-2", None), ("k-1", ATTENDED)]


@pytest.mark.parametrize("match", [Match(None, "N01"), Match(None, is_outside=True)])
def test_a_mark_whose_match_was_undone_leaves_its_child(match: Match) -> None:
    found = matched([word(child="k-1")], match, slots={("k-1", "g-1", DAY): {1}})
    assert words(found) == [(1, None)]


def test_a_cancelled_lesson_is_a_claim_that_says_so() -> None:
    (found,) = matched([word()], lessons=[lesson(is_cancelled=True)]).claims
    assert (found.is_cancelled, found.status) == (True, ATTENDED)
