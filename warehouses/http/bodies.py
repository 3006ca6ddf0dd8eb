"""Checking a body: what is surely in order is taken at once, and everything else is left to its serializer.

A serializer copies its fields for each body and calls each of them through many hands; for a bulk request of five
hundred rows that is most of the request. `checked` looks at a body with a few comparisons made once from the
serializer's own fields. It accepts only what the serializer would return unchanged, and never refuses: that, and every
word of a refusal, is the serializer's. A test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from warehouses.http.fields import StrictCharField, StrictIntegerField, StrictSerializer

__all__ = ["checked"]

Accepts = Callable[[Any], bool]


def checked(serializer: type[StrictSerializer], data: Any) -> dict[str, Any]:
    """The values of a body. Raises DRF's ValidationError as `is_valid(raise_exception=True)` does."""
    accepts = _accepts(serializer)
    if accepts is not None and accepts(data):
        return dict(data)
    body = serializer(data=data)
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    return values


@cache
def _accepts(serializer: type[StrictSerializer]) -> Accepts | None:
    """What says of a body that it is surely in order; None for a serializer that this knows too little of."""
    return _accepts_object(serializer())


def _accepts_object(serializer: serializers.Serializer[Any]) -> Accepts | None:
    kind = type(serializer)
    if (
        not issubclass(kind, StrictSerializer)
        or kind.validate is not StrictSerializer.validate
        or kind.conditions
        or kind.to_internal_value is not StrictSerializer.to_internal_value
        or kind.run_validation is not serializers.Serializer.run_validation
    ):
        return None
    members: dict[str, Accepts] = {}
    required = []
    for name, field in serializer.fields.items():
        accepts = _accepts_field(field)
        if accepts is None or field.source != name or field.read_only:
            return None
        own = getattr(serializer, f"validate_{name}", None)
        members[name] = accepts if own is None else _and_own(accepts, own)
        if field.required:
            required.append(name)
        elif field.default is not serializers.empty:
            return None
    needed, find = frozenset(required), members.get

    def accept(value: Any) -> bool:
        if type(value) is not dict or not needed <= value.keys():
            return False
        for name, member in value.items():
            accepts = find(name)
            if accepts is None or not accepts(member):
                return False
        return True

    return accept


def _and_own(accepts: Accepts, own: Callable[[Any], Any]) -> Accepts:
    """`validate_…` of the serializer: asked too, and only trusted where it gives the value back."""

    def accept(value: Any) -> bool:
        try:
            return accepts(value) and own(value) is value
        except ValidationError:
            return False

    return accept


_VALIDATORS = (
    MinValueValidator,
    MaxValueValidator,
    MaxLengthValidator,
    ProhibitNullCharactersValidator,
    ProhibitSurrogateCharactersValidator,
)


def _accepts_field(field: Any) -> Accepts | None:
    if not all(isinstance(validator, _VALIDATORS) for validator in field.validators):
        return None
    if isinstance(field, StrictIntegerField):
        return _accepts_integer(field)
    if isinstance(field, StrictCharField):
        return _accepts_text(field)
    if isinstance(field, serializers.ListSerializer):
        return _accepts_rows(field)
    return None


def _accepts_integer(field: StrictIntegerField) -> Accepts:
    least: Any = field.min_value
    most: Any = field.max_value
    # A subclass may refuse more of them, such as a change of 0.
    own = (
        None
        if type(field).to_internal_value is StrictIntegerField.to_internal_value
        else field.to_internal_value
    )

    def accept(value: Any) -> bool:
        return type(value) is int and least <= value <= most

    return accept if own is None else _and_own(accept, own)


def _accepts_text(field: StrictCharField) -> Accepts | None:
    kind = type(field)
    known = (
        kind.to_internal_value is StrictCharField.to_internal_value
        and kind.run_validation is StrictCharField.run_validation
    )
    if not known or not field.trim_whitespace or field.min_length is not None:
        return None
    most: Any = field.max_length

    def accept(value: Any) -> bool:
        # Printable text has no control characters, no halves of surrogates, and of blanks only the plain one.
        return (
            type(value) is str
            and 0 < len(value) <= most
            and value.isprintable()
            and value[0] != " "
            and value[-1] != " "
        )

    return accept


def _accepts_rows(field: Any) -> Accepts | None:
    child, most, allows_none = field.child, field.max_length, field.allow_empty
    if allows_none or most is None or type(field) is not serializers.ListSerializer:
        return None
    row = _accepts_object(child)
    if row is None:
        return None

    def accept(value: Any) -> bool:
        return type(value) is list and 0 < len(value) <= most and all(map(row, value))

    return accept
