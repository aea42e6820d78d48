"""Makes what a system said fit to be given away: names, numbers, birth dates, phones, addresses and secrets become others of the same form.

Equal stays equal within one recording: a child is the same child in every answer and in every request. The key is drawn anew for each
recording and kept nowhere. What is masked is decided so that a doubt masks: every word that is not plain ASCII, wherever it stands.
"""

from __future__ import annotations

import datetime as dt
import hmac
import random
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

ADDRESS, HOST = "{address}", "{host}"
"""Stand for the system's own address, with its scheme and without."""
SECRET = "masked-secret-"

_PERSONAL = frozenset({
    "name", "names", "fullname", "firstname", "lastname", "middlename", "fio", "surname", "patronymic", "first", "last", "middle",
    "nick", "login", "user", "author", "teacher", "manager", "parent", "mother", "father", "contact", "person", "responsible",
    "legal", "comment", "note", "notes", "text", "topic", "title", "description", "about", "address", "street", "city", "phone",
    "phones", "tel", "mobile", "email", "mail", "snils", "passport", "certificate", "value",
})  # fmt: skip
"""Words of a field's name that tell of a person: there plain ASCII words are masked too."""
_NO_WORDS = frozenset(["id", "ids", "type", "status", "state", "kind", "code", "date", "time", "at"])
"""A field whose name ends so holds no person's words: «name_id», «user_type»."""
_SECRETS = frozenset({
    "token", "key", "secret", "password", "passwd", "session", "cookie", "signature", "apikey", "accesstoken", "refreshtoken",
})  # fmt: skip
_BORN = frozenset(["birth", "birthday", "birthdate", "dob", "born", "bday"])
_TIMES = frozenset({
    "at", "date", "time", "from", "to", "start", "end", "begin", "since", "until", "expires", "expire", "created", "updated",
    "changed", "stamp", "timestamp", "ts",
})  # fmt: skip

_OLD_DAYS = 700
"""A date so long before what was asked for is taken for somebody's birth date: no lesson is read from there."""
_DIGITS_MIN = 9
_EPOCHS = (range(10**9, 3 * 10**9), range(10**12, 3 * 10**12))
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W_A-Za-z]+")
_LATIN_NAME = re.compile(r"[A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+){1,3}")
_DATE = re.compile(r"(?<!\d)(?:\d{4}-\d\d-\d\d|\d\d[./]\d\d[./]\d{4})(?!\d)")
_PIECES = re.compile(
    r"(?P<kept>\{address\}|\{host\}|masked-secret-\d+)"
    r"|(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    rf"|(?P<date>{_DATE.pattern})"
    r"|(?P<digits>(?<![\w-])\+?\d[\d\s().\u00a0-]{7,}\d(?![\w-]))"
    r"|(?P<word>[^\W\d_]+)"
)
_LETTERS = ("аеёиоуыэюя", "бвгджзклмнпрстфхцчшщ", "aeiouy", "bcdfghjklmnpqrstvwxz")
_SHORT = 4
"""Letters; a shorter word may become one that others have."""


class Masker:
    """Masks the traffic of one account.

    Args:
        secrets: words that must not be seen: keys, tokens.
        names: of children, as the adapter told them: they are masked wherever they stand.
        addresses: of the system, with their schemes.
        first_day: the first day that was asked for.
        kept: names of fields whose values are left as they are, secrets excepted.
        key: of the pseudonyms.
    """

    def __init__(
        self, secrets: Iterable[str], names: Iterable[str], addresses: Iterable[str], first_day: dt.date, kept: Iterable[str], key: bytes
    ) -> None:
        self._names = {word.lower() for name in names for word in re.findall(r"[^\W\d_]+", name) if len(word) > 1}
        self._hosts = {urlsplit(each).netloc for each in addresses}
        self._addresses = {f"{scheme}://{host}": ADDRESS for scheme in ("https", "http", "webcal", "webcals") for host in self._hosts}
        kept_back = {self._behind_the_host(each) for each in secrets} - {""}
        longest_first = sorted(kept_back, key=lambda each: (-len(each), each))
        self._secrets = {secret: f"{SECRET}{number}" for number, secret in enumerate(longest_first, 1)}
        self._old_before = first_day - dt.timedelta(days=_OLD_DAYS)
        self._kept = frozenset(kept)
        self._key = key
        self._seen: set[str] = set(self._names)
        self._made: dict[str, str] = {}
        self._used: set[str] = set()
        self._mails: set[str] = set()
        self._makes_new = True

    @property
    def secrets(self) -> tuple[str, ...]:
        """What stands for the secrets that were met."""
        return tuple(self._secrets.values())

    def look_at(self, text: str) -> None:
        """A text that will be masked: its words, numbers and dates become nobody's pseudonyms."""
        self._seen.update(word for word in re.findall(r"[^\W\d_]+", text.lower()) if len(word) >= _SHORT)
        self._seen.update(found.lstrip("0") for found in re.findall(rf"\d{{{_DIGITS_MIN},}}", text))
        self._seen.update(given.isoformat() for found in _DATE.findall(text) if (given := _date_of(found)) is not None)

    def masked(self, value: Any, field: str = "") -> Any:
        """A value as JSON knows it, masked. ``field``: the name under which it stands."""
        if isinstance(value, dict):
            return {self._key_of(name): self.masked(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [self.masked(each, field) for each in value]
        if isinstance(value, str):
            return self._text(value, field)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._number(value, field)
        return value

    def masked_request(self, value: Any, field: str = "") -> Any:
        """As `masked`, of what the adapter asked: only what stood in an answer or in the settings before has a pseudonym there.

        The rest are the adapter's own words, which it says again when the recording is replayed.
        """
        self._makes_new = False
        try:
            return self.masked(value, field)
        finally:
            self._makes_new = True

    # ------------------------------------------------------------ pieces

    def _key_of(self, name: str) -> str:
        """A name of a field stays, unless it is a child's, or a secret."""
        words = {word.lower() for word in re.findall(r"[^\W\d_]+", name)}
        return self._text(name, "") if words & self._names and not name.islower() else self._without_secrets(name)

    def _text(self, value: str, field: str) -> str:
        value = self._without_secrets(value)
        if field in self._kept:
            return value
        words = _words_of(field)
        if words & _SECRETS and value and not value.startswith(SECRET) and self._makes_new:
            return self._secrets.setdefault(value, f"{SECRET}{len(self._secrets) + 1}")
        is_personal = self._is_personal(field) or _LATIN_NAME.fullmatch(value) is not None

        def piece(found: re.Match[str]) -> str:
            kind, text = found.lastgroup, found[0]
            if kind == "mail":
                return self._mail(text)
            if kind == "date":
                return self._date(text, bool(words & _BORN))
            if kind == "digits":
                return self._digits(text) if not (words & _TIMES and _is_epoch(text)) else text
            if kind == "word" and (is_personal or not text.isascii() or text.lower() in self._names):
                return self._word(text)
            return text

        return _PIECES.sub(piece, value)

    def _is_personal(self, field: str) -> bool:
        words = _CAMEL.findall(field)
        last = words[-1].lower() if words else ""
        return last not in _NO_WORDS and bool({word.lower() for word in words} & _PERSONAL)

    def _behind_the_host(self, secret: str) -> str:
        """Of an address that is a secret, what stands behind its host: the recording is replayed at another."""
        for address in self._addresses:
            secret = secret.removeprefix(address)
        return secret.strip("/")

    def _without_secrets(self, value: str) -> str:
        for secret, shown in self._secrets.items():
            if len(secret) >= _SHORT or secret == value:
                value = value.replace(secret, shown)
        for address, shown in self._addresses.items():
            value = value.replace(address, shown)
        for host in self._hosts:
            value = value.replace(host, HOST)
        return value

    def _number(self, value: int, field: str) -> int:
        if field in self._kept or (_words_of(field) & _TIMES and _is_epoch(str(value))):
            return value
        digits = str(abs(value))
        if len(digits) < _DIGITS_MIN:
            return value
        return int(self._digits(digits)) * (1 if value > 0 else -1)

    def _digits(self, text: str) -> str:
        """Other digits in the same places: a leading zero stays one, and +7 and 8 before ten digits stay what they are."""
        digits = "".join(each for each in text if each.isdigit())
        if len(digits) < _DIGITS_MIN:
            return text
        country, own = digits[:-10], digits[-10:]
        core = own.lstrip("0")
        drawn = self._drawn(core, lambda draw: draw.choice("123456789") + "".join(draw.choice("0123456789") for _ in core[1:]))
        left = iter(country + own[: len(own) - len(core)] + (drawn if core else ""))
        return "".join(next(left) if each.isdigit() else each for each in text)

    def _date(self, text: str, is_born: bool) -> str:
        given = _date_of(text)
        if given is None or (not is_born and given >= self._old_before):
            return text
        other = self._drawn(given.isoformat(), lambda draw: f"{given.year:04}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}")
        return other if text[4] == "-" else f"{other[8:]}{text[2]}{other[5:7]}{text[5]}{other[:4]}"

    def _mail(self, text: str) -> str:
        if not self._makes_new and text not in self._mails:
            return text
        self._mails.add(text)
        name, _, domain = text.partition("@")
        return f"{self._word(name)}@{self._word(domain.rpartition('.')[0])}.example"

    def _word(self, text: str) -> str:
        """Vowels for vowels, consonants for consonants, in the same case."""
        lower = text.lower()
        drawn = self._drawn(lower, lambda draw: "".join(_letter(each, draw) for each in lower))
        return "".join(new.upper() if old.isupper() else new for old, new in zip(text, drawn, strict=False))

    def _drawn(self, original: str, draw: Any) -> str:
        """A pseudonym: the same one for the same original, another one for another, and none that somebody bears."""
        known = self._made.get(original)
        if known is not None or not self._makes_new:
            return known or original
        drawn = original
        for attempt in range(64):
            source = random.Random(hmac.digest(self._key, f"{attempt} {original}".encode(), "sha256"))
            drawn = draw(source)
            if drawn != original and drawn not in self._used and drawn not in self._seen and not self._holds_a_word(drawn):
                break
        self._used.add(drawn)
        self._made[original] = drawn
        return drawn

    def _holds_a_word(self, drawn: str) -> bool:
        length = len(drawn)
        return any(drawn[first:last] in self._seen for first in range(length) for last in range(first + _SHORT, length + 1))


def _letter(letter: str, draw: random.Random) -> str:
    if not letter.isalpha() or letter in "ьъй":
        return letter
    alphabet = next((each for each in _LETTERS if letter in each), _LETTERS[1])
    return draw.choice(alphabet)


def _date_of(text: str) -> dt.date | None:
    """Of 2015-03-16, 16.03.2015, 16/03/2015; None where there is no such day."""
    year, month, day = (text[:4], text[5:7], text[8:]) if text[4] == "-" else (text[6:], text[3:5], text[:2])
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None


def _words_of(field: str) -> set[str]:
    """«birthDate» and «birth_date» have the words birth, date and birthdate."""
    words = [word.lower() for word in _CAMEL.findall(field)]
    return {*words, "".join(words)}


def _is_epoch(digits: str) -> bool:
    return digits.isdigit() and any(int(digits) in each for each in _EPOCHS)
