"""Who may look around in the demo's Navigator: a parent, a club and the operator, with passwords made for this demo alone.

The passwords are kept beside the demo's databases, in a file that is the owner's only, so that every call tells the same ones.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.core.facts import Text
from gateway.demo.words import WORDS
from gateway.errors import EXIT_UNAVAILABLE, UserError

FILE = "log-ins.json"
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True, slots=True)
class LogIn:
    """An account. ``who`` names the word that tells whose it is; ``arguments`` are those of `navigator person`."""

    who: str
    email: str
    arguments: tuple[str, ...]


LOG_INS = (
    LogIn("is_parent", "karpova@demo.example", ("--role", "parent", "--child", "d-10", "--name", "Карпова", "Ольга")),
    LogIn("is_club", "ddt@demo.example", ("--role", "club", "--provider", "ddt-sineles", "--name", "Лебедева", "Нина")),
    LogIn("is_operator", "operator@demo.example", ("--role", "operator", "--name", "Орлов", "Кирилл")),
)
"""The parent's child goes to two clubs, and its money ends in the month that the demo plays."""


def log_ins(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """E-mail → password, made where the demo has none yet.

    Raises:
        UserError: the Navigator did not take them.
    """
    file = home / FILE
    if file.exists():
        found: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
        return found
    passwords = {each.email: new_password() for each in LOG_INS}
    for each in LOG_INS:
        command = [sys.executable, "-m", "navigator", "person", each.email, *each.arguments, "--password-from", "-"]
        done = subprocess.run(
            command, input=passwords[each.email], env={**os.environ, **environment, "PYTHONUTF8": "1"}, capture_output=True,
            text=True, encoding="utf-8", check=False,
        )  # fmt: skip
        if done.returncode != 0:
            said = (done.stdout + done.stderr).strip()[-500:]
            what, cure = WORDS["log_ins_failed"], WORDS["start_afresh"]
            raise UserError(
                Text(what.ru.format(said=said), what.en.format(said=said)),
                Text(cure.ru.format(home=home), cure.en.format(home=home)),
                EXIT_UNAVAILABLE,
            )
    file.touch(mode=0o600)
    file.write_text(json.dumps(passwords, indent=1) + "\n", encoding="utf-8")
    return passwords


def new_password() -> str:
    """Three made-up words, to be read aloud and typed on any keyboard: «bamor-tevil-sunak»."""
    return "-".join("".join(secrets.choice(letters) for letters in (*[_CONSONANTS, _VOWELS] * 2, _CONSONANTS)) for _ in range(3))
