"""A run's traffic, kept in a folder: what an adapter asked and what its system answered, masked (`gateway.plugins.masking`).

``recording.json`` says of what and when; ``traffic.jsonl`` has a line for each request and its answer, of equal ones the last;
``told.json`` has what the adapter told of it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import requests

from gateway.plugins.http import Client, Http
from gateway.plugins.masking import Masker

VERSION = 1
HEAD, TRAFFIC, TOLD = "recording.json", "traffic.jsonl", "told.json"
_HEADERS = ("Content-Type", "ETag", "Last-Modified", "Link", "Location")
"""Headers of an answer that say something of the data."""
_ASKS_OTHERWISE = ("Depth", "If-Modified-Since", "If-None-Match", "If-Range", "Prefer", "Range")
"""Headers of a request with which the same address answers something else."""


class Exchange(NamedTuple):
    """A request and its answer, as they went over the wire."""

    method: str
    url: str
    body: bytes
    is_form: bool
    conditions: tuple[tuple[str, str], ...]
    status: int
    headers: Mapping[str, str]
    content: bytes


class RecordingHttp(Http):
    """Keeps what its clients ask and are answered."""

    def __init__(self) -> None:
        super().__init__()
        self.exchanges: list[Exchange] = []
        self._clients: list[Client] = []

    def client(self, base_url: str, **asked: Any) -> Client:
        """See `Http.client`."""
        made = super().client(base_url, **asked)
        made.heard = self._take
        self._clients.append(made)
        return made

    @property
    def secrets(self) -> set[str]:
        """All that the clients were told to keep to themselves, tokens included."""
        return {secret for client in self._clients for secret in client.secrets}

    @property
    def addresses(self) -> list[str]:
        """Of the systems that were asked."""
        return [client.address for client in self._clients]

    def _take(self, response: requests.Response, content: bytes) -> None:
        sent = response.request
        body = sent.body or b""
        headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
        self.exchanges.append(
            Exchange(
                str(sent.method),
                str(sent.url),
                body.encode() if isinstance(body, str) else body,
                is_form(str(sent.headers.get("Content-Type", ""))),
                conditions_of({name.lower(): str(value) for name, value in sent.headers.items()}),
                response.status_code,
                headers,
                content,
            )
        )


class Asked(NamedTuple):
    """A request as a recording knows it: ``query`` and a form in the order of their names; another ``body`` as JSON, else as text.

    ``conditions``: headers with which the same address answers something else.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: Any
    conditions: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return json.dumps(self, ensure_ascii=False, sort_keys=True)


def asked(method: str, path: str, query: str, body: bytes, form: bool, conditions: tuple[tuple[str, str], ...] = ()) -> Asked:
    """A request by its parts. ``form``: whether the body is one."""
    said = [list(pair) for pair in sorted(parse_qsl(body.decode("utf-8", errors="replace")))] if form else readable(body)
    return Asked(method, unquote(path), tuple(sorted(parse_qsl(query))), said, conditions)


def conditions_of(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Of all headers, by their names in lower case, those that `Asked.conditions` wants."""
    return tuple((name, headers[name.lower()]) for name in _ASKS_OTHERWISE if name.lower() in headers)


def is_form(content_type: str) -> bool:
    return content_type.startswith("application/x-www-form-urlencoded")


def readable(content: bytes) -> Any:
    """A body: its JSON, else its text."""
    text = content.decode("utf-8-sig", errors="replace")
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True)
class Recording:
    """A folder's content.

    Attributes:
        now, since: of the reading.
        settings: the adapter's, with the system's address as ``{address}`` or ``{host}``.
        secrets: what stands for them.
        answers: a request's key → what the system answered.
        told: see `gateway.plugins.testing.replay`.
    """

    adapter: str
    now: dt.datetime
    since: dt.date | None
    settings: Mapping[str, Any]
    secrets: tuple[str, ...]
    answers: Mapping[str, Mapping[str, Any]] = field(repr=False)
    told: Mapping[str, Any] = field(repr=False, default_factory=dict)

    @staticmethod
    def read(folder: Path) -> Recording:
        """Read a folder.

        Raises:
            ValueError: it is no recording, or of another version.
            OSError: it cannot be read.
        """
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        if not isinstance(head, dict) or head.get("version") != VERSION:
            raise ValueError(f"{folder}: no recording of version {VERSION}")
        lines = [json.loads(line) for line in (folder / TRAFFIC).read_text(encoding="utf-8").splitlines()]
        return Recording(
            head["adapter"],
            dt.datetime.fromisoformat(head["now"]),
            dt.date.fromisoformat(head["since"]) if head["since"] else None,
            head["settings"],
            tuple(head["secrets"]),
            {_key_of(line): line["answer"] for line in lines},
            json.loads((folder / TOLD).read_text(encoding="utf-8")),
        )

    def write(self, folder: Path) -> None:
        """Write a folder that is there and empty."""
        head = {
            "version": VERSION,
            "adapter": self.adapter,
            "now": self.now.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "settings": self.settings,
            "secrets": self.secrets,
        }
        (folder / HEAD).write_text(json.dumps(head, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        with (folder / TRAFFIC).open("w", encoding="utf-8") as file:
            for key, answer in self.answers.items():
                method, path, query, body, conditions = json.loads(key)
                line = {"method": method, "path": path, "query": query, "body": body, "conditions": conditions, "answer": answer}
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        (folder / TOLD).write_text(json.dumps(self.told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _key_of(line: Mapping[str, Any]) -> str:
    query, conditions = (tuple((name, value) for name, value in line[part]) for part in ("query", "conditions"))
    return Asked(line["method"], line["path"], query, line["body"], conditions).key


def masked_traffic(
    exchanges: Iterable[Exchange], settings: Mapping[str, Any], masker: Masker
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """The masked answers by their masked requests' keys, and the masked settings.

    Of equal requests the last one's answer, so that a replay says the same each time. A setting's name says nothing of its value:
    «certificate_field» holds a field's name, and no number.
    """
    kept = list(exchanges)
    contents = [readable(each.content) for each in kept]
    for content in contents:
        masker.look_at(str(content))
    said = [
        {
            "status": each.status,
            "headers": {name: masker.masked(value) for name, value in each.headers.items()},
            "content": masker.masked(content),
        }
        for each, content in zip(kept, contents, strict=True)
    ]
    own = {name: masker.masked(value) for name, value in settings.items()}
    return {_masked_request(each, masker).key: answer for each, answer in zip(kept, said, strict=True)}, own


def _masked_request(each: Exchange, masker: Masker) -> Asked:
    parts = urlsplit(each.url)
    plain = asked(each.method, parts.path, parts.query, each.body, each.is_form, each.conditions)
    conditions = tuple((name, masker.masked_request(value)) for name, value in plain.conditions)
    query = tuple(sorted((name, masker.masked_request(value, name)) for name, value in plain.query))
    body = masker.masked_request(plain.body)
    if each.is_form:
        body = [[name, masker.masked_request(value, name)] for name, value in plain.body]
    return Asked(plain.method, masker.masked_request(plain.path), query, body, conditions)
