"""Conditions between the members of a body, such as either of two but not both.

A `StrictSerializer` declares them once: it refuses what breaks them, and the document shows them as JSON Schema.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rest_framework.exceptions import ErrorDetail, ValidationError

__all__ = [
    "AnyOf",
    "BelongsTo",
    "Changing",
    "Condition",
    "Described",
    "Instead",
    "Needs",
    "NotBoth",
    "Takes",
    "without",
]

Schema = dict[str, Any]


class Condition(Protocol):
    def check(self, given: Mapping[str, Any]) -> None:
        """Raise DRF's ValidationError, naming the members at fault, unless what is `given` keeps the condition."""

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        """The condition as JSON Schema, for an object of these serializer fields; empty if they see to it already."""


@dataclass(frozen=True, slots=True)
class Changing:
    """Something is given, `besides` these."""

    words: str = "Name at least one field to change."
    code: str = "empty"
    besides: Collection[str] = ()

    def check(self, given: Mapping[str, Any]) -> None:
        if not given.keys() - set(self.besides):
            raise ValidationError(self.words, code=self.code)

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        if any(field.required for name, field in fields.items() if name not in self.besides):
            return {}
        if not self.besides:
            return {"minProperties": 1}
        return _any_of(name for name in fields if name not in self.besides)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of `names` is given; the first is at fault."""

    names: tuple[str, ...]
    words: str
    code: str = "required"

    def check(self, given: Mapping[str, Any]) -> None:
        if not given.keys() & set(self.names):
            _refuse(self.names[:1], self.words, self.code)

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        return _any_of(self.names)


@dataclass(frozen=True, slots=True)
class NotBoth:
    """One of the two is given at most; the second is at fault."""

    first: str
    second: str
    words: str
    code: str = "contradiction"

    def check(self, given: Mapping[str, Any]) -> None:
        if self.first in given and self.second in given:
            _refuse([self.second], self.words, self.code)

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        return {"anyOf": [without(self.first), without(self.second)]}


@dataclass(frozen=True, slots=True)
class Instead:
    """`one` is given instead of `others`; without it, all of `needed` are."""

    one: str
    others: tuple[str, ...]
    needed: tuple[str, ...]
    too_much: str
    too_little: str
    too_much_code: str = "redundant"

    def check(self, given: Mapping[str, Any]) -> None:
        if self.one in given:
            _refuse((name for name in self.others if name in given), self.too_much, self.too_much_code)
        else:
            _refuse((name for name in self.needed if name not in given), self.too_little, "required")

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        return {
            "anyOf": [
                {"required": [self.one], **without(*self.others)},
                {"required": list(self.needed), **without(self.one)},
            ]
        }


@dataclass(frozen=True, slots=True)
class BelongsTo:
    """`names` are given only where the member `switch` is one of `values`."""

    switch: str
    values: tuple[str, ...]
    names: tuple[str, ...]
    words: str
    code: str = "unknown_field"

    def check(self, given: Mapping[str, Any]) -> None:
        if given.get(self.switch) not in self.values:
            _refuse((name for name in self.names if name in given), self.words, self.code)

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        return {"anyOf": [_switched(self.switch, self.values), without(*self.names)]}


@dataclass(frozen=True, slots=True)
class Needs:
    """Where the member `switch` is `value`, at least one of `names` is given. The first of them is at fault, or, where
    the condition `is_about_all`, the body as a whole.
    """

    switch: str
    value: str
    names: tuple[str, ...]
    words: str
    code: str = "required"
    is_about_all: bool = False

    def check(self, given: Mapping[str, Any]) -> None:
        if given.get(self.switch) == self.value and not given.keys() & set(self.names):
            if self.is_about_all:
                raise ValidationError(self.words, code=self.code)
            _refuse(self.names[:1], self.words, self.code)

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        others = [value for value in fields[self.switch].choices if value != self.value]
        needed = [{"required": [name]} for name in self.names]
        return {"anyOf": [_switched(self.switch, others), *needed]} if others else {"anyOf": needed}


@dataclass(frozen=True, slots=True)
class Takes:
    """Which members each value of the member `switch` takes, and `besides` all of them; `words` has the {value}."""

    switch: str
    members: Mapping[str, Collection[str]]
    besides: Collection[str]
    words: str
    code: str = "unknown_field"

    def check(self, given: Mapping[str, Any]) -> None:
        value = given[self.switch]
        strange = sorted(given.keys() - set(self.members[value]) - {self.switch, *self.besides})
        _refuse(strange, self.words.format(value=value), self.code)

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        branches = []
        for value, members in self.members.items():
            strange = [name for name in fields if name not in {self.switch, *self.besides, *members}]
            branch = without(*strange)
            branch["properties"] = {self.switch: {"enum": [value]}, **branch["properties"]}
            branches.append(branch)
        return {"anyOf": branches}


@dataclass(frozen=True, slots=True)
class Described:
    """What the serializer's own `validate` or business code checks, with words of its own, as JSON Schema."""

    shape: Schema

    def check(self, given: Mapping[str, Any]) -> None:
        pass

    def schema(self, fields: Mapping[str, Any]) -> Schema:
        return self.shape


def without(*names: str) -> Schema:
    """None of these members is given. Programs that make bodies up understand this sooner than a negated `required`."""
    return {"properties": {name: {"not": {}} for name in names}}


def _refuse(names: Iterable[str], words: str, code: str) -> None:
    faults = {name: ErrorDetail(words, code=code) for name in names}
    if faults:
        raise ValidationError(faults)


def _any_of(names: Iterable[str]) -> Schema:
    return {"anyOf": [{"required": [name]} for name in names]}


def _switched(switch: str, values: Iterable[str]) -> Schema:
    return {"properties": {switch: {"enum": list(values)}}}
