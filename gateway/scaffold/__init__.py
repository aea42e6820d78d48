"""`gateway new adapter NAME`: an adapter that passes the conformance kit at once. It is the one of docs/adapter-tutorial.md."""

from __future__ import annotations

import importlib.util
import keyword
import re
from collections.abc import Collection
from importlib import resources
from pathlib import Path

from gateway.core.facts import Text
from gateway.errors import EXIT_USAGE, UserError

FILES = ("pyproject.toml", "README.md", "__init__.py", "settings.py", "adapter.py", "emulator.py", "test_klubok.py")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,31}")
_MADE_UP = ("klubok", "Klubok", "Клубок")


def new_adapter(name: str, into: Path, taken: Collection[str] = ()) -> list[Path]:
    """Write the folder; the files, in reading order.

    Args:
        taken: names of the adapters that there are.

    Raises:
        UserError: the name is none of a Python package, or is taken, or the folder is there already.
        OSError: it cannot be written.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise UserError(
            Text(f"Имя адаптера не подходит: {name}", f"The adapter's name does not fit: {name}"),
            Text(
                "Нужны строчные латинские буквы, цифры и «_», первой буква, до 32 знаков: moy_crm.",
                "It takes small Latin letters, digits and “_”, a letter first, up to 32 of them: my_crm.",
            ),
            EXIT_USAGE,
        )
    if name in taken or importlib.util.find_spec(name) is not None:
        raise UserError(
            Text(f"Имя занято: {name}", f"The name is taken: {name}"),
            Text(
                "Так зовут другой адаптер или модуль Python, один закрыл бы другой. Возьмите другое имя.",
                "An adapter, or a Python module, is called so, and one would hide the other. Take another name.",
            ),
            EXIT_USAGE,
        )
    folder = into / name
    if folder.exists():
        raise UserError(
            Text(f"Уже есть: {folder}", f"There is one already: {folder}"),
            Text("Возьмите другое имя или другую папку: --into.", "Take another name, or another folder: --into."),
            EXIT_USAGE,
        )
    folder.mkdir(parents=True)
    written = []
    for file in FILES:
        path = folder / file.replace("klubok", name)
        path.write_text(named(text_of(file), name), encoding="utf-8")
        written.append(path)
    return written


def text_of(file: str) -> str:
    """A file of the scaffold as it stands, under the made-up system's name."""
    return (resources.files("gateway.scaffold") / "files" / f"{file}.txt").read_text(encoding="utf-8")


def named(text: str, name: str) -> str:
    """The text under another name: of the package, of its classes, and for people."""
    title = "".join(part.capitalize() for part in name.split("_"))
    for made_up, own in zip(_MADE_UP, (name, title, title), strict=True):
        text = text.replace(made_up, own)
    return text
