"""The examples of the pos document, whole bodies; only ids and instants are ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from inventory.models import Adjustment, Movement, PosConnection, Sku, StockItem, SyncRun
from tests.factories import make_bin, make_product, make_sku, pretend_reserved, stock
from tests.inventory.api.callers import Caller
from tests.inventory.api.syncs import connect
from warehouses.http.instants import instant
from warehouses.models import Organization, Room, Warehouse


@pytest.fixture
def blue_dream(organization: Organization) -> Sku:
    return make_sku(
        organization,
        "BD-EIGHTH-001",
        title="Blue Dream 1/8",
        product=make_product(organization, "Blue Dream"),
        unit_cost=Decimal(25),
        unit_price=Decimal(45),
    )


@pytest.fixture
def floor(organization: Organization, warehouse: Warehouse) -> Room:
    return Room.objects.create(
        organization=organization, warehouse=warehouse, name="Shop", room_type="sales_floor"
    )


@pytest.fixture
def item(blue_dream: Sku, warehouse: Warehouse, floor: Room) -> StockItem:
    """The documented one: 45 units, 5 of them reserved, of a location that has been synced."""
    stock(blue_dream, warehouse, 45, bin=make_bin(warehouse, "S-01", room=floor))
    pretend_reserved(blue_dream, warehouse, 5)
    connect(warehouse)
    PosConnection.objects.update(last_synced_at=timezone.now())
    return StockItem.objects.get(sku=blue_dream)


def row(item: StockItem, **values: Any) -> dict[str, Any]:
    synced = PosConnection.objects.get().last_synced_at
    assert synced is not None
    return {
        "id": item.public_id,
        "product_id": item.sku.product.public_id,
        "product_name": "Blue Dream 1/8",
        "sku": "BD-EIGHTH-001",
        "location_id": item.warehouse.public_id,
        "room_type": "sales_floor",
        "quantity": 45,
        "reserved_quantity": 5,
        "available_quantity": 40,
        "unit_cost": 25.00,
        "unit_price": 45.00,
        "last_sync": instant(synced),
    } | values


def test_list(api: Caller, item: StockItem) -> None:
    response = api.get("/api/v1/inventory")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["X-API-Contract"] == "pos"
    expected = row(item)
    assert response.json() == {"data": [expected], "pagination": {"page": 1, "limit": 50, "total": 1}}
    assert list(response.json()["data"][0]) == list(expected)


def test_prices_are_numbers_with_two_decimals(api: Caller, item: StockItem) -> None:
    for path in ("/api/v1/inventory", f"/api/v1/inventory/{item.public_id}"):
        assert b'"unit_cost":25.00,"unit_price":45.00,' in api.get(path).content


def test_one_item(api: Caller, item: StockItem) -> None:
    response = api.get(f"/api/v1/inventory/{item.public_id}")

    assert response.status_code == 200
    assert response.json() == row(item)
    assert response["ETag"]


def test_update(api: Caller, item: StockItem) -> None:
    response = api.send(
        "PATCH",
        f"/api/v1/inventory/{item.public_id}",
        {"quantity_change": -5, "reason_code": "SALE", "notes": "Regular sale transaction"},
    )

    assert response.status_code == 200
    assert response.json() == row(item, quantity=40, available_quantity=35)
    movement = Movement.objects.get(delta__lt=0)
    assert (movement.stock_item, movement.delta, movement.item_after) == (item, -5, 40)
    assert (movement.reason_code.code, movement.note) == ("SALE", "Regular sale transaction")
    adjustment = Adjustment.objects.get(source="pos")
    assert (movement.document_id, adjustment.note) == (adjustment.pk, "Regular sale transaction")


def test_bulk_update(api: Caller, organization: Organization, item: StockItem, second: Warehouse) -> None:
    stock(make_sku(organization, "OTHER", title="Other"), second, 7)
    other = StockItem.objects.get(sku__code="OTHER")

    response = api.post(
        "/api/v1/inventory/bulk-update",
        {
            "updates": [
                {"id": item.public_id, "quantity_change": -2, "reason_code": "SALE"},
                {"id": other.public_id, "quantity_change": 10, "reason_code": "TRANSFER"},
            ]
        },
    )

    assert response.status_code == 200
    assert response.json() == {
        "data": [
            row(item, quantity=43, available_quantity=38),
            {
                "id": other.public_id,
                "product_id": other.sku.product.public_id,
                "product_name": "Other",
                "sku": "OTHER",
                "location_id": second.public_id,
                "room_type": "storage",
                "quantity": 17,
                "reserved_quantity": 0,
                "available_quantity": 17,
                "unit_cost": None,
                "unit_price": None,
                "last_sync": None,
            },
        ]
    }


def test_sync(api: Caller, item: StockItem, warehouse: Warehouse) -> None:
    response = api.post("/api/v1/inventory/sync", {"location_id": warehouse.public_id, "sync_type": "full"})

    assert response.status_code == 202
    run = SyncRun.objects.get()
    assert response.json() == {
        "id": run.public_id,
        "location_id": warehouse.public_id,
        "sync_type": "full",
        "status": "queued",
        "rows_read": 0,
        "rows_changed": 0,
        "rows_unchanged": 0,
        "rows_repeated": 0,
        "rows_refused": 0,
        "error": None,
        "created_at": instant(run.created_at),
        "started_at": None,
        "finished_at": None,
    }
    assert response["Location"] == f"/pos/api/v1/inventory/sync/{run.public_id}"


def test_snapshot(api: Caller, item: StockItem, warehouse: Warehouse) -> None:
    response = api.get(f"/api/v1/inventory/snapshot?location_id={warehouse.public_id}")

    assert response.status_code == 200
    body = response.json()
    shown = {
        name: value
        for name, value in row(item).items()
        if name in {"id", "product_id", "product_name", "sku", "location_id", "room_type", "quantity"}
    }
    assert body.pop("as_of").endswith("Z")
    assert body == {"data": [shown], "pagination": {"page": 1, "limit": 50, "total": 1}}
    assert list(body["data"][0]) == list(shown)
