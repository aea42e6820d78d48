"""`gateway scenario run`: passed, differs, no story."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.builders.postgres import Postgres, name_of

STORY = Path(__file__).resolve().parents[2] / "scenarios" / "07-row-deleted"


def run(*arguments: object) -> Result:
    return CliRunner(env={"GATEWAY_LANG": "ru", "GATEWAY_NOW": ""}).invoke(main, ["scenario", "run", *(str(one) for one in arguments)])


@pytest.fixture(scope="module")
def told_differently(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same story with another end."""
    folder = tmp_path_factory.mktemp("stories") / "another-end"
    shutil.copytree(STORY, folder)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    expected["counts"] = {"marks": 1_000}
    (folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")
    return folder


def test_a_difference_ends_with_1_and_a_folder_without_a_story_does_not_stop_the_others(tmp_path: Path, told_differently: Path) -> None:
    database = tmp_path / "precious.sqlite"
    database.write_bytes(b"somebody's")
    result = run(tmp_path, told_differently, "--database", f"sqlite:///{database}", "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert (answer["passed"], answer["failed"]) == (0, 2)
    none, differs = answer["stories"]
    assert none["error"]["what"].startswith(str(tmp_path)) and not none["passed"]
    assert differs["error"] is None and "counts.marks" in differs["differences"][0] and "≠ 1000" in differs["differences"][0]
    assert database.read_bytes() == b"somebody's" and [one.name for one in tmp_path.iterdir()] == ["precious.sqlite"]


def test_a_person_reads_what_passed_and_each_difference_with_its_place(told_differently: Path) -> None:
    result = run(STORY, told_differently)
    assert result.exit_code == 1
    passed, differs = result.stdout.split("РАСХОДИТСЯ")
    assert "сошлось" in passed and "≠" not in passed
    assert "конец, expected.json: counts.marks" in differs and "Сошлось: 1 из 2 историй." in differs


def test_a_story_that_ends_as_it_should_is_0_and_one_that_is_none_is_3(tmp_path: Path) -> None:
    assert run(tmp_path).exit_code == 3
    assert run(tmp_path / "missing", "--json").exit_code == 3
    (tmp_path / "steps.toml").write_text("[[step", encoding="utf-8")
    broken = run(tmp_path)
    assert broken.exit_code == 3 and "НЕ ПРОИГРАНА" in broken.stdout and "steps.toml" in broken.stdout
    assert run(STORY, "--database", f"sqlite:///{tmp_path}/new.sqlite").exit_code == 0 and (tmp_path / "new.sqlite").exists()


def test_on_postgresql_each_story_has_a_database_of_its_own_and_the_named_one_is_left_alone(postgres: Postgres) -> None:
    with postgres.database() as url:
        postgres.run("INSERT INTO mapping VALUES ('precious', 'somebody', '', '', '')", name_of(url))
        before = postgres.run("SELECT datname FROM pg_database ORDER BY datname")
        result = run(STORY, STORY, "--database", url, "--json")
        assert result.exit_code == 0 and json.loads(result.stdout)["passed"] == 2
        assert postgres.run("SELECT datname FROM pg_database ORDER BY datname") == before
        assert postgres.run("SELECT count(*) FROM mapping", name_of(url)) == [(1,)]
        assert postgres.run("SELECT count(*) FROM mark", name_of(url)) == [(0,)]


def test_a_postgresql_server_that_is_not_there_is_told() -> None:
    result = run(STORY, "--database", "postgresql://nobody@127.0.0.1:1/none", "--json")
    assert result.exit_code == 4
    (story,) = json.loads(result.stdout)["stories"]
    assert story["error"]["what"] and "Traceback" not in result.output
