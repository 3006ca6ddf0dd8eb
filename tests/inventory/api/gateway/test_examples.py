"""The examples of the gateway document, whole bodies; only ids and instants are ours."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import Adjustment, Movement, Product, Sku, StockLevel
from tests.factories import make_product, make_sku, pretend_reserved, stock
from tests.inventory.api.callers import Caller
from warehouses.http.instants import instant
from warehouses.models import Organization, Warehouse


@pytest.fixture
def product(organization: Organization) -> Product:
    return make_product(organization, "BPC-157")


@pytest.fixture
def regen(organization: Organization, product: Product) -> Sku:
    return make_sku(organization, "REGEN-001", product=product, reorder_point=25, reorder_quantity=80)


def _object(sku: Sku, warehouse: Warehouse, **values: Any) -> dict[str, Any]:
    level = StockLevel.objects.get(sku=sku, warehouse=warehouse)
    return {
        "sku": sku.code,
        "productId": sku.product.public_id,
        "productName": sku.product.name,
        "quantity": 0,
        "reservedQuantity": 0,
        "availableQuantity": 0,
        "reorderPoint": 0,
        "reorderQuantity": 0,
        "warehouseId": warehouse.public_id,
        "warehouseName": warehouse.name,
        "lastUpdated": instant(level.updated_at),
    } | values


def test_list(api: Caller, regen: Sku, warehouse: Warehouse) -> None:
    stock(regen, warehouse, 150)
    pretend_reserved(regen, warehouse, 12)

    response = api.get("/api/v1/inventory", Content_Type="application/json")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["X-API-Contract"] == "gateway"
    expected = _object(
        regen,
        warehouse,
        quantity=150,
        reservedQuantity=12,
        availableQuantity=138,
        reorderPoint=25,
        reorderQuantity=80,
    )
    assert response.json() == {
        "data": [expected],
        "pagination": {"page": 1, "perPage": 50, "total": 1, "totalPages": 1},
    }
    assert list(response.json()["data"][0]) == list(expected)


def test_one_sku_in_one_warehouse_is_the_object_itself(api: Caller, regen: Sku, warehouse: Warehouse) -> None:
    stock(regen, warehouse, 150)

    response = api.get("/api/v1/inventory/REGEN-001")

    assert response.status_code == 200
    assert response.json() == _object(
        regen, warehouse, quantity=150, availableQuantity=150, reorderPoint=25, reorderQuantity=80
    )


def test_one_sku_in_two_warehouses_is_their_sums_with_each(
    api: Caller, regen: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    stock(regen, warehouse, 150)
    stock(regen, second, 7)
    pretend_reserved(regen, second, 9)

    response = api.get("/api/v1/inventory/REGEN-001")

    here = _object(regen, warehouse, quantity=150, availableQuantity=150, reorderPoint=25, reorderQuantity=80)
    there = _object(
        regen,
        second,
        quantity=7,
        reservedQuantity=9,
        availableQuantity=-2,
        reorderPoint=25,
        reorderQuantity=80,
    )
    shared = {name: here.pop(name) for name in ("sku", "productId", "productName")}
    for name in shared:
        there.pop(name)
    assert response.json() == {
        **shared,
        "quantity": 157,
        "reservedQuantity": 9,
        "availableQuantity": 148,
        "reorderPoint": 50,
        "reorderQuantity": 160,
        "warehouseId": None,
        "warehouseName": None,
        "lastUpdated": max(here["lastUpdated"], there["lastUpdated"]),
        "warehouses": [here, there],
    }


def test_put(api: Caller, regen: Sku, warehouse: Warehouse) -> None:
    stock(regen, warehouse, 150)

    response = api.put(
        "/api/v1/inventory/REGEN-001",
        {
            "quantity": 200,
            "reorderPoint": 30,
            "reorderQuantity": 100,
            "reason": "Stock replenishment from supplier",
        },
    )

    assert response.status_code == 200
    assert response.json() == _object(
        regen, warehouse, quantity=200, availableQuantity=200, reorderPoint=30, reorderQuantity=100
    )
    movement = Movement.objects.get(level_version__gt=1)
    assert (movement.delta, movement.level_before, movement.level_after) == (50, 150, 200)
    assert movement.note == "Stock replenishment from supplier"


def test_adjust(api: Caller, regen: Sku, warehouse: Warehouse) -> None:
    stock(regen, warehouse, 150)

    response = api.post(
        "/api/v1/inventory/adjust",
        {
            "sku": "REGEN-001",
            "adjustment": -5,
            "reason": "Damaged units removed",
            "referenceId": "DMG-2024-001",
        },
    )

    assert response.status_code == 200
    assert response.json() == _object(
        regen, warehouse, quantity=145, availableQuantity=145, reorderPoint=25, reorderQuantity=80
    )
    adjustment = Adjustment.objects.get(source="gateway")
    movement = Movement.objects.get(document_id=adjustment.pk)
    assert (movement.delta, movement.level_before, movement.level_after) == (-5, 150, 145)
    for kept in (movement, adjustment):
        assert (kept.note, kept.reference) == ("Damaged units removed", "DMG-2024-001")


def test_bulk(api: Caller, organization: Organization, warehouse: Warehouse) -> None:
    skus = [make_sku(organization, f"REGEN-00{number}") for number in (1, 2, 3)]
    quantities = [200, 150, 75]

    response = api.post(
        "/api/v1/inventory/bulk",
        {
            "updates": [
                {"sku": sku.code, "quantity": quantity}
                for sku, quantity in zip(skus, quantities, strict=True)
            ],
            "reason": "Inventory sync from ERP",
        },
    )

    assert response.status_code == 200
    assert response.json() == {
        "data": [
            _object(sku, warehouse, quantity=quantity, availableQuantity=quantity)
            for sku, quantity in zip(skus, quantities, strict=True)
        ]
    }
    assert set(Movement.objects.values_list("note", flat=True)) == {"Inventory sync from ERP"}


def test_low_stock_lists_what_is_below_its_reorder_point(
    api: Caller, organization: Organization, warehouse: Warehouse
) -> None:
    below = make_sku(organization, "BELOW", reorder_point=10)
    at = make_sku(organization, "EXACTLY", reorder_point=10)
    stock(below, warehouse, 9)
    stock(at, warehouse, 10)

    response = api.get("/api/v1/inventory/low-stock")

    assert response.status_code == 200
    assert response.json() == {
        "data": [_object(below, warehouse, quantity=9, availableQuantity=9, reorderPoint=10)],
        "pagination": {"page": 1, "perPage": 50, "total": 1, "totalPages": 1},
    }
