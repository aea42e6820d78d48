"""`make serve`, or `python -m gateway.demo.serve`: the demo's pages in a browser, the gateway's and the Navigator's, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType

import click
import requests
from rich.console import Console

from gateway.core.facts import Text
from gateway.demo.__main__ import DEFAULT_HOME, failed, run
from gateway.demo.log_ins import FILE, log_ins
from gateway.demo.play import standing
from gateway.demo.printed import PORT, REGISTER_PORT, Printer
from gateway.demo.words import EN, RU, WORDS, Words, language_from
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_USAGE, UserError

STARTS_SECONDS_MAX, STOPS_SECONDS_MAX = 30, 10


@click.command()
@click.option("--lang", type=click.Choice([RU, EN]), help="By default the locale's language, else Russian.")
@click.option("--home", type=click.Path(path_type=Path), default=DEFAULT_HOME, show_default=True, help="Where the demo was played.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Of the gateway's pages; 0: any free one.")
@click.option("--register-port", type=click.IntRange(0, 65535), default=REGISTER_PORT, show_default=True, help="The Navigator's.")
def main(lang: str | None, home: Path, port: int, register_port: int) -> None:
    """The demo's pages in a browser. Where it was not played yet, it is played first."""
    language = lang or language_from()
    signal.signal(signal.SIGTERM, _stop)
    try:
        if not (home / FILE).exists() and run(Console(highlight=False), home, language) == EXIT_REFUSED:
            sys.exit(EXIT_REFUSED)  # the sums do not agree, and that was said
        code = serve(Console(highlight=False), home, language, port, register_port)
    except UserError as error:
        code = failed(error.what.in_language(language), error.cure.in_language(language), error.exit_code)
    except KeyboardInterrupt:
        code = EXIT_DONE
    sys.exit(code)


def serve(console: Console, home: Path, language: str, port: int, register_port: int) -> int:
    """Serve until Ctrl-C, SIGTERM, or the end of either program, which is told.

    Raises:
        UserError: one of them does not start.
    """
    say, environment = Words(language), standing(home)
    port, register_port = _port(port, "--port"), _port(register_port, "--register-port")
    register_url, url = f"http://127.0.0.1:{register_port}", f"http://127.0.0.1:{port}"
    environment |= {"GATEWAY_HOME": str(home / "gateway"), "NAVIGATOR_URL": register_url, "NAVIGATOR_PUBLIC_URL": register_url}
    passwords = log_ins(home, environment)
    with ExitStack() as stack:
        started = [
            _start(
                stack, home / "navigator.log", environment, ["navigator", "serve", "--port", str(register_port)], f"{register_url}/rules"
            ),
            _start(stack, home / "gateway.log", environment, ["gateway", "serve", "--port", str(port)], url),
        ]
        Printer(console, language).addresses(register_url, url, passwords)
        console.print(say("stop_here", mail=(home / "navigator" / "mail").as_posix()), soft_wrap=True)
        while all(process.poll() is None for process in started):
            time.sleep(0.2)
    raise _ended(home / "navigator.log" if started[0].poll() is not None else home / "gateway.log")


def _port(wanted: int, option: str) -> int:
    """The port, or a free one for 0.

    Raises:
        UserError: somebody listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            what, cure = WORDS["port_taken"], WORDS["other_port"]
            raise UserError(
                Text(what.ru.format(port=wanted), what.en.format(port=wanted)),
                Text(cure.ru.format(option=option), cure.en.format(option=option)),
                EXIT_USAGE,
            ) from error
        port: int = probe.getsockname()[1]
        return port


def _start(stack: ExitStack, log: Path, environment: Mapping[str, str], command: list[str], url: str) -> subprocess.Popen[bytes]:
    """A program whose output goes to a file, once it answers; stopped when the stack is left."""
    output = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(
        [sys.executable, "-m", *command], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    stack.callback(_end, process)
    deadline = time.monotonic() + STARTS_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(url, timeout=5).ok:
                return process
        time.sleep(0.1)
    raise _ended(log)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOPS_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ended(log: Path) -> UserError:
    said = log.read_text(encoding="utf-8", errors="replace").strip()[-500:]
    what, cure = WORDS["program_ended"], WORDS["look_at_log"]
    return UserError(
        Text(what.ru.format(said=said), what.en.format(said=said)), Text(cure.ru.format(log=log), cure.en.format(log=log)), EXIT_UNAVAILABLE
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
