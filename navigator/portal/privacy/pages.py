"""A family takes its data away, sees who looked at them, and has them deleted."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_login import logout_user
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal import audit, mail, sessions
from navigator.portal.access import actor
from navigator.portal.account import store as persons
from navigator.portal.account.pages import FAILURES_MAX, FAILURES_WITHIN
from navigator.portal.family import store as family
from navigator.portal.privacy import archive, erasing, forms, held, store, words
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

privacy = Blueprint("privacy", __name__)

PAGE = 50
FILE = "navigator-data.zip"

Page = str | Response | tuple[str, int]
_STANDS_OPEN = {
    erasing.ENROLLMENT: lambda name: _(
        "Ребёнок занимается или держит место: «%(name)s». Сначала подайте заявление об отчислении.", name=name
    ),
    erasing.REQUEST: lambda name: _("Заявка на место %(name)s ещё не закрыта: отзовите её.", name=name),
    erasing.DISPUTE: lambda name: _("Спор %(name)s ещё не решён: отзовите его или дождитесь ответа.", name=name),
}


@privacy.route("/account/data", methods=["GET", "POST"])
def own() -> Page:
    """All that is held of the parent and its children, as a file; the password is asked for again."""
    form, status = forms.Password(), 200
    with reading(engine()) as connection:
        mine = family.of_person(connection, actor().person)
    audit.shown(each.child for each in mine)
    if form.validate_on_submit():
        status = _check(form)
        if status == 200:
            with reading(engine()) as connection:
                found = held.of_family(connection, actor().person, [each.child for each in mine])
            content = archive.as_zip(found, clock().now())
            return Response(content, mimetype="application/zip", headers={"Content-Disposition": f'attachment; filename="{FILE}"'})
    return render_template("privacy/own.html", form=form, children=mine), status


@privacy.get("/family/<child>/reads")
def reads(child: str) -> Page:
    """Who looked at the child's data, and when."""
    before = request.args.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 18):
        abort(404)
    with reading(engine()) as connection:
        who = family.child(connection, child)
        found = store.reads_of(connection, child, int(before) if before else None, PAGE + 1)
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "child": who}
    return render_template("privacy/reads.html", moment_of=moment_of, page_name=words.page, **shown)


@privacy.route("/family/<child>/delete", methods=["GET", "POST"])
def forget(child: str) -> Page:
    """Delete a child's data; where the other parent stands for it too, only stand for it no longer."""
    form, status = forms.Delete(), 200
    with reading(engine()) as connection:
        who = family.child(connection, child)
        is_alone = bool(erasing.alone_with(connection, [child], actor().person))
        against = _against(connection, [child]) if is_alone else []
    if form.validate_on_submit() and not against:
        status = _check(form)
        if status == 200:
            try:
                with writing(engine()) as connection:
                    _let_go(connection, child)
                flash(_("Данные ребёнка удалены.") if is_alone else _("Вы больше не представляете этого ребёнка."), "success")
                return redirect(url_for("family.children"))
            except erasing.Open:
                return redirect(url_for("privacy.forget", child=child))
    return render_template("privacy/forget.html", form=form, child=who, is_alone=is_alone, against=against), status


@privacy.route("/account/delete", methods=["GET", "POST"])
def close() -> Page:
    """Delete the account, and the data of every child that nobody else stands for."""
    form, status = forms.Delete(), 200
    with reading(engine()) as connection:
        mine = family.of_person(connection, actor().person)
        alone = erasing.alone_with(connection, [each.child for each in mine], actor().person)
        against = _against(connection, sorted(alone))
    audit.shown(each.child for each in mine)
    if form.validate_on_submit() and not against:
        status = _check(form)
        if status == 200:
            try:
                with writing(engine()) as connection:
                    for each in mine:
                        _let_go(connection, each.child)
                    me = persons.by_id(connection, actor().person)
                    erasing.close_account(connection, clock(), me, erasing.ASKED)
                    mail.queue(connection, "account_deleted", me.email, me.language)
            except erasing.Open:
                return redirect(url_for("privacy.close"))
            logout_user()
            session.clear()
            flash(_("Учётная запись удалена. Спасибо, что были с нами."), "success")
            return redirect(url_for("front.home"))
    return render_template("privacy/close.html", form=form, children=mine, alone=alone, against=against), status


def _let_go(connection: Connection, child: str) -> None:
    if erasing.alone_with(connection, [child], actor().person):
        erasing.forget_child(connection, clock(), child, erasing.ASKED)
    else:
        erasing.step_back(connection, child, actor().person)


def _against(connection: Connection, children: list[str]) -> list[str]:
    """All that has to end first, of all the children, each with what to do."""
    found = erasing.still_open(connection, children, clock().today().isoformat())
    return [_STANDS_OPEN[what](name) for child in children for what, name in found.get(child, ())]


def _check(form: forms.Password) -> int:
    """Whether the password is right, as the answer's status; failures are counted with those of signing in."""
    now, counted = clock().now(), f"sign-in {actor().email}"
    with reading(engine()) as connection:
        throttled = sessions.is_throttled(connection, counted, now, FAILURES_MAX, FAILURES_WITHIN)
        me = persons.by_id(connection, actor().person)
    if throttled:
        form.password.errors = [_("Слишком много попыток. Подождите 15 минут или получите новый пароль.")]
        return 429
    if persons.is_password(me.password, form.typed("password")):
        return 200
    with writing(engine()) as connection:
        sessions.note_attempt(connection, counted, now, FAILURES_WITHIN)
    form.password.errors = [_("Пароль не подходит. Проверьте раскладку и заглавные буквы.")]
    return 403
