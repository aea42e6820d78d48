"""The kit finds planted bugs: for each of its checks there is a broken adapter that must fail it.

A bug is a change of the text of the tutorial's adapter, or of the shared client beneath it. The sound one passes: test_tutorial.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.plugins import http
from gateway.plugins.testing import LIVE, PROMISES, AdapterConformance, Broken, RecordedConformance, rig, server
from gateway.plugins.testing.standing import EVERYTHING
from tests.adapters.recordings import plugin_of, recorded, switched_on
from tests.adapters.tutorial import files, imported, write

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Bug:
    """``changes``: (old, new) texts of the adapter, of its ``settings``; ``patch``: of the client or the kit; ``readme``: of the adapter's
    folder; ``tells``: what it says that it tells."""

    changes: tuple[tuple[str, str], ...] = ()
    patch: Patch | None = None
    readme: str = ""
    tells: frozenset[str] = EVERYTHING
    settings: tuple[str, str] = ("", "")


def bug(
    *texts: str,
    patch: Patch | None = None,
    readme: str = "",
    tells: frozenset[str] = EVERYTHING,
    settings: tuple[str, str] = ("", ""),
) -> Bug:
    return Bug(tuple(zip(texts[::2], texts[1::2], strict=True)), patch, readme, tells, settings)


def limits(**values: Any) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(rig, "LIMITS", dataclasses.replace(rig.LIMITS, **values))


def client(name: str, replacement: Any) -> Patch:
    return lambda monkeypatch: monkeypatch.setattr(http.Client, name, replacement)


def all_of(*patches: Patch) -> Patch:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        for each in patches:
            each(monkeypatch)

    return patch


_FAILURE_OF = http.Client._failure_of


def refused_is_tried_again(self: http.Client, reply: http.Reply) -> Any:
    return dataclasses.replace(_FAILURE_OF(self, reply), may_repeat=True)


def busy_is_refused(self: http.Client, reply: http.Reply) -> Any:
    return dataclasses.replace(_FAILURE_OF(self, reply), may_repeat=reply.status != 429)


def nonsense_is_an_empty_list(self: http.Client, reply: http.Reply) -> Any:
    found = http._decoded(reply.content)
    return {"items": [], "total": 0} if found is http._NOT_JSON else found


WHOLE_LIST = "return whole_list(page, id_or_none, self._client.host)"
IMPORTED = "from klubok.settings import"
INTERFACE = "GATEWAY_INTERFACE = 1\n"
WINDOW = "windows=(Window(title, month, EmptyMeaning.NOTHING, lists_all=is_whole and known == members, lists_lessons=is_whole),),"
LESSON_READ = "return lesson, marks\n"
HERE = "if lesson.day in month]"
SINCE = "self._back_days, since=since)"
CHECKED = 'yield Checked(Text("Дети", "Children"), Verdict.GOOD, seen)\n'
ALWAYS_GOOD = (
    '        self._all("lessons", group=min(groups), **{"from": "2025-10-01", "to": "2025-10-01"})\n'
    '        yield Checked(Text("Последний день", "The last day"), Verdict.GOOD, seen, is_guess=True)\n'
)
BORN = "def BORN(item):\n    try:\n        return dt.date.fromisoformat(item['born'])\n    except NO_SENSE:\n        return None\n\n\n"
GROUPS_LEFT = "for key in round.left(groups):\n            yield from self._group(key, groups[key], children, round)"
CHILDREN_READ = 'found, findings = {}, []\n        for item in self._all("children").items:'

LESSONS_ALONE = frozenset({"lessons"})
MEMBERS_TOLD = "*(self._member(title, child, children[child]) for child in known),\n"
MARKS_TOLD = "*(mark for _, marks in here for mark in marks if mark.member in children),\n"
TIMETABLE_WINDOW = "windows=(Window(title, month, EmptyMeaning.UNKNOWN, lists_lessons=not findings),),"
HELD_AS_PLANNED = ('STATES[item["state"]]', 'STATES[item["state"].replace("held", "planned")]')
TIMETABLE = (MEMBERS_TOLD, "", MARKS_TOLD, "", *HELD_AS_PLANNED)
"""The tutorial's adapter as a timetable: sound, once its window says so too."""
ABOUT_CHILDREN = {
    "two_lessons_of_a_day_are_two", "certificates_are_ten_digits", "a_number_that_is_none_is_told", "a_renamed_child_is_the_same",
    "names_come_as_written", "a_corrected_mark_is_told", "a_late_mark_is_told", "a_mark_taken_out_is_withdrawn",
    "a_planned_lesson_has_no_marks", "who_leaves_keeps_the_past", "who_comes_is_told", "an_empty_answer_withdraws_nothing",
    "an_empty_list_of_lessons_withdraws_nothing",
}  # fmt: skip

NO_WINDOW = bug(WINDOW, "windows=(),")
TOLD_ONCE = bug(INTERFACE, INTERFACE + "TOLD = {}\n", LESSON_READ, "return TOLD.setdefault((self._address, own_id), (lesson, marks))\n")
ALL_AT_ONCE = bug(
    GROUPS_LEFT,
    "everything = [each for key in round.left(groups) for each in self._group(key, groups[key], children, round)]\n"
    "        yield from everything",
)
FAULTS_ARE_SWALLOWED = bug(
    IMPORTED,
    "from gateway.plugins import SourceError, WholeList\n" + IMPORTED,
    WHOLE_LIST,
    "try:\n            " + WHOLE_LIST + "\n        except SourceError:\n            return WholeList([], [])",
)
NAIVE_PAGES = bug(
    IMPORTED,
    "from gateway.plugins import WholeList\n" + IMPORTED,
    WHOLE_LIST,
    "found, number = [], 0\n        while shown := page(number).items:\n            found += shown\n            number += 1\n"
    "        return WholeList(found, [])",
)
AS_MANY_AS_AT_FIRST = bug(
    IMPORTED,
    "from gateway.plugins import WholeList\n" + IMPORTED,
    WHOLE_LIST,
    "found, number, count = [], 0, page(0).total\n        while len(found) < count:\n            found += page(number).items\n"
    "            number += 1\n        return WholeList(found, [])",
)


def taken_back_by_itself(where: str, condition: str) -> Bug:
    """An adapter that remembers what it told, and takes back by itself what it does not see."""
    return bug(
        INTERFACE,
        INTERFACE + "from dataclasses import replace\nTOLD = []\n\n\ndef back(batch):\n"
        "    gone = (replace(each, status=Status.NOTHING) if isinstance(each, Mark) else each for each in batch.records)\n"
        "    return replace(batch, records=tuple(gone))\n",
        GROUPS_LEFT,
        "for key in round.left(groups):\n            for batch in self._group(key, groups[key], children, round):\n"
        "                TOLD.append(batch)\n                yield batch",
        where,
        f"{where}\n        if {condition}:\n            yield from map(back, list(TOLD))\n            return",
    )


BUGS: dict[str, Bug] = {
    # ---- reading
    "everything_is_told": bug("if mark.member in children),", "if mark.member in children and mark.status is Status.ATTENDED),"),
    "pages_are_read_to_the_end": bug("return ListPage(items, total)", "return ListPage(items, len(items))"),
    "a_full_last_page_is_the_last": bug("return ListPage(items, total)", "return ListPage(items if len(items) < 4 else items[:-1], total)"),
    "a_list_that_repeats_its_last_page_ends": NAIVE_PAGES,
    "what_comes_twice_is_told_once": NAIVE_PAGES,
    "any_order_will_do": bug(
        "lessons.append(self._lesson(title, item))",
        "told = self._lesson(title, item)\n                if not lessons or int(told[0].own_id) > int(lessons[-1][0].own_id):\n"
        "                    lessons.append(told)",
    ),
    "a_list_that_shrinks_loses_nothing": NAIVE_PAGES,
    "a_list_that_grows_loses_nothing": AS_MANY_AS_AT_FIRST,
    "an_empty_account_is_read": bug(
        "yield Batch(findings=(*findings, *more))", "first = groups[min(groups)]\n        yield Batch(findings=(*findings, *more))"
    ),
    "an_empty_group_is_read": bug(
        "for month in round.months:", "begins = min(lesson.day for lesson, _ in lessons)\n        for month in round.months:"
    ),
    "a_batch_stands_alone": bug(
        "*(self._member(title, child, children[child]) for child in known),",
        "*(self._member(title, child, children[child]) for child in known if month == round.months[0]),",
    ),
    "nothing_else_is_told": bug(*TIMETABLE, tells=LESSONS_ALONE),  # its window still speaks of all marks
    "records_are_well_formed": bug("lesson=own_id)", "lesson=int(own_id))"),
    "records_have_their_place": bug('place = Place(url=self._url(f"lessons/{own_id}"))', "place = Place()"),
    "two_lessons_of_a_day_are_two": bug("lesson=own_id)", "lesson=None)"),
    "certificates_are_ten_digits": bug('certificate_of(item["certificate"])', 'certificate_of((item["certificate"] or "").lstrip("0"))'),
    "a_number_that_is_none_is_told": bug(
        'certificate_of(item["certificate"])', 'certificate_of(item["certificate"] if (item["certificate"] or "").isdigit() else None)'
    ),
    "a_renamed_child_is_the_same": bug(
        'Place(url=self._url(f"children/{child}")), child,', 'Place(url=self._url(f"children/{child}")), name,'
    ),
    "names_come_as_written": bug('name_of(item["full_name"])', 'name_of(item["full_name"]).replace("ё", "е")'),
    "days_are_the_clubs_own": bug('fromisoformat(item["starts_at"]).astimezone(self._zone)', 'fromisoformat(item["starts_at"])'),
    "summer_time_moves_no_lesson": bug(
        'starts = dt.datetime.fromisoformat(item["starts_at"]).astimezone(self._zone)',
        "offset = dt.datetime(2025, 10, 28, tzinfo=self._zone).utcoffset()\n"
        '        starts = dt.datetime.fromisoformat(item["starts_at"]).astimezone(dt.timezone(offset))',
    ),
    "the_turn_of_the_year_is_read": bug(SINCE, "0, since=since)"),
    "it_reads_back_as_far_as_asked": bug(SINCE, "self._back_days)"),
    "one_bad_record_stops_nobody": bug("lists_all=is_whole and known == members", "lists_all=True"),
    "one_bad_field_is_not_guessed": bug('STATES[item["state"]]', 'STATES.get(str(item["state"]), LessonState.HELD)'),
    "one_bad_group_stops_nobody": bug(
        "except NO_SENSE:\n                findings.append(unread(GROUP",
        "except ZeroDivisionError:\n                findings.append(unread(GROUP",
    ),
    "memory_is_flat": ALL_AT_ONCE,
    "batches_come_one_by_one": ALL_AT_ONCE,
    "a_reading_may_be_given_up": bug(
        "children, findings = self._children()\n        groups",
        'if hasattr(self, "_reads"):\n            return\n        self._reads = True\n'
        "        children, findings = self._children()\n        groups",
        "yield Batch(cursor=ROUND_DONE)",
        "del self._reads\n        yield Batch(cursor=ROUND_DONE)",
    ),
    # ---- what comes later
    "every_cursor_goes_on": bug("cursor=round.cursor_after(key) if is_last", "cursor=round.cursor_after(key) if month == round.months[0]"),
    "a_cursor_spares_what_was_read": bug("in round.left(groups):", "in sorted(groups):"),
    "a_strange_cursor_is_a_first_reading": bug(
        "round = round_of(", 'assert cursor is None or __import__("json").loads(cursor)["v"] == 1\n        round = round_of('
    ),
    "a_cursor_is_short": bug("cursor=ROUND_DONE", 'cursor=ROUND_DONE + " " * 3000'),
    "the_same_again_is_no_change": bug("lesson=own_id)", "lesson=own_id, revision=str(dt.datetime.now()))"),
    "a_corrected_mark_is_told": TOLD_ONCE,
    "a_late_mark_is_told": TOLD_ONCE,
    "a_mark_taken_out_is_withdrawn": NO_WINDOW,
    "a_planned_lesson_is_held": TOLD_ONCE,
    "a_planned_lesson_has_no_marks": bug('item["visits"] if state is LessonState.HELD else ()', 'item["visits"]'),
    "a_cancelled_lesson_is_told": bug(HERE, "if lesson.day in month and lesson.state is not LessonState.CANCELLED]"),
    "a_cancelled_lesson_comes_back": TOLD_ONCE,
    "a_vanished_lesson_is_withdrawn": NO_WINDOW,
    "a_moved_lesson_moves": NO_WINDOW,
    "who_leaves_keeps_the_past": bug(
        "members = sorted({mark.member for _, marks in here for mark in marks} | set(enrolled))",
        "members = sorted(enrolled)",
        "if mark.member in children),",
        "if mark.member in members),",
    ),
    "who_comes_is_told": bug(
        INTERFACE,
        INTERFACE + "CHILDREN = {}\n",
        CHILDREN_READ,
        'found, findings = CHILDREN, []\n        for item in () if CHILDREN else self._all("children").items:',
    ),
    "an_empty_answer_withdraws_nothing": taken_back_by_itself("yield Batch(findings=(*findings, *more))", "not groups"),
    "an_empty_list_of_lessons_withdraws_nothing": taken_back_by_itself(
        'listed = self._all("lessons", group=key, **{"from": round.period.first, "to": round.period.last})', "not listed.items"
    ),
    "what_was_not_read_is_not_withdrawn": FAULTS_ARE_SWALLOWED,
    "windows_are_of_what_was_read": bug(
        IMPORTED,
        "from gateway.plugins import Period\n" + IMPORTED,
        "Window(title, month,",
        "Window(title, Period(dt.date(2020, 1, 1), month.last),",
    ),
    "windows_are_read_to_their_ends": bug(HERE, "if month.first < lesson.day <= month.last]"),
    "the_day_asked_for_is_read": bug(SINCE, "self._back_days, since=since and since + dt.timedelta(days=1))"),
    "windows_say_what_they_mean": NO_WINDOW,
    # ---- trouble
    "a_named_time_is_waited_for": bug(patch=lambda monkeypatch: monkeypatch.setattr(http, "_retry_after", lambda headers: None)),
    "too_many_requests_pass": bug(patch=client("_failure_of", busy_is_refused)),
    "server_errors_pass": bug(patch=limits(tries=1)),
    "server_errors_that_last_are_told": FAULTS_ARE_SWALLOWED,
    "cut_connections_are_made_again": bug(patch=limits(tries=1)),
    "a_dripping_answer_is_given_up": bug(
        patch=all_of(limits(answer_seconds_max=1e9), lambda monkeypatch: monkeypatch.setattr(server, "DRIP_SECONDS", 0.0002))
    ),
    "a_page_of_maintenance_is_no_data": bug(patch=client("_json_of", nonsense_is_an_empty_list)),
    "half_an_answer_is_none": bug(patch=client("_json_of", nonsense_is_an_empty_list)),
    "another_shape_is_told": bug("if not isinstance(answer, dict) or name not in answer:", "if name == '':"),
    "a_server_that_is_not_there_is_told": FAULTS_ARE_SWALLOWED,
    "a_token_is_renewed_in_the_middle": bug('"Authorization", "Bearer ")', '"Authorization", "Bearer ", frozenset())'),
    "one_token_serves": bug(
        'answer = self._client.json("GET"', 'self._client._keeper._fetch()\n            answer = self._client.json("GET"'
    ),
    "an_old_token_is_renewed": bug(
        '"Authorization", "Bearer ")', '"Authorization", "Bearer ", frozenset())', 'int(self._field(answer, "expires_in"))', "None"
    ),
    "a_wrong_key_is_told": bug(patch=all_of(limits(tries=9), client("_failure_of", refused_is_tried_again))),
    "a_missing_right_is_told": bug(patch=all_of(limits(tries=9), client("_failure_of", refused_is_tried_again))),
    "an_answer_without_an_end_is_left": bug(patch=limits(answer_bytes_max=1 << 40, answer_seconds_max=60, tries=1)),
    "no_other_host_is_asked": bug(patch=lambda monkeypatch: monkeypatch.setattr(http, "_origin_of", lambda url: ("", "", 0))),
    "the_rate_is_kept": bug("rate=Rate(per_minute=settings.per_minute)", "rate=Rate(per_minute=60000)"),
    "so_many_at_once": bug("rate=Rate(per_minute=settings.per_minute)", "rate=Rate(per_minute=settings.per_minute, at_once=9)"),
    "connections_are_used_again": bug(
        "secrets=secrets_of(settings),", 'secrets=secrets_of(settings),\n            headers={"Connection": "close"},'
    ),
    "reading_only_reads": bug(
        "groups, more = self._groups()",
        'self._client.json("PUT", "/api/groups", params={"page": 0, "size": 1})\n        groups, more = self._groups()',
    ),
    "no_secret_is_logged": bug(
        "round = round_of(", '__import__("logging").getLogger("klubok").debug("as %s", self._key)\n        round = round_of('
    ),
    "no_secret_is_in_an_error": bug("raise unexpected(self._client.host, name)", "raise unexpected(self._key, name)"),
    "no_secret_is_handed_over": bug("cursor=ROUND_DONE", "cursor=self._key"),
    "secrets_are_declared": bug(settings=('key: str = secret(Text("ключ', 'key: str = setting(Text("ключ')),
    "no_childs_name_leaks": bug(
        "name, born, number = known\n",
        'name, born, number = known\n        __import__("logging").getLogger("klubok").debug("read %s", name)\n',
    ),
    "a_check_says_what_it_sees": bug('f"{len(groups)} groups"', '"some groups"'),
    "a_check_says_what_is_wrong": FAULTS_ARE_SWALLOWED,
    "guesses_are_tried": bug(readme="# Klubok\n- [guess] deleted children stay in the list\n"),
    "a_false_guess_is_seen": bug(CHECKED, CHECKED + ALWAYS_GOOD),
}

MORE: list[tuple[str, Bug]] = [
    ("windows_are_read_to_their_ends", bug('"from": round.period.first', '"from": round.period.first + dt.timedelta(days=1)')),
    ("windows_are_read_to_their_ends", bug('"to": round.period.last', '"to": round.period.last - dt.timedelta(days=1)')),
    ("windows_are_read_to_their_ends", bug(HERE, "if month.first <= lesson.day < month.last]")),
    ("windows_are_read_to_their_ends", bug(HERE, "if lesson.day in month and lesson.ends_at < dt.time(23, 50)]")),
    ("one_bad_field_is_not_guessed", bug('is_yes(visit["was"])', 'visit["was"] is True')),
    ("one_bad_field_is_not_guessed", bug('is_yes(visit["was"])', 'visit["was"]')),
    ("one_bad_field_is_not_guessed", bug('name_of(item["full_name"])', 'str(item["full_name"])')),
    ("one_bad_field_is_not_guessed", bug('name_of(item["title"])', 'str(item["title"])')),
    ("one_bad_field_is_not_guessed", bug('minutes=item["minutes"]', 'minutes=item["minutes"] if isinstance(item["minutes"], int) else 60')),
    ("one_bad_field_is_not_guessed", bug('dt.date.fromisoformat(item["born"])', "BORN(item)", INTERFACE, INTERFACE + BORN)),
    ("one_bad_field_is_not_guessed", bug("findings.append(unread(CHILD,", "(unread(CHILD,")),
    (
        "one_bad_field_is_not_guessed",
        bug(
            "except NO_SENSE:\n                findings.append(unread(CHILD",
            "except ZeroDivisionError:\n                findings.append(unread(CHILD",
        ),
    ),
    ("secrets_are_declared", bug('"Authorization", "Bearer ")', '"Authorization", "Bearer "), headers={"X-Api-Key": settings.zone}')),
]
"""Checks that more than one bug must fail."""


def test_every_check_has_its_bug() -> None:
    assert set(BUGS) == set(PROMISES)


def plant(planted: Bug, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the broken package, and break what lies beneath it."""
    text = files()["klubok/adapter.py"]
    for old, new in planted.changes:
        assert old in text, f"the tutorial has another text now: {old}"
        text = text.replace(old, new)
    settings = files()["klubok/settings.py"]
    assert planted.settings[0] in settings, "the tutorial has other settings now"
    folder = write(tmp_path, package, adapter=text, settings=settings.replace(*planted.settings))
    if planted.readme:
        (folder / "README.md").write_text(planted.readme, encoding="utf-8")
    if planted.patch is not None:
        planted.patch(monkeypatch)


@pytest.mark.parametrize(("name", "planted"), [*BUGS.items(), *MORE])
def test_the_kit_finds(name: str, planted: Bug, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = f"klubok_{name}"
    plant(planted, package, tmp_path, monkeypatch)
    with imported(tmp_path, f"{package}.test_klubok") as (tests,):
        conformance: AdapterConformance = tests.TestKlubok()
        conformance.tells = planted.tells  # type: ignore[misc]
        with conformance.rig() as made, pytest.raises(Broken) as broken:
            PROMISES[name](made)
    said = str(broken.value)
    assert f"promised: {PROMISES[name].words}" in said and f"it matters: {PROMISES[name].why}" in said


@contextmanager
def timetable(folder: Path, package: str, *changes: str) -> Iterator[AdapterConformance]:
    """The tutorial's adapter, telling lessons alone, with further changes."""
    text = files()["klubok/adapter.py"]
    told = (*TIMETABLE, WINDOW, TIMETABLE_WINDOW, *changes)
    for old, new in zip(told[::2], told[1::2], strict=True):
        assert old in text, f"the tutorial has another text now: {old}"
        text = text.replace(old, new)
    write(folder, package, adapter=text)
    with imported(folder, f"{package}.test_klubok") as (tests,):
        conformance: AdapterConformance = tests.TestKlubok()
        conformance.tells = LESSONS_ALONE  # type: ignore[misc]
        yield conformance


def test_a_sound_timetable_keeps_every_promise_that_it_can_make(tmp_path: Path) -> None:
    with timetable(tmp_path, "klubok_timetable") as conformance:
        made = [each for each in PROMISES.values() if conformance.unmet(each) is None]
        assert {each.name for each in PROMISES.values()} - {each.name for each in made} == ABOUT_CHILDREN
        for each in made:
            with conformance.rig() as rig:
                each(rig)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("everything_is_told", HELD_AS_PLANNED[::-1]),  # held, although it knows nothing of that
        ("everything_is_told", (HERE, "if lesson.day in month.days() and lesson.day.day > 5]")),
        ("a_vanished_lesson_is_withdrawn", ("lists_lessons=not findings", "lists_lessons=False")),
        ("a_moved_lesson_moves", ("lists_lessons=not findings", "lists_lessons=False")),
        ("one_bad_record_stops_nobody", ("lists_lessons=not findings", "lists_lessons=True")),
        ("windows_are_of_what_was_read", ("Window(title, month,", "Window(title, month._replace(first=dt.date(2020, 1, 1)),")),
        ("batches_come_one_by_one", ALL_AT_ONCE.changes[0]),
    ],
)  # fmt: skip
def test_the_kit_finds_a_timetables_bugs(name: str, changes: tuple[str, ...], tmp_path: Path) -> None:
    with timetable(tmp_path, f"klubok_timetable_{name}", *changes) as conformance, conformance.rig() as made, pytest.raises(Broken):
        PROMISES[name](made)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the tutorial's emulator."""
    folder = tmp_path_factory.mktemp("klubok")
    write(folder, "klubok_sound")
    plugin_of(folder / "home", "klubok_sound")
    with imported(folder, "klubok_sound.adapter", "klubok_sound.emulator") as (_, module), module.KlubokEmulator() as running:
        switched_on(folder / "home", "klubok", running, per_minute=6000)
        assert recorded(folder / "home", folder / "recording")["good"]
    return folder / "recording"


@pytest.mark.parametrize("name", [name for name, promise in PROMISES.items() if LIVE not in promise.needs])
def test_the_kit_finds_it_on_a_recording_too(name: str, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = f"klubok_{name}_recorded"
    plant(BUGS[name], package, tmp_path, monkeypatch)
    with imported(tmp_path, f"{package}.adapter") as (module,):
        tests = type("Recorded", (RecordedConformance,), {"adapter": module.KlubokAdapter(), "recording": recording})()
        with tests.rig() as made, pytest.raises(Broken):
            PROMISES[name](made)
