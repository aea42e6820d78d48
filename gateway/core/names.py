"""Names as people write them: compared without regard to case, ё, spaces and dots; initials are never a name."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_SPACES = re.compile(r"\s+")
_INITIALS = re.compile(r"^[^\W\d_]\.?([^\W\d_]\.?)?$")


class PersonName(NamedTuple):
    """``first`` and ``patronymic`` are "" where the name has none; ``has_initials``: a first name is given by its letter only."""

    last: str
    first: str
    patronymic: str
    has_initials: bool


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Case, ё and every kind of space folded away: for comparing, never for showing."""
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return _SPACES.sub(" ", text).strip().casefold().replace("ё", "е")


def person_words(name: str) -> str:
    """Last and first name of a folded name, for telling rows of one child with and without the patronymic alike."""
    parsed = parse_name(name)
    return f"{parsed.last} {parsed.first}"


def parse_name(text: str) -> PersonName:
    """Split «Last First [Patronymic]»; «Last F. P.» and «Last F.P.» have initials."""
    parts = folded(text).replace(",", " ").split()
    last, rest = (parts[0], parts[1:]) if parts else ("", [])
    letters = [part for part in rest if _INITIALS.match(part)]
    if letters or any("." in part for part in rest):
        return PersonName(last, rest[0] if rest else "", "", True)
    return PersonName(last, rest[0] if rest else "", " ".join(rest[1:]), False)


def names_agree(one: PersonName, last: str, first: str, patronymic: str | None) -> bool:
    """Whether a written name is, in full, this child's: last and first name equal, patronymics equal where both are given."""
    if one.has_initials or not one.first:
        return False
    if (one.last, one.first) != (folded(last), folded(first)):
        return False
    return not one.patronymic or not patronymic or one.patronymic == folded(patronymic)


def names_disagree(one: PersonName, last: str, first: str, patronymic: str | None) -> bool:
    """Whether a written name cannot be this child's. An initial disagrees only with another letter; an empty name with nobody."""
    if not one.last:
        return False
    if len(one.last.rstrip(".")) == 1 and one.last[0] == folded(last)[:1]:  # «P. First»: the last name by its letter
        one = one._replace(last=folded(last))
    if one.last != folded(last):
        return True
    if not one.first:
        return False
    if _INITIALS.match(one.first):
        return one.first[0] != folded(first)[:1]
    if one.has_initials:  # «Last First P.»: the first name is there in full
        return one.first != folded(first)
    return not names_agree(one, last, first, patronymic)


def likeness(one: PersonName, last: str, first: str) -> float:
    """0 … 1, for ordering candidates that a person is shown; never for deciding."""
    from difflib import SequenceMatcher

    return SequenceMatcher(None, f"{one.last} {one.first}", f"{folded(last)} {folded(first)}").ratio()
