"""The pictures of the Navigator's pages in docs: which there are, of what they were made, and whether they have gone stale.

The walks take a picture of each page that they look at, and a note beside it. Run as a program, ``python -m tests.web.pictures``, this
takes the first picture of each page, at both sizes, into docs/images/pages, and writes docs/pages.md around them. A picture is stale once
a template or the style that its page was made with has changed: then the tests fail.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, meta
from PIL import Image

REPOSITORY = Path(__file__).resolve().parents[2]
PORTAL = REPOSITORY / "navigator" / "portal"
TAKEN = REPOSITORY / "var" / "test-screenshots"
KEPT = REPOSITORY / "docs" / "images" / "pages"
PAGE = REPOSITORY / "docs" / "pages.md"
SIZES = ("phone", "desktop")
CURE = "make screenshots, and look at what has changed"
TEMPLATES = Environment(loader=FileSystemLoader(PORTAL / "templates"), extensions=["jinja2.ext.i18n"], autoescape=True)
SUBJECTS = {
    "front": "The first page, the rules, what is kept",
    "account": "Step 1: an account",
    "letters": "Letters",
    "family": "Steps 1 and 2: children and their certificates of accounting",
    "financing": "Step 3: the application for personified financing",
    "catalogue": "Step 4: the catalogue",
    "enrolling": "Steps 5 and 6: enrolling, and the certificate's sum",
    "proposals": "A place that the club asks for",
    "cabinet": "Step 7: the cabinet",
    "disputes": "Step 7: disputes",
    "leaving": "Leaving",
    "privacy": "A family's own data",
    "club": "The club's pages",
    "operator": "The operator's pages: what waits, applications, children, programmes",
    "certificates": "The operator's pages: certificates",
    "operations": "The operator's pages: operations as they arrive",
    "parties": "The operator's pages: municipalities and providers",
    "persons": "The operator's pages: persons",
    "importing": "The operator's pages: a district's import",
    "reports": "The operator's pages: reports",
    "problem": "Where there is no page",
}
"""The subjects in the order of the family's way, the club's and the operator's."""


def made_of(template: str) -> list[str]:
    """The template, and all that it is made of."""
    found, open_ = set(), [template]
    while open_:
        each = open_.pop()
        if each not in found and (PORTAL / "templates" / each).exists():
            found.add(each)
            source = (PORTAL / "templates" / each).read_text(encoding="utf-8")
            open_ += [name for name in meta.find_referenced_templates(TEMPLATES.parse(source)) if name]
    return sorted(found)


def digest(template: str) -> str:
    """What a page's picture was made with: it changes when a template of the page or the style changes."""
    files = [PORTAL / "static" / "portal.css", *(PORTAL / "templates" / each for each in made_of(template))]
    return hashlib.blake2b(b"\0".join(file.read_bytes() for file in files), digest_size=8).hexdigest()


def note(picture: Path, endpoint: str, title: str, template: str) -> None:
    """Write down beside a picture what it shows."""
    told = {"page": endpoint, "title": title, "template": template}
    picture.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def kept() -> dict[str, dict[str, Any]]:
    """What the pictures of docs show, by page."""
    read: dict[str, dict[str, Any]] = json.loads((KEPT / "pages.json").read_text(encoding="utf-8"))
    return read


def _natural(name: str) -> list[Any]:
    return [(not each.isdigit(), int(each) if each.isdigit() else 0, each) for each in re.split(r"(\d+)", name)]


def _order(page: str) -> tuple[int, str]:
    return (list(SUBJECTS).index(page.split(".")[0]), page)


def collect() -> None:
    """Take the first picture of each page into docs; one of a wrong form only where there is no other."""
    chosen: dict[str, dict[str, Any]] = {}
    for file in sorted(TAKEN.glob("*-desktop.json"), key=lambda file: ("wrong" in file.name, "english" in file.name, _natural(file.name))):
        told = json.loads(file.read_text(encoding="utf-8"))
        chosen.setdefault(told["page"], {**told, "picture": file.name.removesuffix("-desktop.json")})
    shutil.rmtree(KEPT, ignore_errors=True)
    KEPT.mkdir(parents=True)
    for page in sorted(chosen, key=_order):
        picture = chosen[page].pop("picture")
        chosen[page]["digest"] = digest(chosen[page]["template"])
        for size in SIZES:
            with Image.open(TAKEN / f"{picture}-{size}.png") as image:
                image.convert("RGB").quantize(96, dither=Image.Dither.NONE).save(KEPT / f"{page}-{size}.png", optimize=True)
    ordered = {page: chosen[page] for page in sorted(chosen, key=_order)}
    (KEPT / "pages.json").write_text(json.dumps(ordered, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(text(ordered), encoding="utf-8")


def text(pages: dict[str, dict[str, Any]]) -> str:
    """docs/pages.md."""
    lines = [
        "# The Navigator's pages in pictures",
        "",
        "Taken by the tests that walk through them (`make screenshots`), on a desk and on a phone.",
    ]
    before = None
    for page, told in pages.items():
        subject = page.split(".")[0]
        if subject != before:
            lines += ["", f"## {SUBJECTS[subject]}"]
        before = subject
        lines += ["", f"### {told['title']}", ""]
        lines += [f'<img src="images/pages/{page}-desktop.png" width="640" alt="{told["title"]}"> ']
        lines += [f'<img src="images/pages/{page}-phone.png" width="195" alt="{told["title"]}, on a phone">']
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    collect()
