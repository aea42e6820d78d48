"""`gateway scenario run`: a story told against fresh databases and a real Navigator process, and its exact end (docs/scenarios.md)."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from gateway import fault_steps
from gateway.bootstrap import Gateway
from gateway.core.facts import Text
from gateway.core.money import roubles_from_kopecks
from gateway.errors import UserError
from gateway.settings import Settings

NAVIGATOR_START_SECONDS_MAX = 30


class StoryError(UserError):
    """The story itself is wrong: which file and step, and how to mend it."""


@dataclass(slots=True)
class Told:
    """How a story ended: no ``differences`` means that all is as expected. Each names its place in the story."""

    folder: str
    title: str
    differences: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return not self.differences


def run_story(folder: Path, database: str | None = None, language: str = "ru") -> Told:
    """Run one story.

    Args:
        database: an SQLAlchemy URL for the gateway's side; it must be empty. None: a fresh SQLite file.

    Raises:
        StoryError: the folder is no story.
    """
    started = time.monotonic()
    story = _read_toml(folder / "steps.toml")
    steps = story.get("step")
    if not isinstance(steps, list) or not steps:
        raise _wrong(folder / "steps.toml", "нет ни одного [[step]]", "there is no [[step]]")
    told = Told(folder.name, str(story.get("title") or folder.name))
    with tempfile.TemporaryDirectory(prefix="story-") as scratch:
        home = Path(scratch)
        _load_district(folder, home, steps[0])
        with navigator_process(home / "navigator") as url:
            teller = _Teller(folder, home, url, database, str(story.get("pack") or "leningrad-2020"), language, told)
            for number, step in enumerate(steps, start=1):
                teller.tell(number, step)
            expected = folder / "expected.json"
            if expected.is_file():
                teller.compare("expected.json", "конец" if language == "ru" else "end")
            teller.check_ledger("конец" if language == "ru" else "end")
            told.differences += [f"fault: {said}" for said in fault_steps.never_fired(url, language)]
    told.seconds = time.monotonic() - started
    return told


# ---------------------------------------------------------------- the Navigator


@contextmanager
def navigator_process(home: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A real Navigator on a free port, test calls allowed; its address. Stopped at the end, whatever happens."""
    home.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "navigator.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "navigator", "serve", "--port", str(port)],
            env={**os.environ, "NAVIGATOR_HOME": str(home), "GATEWAY_TEST": "1", **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + NAVIGATOR_START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if requests.get(f"{url}/register/v1/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    tail = log.read_text(encoding="utf-8", errors="replace")[-500:]
    raise UserError(
        Text(f"Навигатор не запустился: {tail}", f"The Navigator did not start: {tail}"),
        Text("Запустите navigator serve отдельно.", "Try navigator serve by itself."),
        4,
    )


def _load_district(folder: Path, home: Path, first_step: Mapping[str, Any]) -> None:
    environment = {
        **os.environ, "NAVIGATOR_HOME": str(home / "navigator"), "GATEWAY_TEST": "1",
        "GATEWAY_NOW": _instant(folder, 1, first_step).isoformat(),
    }  # fmt: skip
    loaded = subprocess.run(
        [sys.executable, "-m", "navigator", "load", str(folder / "district")], env=environment, capture_output=True, text=True, check=False
    )
    if loaded.returncode != 0:
        said = (loaded.stdout + loaded.stderr).strip()
        raise _wrong(folder / "district", f"район не загружен: {said}", f"the district cannot be loaded: {said}")


# ---------------------------------------------------------------- steps


@dataclass(slots=True)
class _Teller:
    folder: Path
    home: Path
    url: str
    database: str | None
    pack: str
    language: str
    told: Told
    _now: dt.datetime | None = None
    _gateway: Gateway | None = None

    @property
    def gateway(self) -> Gateway:
        if self._gateway is None:
            overrides = self.folder / "pack.toml"
            self._gateway = Gateway(
                self.home / "gateway",
                Settings(database=self.database or "", register_url=self.url, pack=self.pack),
                self._clock,
                self.language,
                overrides if overrides.is_file() else None,
            )
        return self._gateway

    def _clock(self) -> dt.datetime:
        assert self._now is not None  # the first step has set it
        return self._now

    def tell(self, number: int, step: Mapping[str, Any]) -> None:
        """Do one step. The clock of both sides stands still within it."""
        now = _instant(self.folder, number, step)
        if self._now is not None and now < self._now:
            raise _wrong(self.folder / "steps.toml", f"шаг {number}: время идёт назад", f"step {number}: time goes back")
        self._now = now
        self._post("/test/v1/clock", {"now": now.isoformat()})
        known = {
            "import": self._import, "register": self._register, "run": self._run, "answer": self._answer, "undo": self._undo,
            "fault": self._fault, "close": self._close,
        }  # fmt: skip
        extras = {"at", "check", "provider", "mapping", "month", "source", "dry_run", "title", "payer", "over", "refused"}
        unknown = set(step) - set(known) - extras
        if unknown:
            names = ", ".join(sorted(unknown))
            raise _wrong(self.folder / "steps.toml", f"шаг {number}: неизвестно: {names}", f"step {number}: unknown: {names}")
        for name, do in known.items():
            if name in step:
                try:
                    do(step)
                    if step.get("refused"):
                        self.told.differences.append(f"{number} ({name}): " + Text("не отказано", "not refused").in_language(self.language))
                except UserError as error:
                    if step.get("refused") and not isinstance(error, StoryError):
                        continue
                    place = f"шаг {number} ({name})" if self.language == "ru" else f"step {number} ({name})"
                    self.told.differences.append(
                        f"{place}: {error.what.in_language(self.language)} {error.cure.in_language(self.language)}"
                    )
        if "check" in step:
            self.compare(str(step["check"]), f"шаг {number}" if self.language == "ru" else f"step {number}")

    def _import(self, step: Mapping[str, Any]) -> None:
        mapping = self.folder / str(step["mapping"]) if "mapping" in step else None
        take = self.gateway.dry_run_file if step.get("dry_run") else self.gateway.import_file
        report = take(self.folder / str(step["import"]), step.get("provider"), mapping, step.get("month"), step.get("source"))
        if not step.get("dry_run"):
            self.gateway.finished(report)

    def _register(self, step: Mapping[str, Any]) -> None:
        changes = []
        for change in step["register"]:
            body = {key: value.isoformat() if isinstance(value, dt.date) else value for key, value in change.items()}
            if body.get("op") == "add":
                path = _inside(self.folder, str(body["file"]))
                body |= {"csv": path.read_text(encoding="utf-8-sig"), "file": path.name}
            changes.append(body)
        self._post("/test/v1/changes", {"changes": changes})

    def _run(self, step: Mapping[str, Any]) -> None:
        if step["run"]:
            self.gateway.run()

    def _answer(self, step: Mapping[str, Any]) -> None:
        for answer in step["answer"]:
            queue = answer.get("queue")
            if queue == "match":
                self.gateway.answer_match(
                    str(answer["person"]), answer.get("provider"), answer.get("group"), answer.get("child"),
                    bool(answer.get("outside", False)),
                    answer.get("row"),
                )  # fmt: skip
            elif queue == "groups":
                self.gateway.answer_group(answer.get("provider"), str(answer["words"]), str(answer["group"]))
            elif queue == "withdrawals":
                self.gateway.answer_withdrawals(bool(answer["accept"]), answer.get("provider"), answer.get("group"), answer.get("month"))
            elif queue == "conflicts":
                self.gateway.answer_conflict(str(answer["enrollment"]), answer["date"], int(answer.get("slot", 1)), str(answer["take"]))
            elif queue == "months":
                self.gateway.decide_late(str(answer["month"]), bool(answer["accept"]), answer.get("payer"), answer.get("provider"))
            else:
                raise _wrong(self.folder / "steps.toml", f"нет такой очереди: {queue}", f"there is no queue {queue}")

    def _undo(self, step: Mapping[str, Any]) -> None:
        self.gateway.undo(step.get("provider"), Path(str(step["undo"])).name)

    def _fault(self, step: Mapping[str, Any]) -> None:
        try:
            faults = fault_steps.switch_requests(step["fault"])
        except fault_steps.FaultStepWrong as error:
            said = str(error.args[0])
            raise _wrong(self.folder / "steps.toml", f"непонятный сбой: {said}", f"a fault that is not understood: {said}") from error
        self._post("/test/v1/faults", {"faults": faults})

    def _close(self, step: Mapping[str, Any]) -> None:
        """``over``: operations by id, or each by its lesson: {enrollment, date, slot}."""
        over = [one if isinstance(one, str) else self._operation_at(one) for one in step.get("over", ())]
        self.gateway.close_month(str(step["close"]), step.get("payer"), over)

    def _operation_at(self, lesson: Mapping[str, Any]) -> str:
        found = self.gateway.open_operations_at(str(lesson["enrollment"]), lesson["date"], int(lesson.get("slot", 1)))
        if not found:
            raise _wrong(self.folder / "steps.toml", f"нет операции без ответа: {lesson}", f"no operation waits for an answer: {lesson}")
        return found[0]

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        answer = requests.post(self.url + path, json=body, timeout=30)
        if not answer.ok:
            raise StoryError(
                Text(f"Навигатор отказал: {answer.text[:500]}", f"The Navigator refused: {answer.text[:500]}"),
                Text("Исправьте шаг истории.", "Mend the story's step."),
            )

    # ------------------------------------------------------------ comparing

    def compare(self, file: str, place: str) -> None:
        """Compare what is with what the story expects; only the keys given count."""
        path = _inside(self.folder, file)
        try:
            expected = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _wrong(path, str(error), str(error)) from error
        found: list[str] = []
        for key, value in expected.items():
            check = getattr(self, f"_check_{key}", None)
            if check is None:
                raise _wrong(path, f"неизвестный ключ «{key}»", f"unknown key “{key}”")
            found += check(value)
        self.told.differences += [f"{place}, {file}: {difference}" for difference in found]

    def check_ledger(self, place: str) -> None:
        """Whatever the story expects, the ledger must add up at its end."""
        self.told.differences += [f"{place}, ledger: {fault}" for fault in self.gateway.ledger_faults()]

    def _check_counts(self, expected: Mapping[str, Any]) -> list[str]:
        actual = self.gateway.counts()
        found = []
        for key, value in expected.items():
            mine = actual.get(key)
            if isinstance(value, dict):
                value = {name: number for name, number in value.items() if number}
            if mine != value:
                found.append(f"counts.{key}: {_shown(mine)} ≠ {_shown(value)}")
        return found

    def _check_claims(self, expected: list[Mapping[str, Any]]) -> list[str]:
        claims = {(one["enrollment"], one["date"], one["slot"]): one for one in self.gateway.claims()}
        found = []
        for claim in expected:
            key = (claim["enrollment"], claim["date"], claim.get("slot", 1))
            mine = claims.get(key)
            place = f"claims {key[0]} {key[1]} №{key[2]}"
            if mine is None:
                found.append(f"{place}: нет такой" if self.language == "ru" else f"{place}: there is none")
                continue
            for name, value in claim.items():
                if name == "reasons_include":
                    missing = [rule for rule in value if rule not in mine["reasons"]]
                    found += [f"{place}.reasons: {_shown(mine['reasons'])} ∌ {_shown(missing)}"] if missing else []
                elif name not in ("enrollment", "date", "slot") and mine.get(name) != value:
                    found.append(f"{place}.{name}: {_shown(mine.get(name))} ≠ {_shown(value)}")
        return found

    def _check_certificates(self, expected: Mapping[str, Mapping[str, Any]]) -> list[str]:
        found = []
        for number, values in expected.items():
            mine = self.gateway.certificate(number)
            found += [
                f"certificates.{number}.{name}: {_shown(mine.get(name))} ≠ {_shown(value)}"
                for name, value in values.items()
                if mine.get(name) != value
            ]
        return found

    def _check_statement(self, expected: Mapping[str, Mapping[str, Any]]) -> list[str]:
        found = []
        for month, values in expected.items():
            answer = self._get("/register/v1/statement", month)
            mine = {"debits": answer["debits"], "reversals": answer["reversals"], "sum": roubles_from_kopecks(answer["sum_kopecks"])}
            found += [
                f"statement.{month}.{name}: {_shown(mine.get(name))} ≠ {_shown(value)}"
                for name, value in values.items()
                if mine.get(name) != value
            ]
        return found

    def _check_attendance(self, expected: Mapping[str, Mapping[str, int]]) -> list[str]:
        found = []
        for month, values in expected.items():
            mine = self._get("/register/v1/attendance", month)["counts"]
            found += [
                f"attendance.{month}.{name}: {mine.get(name, 0)} ≠ {value}" for name, value in values.items() if mine.get(name, 0) != value
            ]
        return found

    def _get(self, path: str, month: str) -> Any:
        answer = requests.get(self.url + path, params={"month": month}, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def _check_providers(self, expected: Mapping[str, Mapping[str, str]]) -> list[str]:
        payable = self.gateway.payable()
        found = []
        for provider, values in expected.items():
            mine = {"payable": roubles_from_kopecks(payable.get(provider, 0))}
            found += [
                f"providers.{provider}.{name}: {_shown(mine.get(name))} ≠ {_shown(value)}"
                for name, value in values.items()
                if mine.get(name) != value
            ]
        return found

    def _check_faults(self, expected: Mapping[str, int]) -> list[str]:
        return fault_steps.other_counts(self.url, expected)

    def _check_differences(self, expected: int) -> list[str]:
        months = self.gateway.months()
        differences = [one for month in months for one in self.gateway.reconcile(month)["differences"]]
        if len(differences) == expected:
            return []
        listed = "; ".join(f"{one['class']} {one['date']} {one['here']} / {one['there']}" for one in differences[:5])
        return [f"differences: {len(differences)} ≠ {expected} ({listed})"]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


# ---------------------------------------------------------------- reading a story


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(path, str(error), str(error)) from error


def _instant(folder: Path, number: int, step: Mapping[str, Any]) -> dt.datetime:
    at = step.get("at")
    if not isinstance(at, dt.datetime) or at.tzinfo is None:
        raise _wrong(
            folder / "steps.toml", f"шаг {number}: нужно at = время с поясом", f"step {number}: at = an instant with its offset is needed"
        )
    return at


def _inside(folder: Path, name: str) -> Path:
    """A file of the story; it may lie in the folder, or in its inputs or district."""
    for path in (folder / name, folder / "inputs" / name, folder / "district" / name):
        if path.is_file():
            return path
    raise _wrong(folder / name, "такого файла нет", "there is no such file")


def _wrong(path: Path, ru: str, en: str) -> StoryError:
    return StoryError(
        Text(f"{path}: {ru}", f"{path}: {en}"), Text("Исправьте историю: docs/scenarios.md.", "Mend the story: docs/scenarios.md.")
    )
