"""A child's requests that are not answered yet, with their place on the list and what they will take of the certificate."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, select

from navigator.portal.enrolling.store import ASKED, UNFUNDED, WAITING
from navigator.portal.tables import requests


def waiting_of(connection: Connection, child: str) -> list[Row[Any]]:
    """The requests in the order of asking; ``on_list``: the place on the group's list or the payer's; 0: it is being answered."""
    r, other = requests.c, requests.alias()
    same_list = case((r.state == WAITING, other.c.group == r.group), else_=other.c.payer == r.payer)
    before = select(func.count()).where(and_(other.c.state == r.state, same_list, other.c.place <= r.place)).scalar_subquery()
    on_list = case((r.state.in_((WAITING, UNFUNDED)), before), else_=0).label("on_list")
    mine = (r.child == child) & r.state.in_((WAITING, ASKED, UNFUNDED))
    return list(connection.execute(select(requests, on_list).where(mine).order_by(r.place)))
