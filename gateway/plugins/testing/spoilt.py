"""Promises about records that make no sense: they are findings, nothing is guessed out of them, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.core.facts import Batch, Finding, LessonState, Level, Member, Status
from gateway.plugins.testing.emulator import NONSENSE, Field
from gateway.plugins.testing.promises import LIVE, first_lines, keep, promise
from gateway.plugins.testing.rig import Rig
from gateway.plugins.testing.standing import Standing, differences

WORD = "31.02"
"""A word that no system has for anything but a name."""


@promise("one record that makes no sense is a finding, and stops nobody", "one typing error would keep a whole club unpaid", {LIVE})
def one_bad_record_stops_nobody(rig: Rig) -> None:
    for kind in ("lessons", "children") if "members" in rig.tells else ("lessons",):
        emulator = rig.restart()
        before = rig.pull()
        lesson, child = next(rig.club.held_with(*Status))
        spoilt = lesson.id if kind == "lessons" else child
        emulator.spoil(kind, spoilt)
        again = rig.pull()
        found = Standing().take(before).take(again, confirmed=True)
        wrong = [line for line in differences(found, rig.truth()) if "nothing stands" in line]
        keep(not wrong, f"one of the {kind} makes no sense, and it takes back: {first_lines(wrong)}")
        only = Standing().take(again)
        lost = [line for line in differences(only, rig.truth()) if spoilt not in line.replace(":", "").replace(",", "").split()]
        keep(not lost, f"one of the {kind} makes no sense, and others are lost: {first_lines(lost)}")
        told = _unread(only)
        keep(bool(told), f"one of the {kind} makes no sense, and nobody is told")
        keep(all((f.what.ru, f.what.en, f.cure.ru, f.cure.en) and f.place.url for f in told), "a finding without its cure or its place")


@promise("a group that makes no sense stops no other", "one typing error would keep a whole club unpaid", {LIVE})
def one_bad_group_stops_nobody(rig: Rig) -> None:
    before = rig.pull()
    bad = list(rig.club.groups)[1]
    rig.emulator.spoil("groups", bad)
    again = rig.pull()
    found = Standing().take(before).take(again, confirmed=True)
    wrong = [line for line in differences(found, rig.truth()) if "nothing stands" in line]
    keep(not wrong, f"one of the groups makes no sense, and: {first_lines(wrong)}")
    keep(bool(Standing().take(again).findings), "one of the groups makes no sense, and nobody is told")


def _unread(found: Standing) -> list[Finding]:
    return [finding for finding in found.findings if finding.level is Level.UNREAD]


@promise(
    "one field that makes no sense is never guessed: its record is a finding, and the rest goes on",
    "a status that nobody knows would be an absence, a missing hour another lesson, half a name another child: the family pays for it",
    {LIVE},
)
def one_bad_field_is_not_guessed(rig: Rig) -> None:
    emulator = rig.restart(groups=2, children=3, weeks=2)
    emulator.shown = {}
    before = rig.pull()
    shown, emulator.shown = emulator.shown, None
    keep("lessons" in shown, "the emulator shows no list «lessons» whose items have fields: let its `answer` use `page`")
    for kind, items in shown.items():
        for field, value in _nonsense(rig, kind, items):
            emulator.heal()
            spoilt = _to_spoil(rig, kind, items, field)
            for item in spoilt:
                emulator.spoil(kind, item, field, value)
            said = f"only {'.'.join(field)} of {kind} {', '.join(spoilt)} is {value!r}"
            _is_not_guessed(rig, before, rig.pull(), said, spoilt, is_within=len(field) > 1)


def _nonsense(rig: Rig, kind: str, items: dict[str, dict[Field, Any]]) -> Iterator[tuple[Field, Any]]:
    """Each field with something of another kind in it; and those of lessons and children with a word that nobody knows.

    A word in place of an id may be another's id, and in place of a group's title the title of another.
    """
    named = {*rig.club.groups, *rig.club.children, *rig.club.lessons, *(group.title for group in rig.club.groups.values())}
    fields: dict[Field, list[Any]] = {}
    for item in items.values():
        for field, value in item.items():
            if field[0] in rig.emulator.free_words:
                continue
            fields.setdefault(field, []).append(value)
    for field, values in fields.items():
        yield field, NONSENSE
        is_plain = not any(isinstance(value, list | dict) or str(value) in named for value in values)
        if is_plain and kind in ("lessons", "children"):
            yield field, WORD


def _to_spoil(rig: Rig, kind: str, items: dict[str, dict[Field, Any]], field: Field) -> list[str]:
    """Of lessons one of each state, so that no default is right by chance; of anything else the first."""
    having = [item for item, fields in items.items() if field in fields]
    if kind != "lessons":
        return having[:1]
    by_state: dict[LessonState, str] = {}
    for item in having:
        if item in rig.club.lessons:
            by_state.setdefault(rig.club.lessons[item].state, item)
    return list(by_state.values()) or having[:1]


def _is_not_guessed(rig: Rig, before: list[Batch], again: list[Batch], said: str, spoilt: list[str], is_within: bool) -> None:
    true, only = rig.truth(), Standing().take(again)
    taken_back = _nothing_stands(differences(Standing().take(before).take(again, confirmed=True), true))
    keep(not taken_back, f"{said}, and it takes back: {first_lines(taken_back)}")
    wrong = differences(only, true)
    lost = _nothing_stands(wrong)
    guessed = [line for line in wrong if line not in lost] + list(_made_up(only, true))
    keep(not guessed, f"{said}, and something is made of it: {first_lines(guessed)}")
    if spoilt[0] in (*rig.club.groups, *rig.club.children, *rig.club.lessons):
        others = [line for line in lost if not _speaks_of(line, rig, spoilt)]
        keep(not others, f"{said}, and others are lost: {first_lines(others)}")
    lost += _left_out(only, true, again, is_within)
    keep(not lost or bool(_unread(only)), f"{said}, and nobody is told what was left out: {first_lines(lost)}")


def _nothing_stands(lines: list[str]) -> list[str]:
    return [line for line in lines if "nothing stands" in line]


def _speaks_of(line: str, rig: Rig, items: list[str]) -> bool:
    titles = tuple(rig.club.groups[item].title + "," for item in items if item in rig.club.groups)
    return line.startswith(titles) or any(item in line.replace(":", "").replace(",", "").split() for item in items)


def _made_up(only: Standing, true: Standing) -> Iterator[str]:
    """Groups and children that there are not, and what is told of a child and is not so."""
    yield from (f"a group “{group}”" for group in sorted(only.groups - true.groups))
    for key, told in only.members.items():
        known = true.members.get(key)
        if known is None:
            yield f"a child {key[1]} in “{key[0]}”"
        elif told.name not in (known.name, WORD):
            yield f"child {key[1]} is called {told.name!r}"
        elif told.birth_date not in (None, known.birth_date) or told.certificate not in (None, known.certificate):
            yield f"child {key[1]} is born {told.birth_date}, has the number {told.certificate}"


def _left_out(only: Standing, true: Standing, again: list[Batch], is_within: bool) -> list[str]:
    """Children who are not told; and what is not told of them, unless what is nonsense is within a list: it may be what names it."""
    members = [record for batch in again for record in batch.records if isinstance(record, Member)]
    unreadable = {member.own_id for member in members if member.certificate_unreadable}
    found = []
    for key, known in true.members.items():
        told = only.members.get(key)
        if told is None:
            found.append(f"child {key[1]} in “{key[0]}”")
        elif not is_within and told.birth_date is None and known.birth_date is not None:
            found.append(f"when child {key[1]} was born")
        elif not is_within and told.certificate is None and known.certificate is not None and key[1] not in unreadable:
            found.append(f"the number of child {key[1]}")
    return found
