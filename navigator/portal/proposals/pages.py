"""The club asks for a place by a certificate's number; the family answers on a page of its own."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from navigator.engine import reading, writing
from navigator.portal.access import actor
from navigator.portal.enrolling import store as enrolling
from navigator.portal.enrolling.pages import judge
from navigator.portal.family import store as family
from navigator.portal.proposals import forms, store
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

proposals = Blueprint("proposals", __name__)

PAGE = 50

Page = str | Response | tuple[str, int]


@proposals.route("/club/proposals", methods=["GET", "POST"])
def propose() -> Page:
    """Ask for a place, and see what became of earlier ones."""
    before, now = request.args.get("before"), clock().now()
    if before is not None and not (before.isascii() and before.isdigit() and len(before) <= 18):
        abort(404)
    form = forms.Propose()
    with reading(engine()) as connection:
        offered = store.groups_to_offer(connection, actor().provider, now.date())
        found = store.of_provider(connection, actor().provider, int(before) if before else None, PAGE + 1)
    form.group.choices = [(row.group, f"{row.programme_title or row.group}, {row.title or row.group}") for row in offered]
    if form.validate_on_submit():
        try:
            with writing(engine()) as connection:
                store.propose(connection, clock(), actor().provider, actor().person, form.typed("group"), form.typed("number"))
            flash(_("Если такой сертификат есть и у семьи есть кабинет, она получит письмо. Ответ появится здесь."), "success")
            return redirect(url_for("proposals.propose"))
        except store.TooMany:
            form.number.errors = [_("Сегодня организация отправила уже %(most)d просьб. Продолжите завтра.", most=store.OF_CLUB_MAX)]
    rows = [(row, store.state_of(row, now)) for row in found[:PAGE]]
    return render_template("proposals/propose.html", form=form, found=rows, more=len(found) > PAGE, moment_of=moment_of)


@proposals.route("/proposals/<proposal>", methods=["GET", "POST"])
def answer(proposal: str) -> Page:
    """The family sees the quote and all that stands against it, and confirms with its consent, or declines."""
    form, now = forms.Answer(), clock().now()
    with reading(engine()) as connection:
        row = store.proposal(connection, proposal)
        assert row is not None and row.child is not None, "the access table let nobody through to a proposal that is nobody's"
        item, who = enrolling.group(connection, row.group), family.child(connection, row.child)
        assert item is not None
        found, against, money = judge(connection, row.child, item, now.date())
        is_full = enrolling.is_full(connection, item, now.date())
    state = store.state_of(row, now)
    family_pays = found is not None and found.family_kopecks > 0
    is_answer = state == store.SENT and form.validate_on_submit() and form.is_complete(family_pays)
    if not is_answer or (form.confirm.data and (found is None or against)):
        shown = {"found": row, "state": state, "child": who, "group": item, "quote": found, "against": against, "money": money}
        return render_template("proposals/answer.html", form=form, family_pays=family_pays, is_full=is_full, moment_of=moment_of, **shown)
    try:
        with writing(engine()) as connection:
            if form.decline.data:
                store.answer(connection, now, proposal, actor().person, store.DECLINED)
                flash(_("Вы отказались. Организация узнает об этом."), "success")
            else:
                again, against, _money = judge(connection, row.child, item, now.date())
                if found is None or against or again != found:
                    flash(_("Условия только что изменились. Проверьте их ещё раз."), "warning")
                    return redirect(url_for("proposals.answer", proposal=proposal))
                key = enrolling.ask(connection, clock(), row.child, actor().person, item, found)
                store.answer(connection, now, proposal, actor().person, store.CONFIRMED, key)
                flash(_("Заявка подана. Организация ответит на неё."), "success")
    except store.Answered:
        flash(_("На эту просьбу уже ответили, или её срок вышел."), "warning")
    return redirect(url_for("family.child", child=row.child))
