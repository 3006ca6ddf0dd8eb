"""Conditions between the members of a body: what is checked is what is shown."""

from __future__ import annotations

import itertools
from typing import Any

import jsonschema
import pytest
from rest_framework import serializers

from warehouses.http.bodies import checked
from warehouses.http.conditions import (
    AnyOf,
    BelongsTo,
    Changing,
    Condition,
    Described,
    Instead,
    Needs,
    NotBoth,
    Takes,
    without,
)
from warehouses.http.fields import StrictCharField, StrictSerializer

OTHERS = ("a", "b", "c", "d")
#: Each member given or not, under each act.
GIVEN = [
    {"act": act, **dict.fromkeys(names, "x")}
    for act in ("go", "stay", "end")
    for count in range(len(OTHERS) + 1)
    for names in itertools.combinations(OTHERS, count)
]


class Body(StrictSerializer):
    act = serializers.ChoiceField(choices=("go", "stay", "end"))
    a = StrictCharField(max_length=5, required=False)
    b = StrictCharField(max_length=5, required=False)
    c = StrictCharField(max_length=5, required=False)
    d = StrictCharField(max_length=5, required=False)


def refused(condition: Condition, given: dict[str, Any]) -> Any:
    """What is said of it, by member; None if the condition is kept."""
    body = type("Held", (Body,), {"conditions": (condition,)})(data=given)
    return None if body.is_valid() else body.errors


@pytest.mark.parametrize(
    "condition",
    [
        Changing(besides=("act",)),
        Changing(besides=("act", "d")),
        AnyOf(("a", "b"), "Give one."),
        NotBoth("a", "b", "Not both."),
        Instead("a", others=("b", "c"), needed=("c", "d"), too_much="Not that.", too_little="That too."),
        BelongsTo("act", ("go", "stay"), ("a", "b"), "Not here."),
        Needs("act", "go", ("a", "b"), "Give one."),
        Needs("act", "go", ("a", "b"), "Give one.", is_about_all=True),
        Takes("act", {"go": ("a", "b"), "stay": (), "end": ("c",)}, ("d",), "{value} does not take it."),
    ],
    ids=lambda condition: type(condition).__name__,
)
def test_what_is_shown_is_what_is_checked(condition: Condition) -> None:
    shape = condition.schema(Body().fields)
    kept = [given for given in GIVEN if refused(condition, given) is None]
    assert kept == [given for given in GIVEN if jsonschema.Draft4Validator(shape).is_valid(given)]
    assert 0 < len(kept) < len(GIVEN)


@pytest.mark.parametrize(
    ("condition", "given", "faults"),
    [
        (Changing(besides=("act",)), {}, {"non_field_errors": "empty"}),
        (AnyOf(("a", "b"), "Give one."), {}, {"a": "required"}),
        (NotBoth("a", "b", "Not both."), {"a": "x", "b": "x"}, {"b": "contradiction"}),
        (
            Instead("a", others=("b", "c"), needed=("c", "d"), too_much="No.", too_little="Yes."),
            {"a": "x", "b": "x", "c": "x"},
            {"b": "redundant", "c": "redundant"},
        ),
        (
            Instead("a", others=("b", "c"), needed=("c", "d"), too_much="No.", too_little="Yes."),
            {},
            {"c": "required", "d": "required"},
        ),
        (BelongsTo("act", ("end",), ("a", "b"), "Not here."), {"a": "x"}, {"a": "unknown_field"}),
        (Needs("act", "go", ("a", "b"), "Give one."), {}, {"a": "required"}),
        (Needs("act", "go", ("a",), "Give it.", is_about_all=True), {}, {"non_field_errors": "required"}),
        (
            Takes("act", {"go": ("a",)}, (), "{value}: no."),
            {"c": "x", "b": "x"},
            {"b": "unknown_field", "c": "unknown_field"},
        ),
    ],
)
def test_the_members_at_fault_are_named(
    condition: Condition, given: dict[str, Any], faults: dict[str, str]
) -> None:
    errors = refused(condition, {"act": "go", **given})
    assert {name: found[0].code for name, found in errors.items()} == faults


def test_what_is_only_described_is_not_checked() -> None:
    condition = Described(without("a"))
    assert refused(condition, {"act": "go", "a": "x"}) is None
    assert not jsonschema.Draft4Validator(condition.schema({})).is_valid({"a": "x"})


def test_a_body_that_changes_something_anyway_is_not_told_to() -> None:
    assert Changing().schema(Body().fields) == {}


def test_the_short_way_does_not_pass_conditions_by() -> None:
    class Plain(StrictSerializer):
        a = StrictCharField(max_length=5, required=False)
        b = StrictCharField(max_length=5, required=False)

    class Held(Plain):
        conditions = (NotBoth("a", "b", "Not both."),)

    both = {"a": "x", "b": "x"}
    assert checked(Plain, both) == both
    with pytest.raises(serializers.ValidationError):
        checked(Held, both)
