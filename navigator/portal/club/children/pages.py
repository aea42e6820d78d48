"""Who is enrolled, by group and state."""

from __future__ import annotations

from flask import abort, render_template, request

from navigator.engine import reading
from navigator.portal import audit
from navigator.portal.access import actor
from navigator.portal.club.blueprint import PAGE, Page, club, page_number
from navigator.portal.club.children import store
from navigator.portal.club.groups import store as groups
from navigator.web import clock, engine


@club.get("/club/enrollments")
def enrollments() -> Page:
    """The club's enrollments; of one group, or of all."""
    state, group, page = request.args.get("state", store.NOW), request.args.get("group", ""), page_number(request.args.get("page"))
    if state not in store.STATES:
        abort(404)
    today, provider = clock().today(), actor().provider
    with reading(engine()) as connection:
        own = groups.of_provider(connection, provider)
        found = store.enrolled(connection, provider, group, state, today, page, PAGE)
        counts = store.counts(connection, provider, group, today)
    if group and group not in {row.group for row in own}:
        abort(404)
    audit.shown(row.child for row in found[:PAGE])
    shown = {"found": found[:PAGE], "more": len(found) > PAGE, "page": page, "state": state, "group": group, "counts": counts}
    return render_template("club/enrollments.html", own=own, states=store.STATES, **shown)
