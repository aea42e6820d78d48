"""All that the command line says, in Russian and English side by side. {name}: a value that is put in."""

from __future__ import annotations

from gateway.cli.authoring_texts import AUTHORING_TEXTS
from gateway.cli.match_texts import MATCH_TEXTS
from gateway.cli.month_texts import MONTH_TEXTS
from gateway.cli.operator_texts import OPERATOR_TEXTS
from gateway.cli.upkeep_texts import UPKEEP_TEXTS
from gateway.core.facts import Text

TEXTS: dict[str, Text] = {
    **MATCH_TEXTS,
    **AUTHORING_TEXTS,
    **MONTH_TEXTS,
    **OPERATOR_TEXTS,
    **UPKEEP_TEXTS,
    # ---- help: the first sentence stands in the list of commands
    "usage": Text("Вызов:", "Usage:"),
    "options": Text("Параметры", "Options"),
    "commands": Text("Команды", "Commands"),
    "help": Text(
        "От табеля посещаемости до списания с сертификата: принять табель, ответить на вопросы, узнать, что и почему списано.",
        "From a club's sheet to the debits of certificates: take a sheet in, answer what is asked, see what was debited and why.",
    ),
    "help.dry-run": Text(
        "Проверить табель, ничего не записывая. Показывает каждую строку и все причины сразу, с клеткой и с тем, что делать.",
        "Try a sheet out and store nothing. Shows every row with all its reasons at once, each with its cell and its cure.",
    ),
    "help.import": Text(
        "Принять табель и провести всё, что можно. Тот же файл второй раз ничего не спишет.",
        "Take a sheet in and debit what can be debited. The same file again debits nothing.",
    ),
    "help.confirm": Text(
        "Сразу многое снято или исправлено: подтвердить или отклонить. Без --accept и --decline показывает, что ждёт.",
        "Much that is withdrawn or corrected at once: accept or decline. Without --accept and --decline it shows what waits.",
    ),
    "help.conflicts": Text(
        "Занятия, о которых два источника говорят разное. С --take решает, чьему слову верить.",
        "Lessons on which two sources differ. With --take: whose word counts.",
    ),
    "help.explain": Text(
        "Почему списано и почему нет. Укажите номер операции или --certificate и --date.",
        "Why something was debited, and why not. Give an operation's id, or --certificate and --date.",
    ),
    "help.certificate": Text("Сертификат и его остаток", "A certificate and its balance"),
    "help.claims": Text("Занятия детей и ответ по каждому", "Children's lessons, each with its answer"),
    "help.status": Text("Всё одним взглядом: источники, реестр, что ждёт", "Everything at a glance: sources, the register, what waits"),
    "help.run": Text(
        "Прочитать реестр и довести до конца всё начатое. То же делает расписание.",
        "Read the register and finish whatever is under way. The scheduler does the same.",
    ),
    "help.undo": Text(
        "Отменить приём файла: по имени файла или по номеру приёма", "Take an import back: by the file's name, or the run's id"
    ),
    "help.mappings": Text("Запомненные файлы соответствия", "The mappings that are kept"),
    "help.rules": Text("Правила, которые действуют, их параметры и акты", "The rules in force, their parameters and acts"),
    "help.plugins": Text("Что загружено и что отвергнуто", "What is loaded, and what was refused"),
    "help.scenario": Text("Истории с известным концом", "Stories whose end is known"),
    "help.scenario.run": Text(
        "Проиграть истории на чистых базах и настоящем Навигаторе. Показывает каждое расхождение и его место.",
        "Tell stories against fresh databases and a real Navigator. Shows each difference with its place.",
    ),
    "help.sync": Text(
        "Спросить системы организаций и провести то, что можно",
        "Ask the providers' own systems, and book what can be",
    ),
    "help.rejects": Text(
        "Отказанные отметки файлом, чтобы исправить и сдать снова", "The refused marks as a file, to be mended and sent again"
    ),
    "help.new": Text("Начать свой адаптер", "Begin an adapter of one's own"),
    "help.new.adapter": Text(
        "Папка адаптера, который сразу проходит проверочный набор", "The folder of an adapter that passes the conformance kit at once"
    ),
    "help.adapters": Text("Какие системы шлюз умеет спрашивать", "Which systems the gateway can ask"),
    "help.adapters.list": Text(
        "Адаптеры, их настройки и источники из gateway.toml", "The adapters, their settings, and the sources of gateway.toml"
    ),
    "help.adapters.check": Text(
        "Доступен ли источник, что ему позволено и что он видит", "Whether a source is reachable, what it may and what it sees"
    ),
    "help.adapters.try": Text(
        "Прочитать источник и показать, что из этого вышло бы; ничего не записывается",
        "Read a source and show what would come of it; nothing is stored",
    ),
    "option.help": Text("Эта подсказка.", "This help."),
    "option.version": Text("Версия.", "The version."),
    "option.database": Text(
        "База данных (SQLAlchemy URL); важнее настроек.", "The database (an SQLAlchemy URL); goes before the settings."
    ),
    "option.as_json": Text("Ответ в JSON, и ничего кроме него.", "The answer as JSON, and nothing else."),
    "option.lang": Text("Язык; иначе GATEWAY_LANG, иначе язык системы.", "The language; else GATEWAY_LANG, else the locale's."),
    "option.debug": Text("При сбое показать, где он случился.", "On a failure, show where it happened."),
    "option.provider": Text("Организация; не нужна, если она одна.", "The provider; not needed where there is only one."),
    "option.mapping": Text("Файл соответствия; запоминается.", "The mapping file; it is kept."),
    "option.dry-run.mapping": Text("Файл соответствия; не запоминается.", "The mapping file; it is not kept."),
    "option.month": Text("Месяц.", "The month."),
    "option.import.month": Text("За какой месяц табель; другой не примется.", "The month it is taken in for; another's is refused."),
    "option.dry-run.month": Text("За какой месяц табель; другой не примется.", "The month it is taken in for; another's is refused."),
    "option.out": Text("Куда записать файл XLSX.", "Where to write the XLSX file."),
    "option.rejects.source": Text("Только этот источник.", "Only this source."),
    "option.into": Text("В какой папке.", "In which folder."),
    "option.since": Text("Читать не позже чем с этого дня.", "Read back at least to this day."),
    "option.sync.source": Text("Только этот источник.", "Only this source."),
    "option.source": Text("Имя источника, если их несколько.", "The source's name, where there are several."),
    "option.shows_all": Text("Показать все строки, а не первые сорок.", "Show all rows, not the first forty."),
    "option.only_cards": Text("Только вопрос об исправленных карточках.", "Only the question about corrected cards."),
    "option.group": Text("Группа реестра.", "The register's group."),
    "option.accept": Text("Подтвердить или отклонить.", "Accept or decline."),
    "option.enrollment": Text("Зачисление.", "The enrollment."),
    "option.date": Text("День.", "The day."),
    "option.slot": Text("Которое занятие дня.", "Which of the day's lessons."),
    "option.take": Text("Источник, которому верить.", "The source whose word counts."),
    "option.certificate": Text("Номер сертификата.", "The certificate's number."),
    "option.answer": Text("Только с таким ответом.", "Only with this answer."),
    "option.port": Text("Порт; 0: любой свободный.", "The port; 0: any free one."),
    # ---- errors
    "clock": Text("Часы стоят (GATEWAY_TEST): {at}", "The clock stands still (GATEWAY_TEST): {at}"),
    "interrupted": Text("Остановлено.", "Stopped."),
    "interrupted.dry": Text("Остановлено. Ничего не записано.", "Stopped. Nothing was stored."),
    "interrupted.import": Text(
        "Остановлено. Всё, что уже принято, сохранено; та же команда или gateway run продолжит с этого места.",
        "Stopped. Everything taken so far is stored; the same command, or gateway run, goes on from there.",
    ),
    "error.usage": Text("Команда написана неверно: {message}", "The command is not right: {message}"),
    "error.usage.cure": Text("Как пишется: {command} --help", "How it is written: {command} --help"),
    "error.missing": Text("Не хватает: {name}.", "{name} is missing."),
    "error.bad_value": Text("{name}: значение не подходит ({message})", "{name}: the value does not fit ({message})"),
    "error.choice": Text("{name}: годится одно из: {values}.", "{name}: one of these fits: {values}."),
    "error.range": Text("{name}: нужно целое число, {low}–{high}.", "{name}: a whole number is needed, {low}–{high}."),
    "error.extra": Text("Лишнее: {words}.", "Too much: {words}."),
    "error.no_option": Text("Параметра {name} нет.", "There is no option {name}."),
    "error.option_alone": Text(
        "{name}: параметр написан неверно (нет значения или оно лишнее).", "{name}: its value is missing, or too much."
    ),
    "error.no_command": Text("Команды «{name}» нет.", "There is no command “{name}”."),
    "error.day": Text("«{text}»: не день.", "“{text}” is not a day."),
    "error.day.cure": Text(
        "Пишите ГГГГ-ММ-ДД или ДД.ММ.ГГГГ, например 2025-10-16.", "Write YYYY-MM-DD or DD.MM.YYYY, for example 2025-10-16."
    ),
    "error.register.cure": Text(
        "Ничего не потеряно. Проверьте NAVIGATOR_URL и работает ли реестр, затем повторите ту же команду.",
        "Nothing is lost. Check NAVIGATOR_URL and whether the register runs, then repeat the same command.",
    ),
    "error.store": Text("База данных недоступна: {error}", "The database is not there: {error}"),
    "error.rule": Text("Правило {rule} не работает: {what}.", "The rule {rule} does not work: {what}."),
    "error.rule.cure": Text(
        "Откуда оно, покажет gateway plugins. Исправьте или уберите это дополнение; принятое сохранено, дальше: gateway run.",
        "gateway plugins shows where it comes from. Mend that plugin or take it away; what was taken in is kept, and gateway run goes on.",
    ),
    "error.store.cure": Text(
        "Проверьте --database, права на папку и место на диске, затем повторите.",
        "Check --database, the folder's permissions and the space on the disk, then try again.",
    ),
    "error.file": Text("{path}: {error}", "{path}: {error}"),
    "error.file.cure": Text(
        "Проверьте имя, права и место на диске (GATEWAY_HOME).", "Check its name, permissions and the disk's space (GATEWAY_HOME)."
    ),
    "error.unexpected": Text("Сбой в программе: {error}", "The program has failed: {error}"),
    "error.unexpected.cure": Text(
        "Записанное цело. Повторите с --debug и передайте вывод разработчикам.",
        "What was stored is whole. Repeat with --debug and give its output to the developers.",
    ),
    # ---- places
    "place.sheet": Text("лист «{value}»", "sheet “{value}”"),
    "place.row": Text("строка {value}", "row {value}"),
    "place.column": Text("столбец {value}", "column {value}"),
    "quoted": Text("«{words}»", "“{words}”"),
    # ---- progress
    "stage.register": Text("читаю реестр", "reading the register"),
    "stage.read": Text("читаю табель", "reading the sheet"),
    "stage.match": Text("узнаю детей", "recognising children"),
    "stage.decide": Text("проверяю правила", "checking the rules"),
    "stage.book": Text("провожу", "booking"),
    "stage.post": Text("передаю в реестр", "telling the register"),
    # ---- the report
    "report.refused": Text("{file}: не принят.", "{file}: refused."),
    "report.nothing_taken": Text("Ничего не записано. Исправьте файл и повторите.", "Nothing was stored. Mend the file and try again."),
    "report.unread_cells": Text("не прочитано", "not read"),
    "report.from_empty": Text("из пустых клеток", "from empty cells"),
    "report.from_empty_note": Text("прочитаны, как велит файл соответствия", "read as the mapping says"),
    "report.certificate": Text("сертификат {number}", "certificate {number}"),
    "report.cells": Text("клетки: {cells}", "cells: {cells}"),
    "report.unread": Text("Не прочитано", "Not read"),
    "report.questions": Text("Обратите внимание", "Please look at"),
    "report.more": Text("…ещё {number}: --all", "…{number} more: --all"),
    "report.dry": Text("Ничего не записано.", "Nothing was stored."),
    "report.dry_next": Text("Принять то, что можно: gateway import {asked}", "To take what can be taken: gateway import {asked}"),
    "report.dry_next_source": Text(
        "Принять то, что можно: gateway sync --source {asked}", "To take what can be taken: gateway sync --source {asked}"
    ),
    "report.taken": Text(
        "Отметки: новых {new}, прежних {unchanged}, снято {withdrawn}.", "Marks: {new} new, {unchanged} unchanged, {withdrawn} withdrawn."
    ),
    "report.incomplete": Text(
        "Реестр ответил не на всё. Всё сохранено; когда он заработает: gateway run.",
        "The register has not answered everything. All is stored; once it is there: gateway run.",
    ),
    "rejects.none": Text("Отказанных отметок нет.", "No mark is refused."),
    "rejects.how": Text("Файл для исправления: gateway rejects --out otkazy.xlsx", "A file to mend: gateway rejects --out otkazy.xlsx"),
    "rejects.written": Text("{path}: {marks}.", "{path}: {marks}."),
    "rejects.send": Text("Исправьте и сдайте снова: gateway import {asked}", "Mend it and send it again: gateway import {asked}"),
    "rejects.there": Text("{path}: такой файл уже есть.", "{path}: there is such a file already."),
    "rejects.there.cure": Text("Может быть, в нём уже исправляют: назовите другой.", "Somebody may be mending it: name another."),
    "rejects.providers": Text("Отказы есть у нескольких организаций.", "Several providers have refused marks."),
    "rejects.providers.cure": Text("Файл нужен каждой свой: --provider ({names}).", "Each needs a file of its own: --provider ({names})."),
    "rejects.sources": Text("Отказы есть в нескольких источниках.", "Several sources have refused marks."),
    "rejects.sources.cure": Text("Файл нужен каждому свой: --source ({names}).", "Each needs a file of its own: --source ({names})."),
    "rejects.xlsx_only": Text("Файл отказов — XLSX: --out имя.xlsx.", "The file of refused marks is XLSX: --out name.xlsx."),
    "next.rejects": Text(
        "Отказанное отдельным файлом: gateway rejects --out otkazy.xlsx", "What was refused as a file: gateway rejects --out otkazy.xlsx"
    ),
    "new.next": Text("Адаптер готов и проходит проверки:", "The adapter stands and passes the kit:"),
    "new.then": Text(
        "Теперь пусть emulator.py отвечает, как ваша система: docs/adapter-tutorial.md.",
        "Now let emulator.py answer as your system does: docs/adapter-tutorial.md.",
    ),
    "adapters.required": Text("(обязательно)", "(required)"),
    "adapters.secret": Text(" (секрет: env:ИМЯ или file:ПУТЬ)", " (a secret: env:NAME or file:PATH)"),
    "adapters.no_sources": Text(
        "Источников в gateway.toml нет: опишите таблицу [sources.ИМЯ].", "gateway.toml has no sources: describe a table [sources.NAME]."
    ),
    "adapters.source": Text("источник {name}: {adapter}, {provider}", "source {name}: {adapter}, {provider}"),
    "adapters.guess": Text(" (предположение)", " (a guess)"),
    "adapters.reading": Text("Чтение", "Reading"),
    "adapters.good": Text(
        "{name}: всё в порядке. Спросить: gateway sync --source {name}", "{name}: all is well. To ask: gateway sync --source {name}"
    ),
    "adapters.not_good": Text("{name}: посмотрите отмеченное.", "{name}: please look at what is marked."),
    "sync.nothing": Text("новых нет", "nothing new"),
    "sync.last": Text("Последний раз прочитано до конца {at}.", "Read to its end for the last time on {at}."),
    "sync.never": Text("До конца ещё не читался.", "Never read to its end yet."),
    "next.match": Text("Кого не узнали, ждут вашего ответа: gateway match.", "Who was not recognised waits for you: gateway match."),
    "next.conflicts": Text("Источники расходятся: gateway conflicts.", "Sources differ: gateway conflicts."),
    "next.confirm": Text("Ждёт вашего подтверждения: gateway confirm.", "Something waits for you to confirm it: gateway confirm."),
    "next.refused": Text(
        "Отказанное спишется само, когда причина будет устранена в реестре; ошибку в табеле исправьте и сдайте тот же файл снова.",
        "What was refused is charged by itself once its cause is mended at the register; mend a wrong cell and import the same file again.",
    ),
    "undone": Text("Приём отменён: {marks}.", "The import was taken back: {marks}."),
    "mappings.none": Text(
        "Файлов соответствия нет: дайте первому импорту --mapping.", "No mappings are kept: give the first import --mapping."
    ),
    "mappings.one": Text("{provider} · {source} · {file} · {kept_at}", "{provider} · {source} · {file} · {kept_at}"),
    # ---- queues
    "confirm.none": Text("Подтверждать нечего.", "There is nothing to confirm."),
    "confirm.one": Text("в новом табеле нет: {marks} из {known}, {children}", "missing in the new sheet: {marks} of {known}, {children}"),
    "confirm.how": Text(
        "снять: gateway confirm --group {group} --month {month} --accept; оставить: --decline",
        "to withdraw: gateway confirm --group {group} --month {month} --accept; to keep: --decline",
    ),
    "confirm.cards": Text(
        "карточек, в которых сразу другое имя, номер или дата рождения: {cards}; узнанных детей: {known}",
        "cards that bear another name, number or birth date all at once: {cards}; recognised children: {known}",
    ),
    "confirm.cards.how": Text(
        "узнавать детей по ним заново: gateway confirm --cards --accept; оставить кем были: --decline",
        "to match the children anew by them: gateway confirm --cards --accept; to keep them who they were: --decline",
    ),
    "confirm.accepted": Text("Подтверждено: {number}.", "Accepted: {number}."),
    "confirm.declined": Text("Отклонено, всё остаётся как было: {number}.", "Declined, all stays as it was: {number}."),
    "conflicts.none": Text("Расхождений между источниками нет.", "No sources differ."),
    "conflicts.how": Text(
        "решить: gateway conflicts --enrollment {enrollment} --date {date} --slot {slot} --take ИСТОЧНИК",
        "to answer: gateway conflicts --enrollment {enrollment} --date {date} --slot {slot} --take SOURCE",
    ),
    "conflicts.twofold": Text(
        "в источнике {source} ребёнок записан дважды, и отметки разные: оставьте в нём одну карточку (строку) или одинаковые отметки",
        "{source} has the child twice, and the marks differ: keep one card (row) there, or equal marks",
    ),
    "conflicts.incomplete": Text("Для ответа нужны --enrollment, --date и --take.", "An answer needs --enrollment, --date and --take."),
    "conflicts.done": Text("Запомнено: верить источнику {take}.", "Kept: {take} is the source whose word counts."),
    # ---- explain
    "explain.either": Text(
        "Нужно одно из двух: номер операции или сертификат с днём.", "Either an operation's id, or a certificate and a day."
    ),
    "explain.nothing": Text(
        "В этот день ({date}) об этом ребёнке никто ничего не сообщил.", "Nobody has said anything of this child on that day ({date})."
    ),
    "explain.nothing.cure": Text(
        "Проверьте день; чего ждут от вас, покажет gateway match, а что принято: gateway claims.",
        "Check the day; gateway match shows what waits for you, gateway claims what was taken.",
    ),
    "explain.charged": Text("Списание {amount}", "Debit {amount}"),
    "explain.not_charged": Text("Не списывается: {why}", "Not charged: {why}"),
    "explain.refused": Text("Отказано", "Refused"),
    "explain.waiting": Text("Ждёт", "Waiting"),
    "explain.provider": Text("исполнитель", "provider"),
    "explain.lesson": Text("занятие", "lesson"),
    "explain.mark": Text("отметка", "mark"),
    "explain.tariff": Text("тариф", "tariff"),
    "explain.rules": Text("правила", "rules"),
    "explain.reason": Text("причина", "reason"),
    "explain.booking": Text("проводка", "booking"),
    "explain.register": Text("в реестр", "told"),
    "explain.free": Text("остаток", "left"),
    "explain.kept": Text("внимание", "note"),
    "explain.kept_words": Text(
        "по нынешним данным было бы иначе; списание стоит, пока не решит человек (gateway reconcile)",
        "by today's facts it would be otherwise; the debit stands until a person decides (gateway reconcile)",
    ),
    "explain.lesson_planned": Text("{day} {first}–{last}, {minutes} мин", "{day} {first}–{last}, {minutes} min"),
    "explain.lesson_cancelled": Text("{day} {first}–{last}, {minutes} мин, отменено", "{day} {first}–{last}, {minutes} min, cancelled"),
    "explain.no_lesson": Text("в расписании нет", "not in the timetable"),
    "explain.no_mark": Text("никто больше ничего не говорит", "nobody says anything of it any more"),
    "explain.hours": Text("ч", "h"),
    "explain.from_empty": Text("из пустой клетки", "from an empty cell"),
    "explain.mark_place": Text("{file}, {place}, получен {at}", "{file}, {place}, taken {at}"),
    "explain.no_tariff": Text("цены нет", "no price"),
    "explain.pack": Text("пакет {pack}", "pack {pack}"),
    "explain.met": Text("{rules}: выполнены", "{rules}: met"),
    "explain.no_operations": Text("проводок нет", "nothing is booked"),
    # ---- the status
    "status.sources": Text("Источники", "Sources"),
    "status.source": Text("{provider}  {file}  {at}  {marks}, {refused}", "{provider}  {file}  {at}  {marks}, {refused}"),
    "status.reading": Text("{provider}  {file}  {at}  новое: {new}, {refused}", "{provider}  {file}  {at}  new: {new}, {refused}"),
    "status.reading_nothing": Text("{provider}  {file}  {at}  новых нет", "{provider}  {file}  {at}  nothing new"),
    "status.reading_trouble": Text("{provider}  {file}  {at}  ⚠ {what}\n→ {cure}", "{provider}  {file}  {at}  ⚠ {what}\n→ {cure}"),
    "status.source_refused": Text(
        "{provider}  {file}  {at}  файл не принят; раньше принято: {marks}, {refused}",
        "{provider}  {file}  {at}  the file was refused; taken before: {marks}, {refused}",
    ),
    "status.source_interrupted": Text(
        "{provider}  {file}  {at}  прервано → gateway import {file} покажет отчёт",
        "{provider}  {file}  {at}  interrupted → gateway import {file} tells its report",
    ),
    "status.without_input": Text("ничего не сдали: {providers}", "nothing yet from: {providers}"),
    "status.no_sources": Text("пока нет → gateway import", "none yet → gateway import"),
    "status.register": Text("Реестр", "Register"),
    "status.register_line": Text(
        "прочитан {at} · принято {accepted} · отклонено {rejected} · без ответа {unanswered}",
        "read {at} · accepted {accepted} · rejected {rejected} · unanswered {unanswered}",
    ),
    "status.never_read": Text("ещё не читан", "not read yet"),
    "status.counts": Text("Отметки", "Marks"),
    "status.marks": Text("всего", "in all"),
    "status.sums": Text("Деньги", "Money"),
    "status.booked": Text("проведено {booked} · принято реестром {accepted}", "booked {booked} · accepted by the register {accepted}"),
    "status.person": Text("⚠", "⚠"),
    "status.waits.match": Text("не узнаны: {number}", "not recognised: {number}"),
    "status.waits.withdrawals": Text("ждёт подтверждения: {number}", "to confirm: {number}"),
    "status.waits.conflicts": Text("источники расходятся: {number}", "sources differ: {number}"),
    "status.kept": Text(
        "списания, о которых решает человек: {number} → gateway reconcile", "debits for a person to judge: {number} → gateway reconcile"
    ),
    "status.plugins": Text("Дополнения", "Plugins"),
    "status.refused_plugins": Text("отвергнуто: {number} → gateway plugins", "refused: {number} → gateway plugins"),
    "under_way": Text("В работе", "Under way"),
    "under_way.nothing": Text("В работе ничего нет.", "Nothing is under way."),
    "under_way.to_match": Text("узнать", "to match"),
    "under_way.to_decide": Text("решить", "to decide"),
    "under_way.to_book": Text("провести", "to book"),
    "under_way.to_send": Text("передать", "to send"),
    "under_way.unanswered": Text("без ответа", "unanswered"),
    "run.done": Text(
        "Принято реестром: {accepted} (изменение {changed}).", "Accepted by the register: {accepted} (a change of {changed})."
    ),
    # ---- certificate, claims, reconcile
    "certificate.valid": Text("действует с {first} по {last}", "valid from {first} to {last}"),
    "certificate.period": Text("период номинала: с {first} по {last}", "nominal period: {first} to {last}"),
    "certificate.funded": Text("номинал", "funded"),
    "certificate.free": Text("свободно", "free"),
    "certificate.reserved": Text("в резерве", "reserved"),
    "certificate.held": Text("в пути", "held"),
    "certificate.paid": Text("списано", "paid"),
    "certificate.elsewhere": Text("списано не нами", "moved elsewhere"),
    "certificate.lapsed": Text("сгорело", "lapsed"),
    "certificate.shortfall": Text("недостача", "shortfall"),
    "claims.none": Text("Таких нет.", "There are none."),
    "claims.date": Text("день", "date"),
    "claims.enrollment": Text("зачисление", "enrollment"),
    "claims.certificate": Text("сертификат", "certificate"),
    "claims.group": Text("группа", "group"),
    "claims.status": Text("отметка", "mark"),
    "claims.answer": Text("ответ", "answer"),
    "claims.amount": Text("сумма", "amount"),
    "claims.reasons": Text("почему", "why"),
    "reconcile.title": Text("Сверка, {month}", "Reconciliation, {month}"),
    "reconcile.booked": Text("проведено у нас", "booked here"),
    "reconcile.accepted": Text("принято реестром", "accepted"),
    "reconcile.register": Text("выписка реестра", "the register's statement"),
    "reconcile.operations": Text("списаний {debits}, возвратов {reversals}", "{debits} debits, {reversals} reversals"),
    "reconcile.differences": Text("Расхождений: {number}", "Differences: {number}"),
    "reconcile.more": Text(
        "…ещё {number} таких же: все в --json и в акте (--act ФАЙЛ)",
        "…{number} more of the same kinds: all in --json and in the act (--act FILE)",
    ),
    "reconcile.sides": Text("у нас {here}, в реестре {there} ({subject})", "here {here}, there {there} ({subject})"),
    # ---- rules, plugins, verify
    "rules.pack": Text("Пакет {pack}", "Pack {pack}"),
    "rules.off": Text("выключено", "off"),
    "rules.assumed": Text("принято нами", "assumed"),
    "plugins.adapters": Text("читает", "adapters"),
    "plugins.rules": Text("правила", "rules"),
    "plugins.tariffs": Text("тарифы", "tariffs"),
    "plugins.registers": Text("реестры", "registers"),
    "plugins.refused": Text("{name} · {origin}: отвергнуто", "{name} · {origin}: refused"),
    "verify.none": Text("Все счета сходятся.", "All accounts add up."),
    "verify.faults": Text(
        "Не сходятся счета: {number}. Ничего не проводите и позовите разработчиков.",
        "Accounts that do not add up: {number}. Book nothing and call the developers.",
    ),
    # ---- scenario
    "scenario.passed": Text("сошлось      {name} ({seconds} с)", "passed   {name} ({seconds} s)"),
    "scenario.differs": Text("РАСХОДИТСЯ   {name}: {number}", "DIFFERS  {name}: {number}"),
    "scenario.none": Text("{folder}: нет steps.toml, это не история.", "{folder}: there is no steps.toml, so it is no story."),
    "scenario.none.cure": Text("Укажите папку истории: docs/scenarios.md.", "Give a story's folder: docs/scenarios.md."),
    "scenario.error": Text("НЕ ПРОИГРАНА {name}", "NOT TOLD {name}"),
    "scenario.sum": Text("Сошлось: {passed} из {stories}.", "Passed: {passed} of {stories}."),
}
