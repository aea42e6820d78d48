"""`python -m gateway.plugins.reference FILE`: the plugin reference, out of the hooks and of what `gateway.plugins` offers.

Signatures and docstrings are the code's own, so that the page cannot say something else; a test holds it to them.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import gateway.plugins
from gateway.plugins import hookspecs, register, testing

_HEAD = """# Plugin reference

Made from the code by `make reference`; a test compares the two. [plugins.md](plugins.md) says how a plugin is made,
[adapter-tutorial.md](adapter-tutorial.md) leads to a working adapter.
"""
_PATHS = re.compile(r"\b(?:gateway\.[a-z_.]+|collections\.abc|typing|datetime)\.(?=[A-Z])")


def reference() -> str:
    """The whole page, Markdown."""
    parts = [_HEAD, "## Hooks\n"]
    parts += [_function(name, hook) for name, hook in vars(hookspecs).items() if name.startswith("gateway_")]
    for title, module, names in (
        ("`gateway.plugins`", gateway.plugins, gateway.plugins.__all__),
        ("`gateway.plugins.register`", register, _own(register)),
        ("`gateway.plugins.testing`", testing, testing.__all__),
    ):
        parts.append(f"## {title}\n")
        parts += [_entry(name, getattr(module, name)) for name in sorted(names, key=str.lower)]
    return "\n".join(parts).rstrip() + "\n"


def _own(module: ModuleType) -> list[str]:
    names = (name for name in vars(module) if not name.startswith("_"))
    return [name for name in names if getattr(vars(module)[name], "__module__", "") == module.__name__]


def _entry(name: str, value: Any) -> str:
    if inspect.isclass(value):
        return _class(name, value)
    if callable(value):
        return _function(name, value)
    return f"### `{name}`\n\nA constant.\n"


def _function(name: str, function: Any) -> str:
    return f"### `{name}{_signature(function)}`\n\n{_words(function)}\n"


def _class(name: str, value: type) -> str:
    lines = [f"### `{name}`\n", f"{_words(value)}\n"]
    if issubclass(value, enum.Enum):
        lines += [f"- `{member.name}`: {member.value!r}" for member in value]
    elif dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
        lines += [f"- `{field}`" for field in _fields(value)]
    methods = [f"- `{each}{_signature(method)}`{_first_words(method)}" for each, method in _methods(value)]
    return "\n".join([*lines, *methods]).rstrip() + "\n"


def _fields(value: type) -> Iterator[str]:
    hints = {name: _type(hint) for name, hint in inspect.get_annotations(value).items() if not name.startswith("_")}
    defaults = getattr(value, "_field_defaults", {})
    if dataclasses.is_dataclass(value):
        defaults = {field.name: field.default for field in dataclasses.fields(value) if field.default is not dataclasses.MISSING}
    for name, hint in hints.items():
        shown = repr(defaults[name]) if name in defaults else ""
        yield f"{name}: {hint}{f' = {shown}' if shown and len(shown) < 40 and '<' not in shown else ''}"


def _methods(value: type) -> Iterator[tuple[str, Any]]:
    for name, method in vars(value).items():
        if inspect.isfunction(method) and not name.startswith("_") and method.__doc__:
            yield name, method


def _signature(function: Any) -> str:
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return "(…)"
    shown = [each for each in found.parameters.values() if each.name != "self"]
    text = str(found.replace(parameters=shown))
    return _type(re.sub(r" at 0x[0-9a-f]+", "", re.sub(r"= <[^>]*>", "= …", text)))


def _type(hint: Any) -> str:
    return _PATHS.sub("", hint if isinstance(hint, str) else str(hint)).replace("'", "")


def _words(value: Any) -> str:
    made_up = f"{getattr(value, '__name__', '')}("  # a named tuple without words of its own has these
    words = inspect.cleandoc(value.__doc__) if value.__doc__ and not value.__doc__.startswith(made_up) else ""
    words = re.sub(r"^    (\*?\w[\w, *]*): ", r"- `\1`: ", words.replace("``", "`"), flags=re.MULTILINE)
    return re.sub(r"^ {8,}", "  ", words, flags=re.MULTILINE).rstrip() or "Without words of its own."


def _first_words(method: Any) -> str:
    first = inspect.cleandoc(method.__doc__ or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
    return f": {first}" if first else ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
