"""Tokens by which this process marks in the store what it is working on, and whether a token's owner still lives.

They make a lease shorter where it can be seen that nobody answers to it any more. What is safe never depends on them.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def living_token() -> Iterator[str]:
    """A token that lives as long as the block."""
    token = f"{socket.gethostname()}/{os.getpid()}/{_started(os.getpid())}/{uuid.uuid4().hex}"
    _LIVING.add(token)
    try:
        yield token
    finally:
        _LIVING.discard(token)


_LIVING: set[str] = set()
"""Tokens of this process's own sessions."""


def owner_of(token: str) -> str:
    """Machine and process, for a person."""
    host, process, *_ = [*token.split("/"), ""]
    return f"{host}/{process}"


def is_abandoned(token: str) -> bool:
    """Whether its process has ended, or, within this one, its session. Of another machine's only the lease can tell."""
    host, process, started, _ = [*token.split("/"), "", "", ""][:4]
    if host != socket.gethostname() or not process.isdigit():
        return False
    if int(process) == os.getpid():
        return token not in _LIVING
    return _started(int(process)) != started


def _started(process: int) -> str:
    """When a process of this machine was started, "" where there is none: a number alone may have been given to another since."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return "" if told[0] in ("Z", "X") else told[19]  # a zombie does nothing any more
    except (OSError, IndexError):
        pass
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "running"
    return "running"
