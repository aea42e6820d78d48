"""The texts that the pages' sources hold; run as a program it brings the catalogues up to date with them.

``python -m tests.navigator.portal.extraction``: new texts come in untranslated, texts that are gone go, what is translated stays.
"""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

PORTAL = Path(__file__).resolve().parents[3] / "navigator" / "portal"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract"), ("**/templates/**.txt", "jinja2.ext:babel_extract")]

Text = str | tuple[str, ...]


def texts() -> set[Text]:
    """Every text, as it stands in a call; a pair where it has plurals."""
    found: set[Text] = set()
    for _file, _line, text, _comments, _context in extract_from_dir(PORTAL, METHODS, keywords=KEYWORDS):
        found.add(text)
    return found


def catalogue(language: str) -> Catalog:
    """A language's catalogue as it lies there."""
    return read_po(io.BytesIO(file_of(language).read_bytes()), locale=language)


def file_of(language: str) -> Path:
    return PORTAL / "locale" / language / "LC_MESSAGES" / "messages.po"


def update(language: str) -> None:
    """Bring a catalogue up to date; Russian holds plurals only, for the rest stands in the sources."""
    before = catalogue(language) if file_of(language).exists() else Catalog(locale=language)
    after = Catalog(locale=language, project="Navigator", header_comment="# The texts of the Navigator's pages.")
    for text in sorted(texts(), key=str):
        if language == "ru" and isinstance(text, str):
            continue
        known = before.get(text if isinstance(text, str) else text[0])
        after.add(text, known.string if known is not None else ("" if isinstance(text, str) else ("", "")))
    written = io.BytesIO()
    write_po(written, after, width=0, omit_header=False, sort_output=True)
    lines = [line for line in written.getvalue().decode().splitlines() if not line.startswith('"POT-Creation-Date')]
    file_of(language).parent.mkdir(parents=True, exist_ok=True)
    file_of(language).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in ("ru", "en"):
        update(each)
