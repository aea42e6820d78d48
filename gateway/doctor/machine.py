"""The machine: who may read what, its clock and time zones, its disks, the key."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from gateway.core.facts import Text
from gateway.doctor.line import Line, Patient, Section, same
from gateway.errors import UserError
from gateway.plugins import Verdict
from gateway.schedule import DEFAULT_ZONE
from gateway.settings import is_zone, standing_clock
from gateway.store import health as store_health
from gateway.store.engine import StoreUnavailable, database_url

FREE_ASKED_BYTES, FREE_BAD_BYTES = 2 * 1024**3, 200 * 1024**2
_MB = 1024**2
_ONLY_OWNER = 0o077


# ---------------------------------------------------------------- rights


def rights(patient: Patient) -> Iterator[Line]:
    """Nobody but the owner may look into the home: the key, the inbox and the database are in it."""
    home = patient.home
    what = Text(f"GATEWAY_HOME {home}", f"GATEWAY_HOME {home}")
    if not home.exists():
        yield Line(
            Section.RIGHTS,
            what,
            Verdict.QUESTION,
            Text("папки ещё нет", "there is no such folder yet"),
            Text(
                "её сделает первая команда; если она должна быть, проверьте GATEWAY_HOME",
                "the first command makes it; if it ought to be there, check GATEWAY_HOME",
            ),
        )
        return
    if not os.access(home, os.W_OK | os.X_OK):
        yield Line(
            Section.RIGHTS,
            what,
            Verdict.BAD,
            Text("писать сюда нельзя", "it may not be written to"),
            Text(
                f"запускайте от имени владельца или отдайте папку: chown -R {_me()} {home}",
                f"run as its owner, or give it away: chown -R {_me()} {home}",
            ),
        )
    if os.name != "posix":
        yield Line(Section.RIGHTS, what, Verdict.GOOD, Text("права этой системы не проверяются", "this system's rights are not looked at"))
        return
    is_closed = not _others(home)
    if is_closed:
        yield Line(Section.RIGHTS, what, Verdict.GOOD, Text(f"{_mode(home)}, чужим закрыта", f"{_mode(home)}, closed to others"))
    else:
        yield Line(
            Section.RIGHTS,
            what,
            Verdict.QUESTION,
            Text(f"{_mode(home)}: сюда могут заглянуть другие", f"{_mode(home)}: others may look in"),
            same(f"chmod 700 {home}"),
        )
    for path, verdict in _kept(patient):
        name = same(path.name)
        if not _others(path):
            yield Line(Section.RIGHTS, name, Verdict.GOOD, Text(f"{_mode(path)}, только владелец", f"{_mode(path)}, its owner only"))
            continue
        if is_closed and verdict is not Verdict.BAD:
            continue  # nobody comes that far
        mode = "700" if path.is_dir() else "600"
        yield Line(
            Section.RIGHTS,
            name,
            verdict,
            Text(f"{_mode(path)}: могут читать другие", f"{_mode(path)}: others may read it"),
            same(f"chmod {mode} {path}"),
        )


def _kept(patient: Patient) -> Iterator[tuple[Path, Verdict]]:
    """What holds personal data or opens it, and how bad it is that others may read it."""
    home = patient.home
    found = [(home / "secret.key", Verdict.BAD), (home / "inbox", Verdict.BAD)]
    if patient.file is not None:
        found.append((patient.file, Verdict.BAD if patient.file.parent != home else Verdict.QUESTION))
    if database_url(patient.url).password:
        found.append((home / "gateway.toml", Verdict.BAD))
    return iter([(path, verdict) for path, verdict in found if path.exists()])


def _others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & _ONLY_OWNER)


def _mode(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


def _me() -> str:
    return os.environ.get("USER") or str(getattr(os, "getuid", lambda: "")())


# ---------------------------------------------------------------- clock


def standing(patient: Patient) -> Iterator[Line]:
    """A clock that stands still is for tests."""
    what = Text("Часы шлюза", "The gateway's clock")
    try:
        at = standing_clock(patient.environment)
    except UserError as error:
        yield Line(Section.CLOCK, what, Verdict.BAD, error.what, error.cure)
        return
    if at is None:
        yield Line(Section.CLOCK, what, Verdict.GOOD, Text("идут", "it goes"))
    else:
        yield Line(
            Section.CLOCK,
            what,
            Verdict.QUESTION,
            Text(f"стоят (GATEWAY_NOW): {at.isoformat()}", f"it stands still (GATEWAY_NOW): {at.isoformat()}"),
            Text("для работы уберите GATEWAY_NOW и GATEWAY_TEST", "for real work take GATEWAY_NOW and GATEWAY_TEST away"),
        )


def zones(patient: Patient) -> Iterator[Line]:
    """The time zones that providers and the schedule need."""
    what = Text("Часовые пояса", "Time zones")
    wanted = {DEFAULT_ZONE: "—"}
    if patient.has_database:
        wanted |= {one.time_zone: one.provider for one in patient.gateway.providers().values()}
    missing = {zone: provider for zone, provider in wanted.items() if not is_zone(zone)}
    if not missing:
        yield Line(Section.CLOCK, what, Verdict.GOOD, Text(f"на месте: {len(wanted)}", f"all there: {len(wanted)}"))
    for zone, provider in sorted(missing.items()):
        yield Line(
            Section.CLOCK,
            what,
            Verdict.BAD,
            Text(f"нет «{zone}» ({provider})", f"“{zone}” is missing ({provider})"),
            Text(
                "pip install --upgrade tzdata, либо исправьте пояс организации в реестре",
                "pip install --upgrade tzdata, or mend the provider's zone in the register",
            ),
        )


# ---------------------------------------------------------------- disk


def disk(patient: Patient) -> Iterator[Line]:
    """Free space where the home and the database are."""
    folders = {patient.home: "GATEWAY_HOME"}
    if patient.file is not None and patient.file.parent.resolve() != patient.home.resolve():
        folders[patient.file.parent] = "database"
    for folder, name in folders.items():
        there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
        free = shutil.disk_usage(there).free
        verdict = Verdict.BAD if free < FREE_BAD_BYTES else Verdict.QUESTION if free < FREE_ASKED_BYTES else Verdict.GOOD
        cure = Text(
            f"освободите место на диске {there}; gateway.sqlite-wal не трогайте",
            f"make room on the disk of {there}; leave gateway.sqlite-wal alone",
        )
        what = Text(f"Место на диске ({name})", f"Free space ({name})")
        yield Line(Section.DISK, what, verdict, Text(f"{free // _MB} МБ", f"{free // _MB} MB"), None if verdict is Verdict.GOOD else cure)
    if patient.has_database:
        size = store_health.size_bytes(patient.engine)
        yield Line(Section.DISK, Text("База", "The database"), Verdict.GOOD, Text(f"{size // _MB} МБ", f"{size // _MB} MB"))


# ---------------------------------------------------------------- key


def key(patient: Patient) -> Iterator[Line]:
    """The key that seals names: there, a key, and the one that they were sealed with."""
    path = patient.home / "secret.key"
    what = same("secret.key")
    lost = Text(
        "верните ключ из резервной копии (gateway restore); без него имена в очереди придётся узнать заново, деньги целы",
        "put the key back from a backup (gateway restore); without it the names that wait must be asked anew, no money is lost",
    )
    sealed = None
    with contextlib.suppress(StoreUnavailable):  # that is told of the database
        sealed = store_health.a_sealed_name(patient.engine) if patient.has_database else None
    if not path.exists():
        if sealed is not None:
            yield Line(
                Section.KEYS, what, Verdict.BAD, Text("ключа нет, а имена запечатаны", "there is no key, and names are sealed"), lost
            )
        else:
            yield Line(Section.KEYS, what, Verdict.GOOD, Text("ещё не нужен", "not needed yet"))
        return
    try:
        fernet = Fernet(path.read_bytes().strip())
        if sealed is not None:
            fernet.decrypt(sealed.encode())
    except OSError:
        yield Line(Section.KEYS, what, Verdict.BAD, Text("не читается", "it cannot be read"), same(f"chown {_me()} {path}"))
    except ValueError:
        yield Line(Section.KEYS, what, Verdict.BAD, Text("это не ключ", "it is no key"), lost)
    except InvalidToken:
        yield Line(Section.KEYS, what, Verdict.BAD, Text("имена запечатаны другим ключом", "the names are sealed with another key"), lost)
    else:
        found = Text("имена открывает", "it opens the names") if sealed else Text("на месте", "it is there")
        yield Line(Section.KEYS, what, Verdict.GOOD, found)
