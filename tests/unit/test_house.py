"""The direction of imports, where import-linter has no words for it: allow-lists, read from the source itself."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ("gateway", "adapters", "navigator")


def modules(folder: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        if not path.name.startswith("test_"):
            yield path.relative_to(ROOT).as_posix(), path


def imported(path: Path) -> set[str]:
    """Full dotted names that a file imports: modules, and ``module.name`` for each name taken from one."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def offenders(folder: str, forbidden: tuple[str, ...], allowed: tuple[str, ...] = (), skip: tuple[str, ...] = ()) -> list[str]:
    def within(name: str, packages: tuple[str, ...]) -> bool:
        return any(name == package or name.startswith(package + ".") for package in packages)

    return [
        f"{where} imports {name}"
        for where, path in modules(folder)
        if not where.startswith(skip or ("\0",))
        for name in imported(path)
        if within(name, forbidden) and not within(name, allowed)
    ]


def test_the_core_needs_only_the_standard_library() -> None:
    for where, path in modules("gateway/core"):
        for name in imported(path):
            first = name.split(".")[0]
            assert first in sys.stdlib_module_names or name.startswith("gateway.core."), f"{where} imports {name}"


@pytest.mark.parametrize(
    ("folder", "forbidden", "allowed"),
    [
        ("navigator", ("gateway", "adapters"), ("gateway.core.money", "gateway.core.periods")),
        ("adapters", ("gateway", "navigator"), ("gateway.plugins",)),
        ("gateway/plugins/builtin", ("gateway", "adapters", "navigator"), ("gateway.plugins",)),
        ("gateway/plugins", ("gateway", "adapters", "navigator"), ("gateway.plugins", "gateway.core")),
    ],
)
def test_may_import_only(folder: str, forbidden: tuple[str, ...], allowed: tuple[str, ...]) -> None:
    assert offenders(folder, forbidden, allowed) == []


@pytest.mark.parametrize("folder", PROGRAM)
def test_sql_lives_in_the_two_stores_only(folder: str) -> None:
    assert offenders(folder, ("sqlalchemy", "sqlite3"), skip=("gateway/store/", "navigator/")) == []
