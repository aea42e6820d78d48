"""No code without its words, no words without their code, and two languages everywhere."""

from __future__ import annotations

import re
import string

from navigator import texts

from .root import REPOSITORY

PROGRAM = [file for pattern in ("*.py", "seed/*.py") for file in sorted((REPOSITORY / "navigator").glob(pattern))]
SOURCES = "".join(file.read_text(encoding="utf-8") for file in PROGRAM if file.name != "texts.py")


def test_every_text_is_used():
    for code in [*texts._PROBLEMS, *texts._LINES]:
        assert f'"{code}"' in SOURCES, code


def test_every_code_that_is_raised_has_its_text():
    raised = re.findall(r'(?:ClockRefused|CommandRefused)\(\s*"(\w+)"|speaker\.fail\("(\w+)"', SOURCES)
    assert raised and {first or second for first, second in raised} <= set(texts._PROBLEMS)


def test_both_languages_are_there_and_are_what_they_say():
    russian = re.compile("[а-яё]", re.IGNORECASE)
    for ru_what, ru_cure, en_what, en_cure in texts._PROBLEMS.values():
        assert russian.search(ru_what) and ru_cure and en_what and en_cure
        assert not russian.search(en_what + en_cure)
    fields = string.Formatter().parse
    for ru, en in texts._LINES.values():
        assert {name for _, name, _, _ in fields(ru) if name} == {name for _, name, _, _ in fields(en) if name}
