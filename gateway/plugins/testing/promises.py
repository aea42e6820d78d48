"""A check is a function of a `Rig` that carries its promise and why it matters; what breaks it says both."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from gateway.plugins.source import SourceError
from gateway.plugins.testing.rig import Rig

LIVE = "live"
"""Needed by a check that changes the club, spoils records, or wants other pages: an emulator can, a recording cannot."""


class Broken(AssertionError):
    """A promise that was not kept: the promise, what happened, and why it matters."""

    def __init__(self, promise: Promise, happened: str) -> None:
        super().__init__(f"\npromised: {promise.words}\nhappened: {happened}\nit matters: {promise.why}")
        self.promise = promise


@dataclass(frozen=True)
class Promise:
    """One check of the kit. ``name``: by it an author says `not_promised`; ``needs``: abilities without which it is moot;
    ``about``: what it speaks of, without which it is moot for a source that does not tell it."""

    name: str
    words: str
    why: str
    check: Callable[[Rig], None]
    needs: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()

    def __call__(self, rig: Rig) -> None:
        """Raises `Broken`."""
        __tracebackhide__ = True
        try:
            self.check(rig)
        except AssertionError as error:
            raise Broken(self, str(error).split("\nassert ")[0]) from None
        except SourceError as error:
            raise Broken(self, f"{type(error).__name__} came out: {error}") from error
        except Exception as error:
            raise Broken(self, f"{type(error).__name__} came out of the adapter: {error}") from error


def promise(words: str, why: str, needs: Collection[str] = (), about: Collection[str] = ()) -> Callable[[Callable[[Rig], None]], Promise]:
    """Make a check of a function; its name is the check's."""
    return lambda check: Promise(check.__name__, words, why, check, frozenset(needs), frozenset(about))


def keep(is_kept: bool, happened: str) -> None:
    """Say what happened where it is not kept."""
    __tracebackhide__ = True
    if not is_kept:
        raise AssertionError(happened)


def first_lines(lines: Collection[str], most: int = 4) -> str:
    shown = list(lines)[:most]
    return "; ".join(shown) + (f"; and {len(lines) - most} more" if len(lines) > most else "")
