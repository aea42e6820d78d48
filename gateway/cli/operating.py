"""`gateway run`, `scenario run`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from gateway.cli.asked import both
from gateway.cli.face import Face, common, told
from gateway.cli.helped import Command, Group, show_help
from gateway.cli.overview import show_under_way
from gateway.cli.progress import shown_progress
from gateway.cli.words import counted, roubles
from gateway.errors import EXIT_DONE, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_UNREADABLE, UserError
from gateway.plugins.register import RegisterUnavailable
from gateway.scenario import StoryError, run_story
from gateway.store.engine import StoreUnavailable
from gateway.store.fresh import database_beside

# ---------------------------------------------------------------- run


@click.command("run", cls=Command)
@common
def run(face: Face) -> int:
    face.interrupted = "interrupted.import"
    with shown_progress(face) as progress:
        report = face.gateway.run(progress)

    def show() -> None:
        changed = roubles(report["changed_kopecks"], face.language)
        face.put(face.text("run.done", changed=changed, accepted=roubles(report["accepted_kopecks"], face.language)))
        show_under_way(face, report["under_way"])
        if not report["complete"]:
            face.put(face.text("report.incomplete"), style="bold")

    face.answer(report, show)
    return EXIT_DONE if report["complete"] else EXIT_UNAVAILABLE


# ---------------------------------------------------------------- stories


@click.group("scenario", cls=Group)
@click.pass_context
def scenario(context: click.Context) -> None:
    show_help(context)


@scenario.command("run", cls=Command)
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@common
def run_scenarios(face: Face, folders: tuple[Path, ...]) -> int:
    face.interrupted = "interrupted"
    stories = []
    for folder in folders:
        story = _story(face, folder)
        stories.append(story)
        if not face.as_json:
            _show_story(face, story)
    codes = {story.pop("_code") for story in stories}
    passed = sum(story["passed"] for story in stories)
    told_all = counted("story", len(stories), face.language)
    answer = {"passed": passed, "failed": len(stories) - passed, "stories": stories}
    face.answer(answer, lambda: face.put(face.text("scenario.sum", passed=passed, stories=told_all), style="bold"))
    return EXIT_REFUSED if EXIT_REFUSED in codes else max(codes)


def _story(face: Face, folder: Path) -> dict[str, Any]:
    """One story's end. A folder that is no story does not keep the others from being told."""
    story: dict[str, Any] = {"folder": str(folder), "title": None, "passed": False, "differences": [], "seconds": 0.0, "error": None}
    try:
        if not (folder / "steps.toml").is_file():
            raise StoryError(both("scenario.none", folder=folder), both("scenario.none.cure"))
        with _fresh(face.database) as database:
            ended = run_story(folder, database, face.language)
    except (UserError, RegisterUnavailable, StoreUnavailable) as error:
        what, cure, code = told(error, face.language)
        code = EXIT_UNREADABLE if isinstance(error, StoryError) else code
        return story | {"error": {"what": what, "cure": cure}, "_code": code}
    code = EXIT_DONE if ended.passed else EXIT_REFUSED
    seconds = round(ended.seconds, 1)
    return story | {"title": ended.title, "passed": ended.passed, "differences": ended.differences, "seconds": seconds, "_code": code}


@contextmanager
def _fresh(database: str | None) -> Iterator[str | None]:
    """A story's own database: nothing that is there already may be touched by it. An SQLite file that exists gets a fresh one beside it,
    a PostgreSQL database always."""
    if database and database.startswith(("postgresql", "postgres:")):
        with database_beside(database) as own:
            yield own
        return
    path = Path(database.removeprefix("sqlite:///")) if database and database.startswith("sqlite:///") else None
    if path is None or not path.name or not path.exists():
        yield database
        return
    with tempfile.TemporaryDirectory(prefix=f"{path.stem}-", dir=path.parent) as folder:
        yield f"sqlite:///{Path(folder) / path.name}"


def _show_story(face: Face, story: dict[str, Any]) -> None:
    title = f" · {story['title']}" if story["title"] else ""
    name = f"{Path(story['folder']).name}{title}"
    if story["error"]:
        face.put(face.text("scenario.error", name=name), style="bold")
        face.put(story["error"]["what"], 4)
        face.put(story["error"]["cure"], 4)
        return
    key = "scenario.passed" if story["passed"] else "scenario.differs"
    face.put(face.text(key, name=name, seconds=f"{story['seconds']:.1f}", number=len(story["differences"])))
    for difference in story["differences"]:
        face.put(difference, 4)
