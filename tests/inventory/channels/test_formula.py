"""The formula, term by term."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.availability.formula import Offer, Promise, Stock, promise
from inventory.models import ChannelPolicy

STOCK = Stock(on_hand=50, not_sellable=5, quarantined=3, expired=2, reserved=6, held=4, safety_stock=10)


def terms_of(found: Promise) -> dict[str, int]:
    return {name: value for name, value in dataclasses.asdict(found).items() if value}


def test_every_term_takes_its_part() -> None:
    assert STOCK.sellable == 40
    found = promise(STOCK, Offer(buffer=1))
    assert dataclasses.asdict(found) == {
        "on_hand": 50,
        "not_sellable": -5,
        "quarantined": -3,
        "expired": -2,
        "reserved": -6,
        "held": -4,
        "safety_stock": -10,
        "buffer": -1,
        "below_zero": 0,
        "not_offered": 0,
        "over_allocation": 0,
    }
    assert found.atp == found.before_limits == 19


@pytest.mark.parametrize(
    ("stock", "offer", "atp", "terms"),
    [
        ({"on_hand": 7}, {}, 7, {"on_hand": 7}),
        ({}, {"buffer": 3}, 0, {"buffer": -3, "below_zero": 3}),
        ({"on_hand": 2, "reserved": 5}, {}, 0, {"on_hand": 2, "reserved": -5, "below_zero": 3}),
        ({"on_hand": 9}, {"policy": "excluded"}, 0, {"on_hand": 9, "not_offered": -9}),
        ({"on_hand": 9}, {"is_active": False}, 0, {"on_hand": 9, "not_offered": -9}),
        ({"on_hand": 9, "is_active": False}, {}, 0, {"on_hand": 9, "not_offered": -9}),
        (
            {"on_hand": 1, "safety_stock": 2},
            {"policy": "excluded"},
            0,
            {"on_hand": 1, "safety_stock": -2, "below_zero": 1},
        ),
        (
            {"on_hand": 9},
            {"policy": "allocated", "allocation": 4},
            4,
            {"on_hand": 9, "over_allocation": -5},
        ),
        ({"on_hand": 3}, {"policy": "allocated", "allocation": 4}, 3, {"on_hand": 3}),
        (
            {"on_hand": 9, "reserved": 3},
            {"policy": "allocated", "allocation": 4, "reserved": 3},
            1,
            {"on_hand": 9, "reserved": -3, "over_allocation": -5},
        ),
        # More is reserved for the channel than it is allocated now.
        (
            {"on_hand": 9, "reserved": 6},
            {"policy": "allocated", "allocation": 4, "reserved": 6},
            0,
            {"on_hand": 9, "reserved": -6, "over_allocation": -3},
        ),
        ({"on_hand": 9}, {"policy": "allocated", "allocation": 0}, 0, {"on_hand": 9, "over_allocation": -9}),
        (
            {"on_hand": 9},
            {"policy": "allocated", "allocation": 4, "is_active": False},
            0,
            {"on_hand": 9, "not_offered": -9},
        ),
    ],
)
def test_limits(stock: dict[str, Any], offer: dict[str, Any], atp: int, terms: dict[str, int]) -> None:
    policy = ChannelPolicy(offer.pop("policy", "shared"))
    found = promise(Stock(**stock), Offer(policy=policy, **offer))
    assert found.atp == atp
    assert terms_of(found) == terms


units = st.integers(min_value=0, max_value=30)
stocks = st.builds(Stock, units, units, units, units, units, units, units, st.booleans())
shares = st.builds(Offer, st.just(ChannelPolicy.SHARED), st.none(), units, units, st.booleans())
exclusions = st.builds(Offer, st.just(ChannelPolicy.EXCLUDED), st.none(), units, units, st.booleans())
allocations = st.builds(Offer, st.just(ChannelPolicy.ALLOCATED), units, units, units, st.booleans())


@given(stocks, st.one_of(shares, exclusions, allocations))
def test_it_is_never_less_than_nothing_nor_more_than_it_may_be(stock: Stock, offer: Offer) -> None:
    found = promise(stock, offer)
    assert found.atp >= 0
    assert found.atp <= max(found.before_limits, 0)
    assert found.before_limits == (
        stock.sellable - stock.reserved - stock.held - stock.safety_stock - offer.buffer
    )
    if offer.policy == ChannelPolicy.EXCLUDED or not offer.is_active or not stock.is_active:
        assert found.atp == 0
    elif offer.allocation is not None:
        assert found.atp == min(max(found.before_limits, 0), max(offer.allocation - offer.reserved, 0))
    else:
        assert found.atp == max(found.before_limits, 0)
