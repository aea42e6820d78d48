"""A family asks for a place; the club answers; the operator sets the payers' limits."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from gateway.core.money import kopecks_from_roubles, roubles_from_kopecks
from navigator.engine import reading, writing
from navigator.portal import audit, mail
from navigator.portal.access import actor
from navigator.portal.catalogue.store import programme
from navigator.portal.enrolling import forms, letters, quote, store
from navigator.portal.family import store as family
from navigator.portal.financing import store as financing
from navigator.portal.parties.store import note
from navigator.portal.speech import gettext as _
from navigator.portal.tables import moment_of
from navigator.web import clock, engine

enrolling = Blueprint("enrolling", __name__)

PAGE = 50
STATES = (store.ASKED, store.WAITING, store.UNFUNDED, store.ENROLLED, store.REFUSED)

Page = str | Response | tuple[str, int]


@enrolling.route("/family/<child>/enroll/<group>", methods=["GET", "POST"])
def ask(child: str, group: str) -> Page:
    """The quote, all that stands against it, and the request."""
    form, today = forms.Ask(), clock().today()
    with reading(engine()) as connection:
        item = store.group(connection, group)
        who = family.child(connection, child)
        known = store.live_request(connection, child, group, today)
        if item is None or who is None:
            abort(404)
        found, against, money = judge(connection, child, item, today)
        is_full = store.is_full(connection, item, today)
    if known is not None:
        return redirect(url_for("family.child", child=child))
    family_pays = found is not None and found.family_kopecks > 0
    if not form.validate_on_submit() or found is None or against or not form.is_complete(family_pays):
        shown = {"child": who, "group": item, "quote": found, "against": against, "money": money, "is_full": is_full}
        return render_template("enrolling/ask.html", form=form, family_pays=family_pays, **shown)
    with writing(engine()) as connection:
        again, against, _money = judge(connection, child, item, today)
        if against or again != found:
            flash(_("Условия только что изменились. Проверьте их ещё раз."), "warning")
            return redirect(url_for("enrolling.ask", child=child, group=group))
        key = store.ask(connection, clock(), child, actor().person, item, found)
        row = store.request(connection, key)
        assert row is not None
        place = store.place_of(connection, row)
    if place:
        flash(_("Вы в очереди, место %(place)d. Если место освободится, организация увидит вашу заявку сама.", place=place), "success")
    else:
        flash(_("Место за вами. Организация ответит на заявку."), "success")
    return redirect(url_for("family.child", child=child))


@enrolling.post("/requests/<request_>/withdraw")
def withdraw(request_: str) -> Page:
    """Take a request back before it is answered."""
    with reading(engine()) as connection:
        row = store.request(connection, request_)
    assert row is not None, "the access table let nobody through to a request that is not there"
    try:
        with writing(engine()) as connection:
            letters.places_held(connection, store.withdraw(connection, clock(), request_))
        flash(_("Заявка отозвана."), "success")
    except store.Answered:
        flash(_("На заявку уже ответили: отозвать её нельзя."), "warning")
    return redirect(url_for("family.child", child=row.child))


# ---------------------------------------------------------------- the club


@enrolling.get("/club/requests")
def requests() -> Page:
    """A club's requests by state, in the order of asking."""
    state, after = request.args.get("state", store.ASKED), request.args.get("after", "0")
    if state not in STATES or not (after.isascii() and after.isdigit() and len(after) <= 18):
        abort(404)
    with reading(engine()) as connection:
        found = store.of_provider(connection, actor().provider, state, int(after), PAGE + 1)
    audit.shown(row.child for row in found[:PAGE])
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "state": state, "states": STATES}
    return render_template("enrolling/requests.html", moment_of=moment_of, **shown)


@enrolling.route("/club/requests/<request_>", methods=["GET", "POST"])
def answer(request_: str) -> Page:
    """Accept a request, or refuse it with a reason. On acceptance the certificate of financing comes by itself."""
    form = forms.Answer()
    with reading(engine()) as connection:
        row = store.request(connection, request_)
        assert row is not None
        item = store.group(connection, row.group)
    if not (form.validate_on_submit() and form.is_complete()):
        return render_template("enrolling/answer.html", form=form, found=row, group=item, moment_of=moment_of)
    try:
        with writing(engine()) as connection:
            if form.accept.data:
                done = store.accept(connection, clock(), request_)
                letters.enrolled(connection, done)
                state = store.ENROLLED if request_ in done else store.UNFUNDED
            else:
                letters.places_held(connection, store.refuse(connection, clock(), request_, form.typed("reason")))
                state = store.REFUSED
            if state != store.ENROLLED:
                values = {"name": row.first_name, "title": store.title_of(row), "reason": form.typed("reason")}
                address = mail.link("family.child", child=row.child)
                mail.queue(connection, f"request_{state}", row.email, row.language, link=address, **values)
        said = {
            store.ENROLLED: _("Ребёнок зачислен."),
            store.UNFUNDED: _("Принято. Лимит муниципалитета исчерпан: зачисление ждёт денег."),
            store.REFUSED: _("Отказ отправлен родителю."),
        }
        flash(said[state], "success")
    except store.Over:
        flash(_("Дни, на которые подана эта заявка, прошли. Откажите в ней: семья может подать новую."), "warning")
    except store.Answered:
        flash(_("На эту заявку уже ответили."), "warning")
    return redirect(url_for("enrolling.requests"))


# ---------------------------------------------------------------- limits


@enrolling.get("/operator/limits")
def limits() -> Page:
    """Each payer's limits of the year, and what is used of them."""
    year = clock().today().year
    with reading(engine()) as connection:
        found = store.payers_with_limits(connection, year)
    return render_template("enrolling/limits.html", found=found, year=year)


@enrolling.route("/operator/limits/<payer>", methods=["GET", "POST"])
def limit(payer: str) -> Page:
    """Set a payer's limits of this year or the next; whoever waits for money and fits now is enrolled at once."""
    this_year, asked = clock().today().year, request.args.get("year", "")
    year = int(asked) if asked in (str(this_year), str(this_year + 1)) else this_year
    with reading(engine()) as connection:
        name = dict(family.municipalities(connection)).get(payer)
        known = store.limit_of(connection, payer, year)
        number, total = store.used(connection, payer, year)
    if name is None:
        abort(404)
    before = {"certificates": known.certificates, "roubles": roubles_from_kopecks(known.sum_kopecks)} if known is not None else {}
    form = forms.Limit(data=before)
    if not form.validate_on_submit():
        return render_template("enrolling/limit.html", form=form, payer=payer, name=name, year=year, number=number, total=total)
    said = {"year": year, "certificates": form.certificates.data or 0, "kopecks": kopecks_from_roubles(form.typed("roubles"))}
    with writing(engine()) as connection:
        store.set_limit(connection, payer, year, said["certificates"], said["kopecks"])
        note(connection, clock().now(), "limit", payer, actor().person, said)
        done = store.fund(connection, clock(), payer)
        letters.enrolled(connection, done)
    flash(_("Лимит сохранён. Зачислено из очереди: %(number)d.", number=len(done)), "success")
    return redirect(url_for("parties.payer", payer=payer))


def judge(connection: Connection, child: str, item: store.Item, today: dt.date) -> tuple[quote.Quote | None, list[str], quote.Money]:
    """The quote for this child, everything against it, and its money."""
    who, known = family.child(connection, child), programme(connection, item["programme"]["programme"], today)
    found = quote.quote_of(item, today)
    money = store.money_of(connection, child, today)
    if found is not None and found.certificate_kopecks > money.available_kopecks and (money.is_given or money.may_be_given):
        found = found._replace(certificate_kopecks=money.available_kopecks, family_kopecks=found.price_kopecks - money.available_kopecks)
    others = store.others_of(connection, child, today)
    against = quote.obstacles(item, who, known["payers"] if known else set(), others, money, found, today)
    if known is None or item["module"]["open"] is False:
        against.insert(0, _("Программа сейчас не набирает."))
    elif all(each["group"] != item["group"] for each in known["groups"]):
        against.insert(0, _("Группа сейчас не набирает."))
    held = financing.certificate_of(connection, child, today)
    if held is None or held.state != "active":
        against.append(_("Сертификат не действует: обратитесь к оператору."))
    return found, against, money
