"""A warehouse that is being closed while stock is posted to it: whoever is first, no stock is left in a closed one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from inventory.models import Sku, StockItem, StockLevel
from tests import factories
from tests.races.sessions import Other, wait_until_somebody_waits
from warehouses import places
from warehouses.actors import SYSTEM
from warehouses.models import Bin, Warehouse
from warehouses.refusals import Conflict

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


@pytest.fixture
def place() -> Warehouse:
    organization = factories.make_organization()
    factories.make_sku(organization, "MILK")
    return factories.make_warehouse(organization, "Closing")


def close(place: Warehouse) -> Warehouse:
    return places.deactivate_warehouse(organization=place.organization, actor=SYSTEM, warehouse=place)


def put(place: Warehouse) -> object:
    return factories.stock(Sku.objects.get(), place, 5)


@pytest.mark.parametrize("known", [False, True], ids=["a new level", "a known level"])
@pytest.mark.parametrize(
    ("first", "second", "code"),
    [(close, put, "WAREHOUSE_INACTIVE"), (put, close, "WAREHOUSE_HAS_STOCK")],
    ids=["closed first", "stocked first"],
)
def test_no_stock_in_a_closed_warehouse(
    place: Warehouse,
    known: bool,
    first: Callable[[Warehouse], Any],
    second: Callable[[Warehouse], Any],
    code: str,
) -> None:
    if known:
        put(place)
        factories.stock(StockLevel.objects.get().sku, place, -5)
    read_before = Warehouse.objects.get(pk=place.pk)
    with transaction.atomic():
        first(place)
        other = Other(lambda: second(read_before))
        wait_until_somebody_waits()
    with pytest.raises(Conflict) as caught:
        other.result()
    assert caught.value.code == code
    place.refresh_from_db()
    stocked = StockLevel.objects.filter(warehouse=place, on_hand__gt=0).exists()
    assert place.is_active == stocked


def close_bin(shelf: Bin) -> Bin:
    return places.deactivate_bin(organization=shelf.organization, actor=SYSTEM, shelf=shelf)


def put_into_bin(shelf: Bin) -> object:
    return factories.stock(Sku.objects.get(), shelf.warehouse, 5, bin=shelf)


@pytest.mark.parametrize("known", [False, True], ids=["a new item", "a known item"])
@pytest.mark.parametrize(
    ("first", "second", "code"),
    [(close_bin, put_into_bin, "BIN_INACTIVE"), (put_into_bin, close_bin, "BIN_HAS_STOCK")],
    ids=["closed first", "stocked first"],
)
def test_no_stock_in_a_closed_bin(
    place: Warehouse, known: bool, first: Callable[[Bin], Any], second: Callable[[Bin], Any], code: str
) -> None:
    shelf = factories.make_bin(place, "A-1")
    if known:
        put_into_bin(shelf)
        factories.stock(Sku.objects.get(), place, -5, bin=shelf)
    read_before = Bin.objects.select_related("warehouse").get(pk=shelf.pk)
    with transaction.atomic():
        first(shelf)
        other = Other(lambda: second(read_before))
        wait_until_somebody_waits()
    with pytest.raises(Conflict) as caught:
        other.result()
    assert caught.value.code == code
    shelf.refresh_from_db()
    assert shelf.is_active == StockItem.objects.filter(bin=shelf, on_hand__gt=0).exists()
