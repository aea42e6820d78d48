"""Telling a story: its steps, one by one, against fresh databases and a real Navigator."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from gateway.bootstrap import Gateway
from gateway.core.facts import Text
from gateway.errors import UserError
from gateway.scenario import faults
from gateway.scenario.ending import Ending, Told
from gateway.scenario.navigator import load_district, navigator_process
from gateway.scenario.reading import StoryError, inside, instant, read_toml, wrong
from gateway.scenario.systems import Systems
from gateway.settings import Settings


def run_story(folder: Path, database: str | None = None, language: str = "ru") -> Told:
    """Run one story.

    Args:
        database: an SQLAlchemy URL for the gateway's side; it must be empty. None: a fresh SQLite file.

    Raises:
        StoryError: the folder is no story.
    """
    started = time.monotonic()
    story = read_toml(folder / "steps.toml")
    steps = story.get("step")
    if not isinstance(steps, list) or not steps:
        raise wrong(folder / "steps.toml", "нет ни одного [[step]]", "there is no [[step]]")
    told = Told(folder.name, str(story.get("title") or folder.name))
    with tempfile.TemporaryDirectory(prefix="story-") as scratch:
        home = Path(scratch)
        load_district(folder, home, steps[0])
        with ExitStack() as stack:
            url = stack.enter_context(navigator_process(home / "navigator"))
            teller = Teller(folder, home, url, database, str(story.get("pack") or "leningrad-2020"), language, told, stack)
            for number, step in enumerate(steps, start=1):
                teller.tell(number, step)
            expected = folder / "expected.json"
            if expected.is_file():
                teller.ending.compare("expected.json", "конец" if language == "ru" else "end")
            teller.ending.check_ledger("конец" if language == "ru" else "end")
            told.differences += [f"fault: {said}" for said in faults.never_fired(url, language)]
    told.seconds = time.monotonic() - started
    return told


@dataclass(slots=True)
class Teller:
    folder: Path
    home: Path
    url: str
    database: str | None
    pack: str
    language: str
    told: Told
    stack: ExitStack
    _systems: Systems | None = None
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

    @property
    def ending(self) -> Ending:
        return Ending(self.folder, self.url, self.gateway, self.language, self.told)

    def _clock(self) -> dt.datetime:
        assert self._now is not None  # the first step has set it
        return self._now

    def tell(self, number: int, step: Mapping[str, Any]) -> None:
        """Do one step. The clock of both sides stands still within it."""
        now = instant(self.folder, number, step)
        if self._now is not None and now < self._now:
            raise wrong(self.folder / "steps.toml", f"шаг {number}: время идёт назад", f"step {number}: time goes back")
        self._now = now
        self._post("/test/v1/clock", {"now": now.isoformat()})
        known = {
            "import": self._import, "sync": self._sync, "register": self._register, "run": self._run, "answer": self._answer,
            "undo": self._undo,
            "fault": self._fault, "close": self._close, "backup": self._backup, "restore": self._restore, "recover": self._recover,
        }  # fmt: skip
        extras = {"at", "check", "provider", "mapping", "month", "source", "dry_run", "title", "payer", "over", "refused"}
        unknown = set(step) - set(known) - extras
        if unknown:
            names = ", ".join(sorted(unknown))
            raise wrong(self.folder / "steps.toml", f"шаг {number}: неизвестно: {names}", f"step {number}: unknown: {names}")
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
            self.ending.compare(str(step["check"]), f"шаг {number}" if self.language == "ru" else f"step {number}")

    def _import(self, step: Mapping[str, Any]) -> None:
        mapping = self.folder / str(step["mapping"]) if "mapping" in step else None
        take = self.gateway.dry_run_file if step.get("dry_run") else self.gateway.import_file
        report = take(self.folder / str(step["import"]), step.get("provider"), mapping, step.get("month"), step.get("source"))
        if not step.get("dry_run"):
            self.gateway.finished(report)

    def _sync(self, step: Mapping[str, Any]) -> None:
        """A file says what is true in the provider's own system; the system is asked over its own protocol."""
        if self._systems is None:
            self._systems = Systems(self.stack, self.gateway.plugins.adapters)
        source = self._systems.serve(inside(self.folder, str(step["sync"])), str(step["provider"]))
        self.gateway.settings = replace(self.gateway.settings, sources={**self.gateway.settings.sources, source.name: source})
        self.gateway.environment = self._systems.environment
        (report,) = self.gateway.sync(source=source.name)
        self.gateway.finished(report)
        if report["trouble"] is not None:
            said = f"{report['trouble']['what']}: {report['trouble']['cure']}"
            self.told.differences.append(f"{source.name}: {said}")

    def _register(self, step: Mapping[str, Any]) -> None:
        changes = []
        for change in step["register"]:
            body = {key: value.isoformat() if isinstance(value, dt.date) else value for key, value in change.items()}
            if body.get("op") == "add":
                path = inside(self.folder, str(body["file"]))
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
                raise wrong(self.folder / "steps.toml", f"нет такой очереди: {queue}", f"there is no queue {queue}")

    def _undo(self, step: Mapping[str, Any]) -> None:
        self.gateway.undo(step.get("provider"), Path(str(step["undo"])).name)

    def _fault(self, step: Mapping[str, Any]) -> None:
        try:
            requested = faults.switch_requests(step["fault"])
        except faults.FaultStepWrong as error:
            said = str(error.args[0])
            raise wrong(self.folder / "steps.toml", f"непонятный сбой: {said}", f"a fault that is not understood: {said}") from error
        self._post("/test/v1/faults", {"faults": requested})

    def _close(self, step: Mapping[str, Any]) -> None:
        """``over``: operations by id, or each by its lesson: {enrollment, date, slot}."""
        over = [one if isinstance(one, str) else self._operation_at(one) for one in step.get("over", ())]
        self.gateway.close_month(str(step["close"]), step.get("payer"), over)

    def _operation_at(self, lesson: Mapping[str, Any]) -> str:
        found = self.gateway.open_operations_at(str(lesson["enrollment"]), lesson["date"], int(lesson.get("slot", 1)))
        if not found:
            raise wrong(self.folder / "steps.toml", f"нет операции без ответа: {lesson}", f"no operation waits for an answer: {lesson}")
        return found[0]

    def _backup(self, step: Mapping[str, Any]) -> None:
        self.gateway.backup(self._archive(step["backup"]))

    def _restore(self, step: Mapping[str, Any]) -> None:
        """The gateway is on the old database from here on; the register knows nothing of it."""
        self.gateway.engine.dispose()
        self.gateway.restore(self._archive(step["restore"]), is_forced=True)
        self._gateway = None

    def _archive(self, name: Any) -> Path:
        if not isinstance(name, str) or not name or Path(name).name != name:
            raise wrong(self.folder / "steps.toml", f"имя копии, а не «{name}»", f"a backup has a name, and {name!r} is none")
        return self.home / "backups" / f"{name}.zip"

    def _recover(self, step: Mapping[str, Any]) -> None:
        if step["recover"]:
            self.gateway.recover()

    def _post(self, path: str, body: Mapping[str, Any]) -> None:
        answer = requests.post(self.url + path, json=body, timeout=30)
        if not answer.ok:
            raise StoryError(
                Text(f"Навигатор отказал: {answer.text[:500]}", f"The Navigator refused: {answer.text[:500]}"),
                Text("Исправьте шаг истории.", "Mend the story's step."),
            )
