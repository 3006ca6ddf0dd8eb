"""`POST /inventory/bulk`: all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from inventory.models import Adjustment, Movement, Sku, StockLevel
from tests.factories import make_sku, stock
from tests.inventory.api.callers import Caller, problem_of
from tests.inventory.api.snapshots import everything
from warehouses.models import Organization, Warehouse

BULK = "/api/v1/inventory/bulk"


@pytest.fixture
def skus(organization: Organization) -> list[Sku]:
    return [make_sku(organization, f"S-{number}") for number in range(6)]


def bulk(api: Caller, *rows: dict[str, Any], path: str = BULK, **fields: Any) -> Any:
    return api.post(path, {"updates": list(rows), **fields})


def row(code: str, quantity: Any = 5, **fields: Any) -> dict[str, Any]:
    return {"sku": code, "quantity": quantity, **fields}


def test_every_row_is_answered_in_its_order(
    api: Caller, skus: list[Sku], warehouse: Warehouse, second: Warehouse
) -> None:
    stock(skus[2], second, 1)

    response = bulk(api, row("s-2", 3), row("S-0", 1), row("S-1", 0, reorderPoint=4, reorderQuantity=6))

    assert [
        (one["sku"], one["quantity"], one["warehouseName"], one["reorderPoint"], one["reorderQuantity"])
        for one in response.json()["data"]
    ] == [
        ("S-2", 3, "Second warehouse", 0, 0),
        ("S-0", 1, "Main warehouse", 0, 0),
        ("S-1", 0, "Main warehouse", 4, 6),
    ]


def test_it_is_one_document(api: Caller, skus: list[Sku], warehouse: Warehouse) -> None:
    bulk(api, *(row(sku.code) for sku in skus), reason="Inventory sync from ERP")

    document = Adjustment.objects.get()
    assert (document.note, document.line_count) == ("Inventory sync from ERP", 6)
    assert Movement.objects.filter(document_id=document.pk).count() == 6


def test_the_warehouse_of_the_body_is_for_rows_that_name_none(
    api: Caller, skus: list[Sku], warehouse: Warehouse, second: Warehouse
) -> None:
    rows = (row("S-0"), row("S-1", warehouseId=warehouse.public_id))

    for response in (
        bulk(api, *rows, warehouseId=second.public_id),
        bulk(api, *rows, path=f"{BULK}?warehouse_id={second.public_id}"),
    ):
        names = [one["warehouseName"] for one in response.json()["data"]]
        assert names == ["Second warehouse", "Main warehouse"]


def test_an_unknown_warehouse_is_refused_even_where_every_row_names_its_own(
    api: Caller, skus: list[Sku], warehouse: Warehouse, rival_warehouse: Warehouse
) -> None:
    """A value that cannot be used is not ignored."""
    own = row("S-0", warehouseId=warehouse.public_id)
    before = everything()

    for place in (rival_warehouse.public_id, "wh_01h455vb4pex5vsknk084sn02q", "junk"):
        for response in (
            bulk(api, own, warehouseId=place),
            bulk(api, own, path=f"{BULK}?warehouse_id={place}"),
        ):
            assert problem_of(response)[:2] == (404, "WAREHOUSE_NOT_FOUND")
    assert everything() == before


def test_one_sku_in_two_warehouses_is_two_rows(
    api: Caller, skus: list[Sku], warehouse: Warehouse, second: Warehouse
) -> None:
    response = bulk(
        api, row("S-0", 1, warehouseId=warehouse.public_id), row("S-0", 2, warehouseId=second.public_id)
    )

    assert [(one["quantity"], one["warehouseName"]) for one in response.json()["data"]] == [
        (1, "Main warehouse"),
        (2, "Second warehouse"),
    ]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_bad_row_changes_nothing(api: Caller, skus: list[Sku], warehouse: Warehouse, place: int) -> None:
    stock(skus[0], warehouse, 1)
    rows = [row("S-0"), row("S-1")]
    rows.insert(place, row("NOTHING"))
    before = everything()

    response = bulk(api, *rows)

    assert problem_of(response) == (
        404,
        "INVENTORY_NOT_FOUND",
        [(f"/updates/{place}/sku", "INVENTORY_NOT_FOUND")],
    )
    assert everything() == before


def test_every_bad_row_is_pointed_at(
    api: Caller,
    organization: Organization,
    skus: list[Sku],
    warehouse: Warehouse,
    second: Warehouse,
    marketplace: Warehouse,
    rival_warehouse: Warehouse,
) -> None:
    for place in (warehouse, second):
        stock(skus[3], place, 1)
    make_sku(organization, "MILK", is_lot_controlled=True)
    Warehouse.objects.filter(pk=second.pk).update(is_active=False)
    before = everything()

    response = bulk(
        api,
        row("NOTHING"),
        row("S-0"),
        row("S-1", warehouseId="wh_01h455vb4pex5vsknk084sn02q"),
        row("S-2", warehouseId=marketplace.public_id),
        row("S-3"),
        row("s-0"),
        row("S-4", warehouseId=rival_warehouse.public_id),
        row("S-5", warehouseId=second.public_id),
        row("MILK"),
    )

    status, code, errors = problem_of(response)
    assert (status, code) == (422, "BATCH_REFUSED")
    assert sorted(errors) == [
        ("/updates/0/sku", "INVENTORY_NOT_FOUND"),
        ("/updates/2/warehouseId", "WAREHOUSE_NOT_FOUND"),
        ("/updates/3/warehouseId", "READONLY_WAREHOUSE"),
        ("/updates/4/warehouseId", "WAREHOUSE_REQUIRED"),
        ("/updates/5/sku", "DUPLICATE_ROW"),
        ("/updates/6/warehouseId", "WAREHOUSE_NOT_FOUND"),
        ("/updates/7/warehouseId", "WAREHOUSE_INACTIVE"),
        ("/updates/8/quantity", "LOT_REQUIRED"),
    ]
    assert errors == sorted(errors)
    assert everything() == before


def test_a_negative_quantity_is_the_documented_error(
    api: Caller, skus: list[Sku], warehouse: Warehouse
) -> None:
    before = everything()

    response = bulk(api, row("S-0"), row("S-1", -1), row("S-2", -5))

    assert problem_of(response) == (
        422,
        "NEGATIVE_QUANTITY",
        [
            ("/updates/1/quantity", "NEGATIVE_QUANTITY"),
            ("/updates/2/quantity", "NEGATIVE_QUANTITY"),
        ],
    )
    assert everything() == before


@pytest.mark.parametrize("again", ["S-0", "s-0", " S-0 ", "Ｓ-0"])
def test_the_same_row_twice_is_refused(
    api: Caller, skus: list[Sku], warehouse: Warehouse, again: str
) -> None:
    before = everything()

    for quantity in (5, 6):
        response = bulk(api, row("S-0", 5), row("S-1"), row(again, quantity))
        assert problem_of(response) == (422, "DUPLICATE_ROW", [("/updates/2/sku", "DUPLICATE_ROW")])
    assert everything() == before


def test_the_same_row_twice_by_naming_the_default(api: Caller, skus: list[Sku], warehouse: Warehouse) -> None:
    before = everything()

    response = bulk(api, row("S-0"), row("S-0", 6, warehouseId=warehouse.public_id))

    assert problem_of(response)[:2] == (422, "DUPLICATE_ROW")
    assert everything() == before


def test_100_rows_and_no_more(api: Caller, organization: Organization, warehouse: Warehouse) -> None:
    codes = [make_sku(organization, f"N-{number:03d}").code for number in range(101)]
    before = everything()

    status, code, where = problem_of(bulk(api, *(row(code) for code in codes)))

    assert (status, code) == (400, "INVALID_REQUEST")
    assert [pointer for pointer, _ in where] == ["/updates"]
    assert everything() == before
    assert len(bulk(api, *(row(code) for code in codes[:100])).json()["data"]) == 100
    assert StockLevel.objects.filter(on_hand=5).count() == 100


def test_all_malformed_rows_are_pointed_at(api: Caller, skus: list[Sku], warehouse: Warehouse) -> None:
    before = everything()

    response = bulk(
        api,
        row("S-0"),
        row("S-1", "5"),
        {"sku": "S-2"},
        {"quantity": 5},
        row("S-3", 5, colour="red"),
        {},
        row("S-4", reorderPoint=-1),
    )

    status, code, errors = problem_of(response)
    assert (status, code) == (400, "INVALID_REQUEST")
    assert [pointer for pointer, _ in errors] == [
        "/updates/1/quantity",
        "/updates/2/quantity",
        "/updates/3/sku",
        "/updates/4/colour",
        "/updates/5/sku",
        "/updates/5/quantity",
        "/updates/6/reorderPoint",
    ]
    assert everything() == before
