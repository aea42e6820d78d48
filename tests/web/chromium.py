"""The browser that the pages are tested in: one that is there, else one that is brought. ``python -m tests.web.chromium`` brings it.

An installed Chromium goes first, then Playwright's own, then Debian's package where it may be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CURE = "No browser for the tests of the pages. As root: apt-get install -y chromium"
SECONDS = 300
"""How long bringing it in one way may take."""

Run = Callable[[Sequence[str]], bool]


def found() -> str | None:
    """The path of a browser that starts; None where there is none."""
    installed = [path for path in map(shutil.which, NAMES) if path is not None]
    return next((path for path in [*installed, playwrights_own()] if path and ran([path, "--version"])), None)


def playwrights_own() -> str | None:
    """Where Playwright has put its Chromium; None where it has not."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def ran(command: Sequence[str]) -> bool:
    """Whether the command ends well and in time; it asks nobody anything."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return (
            subprocess.run(command, env=quiet, capture_output=True, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def ways(is_root: bool) -> list[list[list[str]]]:
    """The ways to bring one, in their order, each with its commands."""
    playwright = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    debian = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core"]]
    return [playwright, debian] if is_root else [playwright]


def bring(find: Callable[[], str | None] = found, run: Run = ran, is_root: bool | None = None) -> str | None:
    """The browser's path, brought if need be; None where no way leads to one."""
    path = find()
    for commands in ways(os.geteuid() == 0 if is_root is None else is_root):
        if path is None and all(run(command) for command in commands):
            path = find()
    return path


if __name__ == "__main__":
    if bring() is None:
        sys.exit(CURE)
