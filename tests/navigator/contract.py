"""The register's contract, navigator/openapi.yaml, as a judge of real conversations: whatever a test asks and is answered must be in it."""

from __future__ import annotations

from functools import cache
from typing import Any
from urllib.parse import urlsplit

import yaml
from jsonschema import Draft202012Validator, FormatChecker

from .root import REPOSITORY

FILE = REPOSITORY / "navigator" / "openapi.yaml"


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@cache
def strict_document() -> dict[str, Any]:
    """The contract read strictly: an answer holds what is written and nothing else, so that no member comes in unwritten."""
    return {"components": {"schemas": _strict(document()["components"]["schemas"])}}


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: _strict(value) for name, value in node.items()}
    if made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = document()
    for name in node["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


@cache
def validator(name: str, strict: bool) -> Draft202012Validator:
    source = strict_document() if strict else document()
    schema = {"$ref": f"#/components/schemas/{name}", "components": source["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def faults_of(name: str, value: Any, strict: bool) -> list[str]:
    """What of the value is not as the schema says."""
    return [f"{error.json_path}: {error.message}"[:300] for error in validator(name, strict).iter_errors(value)]


def schema_of_request(method: str, path: str) -> str | None:
    body = document()["paths"][path][method.lower()].get("requestBody")
    return None if body is None else _name(body["content"]["application/json"]["schema"])


def schema_of_answer(method: str, path: str, status: int) -> tuple[str, str | None]:
    """The media type and the schema of an answer; KeyError where the status is not documented."""
    answers = document()["paths"][path][method.lower()]["responses"]
    ((media, content),) = resolved(answers[str(status)])["content"].items()
    return media, _name(content["schema"])


def _name(schema: dict[str, Any]) -> str | None:
    return schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None


def check(method: str, url: str, sent: Any, status: int, media: str, answer: Any) -> None:
    """Hold one conversation against the contract: a body that was taken, and the answer, whatever it is."""
    path = urlsplit(url).path
    if method.lower() not in document()["paths"].get(path, {}):
        assert status in (404, 405), f"{method} {path} is not documented, and was answered {status}"
        return
    try:
        expected, name = schema_of_answer(method, path, status)
    except KeyError:
        raise AssertionError(f"{method} {path}: the status {status} is not documented") from None
    assert media.split(";")[0] == expected, f"{method} {path} {status}: {media} instead of {expected}"
    if name is not None:
        assert not (wrong := faults_of(name, answer, strict=True)), f"{method} {path} {status}: {wrong[:3]}"
    asked = schema_of_request(method, path)
    if asked is not None and status == 200:
        assert not (wrong := faults_of(asked, sent, strict=False)), f"{method} {path}, taken although: {wrong[:3]}"
