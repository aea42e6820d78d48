"""A check is a function of a `Rig` that carries its promise and why it matters; what breaks it says both."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from dataclasses import dataclass

from gateway.plugins.source import SourceError
from gateway.plugins.testing.rig import Rig, Stopped

LIVE = "live"
"""Needed by a check that changes the club, spoils records, or wants other pages: an emulator can, a recording cannot."""
ENDS = "every list comes to its end"
ENDS_BECAUSE = "a list that is asked for without an end keeps the gateway from all other clubs, and shuts this one out of its system"
"""Whichever promise is being tried: a reading that would go on for ever breaks this one."""


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
        """Raises `Broken`; and where the author's emulator ran into something, that, as it is: it says nothing of the adapter."""
        __tracebackhide__ = True
        broken = self._broken(rig)
        mistake = rig.authors_mistake()
        if mistake is not None:
            raise mistake
        if broken is not None:
            raise broken

    def _broken(self, rig: Rig) -> Broken | None:
        try:
            self.check(rig)
        except AssertionError as error:
            return Broken(self, str(error).split("\nassert ")[0])
        except Stopped as error:
            return Broken(dataclasses.replace(self, words=ENDS, why=ENDS_BECAUSE), str(error))
        except SourceError as error:
            return _because(Broken(self, f"{type(error).__name__} came out: {error}"), error)
        except Exception as error:
            return _because(Broken(self, f"{type(error).__name__} came out of the adapter: {error}"), error)
        return None


def _because(broken: Broken, cause: Exception) -> Broken:
    broken.__cause__ = cause
    return broken


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
