"""What is the fault of an author's own emulator is told as that, and a reading without an end is stopped soon: neither is a time-out."""

from __future__ import annotations

import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.plugins.testing import PROMISES, AdapterConformance, Broken
from gateway.plugins.testing.promises import ENDS, ENDS_BECAUSE
from tests.adapters.tutorial import files, imported, write

ROOT = Path(__file__).resolve().parents[2]
SHOWN = 'return {"id": int(group.id), "title"'
ANSWERED = 'return Answer({"items": shown, "total": self.counted(items)})'
WHOLE_LIST = "return whole_list(page, id_or_none, self._client.host)"
FOR_EVER = (
    "found, number = [], 0\n        while True:\n            {}\n            number += 1\n            if not shown:\n"
    "                return found"
)


@contextmanager
def conformance(folder: Path, module: str, *changes: str) -> Iterator[AdapterConformance]:
    """The tutorial's package with other text in one of its modules."""
    text = files()[f"klubok/{module}.py"]
    for old, new in zip(changes[::2], changes[1::2], strict=True):
        assert old in text, f"the tutorial has another text now: {old}"
        text = text.replace(old, new)
    write(folder, "klubok_mistaken", **{module: text})
    with imported(folder, "klubok_mistaken.test_klubok") as (tests,):
        yield tests.TestKlubok()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ((SHOWN, 'return {"id": int(group.number), "title"'), AttributeError),
        ((ANSWERED, ANSWERED.replace('"total": self', '"at": dt.date(2025, 10, 1), "total": self')), TypeError),
        ((ANSWERED, ANSWERED.replace("})", '}, headers={"X-Club": "Ёлка"})')), UnicodeEncodeError),
    ],
)
@pytest.mark.parametrize("name", ["everything_is_told", "server_errors_that_last_are_told", "a_check_says_what_is_wrong"])
def test_an_exception_in_an_emulator_fails_the_test_with_itself(
    changes: tuple[str, ...], kind: type[Exception], name: str, tmp_path: Path
) -> None:
    with conformance(tmp_path, "emulator", *changes) as kit, kit.rig() as rig, pytest.raises(kind) as raised:
        PROMISES[name](rig)
    (note,) = getattr(raised.value, "__notes__", [])
    assert note.startswith("while the emulator answered GET /api/")


def test_so_does_one_in_its_account(tmp_path: Path) -> None:
    changes = ('"key": self.key', '"key": self.keys["club"]')
    with conformance(tmp_path, "emulator", *changes) as kit, kit.rig() as rig, pytest.raises(AttributeError) as raised:
        PROMISES["everything_is_told"](rig)
    assert traceback.extract_tb(raised.tb)[-1].name == "account"


def test_it_is_shown_where_it_came_from(tmp_path: Path) -> None:
    emulator = files()["klubok/emulator.py"].replace(SHOWN, 'return {"id": int(group.number), "title"')
    write(tmp_path, "klubok", emulator=emulator)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "gateway.plugins.testing.plugin", "-p", "no:cacheprovider", "klubok"]
    ran = subprocess.run(
        [*command, "-k", "everything_is_told"],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    line = 1 + emulator[: emulator.index("group.number")].count("\n")
    for words in (f"klubok/emulator.py:{line}: AttributeError", "has no attribute 'number'", "while the emulator answered GET /api/groups"):
        assert words in ran.stdout, ran.stdout
    assert "promised:" not in ran.stdout
    assert ran.stdout.count("asked again") <= 1, "it was tried again, although nothing could come of it"


@pytest.mark.parametrize(
    "body",
    [
        'shown = self._client.json("GET", f"/api/{what}", params={"page": 0, "size": 100} | params)',
        'try:\n                shown = self._client.json("GET", f"/api/{what}", params={"page": number, "size": 3} | params)\n'
        "            except Exception:\n                shown = number + 1",
    ],
)
@pytest.mark.parametrize("name", ["everything_is_told", "a_right_that_is_missing", "the_rate_is_kept"])
def test_a_list_without_an_end_is_told_soon_and_by_its_own_promise(body: str, name: str, tmp_path: Path) -> None:
    name = "a_missing_right_is_told" if name == "a_right_that_is_missing" else name
    with conformance(tmp_path, "adapter", WHOLE_LIST, FOR_EVER.format(body)) as kit, kit.rig() as rig:
        with pytest.raises(Broken) as broken:
            PROMISES[name](rig)
        assert f"promised: {ENDS}" in str(broken.value) and f"it matters: {ENDS_BECAUSE}" in str(broken.value)
        assert "GET /api/children?page=" in str(broken.value)
        assert len(rig.emulator.log) < 3000


def test_batches_without_an_end_are_told_too(tmp_path: Path) -> None:
    last = "yield Batch(cursor=ROUND_DONE)"
    endless = f"while True:\n            {last}"
    with conformance(tmp_path, "adapter", last, endless) as kit, kit.rig() as rig, pytest.raises(Broken, match=ENDS):
        PROMISES["everything_is_told"](rig)
