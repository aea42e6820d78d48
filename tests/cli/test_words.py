"""Texts and words: nothing untranslated, nothing unused, and the right form of each number."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from gateway.cli import main
from gateway.cli.texts import TEXTS
from gateway.cli.vocabulary import MONTHS, NOUNS, RULES_IN_SHORT, WORDS
from gateway.cli.words import cell, counted, day, masked, month, roubles, word
from gateway.core.facts import Text
from gateway.core.reconcile import DifferenceClass

SOURCES = Path(__file__).resolve().parents[2] / "gateway" / "cli"
CYRILLIC = re.compile("[А-Яа-яЁё]")


def every_text() -> Iterator[tuple[str, Text]]:
    yield from TEXTS.items()
    yield from ((f"rule {name}", text) for name, text in RULES_IN_SHORT.items())
    yield from ((f"month {number}", text) for number, text in enumerate(MONTHS, 1))
    yield from ((f"{kind} {name}", text) for kind, words in WORDS.items() for name, text in words.items())


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_text_is_missing_in_a_language() -> None:
    for name, text in every_text():
        assert text.ru.strip() and text.en.strip(), name
        assert fields(text.ru) == fields(text.en), name
        assert not CYRILLIC.search(text.en), name
        assert CYRILLIC.search(text.ru) or text.ru == text.en or name == "quoted", name


def commands(group: click.Group = main, path: str = "help") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path}.{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}.{name}")


def option_texts() -> set[str]:
    return {
        own if (own := f"option.{command.name}.{parameter.name}") in TEXTS else f"option.{parameter.name}"
        for _, command in (("help", main), *commands())
        for parameter in command.params
        if isinstance(parameter, click.Option)
    }


def test_every_command_and_option_has_its_help() -> None:
    assert {name for name, _ in commands()} | option_texts() <= TEXTS.keys()


def test_no_text_is_left_over() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.py") if not path.name.endswith("texts.py"))
    used = {"help", "option.help", *(name for name, _ in commands()), *option_texts()}
    built = re.findall(r'f"([a-z_.]+)\{[^}]+\}"', written) + re.findall(r"f'([a-z_.]+)\{[^}]+\}'", written)
    beginnings = tuple(name for name in built if name.endswith("."))
    written = written.replace("'", '"')
    left = {name for name in TEXTS if name not in used and f'"{name}"' not in written and not name.startswith(beginnings)}
    assert left == set()


def test_words_are_known_for_everything_that_comes() -> None:
    assert WORDS["difference"].keys() == {str(one) for one in DifferenceClass}
    assert WORDS["not_charged"].keys() == {"outside", "cancelled", "absent", "excused", "free"}
    assert WORDS["answer"].keys() == {"charged", "not_charged", "refused", "waiting"}
    assert [word("status", one, "ru") for one in ("attended", "new-word", None)] == ["был", "new-word", "—"]


@pytest.mark.parametrize(
    ("number", "russian", "english"),
    [
        (0, "0 отметок", "0 marks"),
        (1, "1 отметка", "1 mark"),
        (2, "2 отметки", "2 marks"),
        (4, "4 отметки", "4 marks"),
        (5, "5 отметок", "5 marks"),
        (11, "11 отметок", "11 marks"),
        (12, "12 отметок", "12 marks"),
        (14, "14 отметок", "14 marks"),
        (21, "21 отметка", "21 marks"),
        (22, "22 отметки", "22 marks"),
        (111, "111 отметок", "111 marks"),
        (1234, "1 234 отметки", "1,234 marks"),
    ],
)
def test_a_noun_agrees_with_its_number(number: int, russian: str, english: str) -> None:
    assert counted("mark", number, "ru") == russian and counted("mark", number, "en") == english


def test_every_noun_has_all_its_forms() -> None:
    for noun, (russian, english) in NOUNS.items():
        assert len(russian) == 3 and len(english) == 2 and all(russian) and all(english), noun


def test_sums_days_and_places() -> None:
    assert roubles(4_824_000, "ru") == "48 240,00 ₽" and roubles("48240.05", "en") == "48,240.05 ₽" and roubles(None, "ru") == "—"
    assert day("2025-10-16") == "16.10.2025" and day("2025-10-16T23:30:00+03:00") == "16.10.2025" and day(None) == "—"
    assert month("2025-10", "ru") == "октябрь 2025" and month("2025-05", "en") == "May 2025"
    assert masked("0471234821") == "…4821" and masked(None) == "—"
    assert cell("Октябрь", 14, "K", "ru") == "лист «Октябрь», строка 14, столбец K" and cell(None, None, "K", "en") == "column K"
