"""The plugin reference is what the code says, and every name in it says what it is."""

from __future__ import annotations

from pathlib import Path

import gateway.plugins
from gateway.plugins.reference import reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugin-reference.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "make reference"


def test_every_name_has_words_of_its_own() -> None:
    assert "Without words of its own." not in reference()


def test_all_of_the_surface_is_there() -> None:
    page = reference()
    for name in gateway.plugins.__all__:
        assert f"### `{name}" in page, name
