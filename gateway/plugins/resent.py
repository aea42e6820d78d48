"""The gateway's own file of refused marks: what its writer and its reader both must know, so that a row that comes back is the same mark.

Each row ends with a code: whose it is, of which day and lesson, and digests of what was written beside it. So the reader can tell what a
person has mended, and what stands as it was.
"""

from __future__ import annotations

import datetime as dt
import re
from hashlib import blake2b
from typing import NamedTuple

from gateway.core.facts import Status

TITLE = "Отказанные отметки: исправьте и сдайте этот файл снова. Чего в нём нет, остаётся как есть."
"""The first line. A file that begins so adds and mends, and never withdraws what it does not list."""
HEAD = (
    "Дата", "Ребёнок", "Номер сертификата", "Группа", "Отметка", "Почему не списано", "Что сделать", "Где стоит",
    "Код строки (не менять)",
)  # fmt: skip
DATE, CHILD, CERTIFICATE, GROUP, SIGN, CODE = (HEAD[place] for place in (0, 1, 2, 3, 4, 8))
SIGNS = {Status.ATTENDED: "был", Status.LATE: "опоздал", Status.ABSENT: "не был", Status.EXCUSED: "уважительная причина"}
_BLANKS = re.compile(r"[\s\u00a0\u200b\u200c\u200d\u2060\ufeff\u00ad]+")
_DIGEST_BYTES = 4
_BETWEEN = "|"


class Written(NamedTuple):
    """What a person may mend in a row, as it was written: digests, so that the code holds no name."""

    child: str
    certificate: str
    group: str
    sign: str


class RowCode(NamedTuple):
    """``reference``: what the gateway calls the person (`Member.reference`); ``day`` and ``lesson``: which of its marks the row is."""

    reference: str
    day: dt.date
    lesson: str
    written: Written


def written(child: str, certificate: str, group: str, sign: str) -> Written:
    """The digests of a row's texts; letter case and blanks, seen and unseen, say nothing."""
    return Written(*map(_digest, (child, certificate, group, sign)))


def _digest(text: str) -> str:
    return blake2b(_BLANKS.sub("", text).casefold().encode(), digest_size=_DIGEST_BYTES).hexdigest()


def code_text(code: RowCode) -> str:
    return _BETWEEN.join((code.reference, code.day.isoformat(), "-".join(code.written), code.lesson))


def code_from(text: str) -> RowCode | None:
    """None: the text is no code, or somebody has changed it."""
    parts = text.strip().split(_BETWEEN, 3)
    try:
        reference, day, digests, lesson = parts
        return RowCode(reference, dt.date.fromisoformat(day), lesson, Written(*digests.split("-")))
    except (ValueError, TypeError):
        return None
