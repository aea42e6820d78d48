"""Calendars as the wild has them: made up, each after the habits of a program that writes them."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest

from adapters.ical.settings import IcalendarSettings
from adapters.ical.text import blocks_of, lines_of
from adapters.ical.timetable import EVENTS_MAX, Timetable, timetable_of
from adapters.ical.wire import Part
from gateway.plugins import Lesson, LessonState, Level, Period, SourceRefused

OCTOBER = Period(dt.date(2025, 10, 1), dt.date(2025, 10, 31))
AUTUMN = Period(dt.date(2025, 10, 1), dt.date(2025, 11, 30))
URL = "https://cal.example/club.ics"

OUTLOOK_ZONE = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+{offset}
TZOFFSETTO:+{offset}
END:STANDARD
END:VTIMEZONE"""

BERLIN = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
X-LIC-LOCATION:Somewhere
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""


def calendar(*parts: str, end: str = "\r\n") -> bytes:
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//RU", *parts, "END:VCALENDAR", ""])
    return text.replace("\n", end).encode()


def event(*lines: str, uid: str = "u1", summary: str = "Шахматы") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20250901T000000Z", f"SUMMARY:{summary}", *lines, "END:VEVENT"])


def single(start: str = "20251014T160000", uid: str = "u1", summary: str = "Шахматы", *lines: str) -> str:
    return event(f"DTSTART;TZID=Europe/Moscow:{start}", "DURATION:PT45M", *lines, uid=uid, summary=summary)


def weekly(*lines: str, rule: str = "FREQ=WEEKLY;BYDAY=TU", start: str = "20251007T160000", uid: str = "u1") -> str:
    return event(f"DTSTART;TZID=Europe/Moscow:{start}", "DURATION:PT45M", f"RRULE:{rule}", *lines, uid=uid)


def read(content: bytes, period: Period = OCTOBER, **values: Any) -> Timetable:
    settings = IcalendarSettings(**({"address": URL} | values))
    return timetable_of([Part(URL, lines_of(content))], period, settings, lambda part, uid: f"{part}#{uid}")


def short(lesson: Lesson) -> str:
    ends = f"–{lesson.ends_at:%H:%M}" if lesson.ends_at else ""
    sign = " ×" if lesson.state is LessonState.CANCELLED else ""
    return f"{lesson.day:%d.%m} {lesson.starts_at:%H:%M}{ends}{sign}"


def lessons(content: bytes, period: Period = OCTOBER, **values: Any) -> list[str]:
    found = read(content, period, **values)
    assert not found.findings, found.findings
    return sorted(short(lesson) for of_group in found.lessons.values() for lesson in of_group)


ALL_TUESDAYS = ["07.10 16:00–16:45", "14.10 16:00–16:45", "21.10 16:00–16:45", "28.10 16:00–16:45"]


def but(place: int, *instead: str) -> list[str]:
    return sorted([*(each for number, each in enumerate(ALL_TUESDAYS) if number != place), *instead])


# ---------------------------------------------------------------- series


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=TU",
        "FREQ=WEEKLY;INTERVAL=1;WKST=SU;BYDAY=TU",
        "FREQ=WEEKLY;COUNT=4",
        "FREQ=WEEKLY;COUNT=-1;BYDAY=TU",
        "FREQ=WEEKLY;UNTIL=20251028T130000Z",
        "FREQ=WEEKLY;UNTIL=20251028",
        "UNTIL=20251028T160000;FREQ=WEEKLY",
        "freq=weekly;byday=tu",
        "FREQ=MONTHLY;BYDAY=1TU,2TU,3TU,4TU",
        "FREQ=DAILY;INTERVAL=7",
    ],
)
def test_a_rule_is_laid_out_over_the_days_that_are_read(rule: str) -> None:
    assert lessons(calendar(weekly(rule=rule))) == ALL_TUESDAYS


def test_a_rule_that_began_long_ago_and_one_that_ended() -> None:
    assert lessons(calendar(weekly(start="20190903T160000"))) == ALL_TUESDAYS
    assert lessons(calendar(weekly(rule="FREQ=WEEKLY;UNTIL=20250930T235959Z", start="20250902T160000"))) == []
    assert lessons(calendar(weekly(rule="FREQ=WEEKLY;UNTIL=20251021T125959Z"))) == ALL_TUESDAYS[:2]  # one second before the third


@pytest.mark.parametrize(
    "lines",
    [
        ("EXDATE;TZID=Europe/Moscow:20251014T160000",),
        ("EXDATE:20251014T130000Z",),
        ("EXDATE:20251014T160000",),  # floating
        ("EXDATE;VALUE=DATE:20251014",),
        ("EXDATE;TZID=Russian Standard Time:20251001T160000,20251014T160000",),
        ("EXDATE:20251001T130000Z", "EXDATE:20251014T130000Z"),
    ],
)
def test_a_lesson_that_was_left_out_is_cancelled(lines: tuple[str, ...]) -> None:
    assert lessons(calendar(weekly(*lines))) == but(1, "14.10 16:00–16:45 ×")


def other(*lines: str, at: str = ";TZID=Europe/Moscow:20251014T160000", uid: str = "u1", summary: str = "Шахматы") -> str:
    return event(f"RECURRENCE-ID{at}", *lines, uid=uid, summary=summary)


MOVED = ("DTSTART;TZID=Europe/Moscow:20251015T170000", "DTEND;TZID=Europe/Moscow:20251015T180000")


@pytest.mark.parametrize("at", [";TZID=Europe/Moscow:20251014T160000", ":20251014T130000Z", ";VALUE=DATE:20251014"])
def test_a_lesson_that_was_moved_is_cancelled_where_it_was_and_planned_where_it_is(at: str) -> None:
    for content in (calendar(weekly(), other(*MOVED, at=at)), calendar(other(*MOVED, at=at), weekly())):
        assert lessons(content) == but(1, "14.10 16:00–16:45 ×", "15.10 17:00–18:00")


def test_a_day_that_was_left_out_has_no_moved_lesson_either() -> None:
    stale = other(*MOVED, at=";TZID=Europe/Moscow:20251014T150000")
    assert lessons(calendar(weekly("EXDATE;VALUE=DATE:20251014"), stale)) == but(1, "14.10 16:00–16:45 ×")
    assert "15.10 17:00–18:00" in lessons(calendar(weekly(), stale))


def test_a_moved_lesson_keeps_its_id() -> None:
    found = read(calendar(weekly(), other(*MOVED))).lessons["Шахматы"]
    ids = {short(lesson): lesson.own_id for lesson in found}
    assert ids["15.10 17:00–18:00"] == "u1/20251014T130000Z"
    assert ids["14.10 16:00–16:45 ×"] == "u1/20251014T130000Z#left"
    assert len(set(ids.values())) == 5


def test_a_lesson_that_was_cancelled() -> None:
    assert lessons(calendar(weekly(), other(*MOVED, "STATUS:CANCELLED"))) == but(1, "14.10 16:00–16:45 ×")
    assert lessons(calendar(weekly("STATUS:CANCELLED"))) == [f"{each} ×" for each in ALL_TUESDAYS]
    assert lessons(calendar(single("20251014T160000", "u1", "Шахматы", "STATUS:cancelled"))) == ["14.10 16:00–16:45 ×"]


@pytest.mark.parametrize(
    ("status", "shown"), [("CANCELLED", " ×"), ("Canceled", " ×"), ("CONFIRMED", ""), ("TENTATIVE", ""), ("COMPLETED", "")]
)
def test_a_status_says_whether_it_takes_place(status: str, shown: str) -> None:
    assert lessons(calendar(single("20251014T160000", "u1", "Шахматы", f"STATUS:{status}"))) == [f"14.10 16:00–16:45{shown}"]


def test_a_lesson_that_is_longer_this_once_stays_where_it_is() -> None:
    longer = ("DTSTART;TZID=Europe/Moscow:20251014T160000", "DTEND;TZID=Europe/Moscow:20251014T173000")
    assert lessons(calendar(weekly(), other(*longer, summary="Шахматы с родителями"))) == but(1, "14.10 16:00–17:30")


def test_a_lesson_moved_over_the_edge_of_what_is_read() -> None:
    in_november = ("DTSTART;TZID=Europe/Moscow:20251103T160000", "DURATION:PT45M")
    assert lessons(calendar(weekly(), other(*in_november))) == but(1, "14.10 16:00–16:45 ×")
    november = Period(dt.date(2025, 11, 1), dt.date(2025, 11, 3))
    assert lessons(calendar(weekly(), other(*in_november)), november) == ["03.11 16:00–16:45"]


def test_all_later_lessons_are_moved() -> None:
    later = ("DTSTART;TZID=Europe/Moscow:20251021T170000", "DURATION:PT1H")
    moved = other(*later, at=";RANGE=THISANDFUTURE;TZID=Europe/Moscow:20251021T160000")
    left = ["21.10 16:00–16:45 ×", "28.10 16:00–16:45 ×"]
    assert lessons(calendar(weekly(), moved)) == sorted([*ALL_TUESDAYS[:2], *left, "21.10 17:00–18:00", "28.10 17:00–18:00"])


def test_a_series_moved_by_an_hour_keeps_its_uid_and_leaves_nothing_behind() -> None:
    assert lessons(calendar(weekly("SEQUENCE:3", start="20251007T170000"))) == [each.replace("16:", "17:") for each in ALL_TUESDAYS]


def test_an_instance_of_the_series_as_it_was_before_is_stale() -> None:
    moved = weekly("SEQUENCE:3", start="20251007T170000")
    assert lessons(calendar(moved, other(*MOVED, "SEQUENCE:1"))) == [each.replace("16:", "17:") for each in ALL_TUESDAYS]
    assert "15.10 17:00–18:00" in lessons(calendar(moved, other(*MOVED, "SEQUENCE:3")))


def test_an_instance_without_its_series_stands_alone() -> None:
    assert lessons(calendar(other(*MOVED))) == ["15.10 17:00–18:00"]
    assert lessons(calendar(other(*MOVED, "STATUS:CANCELLED"))) == ["15.10 17:00–18:00 ×"]


def test_further_dates_and_periods() -> None:
    further = "RDATE;TZID=Europe/Moscow:20251009T160000"
    period = "RDATE;VALUE=PERIOD:20251010T130000Z/PT2H"
    assert lessons(calendar(weekly(further, period))) == sorted([*ALL_TUESDAYS, "09.10 16:00–16:45", "10.10 16:00–18:00"])


def test_of_versions_the_last_counts() -> None:
    old, new = single("20251014T160000", "u1", "Шахматы", "SEQUENCE:1"), single("20251015T160000", "u1", "Шахматы", "SEQUENCE:2")
    assert lessons(calendar(old, new)) == lessons(calendar(new, old)) == ["15.10 16:00–16:45"]
    early, late = (
        single(day, "u1", "Шахматы", f"LAST-MODIFIED:{at}")
        for day, at in (("20251014T160000", "20250901T000000Z"), ("20251015T160000", "20250902T000000Z"))
    )
    assert lessons(calendar(late, early)) == ["15.10 16:00–16:45"]


def test_a_lesson_in_the_place_of_one_that_was_moved_away_takes_place() -> None:
    replacement = single("20251014T160000", "u2")
    assert lessons(calendar(weekly(), other(*MOVED), replacement)) == but(1, "14.10 16:00–16:45", "15.10 17:00–18:00")


# ---------------------------------------------------------------- times


@pytest.mark.parametrize(
    "start",
    [
        "DTSTART;TZID=Europe/Moscow:20251014T160000",
        "DTSTART:20251014T130000Z",
        "DTSTART:20251014T160000",
        "DTSTART;TZID=Russian Standard Time:20251014T160000",
        'DTSTART;TZID="Europe/Moscow":20251014T160000',
        "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Moscow:20251014T160000",
        "DTSTART;TZID=/citadel.org/20190914_1/Europe/Moscow:20251014T160000",
        "DTSTART;TZID=Asia/Vladivostok:20251014T230000",
        "DTSTART;TZID=UTC:20251014T130000",
        "DTSTART;VALUE=DATE-TIME;TZID=Europe/Moscow:20251014T160000",
    ],
)
def test_a_start_in_all_its_guises(start: str) -> None:
    assert lessons(calendar(event(start, "DURATION:PT45M"))) == ["14.10 16:00–16:45"]


def test_a_zone_that_the_calendar_describes_itself() -> None:
    own = event("DTSTART;TZID=Customized Time Zone:20251021T150000", "DURATION:PT45M", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert lessons(calendar(BERLIN, own)) == ["21.10 16:00–16:45", "28.10 17:00–17:45"]  # the clocks changed in between
    fixed = OUTLOOK_ZONE.format(name="(UTC+05:00) Klub", offset="0500")
    assert lessons(calendar(fixed, event('DTSTART;TZID="(UTC+05:00) Klub":20251014T180000', "DURATION:PT45M"))) == ["14.10 16:00–16:45"]


def test_an_unknown_zone_is_taken_for_the_clubs_and_told() -> None:
    found = read(calendar(event("DTSTART;TZID=Клубное время:20251014T160000", "DURATION:PT45M")))
    assert [short(lesson) for lesson in found.lessons["Шахматы"]] == ["14.10 16:00–16:45"]
    (told,) = found.findings
    assert told.level is Level.QUESTION and "Клубное время" in told.what.ru


def test_a_zone_whose_description_has_no_end_is_not_worked_out() -> None:
    endless = BERLIN.replace("FREQ=YEARLY", "FREQ=SECONDLY")
    started = time.process_time()
    found = read(calendar(endless, event("DTSTART;TZID=Customized Time Zone:20251021T150000", "DURATION:PT45M")))
    assert found.unknown_zones == {"Customized Time Zone"} and time.process_time() - started < 5


def test_one_calendars_zones_are_not_anothers() -> None:
    own = event("DTSTART;TZID=Customized Time Zone:20251021T150000", "DURATION:PT45M")
    assert lessons(calendar(BERLIN, own)) == ["21.10 16:00–16:45"]
    assert read(calendar(own)).unknown_zones == {"Customized Time Zone"}


def test_the_clubs_own_day_counts() -> None:
    late = event("DTSTART:20251031T220000Z", "DURATION:PT45M")  # already the first of November in Moscow
    assert lessons(calendar(late)) == []
    assert lessons(calendar(late), zone="Europe/London") == ["31.10 22:00–22:45"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((), "14.10 16:00"),
        (("DTEND:20251014T134500Z",), "14.10 16:00–16:45"),
        (("DURATION:P0DT0H45M0S",), "14.10 16:00–16:45"),
        (("DTEND;TZID=Asia/Yekaterinburg:20251014T184500",), "14.10 16:00–16:45"),
        (("DTEND;TZID=Europe/Moscow:20251014T160000",), "14.10 16:00"),
        (("DTEND;TZID=Europe/Moscow:20251014T150000",), "14.10 16:00"),
    ],
)
def test_an_end_that_is_said_and_one_that_is_not(lines: tuple[str, ...], said: str) -> None:
    assert lessons(calendar(event("DTSTART;TZID=Europe/Moscow:20251014T160000", *lines))) == [said]


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART;VALUE=DATE:20251014",),
        ("DTSTART;VALUE=DATE:20251014", "DTEND;VALUE=DATE:20251016"),
        ("DTSTART:20251014",),
        ("DTSTART;VALUE=DATE:19900101", "RRULE:FREQ=DAILY"),
        ("DTSTART;TZID=Europe/Moscow:20251014T000000", "DTEND;TZID=Europe/Moscow:20251015T000000"),
    ],
)
def test_a_whole_day_is_no_lesson_and_told_without_its_words(lines: tuple[str, ...]) -> None:
    found = read(calendar(event(*lines, summary="День рождения Маши Ёлкиной"), single(uid="u2")))
    assert list(found.lessons) == ["Шахматы"] and found.is_whole("Шахматы")
    (told,) = found.findings
    assert told.level is Level.QUESTION and "all-day" in told.what.en and "Ёлкиной" not in repr(told)


# ---------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("values", "groups"),
    [
        ({}, ["Занятие: Шахматы, 1 год"]),
        ({"prefix": "занятие: "}, ["Шахматы, 1 год"]),
        ({"prefix": "Кружок"}, []),
        ({"group_by": "categories"}, ["Шахматы"]),
        ({"group_by": "location"}, ["Каб. 7"]),
        ({"group": "Все"}, ["Все"]),
    ],
)
def test_what_names_the_group(values: dict[str, Any], groups: list[str]) -> None:
    one = event("DTSTART:20251014T160000", "CATEGORIES:Шахматы,Очно", "LOCATION:Каб. 7", summary="Занятие:  Шахматы\\, 1 год")
    assert list(read(calendar(one), **values).lessons) == groups


def test_an_event_that_names_no_group_is_no_lesson() -> None:
    assert lessons(calendar(single()), group_by="location") == []


# ---------------------------------------------------------------- broken calendars


def test_line_ends_signs_and_encodings() -> None:
    sound = calendar(single(summary="Кружок «Ёлка»"))
    for content in (
        calendar(single(summary="Кружок «Ёлка»"), end="\n"),
        b"\xef\xbb\xbf" + sound,
        b"\r\n\r\n" + sound + b"\r\n\r\n",
        sound.decode().encode("cp1251"),
        sound.decode().encode("utf-16"),
    ):
        assert list(read(content).lessons) == ["Кружок «Ёлка»"]


def test_folded_lines_whatever_they_were_folded_in() -> None:
    words = "Кружок «Ёлка», второй год обучения, подгруппа по вторникам и четвергам"
    line = f"SUMMARY:{words}".replace(",", "\\,").encode()
    folded = b"\r\n ".join(line[place : place + 41] for place in range(0, len(line), 41))  # in the middle of letters
    content = calendar(single()).replace("SUMMARY:Шахматы".encode(), folded)
    assert list(read(content).lessons) == [words]
    without_space = calendar(single()).replace("Шахматы".encode(), "Шахматы\r\nи шашки".encode())
    assert list(read(without_space).lessons) == ["Шахматыи шашки"]


def test_a_description_that_was_broken_over_lines_harms_nobody() -> None:
    assert lessons(
        calendar(single("20251014T160000", "u1", "Шахматы", "DESCRIPTION:Ждём", "", "Родителям: принести форму", "http://x"))
    ) == ["14.10 16:00–16:45"]


@pytest.mark.parametrize(
    "content", [b"", b"<html></html>", b'{"items": []}', calendar(single())[:-30], b"BEGIN:VCALENDAR", calendar(single())[9:]]
)
def test_what_is_no_whole_calendar_is_none(content: bytes) -> None:
    with pytest.raises(ValueError, match="calendar"):
        lines_of(content)


BAD = [
    ("DTSTART:31.02",),
    ("DTSTART:20250231T160000",),
    ("DTSTART:99990101T160000", "RRULE:FREQ=DAILY"),
    ("SUMMARY:x",),
    ("DTSTART:20251014T160000", "DTEND;VALUE=DATE:20251015"),
    ("DTSTART:20251014T160000", "DURATION:45 минут"),
    ("DTSTART:20251014T160000", "RRULE:каждый вторник"),
    ("DTSTART:20251014T160000", "RRULE:FREQ=WEEKLY;BYDAY=ВТ"),
    ("DTSTART:20251014T160000", "EXRULE:FREQ=WEEKLY;BYDAY=TU"),
    ("DTSTART:20251014T160000", "RRULE:FREQ=WEEKLY", "EXDATE:вчера"),
    ("DTSTART:20251014T160000", "STATUS:ОТМЕНЕНО"),
    ("DTSTART:20251014T160000", "RRULE:FREQ=SECONDLY"),
    ("DTSTART:20251014T160000", "RRULE:FREQ=HOURLY;INTERVAL=24"),
    ("DTSTART:20251014T160000", "RRULE:FREQ=DAILY;INTERVAL=0"),
    ("DTSTART:20251014T160000", "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5"),
]


@pytest.mark.parametrize("lines", BAD)
def test_a_bad_event_is_told_by_its_place_and_stops_no_other(lines: tuple[str, ...]) -> None:
    found = read(calendar(event(*lines, uid="bad"), weekly(), single("20251015T100000", "u3", "Лепка")))
    assert sorted(short(lesson) for lesson in found.lessons["Шахматы"]) == ALL_TUESDAYS
    (told,) = found.findings
    assert (told.level, told.place.url) == (Level.UNREAD, f"{URL}#bad")
    assert told.cure.ru and told.cure.en
    assert not found.is_whole("Шахматы"), "what is missing may be what could not be read"
    assert found.is_whole("Лепка")


def test_an_event_without_its_end_stops_no_other() -> None:
    cut = event("DTSTART:20251014T160000", uid="cut").removesuffix("END:VEVENT")
    found = read(calendar(cut, weekly()))
    assert len(found.lessons["Шахматы"]) == 4 and [told.place.url for told in found.findings] == [f"{URL}#cut"]
    at_the_end = read(calendar(weekly(), cut))
    assert len(at_the_end.lessons["Шахматы"]) == 4 and len(at_the_end.findings) == 1


def test_of_a_series_with_a_bad_instance_nothing_is_said() -> None:
    """Nobody knows which of its lessons the bad one stands for."""
    renamed = other("DTSTART:31.02", summary="Лепка")
    found = read(calendar(weekly(), renamed, single("20251015T100000", "u3", "Лепка"), single("20251016T100000", "u4")))
    assert sorted(short(lesson) for lesson in found.lessons["Шахматы"]) == ["16.10 10:00–10:45"] and len(found.findings) == 1
    assert not found.is_whole("Шахматы")


def test_an_alarm_within_an_event_is_none_of_its_properties() -> None:
    alarm = "\n".join(["BEGIN:VALARM", "TRIGGER:-PT15M", "DURATION:PT9H", "SUMMARY:Скоро", "END:VALARM"])
    assert lessons(calendar(single("20251014T160000", "u1", "Шахматы", alarm))) == ["14.10 16:00–16:45"]


def test_people_and_descriptions_are_not_even_kept() -> None:
    content = calendar(
        single("20251014T160000", "u1", "Шахматы", "ATTENDEE;CN=Ёлкина:mailto:a@b.example", "DESCRIPTION:Ёлкина", "ORGANIZER:x")
    )
    assert "Ёлкина" not in repr(list(blocks_of(lines_of(content))))


def test_an_event_without_a_uid_is_known_by_what_it_says() -> None:
    nameless = single().replace("UID:u1\n", "")
    (first,), (again,) = (read(calendar(nameless)).lessons["Шахматы"] for _ in range(2))
    assert first.own_id == again.own_id and first.own_id


# ---------------------------------------------------------------- limits


def test_rules_that_are_never_met_again_cost_little_however_many() -> None:
    never = [weekly(rule="FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30", uid=f"u{number}") for number in range(100)]
    started = time.process_time()
    found = read(calendar(*never, weekly(uid="last", rule="FREQ=WEEKLY")))
    assert time.process_time() - started < 30
    assert found.findings and all(told.level is Level.UNREAD for told in found.findings)


def test_a_large_calendar_of_old_events_is_read_quickly() -> None:
    old = [single(f"20{10 + number % 14}0{1 + number % 9}1{number % 10}T160000", f"u{number}") for number in range(20_000)]
    started = time.process_time()
    assert lessons(calendar(*old, weekly(uid="last"))) == ALL_TUESDAYS
    assert time.process_time() - started < 20


def test_more_events_than_any_timetable_has_are_refused() -> None:
    with pytest.raises(SourceRefused) as refused:
        read(calendar("BEGIN:VEVENT\nEND:VEVENT\n" * (EVENTS_MAX + 1)))
    assert str(EVENTS_MAX) in refused.value.what.en


def test_findings_have_an_end() -> None:
    found = read(calendar(*(event("DTSTART:31.02", uid=f"u{number}") for number in range(500))))
    assert found.unread == 500 and len(found.findings) == 100
