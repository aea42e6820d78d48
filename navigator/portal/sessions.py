"""Sign-ins: the browser holds a random token, the database its hash. So a sign-in can be ended from anywhere, at once.

An address of a mail holds such a token too; it works once and expires.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets as random
from typing import Any

from flask import current_app, request, session
from flask_login import LoginManager, UserMixin, login_user
from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from navigator.engine import reading, writing
from navigator.portal.access import Actor, Role
from navigator.portal.tables import attempts, instant, moment_of, persons, secrets, sign_ins, tokens
from navigator.web import clock, engine

IDLE = dt.timedelta(hours=2)
LONGEST = dt.timedelta(hours=12)
SEEN_EVERY = dt.timedelta(minutes=5)
"""How often a sign-in's last sight is written down: not at every request."""

_BROWSERS = (
    ("YaBrowser", "Яндекс Браузер"), ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari")
)  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))


class Person(UserMixin):  # type: ignore[misc]
    """Who is signed in, for Flask-Login: named by the token of the sign-in, not by the person, so that each sign-in ends by itself."""

    def __init__(self, token: str, row: Row[Any]) -> None:
        self.token = token
        self.sign_in: str = row.sign_in
        self.email: str = row.email
        self.first_name: str = row.first_name
        self.language: str = row.language
        self.actor = Actor(row.person, Role(row.role), row.email, row.provider or "", row.payer or "")

    def get_id(self) -> str:
        """What stands in the cookie."""
        return self.token


def digest_of(token: str) -> str:
    """How a token stands in the database. Tokens are random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def secret_of(bind: Engine) -> str:
    """The key that cookies are signed with: made once, kept with the database, so that every process has the same."""
    with writing(bind) as connection:
        found = connection.scalar(select(secrets.c.secret).where(secrets.c.name == "cookies"))
        if found is None:
            found = random.token_hex(32)
            connection.execute(insert(secrets), [{"name": "cookies", "secret": found}])
        return found


def login_manager() -> LoginManager:
    """Flask-Login over the table of sign-ins."""
    manager = LoginManager()
    manager.session_protection = None  # it would hash the address, which a phone changes on the way
    manager.user_loader(_person_by_token)
    return manager


def _person_by_token(token: str) -> Person | None:
    now = clock().now()
    with reading(engine()) as connection:
        wanted = select(sign_ins, persons).join(persons, sign_ins.c.person == persons.c.person)
        row = connection.execute(wanted.where(sign_ins.c.digest == digest_of(token), sign_ins.c.ended_at.is_(None))).one_or_none()
    if row is None or moment_of(row.made_at) + LONGEST < now or moment_of(row.seen_at) + IDLE < now:
        return None
    if moment_of(row.seen_at) + SEEN_EVERY < now:
        with writing(engine()) as connection:
            connection.execute(update(sign_ins).where(sign_ins.c.digest == row.digest).values(seen_at=instant(now)))
    return Person(token, row)


def begin(connection: Connection, person: str, now: dt.datetime) -> Person:
    """Sign a person in, under a session that nobody could have prepared; the language chosen stays."""
    token, language = random.token_urlsafe(32), session.get("language")
    row = {"digest": digest_of(token), "sign_in": random.token_hex(8), "person": person}
    browser = browser_of(request.user_agent.string or "")
    connection.execute(insert(sign_ins), [{**row, "made_at": instant(now), "seen_at": instant(now), "browser": browser}])
    wanted = select(sign_ins, persons).join(persons, sign_ins.c.person == persons.c.person)
    found = Person(token, connection.execute(wanted.where(sign_ins.c.digest == row["digest"])).one())
    session.clear()
    session["language"] = language or found.language
    login_user(found)
    return found


def browser_of(user_agent: str) -> str:
    """A browser and its system by name, «Firefox, Android»: enough to tell one's own devices apart, and no more is kept."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return ", ".join(name for name in (browser, system) if name)


def end(connection: Connection, person: str, now: dt.datetime, sign_in: str | None = None, but: str | None = None) -> int:
    """End one sign-in of a person, or all, or all ``but`` one; how many were ended."""
    mine = (sign_ins.c.person == person) & sign_ins.c.ended_at.is_(None)
    if sign_in is not None:
        mine &= sign_ins.c.sign_in == sign_in
    if but is not None:
        mine &= sign_ins.c.sign_in != but
    return connection.execute(update(sign_ins).where(mine).values(ended_at=instant(now))).rowcount


def of_person(connection: Connection, person: str, now: dt.datetime) -> list[Row[Any]]:
    """The sign-ins of a person that still hold, the last one seen first."""
    mine = (sign_ins.c.person == person) & sign_ins.c.ended_at.is_(None)
    mine &= (sign_ins.c.seen_at >= instant(now - IDLE)) & (sign_ins.c.made_at >= instant(now - LONGEST))
    return list(connection.execute(select(sign_ins).where(mine).order_by(sign_ins.c.seen_at.desc(), sign_ins.c.sign_in)))


# ---------------------------------------------------------------- tokens of mails


def new_token(
    connection: Connection,
    kind: str,
    email: str,
    now: dt.datetime,
    lasts: dt.timedelta,
    child: str | None = None,
    made_by: str | None = None,
) -> str:
    """A token for a mail's link; only its hash is kept."""
    token = random.token_urlsafe(32)
    row = {"digest": digest_of(token), "kind": kind, "email": email, "child": child, "made_by": made_by}
    connection.execute(insert(tokens), [{**row, "made_at": instant(now), "expires_at": instant(now + lasts)}])
    return token


def living_token(connection: Connection, kind: str, token: str, now: dt.datetime) -> Row[Any] | None:
    """The token, if it is of this kind, was not used and has not expired."""
    mine = (tokens.c.digest == digest_of(token)) & (tokens.c.kind == kind)
    return connection.execute(select(tokens).where(mine & tokens.c.used_at.is_(None) & (tokens.c.expires_at > instant(now)))).one_or_none()


def use_token(connection: Connection, kind: str, token: str, now: dt.datetime) -> Row[Any] | None:
    """The same, and it is used from now on, with every other of its kind for that address (an invitation: only itself)."""
    found = living_token(connection, kind, token, now)
    if found is not None:
        mine = (tokens.c.email == found.email) & (tokens.c.kind == kind) & tokens.c.used_at.is_(None)
        if kind == "invitation":
            mine &= tokens.c.digest == found.digest
        connection.execute(update(tokens).where(mine).values(used_at=instant(now)))
    return found


# ---------------------------------------------------------------- throttling


def is_throttled(connection: Connection, what: str, now: dt.datetime, most: int, within: dt.timedelta) -> bool:
    """Whether there were ``most`` attempts already in the time just past."""
    mine = (attempts.c.what == _keyed(what)) & (attempts.c.at > instant(now - within))
    return (connection.scalar(select(func.count()).select_from(attempts).where(mine)) or 0) >= most


def note_attempt(connection: Connection, what: str, now: dt.datetime, keep: dt.timedelta) -> None:
    """Write an attempt down, and forget those of it that are older than ``keep``."""
    connection.execute(delete(attempts).where(attempts.c.what == _keyed(what), attempts.c.at <= instant(now - keep)))
    connection.execute(insert(attempts), [{"what": _keyed(what), "at": instant(now)}])


def forget_attempts(connection: Connection, what: str) -> None:
    """It went well: begin to count anew."""
    connection.execute(delete(attempts).where(attempts.c.what == _keyed(what)))


def _keyed(what: str) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, what.encode(), hashlib.sha256).hexdigest()
