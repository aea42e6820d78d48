"""WebDAV's requests and answers, as far as a calendar needs them (RFC 4791, 6578)."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat
from xml.sax.saxutils import escape

from gateway.plugins import Period

DEPTH_MAX = 40
MULTISTATUS = "DAV: multistatus"
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<{root} xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://calendarserver.org/ns/">{inner}</{root}>'
)
_TAG, _TOKEN, _DATA = "http://calendarserver.org/ns/ getctag", "DAV: sync-token", "urn:ietf:params:xml:ns:caldav calendar-data"


def state_request() -> bytes:
    """What the collection is, and by what it says that it has changed."""
    return _made("d:propfind", "<d:prop><d:resourcetype/><d:sync-token/><s:getctag/></d:prop>")


def changes_request(token: str) -> bytes:
    """What has changed since."""
    return _made(
        "d:sync-collection",
        f"<d:sync-token>{escape(token)}</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop>",
    )


def events_request(period: Period | None) -> bytes:
    """The events of some days; None: all there are."""
    within = ""
    if period is not None:
        first, last = period.first - dt.timedelta(days=1), period.last + dt.timedelta(days=2)  # whatever the zone
        within = f'<c:time-range start="{first:%Y%m%d}T000000Z" end="{last:%Y%m%d}T000000Z"/>'
    return _made(
        "c:calendar-query",
        "<d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f'<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">{within}</c:comp-filter></c:comp-filter></c:filter>',
    )


def _made(root: str, inner: str) -> bytes:
    return _HEAD.format(root=root, inner=inner).encode()


class Resource(NamedTuple):
    """One response of a multistatus. ``status``: of the response itself, None where only its properties have one."""

    href: str
    status: int | None
    properties: dict[str, Element]

    @property
    def calendar(self) -> str | None:
        found = self.properties.get(_DATA)
        return None if found is None else found.text

    @property
    def mark(self) -> str | None:
        """By what the collection says that it has changed; a token, or a word that is another after each change."""
        token, tag = (self.properties.get(name) for name in (_TOKEN, _TAG))
        if token is not None and token.text:
            return f"token {token.text.strip()}"
        return f"tag {tag.text.strip()}" if tag is not None and tag.text else None

    @property
    def is_calendar(self) -> bool:
        kind = self.properties.get("DAV: resourcetype")
        return kind is not None and kind.find("urn:ietf:params:xml:ns:caldav calendar") is not None


class Multistatus(NamedTuple):
    resources: list[Resource]
    token: str | None


def multistatus(content: bytes) -> Multistatus:
    """Understand an answer.

    Raises:
        ValueError: it is none, or has what no answer needs (a document type, entities, depth).
    """
    root = _parsed(content)
    if root.tag != MULTISTATUS:
        raise ValueError("no multistatus")
    token = root.find(_TOKEN)
    return Multistatus(
        [_resource(each) for each in root.iter("DAV: response")], token.text.strip() if token is not None and token.text else None
    )


def _resource(element: Element) -> Resource:
    properties = {}
    for group in element.iter("DAV: propstat"):
        if _status(group) in (None, 200):
            properties.update({found.tag: found for kept in group.iter("DAV: prop") for found in kept})
    return Resource((element.findtext("DAV: href") or "").strip(), _status(element), properties)


def _status(element: Element) -> int | None:
    words = (element.findtext("DAV: status") or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None


def _parsed(content: bytes) -> Element:
    """XML without a document type: so without entities that unfold into more than they are."""
    builder, parser = TreeBuilder(), expat.ParserCreate(namespace_separator=" ")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_MAX:
            raise ValueError("too deep")
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_: object) -> None:
        raise ValueError("a document type")

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        raise ValueError("no XML") from None
    return builder.close()
