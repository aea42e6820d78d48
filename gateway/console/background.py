"""What the pages' requests share: a gateway of their own each, and the schedule that works beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from gateway.bootstrap import Gateway

OpenGateway = Callable[[str], Gateway]
"""The gateway that speaks a language, ru or en."""


class Background(Protocol):
    """The schedule at work in this process."""

    @property
    def is_stopping(self) -> bool:
        """Whether the program is about to end."""

    def wake(self, job: str, seconds: float = 0.0) -> None:
        """Look at a job after so many seconds, whether or not its time has come."""


@contextmanager
def opened(open_gateway: OpenGateway, language: str) -> Iterator[Gateway]:
    """A gateway for one request; its connections are given back at the end."""
    gateway = open_gateway(language)
    try:
        yield gateway
    finally:
        if "engine" in vars(gateway):
            gateway.engine.dispose()
