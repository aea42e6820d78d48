"""Errors that a person can act on: what was wrong, where, and how to mend it."""

from __future__ import annotations

import traceback

from gateway.core.facts import Text

EXIT_DONE = 0
EXIT_REFUSED = 1
EXIT_USAGE = 2
EXIT_UNREADABLE = 3
EXIT_UNAVAILABLE = 4


class UserError(Exception):
    """Shown to a person, in their language. ``exit_code`` as in docs/cli.md."""

    def __init__(self, what: Text, cure: Text, exit_code: int = EXIT_USAGE) -> None:
        super().__init__(what.en)
        self.what = what
        self.cure = cure
        self.exit_code = exit_code


def trace_of(error: BaseException) -> str:
    """Where an error happened and what kind it is, for the log; its own words stay out, for they may quote a name or a number."""
    return f"{type(error).__name__}\n" + "".join(traceback.format_tb(error.__traceback__))
