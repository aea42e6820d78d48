"""What an adapter can do: read files, be asked for what is new, be pushed to. It says so by having the method, and by nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from gateway.core.facts import Batch, Text

if TYPE_CHECKING:
    from gateway.plugins.http import Http


class SourceError(Exception):
    """A provider's system gave nothing. ``what`` and ``cure`` go to a person as they are: no name, no secret, no address with a query."""

    def __init__(self, what: Text, cure: Text) -> None:
        super().__init__(what.en)
        self.what = what
        self.cure = cure


class SourceUnavailable(SourceError):
    """It cannot be reached, is being maintained, or answers nonsense: the same call may do later. What was yielded before stands."""


class SourceRefused(SourceError):
    """It does not want to: wrong key, missing right, wrong address. A person has to mend something first.

    ``is_of_key``: it does not let us log in at all, so that nothing else needs to be tried.
    """

    is_of_key = False


class NotSigned(SourceRefused):
    """What was pushed is not signed as it ought to be, or its time is too far from ours: whoever sent it is not believed."""


class Verdict(StrEnum):
    """How a line of a check came out."""

    GOOD = "good"
    QUESTION = "question"  # works, but not as the adapter expects: a person should look
    BAD = "bad"  # reading would fail, or read too little


@dataclass(frozen=True, slots=True)
class Checked:
    """One line of a check.

    Attributes:
        what: what was looked at.
        found: what there is («12 groups»); never a person's name.
        cure: what to do about it; only where the verdict is not good.
        is_guess: a wire fact that no document backs, tried on the real system.
    """

    what: Text
    verdict: Verdict
    found: Text
    cure: Text | None = None
    is_guess: bool = False


class Source(Protocol):
    """One provider's account at a system, open to be read. `SourceError` may come out of every call, and between any two items."""

    def check(self) -> Iterator[Checked]:
        """Whether it is reachable and permitted, and what it sees; every wire fact that the README calls a guess is tried."""

    def pull(self, cursor: str | None, now: dt.datetime, since: dt.date | None = None) -> Iterator[Batch]:
        """What there is to tell, in batches each of which may be stored by itself.

        Args:
            cursor: of the last batch that was stored, whether or not its round came to its end; None: the first time. One that is
                not understood (an older version wrote it) counts as None.
            now: aware.
            since: read back at least to this day.
        """


class Adapter(Protocol):
    """One kind of provider system. It knows its protocol and nothing of certificates.

    Attributes:
        name: names the adapter in settings and on the command line.
        title: one line, ru and en.
    """

    name: str
    title: Text


@runtime_checkable
class FileAdapter(Adapter, Protocol):
    """It reads files that a person hands over."""

    def reads(self, path: Path) -> bool:
        """Whether ``parse`` is for files of this kind (by name and first bytes)."""

    def parse(self, path: Path, mapping: Mapping[str, Any], month: str | None, now: dt.datetime) -> Iterator[Batch]:
        """Read a file.

        Args:
            mapping: the provider's mapping file as read ({} where there is none).
            month: ``YYYY-MM`` that the file is taken in for; None: whatever month the file says.
            now: aware.

        Raises:
            InputRefused: nothing of the file can be taken.
        """


@runtime_checkable
class SourceAdapter(Adapter, Protocol):
    """It asks a system over the network.

    Attributes:
        settings: a frozen dataclass; its fields are made by `setting` and `secret`, which carry the help in both languages.
    """

    settings: type

    def connect(self, settings: Any, http: Http) -> Source:
        """Make the source. Nothing is asked yet. ``settings``: an instance of `settings`.

        Raises:
            SourceRefused: the settings name no address that may be asked.
        """


@runtime_checkable
class PushedAdapter(Adapter, Protocol):
    """A system pushes to it."""

    settings: type

    def receive(self, settings: Any, headers: Mapping[str, str], body: bytes, now: dt.datetime) -> Iterator[Batch]:
        """Understand one delivery. Nothing is stored before all of it has come, so the signature may be looked at first or last.

        Args:
            headers: by their names in lower case.

        Raises:
            NotSigned: the signature is wrong, or too old.
            SourceRefused: the body is not understood.
        """


@runtime_checkable
class NamesDeliveries(Protocol):
    """A pushed adapter whose system gives each delivery a name of its own."""

    def delivery(self, settings: Any, headers: Mapping[str, str], body: bytes) -> str | None:
        """Names a delivery that `receive` has understood, so that the same one told again is stored once; None: it has no name.

        Never the body's digest: the same words may be news again.
        """
