"""An item's share of what is reserved on its level."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from inventory.ledger.state import ItemState
from inventory.models import LotState, Movement, Sku, StockItem, StockLevel
from inventory.shares import read_shares, share_out
from tests.factories import (
    make_bin,
    make_lot,
    make_organization,
    make_sku,
    make_warehouse,
    pretend_reserved,
    stock,
)
from warehouses.models import Organization, Room, Warehouse

TODAY = date(2026, 1, 27)


def item(number: int, on_hand: int = 10, **fields: Any) -> ItemState:
    """An item whose key sorts by `number`; `expires` is in so many days from today."""
    expires = fields.pop("expires", None)
    if expires is not None:
        fields["expires_on"] = TODAY + timedelta(days=expires)
    return ItemState(id=UUID(int=number), bin_id=UUID(int=0), lot_id=None, on_hand=on_hand, **fields)


def shared(reserved: int, *items: ItemState) -> list[int]:
    shares = share_out(reserved, reversed(items), today=TODAY)  # the order they come in is nobody's
    return [shares[one.id] for one in items]


class TestOrder:
    def test_what_expires_first_is_promised_first(self) -> None:
        assert shared(15, item(3, expires=5), item(2, expires=6), item(1)) == [10, 5, 0]

    def test_then_what_was_received_first(self) -> None:
        first, second = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))
        assert shared(4, item(2, received_at=first), item(1, received_at=second)) == [4, 0]

    def test_then_what_was_there_first(self) -> None:
        assert shared(4, item(1), item(2)) == [4, 0]

    def test_rooms_that_sell_come_before_the_others(self) -> None:
        assert shared(12, item(2, expires=9), item(1, expires=5, is_sellable=False)) == [10, 2]

    @pytest.mark.parametrize(
        "blocked", [{"expires": -1}, {"lot_state": LotState.QUARANTINED}, {"lot_state": LotState.EXPIRED}]
    )
    def test_what_may_not_leave_comes_last(self, blocked: dict[str, Any]) -> None:
        assert shared(12, item(2), item(1, **blocked)) == [10, 2]

    def test_the_last_day_is_a_good_one(self) -> None:
        assert shared(12, item(1, expires=0), item(2)) == [10, 2]

    def test_what_is_held_is_promised_to_nobody(self) -> None:
        assert shared(12, item(1, held=4), item(2)) == [6, 6]
        assert shared(3, item(1, held=12), item(2)) == [0, 3]

    def test_what_nothing_covers_falls_on_the_first(self) -> None:
        assert shared(25, item(1), item(2)) == [15, 10]
        assert shared(25, item(1, expires=-1), item(2)) == [10, 15]
        assert shared(3, item(1, on_hand=0), item(2, on_hand=0)) == [3, 0]

    def test_nothing_reserved_and_nothing_there(self) -> None:
        assert shared(0, item(1), item(2)) == [0, 0]
        assert share_out(5, [], today=TODAY) == {}


items = st.builds(
    ItemState,
    id=st.uuids(),
    bin_id=st.just(UUID(int=0)),
    lot_id=st.none(),
    on_hand=st.integers(0, 30),
    held=st.integers(0, 35),
    is_sellable=st.booleans(),
    expires_on=st.none() | st.dates(TODAY - timedelta(days=9), TODAY + timedelta(days=9)),
    received_at=st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(2025, 1, 1)),  # noqa: DTZ001
    lot_state=st.sampled_from([None, *LotState]),
)


@given(st.lists(items, min_size=1, max_size=8, unique_by=lambda one: one.id), st.integers(0, 300))
def test_shares_add_up_and_nobody_is_short_as_long_as_there_is_enough(
    states: list[ItemState], reserved: int
) -> None:
    shares = share_out(reserved, states, today=TODAY)

    assert sum(shares.values()) == reserved
    assert set(shares) == {state.id for state in states}
    assert min(shares.values()) >= 0
    over = [state for state in states if shares[state.id] > state.free]
    assert len(over) <= 1
    assert bool(over) is (reserved > sum(state.free for state in states))


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    return make_warehouse(organization)


@pytest.fixture
def sku(organization: Organization) -> Sku:
    return make_sku(organization)


@pytest.fixture
def shelves(organization: Organization, sku: Sku, warehouse: Warehouse) -> Sku:
    """Stock in lots of several ages, without a lot, and in a room that sells nothing."""
    today = organization.today()
    apart = Room.objects.create(
        organization=organization,
        warehouse=warehouse,
        name="Returns",
        room_type="returns",
        is_sellable=False,
    )
    for number, days in enumerate((40, -3, 9, 9, 0)):
        lot = make_lot(sku, f"LOT-{number}", today + timedelta(days=days))
        stock(sku, warehouse, 6 + number, lot=lot)
    stock(sku, warehouse, 7, lot=make_lot(sku, "BLOCKED", today, state=LotState.QUARANTINED))
    stock(sku, warehouse, 11)
    stock(sku, warehouse, 5, bin=make_bin(warehouse, "R-1", room=apart))
    stock(sku, warehouse, 3, bin=make_bin(warehouse, "A-1"))
    stock(sku, warehouse, -3, bin=warehouse.bins.get(code="A-1"))
    return sku


def read(organization: Organization) -> dict[UUID, int]:
    levels = list(StockLevel.objects.values_list("pk", flat=True))
    return read_shares(levels, today=organization.today())


@pytest.mark.parametrize("units", [1, 9, 10, 25, 31, 44])
def test_the_share_is_what_a_sale_of_as_many_units_would_take(
    organization: Organization, shelves: Sku, warehouse: Warehouse, units: int
) -> None:
    """One order of picking: what is promised first is what leaves first."""
    pretend_reserved(shelves, warehouse, units)
    shares = {key: share for key, share in read(organization).items() if share}
    pretend_reserved(shelves, warehouse, 0)

    document = stock(shelves, warehouse, -units, code="SALE").adjustment

    assert document is not None
    taken = Movement.objects.filter(document_id=document.pk).values_list("stock_item_id", "delta")
    assert shares == {key: -delta for key, delta in taken}


def test_levels_are_shared_out_each_for_itself(
    organization: Organization, shelves: Sku, warehouse: Warehouse
) -> None:
    other = make_sku(organization)
    stock(other, warehouse, 4)
    pretend_reserved(shelves, warehouse, 33)
    pretend_reserved(other, warehouse, 6)

    shares = read(organization)

    by_sku = {shelves.pk: 0, other.pk: 0}
    for found in StockItem.objects.filter(pk__in=shares):
        by_sku[found.sku_id] += shares[found.pk]
    assert by_sku == {shelves.pk: 33, other.pk: 6}


def test_empty_items_are_not_read_unless_there_are_no_others(
    organization: Organization, shelves: Sku, warehouse: Warehouse
) -> None:
    pretend_reserved(shelves, warehouse, 33)
    assert set(read(organization)) == set(
        StockItem.objects.filter(on_hand__gt=0).values_list("pk", flat=True)
    )

    gone = make_sku(organization)
    stock(gone, warehouse, 4)
    pretend_reserved(gone, warehouse, 2)
    stock(gone, warehouse, -4)

    empty = StockItem.objects.get(sku=gone)
    assert read(organization)[empty.pk] == 2


def test_one_query_whatever_the_levels(organization: Organization, warehouse: Warehouse) -> None:
    for count in (1, 3):
        for _ in range(StockLevel.objects.count(), count):
            sku = make_sku(organization)
            stock(sku, warehouse, 4)
            pretend_reserved(sku, warehouse, 2)
        levels = list(StockLevel.objects.values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as captured:
            assert sum(read_shares(levels, today=organization.today()).values()) == 2 * count
        assert len(captured) == 1


def test_others_levels_are_left_alone(organization: Organization, shelves: Sku, warehouse: Warehouse) -> None:
    rival = make_organization("Rival")
    theirs = make_sku(rival)
    stock(theirs, Warehouse.objects.get(organization=rival), 4)
    level = StockLevel.objects.get(sku=shelves)

    shares = read_shares([level.pk], today=organization.today())

    assert set(StockItem.objects.filter(pk__in=shares).values_list("level", flat=True)) == {level.pk}
