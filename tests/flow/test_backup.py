"""Backups: consistent while others write, whole or refused, put back only where nothing is lost by it."""

from __future__ import annotations

import stat
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.bootstrap import Gateway
from gateway.errors import UserError
from gateway.store import backup as store_backup
from tests.builders.postgres import Postgres
from tests.builders.town import District, Town, certificate, rows_of, sums, town

CHILDREN = range(1, 7)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path, District(nominals=["1000.00"] * len(CHILDREN))) as one:
        yield one


def take(running: Town, gateway: Gateway) -> None:
    running.take(gateway, running.sheet("october.xlsx", rows_of(CHILDREN)))


def test_a_backup_is_put_back_into_an_empty_home_with_its_key_and_its_inputs(running: Town) -> None:
    gateway = running.gateway()
    take(running, gateway)
    target = running.folder / "backups" / "one.zip"
    manifest = gateway.backup(target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert set(manifest["files"]) >= {"database", "secret.key"} and any(name.startswith("inbox/") for name in manifest["files"])
    assert list(target.parent.iterdir()) == [target]

    other = running.gateway("other")
    assert other.restore(target)["database"] == "sqlite"
    assert stat.S_IMODE((running.folder / "other" / "gateway.sqlite").stat().st_mode) == 0o600
    assert (running.folder / "other" / "secret.key").read_bytes() == (running.folder / "gateway" / "secret.key").read_bytes()
    other = running.gateway("other")
    assert other.outbox()["register"]["must_recover"] is True
    other.run()
    assert other.certificate(certificate(1)) == gateway.certificate(certificate(1))
    assert other.verify()["faults"] == [] and other.seal_head() == gateway.seal_head()
    sums(running, other)


def test_nothing_is_overwritten_unless_it_is_forced(running: Town) -> None:
    gateway = running.gateway()
    take(running, gateway)
    target = running.folder / "one.zip"
    gateway.backup(target)
    with pytest.raises(UserError, match="there is such a file"):
        gateway.backup(target)
    before = (running.folder / "gateway" / "gateway.sqlite").stat()
    with pytest.raises(UserError, match="not empty"):
        gateway.restore(target)
    assert (running.folder / "gateway" / "gateway.sqlite").stat().st_ino == before.st_ino
    gateway.engine.dispose()
    gateway.restore(target, is_forced=True)
    sums(running, running.gateway())


@pytest.mark.parametrize("harm", ["cut", "changed", "no manifest", "none"])
def test_a_backup_that_is_not_whole_changes_nothing(running: Town, harm: str) -> None:
    gateway = running.gateway()
    take(running, gateway)
    target = running.folder / "one.zip"
    gateway.backup(target)
    whole = target.read_bytes()
    with zipfile.ZipFile(target) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if harm == "cut":
        target.write_bytes(whole[: len(whole) // 2])
    elif harm == "none":
        target.unlink()
    else:
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in parts.items():
                if name == "database" and harm == "changed":
                    content = content[:-1] + bytes([content[-1] ^ 1])
                if name != "manifest.json" or harm != "no manifest":
                    archive.writestr(name, content)
    other = running.gateway("other")
    with pytest.raises(UserError, match="no whole backup"):
        other.restore(target, is_forced=True)
    assert not (running.folder / "other" / "secret.key").exists()
    assert running.gateway("other").counts()["marks"] == 0


def test_a_backup_that_is_made_while_others_write_is_one_instant(running: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_backup, "PAGES_AT_ONCE", 5)
    gateway = running.gateway()
    take(running, gateway)
    writer = running.gateway()
    stop = threading.Event()
    written = []

    def write() -> None:
        while not stop.is_set():
            sign = "Н" if len(written) % 2 == 0 else ""
            running.take(writer, running.sheet(f"{len(written)}.xlsx", rows_of(CHILDREN, {child: {9: sign} for child in CHILDREN})))
            written.append(sign)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            begun = len(written)
            gateway.backup(running.folder / f"{number}.zip")
            while len(written) == begun:
                stop.wait(0.01)
    finally:
        stop.set()
        thread.join()
    assert len(written) >= 3, "somebody wrote all the while"
    for number in range(3):
        name = f"restored-{number}"
        running.gateway(name).restore(running.folder / f"{number}.zip")
        restored = running.gateway(name)
        assert restored.verify()["faults"] == []
        restored.recover()
        assert restored.ledger_faults() == []


def test_postgresql_is_dumped_and_put_back(running: Town, postgres: Postgres) -> None:
    with postgres.database(is_empty=True) as one, postgres.database(is_empty=True) as two:
        urls = [one, two]
        gateway = running.gateway(database=urls[0])
        take(running, gateway)
        target = running.folder / "one.zip"
        assert gateway.backup(target)["database"] == "postgresql"
        other = running.gateway("other", database=urls[1])
        other.restore(target)
        other = running.gateway("other", database=urls[1])
        other.run()
        assert other.verify()["faults"] == [] and other.seal_head() == gateway.seal_head()
        sums(running, other)
        with pytest.raises(UserError, match="not empty"):
            other.restore(target)
        other.restore(target, is_forced=True)
        sums(running, running.gateway("other", database=urls[1]))
        with pytest.raises(UserError, match="copy of a postgresql"):
            running.gateway("third").restore(target)
