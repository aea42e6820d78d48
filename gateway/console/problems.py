"""Answers to programs that are problems of RFC 9457."""

from __future__ import annotations

import json
from typing import Any

from flask import Response

PROBLEM = "application/problem+json"
TYPES = "urn:pfdo-gateway:problem:"


def problem(status: int, kind: str, title: str, detail: str, **more: Any) -> Response:
    """``kind`` is the last part of the type (docs/serving.md); ``more``: members of this type."""
    body = {"type": TYPES + kind, "title": title, "status": status, "detail": detail, **more}
    return Response(json.dumps(body, ensure_ascii=False), status, content_type=PROBLEM)
