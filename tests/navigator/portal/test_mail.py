"""Mails over a real SMTP server, and what happens when there is none."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from sqlalchemy import select

from navigator.portal import mail
from navigator.portal.tables import mails

from .conftest import Pages
from .test_accounts import ask_for_letter


class Box:
    """What the server was given. ``answers``: what it says to the next mails instead of taking them."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.answers: list[str] = []
        self.port = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        found = message_from_bytes(envelope.content or b"", policy=default)
        assert isinstance(found, EmailMessage)
        self.taken.append(found)
        return "250 taken"


@pytest.fixture
def box() -> Iterator[Box]:
    found = Box()

    def judge(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: object) -> AuthResult:
        right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"navi gator", b"p@ss")
        return AuthResult(success=right, handled=right)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found.port = probe.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=found.port, authenticator=judge, auth_require_tls=False)
    controller.start()
    yield found
    controller.stop()


def postman(pages: Pages, url: str) -> mail.Postman:
    return mail.Postman(pages.engine, pages.clock, mail.smtp(url), "Навигатор <navigator@navigator.example>")


def stored(pages: Pages):
    return pages.read(lambda c: c.execute(select(mails)).one())


def test_a_mail_goes_to_the_server_with_its_login_and_is_then_forgotten(pages: Pages, box: Box):
    ask_for_letter(pages, "anna@example.ru")
    assert "https://navigator.example/account/new/" in stored(pages).body
    assert postman(pages, f"smtp://navi%20gator:p%40ss@127.0.0.1:{box.port}").send_due() == 1
    (taken,) = box.taken
    assert taken["To"] == "anna@example.ru" and taken["Subject"] == "Навигатор: подтвердите почту"
    assert taken["From"] == "Навигатор <navigator@navigator.example>" and taken["Auto-Submitted"] == "auto-generated"
    assert "https://navigator.example/account/new/" in taken.get_content()
    assert (stored(pages).body, stored(pages).next_try_at) == (None, None) and stored(pages).sent_at
    assert postman(pages, f"smtp://127.0.0.1:{box.port}").send_due() == 0


def test_a_server_that_is_away_is_tried_again_later(pages: Pages, box: Box):
    ask_for_letter(pages, "anna@example.ru")
    assert postman(pages, "smtp://127.0.0.1:9").send_due() == 0
    assert (stored(pages).tries, stored(pages).trouble) == (1, "ConnectionRefusedError")
    there = postman(pages, f"smtp://127.0.0.1:{box.port}")
    assert there.send_due() == 0, "not before its time"
    pages.later(minutes=1)
    box.answers.append("451 try again later")
    assert there.send_due() == 0
    pages.later(minutes=2)
    assert there.send_due() == 1 and len(box.taken) == 1


def test_a_mail_that_never_goes_is_given_up_and_the_operator_sees_it(pages: Pages):
    ask_for_letter(pages, "anna@example.ru")
    away = postman(pages, "smtp://127.0.0.1:9")
    for _ in range(mail.TRIES_MAX):
        away.send_due()
        pages.later(hours=1)
    assert (stored(pages).next_try_at, stored(pages).body) == (None, None)
    pages.person("operator@example.ru", "operator")
    assert "Не отправлено 1 письмо" in pages.signed_in("operator@example.ru").get("/operator").replace("\u00a0", " ")


def test_without_a_server_mails_are_files_of_the_owners_own(pages: Pages, tmp_path: Path):
    ask_for_letter(pages, "anna@example.ru")
    folder = tmp_path / "mail"
    assert mail.Postman(pages.engine, pages.clock, mail.into_folder(folder), "navigator@localhost").send_due() == 1
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and folder.stat().st_mode & 0o777 == 0o700
    written = message_from_bytes(file.read_bytes(), policy=default)
    assert written["To"] == "anna@example.ru"


def test_an_address_that_would_write_headers_never_becomes_a_mail(pages: Pages):
    visitor = ask_for_letter(pages, "a@b.ru\nBcc: c@d.ru")
    assert "Проверьте адрес" in visitor.text
    assert pages.read(lambda c: c.execute(select(mails)).all()) == []


def test_the_address_of_a_link_is_never_what_the_request_claims(pages: Pages):
    visitor = pages.visitor()
    visitor.headers["Host"] = "evil.example"
    visitor.get("/account/new")
    form = visitor.form_with("email")
    data = {**form.values, "email": "anna@example.ru", "agrees": "y"}
    visitor.client.post("/account/new", data=data, headers=visitor.headers)
    assert "evil" not in pages.delivered("anna@example.ru") and "https://navigator.example/" in pages.delivered("anna@example.ru")


def test_a_login_that_the_server_does_not_take_is_trouble_and_not_the_end(pages: Pages, box: Box):
    ask_for_letter(pages, "anna@example.ru")
    assert postman(pages, f"smtp://navigator:wrong@127.0.0.1:{box.port}").send_due() == 0
    assert stored(pages).trouble == smtplib.SMTPAuthenticationError.__name__ and stored(pages).next_try_at
