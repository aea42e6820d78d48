"""Accounts: letters whose links work once and expire, passwords, throttling, sign-ins that can be ended."""

from __future__ import annotations

import re

from sqlalchemy import select

from navigator.engine import writing
from navigator.portal.account import store
from navigator.portal.family import store as family
from navigator.portal.tables import mails, persons, sign_ins, tokens

from .conftest import PASSWORD, Pages

NEW = "совсем другой пароль"


def ask_for_letter(pages: Pages, email: str, path: str = "/account/new"):
    visitor = pages.visitor()
    visitor.get(path)
    visitor.submit({"email": email, "agrees": "y"} if path == "/account/new" else {"email": email})
    return visitor


def join(pages: Pages, link: str, first_name: str = "Анна"):
    visitor = pages.visitor()
    visitor.get(link)
    visitor.submit({"last_name": "Соколова", "first_name": first_name, "password": PASSWORD, "again": PASSWORD})
    return visitor


def test_a_link_works_once_and_opening_it_uses_nothing_up(pages: Pages):
    ask_for_letter(pages, "anna@example.ru")
    link = pages.link("anna@example.ru")
    for _ in range(3):
        assert "подтверждён" in pages.visitor().get(link)
    assert join(pages, link).path == "/family"
    visitor = pages.visitor()
    visitor.get(link)
    assert visitor.status == 410 and "Ссылка больше не действует" in visitor.text


def test_a_link_expires(pages: Pages):
    ask_for_letter(pages, "anna@example.ru")
    link = pages.link("anna@example.ru")
    pages.later(hours=47)
    assert "подтверждён" in pages.visitor().get(link)
    pages.later(hours=2)
    visitor = pages.visitor()
    visitor.get(link)
    assert visitor.status == 410


def test_neither_a_token_nor_a_password_is_stored_or_logged(pages: Pages, caplog):
    ask_for_letter(pages, "anna@example.ru")
    link = pages.link("anna@example.ru")
    token = link.rsplit("/", 1)[1]
    join(pages, link)
    for table in (persons, sign_ins, tokens, mails):
        held = repr(pages.read(lambda c, table=table: c.execute(select(table)).all()))
        assert token not in held and PASSWORD not in held, table.name
    assert pages.read(lambda c: c.scalar(select(persons.c.password))).startswith("$argon2id$")
    assert token not in caplog.text and "anna@" not in caplog.text


def test_the_page_does_not_tell_whether_an_address_is_known_and_the_letter_does(pages: Pages):
    pages.person("anna@example.ru")
    for path in ("/account/new", "/password"):
        known, unknown = (ask_for_letter(pages, email, path).text for email in ("anna@example.ru", "nobody@example.ru"))
        assert known.replace("anna@", "nobody@") == unknown
    pages.postman.send_due()
    assert sorted(each["To"] for each in pages.mails) == ["anna@example.ru", "anna@example.ru", "nobody@example.ru"]
    assert "учётная запись уже есть" in str(pages.mails[0].get_content())


def test_who_was_imported_claims_the_account_with_its_name_and_children(pages: Pages):
    with writing(pages.engine) as connection:
        person = store.add(connection, "old@example.ru", "parent", "ru", pages.clock.now(), last_name="Петрова", first_name="Инна")
        family.link(connection, "k-2", person, pages.clock.now())
    ask_for_letter(pages, "old@example.ru")
    visitor = pages.visitor()
    visitor.get(pages.link("old@example.ru"))
    assert "Ваша учётная запись найдена" in visitor.text and 'value="Петрова"' in visitor.html
    visitor.submit({"password": PASSWORD, "again": PASSWORD})
    assert visitor.path == "/family" and "Петров Пётр" in visitor.text


def test_letters_are_counted(pages: Pages):
    for _ in range(5):
        visitor = ask_for_letter(pages, "anna@example.ru")
        assert visitor.status == 200
    pages.postman.send_due()
    assert len(pages.mails) == 3
    pages.later(minutes=61)
    ask_for_letter(pages, "anna@example.ru")
    pages.postman.send_due()
    assert len(pages.mails) == 4


def test_a_wrong_password_is_told_with_what_was_typed_and_counted(pages: Pages):
    pages.person("anna@example.ru")
    visitor = pages.visitor()
    visitor.get("/sign-in")
    for _ in range(5):
        visitor.submit({"email": "Anna@Example.ru ", "password": "не тот пароль"})
        assert visitor.status == 200 and "не подходят" in visitor.text and 'value="anna@example.ru"' in visitor.html
        assert "не тот пароль" not in visitor.html
    visitor.submit({"email": "anna@example.ru", "password": PASSWORD})
    assert visitor.status == 429 and "Подождите 15 минут" in visitor.text, "the right one, too late"
    pages.later(minutes=16)
    visitor.submit({"email": "anna@example.ru", "password": PASSWORD})
    assert visitor.path == "/family"


def test_an_unknown_address_and_a_wrong_password_look_alike(pages: Pages):
    pages.person("anna@example.ru")
    shown = []
    for email in ("anna@example.ru", "none@example.ru"):
        visitor = pages.visitor()
        visitor.get("/sign-in")
        visitor.submit({"email": email, "password": "не тот пароль"})
        shown.append(re.sub(r'value="[^"]*"', "", visitor.html))
    assert shown[0] == shown[1]


def test_who_was_sent_to_sign_in_comes_back_and_never_elsewhere(pages: Pages):
    pages.person("anna@example.ru", "parent", "k-1")
    for wanted, path in (
        ("/family/k-1", "/family/k-1"),
        ("//evil.example/x", "/family"),
        ("https://evil.example/", "/family"),
        ("/\\evil", "/family"),
    ):
        visitor = pages.visitor()
        visitor.get("/sign-in?next=" + wanted.replace("\\", "%5C"))
        visitor.submit({"email": "anna@example.ru", "password": PASSWORD})
        assert visitor.path == path, wanted
    visitor = pages.visitor()
    visitor.get("/family/k-1")
    assert visitor.path.startswith("/sign-in?next=")
    visitor.submit({"email": "anna@example.ru", "password": PASSWORD})
    assert visitor.path == "/family/k-1"


def test_another_password_ends_every_sign_in_and_the_old_one(pages: Pages):
    pages.person("anna@example.ru")
    before = pages.signed_in("anna@example.ru")
    ask_for_letter(pages, "anna@example.ru", "/password")
    visitor = pages.visitor()
    visitor.get(pages.link("anna@example.ru"))
    visitor.submit({"password": NEW, "again": NEW + "!"})
    assert "Пароли не совпали" in visitor.text
    visitor.submit({"password": NEW, "again": NEW})
    assert visitor.path == "/family"
    before.get("/family")
    assert before.path.startswith("/sign-in")
    again = pages.visitor()
    again.get("/sign-in")
    again.submit({"email": "anna@example.ru", "password": PASSWORD})
    assert "не подходят" in again.text


def test_a_sign_in_is_ended_from_another_device(pages: Pages):
    pages.person("anna@example.ru")
    phone, desk = pages.signed_in("anna@example.ru"), pages.signed_in("anna@example.ru")
    desk.get("/account")
    assert desk.text.count("это устройство") == 1
    desk.submit(action="/others/end")
    phone.get("/family")
    assert phone.path.startswith("/sign-in")
    assert "Добавить ребёнка" in desk.get("/family")


def test_a_sign_in_ends_by_itself(pages: Pages):
    pages.person("anna@example.ru")
    visitor = pages.signed_in("anna@example.ru")
    for _ in range(6):
        pages.later(hours=1, minutes=55)
        assert "Добавить ребёнка" in visitor.get("/family"), "whoever is there is not sent away"
    pages.later(hours=1)
    visitor.get("/family")
    assert visitor.path.startswith("/sign-in"), "after half a day"
    visitor = pages.signed_in("anna@example.ru")
    pages.later(hours=2, minutes=1)
    visitor.get("/family")
    assert visitor.path.startswith("/sign-in"), "after two hours of nothing"


def test_nobody_ends_somebody_elses_sign_in(pages: Pages):
    pages.person("anna@example.ru")
    pages.person("boris@example.ru")
    anna, boris = pages.signed_in("anna@example.ru"), pages.signed_in("boris@example.ru")
    boris.get("/account")
    token = boris.forms()[0].values["csrf_token"]
    for each in pages.read(lambda c: c.scalars(select(sign_ins.c.sign_in).join(persons).where(persons.c.email == "anna@example.ru")).all()):
        boris.client.post(f"/account/sign-ins/{each}/end", data={"csrf_token": token}, headers=boris.headers)
    assert "Добавить ребёнка" in anna.get("/family")


def test_signing_out_ends_it_also_for_a_stolen_cookie(pages: Pages):
    pages.person("anna@example.ru")
    visitor, thief = pages.signed_in("anna@example.ru"), pages.visitor()
    with visitor.client.session_transaction() as mine, thief.client.session_transaction() as stolen:
        stolen.update(mine)
    assert "Добавить ребёнка" in thief.get("/family")
    visitor.client.post("/sign-out", data={"csrf_token": visitor.forms()[0].values["csrf_token"]}, headers=visitor.headers)
    thief.get("/family")
    assert thief.path.startswith("/sign-in")


def test_a_page_that_grew_too_old_is_shown_again_with_what_was_typed(pages: Pages):
    pages.person("anna@example.ru")
    visitor = pages.signed_in("anna@example.ru")
    visitor.get("/family/new")
    with visitor.client.session_transaction() as session:
        del session["csrf_token"]
    visitor.submit({"last_name": "Соколова", "first_name": "Вера", "birth_date": "2015-03-14", "payer": "pskov"})
    assert "Страница устарела" in visitor.text and 'value="Вера"' in visitor.html and 'value="2015-03-14"' in visitor.html
    assert pages.read(lambda c: c.execute(select(persons)).all()) and "selected" in visitor.html
    visitor.submit()
    assert "сертификат учёта выдан" in visitor.text


def test_the_cookie_is_the_browsers_own_and_the_headers_are_strict(pages: Pages):
    pages.person("anna@example.ru")
    visitor = pages.visitor()
    visitor.get("/sign-in")
    cookie = visitor.answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-navigator=") and all(
        each in cookie for each in ("; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/")
    )
    for path in ("/", "/sign-in", "/nowhere", "/static/portal.css"):
        visitor.get(path)
        policy = visitor.answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "script" not in policy and "http" not in policy
        assert visitor.answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "max-age" in visitor.answer.headers["Strict-Transport-Security"]
        assert "<script" not in visitor.html and " style=" not in visitor.html
    assert visitor.get("/nowhere") and visitor.status == 404 and "Такой страницы нет" in visitor.text


def test_a_program_that_errs_is_told_as_programs_are(pages: Pages):
    answer = pages.app.test_client().get("/nowhere")
    assert answer.status_code == 404 and answer.content_type.startswith("application/problem+json")


def test_a_fault_of_the_program_shows_no_trace(pages: Pages, monkeypatch, caplog):
    def broken(*_: object) -> None:
        raise RuntimeError("Иванова")

    monkeypatch.setitem(pages.app.view_functions, "front.rules", broken)
    visitor = pages.visitor()
    visitor.get("/rules")
    assert visitor.status == 500 and "Ошибка программы" in visitor.text and "Иванова" not in visitor.text
    assert "front.rules" in caplog.text


def test_both_languages_by_the_browser_and_by_choice(pages: Pages):
    english = pages.visitor("en-GB,en;q=0.9")
    assert '<html lang="en">' in english.get("/") and "Clubs, paid by" in english.text
    english.get("/?lang=ru")
    assert '<html lang="ru">' in english.get("/rules"), "what was chosen holds"
    assert "12 000,00 ₽" in english.text.replace("\u00a0", " ")
    assert "₽12,000.00" in pages.visitor("en").get("/rules")
    english.get("/?lang=xx")
    assert '<html lang="ru">' in english.html


def test_a_letter_speaks_its_readers_language(pages: Pages):
    pages.person("anna@example.ru")
    visitor = pages.visitor("en")
    visitor.get("/password")
    visitor.submit({"email": "anna@example.ru"})
    assert "letter" in visitor.text and "Откройте ссылку" in pages.delivered("anna@example.ru")
