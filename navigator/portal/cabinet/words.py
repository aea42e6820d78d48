"""Sentences that pages, statements and letters share: how a debit was computed, what a movement is, until when the money lasts."""

from __future__ import annotations

from flask_babel import ngettext

from navigator.portal.cabinet.forecast import Basis
from navigator.portal.cabinet.reckoning import Reckoning
from navigator.portal.cabinet.year import Year
from navigator.portal.catalogue.costs import ACADEMIC_HOUR_MINUTES
from navigator.portal.speech import day, roubles
from navigator.portal.speech import gettext as _


def how_computed(found: Reckoning | None) -> str:
    """A debit's sum, sentence by sentence: price, normative, which of the two, what is left to the family."""
    if found is None:
        return _("В реестре нет цены этого занятия: как посчитано, скажет организация.")
    price, normative = roubles(found.price_kopecks), roubles(found.normative_kopecks)
    if found.unit == "lesson":
        said = [_("Цена занятия %(price)s, норматив %(normative)s.", price=price, normative=normative)]
    else:
        whole, rest = divmod(found.minutes, ACADEMIC_HOUR_MINUTES)
        values = {"hours": str(whole) if rest == 0 else f"{found.minutes}/{ACADEMIC_HOUR_MINUTES}", "price": price, "normative": normative}
        values |= {"unit": roubles(found.unit_price_kopecks), "unit_normative": roubles(found.unit_normative_kopecks)}
        said = [_("Цена часа %(unit)s × %(hours)s = %(price)s, норматив %(unit_normative)s × %(hours)s = %(normative)s.", **values)]
    if found.agrees:
        said.append(_("Сертификат платит меньшее из двух."))
    else:
        computed = roubles(found.certificate_kopecks)
        said.append(_("По этой цене вышло бы %(sum)s: в день списания цена была другой.", sum=computed))
    if found.family_kopecks:
        said.append(_("Доплата семьи — %(sum)s.", sum=roubles(found.family_kopecks)))
    return " ".join(said)


def movement_name(kind: str, kopecks: int) -> str:
    """What one of the ledger's transfers is to a family."""
    if kind == "nominal":
        return _("Номинал зачислен") if kopecks > 0 else _("Номинал снижен")
    names = {"debit": _("Списание"), "reversal": _("Возврат"), "shortfall": _("В счёт нехватки после снижения номинала")}
    return names[kind]


def until_when(year: Year) -> str:
    """The forecast in one or two sentences; "" where there is none."""
    found = year.forecast
    if found is None:
        return ""
    if found.basis is Basis.NOTHING:
        return _("Занятий впереди в расписании нет, и темпа ещё не видно: прогноза нет.")
    if found.runs_out_on is None:
        return _("Денег хватит до конца года, останется %(sum)s.", sum=roubles(found.left_kopecks))
    if found.runs_out_on == found.points[0].day:
        return _("Денег уже не хватит: прошедшие занятия, которых организация ещё не отметила, возьмут больше, чем осталось.")
    said = _("Деньги кончатся %(day)s.", day=day(found.runs_out_on))
    if found.basis is Basis.TIMETABLE:
        numbers = {"paid": found.paid_lessons, "all": found.lessons}
        said += " " + _("На занятие в этот день уже не хватит: сертификат оплатит ещё %(paid)d из %(all)d.", **numbers)
    return said


def how_reckoned(year: Year) -> str:
    """What the forecast was reckoned from; "" where there is none."""
    found = year.forecast
    if found is None or year.ahead is None or found.basis is Basis.NOTHING:
        return ""
    week = roubles(found.week_kopecks)
    if found.basis is Basis.PACE:
        return _("Цены занятий впереди неизвестны: посчитано по темпу с первого списания в этом году, %(week)s в неделю.", week=week)
    values = {"end": day(year.end), "lessons": ngettext("%(num)d занятие", "%(num)d занятий", found.lessons), "week": week}
    said = [_("Посчитаны все занятия по расписанию до %(end)s (%(lessons)s) по нынешней цене; это около %(week)s в неделю.", **values)]
    if year.ahead.unmarked:
        said.append(_("Сюда вошли и прошедшие занятия, которых организация ещё не отметила: %(number)d.", number=year.ahead.unmarked))
    if year.ahead.unpriced:
        said.append(_("Не вошли занятия без цены в реестре: %(titles)s.", titles=", ".join(year.ahead.unpriced)))
    return " ".join(said)
