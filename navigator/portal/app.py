"""The pages' application: its subjects, its headers, and what it says when something is not there."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, g, render_template, request
from flask_bootstrap import Bootstrap5
from flask_login import current_user
from flask_wtf.csrf import generate_csrf, validate_csrf
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import BadRequest, HTTPException, InternalServerError, ServiceUnavailable
from werkzeug.wrappers import Response
from wtforms.validators import ValidationError

from navigator import web
from navigator.clock import Clock
from navigator.engine import writing
from navigator.portal import access, audit, mail, sessions, speech
from navigator.portal.account.pages import account
from navigator.portal.cabinet.pages import cabinet
from navigator.portal.catalogue.pages import catalogue
from navigator.portal.certificates.pages import certificates
from navigator.portal.chores import Chores
from navigator.portal.club.pages import club
from navigator.portal.disputes import store as disputing
from navigator.portal.disputes.pages import disputes
from navigator.portal.enrolling.chores import give_places
from navigator.portal.enrolling.pages import enrolling
from navigator.portal.family.pages import family
from navigator.portal.financing.pages import financing
from navigator.portal.front.pages import front
from navigator.portal.importing.pages import importing
from navigator.portal.importing.unpacking import UPLOAD_BYTES_MAX
from navigator.portal.indexes import make_indexes
from navigator.portal.leaving.pages import leaving
from navigator.portal.letters import digest
from navigator.portal.letters.pages import letters
from navigator.portal.operations.pages import operations
from navigator.portal.operator.pages import operator
from navigator.portal.parties.pages import parties
from navigator.portal.persons.pages import persons
from navigator.portal.privacy import keeping
from navigator.portal.privacy.pages import privacy
from navigator.portal.proposals.pages import proposals
from navigator.portal.region import region
from navigator.portal.reports.gathering import gather
from navigator.portal.reports.pages import reports
from navigator.portal.speech import gettext as _
from navigator.site import Settings
from navigator.tables import metadata

SUBJECTS = (
    front,
    account,
    cabinet,
    catalogue,
    enrolling,
    family,
    letters,
    financing,
    operator,
    operations,
    certificates,
    reports,
    importing,
    persons,
    parties,
    disputes,
    leaving,
    club,
    proposals,
    privacy,
)
CHORES = (disputing.follow, give_places, digest.write_due, keeping.daily, gather)
FORM_BYTES_MAX = 1024 * 1024
FILES_BYTES_MAX = {"importing.upload": UPLOAD_BYTES_MAX}
"""Routes that take files, and how much."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "  # data: only for the marks inside Bootstrap's own style sheet
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
log = logging.getLogger("navigator")


def create_portal(engine: Engine, clock: Clock, settings: Settings, listens_on: str, starts_postman: bool = True) -> Flask:
    """The pages on the register's database; their tables are made where they are not there yet.

    Args:
        listens_on: the server's own address; mails' links begin with it unless the settings name a public one.
        starts_postman: whether threads of this process send mails and do the chores; else it is left to whoever calls
            ``app.extensions["postman"].send_due()`` and ``app.extensions["chores"].do_due()``.
    """
    with writing(engine) as connection:
        metadata.create_all(connection)
        make_indexes(connection)
    app = Flask("navigator.portal")
    public_url = settings.public_url or listens_on
    is_https = urlsplit(public_url).scheme == "https"
    is_secure = is_https or urlsplit(public_url).hostname not in LOOPBACK  # over plain HTTP one signs in on the same machine only
    app.config.update(
        SECRET_KEY=sessions.secret_of(engine),
        NAVIGATOR_ENGINE=engine,
        NAVIGATOR_CLOCK=clock,
        NAVIGATOR_PUBLIC_URL=public_url,
        MAX_CONTENT_LENGTH=FORM_BYTES_MAX,
        SESSION_COOKIE_NAME="__Host-navigator" if is_secure else "navigator",
        SESSION_COOKIE_SECURE=is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        BOOTSTRAP_SERVE_LOCAL=True,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    Bootstrap5(app)
    sessions.login_manager().init_app(app)
    speech.set_up(app)
    transport = mail.smtp(settings.smtp) if settings.smtp else mail.into_folder(settings.home / "mail")
    postman = mail.Postman(engine, clock, transport, settings.mail_from)
    app.extensions["postman"] = postman
    chores = app.extensions["chores"] = Chores(app, engine, clock, CHORES)
    app.before_request(access.enforce)
    app.before_request(_look_at_origin)
    app.after_request(audit.write_down)
    app.after_request(_finish(is_https))
    for subject in SUBJECTS:
        app.register_blueprint(subject)
    app.jinja_env.globals.update(Role=access.Role, csrf=generate_csrf, region=region())
    app.context_processor(_frame)
    app.register_error_handler(HTTPException, _problem)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(Exception, _unexpected)
    if starts_postman:  # last of all: they write addresses of pages
        postman.start()
        chores.start()
    return app


def most_bytes() -> int:
    """How much a request may bring to its route."""
    return FILES_BYTES_MAX.get(request.endpoint or "", FORM_BYTES_MAX)


def _look_at_origin() -> None:
    """Whatever is sent carries the token of the session's own pages.

    A page that has grown too old (the session ended in between) is shown again with all that was typed, and taken at the second press;
    one whose language is changed is shown again in that language.
    """
    if request.method != "POST" or request.endpoint is None:
        return
    request.max_content_length = most_bytes()
    rule = request.url_rule
    has_form = rule is not None and rule.methods is not None and "GET" in rule.methods
    try:
        validate_csrf(request.form.get("csrf_token"))
        if has_form and request.form.get("lang") in speech.LANGUAGES:
            speech.change_to(request.form["lang"])
            g.is_stale, request.method = True, "GET"
    except ValidationError:
        if not has_form:
            raise BadRequest() from None
        g.is_stale, request.method = True, "GET"
        flash(_("Страница устарела. Проверьте написанное и нажмите кнопку ещё раз."), "warning")


def _finish(is_https: bool) -> Any:
    def finish(response: Response) -> Response:
        """After each request: the headers, and the postman."""
        response.headers.update(HEADERS)
        if is_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint not in ("static", "bootstrap.static"):
            response.headers["Cache-Control"] = "no-store"
            response.headers.add("Vary", "Accept-Language, Cookie")
        if g.get("has_mail") and response.status_code < 500:
            current_app.extensions["postman"].wake()
        return response

    return finish


def _frame() -> dict[str, Any]:
    """What every template may use of the request."""
    now = web.clock()
    return {
        "actor": g.get("actor", access.Actor()),
        "person": current_user,
        "language": speech.language(),
        "standing": now.now() if now.standing is not None else None,
    }


def _problem(error: HTTPException) -> Response | tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    if request.endpoint is None and "text/html" not in request.headers.get("Accept", ""):
        return web.http_problem(error)  # a program's own mistake, told as programs are told
    fault = (_("Ошибка программы"), _("Ничего не сохранено. Попробуйте ещё раз; если повторится, сообщите оператору."))
    titles = {
        400: (_("Запрос не принят"), _("Вернитесь на страницу, обновите её и попробуйте ещё раз.")),
        403: (_("Сюда вам нельзя"), _("У вашей учётной записи нет прав на эту страницу.")),
        404: (_("Такой страницы нет"), _("Проверьте адрес или начните с главной страницы.")),
        405: (_("Так открыть эту страницу нельзя"), _("Начните с главной страницы.")),
        413: (_("Слишком много данных"), _("Больше мегабайт, чем можно: %(number)d. Сократите.", number=most_bytes() // 1024 // 1024)),
        503: (_("Навигатор сейчас не отвечает"), _("Ничего не потеряно. Попробуйте через минуту.")),
    }
    title, cure = titles.get(code, fault)
    return render_template("problem.html", title=title, cure=cure, code=code), code


def _no_database(_error: OperationalError) -> Any:
    return _problem(ServiceUnavailable())


def _unexpected(error: Exception) -> Any:
    """A fault of the program: the log gets the route and the trace, the reader neither."""
    log.error("%s %s", request.method, request.endpoint, exc_info=error)
    return _problem(InternalServerError())
