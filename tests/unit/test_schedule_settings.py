"""The table [schedule] of gateway.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import UserError
from gateway.settings import ScheduleSettings, load_settings


def written(folder: Path, text: str) -> Path:
    (folder / "gateway.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_the_table_the_usual_paces_hold(tmp_path: Path) -> None:
    assert load_settings(tmp_path, {}).schedule == ScheduleSettings(15, 5, "03:00", "")


def test_what_is_written_goes_before(tmp_path: Path) -> None:
    text = '[schedule]\nsync_minutes = 0\nreconcile_at = ""\nzone = "Asia/Kamchatka"\n'
    assert load_settings(written(tmp_path, text), {}).schedule == ScheduleSettings(0, 5, "", "Asia/Kamchatka")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("sync_minutes = -1", "schedule.sync_minutes"),
        ("post_minutes = 1441", "schedule.post_minutes"),
        ('post_minutes = "5"', "schedule.post_minutes"),
        ('reconcile_at = "3:00"', "schedule.reconcile_at"),
        ('reconcile_at = "24:00"', "schedule.reconcile_at"),
        ('zone = "Moscow"', "schedule.zone"),
        ("every = 5", "schedule.every"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, line: str, name: str) -> None:
    with pytest.raises(UserError) as raised:
        load_settings(written(tmp_path, f"[schedule]\n{line}\n"), {})
    assert f"{name}:" in raised.value.what.en and raised.value.cure.ru


def test_the_sample_says_what_holds_without_it(tmp_path: Path) -> None:
    sample = Path(__file__).resolve().parents[2] / "config" / "gateway.toml"
    assert load_settings(written(tmp_path, sample.read_text(encoding="utf-8")), {}) == load_settings(tmp_path / "nowhere", {})
