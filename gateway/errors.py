"""Errors that a person can act on: what was wrong, where, and how to mend it."""

from __future__ import annotations

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
