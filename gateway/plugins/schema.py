"""Parameters and settings are declared once, as frozen dataclasses; what checks them is derived from the declaration.

A field may be an `int`, a `str`, a `bool`, an `Enum` (by its value), a `Literal` of strings, any of these or None, or a `tuple` of any of
these. A float is refused when the schema is derived: nothing near money is one.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import marshmallow
from marshmallow import fields, validate

from gateway.core.facts import Text

Declared = TypeVar("Declared")


class BadParameter(ValueError):
    """A value does not fit its declaration, or (raised in ``__post_init__``) makes no sense. ``parameter``: its name, "" for all."""

    def __init__(self, parameter: str, what: Text) -> None:
        super().__init__(f"{parameter}: {what.en}" if parameter else what.en)
        self.parameter = parameter
        self.what = what


class _StrictBoolean(fields.Field[bool]):
    """Only ``true`` and ``false``; marshmallow's own takes "yes" and 1 as well."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("validator_failed")
        return value


class _TupleOf(fields.List[Any]):
    """A list that becomes a tuple."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


@functools.cache
def schema_of(declared: type) -> marshmallow.Schema:
    """The schema that loads a mapping into the dataclass; unknown keys are refused, defaults are the dataclass's.

    Raises:
        TypeError: no frozen dataclass, or a field of a type that is not provided for.
    """
    if not dataclasses.is_dataclass(declared) or not declared.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{declared!r} is not a frozen dataclass")
    hints = typing.get_type_hints(declared)
    schema = marshmallow.Schema.from_dict(
        {field.name: _field_of(field, hints[field.name]) for field in dataclasses.fields(declared) if field.init},
        name=f"{declared.__name__}Schema",
    )
    return schema(unknown=marshmallow.RAISE)


def load(declared: type[Declared], values: Mapping[str, Any]) -> Declared:
    """Make the dataclass from plain values.

    Raises:
        BadParameter: a key is unknown or missing, a value of the wrong type, or refused by the dataclass itself (its ``ValueError``).
        TypeError: as `schema_of`.
    """
    schema: marshmallow.Schema = schema_of(declared)  # type: ignore[arg-type]
    try:
        loaded = schema.load(values)
    except marshmallow.ValidationError as error:
        raise _first_fault(declared, schema, error) from error
    try:
        return declared(**loaded)
    except BadParameter:
        raise
    except ValueError as error:
        raise BadParameter("", Text(str(error), str(error))) from error


def _first_fault(declared: type, schema: marshmallow.Schema, error: marshmallow.ValidationError) -> BadParameter:
    messages = error.messages
    assert isinstance(messages, dict)
    name = str(next(iter(messages)))
    field = schema.fields.get(name)
    if field is None:
        known = ", ".join(schema.fields) or "—"
        return BadParameter(name, Text(f"такого параметра нет; есть: {known}", f"there is no such parameter; there are: {known}"))
    expected = expected_of(typing.get_type_hints(declared)[name])
    return BadParameter(name, Text(f"нужно: {expected.ru}", f"must be {expected.en}"))


def _field_of(field: dataclasses.Field[Any], hint: Any) -> fields.Field[Any]:
    has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    return _field(hint, required=not has_default)


def _field(hint: Any, **options: Any) -> fields.Field[Any]:
    plain, allows_none = _without_none(hint)
    options["allow_none"] = allows_none
    origin = typing.get_origin(plain)
    if origin is typing.Literal:
        return fields.String(validate=validate.OneOf(typing.get_args(plain)), **options)
    if origin is tuple:
        inner, *rest = typing.get_args(plain)
        if rest == [Ellipsis]:
            return _TupleOf(_field(inner), **options)
    if plain is bool:
        return _StrictBoolean(**options)
    if plain is int:
        return fields.Integer(strict=True, **options)
    if plain is str:
        return fields.String(**options)
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return fields.Enum(plain, by_value=True, **options)
    raise TypeError(f"a parameter cannot be of the type {hint!r}")


def expected_of(hint: Any) -> Text:
    """What a value of this type must be, in words."""
    plain, allows_none = _without_none(hint)
    origin = typing.get_origin(plain)
    if origin is typing.Literal or (isinstance(plain, type) and issubclass(plain, enum.Enum)):
        values = typing.get_args(plain) if origin is typing.Literal else [member.value for member in plain]
        listed = ", ".join(str(value) for value in values)
        found = Text(f"одно из: {listed}", f"one of: {listed}")
    elif origin is tuple:
        inner = expected_of(typing.get_args(plain)[0])
        found = Text(f"список ({inner.ru})", f"a list ({inner.en})")
    else:
        found = {
            bool: Text("true или false", "true or false"),
            int: Text("целое число", "a whole number"),
            str: Text("строка", "a string"),
        }[plain]
    return Text(f"{found.ru} или ничего", f"{found.en}, or nothing") if allows_none else found


def _without_none(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        others = [each for each in typing.get_args(hint) if each is not type(None)]
        if len(others) == 1 and len(others) < len(typing.get_args(hint)):
            return others[0], True
    return hint, False
