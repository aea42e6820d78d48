"""The code of docs/adapter-tutorial.md, word for word, as a package that can be imported."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adapter-tutorial.md"


def files() -> dict[str, str]:
    """Each file of the tutorial by its path."""
    return dict(re.findall(r"```python (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def write(folder: Path, package: str, **replaced: str) -> Path:
    """Write the tutorial's package below ``folder`` under another name; ``replaced``: other text of a module, by its name."""
    for path, text in files().items():
        target = folder / path.replace("klubok", package, 1)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(replaced.get(target.stem, text).replace("from klubok.", f"from {package}."), encoding="utf-8")
    (folder / package / "__init__.py").touch()
    return folder / package


@contextmanager
def imported(folder: Path, *modules: str) -> Iterator[list[ModuleType]]:
    """Import modules of a folder, and forget them again."""
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        importlib.invalidate_caches()
        yield [importlib.import_module(module) for module in modules]
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            if name.split(".")[0] == modules[0].split(".")[0]:
                del sys.modules[name]
