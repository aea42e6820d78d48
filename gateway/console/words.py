"""What the pages say, Russian and English side by side."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.facts import Text
from gateway.core.wording import money_text

RU, EN = "ru", "en"

WORDS: Mapping[str, Text] = {
    "product": Text("Шлюз посещаемости", "Attendance gateway"),
    "tagline": Text("От отметки в табеле до списания с сертификата", "From the mark on a sheet to the debit of a certificate"),
    "status": Text("Состояние", "Status"),
    "language": Text("English", "Русский"),
    "language.label": Text("Switch to English", "Переключить на русский"),
    "skip": Text("К содержанию", "Skip to content"),
    "as_of": Text("По состоянию на", "As of"),
    "clock_stands": Text("Часы стоят (проверка)", "The clock stands still (a test)"),
    "refresh": Text("Обновить", "Refresh"),
    "ready": Text("Готовность для программ", "Readiness for programs"),
    "ready.not": Text("Шлюз не готов", "The gateway is not ready"),
    "ready.stopping": Text("Программа останавливается.", "The program is stopping."),
    "ready.register.cure": Text(
        "Ничего не потеряно: списания подождут. Проверьте адрес в gateway.toml и запущен ли реестр.",
        "Nothing is lost: the debits wait. Check the address in gateway.toml, and whether the register runs.",
    ),
    "privacy": Text(
        "Имён детей и полных номеров сертификатов на этой странице нет.", "This page holds no child's name and no whole certificate number."
    ),
    # the first line
    "verdict.calm": Text("Всё спокойно: ничего не ждёт, суммы сходятся", "All is calm: nothing waits, the sums agree"),
    "verdict.asks": Text("Нужно внимание", "Somebody is needed"),
    "verdict.wrong": Text("Суммы или операции расходятся", "Sums or operations differ"),
    "verdict.empty": Text("Табелей ещё не было", "No sheet has come yet"),
    "verdict.differences": Text("расхождений: {count}", "differences: {count}"),
    "verdict.rejected": Text("отклонено реестром: {count}", "rejected by the register: {count}"),
    "verdict.waiting": Text("вопросов к человеку: {count}", "questions to a person: {count}"),
    "verdict.unanswered": Text("реестр не ответил: {count}", "unanswered by the register: {count}"),
    "verdict.unread": Text("не прочитано клеток: {count}", "cells not read: {count}"),
    "verdict.unsent": Text("ничего не прислали: {count}", "have sent nothing: {count}"),
    "verdict.troubled": Text("источников с бедой: {count}", "sources in trouble: {count}"),
    "verdict.silent": Text("реестр не отвечает", "the register does not answer"),
    # counts
    "counts": Text("Отметки", "Marks"),
    "marks": Text("Отметок", "Marks"),
    "charged": Text("Списано", "Charged"),
    "not_charged": Text("Не списывается", "Not charged"),
    "refused": Text("Отказано", "Refused"),
    "waiting": Text("Ждут", "Waiting"),
    "unread": Text("Не прочитано", "Not read"),
    "from_empty": Text("из пустых клеток: {count}", "from empty cells: {count}"),
    "adds_up": Text(
        "{charged} + {not_charged} + {refused} + {waiting} = {marks}: у каждой отметки один ответ",
        "{charged} + {not_charged} + {refused} + {waiting} = {marks}: every mark has one answer",
    ),
    "why_not_charged": Text("Почему не списывается", "Why not charged"),
    "not_charged_how": Text("Так и должно быть: делать ничего не нужно", "As it should be: nothing is to be done"),
    "why": Text("Причина", "Reason"),
    "why_refused": Text("Почему отказано", "Why refused"),
    "rule": Text("Правило", "Rule"),
    "meaning": Text("Что оно требует", "What it asks for"),
    "count": Text("Отметок", "Marks"),
    "refusals_how": Text("Причина, клетка и что сделать по каждой отметке:", "Reason, cell and cure of every mark:"),
    "reason.free": Text("бесплатно", "free"),
    "reason.absent": Text("отсутствовал", "absent"),
    "reason.excused": Text("по уважительной причине", "excused"),
    "reason.cancelled": Text("занятие отменено", "lesson cancelled"),
    "reason.outside": Text("вне системы", "outside the system"),
    "reason.trial": Text("пробное", "trial"),
    # clubs
    "clubs": Text("Клубы", "Clubs"),
    "clubs.caption": Text("Кто, что и когда прислал, и что из этого вышло", "Who sent what and when, and what came of it"),
    "club": Text("Клуб", "Club"),
    "file": Text("Файл", "File"),
    "when": Text("Когда", "When"),
    "sum": Text("Сумма", "Sum"),
    "stale": Text("давно", "long ago"),
    "interrupted": Text("приём прерван: повторите import", "interrupted: repeat the import"),
    "unsent": Text("Ничего не прислали", "Have sent nothing"),
    "none_yet": Text("Пришлите первый табель:", "Send the first sheet:"),
    "no_providers": Text(
        "Реестр ещё не прочитан: организаций нет. Прочитать его:", "The register has not been read yet: there are no providers. Read it:"
    ),
    "reading.brought": Text("новое: {new}, не принято или ждёт: {refused}", "new: {new}, refused or waiting: {refused}"),
    "reading.whole": Text("прочитан до конца", "read to its end"),
    "reading.never_whole": Text("до конца ещё не прочитан", "not read to its end yet"),
    "source.system": Text("система", "system"),
    "source.spreadsheet": Text("табель", "sheet"),
    # what waits
    "waits": Text("Что ждёт человека", "What waits for a person"),
    "waits.caption": Text("Вопросы и команды, которые на них отвечают", "Questions, and the commands that answer them"),
    "waits.what": Text("Вопрос", "Question"),
    "waits.count": Text("Сколько", "How many"),
    "waits.command": Text("Команда", "Command"),
    "waits.match": Text(
        "Кто это: дети и группы, которых нельзя узнать наверняка", "Who is this: children and groups that cannot be told for certain"
    ),
    "waits.withdrawals": Text(
        "Сразу многое снято или исправлено: подтвердить или оставить", "Much is gone or changed at once: confirm it, or let it stand"
    ),
    "waits.conflicts": Text("Два источника говорят разное об одном занятии", "Two sources differ about one lesson"),
    "waits.rejected": Text("Реестр отклонил операцию", "The register rejected an operation"),
    "waits.unanswered": Text("Реестр не ответил на операцию", "The register has not answered an operation"),
    "waits.kept": Text("Списано, но сегодня уже не было бы списано", "Debited, and would not be debited today"),
    "waits.nothing": Text("Ничего не ждёт.", "Nothing waits."),
    # the register
    "register": Text("Реестр", "Register"),
    "register.address": Text("Адрес", "Address"),
    "register.answers": Text("Отвечает", "Answers"),
    "register.silent": Text("Реестр не отвечает", "The register does not answer"),
    "register.silent.cure": Text(
        "Ничего не потеряно: списания подождут. Проверьте адрес в gateway.toml и запущен ли реестр, затем:",
        "Nothing is lost: the debits wait. Check the address in gateway.toml, and whether the register runs; then:",
    ),
    "register.read": Text("Прочитан", "Last read"),
    "register.never": Text("ещё ни разу", "not once yet"),
    "register.accepted": Text("Принято операций", "Operations accepted"),
    "register.rejected": Text("Отклонено", "Rejected"),
    "register.unanswered": Text("Без ответа", "Unanswered"),
    "register.under_way": Text("В работе", "Under way"),
    "register.quiet": Text("ничего", "nothing"),
    "under_way.to_match": Text("узнать", "to match"),
    "under_way.to_decide": Text("решить", "to decide"),
    "under_way.to_book": Text("списать", "to book"),
    "under_way.to_send": Text("отправить", "to send"),
    "under_way.unanswered": Text("без ответа", "unanswered"),
    # what is pushed
    "push.unknown": Text("Такого источника нет", "There is no such source"),
    "push.not_signed": Text("Подпись не подходит", "The signature does not fit"),
    "push.not_understood": Text("Доставка не понята", "The delivery is not understood"),
    "push.too_large": Text("Доставка слишком велика", "The delivery is too large"),
    "push.too_large.cure": Text("Не больше {megabytes} МБ: шлите частями.", "At most {megabytes} MB: send in parts."),
    "push.too_many": Text("Слишком часто", "Too often"),
    "push.too_many.cure": Text(
        "Не больше {number} доставок в минуту: шлите несколько отметок сразу.",
        "At most {number} deliveries a minute: send several marks at once.",
    ),
    "push.not_set_up": Text("Источник не настроен", "The source is not set up"),
    "push.busy": Text("Сейчас не принять", "It cannot be taken now"),
    "push.busy.cure": Text("Пришлите то же ещё раз: ничего не записано.", "Send the same again: nothing was stored."),
    "push.unexpected": Text("Ошибка программы", "A mistake of the program"),
    # the schedule
    "schedule": Text("Расписание", "Schedule"),
    "schedule.caption": Text("Что делается само, пока работает gateway serve", "What is done by itself while gateway serve runs"),
    "schedule.job": Text("Что", "What"),
    "schedule.pace": Text("Когда", "When"),
    "schedule.last": Text("Последний раз", "Last time"),
    "schedule.next": Text("Следующий", "Next"),
    "schedule.post": Text("Довести начатое и отправить в реестр", "Finish what is under way, and send to the register"),
    "schedule.reconcile": Text("Сверить с реестром", "Reconcile with the register"),
    "schedule.sync": Text("Спросить источник {source}", "Ask the source {source}"),
    "schedule.every": Text("каждые {minutes} мин", "every {minutes} min"),
    "schedule.daily": Text("в {at}", "at {at}"),
    "schedule.off": Text("выключено", "off"),
    "schedule.never": Text("ещё ни разу", "not once yet"),
    "schedule.now": Text("сейчас: {by}", "now: {by}"),
    "schedule.failures": Text("неудач подряд: {count}", "failures in a row: {count}"),
    "outcome.done": Text("готово", "done"),
    "outcome.asks": Text("есть вопросы", "asks a person"),
    "outcome.later": Text("пока не вышло", "not yet"),
    "outcome.mend": Text("нужно исправить", "to be mended"),
    "outcome.failed": Text("сбой", "failed"),
    # reconcile
    "reconcile": Text("Сверка", "Reconciliation"),
    "reconcile.caption": Text(
        "Три суммы по месяцам: книга шлюза, принятое, выписка реестра",
        "Three sums a month: the gateway's ledger, accepted, the register's statement",
    ),
    "reconcile.none": Text("Списаний ещё не было, сверять нечего.", "Nothing has been debited yet, so there is nothing to reconcile."),
    "month": Text("Месяц", "Month"),
    "booked": Text("В книге шлюза", "In the ledger"),
    "accepted": Text("Принято реестром", "Accepted"),
    "statement": Text("Выписка реестра", "Statement"),
    "differences": Text("Расхождений", "Differences"),
    "entries": Text("списаний {debits}, возвратов {reversals}", "{debits} debits, {reversals} reversals"),
    "one_sum": Text("суммы равны", "one sum"),
    "not_one_sum": Text("суммы не равны", "not one sum"),
    "differences.of": Text("Расхождения: {month}", "Differences: {month}"),
    "differences.here": Text("у нас: {what}", "here: {what}"),
    "differences.there": Text("в реестре: {what}", "at the register: {what}"),
    "differences.left_out": Text("и ещё {count}:", "and {count} more:"),
    "said.attendance": Text("посещение", "attendance"),
    "said.debit": Text("списание", "debit"),
    "said.reversal": Text("возврат", "reversal"),
    "said.attended": Text("был", "attended"),
    "said.absent": Text("отсутствовал", "absent"),
    "said.excused": Text("по уважительной причине", "excused"),
    "said.none": Text("отметки нет", "no mark"),
    "difference.missing_there": Text("нет в реестре", "missing at the register"),
    "difference.missing_here": Text("нет у нас", "missing here"),
    "difference.other_sum": Text("другая сумма", "another sum"),
    "difference.other_state": Text("другое состояние", "another state"),
    "difference.rejected": Text("отклонено", "rejected"),
    "difference.unanswered": Text("нет ответа", "unanswered"),
    "difference.other_balance": Text("другой остаток", "another balance"),
    "difference.late_answer": Text("поздний ответ", "a late answer"),
    "difference.moved_elsewhere": Text("движение помимо нас", "moved elsewhere"),
    "difference.closed_changed": Text("закрытая ведомость изменилась", "a closed statement changed"),
    # problems
    "problem": Text("Страницы сейчас нет", "The page is not there now"),
    "problem.back": Text("К состоянию", "To the status"),
    "problem.database": Text("База шлюза не открывается.", "The gateway's database cannot be opened."),
    "problem.database.cure": Text(
        "Проверьте database в gateway.toml, права на папку GATEWAY_HOME и свободное место; подробности в журнале сервера.",
        "Check database in gateway.toml, the rights to the folder GATEWAY_HOME and the free space; the server's log says more.",
    ),
    "problem.register": Text("Реестр не спросить: {why}.", "The register cannot be asked: {why}."),
    "problem.register.cure": Text(
        "Исправьте register_url в gateway.toml или NAVIGATOR_URL.", "Mend register_url in gateway.toml, or NAVIGATOR_URL."
    ),
    "problem.not_found": Text("Такой страницы нет.", "There is no such page."),
    "problem.not_found.cure": Text("Страница одна: состояние шлюза.", "There is one page: the gateway's status."),
    "problem.request": Text("Так эту страницу не спрашивают.", "The page is not asked for in that way."),
    "problem.request.cure": Text("Откройте страницу состояния.", "Open the status page."),
    "problem.unexpected": Text("Ошибка программы.", "A fault of the program."),
    "problem.unexpected.cure": Text(
        "Она записана в журнал сервера; передайте его разработчику.", "It stands in the server's log: hand that to the developers."
    ),
}

_MONTHS = (
    Text("январь", "January"), Text("февраль", "February"), Text("март", "March"), Text("апрель", "April"),
    Text("май", "May"), Text("июнь", "June"), Text("июль", "July"), Text("август", "August"),
    Text("сентябрь", "September"), Text("октябрь", "October"), Text("ноябрь", "November"), Text("декабрь", "December"),
)  # fmt: skip
_AGO = (
    (dt.timedelta(days=1), Text("{count} дн. назад", "{count} d ago")),
    (dt.timedelta(hours=1), Text("{count} ч назад", "{count} h ago")),
    (dt.timedelta(minutes=1), Text("{count} мин назад", "{count} min ago")),
)
_JUST_NOW = Text("только что", "just now")


@dataclass(frozen=True, slots=True)
class Speech:
    """The words in one language, and how it writes numbers, sums and days."""

    language: str

    def __call__(self, name: str, /, **values: object) -> str:
        return WORDS[name].in_language(self.language).format(**values)

    def word(self, prefix: str, name: str) -> str:
        """The word for a value of a list; a value that is not on it (a plugin's) stands as it is."""
        known = WORDS.get(prefix + name)
        return known.in_language(self.language) if known is not None else name

    def money(self, kopecks: int) -> str:
        return money_text(kopecks).in_language(self.language).replace(" ", "\u00a0")

    def number(self, count: int) -> str:
        return f"{count:,}".replace(",", "\u00a0" if self.language == RU else ",")

    def month(self, month: str) -> str:
        year, number = month.split("-")
        return f"{_MONTHS[int(number) - 1].in_language(self.language)} {year}"

    def day(self, iso: str) -> str:
        return f"{dt.date.fromisoformat(iso):%d.%m.%Y}" if self.language == RU else iso

    def moment(self, at: dt.datetime) -> str:
        return f"{at:%d.%m.%Y, %H:%M}" if self.language == RU else f"{at:%Y-%m-%d, %H:%M}"

    def ago(self, length: dt.timedelta) -> str:
        for unit, words in _AGO:
            if length >= unit:
                return words.in_language(self.language).format(count=length // unit)
        return _JUST_NOW.in_language(self.language)
