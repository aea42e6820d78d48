"""A backup: one file with the database as it stood at one instant, the key that its names are sealed with, and the raw inputs.

Whoever has it can read the names in it: it is written for its owner only, and belongs where the key may be.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.core.facts import Text
from gateway.errors import EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_UNREADABLE, UserError
from gateway.store import backup as store_backup
from gateway.store.backup import BackupFailed
from gateway.store.engine import URL, Engine

FORMAT = 1
DATABASE, KEY, SETTINGS, INBOX, MANIFEST = "database", "secret.key", "gateway.toml", "inbox", "manifest.json"
PIECE = 1 << 20


def write(engine: Engine, home: Path, target: Path, now: dt.datetime) -> dict[str, Any]:
    """Write the backup; its manifest. The file appears under its name only once it is whole and on the disk.

    Raises:
        UserError: the file is there already, or the database cannot be copied.
    """
    if target.exists():
        raise UserError(
            Text(f"{target}: такой файл уже есть.", f"{target}: there is such a file already."),
            Text("Назовите другой.", "Name another."),
            EXIT_REFUSED,
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.parent) as scratch:
        dump = Path(scratch) / DATABASE
        try:
            store_backup.snapshot(engine, dump)
        except BackupFailed as error:
            raise _failed(error) from error
        files = {DATABASE: dump, **_kept_in(home)}
        manifest = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "database": engine.dialect.name,
            "files": {name: {"bytes": path.stat().st_size, "sha256": _hash(path)} for name, path in files.items()},
        }
        draft = Path(scratch) / "whole"
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                archive.writestr(MANIFEST, json.dumps(manifest, indent=2))
                for name, path in files.items():
                    archive.write(path, name)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    return manifest


def _kept_in(home: Path) -> dict[str, Path]:
    """What belongs to the database: the key, the settings, the inputs as they came."""
    found = {name: home / name for name in (KEY, SETTINGS) if (home / name).is_file()}
    inbox = home / INBOX
    return found | {f"{INBOX}/{path.name}": path for path in (sorted(inbox.glob("*.sealed")) if inbox.is_dir() else ())}


def read_back(source: Path, home: Path, url: URL, is_forced: bool, is_empty: bool) -> dict[str, Any]:
    """Put a backup in the place of the database and the key; its manifest. Everything is checked before anything is written.

    Raises:
        UserError: the file is no whole backup, or the database holds something and ``is_forced`` is False.
    """
    with _opened(source) as archive:
        manifest = _manifest(source, archive)
        if manifest["database"] != url.get_backend_name():
            raise UserError(
                Text(
                    f"{source}: это копия базы {manifest['database']}.", f"{source}: this is a copy of a {manifest['database']} database."
                ),
                Text("Укажите такую же базу: --database URL.", "Name one of the same kind: --database URL."),
            )
        other_key = (home / KEY).is_file() and KEY in manifest["files"] and _hash(home / KEY) != manifest["files"][KEY]["sha256"]
        if not is_forced and (not is_empty or other_key):
            raise UserError(
                Text("База не пуста: восстановление заменило бы её.", "The database is not empty: restoring would replace it."),
                Text("Сначала gateway backup, затем restore с --force.", "First gateway backup, then restore with --force."),
                EXIT_REFUSED,
            )
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as scratch:
            for name in manifest["files"]:
                archive.extract(name, scratch)
            try:
                store_backup.put_back(url, Path(scratch) / DATABASE)
            except BackupFailed as error:
                raise _failed(error) from error
            _put_files_back(Path(scratch), home, manifest["files"])
    return manifest


def _put_files_back(scratch: Path, home: Path, names: dict[str, Any]) -> None:
    for name in names:
        place = home / name
        if name == DATABASE or (name == SETTINGS and place.exists()):
            continue  # settings say where things are on this machine
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (scratch / name).chmod(0o600)
        (scratch / name).replace(place)


def _opened(source: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as error:
        raise _not_whole(source, str(error)) from error


def _manifest(source: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
        files = manifest["files"]
        is_known = manifest["format"] == FORMAT and DATABASE in files
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise _not_whole(source, str(error)) from error
    if not is_known:
        raise _not_whole(source, f"format {manifest.get('format')}")
    for name, stated in files.items():
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise _not_whole(source, name)
        try:
            digest = hashlib.sha256()
            for piece in _pieces(archive, name):
                digest.update(piece)
        except (KeyError, OSError, zipfile.BadZipFile) as error:
            raise _not_whole(source, f"{name}: {error}") from error
        if digest.hexdigest() != stated["sha256"]:
            raise _not_whole(source, name)
    return manifest


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as file:
        while piece := file.read(PIECE):
            yield piece


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _not_whole(source: Path, error: str) -> UserError:
    return UserError(
        Text(f"{source}: это не целая резервная копия: {error}", f"{source}: this is no whole backup: {error}"),
        Text("Возьмите другую копию; ничего не изменено.", "Take another one; nothing was changed."),
        EXIT_UNREADABLE,
    )


def _failed(error: BackupFailed) -> UserError:
    return UserError(
        Text(f"База не скопирована: {error}", f"The database was not copied: {error}"),
        Text("Исправьте названную причину и повторите.", "Mend the cause that is named, and try again."),
        EXIT_UNAVAILABLE,
    )
