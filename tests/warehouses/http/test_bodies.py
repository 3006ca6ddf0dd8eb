"""What is taken at once is what the serializer would have taken, and unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from inventory.api.backoffice.stock.bodies import AdjustmentBody
from inventory.api.gateway.bodies import AdjustBody
from inventory.api.gateway.bodies import BulkBody as GatewayBulk
from inventory.api.nexus.bodies import BulkBody, SetBody
from warehouses.http import bodies
from warehouses.http.bodies import checked
from warehouses.http.fields import StrictCharField, StrictIntegerField, StrictSerializer

ROW = {"sku": "TEA", "warehouse_id": "wh_1", "quantity": 7, "reason": "AUDIT"}
PLAIN: list[tuple[type[StrictSerializer], dict[str, Any]]] = [
    (
        AdjustBody,
        {"sku": "TEA", "adjustment": -3, "reason": "Sold", "referenceId": "SO 1", "warehouseId": "wh_1"},
    ),
    (SetBody, {"warehouse_id": "wh_1", "quantity": 7, "reason": "AUDIT"}),
    (BulkBody, {"updates": [ROW, {**ROW, "note": "Counted twice"}]}),
    (GatewayBulk, {"updates": [{"sku": "TEA", "quantity": 7, "reorderPoint": 3}], "reason": "Ünïcode 茶"}),
]

texts = st.one_of(
    st.text("a \x00\n茶\ud800", max_size=3),
    st.sampled_from(
        ["", " ", "a ", " a", "a\n", "a\x00", "\ud800", "\u2028", "\u00a0a", "a" * 129, "TEA", "茶"]
    ),
)
values: st.SearchStrategy[Any] = st.one_of(
    texts,
    st.integers(-3, 3),
    st.sampled_from([2**31 - 1, 2**31, -(2**31), 2**63, True, False, None, 1.0, [], {}, "5"]),
)
NAMES = [
    "sku",
    "adjustment",
    "reason",
    "referenceId",
    "warehouseId",
    "warehouse_id",
    "quantity",
    "note",
    "other",
]
rows = st.dictionaries(st.sampled_from(NAMES), values)


def accepts(serializer: type[StrictSerializer], data: Any) -> bool:
    found = bodies._accepts(serializer)
    assert found is not None
    return found(data)


@pytest.mark.parametrize(("serializer", "data"), PLAIN)
def test_plain_bodies_are_taken_at_once(serializer: type[StrictSerializer], data: dict[str, Any]) -> None:
    """Else the tests below would look at nothing."""
    assert accepts(serializer, data)
    assert checked(serializer, data) == data


@given(st.sampled_from([AdjustBody, SetBody]), st.one_of(rows, values, st.lists(rows)), st.data())
def test_what_is_taken_at_once_is_what_the_serializer_returns(
    serializer: type[StrictSerializer], changes: Any, data: st.DataObject
) -> None:
    plain = next(body for known, body in PLAIN if known is serializer)
    sent: Any = changes
    if isinstance(changes, dict) and data.draw(st.booleans()):
        sent = {**plain, **changes}  # one that is nearly right
    compare(serializer, sent)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([BulkBody, GatewayBulk]), st.lists(rows, max_size=3), st.booleans())
@example(BulkBody, [], False)
def test_rows_of_bulk_bodies_too(
    serializer: type[StrictSerializer], changes: list[dict[str, Any]], is_near: bool
) -> None:
    row = ROW if serializer is BulkBody else {"sku": "TEA", "quantity": 7}
    compare(serializer, {"updates": [{**row, **change} if is_near else change for change in changes]})


@pytest.mark.parametrize(
    "text", ["", " ", "a ", " a", "a\n", "a\x00", "a\tb", "\ud800", "a\u2028b", "\u00a0a", "a" * 129]
)
def test_texts_that_are_trimmed_or_refused(text: str) -> None:
    compare(AdjustBody, {"sku": text, "adjustment": 1})
    compare(BulkBody, {"updates": [ROW, {**ROW, "sku": text}]})


@pytest.mark.parametrize("value", [True, 1.0, "1", None, 0, 2**31, -(2**31), 2**63])
def test_numbers_that_are_none_or_too_large(value: Any) -> None:
    compare(AdjustBody, {"sku": "TEA", "adjustment": value})
    compare(SetBody, {"warehouse_id": "wh_1", "quantity": value, "reason": "AUDIT"})


def test_more_rows_than_the_limit_are_refused() -> None:
    compare(BulkBody, {"updates": [ROW] * 501})
    assert accepts(BulkBody, {"updates": [ROW] * 500})


def compare(serializer: type[StrictSerializer], sent: Any) -> None:
    judge = serializer(data=sent)
    if judge.is_valid():
        assert checked(serializer, sent) == judge.validated_data
        return
    assert not accepts(serializer, sent)
    with pytest.raises(ValidationError) as caught:
        checked(serializer, sent)
    assert caught.value.detail == judge.errors


class WithAChoice(StrictSerializer):
    action = serializers.ChoiceField(choices=("reverse",))


class WithADefault(StrictSerializer):
    quantity = StrictIntegerField(default=3)


class WithAnotherSource(StrictSerializer):
    code = StrictCharField(max_length=3, source="sku")


@pytest.mark.parametrize("serializer", [WithAChoice, WithADefault, WithAnotherSource, AdjustmentBody])
def test_what_it_knows_too_little_of_is_left_to_the_serializer(serializer: type[StrictSerializer]) -> None:
    """A choice, a default, a name of another source, rows with a rule over several fields."""
    assert bodies._accepts(serializer) is None
