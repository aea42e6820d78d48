"""Why the register rejects an operation: each code with its reason and cure, in Russian and English."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

# Each value: (ru reason, ru cure, en reason, en cure).
_REFUSALS: dict[str, tuple[str, str, str, str]] = {
    "unknown_certificate": (
        "сертификата {certificate} нет в регистре",
        "проверьте сертификат; если он новый, дождитесь, пока он появится в регистре",
        "the register has no certificate {certificate}",
        "check the certificate; a new one has to appear in the register first",
    ),
    "unknown_enrollment": (
        "зачисления {enrollment} нет в регистре",
        "проверьте зачисление; если оно новое, дождитесь, пока оно появится в регистре",
        "the register has no enrollment {enrollment}",
        "check the enrollment; a new one has to appear in the register first",
    ),
    "unknown_group": (
        "группы {group} у поставщика {provider} в регистре нет",
        "проверьте группу и поставщика по каталогу регистра",
        "the register has no group {group} of the provider {provider}",
        "check the group and the provider by the register's catalogue",
    ),
    "not_enrolled": (
        "зачисление {enrollment}: {ru_detail}",
        "исправьте зачисление в регистре или отметку у поставщика",
        "enrollment {enrollment}: {en_detail}",
        "correct the enrollment in the register or the mark at the provider",
    ),
    "not_active": (
        "сертификат на {date} не действует",
        "разморозьте или продлите его в регистре либо снимите отметку",
        "the certificate is not active on {date}",
        "unfreeze or prolong it in the register, or take the mark back",
    ),
    "not_financing": (
        "на {date} это сертификат учёта: денег на нём нет",
        "переведите сертификат в персонифицированное финансирование",
        "on {date} this is an accounting certificate without money",
        "switch the certificate to financing",
    ),
    "insufficient_funds": (
        "не хватает средств: нужно {needed} ₽, осталось {left} ₽",
        "увеличьте номинал или возьмите оплату с родителя",
        "not enough money: {needed} RUB are needed, {left} RUB are left",
        "raise the nominal, or let the parent pay",
    ),
    "already_debited": (
        "за это занятие уже списано, операция {live}",
        "сначала верните это списание",
        "this lesson is debited already, by operation {live}",
        "reverse that debit first",
    ),
    "no_live_debit": (
        "возвращать нечего: {ru_detail}",
        "сверьте операции занятия с регистром",
        "there is nothing to reverse: {en_detail}",
        "compare the lesson's operations with the register",
    ),
    "bad_amount": (
        "сумма {amount_kopecks} коп. для такой операции не годится",
        "списание и возврат больше нуля, посещение равно нулю",
        "an amount of {amount_kopecks} kopecks does not fit such an operation",
        "a debit and a reversal are above zero, an attendance is zero",
    ),
    "other_body": (
        "под этим номером принята операция с другим содержанием, поле {field}",
        "другое содержание отправляйте под другим номером",
        "another operation was accepted under this id: the field {field} differs",
        "send another content under another id",
    ),
    "month_closed": (
        "месяц {month} у плательщика закрыт",
        "проведите операцию в ближайшем открытом месяце",
        "the payer has closed the month {month}",
        "book the operation in the next open month",
    ),
}
CODES = tuple(_REFUSALS)
"""Every code that an operation may be rejected with."""
_REFUSALS["test_fault"] = (
    "отказ по заказу проверки",
    "отправьте операцию ещё раз",
    "refused because a test asked for it",
    "send the operation again",
)


def rejection(operation_id: str, code: str, **values: Any) -> dict[str, Any]:
    """The answer that rejects an operation."""
    ru, ru_cure, en, en_cure = _REFUSALS[code]
    known = defaultdict(lambda: "…", values)  # a rejection that a test ordered knows nothing of amounts and the like
    return {
        "id": operation_id,
        "outcome": "rejected",
        "reason": {"code": code, "ru": ru.format_map(known), "en": en.format_map(known)},
        "cure": {"ru": ru_cure, "en": en_cure},
    }
