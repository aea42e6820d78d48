"""What tables and columns are called for a family. What has no name here is shown under its own: nothing is held back for that."""

from __future__ import annotations

from typing import Any

from navigator.portal.speech import gettext as _
from navigator.portal.speech import lazy_gettext as _l

TITLES: dict[str, Any] = {
    "persons": _l("Ваша учётная запись"),
    "children": _l("Дети"),
    "guardians": _l("Кто представляет ребёнка"),
    "certificates": _l("Сертификаты"),
    "certificate_numbers": _l("Номера сертификатов"),
    "certificate_words": _l("Вид и состояние сертификатов"),
    "nominals": _l("Номиналы"),
    "applications": _l("Заявления на финансирование"),
    "application_steps": _l("Ход заявлений"),
    "consents": _l("Тексты согласий"),
    "requests": _l("Заявки на места"),
    "enrollments": _l("Зачисления"),
    "acceptances": _l("Посещения и списания"),
    "accounts": _l("Счета сертификатов"),
    "transfers": _l("Движение денег"),
    "certificate_steps": _l("Что менял оператор"),
    "proposals": _l("Просьбы организаций записать ребёнка"),
    "leavings": _l("Заявления об уходе"),
    "disputes": _l("Споры"),
    "dispute_steps": _l("Ход споров"),
    "mails": _l("Письма вам"),
    "tokens": _l("Ссылки в письмах вам"),
    "sign_ins": _l("Ваши входы"),
    "reads": _l("Кто смотрел данные ребёнка"),
}
"""In the order in which a family reads them."""

_LABELS: dict[str, Any] = {
    "person": _l("человек"),
    "email": _l("почта"),
    "role": _l("роль"),
    "last_name": _l("фамилия"),
    "first_name": _l("имя"),
    "patronymic": _l("отчество"),
    "phone": _l("телефон"),
    "language": _l("язык"),
    "provider": _l("организация"),
    "payer": _l("муниципалитет"),
    "made_at": _l("создано"),
    "confirmed_at": _l("почта подтверждена"),
    "child": _l("ребёнок"),
    "birth_date": _l("дата рождения"),
    "snils": _l("СНИЛС"),
    "certificate": _l("сертификат"),
    "number": _l("номер"),
    "valid_from": _l("действует с"),
    "valid_to": _l("действует по"),
    "from_day": _l("с какого дня"),
    "what": _l("что"),
    "word": _l("значение"),
    "first": _l("с"),
    "last": _l("по"),
    "amount_kopecks": _l("сумма"),
    "enrollment": _l("зачисление"),
    "group": _l("группа"),
    "starts_on": _l("с какого дня"),
    "ends_on": _l("по какой день"),
    "state": _l("состояние"),
    "kind": _l("вид"),
    "date": _l("день"),
    "slot": _l("занятие дня"),
    "lesson_starts_at": _l("начало занятия"),
    "status": _l("отметка"),
    "month": _l("месяц"),
    "accepted_at": _l("принято"),
    "since": _l("с какого времени"),
    "is_first": _l("первый"),
    "application": _l("заявление"),
    "category": _l("категория"),
    "consent_version": _l("версия согласия"),
    "consented_at": _l("согласие дано"),
    "submitted_at": _l("подано"),
    "at": _l("когда"),
    "reason": _l("причина"),
    "text": _l("текст"),
    "request": _l("заявка"),
    "place": _l("порядок"),
    "lessons": _l("занятий"),
    "price_kopecks": _l("цена"),
    "certificate_kopecks": _l("платит сертификат"),
    "family_kopecks": _l("платит семья"),
    "asked_at": _l("подана"),
    "answered_at": _l("отвечено"),
    "seen_at": _l("последний раз"),
    "ended_at": _l("завершено"),
    "browser": _l("браузер"),
    "recipient": _l("кому"),
    "subject": _l("тема"),
    "sent_at": _l("отправлено"),
    "expires_at": _l("действует до"),
    "used_at": _l("использована"),
    "page": _l("страница"),
    "dispute": _l("спор"),
    "waits_since": _l("ждёт с"),
    "amount_after_kopecks": _l("сумма после исправления"),
    "status_after": _l("отметка после исправления"),
    "proposal": _l("просьба"),
    "answered_by": _l("кто ответил"),
    "filed_at": _l("подан"),
    "words": _l("пояснение"),
    "leaving": _l("заявление"),
    "last_day": _l("последний день"),
    "ended_before": _l("раньше было по"),
    "version": _l("версия"),
    "in_kopecks": _l("пришло"),
    "out_kopecks": _l("ушло"),
}

_WORDS: dict[str, dict[str, Any]] = {
    "kind": {
        "attendance": _l("посещение"),
        "debit": _l("списание"),
        "reversal": _l("возврат"),
        "nominal": _l("номинал"),
        "shortfall": _l("недостача"),
        "certificate": _l("сертификат"),
    },
    "status": {"attended": _l("был"), "absent": _l("не был"), "excused": _l("уважительная причина"), "none": _l("отметка снята")},
    "word": {
        "accounting": _l("учёта"),
        "financing": _l("финансирования"),
        "active": _l("действует"),
        "frozen": _l("заморожен"),
        "closed": _l("закрыт"),
        "requested": _l("запрошен"),
    },
    "role": {
        "parent": _l("родитель"),
        "club": _l("организация"),
        "payer": _l("муниципалитет"),
        "operator": _l("оператор"),
        "register": _l("реестр"),
    },
}

_PAGES: dict[str, Any] = {
    "family": _l("страницы семьи"),
    "financing": _l("сертификат и заявление"),
    "enrolling": _l("заявка на место"),
    "disputes": _l("споры"),
    "proposals": _l("предложение места"),
    "catalogue": _l("каталог"),
    "operator": _l("кабинет оператора"),
    "operations": _l("списания и посещения"),
    "privacy": _l("данные семьи"),
    "certificates": _l("сертификаты"),
    "leaving": _l("уход из группы"),
    "cabinet": _l("кабинет ребёнка"),
    "club": _l("страницы организации"),
    "reports": _l("отчёты"),
}


def title(table: str) -> str:
    """What a table is called."""
    return str(TITLES.get(table, table))


def order(table: str) -> tuple[int, str]:
    """By which tables are put in order: those that are known first."""
    return (list(TITLES).index(table) if table in TITLES else len(TITLES), table)


def label(column: str) -> str:
    """What a column is called."""
    return str(_LABELS.get(column, column))


def word(column: str, text: str) -> str:
    """A value of a column that has few, in words."""
    return str(_WORDS.get(column, {}).get(text, text))


def page(endpoint: str) -> str:
    """A page, by its subject."""
    return str(_PAGES.get(endpoint.split(".")[0], _("другая страница")))


def yes_or_no(value: bool) -> str:
    return _("да") if value else _("нет")
