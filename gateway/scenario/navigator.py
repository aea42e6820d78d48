"""A real Navigator, as a process of its own, for as long as a story lasts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from gateway.core.facts import Text
from gateway.errors import UserError
from gateway.scenario.reading import instant, wrong

NAVIGATOR_START_SECONDS_MAX = 30


@contextmanager
def navigator_process(home: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A real Navigator on a free port, test calls allowed; its address. Stopped at the end, whatever happens."""
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "navigator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "navigator", "serve", "--port", str(port)],
            env={**os.environ, "NAVIGATOR_HOME": str(home), "GATEWAY_TEST": "1", **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + NAVIGATOR_START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{url}/register/v1/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    tail = log.read_text(encoding="utf-8", errors="replace")[-500:]
    raise UserError(
        Text(f"Навигатор не запустился: {tail}", f"The Navigator did not start: {tail}"),
        Text("Запустите navigator serve отдельно.", "Try navigator serve by itself."),
        4,
    )


def load_district(folder: Path, home: Path, first_step: Mapping[str, Any]) -> None:
    environment = {
        **os.environ, "NAVIGATOR_HOME": str(home / "navigator"), "GATEWAY_TEST": "1",
        "GATEWAY_NOW": instant(folder, 1, first_step).isoformat(),
    }  # fmt: skip
    loaded = subprocess.run(
        [sys.executable, "-m", "navigator", "load", str(folder / "district")], env=environment, capture_output=True, text=True, check=False
    )
    if loaded.returncode != 0:
        said = (loaded.stdout + loaded.stderr).strip()
        raise wrong(folder / "district", f"район не загружен: {said}", f"the district cannot be loaded: {said}")
