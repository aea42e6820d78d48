"""Certificates: looked up; one with its money, its enrollments and its history; and each change in two steps, shown and then done."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from gateway.core.money import kopecks_from_roubles, roubles_from_kopecks
from navigator.acceptances import number_of
from navigator.commands import CommandRefused
from navigator.engine import reading, writing
from navigator.ledger import Ledger, Standing, nominal_period
from navigator.portal import audit, mail
from navigator.portal.access import actor
from navigator.portal.certificates import deeds, forms, store
from navigator.portal.certificates.store import Picture
from navigator.portal.enrolling import letters
from navigator.portal.family import store as family
from navigator.portal.financing import store as financing
from navigator.portal.operations import store as operations
from navigator.portal.operator import choices
from navigator.portal.speech import gettext as _
from navigator.portal.speech import language, roubles
from navigator.portal.tables import moment_of
from navigator.texts import told
from navigator.web import clock, engine

certificates = Blueprint("certificates", __name__)

PAGE = 50
OPERATIONS_SHOWN = 10
YEARS_AHEAD = 2
FORMS: dict[str, type[forms.Change]] = {
    deeds.FREEZE: forms.State,
    deeds.UNFREEZE: forms.State,
    deeds.ACTIVATE: forms.State,
    deeds.CLOSE: forms.Close,
    deeds.REISSUE: forms.Reissue,
    deeds.NOMINAL: forms.Nominal,
    deeds.MOVE: forms.Move,
}

Page = str | Response | tuple[str, int]


@certificates.get("/certificates")
def listed() -> Page:
    """Look certificates up; a payer's person sees its own payer's."""
    form, mine, today = forms.Find(formdata=request.args), choices.own_payer(), clock().today()
    after = request.args.get("after", "")
    with reading(engine()) as connection:
        form.payer.choices = [("", _("любой")), *choices.all_payers(connection)]
        choices.settle(form.payer, form.kind, form.state)
        wanted = store.Wanted(form.typed("q"), mine or form.payer.data, form.kind.data, form.state.data)
        found = store.listed(connection, wanted, today, after, PAGE + 1) if form.validate() else []
        page, more = found[:PAGE], len(found) > PAGE
        described = store.described(connection, [row.certificate for row in page], today)
    audit.shown(row.child for row in page)
    address = {name: value for name, value in request.args.items() if name not in ("after", "lang") and value}
    shown = {"found": page, "more": more, "described": described, "address": address, "is_first": not after, "has_payer": not mine}
    return render_template("certificates/listed.html", form=form, **shown)


@certificates.get("/certificates/<certificate>")
def certificate(certificate: str) -> Page:
    """One certificate: whose, its numbers, states and money, where it is enrolled, the latest operations, and what was done to it."""
    today = clock().today()
    with reading(engine()) as connection:
        picture = store.picture(connection, certificate, today)
        if picture is None:
            abort(404)
        latest = operations.listed(
            connection, operations.Wanted(certificate=certificate, payer=choices.own_payer()), None, OPERATIONS_SHOWN
        )
        shown = {
            "picture": picture,
            "child": family.child(connection, picture.child),
            "card": _card(connection, picture),
            "enrolled": store.enrolled(connection, certificate),
            "operations": latest,
            "steps": store.steps(connection, certificate),
            "payers": dict(choices.all_payers(connection)),
        }
    words = {"moment_of": moment_of, "month_name": choices.month_name, "number_of": number_of}
    return render_template("certificates/certificate.html", offered=deeds.offered(picture), year=today.year, **shown, **words)


@certificates.route("/certificates/<certificate>/<change>", methods=["GET", "POST"])
def change(certificate: str, change: str) -> Page:
    """Change a certificate: first what it would do is shown, then it is done and written down; the family gets a letter."""
    with reading(engine()) as connection:
        picture = store.picture(connection, certificate, clock().today())
        if picture is None or change not in FORMS:
            abort(404)
        who = family.child(connection, picture.child)
        form = _form(connection, picture, change)
    shown = {"picture": picture, "child": who, "change": change}
    if change not in deeds.offered(picture) or not form.validate_on_submit() or "back" in request.form:
        return render_template("certificates/change.html", form=form, trial=None, is_offered=change in deeds.offered(picture), **shown)
    said = _said(form)
    with writing(engine()) as connection:
        try:
            trial = deeds.try_out(connection, clock(), picture, change, said)
            is_right = _fits(connection, form, picture, change, said)
            if is_right and form.confirm.data and form.seen.data == trial.seen:
                enrolled = deeds.do(connection, clock(), picture, change, said, form.typed("reason"), actor().person)
                letters.enrolled(connection, enrolled)
                if trial.is_different:
                    _write_letters(connection, picture, change, said, form.typed("reason"))
                return _done(certificate, trial, enrolled)
        except CommandRefused as error:
            trial, is_right = None, False
            _field_of(form, change).errors = [". ".join(told(error.code, error.value, language()))]
        if is_right and form.confirm.data:
            flash(_("Сертификат только что изменился. Проверьте ещё раз, что произойдёт."), "warning")
        if trial is not None:
            form.seen.data = trial.seen
        live = [row for row in store.enrolled(connection, certificate) if _is_live(row)]
        names = dict(choices.all_payers(connection))
    template = "certificates/confirm.html" if trial is not None and is_right else "certificates/change.html"
    return render_template(template, form=form, trial=trial, said=said, live=live, payers=names, is_offered=True, **shown)


def _form(connection: Connection, picture: Picture, change: str) -> forms.Change:
    """The change's form, filled with what is most likely wanted."""
    today = clock().today()
    standing = _standing(connection, picture)
    likely: dict[str, Any] = {"on": today}
    if change == deeds.NOMINAL:
        likely |= {"year": str(today.year), "roubles": roubles_from_kopecks(standing.nominal_kopecks)}
    elif change == deeds.MOVE:
        likely["roubles"] = roubles_from_kopecks(standing.available_kopecks)
    elif change == deeds.REISSUE and request.method == "GET":
        likely["number"] = financing.free_number(connection)
    form = FORMS[change](data=likely)
    if isinstance(form, forms.Nominal):
        last = min(int(picture.valid_to[:4]), today.year + YEARS_AHEAD)
        form.year.choices = [(str(year), str(year)) for year in range(max(int(picture.valid_from[:4]), today.year), last + 1)]
    if isinstance(form, forms.Move):
        form.payer.choices = [each for each in choices.all_payers(connection) if each[0] != picture.payer]
    return form


def _said(form: forms.Change) -> deeds.Said:
    """What was typed, in the deeds' own words."""
    said: deeds.Said = {}
    if isinstance(form, forms.State):
        assert form.on.data is not None, "the field is required"
        said["on"] = form.on.data.isoformat()
    if isinstance(form, forms.Close):
        said["returns_rest"] = bool(form.returns_rest.data)
    if isinstance(form, forms.Reissue):
        said["number"] = form.typed("number")
    if isinstance(form, forms.Nominal | forms.Move):
        said["kopecks"] = kopecks_from_roubles(form.typed("roubles"))
    if isinstance(form, forms.Nominal):
        said["year"] = int(form.typed("year"))
    if isinstance(form, forms.Move):
        said["payer"] = form.typed("payer")
    return said


def _fits(connection: Connection, form: forms.Change, picture: Picture, change: str, said: deeds.Said) -> bool:
    """Whether the sum lies within the payer's limits, and the day within the certificate's; else its field says so."""
    if isinstance(form, forms.State) and not picture.valid_from <= said["on"] <= picture.valid_to:
        form.on.errors = [_("Этот день — вне срока действия сертификата.")]
        return False
    if change not in (deeds.NOMINAL, deeds.MOVE) or not isinstance(form, forms.Nominal | forms.Move):
        return True
    if change == deeds.MOVE and picture.kind != "financing" and said["kopecks"]:
        form.roubles.errors = [_("На сертификате учёта нет денег: напишите 0.00.")]
        return False
    payer, year = said.get("payer", picture.payer), said.get("year", clock().today().year)
    before = sum(each.standing.nominal_kopecks for each in picture.years if each.payer == payer and each.first[:4] == str(year))
    left = deeds.left_of_limit(connection, payer, year)
    if left is not None and said["kopecks"] - before > max(0, left):
        form.roubles.errors = [_("Больше лимита муниципалитета: осталось %(sum)s.", sum=roubles(max(0, left)))]
        return False
    if said["kopecks"] and not before and not deeds.has_certificate_left(connection, payer, year):
        form.roubles.errors = [_("Лимит муниципалитета на число сертификатов исчерпан.")]
        return False
    return True


def _field_of(form: forms.Change, change: str) -> Any:
    """The field that a refusal of the register is shown at."""
    name = {deeds.REISSUE: "number", deeds.NOMINAL: "year", deeds.MOVE: "roubles"}.get(change, "on")
    return form[name]


def _done(certificate: str, trial: deeds.Trial, enrolled: list[str]) -> Response:
    if not trial.is_different:
        flash(_("Ничего не изменилось: так уже было."), "warning")
    else:
        flash(_("Сделано и записано в историю."), "success")
    if enrolled:
        flash(_("Зачислено из очереди муниципалитета: %(number)d.", number=len(enrolled)), "success")
    return redirect(url_for("certificates.certificate", certificate=certificate))


def _write_letters(connection: Connection, picture: Picture, change: str, said: deeds.Said, reason: str) -> None:
    who = family.child(connection, picture.child)
    for each in family.guardians_of(connection, picture.child):
        if each.confirmed_at:
            values = {"change": change, "said": said, "reason": reason, "name": who.first_name if who else "", "number": picture.number}
            names = dict(choices.all_payers(connection))
            address = mail.link("family.child", child=picture.child)
            mail.queue(connection, "certificate_changed", each.email, each.language, link=address, payers=names, **values)


def _card(connection: Connection, picture: Picture) -> financing.Certificate:
    known = (picture.certificate, picture.number, picture.kind, picture.state, picture.valid_from, picture.valid_to)
    return financing.Certificate(*known, _standing(connection, picture))


def _standing(connection: Connection, picture: Picture) -> Standing:
    return Ledger(connection, "").standing(picture.certificate, picture.payer, nominal_period(dt.date.fromisoformat(picture.on)))


def _is_live(row: Any) -> bool:
    return row.state in ("accepted", "active", "ending") and row.ends_on >= clock().today().isoformat()
