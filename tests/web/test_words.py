"""The pages' words: both languages, the same values in each, every one used, every one that is used there."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from string import Formatter

import pytest

from gateway.console.words import WORDS, Speech
from gateway.core.reconcile import DifferenceClass

CONSOLE = Path(__file__).resolve().parents[2] / "gateway" / "console"
LISTS = ("reason.", "source.", "difference.", "said.", "under_way.", "waits.", "verdict.", "problem.", "outcome.", "schedule.")


@pytest.mark.parametrize("name", sorted(WORDS))
def test_every_word_is_there_in_both_languages(name: str) -> None:
    text = WORDS[name]
    assert text.ru.strip() and text.en.strip()
    fields = [{field for _, field, _, _ in Formatter().parse(each) if field} for each in (text.ru, text.en)]
    assert fields[0] == fields[1]
    if not name.startswith("language"):
        assert not re.search("[А-Яа-яЁё]", text.en)


def test_the_words_used_are_the_words_there_are() -> None:
    sources = {
        path: path.read_text(encoding="utf-8")
        for path in [*CONSOLE.glob("*.py"), *CONSOLE.glob("templates/*.html")]
        if path.name != "words.py"
    }
    used = {name for text in sources.values() for name in re.findall(r"""say\(\s*["']([a-z_.]+)["']""", text)}
    assert used <= set(WORDS)
    everything = "\n".join(sources.values())
    unused = {name for name in WORDS if name not in used and not name.startswith(LISTS) and f'"{name}"' not in everything}
    assert unused == set()


def test_each_class_of_difference_has_a_word() -> None:
    assert {f"difference.{one.value}" for one in DifferenceClass} == {name for name in WORDS if name.startswith("difference.")}


def test_no_template_speaks_for_itself() -> None:
    for path in CONSOLE.glob("templates/*.html"):
        assert not re.search("[А-Яа-яЁё]", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize(
    ("length", "ru", "en"),
    [
        (dt.timedelta(seconds=59), "только что", "just now"),
        (dt.timedelta(seconds=60), "1 мин назад", "1 min ago"),
        (dt.timedelta(minutes=59, seconds=59), "59 мин назад", "59 min ago"),
        (dt.timedelta(hours=1), "1 ч назад", "1 h ago"),
        (dt.timedelta(hours=23, minutes=59), "23 ч назад", "23 h ago"),
        (dt.timedelta(days=1), "1 дн. назад", "1 d ago"),
        (dt.timedelta(seconds=-5), "только что", "just now"),
    ],
)
def test_how_long_ago(length: dt.timedelta, ru: str, en: str) -> None:
    assert (Speech("ru").ago(length), Speech("en").ago(length)) == (ru, en)


def test_numbers_and_days_as_each_language_writes_them() -> None:
    russian, english = Speech("ru"), Speech("en")
    assert (russian.number(1234567), english.number(1234567)) == ("1\u00a0234\u00a0567", "1,234,567")
    assert (russian.day("2025-10-03"), english.day("2025-10-03")) == ("03.10.2025", "2025-10-03")
    assert (russian.month("2025-10"), english.month("2025-10")) == ("октябрь 2025", "October 2025")
    assert russian.word("source.", "moyklass") == "moyklass"
