"""Frozen facts to JSON text and back (msgspec does the work: fast enough that nothing read needs to be kept)."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from gateway.core.facts import Certificate, Enrollment, RegisterGroup, RegisterProvider

Fact = TypeVar("Fact")

_encoder = msgspec.json.Encoder()


def to_text(fact: Any) -> str:
    return _encoder.encode(fact).decode()


def from_text(kind: type[Fact], text: str) -> Fact:
    """
    Raises:
        msgspec.ValidationError: the text is no fact of that kind.
    """
    return msgspec.json.decode(text, type=kind)


group_from = msgspec.json.Decoder(RegisterGroup).decode
provider_from = msgspec.json.Decoder(RegisterProvider).decode
certificate_from = msgspec.json.Decoder(Certificate).decode
enrollment_from = msgspec.json.Decoder(Enrollment).decode
