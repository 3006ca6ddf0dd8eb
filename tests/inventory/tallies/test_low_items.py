"""A stock item is low exactly while its level is, on both engines."""

from __future__ import annotations

import pytest
from django.db import connection

from inventory import tallies
from inventory.ledger import Mode
from inventory.models import StockItem, StockLevel, TallyKind
from inventory.tallies import Tally, tally_of
from tests.factories import make_bin, make_key, make_sku, make_warehouse, stock
from tests.inventory.api.callers import Caller
from warehouses.access import access_of_system
from warehouses.models import Organization

pytestmark = pytest.mark.django_db


def test_items_follow_their_level(organization: Organization) -> None:
    warehouse = organization.warehouses.get()
    other = make_warehouse(organization, "Other")
    shelf = make_bin(warehouse, "B-1")
    sku = make_sku(organization, "MILK", reorder_point=20)
    stock(sku, other, 100)

    def lows() -> list[bool]:
        return list(
            StockItem.objects.filter(warehouse=warehouse)
            .order_by("created_at")
            .values_list("is_low", flat=True)
        )

    stock(sku, warehouse, 10)
    assert lows() == [True]
    stock(sku, warehouse, 5, bin=shelf)  # a second item of a level that is low, and stays it
    assert lows() == [True, True]
    stock(sku, warehouse, 30, bin=shelf)
    assert lows() == [False, False]
    stock(sku, warehouse, 0, bin=shelf, mode=Mode.TO)
    assert lows() == [True, True]
    assert list(StockItem.objects.filter(warehouse=other).values_list("is_low", flat=True)) == [False]
    body = Caller(make_key(organization)).get("/pos/api/v1/inventory?low_stock=true").json()
    assert [row["quantity"] for row in body["data"]] == [10, 0]
    assert body["pagination"]["total"] == 2


def test_items_are_set_right_where_the_triggers_were_missing(organization: Organization) -> None:
    warehouse = organization.warehouses.get()
    sku = make_sku(organization, "MILK", reorder_point=20)
    stock(sku, warehouse, 100)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in tallies.remove(connection):
            cursor.execute(statement)
        assert tallies.missing(connection)
    stock(sku, warehouse, -95)
    assert not StockItem.objects.get().is_low
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    tallies.install()
    assert not tallies.missing(connection)
    assert StockItem.objects.get().is_low
    assert StockLevel.objects.get().is_low


def test_an_engine_without_tallies_counts(organization: Organization, is_postgresql: bool) -> None:
    tally = tally_of(TallyKind.LEVEL, access=access_of_system(organization))
    assert isinstance(tally, Tally) if is_postgresql else tally is None
    assert tallies.pack_due() == 0
