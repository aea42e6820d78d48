"""Questions to the register that a page may wait for a moment, and never longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Asking(Generic[Answer]):
    """At most one question under way per key: whoever asks meanwhile waits for the same answer. A register that hangs costs one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, Future[Answer]] = {}

    def __call__(self, key: str, question: Callable[[], Answer], seconds_max: float) -> Answer:
        """The answer, or whatever ``question`` raised.

        Raises:
            TimeoutError: there is none yet.
        """
        with self._lock:
            future = self._under_way.get(key)
            if future is None:
                future = self._under_way[key] = Future()
                threading.Thread(target=self._ask, args=(key, question, future), name=f"asking-{key}", daemon=True).start()
        return future.result(seconds_max)

    def _ask(self, key: str, question: Callable[[], Answer], future: Future[Answer]) -> None:
        try:
            answer = question()
        except Exception as error:
            self._forget(key)
            future.set_exception(error)
        else:
            self._forget(key)
            future.set_result(answer)

    def _forget(self, key: str) -> None:
        with self._lock:
            del self._under_way[key]
