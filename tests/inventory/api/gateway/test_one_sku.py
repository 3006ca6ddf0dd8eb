"""`GET /inventory/{sku}`, and which codes an address can name."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from inventory.models import Sku
from tests.factories import make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from warehouses.models import Organization, Warehouse


def test_a_known_sku_without_a_level_is_not_found(api: Caller, sku: Sku) -> None:
    assert problem_of(api.get("/api/v1/inventory/SKU-001"))[:2] == (404, "INVENTORY_NOT_FOUND")


def test_an_unknown_sku_is_not_found(api: Caller) -> None:
    assert problem_of(api.get("/api/v1/inventory/NOTHING"))[:2] == (404, "INVENTORY_NOT_FOUND")


def test_warehouse_id_picks_one_of_several(
    api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    stock(sku, warehouse, 5)
    stock(sku, second, 7)

    body = api.get(f"/api/v1/inventory/SKU-001?warehouse_id={second.public_id}").json()

    assert (body["quantity"], body["warehouseId"], "warehouses" in body) == (7, second.public_id, False)


def test_a_warehouse_without_the_sku_is_not_found(
    api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    stock(sku, warehouse, 5)

    response = api.get(f"/api/v1/inventory/SKU-001?warehouse_id={second.public_id}")

    assert problem_of(response)[:2] == (404, "INVENTORY_NOT_FOUND")


def test_a_foreign_warehouse_is_not_found(
    api: Caller, sku: Sku, warehouse: Warehouse, rival_warehouse: Warehouse
) -> None:
    stock(sku, warehouse, 5)

    response = api.get(f"/api/v1/inventory/SKU-001?warehouse_id={rival_warehouse.public_id}")

    assert problem_of(response)[:2] == (404, "WAREHOUSE_NOT_FOUND")


def test_warehouses_are_in_the_order_of_their_names(
    api: Caller, sku: Sku, warehouse: Warehouse, second: Warehouse, marketplace: Warehouse
) -> None:
    for place in (second, marketplace, warehouse):
        stock(sku, place, 1)

    body = api.get("/api/v1/inventory/SKU-001").json()

    assert [one["warehouseName"] for one in body["warehouses"]] == [
        "FBA EU",
        "Main warehouse",
        "Second warehouse",
    ]


def test_a_limited_key_sees_the_object_of_its_warehouse(
    api_with: Callable[..., Caller], sku: Sku, warehouse: Warehouse, second: Warehouse
) -> None:
    stock(sku, warehouse, 5)
    limited = api_with(["inventory.read"], warehouses=[second])
    assert problem_of(limited.get("/api/v1/inventory/SKU-001"))[:2] == (404, "INVENTORY_NOT_FOUND")

    stock(sku, second, 7)

    body = limited.get("/api/v1/inventory/SKU-001").json()
    assert (body["quantity"], body["warehouseId"]) == (7, second.public_id)


CODES = [
    "A.B",
    "A/B",
    "A/B/C",
    "A B",
    "A+B",
    "A%B",
    "A%20B",
    "100%",
    "A?B",
    "A#B",
    "A&B=C",
    "Ä-Ö",
    "産品-1",
    "🎁",
    "..",
    ".",
    "../etc/passwd",
    "A;B",
    "A:B",
    '"A"',
    "'; DROP TABLE--",
    "<script>",
    "{sku}",
    "bulk-1",
    "low-stock-1",
    "adjustments",
    "A" * 64,
]


@pytest.mark.parametrize("code", CODES)
def test_any_code_can_be_addressed(
    api: Caller, organization: Organization, warehouse: Warehouse, code: str
) -> None:
    stock(make_sku(organization, code), warehouse, 5)
    path = quote(code, safe="")

    for address in ("/api/v1/inventory/{}", "/gateway/api/v1/inventory/{}/", "/nexus/api/inventory/{}/"):
        found = api.get(address.format(path))
        assert (found.status_code, found.json().get("sku")) == (200, code), address
    put = api.put(f"/api/v1/inventory/{path}", {"quantity": 6})
    assert (put.status_code, put.json()["sku"], put.json()["quantity"]) == (200, code, 6)
    history = api.get(f"/api/inventory/{path}/adjustments")
    assert [row["delta"] for row in history.json()["data"]] == [1, 5]


@pytest.mark.parametrize("asked", ["sku-001", "Sku-001", "%20SKU-001%20", "%EF%BC%B3KU-001"])
def test_codes_are_matched_as_people_mean_them(
    api: Caller, sku: Sku, warehouse: Warehouse, asked: str
) -> None:
    stock(sku, warehouse, 5)

    for contract in ("/api/v1/inventory", "/api/inventory"):
        assert api.get(f"{contract}/{asked}").json()["sku"] == "SKU-001"


@pytest.mark.parametrize(
    "path",
    ["%00", "SKU%00-001", "%ff", "%ff%fe", "%ed%a0%80", "%0A", "a%0d%0ab", "%7F", "%20", "x" * 4000, "%2525"],
)
def test_an_address_that_can_name_no_code_is_not_found(api: Caller, sku: Sku, path: str) -> None:
    for method, body in (("GET", None), ("HEAD", None), ("PUT", {"quantity": 5})):
        response = api.send(method, f"/api/v1/inventory/{path}", body)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"
    assert problem_of(api.get(f"/api/inventory/{path}/adjustments"))[0] == 404
