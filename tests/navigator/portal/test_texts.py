"""The pages speak both languages, whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Catalog

from navigator.portal.speech import catalogue as compiled

from . import extraction

CYRILLIC = re.compile("[А-Яа-яЁё]")
PROPER = re.compile("СНИЛС|ФЗ")
"""What has no English name."""


@pytest.fixture(scope="module")
def texts() -> set[extraction.Text]:
    return extraction.texts()


def test_every_text_is_there_in_english_and_no_other(texts: set[extraction.Text]):
    catalogue: Catalog = extraction.catalogue("en")
    known = {message.id for message in catalogue if message.id}
    assert known == texts, "python -m tests.navigator.portal.extraction, and translate what is new"
    for message in catalogue:
        if message.id:
            written = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(written), f"not translated: {message.id}"
            assert not message.fuzzy and not any(CYRILLIC.search(PROPER.sub("", each)) for each in written), message.id


def test_every_plural_is_there_in_russian_with_its_three_forms(texts: set[extraction.Text]):
    catalogue = extraction.catalogue("ru")
    known = {message.id: message.string for message in catalogue if message.id}
    assert set(known) == {text for text in texts if isinstance(text, tuple)}
    assert all(len(forms) == 3 and all(forms) for forms in known.values())
    years = [compiled("ru").ungettext("%(num)d год", "%(num)d лет", number) % {"num": number} for number in (1, 3, 11, 21)]
    assert years == ["1 год", "3 года", "11 лет", "21 год"]


def test_what_is_filled_in_is_the_same_in_both(texts: set[extraction.Text]):
    placeholder = re.compile(r"%\((\w+)\)([sd])")
    for message in extraction.catalogue("en"):
        if message.id:
            sources = message.id if isinstance(message.id, tuple) else (message.id,)
            written = message.string if isinstance(message.string, tuple) else (message.string,)
            assert {*placeholder.findall(sources[-1])} == {*placeholder.findall(written[-1])}, message.id


def test_no_template_speaks_past_the_catalogue():
    """Every Russian word of a template stands inside a call for its translation; the language switch names each language in itself."""
    text = r"""\s*(?:"[^"]*"|'[^']*')\s*"""
    for path in extraction.PORTAL.rglob("templates/**/*.*"):
        source = re.sub(rf"ngettext\({text},{text}|_\({text}|\{{#.*?#\}}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not CYRILLIC.search(source.replace('"Русский"', "")), path.name


def test_no_page_and_no_form_speaks_past_the_catalogue():
    for path in [*extraction.PORTAL.rglob("pages.py"), *extraction.PORTAL.rglob("forms.py"), extraction.PORTAL / "app.py"]:
        for node in spoken(ast.parse(path.read_text(encoding="utf-8"))):
            assert not CYRILLIC.search(node.value), f"{path}:{node.lineno}: {node.value}"


def spoken(tree: ast.Module) -> Iterator[ast.Constant]:
    """The texts of a module that are neither docstrings nor handed to a translation, nor words that nobody is shown (`_TRIED_FIRST`)."""
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in extraction.KEYWORDS:
            silent.update(node.args)
        elif isinstance(node, ast.Expr):
            silent.add(node.value)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "_TRIED_FIRST":
            silent.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in silent:
            yield node
