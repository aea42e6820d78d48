"""Frozen facts to JSON text and back (cattrs does the work)."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Any, TypeVar

from cattrs.cols import is_namedtuple, namedtuple_dict_structure_factory, namedtuple_dict_unstructure_factory
from cattrs.preconf.json import make_converter

from gateway.core.facts import Certificate, Enrollment, RegisterGroup, RegisterProvider

Fact = TypeVar("Fact")

_converter = make_converter()
_converter.register_unstructure_hook(dt.time, lambda time: time.isoformat())
_converter.register_structure_hook(dt.time, lambda text, _: dt.time.fromisoformat(text))
_converter.register_unstructure_hook_factory(is_namedtuple, namedtuple_dict_unstructure_factory)
_converter.register_structure_hook_factory(is_namedtuple, namedtuple_dict_structure_factory)


def to_text(fact: Any) -> str:
    return _converter.dumps(fact, ensure_ascii=False, sort_keys=True)


def from_text(kind: type[Fact], text: str) -> Fact:
    return _converter.loads(text, kind)


# The same enrollment or group is read again with every batch: parsed once, it stays.


@lru_cache(maxsize=20_000)
def group_from(text: str) -> RegisterGroup:
    return from_text(RegisterGroup, text)


@lru_cache(maxsize=5_000)
def provider_from(text: str) -> RegisterProvider:
    return from_text(RegisterProvider, text)


@lru_cache(maxsize=50_000)
def certificate_from(text: str) -> Certificate:
    return from_text(Certificate, text)


@lru_cache(maxsize=50_000)
def enrollment_from(text: str) -> Enrollment:
    return from_text(Enrollment, text)
