"""The outbox, recovery, backups and the proof of the ledger, as a part of the `Gateway` (bootstrap.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway import archive
from gateway.core.facts import Text
from gateway.errors import EXIT_REFUSED, UserError
from gateway.flow import Progress, silent
from gateway.flow import outbox as flow_outbox
from gateway.flow import recover as flow_recover
from gateway.flow import verify as flow_verify
from gateway.store import backup as store_backup
from gateway.store import link as store_link
from gateway.store import post as store_post
from gateway.store import schedule as store_schedule
from gateway.store import stop as store_stop
from gateway.store.engine import database_url, open_engine
from gateway.wired import Wired


class Upkeep(Wired):
    """What the `Gateway` can do for its own good order."""

    # ------------------------------------------------------------ the outbox

    def outbox(self) -> dict[str, Any]:
        """What waits for the register, since when and why."""
        return flow_outbox.outbox(self.flow, self.clock(), self.language)

    def outbox_retry(self, operation: str, progress: Progress = silent) -> dict[str, Any]:
        """Try one operation again at once. ``operation``: its id, or the first six digits or more."""
        id_ = flow_outbox.retry(self.flow, operation, self.clock())
        return {"id": id_, "complete": self.after_answer(progress)}

    def outbox_hold(self, operation: str) -> dict[str, Any]:
        """Keep one operation back."""
        return {"id": flow_outbox.hold(self.flow, operation), "complete": True}

    def outbox_release(self, operation: str, progress: Progress = silent) -> dict[str, Any]:
        """Give one operation's hold back; what had lacked the money is decided anew."""
        id_ = flow_outbox.release(self.flow, operation, self.clock())
        return {"id": id_, "complete": self.flow.run(self.clock(), progress)}

    def outbox_reverse(self, operation: str, progress: Progress = silent) -> dict[str, Any]:
        """Take a live debit back."""
        id_ = flow_outbox.reverse(self.flow, operation, self.clock())
        return {"id": id_, "complete": self.after_answer(progress)}

    def outbox_keep(self, operation: str, progress: Progress = silent) -> dict[str, Any]:
        """Let a late debit stand."""
        id_ = flow_outbox.keep(self.flow, operation, self.clock())
        return {"id": id_, "complete": self.flow.run(self.clock(), progress)}

    # ------------------------------------------------------------ recovery, backups

    def recover(self, progress: Progress = silent) -> dict[str, Any]:
        """Adopt all that the register ever accepted. Nothing is sent."""
        return flow_recover.recover(self.flow, self.clock(), progress)

    def backup(self, target: Path) -> dict[str, Any]:
        """Write a backup; its manifest."""
        return archive.write(self.engine, self.home, target, self.clock()) | {"file": str(target)}

    def restore(self, source: Path, is_forced: bool = False) -> dict[str, Any]:
        """Put a backup in the place of the database. Before anything is sent from it, the register is read from its beginning."""
        url = database_url(self.settings.database or f"sqlite:///{self.home / 'gateway.sqlite'}")
        engine = open_engine(url.render_as_string(hide_password=False))
        is_empty = store_backup.is_empty(engine)
        engine.dispose()
        manifest = archive.read_back(source, self.home, url, is_forced, is_empty)
        engine = open_engine(url.render_as_string(hide_password=False))
        store_post.take_up_again(engine, self.clock(), lambda token: True)
        store_link.must_recover(engine, self.settings.register_url, self.clock())
        engine.dispose()
        return manifest | {"file": str(source)}

    # ------------------------------------------------------------ the ledger's proof

    def verify(self) -> dict[str, Any]:
        """Prove the ledger; where it does not prove itself, posting for that payer stops."""
        found = flow_verify.verify(self.flow, self.clock(), self.language)
        number = len(found["faults"])
        outcome = "mend" if number else "done"
        store_schedule.note(self.engine, "verify", outcome, Text(f"не сходится: {number}", f"what does not hold: {number}"), self.clock())
        return found

    def verify_lift(self, payer: str, because: str) -> dict[str, Any]:
        """A person lets what was found pass, and sending goes on."""
        if not because.strip() or not store_stop.lift(self.engine, payer, because.strip(), self.clock()):
            raise UserError(
                Text(f"Для плательщика «{payer}» ничего не остановлено.", f"Nothing is stopped for the payer “{payer}”."),
                Text("Остановленных показывает gateway outbox.", "gateway outbox shows who is stopped."),
                EXIT_REFUSED,
            )
        return {"payer": payer, "because": because.strip()}

    def seal_head(self, payer: str | None = None) -> str | dict[str, str]:
        """The head of a payer's seals, or of every payer's: what an act of reconciliation publishes."""
        found = flow_verify.heads(self.flow)
        return found if payer is None else found.get(payer, "")
