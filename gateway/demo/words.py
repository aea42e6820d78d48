"""What the demo says, Russian and English side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.core.facts import Text

RU, EN = "ru", "en"

WORDS: Mapping[str, Text] = {
    "title": Text("Демонстрация: четыре клуба, октябрь 2025 года", "The demo: four clubs, October 2025"),
    "made_up": Text("Район, клубы и дети выдуманы.", "The district, the clubs and the children are made up."),
    "clock": Text("Часы стоят: 5 ноября 2025, 10:00 по Москве.", "The clock stands still: 5 November 2025, 10:00 in Moscow."),
    "register": Text(
        "Реестр: Навигатор, отдельная программа со своей базой.", "The register: the Navigator, a program of its own with its own database."
    ),
    "loaded_new": Text(
        "Район загружен в реестр: записей {total}, новых {new}.",
        "The district is loaded into the register: {total} records, {new} of them new.",
    ),
    "loaded_again": Text(
        "Район уже в реестре: записей {total}, новых 0.", "The district is in the register already: {total} records, none new."
    ),
    "taken": Text("Табели и системы", "Sheets and systems"),
    "asked_system": Text("по протоколу {system}", "over {system}'s protocol"),
    "sheet_line": Text("отметок {marks}, новых {new}", "{marks} marks, {new} new"),
    "same_file": Text("тот же файл ещё раз", "the same file once more"),
    "answered": Text(
        "Секретарь ответил: «{person}» ({group}) вне системы. Ответ запомнен.",
        "The secretary answered: “{person}” ({group}) is outside the system. The answer is remembered.",
    ),
    "working": Text("Идут этапы: собрать, узнать, решить, списать, отправить…", "The stages run: collect, match, decide, book, post…"),
    "by_club": Text("Что вышло", "What came of it"),
    "club": Text("Клуб", "Club"),
    "lessons": Text("Занятий", "Lessons"),
    "marks": Text("Отметок", "Marks"),
    "charged": Text("Списано", "Charged"),
    "not_charged": Text("Не списано", "Not charged"),
    "refused": Text("Отказано", "Refused"),
    "waiting": Text("Ждут", "Wait"),
    "roubles": Text("Сумма", "Sum"),
    "together": Text("вместе", "together"),
    "of_them_cancelled": Text("занятий отменено: {count}", "lessons cancelled: {count}"),
    "not_charged_long": Text("не списывается", "not charged"),
    "refused_long": Text("отказано", "refused"),
    "waiting_long": Text("ждут ответа", "waiting"),
    "unread_long": Text("не прочитано", "not read"),
    "noticed_long": Text("замечено", "noticed"),
    "reason.free": Text("бесплатно", "free"),
    "reason.absent": Text("отсутствовал", "absent"),
    "reason.excused": Text("по уважительной причине", "excused"),
    "reason.cancelled": Text("занятие отменено", "lesson cancelled"),
    "reason.outside": Text("вне системы", "outside the system"),
    "reason.trial": Text("пробное", "trial"),
    "sheet": Text("лист «{sheet}»", "sheet “{sheet}”"),
    "queue": Text("Кто ждёт ответа", "Who waits for an answer"),
    "queue_empty": Text("Никто: на все вопросы отвечено.", "Nobody: every question is answered."),
    "queue_system": Text("{source}, № {id}, отметок {marks}", "{source}, no. {id}, {marks} marks"),
    "queue_place": Text("лист «{sheet}», строка {row}, отметок {marks}", "sheet “{sheet}”, row {row}, {marks} marks"),
    "candidate": Text(
        "может быть: {name} ({child}, сертификат {certificate}): {reasons}",
        "may be: {name} ({child}, certificate {certificate}): {reasons}",
    ),
    "left_out": Text("…и ещё {count}", "…and {count} more"),
    "group_words": Text("группа «{words}» реестру не известна", "the register does not know the group “{words}”"),
    "sums": Text("Сходится ли", "Does it agree"),
    "sum_booked": Text("списано по книге шлюза", "booked in the gateway's ledger"),
    "sum_accepted": Text("принято реестром", "accepted by the register"),
    "sum_register": Text("выписка реестра за октябрь", "the register's statement of October"),
    "debits": Text("списаний {debits}, возвратов {reversals}", "{debits} debits, {reversals} reversals"),
    "differences": Text("расхождений", "differences"),
    "ledger_sound": Text("книга проверена: счета и остатки сходятся", "the ledger is verified: accounts and balances add up"),
    "ledger_faulty": Text("книга НЕ сходится: {faults}", "the ledger does NOT add up: {faults}"),
    "marks_add_up": Text(
        "{charged} списано + {not_charged} не списывается + {refused} отказано + {waiting} ждут = {marks} отметок",
        "{charged} charged + {not_charged} not charged + {refused} refused + {waiting} waiting = {marks} marks",
    ),
    "fresh": Text("Нового: отметок {new}, списано {amount}.", "New: {new} marks, {amount} debited."),
    "nothing_new": Text(
        "Нового нет: отметок 0, списано {amount}. Те же табели ничего не списывают второй раз.",
        "Nothing is new: 0 marks, {amount} debited. The same sheets debit nothing a second time.",
    ),
    "agrees": Text("Всё сходится.", "Everything agrees."),
    "disagrees": Text("НЕ СХОДИТСЯ.", "IT DOES NOT AGREE."),
    "look_on": Text("Посмотреть дальше", "Look on"),
    "look_why": Text("почему списано или нет", "why something was debited, or not"),
    "look_again": Text("ещё раз: ничего нового", "once more: nothing is new"),
    "look_afresh": Text("начать заново", "start afresh"),
    "look_hand": Text("все числа, посчитанные вручную", "every number, worked out by hand"),
    "report_at": Text("Отчёт для программ: {path}", "The report for programs: {path}"),
    "look_around": Text("Посмотреть в браузере", "Look around in a browser"),
    "start_pages": Text("запустите", "start it with"),
    "navigator_at": Text("Навигатор", "The Navigator"),
    "gateway_at": Text("страница шлюза", "The gateway's page"),
    "is_parent": Text("родитель", "a parent"),
    "is_club": Text("клуб", "a club"),
    "is_operator": Text("оператор", "the operator"),
    "stop_here": Text(
        "Остановить: Ctrl-C. Письма Навигатора не уходят с этой машины, они лежат в {mail}.",
        "Stop it with Ctrl-C. The Navigator's letters do not leave this machine, they lie in {mail}.",
    ),
    "log_ins_failed": Text("Учётные записи не созданы: {said}", "The accounts were not made: {said}"),
    "port_taken": Text("Порт {port} занят.", "The port {port} is taken."),
    "other_port": Text("Назовите другой: make serve ARGS='{option} 0'", "Name another: make serve ARGS='{option} 0'"),
    "program_ended": Text("Программа не отвечает: {said}", "The program does not answer: {said}"),
    "look_at_log": Text("Её сообщения: {log}", "What it said: {log}"),
    "load_failed": Text("Район не загружен: {said}", "The district was not loaded: {said}"),
    "start_afresh": Text("Начните заново: rm -r {home}", "Start afresh: rm -r {home}"),
    "register_silent": Text("Реестр не отвечает: {why}", "The register does not answer: {why}"),
    "store_silent": Text("База шлюза не открывается: {why}", "The gateway's database cannot be opened: {why}"),
    "try_later": Text("Запустите демонстрацию ещё раз.", "Run the demo once more."),
    "stopped": Text("Остановлено. Следующий запуск продолжит с этого места.", "Stopped. The next run goes on from here."),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words in one language."""

    language: str

    def __call__(self, name: str, /, **values: object) -> str:
        return WORDS[name].in_language(self.language).format(**values)


def language_from(environment: Mapping[str, str] = os.environ) -> str:
    """By GATEWAY_LANG, else the locale: English in an English one, Russian in any other and where there is none."""
    asked = next((environment[name] for name in ("GATEWAY_LANG", "LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return EN if asked.lower().startswith("en") else RU
