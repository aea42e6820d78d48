"""``python -m navigator``: the same as the ``navigator`` command."""

from __future__ import annotations

from navigator.cli import main

if __name__ == "__main__":
    main()
