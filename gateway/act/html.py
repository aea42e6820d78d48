"""The act as one HTML file: nothing is loaded from anywhere, and it prints on A4."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import jinja2

from gateway.act import words
from gateway.flow.act import CLASS_WORDS


def act_html(act: Mapping[str, Any]) -> str:
    """The act's text."""
    classes = {name: text.ru for name, text in CLASS_WORDS.items()}
    return _template().render(act=act, head=words.HEAD, difference_head=words.DIFFERENCE_HEAD, states=words.STATES, classes=classes)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters |= {
        "roubles": words.roubles, "month": words.month_words, "instant": words.instant_words, "lesson": words.lesson_words,
    }  # fmt: skip
    return environment.from_string(resources.files("gateway.act").joinpath("act.html").read_text(encoding="utf-8"))
