"""A child's requests that are not answered yet, with their place on the list and what they will take of the certificate."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, ScalarSelect, case, func, select

from navigator.portal.enrolling.store import ASKED, UNFUNDED, WAITING
from navigator.portal.tables import requests


def waiting_of(connection: Connection, child: str) -> list[Row[Any]]:
    """The requests in the order of asking; ``on_list``: the place on the group's list or the payer's; 0: it is being answered."""
    r = requests.c
    on_list = case((r.state == WAITING, _before("group")), (r.state == UNFUNDED, _before("payer")), else_=0).label("on_list")
    mine = (r.child == child) & r.state.in_((WAITING, ASKED, UNFUNDED))
    return list(connection.execute(select(requests, on_list).where(mine).order_by(r.place)))


def _before(whose: str) -> ScalarSelect[int]:
    """How many of the same state and the same group (or payer) stand up to the request, itself too; either has its index."""
    other = requests.alias()
    same = (other.c[whose] == requests.c[whose]) & (other.c.state == requests.c.state) & (other.c.place <= requests.c.place)
    return select(func.count()).select_from(other).where(same).correlate(requests).scalar_subquery()
