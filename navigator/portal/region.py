"""What the region decides about families: ages, numbers, dates, nominals. From ``region.toml``, or the file that NAVIGATOR_REGION names."""

from __future__ import annotations

import datetime as dt
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from gateway.core.money import kopecks_from_roubles

_PLAIN = (
    "age_from", "age_to", "number_prefix", "financing_from", "consent_version", "dispute_answer_days", "proposal_days",
    "keep_child_days", "keep_reads_days", "keep_letters_days", "keep_sign_ins_days",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Category:
    """A category of children. Titles by language; the nominal of a year in kopecks; ``source``: the act it comes from."""

    category: str
    titles: Mapping[str, str]
    nominal_kopecks: int
    source: str


@dataclass(frozen=True, slots=True)
class Region:
    """One region's parameters. Ages are whole years, both included.

    ``dispute_answer_days``: how long a club may be silent about a dispute before the operator decides. ``proposal_days``: how long a
    place that a club asks for on a family's behalf waits for the family's word. ``keep_…_days``: for how long personal data are kept
    (`navigator.portal.privacy.keeping`).
    """

    titles: Mapping[str, str]
    operators: Mapping[str, str]
    age_from: int
    age_to: int
    number_prefix: str
    financing_from: dt.date
    consent_version: str
    dispute_answer_days: int
    proposal_days: int
    keep_child_days: int
    keep_reads_days: int
    keep_letters_days: int
    keep_sign_ins_days: int
    categories: Mapping[str, Category]
    sources: Mapping[str, str]


def read_region(text: str) -> Region:
    """A region from its file's text.

    Raises:
        ValueError: it is no TOML, or a parameter is missing or of the wrong form; the message names it.
    """
    said = tomllib.loads(text)
    try:
        plain = {name: said[name]["value"] for name in _PLAIN}
        categories = {
            name: Category(name, each["title"], kopecks_from_roubles(each["amount"]["value"]), each["amount"]["source"])
            for name, each in said["nominals"].items()
        }
        sources = {name: said[name]["source"] for name in plain}
        return Region(titles=said["title"], operators=said["operator"], categories=categories, sources=sources, **plain)
    except (KeyError, TypeError) as error:
        raise ValueError(f"region: {error} is missing or has another form") from error


@cache
def region() -> Region:
    """The region that the environment names."""
    file = os.environ.get("NAVIGATOR_REGION")
    text = Path(file).read_text("utf-8") if file else resources.files("navigator.portal").joinpath("region.toml").read_text("utf-8")
    return read_region(text)


def age_on(birth_date: dt.date, day: dt.date) -> int:
    """Whole years. Who was born on 29 February has the birthday of a common year on 1 March."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def last_day(birth_date: dt.date, age_to: int) -> dt.date:
    """The last day on which the child is not older than ``age_to``."""
    try:
        birthday = birth_date.replace(year=birth_date.year + age_to + 1)
    except ValueError:
        birthday = dt.date(birth_date.year + age_to + 1, 3, 1)
    return birthday - dt.timedelta(days=1)
