"""The examples of the nexus document, whole bodies; only ids are ours."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from inventory.models import Adjustment, Movement, Sku
from tests.factories import make_key, make_sku, reserve, stock
from tests.inventory.api.callers import Caller
from warehouses import organizations, places
from warehouses.actors import SYSTEM, Actor, ActorType
from warehouses.identifiers import decode
from warehouses.models import Organization, User, Warehouse

WIDGET = {"sku": "SKU-001", "title": "Blue Widget 500ml"}


@pytest.fixture
def organization(db: None) -> Organization:
    return organizations.create_organization(
        name="Acme", warehouses=(("Warehouse A", "own"), ("FBA EU", "FBA")), time_zone="Europe/Berlin"
    )


@pytest.fixture
def warehouse(organization: Organization) -> Warehouse:
    found = Warehouse.objects.get(organization=organization, name="Warehouse A")
    return places.update_warehouse(
        organization=organization,
        actor=SYSTEM,
        warehouse=found,
        address="Industriestraße 1, 12345 Berlin, DE",
    )


@pytest.fixture
def marketplace(organization: Organization) -> Warehouse:
    found = Warehouse.objects.get(organization=organization, name="FBA EU")
    return places.update_warehouse(
        organization=organization, actor=SYSTEM, warehouse=found, marketplace="amazon_eu"
    )


@pytest.fixture
def widget(organization: Organization, warehouse: Warehouse, marketplace: Warehouse) -> Sku:
    """350 and 137 on hand, 18 and 5 reserved; 15 of safety stock, all of it in Warehouse A."""
    sku = make_sku(organization, "SKU-001", title="Blue Widget 500ml", safety_stock=15)
    stock(sku, warehouse, 350)
    sku.safety_stock = 0
    sku.save()
    stock(sku, marketplace, 137)
    reserve(sku, warehouse, 18)
    reserve(sku, marketplace, 5)
    return sku


def _record(warehouse: Warehouse, marketplace: Warehouse) -> dict[str, object]:
    return {
        "sku": "SKU-001",
        "title": "Blue Widget 500ml",
        "total_on_hand": 487,
        "total_reserved": 23,
        "total_available": 449,
        "safety_stock": 15,
        "status": "normal",
        "warehouses": [
            {
                "warehouse_id": warehouse.public_id,
                "name": "Warehouse A",
                "on_hand": 350,
                "reserved": 18,
                "available": 317,
            },
            {
                "warehouse_id": marketplace.public_id,
                "name": "FBA EU",
                "on_hand": 137,
                "reserved": 5,
                "available": 132,
                "type": "FBA",
            },
        ],
    }


def test_list(api: Caller, widget: Sku, warehouse: Warehouse, marketplace: Warehouse) -> None:
    response = api.get("/api/inventory")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["X-API-Contract"] == "nexus"
    assert response.json() == {
        "data": [_record(warehouse, marketplace)],
        "meta": {"total": 1, "limit": 50, "nextCursor": None},
    }


def test_list_keys_are_in_the_documented_order(api: Caller, widget: Sku) -> None:
    (found,) = api.get("/api/inventory").json()["data"]

    assert list(found) == [
        *("sku", "title", "total_on_hand", "total_reserved", "total_available", "safety_stock", "status"),
        "warehouses",
    ]
    assert list(found["warehouses"][1]) == [
        "warehouse_id",
        "name",
        "on_hand",
        "reserved",
        "available",
        "type",
    ]


def test_one_sku_is_the_record_itself(
    api: Caller, widget: Sku, warehouse: Warehouse, marketplace: Warehouse
) -> None:
    response = api.get("/api/inventory/SKU-001")

    assert response.status_code == 200
    assert response.json() == _record(warehouse, marketplace)


def test_warehouses(api: Caller, warehouse: Warehouse, marketplace: Warehouse) -> None:
    response = api.get("/api/inventory/warehouses")

    assert response.status_code == 200
    assert response["X-API-Contract"] == "nexus"
    assert response.json() == {
        "data": [
            {
                "id": warehouse.public_id,
                "name": "Warehouse A",
                "address": "Industriestraße 1, 12345 Berlin, DE",
                "type": "own",
                "is_active": True,
            },
            {
                "id": marketplace.public_id,
                "name": "FBA EU",
                "type": "FBA",
                "marketplace": "amazon_eu",
                "is_active": True,
                "is_readonly": True,
            },
        ]
    }


def test_put_answers_the_updated_record(
    api: Caller, organization: Organization, warehouse: Warehouse
) -> None:
    sku = make_sku(organization, "SKU-001", title="Blue Widget 500ml")
    stock(sku, warehouse, 450)

    response = api.put(
        "/api/inventory/SKU-001",
        {
            "warehouse_id": warehouse.public_id,
            "quantity": 500,
            "reason": "supplier_receipt",
            "note": "PO-2026-0312 received",
        },
    )

    assert response.status_code == 200
    assert response.json() == {
        **WIDGET,
        "total_on_hand": 500,
        "total_reserved": 0,
        "total_available": 500,
        "safety_stock": 0,
        "status": "normal",
        "warehouses": [
            {
                "warehouse_id": warehouse.public_id,
                "name": "Warehouse A",
                "on_hand": 500,
                "reserved": 0,
                "available": 500,
            }
        ],
    }
    assert response.json() == api.get("/api/inventory/SKU-001").json()


def test_bulk_answers_the_updated_records(
    api: Caller, organization: Organization, warehouse: Warehouse
) -> None:
    for code in ("SKU-001", "SKU-002"):
        make_sku(organization, code, title=f"Title of {code}")

    response = api.post(
        "/api/inventory/bulk",
        {
            "updates": [
                {
                    "sku": "SKU-001",
                    "warehouse_id": warehouse.public_id,
                    "quantity": 500,
                    "reason": "supplier_receipt",
                },
                {
                    "sku": "SKU-002",
                    "warehouse_id": warehouse.public_id,
                    "quantity": 200,
                    "reason": "cycle_count",
                },
            ]
        },
    )

    assert response.status_code == 200
    assert response.json() == {
        "data": [
            {
                "sku": code,
                "title": f"Title of {code}",
                "total_on_hand": quantity,
                "total_reserved": 0,
                "total_available": quantity,
                "safety_stock": 0,
                "status": "normal",
                "warehouses": [
                    {
                        "warehouse_id": warehouse.public_id,
                        "name": "Warehouse A",
                        "on_hand": quantity,
                        "reserved": 0,
                        "available": quantity,
                    }
                ],
            }
            for code, quantity in (("SKU-001", 500), ("SKU-002", 200))
        ]
    }


def test_adjustment_history(api: Caller, organization: Organization, warehouse: Warehouse) -> None:
    sku = make_sku(organization, "SKU-001")
    dana = Actor(ActorType.USER, None, "dana@example.com")
    stock(sku, warehouse, 450, code="opening_stock", recorded_at=datetime(2026, 3, 11, 9, 30, tzinfo=UTC))
    stock(
        sku,
        warehouse,
        50,
        code="supplier_receipt",
        note="PO-2026-0312 received",
        actor=dana,
        recorded_at=datetime(2026, 3, 12, 14, tzinfo=UTC),
    )

    response = api.get("/api/inventory/SKU-001/adjustments")

    assert response.status_code == 200
    body = response.json()
    assert len({row["id"] for row in body["data"]}) == 2
    for row in body["data"]:
        assert decode("adj", row.pop("id")) is not None
    assert body == {
        "data": [
            {
                "sku": "SKU-001",
                "warehouse_id": warehouse.public_id,
                "before_quantity": 450,
                "after_quantity": 500,
                "delta": 50,
                "reason": "supplier_receipt",
                "note": "PO-2026-0312 received",
                "created_by": "dana@example.com",
                "created_at": "2026-03-12T14:00:00.000Z",
            },
            {
                "sku": "SKU-001",
                "warehouse_id": warehouse.public_id,
                "before_quantity": 0,
                "after_quantity": 450,
                "delta": 450,
                "reason": "opening_stock",
                "note": None,
                "created_by": "system",
                "created_at": "2026-03-11T09:30:00.000Z",
            },
        ],
        "meta": {"total": 2, "limit": 50, "nextCursor": None},
    }


def test_a_person_is_named_by_their_address_and_a_key_by_its_name(
    organization: Organization, warehouse: Warehouse, alice: User
) -> None:
    sku = make_sku(organization, "SKU-001")
    stock(sku, warehouse, 450)
    body = {
        "warehouse_id": warehouse.public_id,
        "quantity": 500,
        "reason": "supplier_receipt",
        "note": "by hand",
    }

    assert Caller.person(alice).put("/nexus/api/inventory/SKU-001", body).status_code == 200
    shop = Caller(make_key(organization, name="Web shop"))
    assert shop.put("/api/inventory/SKU-001", {**body, "quantity": 510}).status_code == 200

    rows = shop.get("/api/inventory/SKU-001/adjustments").json()["data"]
    assert [(row["created_by"], row["delta"], row["note"]) for row in rows] == [
        ("Web shop", 10, "by hand"),
        ("alice@example.com", 50, "by hand"),
        ("system", 450, None),
    ]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["created_at"]) for row in rows)


def test_history_ids_are_unlike_for_the_movements_of_one_request(
    api: Caller, organization: Organization, warehouse: Warehouse
) -> None:
    for code in ("SKU-001", "SKU-002"):
        make_sku(organization, code)
    row = {"warehouse_id": warehouse.public_id, "quantity": 5, "reason": "cycle_count"}
    api.post("/api/inventory/bulk", {"updates": [{**row, "sku": "SKU-001"}, {**row, "sku": "SKU-002"}]})

    found = [
        api.get(f"/api/inventory/{code}/adjustments").json()["data"][0]["id"]
        for code in ("SKU-001", "SKU-002")
    ]

    assert found[0] != found[1]
    assert Adjustment.objects.count() == 1
    assert Movement.objects.count() == 2
