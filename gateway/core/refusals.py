"""The rules that are the core's own and no plugin's: what they are called, and what they say.

The core decides them (A02, A03, A07, A08, A09, A14), match does (N01 … N04), or the register (R01). They are listed with the others, and
no pack switches them off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.facts import Text
from gateway.core.rules import Refusal
from gateway.core.wording import day_text, money_text


@dataclass(frozen=True, slots=True)
class CoreRule:
    """A rule without a plugin's code, as `gateway rules` lists it. ``act``: the act or clause it comes from, or "assumed"."""

    id: str
    title: Text
    act: str
    switchable: bool = False


CORE_RULES: tuple[CoreRule, ...] = (
    CoreRule("A02", Text("Одна отметка на ребёнка и занятие", "One mark per child and lesson"), "assumed"),
    CoreRule(
        "A03", Text("Пропуск по уважительной причине: как велит порядок оплаты", "An excused absence: as the charge basis says"), "assumed"
    ),
    CoreRule("A07", Text("Списание не больше остатка сертификата", "A debit is never above what the certificate has left"), "assumed"),
    CoreRule("A08", Text("Закрытый месяц не переписывается", "A closed month is never rewritten"), "assumed"),
    CoreRule("A09", Text("Одно посещение не списывается дважды", "One visit is never debited twice"), "assumed"),
    CoreRule("A14", Text("Источники согласны между собой", "The sources agree with each other"), "assumed"),
    CoreRule("N01", Text("Ребёнок известен", "The child is known"), "assumed"),
    CoreRule("N02", Text("Ребёнок узнаётся однозначно", "The child is told apart from its namesakes"), "assumed"),
    CoreRule("N03", Text("Группа известна", "The group is known"), "assumed"),
    CoreRule("N04", Text("В этот день у группы есть занятие", "The group has a lesson on that day"), "assumed"),
    CoreRule("R01", Text("Реестр принял операцию", "The register accepted the operation"), "assumed"),
)
"""In the order of their ids; `gateway.core.rules.order_of` sorts them among the others."""


def a07(needed_kopecks: int, left_kopecks: int) -> Refusal:
    """The lesson costs the certificate more than it has left. Sums in kopecks."""
    needed, left = money_text(needed_kopecks), money_text(left_kopecks)
    return Refusal(
        "A07",
        Text(f"не хватает средств: нужно {needed.ru}, осталось {left.ru}", f"not enough money: {needed.en} needed, {left.en} left"),
        Text(
            "разницу платит родитель, или муниципалитет увеличивает номинал: тогда спишется само; отметку можно оставить",
            "the parent pays the difference, or the municipality raises the nominal: then it is debited by itself; the mark may stay",
        ),
    )


def a08_waits(month: str, next_open: str) -> Refusal:
    """A late fact of a closed month of a past year: the payer decides. Months as ``YYYY-MM``."""
    return Refusal(
        "A08",
        Text(f"месяц {month} закрыт вместе со своим годом", f"the month {month} is closed, and its year with it"),
        Text(
            f"решает плательщик: gateway months decide {month} --accept (учесть в {next_open}) или --decline",
            f"the payer decides: gateway months decide {month} --accept (booked in {next_open}) or --decline",
        ),
    )


def a08_declined(month: str) -> Refusal:
    """The payer did not allow it."""
    return Refusal(
        "A08",
        Text(
            f"месяц {month} закрыт, плательщик не разрешил учесть позже",
            f"the month {month} is closed, and the payer did not allow it later",
        ),
        Text(
            f"плательщик может изменить решение: gateway months decide {month} --accept",
            f"the payer may decide again: gateway months decide {month} --accept",
        ),
    )


def a14(sources: Sequence[str]) -> Refusal:
    """Sources say different things of one lesson, and none goes before the other.

    Args:
        sources: their names; one that stands there twice says different things itself, of two of its cards or rows.
    """
    names = ", ".join(dict.fromkeys(sources))
    twofold = ", ".join(source for source in dict.fromkeys(sources) if sources.count(source) > 1)
    if twofold:
        return Refusal(
            "A14",
            Text(
                f"один ребёнок записан дважды, и отметки разные: {twofold}",
                f"one child is there twice, and the marks differ: {twofold}",
            ),
            Text(
                "оставьте одну карточку (строку) ребёнка или одинаковые отметки; до исправления остаётся то, что уже списано",
                "keep one card (row) of the child, or equal marks; until then what is booked stands",
            ),
        )
    return Refusal(
        "A14",
        Text(f"источники расходятся: {names}", f"the sources disagree: {names}"),
        Text(
            "выберите, чьё слово верно, или исправьте отметку в одном из них; до ответа остаётся то, что уже списано",
            "choose whose word is right, or mend the mark in one of them; until then what is booked stands",
        ),
    )


def n01() -> Refusal:
    """Nobody in the register is like this member."""
    return Refusal(
        "N01",
        Text("ребёнок не найден в реестре", "the child is not found in the register"),
        Text(
            "укажите номер сертификата или ответьте в очереди (gateway match); кто не в системе, того отметьте как «вне системы»",
            "give the certificate's number or answer in the queue (gateway match); say “outside” of a child who is not in the system",
        ),
    )


def n02(count: int) -> Refusal:
    """``count`` children of the register are alike."""
    return Refusal(
        "N02",
        Text(f"под описание подходит несколько детей: {count}", f"several children fit the description: {count}"),
        Text(
            "выберите ребёнка в очереди (gateway match): ответ запомнится; или укажите номер сертификата",
            "choose the child in the match queue (gateway match): the answer is remembered; or give the certificate's number",
        ),
    )


def n03(words: str) -> Refusal:
    """The source's words for a group name no group of the register."""
    return Refusal(
        "N03",
        Text(f"группа «{words}» не найдена в реестре", f"the group “{words}” is not found in the register"),
        Text(
            "впишите её в таблицу [groups] файла соответствий или ответьте в очереди (gateway match): ответ запомнится",
            "name it in the [groups] table of the mapping file or answer in the queue (gateway match): the answer is remembered",
        ),
    )


def n04(day: dt.date) -> Refusal:
    """The group has no lesson on the mark's day."""
    when = day_text(day)
    return Refusal(
        "N04",
        Text(f"{when.ru} у группы нет занятия", f"the group has no lesson on {when.en}"),
        Text(
            "исправьте день отметки или внесите занятие в расписание группы в Навигаторе",
            "mend the mark's day or enter the lesson into the group's timetable in the Navigator",
        ),
    )


def r01(reason: Text, cure: Text | None = None) -> Refusal:
    """The register rejected the operation. ``reason`` and ``cure`` are its own words."""
    return Refusal(
        "R01",
        Text(f"реестр отклонил: {reason.ru}", f"rejected by the register: {reason.en}"),
        cure
        or Text(
            "исправьте данные в Навигаторе, затем gateway run: операция уйдёт снова",
            "mend the data in the Navigator, then gateway run: the operation is sent again",
        ),
    )
