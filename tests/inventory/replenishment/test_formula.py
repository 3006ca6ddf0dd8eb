"""The formula by tables: each line is an order somebody could have worked out on paper."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.replenishment.formula import Basis, Need, demand_per_day, is_needed, need, reorder_point


@pytest.mark.parametrize(
    ("setting", "safety", "units", "window", "lead", "expected"),
    [
        (25, 10, 300, 30, 7, 25),  # one that is set stands, whatever the demand
        (0, 10, 300, 30, 7, 80),  # 10 a day × 7 days + 10
        (0, 10, 51, 30, 7, 22),  # 1.7 × 7 = 11.9, rounded up, + 10
        (0, 0, 1, 30, 7, 1),  # any demand at all asks for one unit
        (0, 0, 30, 30, 7, 7),  # exactly: nothing to round
        (0, 5, 0, 30, 7, 5),  # zero demand: the safety stock alone
        (0, 0, 0, 30, 7, 0),
        (0, 3, 100, 30, 0, 3),  # delivered on the day it is ordered
        (0, 0, 1_000_000_000, 730, 730, 1_000_000_000),
        (0, 0, 7, 1, 730, 5110),
    ],
)
def test_reorder_point(setting: int, safety: int, units: int, window: int, lead: int, expected: int) -> None:
    found = reorder_point(
        setting=setting, safety_stock=safety, units=units, window_days=window, lead_time_days=lead
    )
    assert found == expected


def test_demand_a_day_is_rounded_for_people_only() -> None:
    assert demand_per_day(units=51, window_days=30) == Decimal("1.70")
    assert demand_per_day(units=1, window_days=730) == Decimal("0.00")
    assert demand_per_day(units=2, window_days=3) == Decimal("0.67")


@pytest.mark.parametrize(("position", "point", "expected"), [(24, 25, True), (25, 25, False), (-1, 0, True)])
def test_needed_below_the_reorder_point_and_not_at_it(position: int, point: int, expected: bool) -> None:
    assert is_needed(position=position, reorder_point=point) is expected


def asked(**given: Any) -> Need | None:
    return need(**{"reorder_quantity": 0, "maximum": None, "order_multiple": 1} | given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # up to the maximum
        ({"position": 18, "reorder_point": 25, "maximum": 100}, Need(Basis.MAXIMUM, 100, 82, 82)),
        # … which wins over the reorder quantity
        (
            {"position": 18, "reorder_point": 25, "maximum": 100, "reorder_quantity": 80},
            Need(Basis.MAXIMUM, 100, 82, 82),
        ),
        # … rounded up to the multiple, beyond it
        (
            {"position": 18, "reorder_point": 25, "maximum": 100, "order_multiple": 12},
            Need(Basis.MAXIMUM, 100, 82, 84),
        ),
        # … and never to less than the reorder point, which somebody may have raised since
        ({"position": 18, "reorder_point": 25, "maximum": 20}, Need(Basis.MAXIMUM, 25, 7, 7)),
        ({"position": 18, "reorder_point": 25, "maximum": 0}, Need(Basis.MAXIMUM, 25, 7, 7)),
        # by whole reorder quantities to the reorder point
        (
            {"position": 18, "reorder_point": 25, "reorder_quantity": 80},
            Need(Basis.REORDER_QUANTITY, 98, 80, 80),
        ),
        (
            {"position": 4, "reorder_point": 25, "reorder_quantity": 10},
            Need(Basis.REORDER_QUANTITY, 34, 30, 30),
        ),
        # … exactly there is enough: it is not below it any more
        (
            {"position": 5, "reorder_point": 25, "reorder_quantity": 10},
            Need(Basis.REORDER_QUANTITY, 25, 20, 20),
        ),
        # … a reorder quantity that is no multiple is bought as one
        (
            {"position": 5, "reorder_point": 25, "reorder_quantity": 10, "order_multiple": 12},
            Need(Basis.REORDER_QUANTITY, 25, 20, 24),
        ),
        # neither is set
        ({"position": 18, "reorder_point": 25}, Need(Basis.REORDER_POINT, 25, 7, 7)),
        ({"position": 18, "reorder_point": 25, "order_multiple": 6}, Need(Basis.REORDER_POINT, 25, 7, 12)),
        # more is promised than is there: that is made good too
        ({"position": -10, "reorder_point": 0}, Need(Basis.REORDER_POINT, 0, 10, 10)),
        ({"position": -10, "reorder_point": 25, "maximum": 40}, Need(Basis.MAXIMUM, 40, 50, 50)),
        (
            {"position": -10, "reorder_point": 25, "reorder_quantity": 20},
            Need(Basis.REORDER_QUANTITY, 30, 40, 40),
        ),
        # nothing is needed: at the reorder point, above it, or inbound covers all of it
        ({"position": 25, "reorder_point": 25, "maximum": 100}, None),
        ({"position": 26, "reorder_point": 25, "reorder_quantity": 80}, None),
        ({"position": 0, "reorder_point": 0, "maximum": 100}, None),
    ],
)
def test_what_to_order(given: dict[str, Any], expected: Need | None) -> None:
    assert asked(**given) == expected


@given(
    position=st.integers(-(10**9), 10**9),
    point=st.integers(0, 10**9),
    quantity=st.integers(0, 10**6),
    maximum=st.none() | st.integers(0, 10**9),
    multiple=st.integers(1, 10_000),
)
def test_what_is_ordered_is_enough_and_no_more_than_that(
    position: int, point: int, quantity: int, maximum: int | None, multiple: int
) -> None:
    found = asked(
        position=position,
        reorder_point=point,
        reorder_quantity=quantity,
        maximum=maximum,
        order_multiple=multiple,
    )
    assert (found is None) == (position >= point)
    if found is None:
        return
    assert found.needed > 0
    assert position + found.needed == found.target >= point
    assert found.quantity % multiple == 0
    assert found.needed <= found.quantity < found.needed + multiple
    assert not is_needed(position=position + found.quantity, reorder_point=point)
    if found.basis is Basis.REORDER_QUANTITY:
        assert found.needed % quantity == 0
        assert found.target - quantity < point
