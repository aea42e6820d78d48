"""Who may what: one table, route by route, and the one place that holds it.

A route that does not stand in `RULES` answers nobody (and fails the tests). A role that does not stand in a route's rule may not; where it
does, its relation says to which objects. What somebody may not see is answered as what is not there: 404.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import abort, g, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import Connection, select
from werkzeug.wrappers import Response

from navigator.engine import reading
from navigator.portal.club.tables import days_off
from navigator.portal.disputes.tables import disputes
from navigator.portal.proposals.tables import proposals
from navigator.portal.tables import applications, guardians, requests, tokens
from navigator.tables import certificates, groups, modules, programmes
from navigator.web import engine


class Role(StrEnum):
    """Who somebody is. A payer's person reads what concerns its own municipality."""

    ANYBODY = "anybody"  # not signed in
    PARENT = "parent"
    CLUB = "club"
    PAYER = "payer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: the person's id, role and e-mail, the provider of a club's, the payer of a payer's person; all "" of anybody."""

    person: str = ""
    role: Role = Role.ANYBODY
    email: str = ""
    provider: str = ""
    payer: str = ""


Arguments = Mapping[str, Any]
Relation = Callable[[Connection, Actor, Arguments], bool]
Subject = Callable[[Connection, Arguments], str]


def always(_connection: Connection, _actor: Actor, _arguments: Arguments) -> bool:
    """No object is asked for, or any may be."""
    return True


def of_own_child(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a child that the person stands for."""
    return _guards(connection, actor, arguments["child"])


def of_own_application(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names an application for such a child."""
    return _guards(connection, actor, child_of_application(connection, arguments))


def of_own_request(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a request for a place for such a child."""
    return _guards(connection, actor, child_of_request(connection, arguments))


def to_own_provider(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a request to the club that the person is of."""
    wanted = select(requests.c.provider).where(requests.c.request == arguments["request_"])
    return connection.scalar(wanted) == actor.provider


def child_of_request(connection: Connection, arguments: Arguments) -> str:
    """The child of the request that the address names; "" where there is no such request."""
    return connection.scalar(select(requests.c.child).where(requests.c.request == arguments["request_"])) or ""


def of_own_dispute(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a dispute about a lesson of such a child."""
    return _guards(connection, actor, child_of_dispute(connection, arguments))


def dispute_with_own_provider(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a dispute with the club that the person is of."""
    wanted = select(disputes.c.provider).where(disputes.c.dispute == arguments["dispute"])
    return connection.scalar(wanted) == actor.provider


def is_dispute(connection: Connection, _actor: Actor, arguments: Arguments) -> bool:
    """The address names a dispute, whoever's."""
    return bool(child_of_dispute(connection, arguments))


def child_of_dispute(connection: Connection, arguments: Arguments) -> str:
    """The child of the dispute that the address names; "" where there is no such dispute."""
    return connection.scalar(select(disputes.c.child).where(disputes.c.dispute == arguments["dispute"])) or ""


def of_own_proposal(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a place that a club asks for on behalf of such a child."""
    return _guards(connection, actor, child_of_proposal(connection, arguments))


def child_of_proposal(connection: Connection, arguments: Arguments) -> str:
    """The child of the proposal that the address names; "" where it is nobody's."""
    return connection.scalar(select(proposals.c.child).where(proposals.c.proposal == arguments["proposal"])) or ""


def of_own_invitation(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names an invitation to the person's own e-mail, which is confirmed."""
    mine = (tokens.c.digest == arguments["invitation"]) & (tokens.c.kind == "invitation") & (tokens.c.email == actor.email)
    return connection.scalar(select(tokens.c.digest).where(mine)) is not None


def of_own_payer(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names an application to the person's own payer."""
    wanted = select(applications.c.payer).where(applications.c.application == arguments["application"])
    return connection.scalar(wanted) == actor.payer


def of_own_programme(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a programme of the club that the person is of."""
    wanted = select(programmes.c.provider).where(programmes.c.programme == arguments["programme"])
    return connection.scalar(wanted) == actor.provider


def of_own_payers_certificate(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a certificate that the person's own payer pays."""
    wanted = select(certificates.c.payer).where(certificates.c.certificate == arguments["certificate"])
    return connection.scalar(wanted) == actor.payer


def child_of_certificate(connection: Connection, arguments: Arguments) -> str:
    """The child of the certificate that the address names; "" where there is no such certificate."""
    wanted = select(certificates.c.child).where(certificates.c.certificate == arguments["certificate"])
    return connection.scalar(wanted) or ""


def of_own_group(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names a group of that club."""
    wanted = select(programmes.c.provider).select_from(groups.join(modules).join(programmes))
    return connection.scalar(wanted.where(groups.c.group == arguments["group"])) == actor.provider


def of_own_day_off(connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names days off of that club."""
    return connection.scalar(select(days_off.c.provider).where(days_off.c.day_off == arguments["day_off"])) == actor.provider


def is_own_payer(_connection: Connection, actor: Actor, arguments: Arguments) -> bool:
    """The address names the payer that the person is of."""
    return bool(arguments["payer"] == actor.payer)


def named_child(_connection: Connection, arguments: Arguments) -> str:
    """The child that the address names."""
    return str(arguments["child"])


def child_of_application(connection: Connection, arguments: Arguments) -> str:
    """The child of the application that the address names; "" where there is no such application."""
    wanted = select(applications.c.child).where(applications.c.application == arguments["application"])
    return connection.scalar(wanted) or ""


def child_of_invitation(connection: Connection, arguments: Arguments) -> str:
    """The child that the address's invitation is to; "" where there is no such invitation."""
    return connection.scalar(select(tokens.c.child).where(tokens.c.digest == arguments["invitation"])) or ""


def _guards(connection: Connection, actor: Actor, child: str) -> bool:
    mine = (guardians.c.child == child) & (guardians.c.person == actor.person)
    return connection.scalar(select(guardians.c.child).where(mine)) is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a route, and whose data it shows: ``shows`` names the child whose reading is noted (`navigator.portal.audit`)."""

    who: Mapping[Role, Relation]
    shows: Subject | None = None


PUBLIC = Rule(dict.fromkeys(Role, always))
SIGNED_IN = Rule({role: always for role in Role if role is not Role.ANYBODY})
PARENTS = Rule({Role.PARENT: always})
OWN_CHILD = Rule({Role.PARENT: of_own_child}, named_child)
OWN_APPLICATION = Rule({Role.PARENT: of_own_application}, child_of_application)
CLUB = Rule({Role.CLUB: always})  # a club's person is shown its own provider's only
CLUB_PROGRAMME = Rule({Role.CLUB: of_own_programme})
CLUB_GROUP = Rule({Role.CLUB: of_own_group})
OPERATOR = Rule({Role.OPERATOR: always})
OPERATOR_CHILD = Rule({Role.OPERATOR: always}, named_child)
OVERSEERS = Rule({Role.OPERATOR: always, Role.PAYER: always})
DECIDES = Rule({Role.OPERATOR: always, Role.PAYER: of_own_payer}, child_of_application)

RULES: Mapping[str, Rule] = {
    "static": PUBLIC,
    "bootstrap.static": PUBLIC,
    "front.home": PUBLIC,
    "front.rules": PUBLIC,
    "front.privacy": PUBLIC,
    "catalogue.programmes": PUBLIC,  # a child is shown to those only who stand for it: the page takes no other
    "catalogue.programme": PUBLIC,
    "catalogue.providers": PUBLIC,
    "account.register": PUBLIC,
    "account.join": PUBLIC,
    "account.sign_in": PUBLIC,
    "account.sign_out": SIGNED_IN,
    "account.forgotten": PUBLIC,
    "account.new_password": PUBLIC,
    "account.own": SIGNED_IN,
    "account.end_sign_in": SIGNED_IN,  # ends only the person's own: the statement names the person
    "family.children": PARENTS,
    "family.add": PARENTS,
    "family.child": OWN_CHILD,
    "family.invite": OWN_CHILD,
    "family.invitation": Rule({Role.PARENT: of_own_invitation}, child_of_invitation),
    "letters.choose": PARENTS,
    "letters.stop": PUBLIC,  # whoever has the letter's link
    "cabinet.week": OWN_CHILD,
    "cabinet.visits": OWN_CHILD,
    "cabinet.debits": OWN_CHILD,
    "cabinet.share": OWN_CHILD,
    "cabinet.year": OWN_CHILD,
    "cabinet.chart": OWN_CHILD,
    "cabinet.statement": OWN_CHILD,
    "cabinet.paper": OWN_CHILD,
    "financing.certificate": OWN_CHILD,
    "financing.code": OWN_CHILD,
    "financing.apply": OWN_CHILD,
    "financing.withdraw": OWN_APPLICATION,
    "enrolling.ask": OWN_CHILD,
    "enrolling.withdraw": Rule({Role.PARENT: of_own_request}, child_of_request),
    "enrolling.requests": Rule({Role.CLUB: always}),  # a club's person is shown its own provider's only
    "enrolling.answer": Rule({Role.CLUB: to_own_provider}, child_of_request),
    "club.home": CLUB,
    "club.programmes": CLUB,
    "club.programme": CLUB_PROGRAMME,
    "club.new_programme": CLUB,
    "club.edit_programme": CLUB_PROGRAMME,
    "club.new_module": CLUB_PROGRAMME,
    "club.edit_module": CLUB_PROGRAMME,
    "club.move_programme": CLUB_PROGRAMME,
    "club.new_group": CLUB_PROGRAMME,
    "club.group": CLUB_GROUP,
    "club.edit_group": CLUB_GROUP,
    "club.timetable": CLUB_GROUP,
    "club.lessons": CLUB_GROUP,
    "club.lesson": CLUB_GROUP,
    "club.put_back_lesson": CLUB_GROUP,
    "club.add_lesson": CLUB_GROUP,
    "club.days_off": CLUB,
    "club.enrollments": CLUB,
    "club.money": CLUB,
    "club.month": CLUB,
    "club.month_workbook": CLUB,
    "club.remove_days_off": Rule({Role.CLUB: of_own_day_off}),
    "enrolling.limits": OPERATOR,
    "enrolling.limit": OPERATOR,
    "proposals.propose": Rule({Role.CLUB: always}),  # shows no child: numbers as the club typed them
    "proposals.answer": Rule({Role.PARENT: of_own_proposal}, child_of_proposal),
    "leaving.leave": OWN_CHILD,
    "leaving.leavings": Rule({Role.CLUB: always}),  # a club's person is shown its own provider's only
    "privacy.own": PARENTS,  # the archive holds what is the person's own and its children's: the statement names the person
    "privacy.reads": OWN_CHILD,
    "privacy.forget": OWN_CHILD,
    "privacy.close": PARENTS,
    "disputes.of_child": OWN_CHILD,
    "disputes.file": OWN_CHILD,
    "disputes.own": Rule({Role.PARENT: of_own_dispute}, child_of_dispute),
    "disputes.withdraw": Rule({Role.PARENT: of_own_dispute}, child_of_dispute),
    "disputes.to_club": Rule({Role.CLUB: always}),  # a club's person is shown its own provider's only
    "disputes.answer": Rule({Role.CLUB: dispute_with_own_provider}, child_of_dispute),
    "disputes.all_of_them": OPERATOR,
    "disputes.decide": Rule({Role.OPERATOR: is_dispute}, child_of_dispute),
    "operator.home": OPERATOR,
    "operator.applications": Rule({Role.OPERATOR: always, Role.PAYER: always}),  # a payer's person is shown its own payer's only
    "operator.application": DECIDES,
    "operator.children": OPERATOR,
    "operator.child": OPERATOR_CHILD,
    "operator.programmes": OPERATOR,
    "operator.programme": OPERATOR,
    "parties.payer": Rule({Role.OPERATOR: always, Role.PAYER: is_own_payer}),  # its children are told by `audit.shown`
    "parties.providers": OPERATOR,
    "parties.provider": OPERATOR,
    "persons.listed": OPERATOR,
    "persons.invite": OPERATOR,
    "persons.person": OPERATOR,
    "importing.upload": OPERATOR,
    "importing.decide": OPERATOR,
    # what the operator sees whole, and a payer's person its own payer's part of: the pages ask `operator.choices.own_payer`
    "operations.listed": OVERSEERS,
    "reports.coverage": OVERSEERS,
    "reports.money": OVERSEERS,
    "reports.chart": OVERSEERS,
    "reports.workbook_of": OVERSEERS,
    "certificates.listed": OVERSEERS,
    "certificates.certificate": Rule({Role.OPERATOR: always, Role.PAYER: of_own_payers_certificate}, child_of_certificate),
    "certificates.change": Rule({Role.OPERATOR: always}, child_of_certificate),
}


def actor() -> Actor:
    """Who asks."""
    found: Actor = g.actor
    return found


def enforce() -> Response | None:
    """Before each request: let it through, send whoever is not signed in to sign in, or refuse."""
    g.actor = current_user.actor if current_user.is_authenticated else Actor()
    if request.endpoint is None:
        return None  # no such address: the 404 page is anybody's
    rule = RULES.get(request.endpoint)
    if rule is None:
        abort(403)
    relation = rule.who.get(g.actor.role)
    if relation is None and g.actor.role is Role.ANYBODY:
        asked = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("account.sign_in", next=asked))
    if relation is None:
        abort(403)
    if relation is not always:
        with reading(engine()) as connection:
            if not relation(connection, g.actor, request.view_args or {}):
                abort(404)
    return None
