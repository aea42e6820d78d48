"""Mails: written in the transaction that needs them, sent by smtplib afterwards, tried again until they are sent.

``NAVIGATOR_SMTP`` names the server: ``smtp://user:password@host:port``, ``smtps://`` for TLS from the start, ``smtp+starttls://``. Without
it each mail becomes a file in the home's folder ``mail``: enough for one who looks around, and nothing leaves the machine.
"""

from __future__ import annotations

import datetime as dt
import smtplib
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, g, render_template
from sqlalchemy import Connection, Engine, insert, select, update

from navigator.clock import Clock
from navigator.engine import reading, writing
from navigator.portal.speech import speaking
from navigator.portal.tables import instant, mails
from navigator.web import clock

SECONDS_MAX = 20
BATCH = 50
TRIES_MAX = 12
WAITS_MINUTES = (1, 2, 5, 15, 60)
"""How long after a failed try the next one is, in minutes; the last one for all later ones."""

Transport = Callable[[EmailMessage], None]


def queue(connection: Connection, template: str, recipient: str, language: str, **values: Any) -> None:
    """Write a mail in the recipient's language; the template's first line is its subject. It goes out after the commit."""
    with speaking(language):
        subject, _, body = render_template(f"mail/{template}.txt", **values).partition("\n")
    now = instant(clock().now())
    row = {"recipient": recipient, "subject": subject.strip(), "body": body.strip() + "\n", "made_at": now, "next_try_at": now}
    connection.execute(insert(mails), [row])
    g.has_mail = True


def link(endpoint: str, **values: Any) -> str:
    """An address for a mail. It begins with the Navigator's own public address, never with what a request claims to have asked.

    Also where no request is, in a chore (`navigator.portal.chores`).
    """
    base: str = current_app.config["NAVIGATOR_PUBLIC_URL"]
    return base.rstrip("/") + current_app.url_map.bind("").build(endpoint, values)


def smtp(url: str) -> Transport:
    """A transport to the server that the address names."""
    parts = urlsplit(url)

    def send(message: EmailMessage) -> None:
        context = ssl.create_default_context()
        host, port = parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 25)
        server = (
            smtplib.SMTP_SSL(host, port, timeout=SECONDS_MAX, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=SECONDS_MAX)
        )
        with server:
            if parts.scheme == "smtp+starttls":
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(message)

    return send


def into_folder(folder: Path) -> Transport:
    """A transport that writes each mail into a file of its own, owner-only."""

    def send(message: EmailMessage) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = message["Message-ID"].strip("<>").split("@")[0]
        file = folder / f"{name}.eml"
        file.touch(mode=0o600)
        file.write_bytes(bytes(message))

    return send


class Postman:
    """Sends what is due. One per process; two processes may send a mail twice where one dies in between, and never not at all."""

    def __init__(self, engine: Engine, clock: Clock, transport: Transport, sender: str) -> None:
        self._engine, self._clock, self._transport, self._sender = engine, clock, transport, sender
        self._awake = threading.Event()
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        """Send in a thread of its own from now on, whenever it is woken and once a minute."""
        threading.Thread(target=self._work, name="postman", daemon=True).start()

    def wake(self) -> None:
        """There is something to send."""
        self._awake.set()

    def send_due(self) -> int:
        """Send what is due now; how many mails went out."""
        with self._one_at_a_time:
            now = self._clock.now()
            with reading(self._engine) as connection:
                due = select(mails).where(mails.c.next_try_at <= instant(now)).order_by(mails.c.next_try_at, mails.c.mail).limit(BATCH)
                rows = list(connection.execute(due))
            return sum(self._try(row, now) for row in rows)

    def _try(self, row: Any, now: dt.datetime) -> bool:
        try:
            self._transport(self._message(row, now))
        except (OSError, smtplib.SMTPException) as error:
            tries = row.tries + 1
            wait = dt.timedelta(minutes=WAITS_MINUTES[min(tries, len(WAITS_MINUTES)) - 1])
            is_final = tries >= TRIES_MAX or isinstance(error, smtplib.SMTPRecipientsRefused)
            values: dict[str, Any] = {"tries": tries, "trouble": type(error).__name__}
            values |= {"next_try_at": None, "body": None} if is_final else {"next_try_at": instant(now + wait)}
        else:
            values = {"tries": row.tries + 1, "sent_at": instant(now), "next_try_at": None, "body": None, "trouble": None}
        with writing(self._engine) as connection:
            connection.execute(update(mails).where(mails.c.mail == row.mail).values(**values))
        return "sent_at" in values

    def _message(self, row: Any, now: dt.datetime) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, row.recipient, row.subject
        message["Date"], message["Message-ID"] = format_datetime(now), make_msgid(domain=self._sender.rpartition("@")[2].strip(">"))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(row.body or "")
        return message

    def _work(self) -> None:
        while True:
            with suppress(Exception):  # a database that is away for a while: the mails stay due
                self.send_due()
            self._awake.wait(60)
            self._awake.clear()
