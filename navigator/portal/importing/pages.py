"""The import of a district without mistakes: every row's problem before anything is stored, and then all of it as one transaction."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from navigator.district import Problem
from navigator.engine import reading, writing
from navigator.loading import Refused
from navigator.portal.access import actor
from navigator.portal.importing import forms, store, unpacking
from navigator.portal.importing.unpacking import Unusable
from navigator.portal.speech import gettext as _
from navigator.portal.speech import language
from navigator.portal.tables import moment_of
from navigator.texts import told
from navigator.web import clock, engine

importing = Blueprint("importing", __name__)

PROBLEMS_SHOWN = 500
KEYS_MAX = 10**12

Page = str | Response | tuple[str, int]


@importing.route("/imports", methods=["GET", "POST"])
def upload() -> Page:
    """Upload a district's files, and see what was uploaded before."""
    form, now = forms.Upload(), clock().now()
    if not form.validate_on_submit():
        return _upload(form)
    try:
        files = unpacking.unpack((each.filename or "", each.stream) for each in request.files.getlist("files"))
    except Unusable as error:
        form.files.errors = [_why(error)]
        return _upload(form)
    district, problems, counts = store.read(files), [], {}
    try:
        with reading(engine()) as connection:
            counts = store.check(connection, clock(), district)
    except Refused as error:
        problems = error.problems
    with writing(engine()) as connection:
        key = store.note(connection, now, actor().person, files, counts, len(problems))
    if problems:
        return _refused(problems, sorted(files))
    return redirect(url_for("importing.decide", import_=key))


@importing.route("/imports/<int(max=2147483647):import_>", methods=["GET", "POST"])
def decide(import_: int) -> Page:
    """What an import would bring, or has brought; and the buttons to take it in or to forget it."""
    if import_ >= KEYS_MAX:
        abort(404)
    form = forms.Decide()
    if form.validate_on_submit() and form.drop.data:
        with writing(engine()) as connection:
            store.drop(connection, import_)
        flash(_("Файлы удалены, ничего не загружено."), "success")
        return redirect(url_for("importing.upload"))
    if form.validate_on_submit() and form.load.data:
        try:
            return _load(import_)
        except store.Gone:
            flash(_("Этот импорт уже загружен или устарел."), "warning")
    with reading(engine()) as connection:
        found = store.one(connection, import_)
    if found is None:
        abort(404)
    return render_template("importing/decide.html", form=form, found=found, moment_of=moment_of)


def _load(key: int) -> Page:
    with reading(engine()) as connection:
        files = store.files_of(connection, key)
    district = store.read(files)  # outside the transaction: reading takes longer than storing, and nobody else can write meanwhile
    try:
        with writing(engine()) as connection:
            counts = store.take_in(connection, clock(), district)
            store.done(connection, key, clock().now(), counts)
    except Refused as error:  # the register has changed since it was looked at
        return _refused(error.problems, sorted(files))
    flash(_("Загружено."), "success")
    return redirect(url_for("importing.decide", import_=key))


def _upload(form: forms.Upload) -> Page:
    with writing(engine()) as connection:
        store.forget_old(connection, clock().now())
        history = store.history(connection)
    limits = {"megabytes": unpacking.UPLOAD_BYTES_MAX // 1024 // 1024, "files_max": unpacking.FILES_MAX}
    return render_template("importing/upload.html", form=form, history=history, moment_of=moment_of, **limits)


def _refused(problems: list[Problem], files: list[str]) -> Page:
    rows = [(each, told(each.code, each.value, language())) for each in problems[:PROBLEMS_SHOWN]]
    return render_template("importing/refused.html", rows=rows, number=len(problems), files=files)


def _why(error: Unusable) -> str:
    said = {
        "no_files": _("Выберите файлы: в выбранном нет ни одного CSV."),
        "not_a_file_of_ours": _("%(name)s: нужны файлы .csv или архив .zip с ними.", name=error.value),
        "bad_zip": _("%(name)s: архив повреждён. Соберите его заново.", name=error.value),
        "locked_zip": _("%(name)s: архив под паролем. Соберите его без пароля.", name=error.value),
        "twice": _("%(name)s: такой файл выбран дважды. Оставьте один.", name=error.value),
        "too_many": _("Файлов больше %(number)s. Загрузите их частями.", number=error.value),
        "too_large": _("Распакованные файлы больше %(number)s мегабайт. Загрузите их частями.", number=error.value),
    }
    return said[error.code]
