"""Registering, signing in and out, lost passwords, one's own account.

Nobody learns here whether an address is known: the page says the same in each case, and the difference stands in the letter.
"""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_login import current_user, logout_user
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal import mail, sessions
from navigator.portal.access import Role, actor
from navigator.portal.account import forms, store
from navigator.portal.letters.forms import Letters
from navigator.portal.letters.store import choice_of
from navigator.portal.speech import gettext as _
from navigator.portal.speech import language
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

account = Blueprint("account", __name__)

JOIN_LASTS = dt.timedelta(days=2)
PASSWORD_LASTS = dt.timedelta(hours=2)
FAILURES_MAX, FAILURES_WITHIN = 5, dt.timedelta(minutes=15)
FAILURES_OF_ADDRESS_MAX = 50
LETTERS_MAX, LETTERS_WITHIN = 3, dt.timedelta(hours=1)
LETTERS_OF_ADDRESS_MAX = 20

Page = str | Response | tuple[str, int]


# ---------------------------------------------------------------- registering


@account.route("/account/new", methods=["GET", "POST"])
def register() -> Page:
    """The first step of registering, and how one who came in by an import claims the account: a letter."""
    form = forms.Register()
    if not form.validate_on_submit():
        return render_template("account/register.html", form=form)
    email = form.typed("email")
    with writing(engine()) as connection:
        if _may_write_to(connection, email):
            known = store.by_email(connection, email)
            now = clock().now()
            if known is not None and known.confirmed_at is not None:
                mail.queue(
                    connection,
                    "known",
                    email,
                    known.language,
                    sign_in=mail.link("account.sign_in"),
                    password=mail.link("account.forgotten"),
                )
            else:
                token = sessions.new_token(connection, "join", email, now, JOIN_LASTS)
                spoken = language() if known is None else known.language
                mail.queue(connection, "join", email, spoken, link=mail.link("account.join", token=token), known=known)
    return render_template("account/sent.html", email=email, title=_("Письмо отправлено"))


@account.route("/account/new/<token>", methods=["GET", "POST"])
def join(token: str) -> Page:
    """The second step, from the letter. Opening the link changes nothing: what reads mails before people do uses no token up."""
    now = clock().now()
    with reading(engine()) as connection:
        found = sessions.living_token(connection, "join", token, now)
        known = None if found is None else store.by_email(connection, found.email)
    if found is None:
        return _gone("account.register", _("Получить новую ссылку"))
    form = forms.Join(obj=known)
    if not form.validate_on_submit():
        return render_template("account/join.html", form=form, email=found.email, known=known)
    names = {"last_name": form.typed("last_name"), "first_name": form.typed("first_name")}
    names |= {"patronymic": form.typed("patronymic"), "phone": form.typed("phone")}
    password = store.HASHER.hash(form.typed("password"))  # before the transaction: it takes long on purpose
    with writing(engine()) as connection:
        used = sessions.use_token(connection, "join", token, now)
        if used is None:
            return _gone("account.register", _("Получить новую ссылку"))
        person = known.person if known is not None else store.add(connection, used.email, Role.PARENT, language(), now)
        store.confirm(connection, person, password, now, **names)
        signed_in = sessions.begin(connection, person, now)
    flash(_("Учётная запись готова. Здравствуйте, %(name)s!", name=names["first_name"]), "success")
    return redirect(home_of(signed_in.actor.role))


# ---------------------------------------------------------------- signing in and out


@account.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Page:
    """E-mail and password. Failures are counted by the e-mail and by the address that asks."""
    form = forms.SignIn()
    if not form.validate_on_submit():
        return render_template("account/sign_in.html", form=form)
    now, email = clock().now(), form.typed("email")
    counted = ((f"sign-in {email}", FAILURES_MAX), (f"sign-in from {request.remote_addr}", FAILURES_OF_ADDRESS_MAX))
    with reading(engine()) as connection:
        throttled = any(sessions.is_throttled(connection, what, now, most, FAILURES_WITHIN) for what, most in counted)
        known = store.by_email(connection, email)
    if throttled:
        form.password.errors = [_("Слишком много попыток. Подождите 15 минут или получите новый пароль.")]
        return render_template("account/sign_in.html", form=form), 429
    is_right = store.is_password(known.password if known else None, form.typed("password"))
    with writing(engine()) as connection:
        if known is None or not is_right:
            for what, _most in counted:
                sessions.note_attempt(connection, what, now, FAILURES_WITHIN)
            form.password.errors = [_("Почта или пароль не подходят. Проверьте раскладку и заглавные буквы.")]
            return render_template("account/sign_in.html", form=form)
        sessions.forget_attempts(connection, counted[0][0])
        signed_in = sessions.begin(connection, known.person, now)
    return redirect(_own_address(request.args.get("next")) or home_of(signed_in.actor.role))


@account.post("/sign-out")
def sign_out() -> Page:
    """End this sign-in."""
    with writing(engine()) as connection:
        sessions.end(connection, actor().person, clock().now(), current_user.sign_in)
    logout_user()
    flash(_("Вы вышли."), "success")
    return redirect(url_for("front.home"))


# ---------------------------------------------------------------- a lost password


@account.route("/password", methods=["GET", "POST"])
def forgotten() -> Page:
    """A letter with a link for another password."""
    form = forms.Forgotten()
    if not form.validate_on_submit():
        return render_template("account/forgotten.html", form=form)
    email = form.typed("email")
    with writing(engine()) as connection:
        known = store.by_email(connection, email)
        if known is not None and known.confirmed_at is not None and _may_write_to(connection, email):
            token = sessions.new_token(connection, "password", email, clock().now(), PASSWORD_LASTS, made_by=known.person)
            mail.queue(connection, "password", email, known.language, link=mail.link("account.new_password", token=token))
    return render_template("account/sent.html", email=email, title=_("Проверьте почту"))


@account.route("/password/<token>", methods=["GET", "POST"])
def new_password(token: str) -> Page:
    """Another password, from the letter; every sign-in that there was ends."""
    now = clock().now()
    with reading(engine()) as connection:
        found = sessions.living_token(connection, "password", token, now)
    if found is None:
        return _gone("account.forgotten", _("Получить новую ссылку"))
    form = forms.NewPassword()
    if not form.validate_on_submit():
        return render_template("account/new_password.html", form=form, email=found.email)
    password = store.HASHER.hash(form.typed("password"))
    with writing(engine()) as connection:
        used = sessions.use_token(connection, "password", token, now)
        if used is None or used.made_by is None:
            return _gone("account.forgotten", _("Получить новую ссылку"))
        store.set_password(connection, used.made_by, password)
        sessions.end(connection, used.made_by, now)
        sessions.forget_attempts(connection, f"sign-in {used.email}")
        signed_in = sessions.begin(connection, used.made_by, now)
    flash(_("Пароль изменён. На других устройствах вход завершён."), "success")
    return redirect(home_of(signed_in.actor.role))


# ---------------------------------------------------------------- one's own account


@account.get("/account")
def own() -> Page:
    """Who one is, and where one is signed in."""
    with reading(engine()) as connection:
        me = store.by_id(connection, actor().person)
        signed_in = sessions.of_person(connection, me.person, clock().now())
        letters = Letters(data={"choice": choice_of(connection, me.person)}) if actor().role is Role.PARENT else None
    shown = {"me": me, "sign_ins": signed_in, "this": current_user.sign_in, "letters": letters}
    return render_template("account/own.html", moment_of=moment_of, **shown)


@account.post("/account/sign-ins/<sign_in>/end")
def end_sign_in(sign_in: str) -> Page:
    """End one of one's own sign-ins; ``others``: all but this one."""
    with writing(engine()) as connection:
        if sign_in == "others":
            sessions.end(connection, actor().person, clock().now(), but=current_user.sign_in)
        else:
            sessions.end(connection, actor().person, clock().now(), sign_in)
    flash(_("Вход завершён."), "success")
    return redirect(url_for("account.own"))


# ---------------------------------------------------------------- parts


def home_of(role: Role) -> str:
    """Where somebody begins."""
    homes = {
        Role.PARENT: "family.children",
        Role.CLUB: "club.home",
        Role.PAYER: "operator.applications",
        Role.OPERATOR: "operator.home",
    }
    return url_for(homes.get(role, "account.own"))


def _may_write_to(connection: Connection, email: str) -> bool:
    """Whether another letter may go to this address; counted by the address that asks, too."""
    now = clock().now()
    counted = ((f"letter to {email}", LETTERS_MAX), (f"letter from {request.remote_addr}", LETTERS_OF_ADDRESS_MAX))
    if any(sessions.is_throttled(connection, what, now, most, LETTERS_WITHIN) for what, most in counted):
        return False
    for what, _most in counted:
        sessions.note_attempt(connection, what, now, LETTERS_WITHIN)
    return True


def _own_address(wanted: str | None) -> str | None:
    """Where somebody wanted to go, if it is a page of ours and nobody else's."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return None
    parts = urlsplit(wanted)
    return wanted if not parts.scheme and not parts.netloc else None


def _gone(endpoint: str, label: str) -> Page:
    return render_template("account/gone.html", again=url_for(endpoint), label=label), 410
