"""The vocabulary of timesheets: folding, months, weekdays, the words of heads, columns, totals and signatures."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[\s\u00a0\u200b\u200c\u200d\u2060\ufeff\u00ad]+")
_RULE = re.compile(r"_{2,}")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))
_QUOTES = str.maketrans({"«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "’": "'", "ё": "е"})
_LATIN_TWINS = str.maketrans("ahbcekmoptxy", "анвсекмортху")
_TICKS = str.maketrans("✔√☑", "✓✓✓")
_CYRILLIC_COLUMN = str.maketrans("АВСЕНКМОРТХ", "ABCEHKMOPTX")


def tidy(text: str) -> str:
    """Blanks of every kind become one space; none at the ends."""
    return _BLANKS.sub(" ", text).strip()


def folded(text: str) -> str:
    """For comparing words: case, ё, blanks, kinds of quotes and dashes are one."""
    return tidy(text).lower().translate(_QUOTES).translate(_DASHES)


def outlined(text: str) -> str:
    """A folded line of a form, its ruled blanks («______») as one sign."""
    return _RULE.sub("_", text)


def sign_key(text: str) -> str:
    """For comparing signs: as `folded`, without blanks, and a Latin letter is its Cyrillic twin."""
    return _BLANKS.sub("", text).lower().translate(_QUOTES).translate(_DASHES).translate(_TICKS).translate(_LATIN_TWINS)


def has_latin_twin(text: str) -> bool:
    """Whether the sign is a single Latin letter that looks like a Cyrillic one."""
    return len(text) == 1 and text.isascii() and text.lower() != text.lower().translate(_LATIN_TWINS)


def column_word(text: str) -> str:
    """Column letters as typed, Cyrillic twins mended."""
    return tidy(text).upper().translate(_CYRILLIC_COLUMN)


# ---------------------------------------------------------------- months and weekdays

MONTH_STEMS = ("янв", "фев", "мар", "апр", "ма[йяе]", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
MONTHS_RU = ("январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь")
MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_ENDINGS = {0: "(?:аря|арь|аре)?", 1: "(?:раля|раль|рале)?", 2: "(?:та|те|т)?", 3: "(?:еля|ель|еле)?", 4: "", 5: "[яье]?", 6: "[яье]?",
            7: "(?:уста|усте|уст)?", 8: "(?:т)?(?:ября|ябрь|ябре)?", 9: "(?:ября|ябрь|ябре)?", 10: "(?:бря|брь|бре)?",
            11: "(?:абря|абрь|абре)?"}  # fmt: skip
MONTH_WORD = "|".join(f"(?P<m{i + 1}>{stem}{_ENDINGS[i]})" for i, stem in enumerate(MONTH_STEMS))
MONTH_WORD_PLAIN = "|".join(f"{stem}{_ENDINGS[i]}" for i, stem in enumerate(MONTH_STEMS))
_MONTH = re.compile(rf"^(?:{MONTH_WORD})\.?$")

WEEKDAYS = {
    **dict.fromkeys(("пн", "пон", "понедельник", "mo", "mon"), 1),
    **dict.fromkeys(("вт", "втр", "вторник", "tu", "tue"), 2),
    **dict.fromkeys(("ср", "срд", "среда", "we", "wed"), 3),
    **dict.fromkeys(("чт", "чтв", "четверг", "th", "thu"), 4),
    **dict.fromkeys(("пт", "птн", "пятница", "fr", "fri"), 5),
    **dict.fromkeys(("сб", "суб", "суббота", "sa", "sat"), 6),
    **dict.fromkeys(("вс", "вск", "воскресенье", "su", "sun"), 7),
}
WEEKDAYS_RU = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def month_number(word: str) -> int | None:
    """«октябрь», «октября», «окт.» → 10."""
    match = _MONTH.match(folded(word))
    if match is None or match.lastgroup is None:
        return None
    return int(match.lastgroup[1:])


def weekday_number(word: str) -> int | None:
    """«ср», «Среда», «Wed» → 3."""
    return WEEKDAYS.get(folded(word).strip("."))


# ---------------------------------------------------------------- words of columns (folded texts)

_START = r"(?<![\s\S])"
NAME_COLUMN = re.compile(
    r"^(?!.*(?:педагог|преподават|тренер|учител|руководител|родител|законн|заявител|представител)).*?"
    r"(?:\bфио\b|ф\.? ?и\.? ?о\b|фамили|имя реб|\bребен|обучающ|воспитанник|учащ[еи]|занимающ"
    rf"|{_START}(?:имя\b|отчество\b|дети$|ученик|участник|список\b|слушател|клиент))"
)
CERTIFICATE_COLUMN = re.compile(r"сертифик")
ACCOUNT_COLUMN = re.compile(r"(номер|№|n) ?(лицевого )?счет|лицев\w* счет|^счет$")
REASON_COLUMN = re.compile(r"причин|^прим|основани|заметк|коммент")
BIRTH_COLUMN = re.compile(r"рожд|^д\.? ?р\.?$")
VISIT_DATE_COLUMN = re.compile(
    r"^(?:дата|день)(?: (?:и время )?(?:занятия|посещения|проведения|урока)(?: занятия)?| и время)?$|^дата/время$"
)
VISIT_STATUS_COLUMN = re.compile(r"^(?:состояние|статус|отметк|посещаемост|посещени[ея]|посетил|присутств|явк|результат|вид посещени)")
VISIT_HOURS_COLUMN = re.compile(r"^(?:кол(?:-во|ичество)?\.? )?(?:ак(?:ад)?\.? ?|академических )?час(?:ы|ов)?\b")
ORDINAL_COLUMN = re.compile(r"^(№|n)( ?п/?п)?\.?$|^п/п$|^номер п/п$|^№ ?п/?п")

# ---------------------------------------------------------------- words of rows (folded texts)

TOTAL = re.compile(
    r"^(?:всего|итого|итог|сумма|количество|кол-?во|число (?:детей|дней|явок|посещений)|присутств\w*|отсутств\w*|явка|явки|неявка|неявки"
    r"|дето-?дн\w*|посещени[ея]|среднее|total)\b"
)
SIGNATURE = re.compile(
    r"^\(?(?:зам\.|заместитель|директор|руководитель|заведующ(?:ий|ая)|педагог|преподаватель|учитель|тренер|воспитатель|ответственн(?:ый|ая)"
    r"|исполнитель|(?:главный )?бухгалтер|составила?|проверила?|приняла?|сдала?|утверждаю|утвержден|согласовано?|методист|подпись"
    r"|расшифровка|дата|администратор|завуч|инспектор|секретарь|м\. ?п)(?![\w-])"
)
LEGEND = re.compile(r"^(\*|условн|обознач|примечани|легенда|пояснени|обозначения|внимание|образец|заполня)")
DATE_LINE = re.compile(rf'^"?_?\d{{0,2}}_?"? ?(?:_|(?:{MONTH_WORD_PLAIN})) ?_?(?:20)?_?\d{{0,4}}_? ?г?\.?$')
HEAD_LABEL = re.compile(
    r"^(табель|журнал|учета? посещ|учет посещ|учреждени|организаци|структурное подразделени|вид расчета|режим работы|время работы|форма по"
    r"|за период|за месяц|месяц\b|расписани|коды\b|утв\.|по окпо|период\b)"
)
GROUP_LABEL = re.compile(r"^(?:(?:учебная |наименование |название )?групп[аы]|группа/объединение)$")
UNIT_LABEL = re.compile(
    r"^(?:наименование |название )?(?:детское |творческое )?(?:объединени[ея]|кружок|кружка|студия|секция|коллектив|клуб)$"
)
SUBDIVISION_LABEL = re.compile(r"^структурное подразделение$")
LABELLED_TEXT = re.compile(
    r"^(?P<label>(?:учебная |наименование |название )?групп[аы]|(?:детское |творческое )?объединени[ея]|кружок|студия|секция|коллектив"
    r"|структурное подразделение) ?(?P<colon>:)? ?(?P<rest>\S.*)$",
    re.IGNORECASE,
)
TITLE_WORD = re.compile(r"групп|подгрупп|год обучения|\bгод об|объединени|кружок|студия|секция|отделение|^\"")
SAMPLE_SHEET = re.compile(r"инструкц|образец|пример|шаблон|как заполн|памятка|sample|template|instruction")
PLAIN_SHEET_NAME = re.compile(r"^(лист|sheet|tdsheet|табель|table|журнал|страница|page)[ _-]*\d*$")

PERSON = re.compile(r"^[А-ЯЁA-Z][А-ЯЁа-яёA-Za-z'’-]*(?:(?:\. ?| )[А-ЯЁA-Z][А-ЯЁа-яёA-Za-z'’-]*){0,4}\.?(?: \([^)]*\))?$")
"""One to five words with capital letters, initials included: what a person's name may look like (not folded)."""
ONLY_LETTERS = re.compile(r"^[^\W\d_](?:[^\W\d_]|[ .'’-])*$")
