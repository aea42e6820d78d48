"""Lines of a check that every system has."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway.core.facts import Text
from gateway.plugins.source import Checked, SourceRefused, Verdict


def permitted(what: Text, lines: Callable[[], Iterator[Checked]], cure: Text) -> Iterator[Checked]:
    """The lines about one thing; a right that is missing is a line of its own, so that the others are looked at all the same."""
    try:
        yield from lines()
    except SourceRefused as error:
        if error.is_of_key:
            raise  # no right is missing: the key is wrong, and trying it again may lock the account
        yield Checked(what, Verdict.BAD, error.what, cure)


def some(what: Text, count: int, found: Text, cure: Text) -> Checked:
    """Good where there is any of it."""
    return Checked(what, Verdict.GOOD, found) if count else Checked(what, Verdict.QUESTION, found, cure)
