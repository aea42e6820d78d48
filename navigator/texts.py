"""What people read, in Russian and English. A code names a pair: what is the matter, and how to mend it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple


class Told(NamedTuple):
    """What is the matter and how to mend it, in one language."""

    what: str
    cure: str


RU, EN = "ru", "en"

# Each value: (ru what, ru cure, en what, en cure). {value} is what stands in the cell, or what the code's place says.
_PROBLEMS: dict[str, tuple[str, str, str, str]] = {
    "empty": ("пусто", "заполните: без этого строку принять нельзя", "is empty", "fill it in: the row cannot be taken without it"),
    "too_long": ("текст длиннее 500 знаков", "сократите", "the text is longer than 500 characters", "shorten it"),
    "control_character": (
        "в тексте служебный знак (перенос строки, табуляция)",
        "удалите его",
        "the text holds a control character (a line break, a tab)",
        "delete it",
    ),
    "not_a_day": (
        "«{value}»: не дата",
        "напишите ГГГГ-ММ-ДД, например 2025-09-01",
        "“{value}” is no date",
        "write YYYY-MM-DD, such as 2025-09-01",
    ),
    "not_a_time": ("«{value}»: не время", "напишите ЧЧ:ММ, например 09:30", "“{value}” is no time of day", "write HH:MM, such as 09:30"),
    "not_money": (
        "«{value}»: не сумма в рублях",
        "напишите рубли и копейки через точку, например 205.00",
        "“{value}” is no amount in roubles",
        "write roubles with two decimals, such as 205.00",
    ),
    "negative_money": ("«{value}»: сумма меньше нуля", "укажите 0.00 или больше", "“{value}” is below zero", "write 0.00 or more"),
    "not_whole": (
        "«{value}»: не целое число",
        "напишите целое число от 0",
        "“{value}” is no whole number",
        "write a whole number, 0 or more",
    ),
    "not_a_flag": (
        "«{value}»: не true и не false",
        "напишите true или false",
        "“{value}” is neither true nor false",
        "write true or false",
    ),
    "unknown_zone": (
        "«{value}»: нет такого часового пояса",
        "укажите имя из базы tz, например Europe/Moscow",
        "“{value}” is no time zone",
        "write a name of the tz database, such as Europe/Moscow",
    ),
    "not_a_state": (
        "«{value}»: не состояние",
        "напишите active или другое слово латинскими строчными буквами",
        "“{value}” is no state",
        "write active, or another word of small Latin letters",
    ),
    "not_a_unit": ("«{value}»: не единица", "напишите lesson или academic_hour", "“{value}” is no unit", "write lesson or academic_hour"),
    "not_a_weekday": (
        "«{value}»: не день недели",
        "напишите число от 1 (понедельник) до 7",
        "“{value}” is no day of the week",
        "write a number from 1 (Monday) to 7",
    ),
    "not_weeks": ("«{value}»: не недели", "напишите every, odd или even", "“{value}” names no weeks", "write every, odd or even"),
    "not_a_lesson_state": (
        "«{value}»: не состояние занятия",
        "напишите planned или cancelled",
        "“{value}” is no lesson's state",
        "write planned or cancelled",
    ),
    "not_a_number": (
        "«{value}»: не номер сертификата",
        "нужны ровно десять цифр; потерянный в Excel ноль впереди верните, столбец сделайте текстовым",
        "“{value}” is no certificate number",
        "ten digits are needed; put back a leading zero that Excel lost and make the column text",
    ),
    "not_a_kind": (
        "«{value}»: не вид сертификата",
        "напишите accounting или financing",
        "“{value}” is no kind",
        "write accounting or financing",
    ),
    "not_a_certificate_state": (
        "«{value}»: не состояние сертификата",
        "напишите requested, active, frozen или closed",
        "“{value}” is no certificate's state",
        "write requested, active, frozen or closed",
    ),
    "not_an_enrollment_state": (
        "«{value}»: не состояние зачисления",
        "напишите draft, requested, accepted, active, ending, closed или refused",
        "“{value}” is no enrollment's state",
        "write draft, requested, accepted, active, ending, closed or refused",
    ),
    "last_before_first": (
        "«{value}»: конец раньше начала",
        "исправьте одно из двух",
        "“{value}” lies before the beginning",
        "correct one of the two",
    ),
    "ends_before_starts": (
        "«{value}»: занятие кончается не позже, чем начинается",
        "исправьте время",
        "“{value}”: the lesson ends no later than it starts",
        "correct the time",
    ),
    "validity_too_long": (
        "срок действия больше ста лет",
        "укажите настоящий последний день",
        "it is valid for over a hundred years",
        "write its real last day",
    ),
    "repeated": (
        "то же, что в строке {value}",
        "оставьте одну из строк",
        "the same as in row {value}",
        "leave one of the rows",
    ),
    "unknown_reference": (
        "«{value}»: такого нет ни в файлах, ни в регистре",
        "добавьте его в свой файл или исправьте ссылку",
        "“{value}” is neither in the files nor in the register",
        "add it to its file, or correct the reference",
    ),
    "same_certificate": (
        "это тот же сертификат, что в строке {value} (номер заменён)",
        "оставьте одну из строк",
        "this is the certificate of row {value} (its number was replaced)",
        "leave one of the rows",
    ),
    "unknown_file": (
        "такого файла в районе нет",
        "назовите его одним из имён или уберите из папки: {value}",
        "a district has no such file",
        "give it one of these names, or move it away: {value}",
    ),
    "unknown_header": (
        "по заголовку не понять, какая это таблица: {value}",
        "первой строкой должны стоять имена столбцов таблицы района",
        "the header does not tell which table this is: {value}",
        "the first row must hold the column names of a district's table",
    ),
    "no_header": (
        "файл пуст",
        "первой строкой должны стоять имена столбцов",
        "the file is empty",
        "the first row must hold the column names",
    ),
    "column_twice": ("столбец назван дважды: {value}", "оставьте один", "the column is named twice: {value}", "leave one of them"),
    "column_missing": ("нет столбца: {value}", "добавьте его", "a column is missing: {value}", "add it"),
    "cell_count": (
        "ячеек не столько, сколько столбцов: {value}",
        "текст с запятой заключите в кавычки",
        "as many cells as columns are needed: {value}",
        "put a text with a comma in quotes",
    ),
    "not_utf8": ("файл не в UTF-8", "сохраните его как «CSV UTF-8»", "the file is not UTF-8", "save it as “CSV UTF-8”"),
    "not_csv": ("файл не разобрать как CSV: {value}", "проверьте кавычки", "the file cannot be read as CSV: {value}", "check its quotes"),
    "not_commas": (
        "столбцы разделены не запятыми",
        "сохраните файл с запятой как разделителем",
        "the columns are not separated by commas",
        "save the file with commas",
    ),
    # ---- the environment
    "clock_not_allowed": (
        "GATEWAY_NOW={value}: часы можно остановить только при GATEWAY_TEST=1",
        "уберите GATEWAY_NOW или, если это проверка, задайте GATEWAY_TEST=1",
        "GATEWAY_NOW={value}: the clock may stand still only with GATEWAY_TEST=1",
        "unset GATEWAY_NOW or, for a test, set GATEWAY_TEST=1",
    ),
    "clock_not_iso": (
        "GATEWAY_NOW={value}: не время ISO",
        "напишите, например, 2025-11-05T10:00:00+03:00",
        "GATEWAY_NOW={value} is no ISO time",
        "write one such as 2025-11-05T10:00:00+03:00",
    ),
    "unknown_time_zone": (
        "NAVIGATOR_TIME_ZONE={value}: нет такого часового пояса",
        "укажите, например, Europe/Moscow",
        "NAVIGATOR_TIME_ZONE={value} is no time zone",
        "write one such as Europe/Moscow",
    ),
    "home_unusable": (
        "не открыть базу регистра в {value}",
        "проверьте NAVIGATOR_HOME, права и свободное место",
        "the register's database in {value} cannot be opened",
        "check NAVIGATOR_HOME, its rights and the free space",
    ),
    "database": (
        "база регистра не отвечает ({value})",
        "ничего не записано; проверьте свободное место и повторите позже",
        "the register's database does not answer ({value})",
        "nothing was stored; check the free space and try again later",
    ),
    "port_taken": (
        "адрес {value} занят или недоступен",
        "укажите другой порт: --port",
        "the address {value} is taken or not to be had",
        "name another port: --port",
    ),
    "no_files": (
        "в папке {value} нет файлов района",
        "укажите папку, в которой лежат providers.csv, groups.csv, certificates.csv и другие",
        "the folder {value} holds no files of a district",
        "name the folder with providers.csv, groups.csv, certificates.csv and the others",
    ),
    "unreadable": ("не прочитать {value}", "проверьте путь и права", "{value} cannot be read", "check the path and its rights"),
    # ---- an operator's changes
    "no_certificate": (
        "нет сертификата с номером {value}",
        "проверьте номер: десять цифр",
        "there is no certificate with the number {value}",
        "check its ten digits",
    ),
    "no_enrollment": ("нет зачисления {value}", "проверьте его обозначение", "there is no enrollment {value}", "check its id"),
    "no_payer": ("нет плательщика {value}", "проверьте его обозначение", "there is no payer {value}", "check its id"),
    "no_provider": ("нет организации {value}", "проверьте её обозначение", "there is no provider {value}", "check its id"),
    "not_an_email": (
        "«{value}»: не адрес электронной почты",
        "напишите его так: name@example.ru",
        "“{value}” is no e-mail address",
        "write it like name@example.ru",
    ),
    "email_taken": (
        "у адреса {value} уже есть учётная запись",
        "возьмите другой адрес; пароль меняется на странице входа",
        "the address {value} has an account already",
        "take another address; a password is changed on the page for signing in",
    ),
    "role_needs": (
        "для этой роли нужно ещё: {value}",
        "добавьте его к команде",
        "this role needs more: {value}",
        "add it to the command",
    ),
    "no_child": ("нет ребёнка {value}", "проверьте его обозначение", "there is no child {value}", "check its id"),
    "no_password": ("в {value} нет пароля", "напишите его первой строкой", "{value} holds no password", "write it on its first line"),
    "password_length": (
        "пароль не той длины: нужно {value} знаков",
        "возьмите другой, например из нескольких слов",
        "the password has the wrong length: {value} characters are needed",
        "take another, such as several words",
    ),
    "has_a_district": (
        "в реестре уже есть район",
        "возьмите пустую папку NAVIGATOR_HOME; выдуманный город рядом с районом: --beside",
        "the register knows a district already",
        "take an empty NAVIGATOR_HOME; a made-up town beside the district: --beside",
    ),
    "town_is_there": (
        "город {value} уже есть в реестре",
        "назовите другой номер: --seed",
        "the town {value} is in the register already",
        "name another number: --seed",
    ),
    "number_taken": (
        "номер {value} уже занят",
        "возьмите другой номер",
        "the number {value} was given out already",
        "take another number",
    ),
    "outside_validity": (
        "{value}: сертификат не действует ни в один день этого года",
        "укажите день срока действия: --on",
        "{value}: the certificate is not valid on any day of that year",
        "name a day of its validity: --on",
    ),
    "ends_before_it_starts": (
        "{value}: раньше начала зачисления",
        "укажите день не раньше его начала",
        "{value} lies before the enrollment starts",
        "name a later day",
    ),
    "not_a_month": ("«{value}»: не месяц", "напишите ГГГГ-ММ, например 2025-10", "“{value}” is no month", "write YYYY-MM, such as 2025-10"),
}

_LINES: dict[str, tuple[str, str]] = {
    "at": ("{file}, строка {row}, столбец {column}: {what} → {cure}", "{file}, row {row}, column {column}: {what} → {cure}"),
    "at_row": ("{file}, строка {row}: {what} → {cure}", "{file}, row {row}: {what} → {cure}"),
    "at_file": ("{file}: {what} → {cure}", "{file}: {what} → {cure}"),
    "refused": ("Отказано, ничего не записано. Ошибок: {count}", "Refused, nothing was stored. Errors: {count}"),
    "failed": ("Не сделано: {what} → {cure}", "Not done: {what} → {cure}"),
    "loaded": (
        "Загружено: новых {new}, изменено {changed}, без изменений {unchanged}",
        "Loaded: new {new}, changed {changed}, unchanged {unchanged}",
    ),
    "loaded_table": (
        "  {table}: новых {new}, изменено {changed}, без изменений {unchanged}",
        "  {table}: new {new}, changed {changed}, unchanged {unchanged}",
    ),
    "absent": ("  {file}: нет столбцов {columns}, приняты как неизвестные", "  {file}: no columns {columns}, taken as unknown"),
    "standing": ("Часы стоят: {now} (проверка)", "The clock stands still: {now} (a test)"),
    "listening": ("Навигатор отвечает: {url}", "The Navigator answers at {url}"),
    "stopped": ("Навигатор остановлен", "The Navigator has stopped"),
    "nothing": ("Ничего не изменилось: так уже было", "Nothing changed: it was so already"),
    "nominal": (
        "Сертификат {certificate}: номинал на {first} … {last}: {amount} ₽",
        "Certificate {certificate}: the nominal of {first} … {last} is {amount} RUB",
    ),
    "shortfall": ("  потрачено больше: не хватает {amount} ₽", "  more was spent: short of {amount} RUB"),
    "freeze": ("Сертификат {certificate} заморожен с {on}", "Certificate {certificate} is frozen from {on}"),
    "unfreeze": ("Сертификат {certificate} разморожен с {on}", "Certificate {certificate} is active again from {on}"),
    "close": ("Сертификат {certificate} закрыт с {on}", "Certificate {certificate} is closed from {on}"),
    "activate": ("Сертификат {certificate} действует с {on}", "Certificate {certificate} is active from {on}"),
    "move": (
        "Сертификат {certificate}: муниципалитет {payer}, номинал на этот год {amount} ₽",
        "Certificate {certificate}: the municipality {payer}, its nominal of this year {amount} RUB",
    ),
    "reissue": ("Сертификат {certificate}: с {on} номер {number}", "Certificate {certificate} has the number {number} from {on}"),
    "end_enrollment": ("Зачисление {enrollment}: последний день {on}", "Enrollment {enrollment}: its last day is {on}"),
    "person": (
        "{email}: письмо отправлено. Ссылка, чтобы выбрать пароль: {link}",
        "{email}: a letter is on its way. The link to choose a password: {link}",
    ),
    "person_ready": ("{email}: можно войти с этим паролем", "{email}: can sign in with this password"),
    "digest": ("Писем написано: {written}, отправлено: {sent}", "Letters written: {written}, sent: {sent}"),
    "forgotten": (
        "Удалено: детей {children}, учётных записей {accounts}, споров {disputes}, строк о просмотрах {reads}, писем {letters}, "
        "просьб организаций {proposals}, входов {sign_ins}, ссылок {links}",
        "Deleted: {children} children, {accounts} accounts, {disputes} disputes, {reads} lines about readings, {letters} letters, "
        "{proposals} proposals, {sign_ins} sign-ins, {links} links",
    ),
    "parents": ("Родителей добавлено: {parents}, связей с детьми: {bonds}", "Parents added: {parents}, bonds with children: {bonds}"),
    "sown": (
        "Выдуманный город: детей {children}, организаций {providers}, программ {programmes}, групп {groups}, зачислений {enrollments}; "
        "операций принято {operations}, отказано {refused}; заявлений {applications}, заявок {requests}",
        "A made-up town: {children} children, {providers} providers, {programmes} programmes, {groups} groups, {enrollments} enrollments; "
        "{operations} operations accepted, {refused} refused; {applications} applications, {requests} requests",
    ),
    "close_month": ("Месяц {month} закрыт: {payers}", "The month {month} is closed: {payers}"),
}


def language_from(environment: Mapping[str, str] = os.environ) -> str:
    """English in an English locale, Russian in any other and where there is none."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return EN if locale.lower().startswith("en") else RU


def told(code: str, value: str, language: str) -> Told:
    """What a problem's code says in a language."""
    ru_what, ru_cure, en_what, en_cure = _PROBLEMS[code]
    what, cure = (en_what, en_cure) if language == EN else (ru_what, ru_cure)
    return Told(what.format(value=value), cure.format(value=value))


def line(name: str, language: str, **values: object) -> str:
    """A line for people."""
    ru, en = _LINES[name]
    return (en if language == EN else ru).format(**values)
