"""How nexus's document describes its routes. The examples hold against a fresh demonstration."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.nexus.bodies import BulkBody, SetBody
from inventory.api.nexus.schemas import (
    AdjustmentPage,
    BulkResult,
    InventoryPage,
    InventoryRecord,
    WarehouseList,
)
from inventory.api.problem_codes import (
    DUPLICATE_ROW,
    INVENTORY_NOT_FOUND,
    LOT_REQUIRED,
    NEGATIVE_QUANTITY,
    QUANTITY_TOO_LARGE,
    READONLY_WAREHOUSE,
    UNKNOWN_REASON_CODE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Contract, Operation, Parameter

__all__ = [
    "CONTRACT",
    "FBA_EU",
    "WAREHOUSE_A",
    "bulk_update",
    "get_inventory",
    "list_adjustments",
    "list_inventory",
    "list_warehouses",
    "set_inventory",
]

#: Two warehouses of the demonstration: the organization's own, and one that a marketplace runs.
WAREHOUSE_A: Final = "wh_01hx000000e008000000000001"
FBA_EU: Final = "wh_01hy000000e008000000000001"

CONTRACT: Final = Contract(
    name="nexus",
    title="Tallyhouse: nexus contract",
    urlconf="inventory.api.nexus.urls",
    tags=(
        ("Inventory", "Stock levels across all warehouses."),
        ("Warehouses", "The places with stock."),
        ("Adjustments", "The history of every change."),
    ),
    fields={
        "sku": "The SKU's code, without regard to case.",
        "warehouse_id": "The warehouse's id.",
        "note": "Free text for the history.",
        "updates": "A row for each SKU and warehouse.",
        "data": "The results.",
        "meta": "Where this page stands.",
        "warehouses": "A row for each warehouse.",
    },
    description="""\
SKUs with their stock over all warehouses, and the history of every change.

**Who is calling.** One API key, in any of three header forms: `X-API-Key: KEY`, `Authorization: Bearer KEY` or
`Authorization: KEY`. Reading needs the scope `inventory:read` or `inventory:write`, writing `inventory:write`. A
signed-in person's browser session works too.

**Which contract answers.** `GET /api/inventory` is a path that another contract has too: an API key leads to this
one, a session to the other. `X-API-Contract: nexus` makes sure of it, and so does the prefix `/nexus`.

**Paging.** Follow `meta.nextCursor` until it is null, with the same filters. Rows that come or go in between neither
repeat nor skip others.

**Errors** are `application/problem+json` with a stable `code`; `errors` names everything at fault. An unknown parameter
or field is an error, never ignored.

**Retrying.** Send an `Idempotency-Key` with every write: the same request again gets the first answer again.

**Lost updates.** Send the `ETag` of what you read as `If-Match` of the write that follows from it.""",
)

_SKU: Final = {
    "sku": Parameter(
        "The SKU's code, without regard to case. A slash in it may stand as it is or as `%2F`.",
        example="SKU-001",
    )
}
_WAREHOUSE: Final = {
    "warehouse_id": Parameter(f"Filter to a specific warehouse: its id, such as `{WAREHOUSE_A}`.")
}
_ON_WRITES: Final = (
    READONLY_WAREHOUSE,
    INVENTORY_NOT_FOUND,
    WAREHOUSE_NOT_FOUND,
    WAREHOUSE_INACTIVE,
    NEGATIVE_QUANTITY,
    UNKNOWN_REASON_CODE,
    LOT_REQUIRED,
    QUANTITY_TOO_LARGE,
)


def _record(sku: str, title: str, safety_stock: int, *places: dict[str, Any]) -> dict[str, Any]:
    return {
        "sku": sku,
        "title": title,
        "total_on_hand": sum(place["on_hand"] for place in places),
        "total_reserved": sum(place["reserved"] for place in places),
        "total_available": sum(place["available"] for place in places),
        "safety_stock": safety_stock,
        "status": "normal",
        "warehouses": list(places),
    }


def _own(on_hand: int, reserved: int, safety_stock: int) -> dict[str, Any]:
    return {
        "warehouse_id": WAREHOUSE_A,
        "name": "Warehouse A",
        "on_hand": on_hand,
        "reserved": reserved,
        "available": on_hand - reserved - safety_stock,
    }


_FBA: Final = {
    "warehouse_id": FBA_EU,
    "name": "FBA EU",
    "on_hand": 137,
    "reserved": 5,
    "available": 132,
    "type": "FBA",
}
_WIDGET: Final = "Blue Widget 500ml"

list_inventory = Operation(
    id="listInventory",
    tag="Inventory",
    summary="List inventory",
    description="SKUs with their stock over the warehouses that the caller sees, by SKU code.",
    parameters={
        **_WAREHOUSE,
        "status": Parameter("Filter by the status of the SKU over its warehouses."),
        "sku": Parameter("Filter to a specific SKU: its code, without regard to case."),
    },
    problems=(WAREHOUSE_NOT_FOUND,),
    result=InventoryPage,
    answer={
        "data": [_record("SKU-001", _WIDGET, 15, _own(350, 18, 15), _FBA)],
        "meta": {"total": 1248, "limit": 50, "nextCursor": "cursor_abc123"},
    },
)

get_inventory = Operation(
    id="getInventory",
    tag="Inventory",
    summary="Get inventory for a SKU",
    description="Detailed inventory data for a single SKU.",
    parameters=_SKU,
    problems=(INVENTORY_NOT_FOUND,),
    result=InventoryRecord,
    answer=_record("SKU-001", _WIDGET, 15, _own(350, 18, 15), _FBA),
    is_tagged=True,
)

set_inventory = Operation(
    id="setInventory",
    tag="Inventory",
    summary="Update inventory",
    description="Set the stock level for a SKU in a specific warehouse. The answer is the updated inventory record.",
    parameters=_SKU,
    problems=_ON_WRITES,
    body=SetBody,
    example={
        "warehouse_id": WAREHOUSE_A,
        "quantity": 500,
        "reason": "supplier_receipt",
        "note": "PO-2026-0312 received",
    },
    result=InventoryRecord,
    answer=_record("SKU-001", _WIDGET, 15, _own(500, 18, 15), _FBA),
    is_tagged=True,
    takes_if_match=True,
)

bulk_update = Operation(
    id="bulkUpdateInventory",
    tag="Inventory",
    summary="Bulk inventory update",
    description="Set up to 500 stock levels, all or nothing: one bad row changes nothing, and `errors` points at every "
    "bad row.",
    problems=(*_ON_WRITES, DUPLICATE_ROW),
    body=BulkBody,
    example={
        "updates": [
            {"sku": "SKU-001", "warehouse_id": WAREHOUSE_A, "quantity": 500, "reason": "supplier_receipt"},
            {"sku": "SKU-002", "warehouse_id": WAREHOUSE_A, "quantity": 200, "reason": "cycle_count"},
        ]
    },
    result=BulkResult,
    answer={
        "data": [
            _record("SKU-001", _WIDGET, 15, _own(500, 18, 15), _FBA),
            _record("SKU-002", "Blue Widget 750ml", 12, _own(200, 0, 12)),
        ]
    },
)

list_warehouses = Operation(
    id="listWarehouses",
    tag="Warehouses",
    summary="List warehouses",
    description="All configured warehouses that the caller sees, inactive ones too.",
    result=WarehouseList,
    answer={
        "data": [
            {
                "id": WAREHOUSE_A,
                "name": "Warehouse A",
                "address": "Industriestraße 1, 12345 Berlin, DE",
                "type": "own",
                "is_active": True,
            },
            {
                "id": FBA_EU,
                "name": "FBA EU",
                "type": "FBA",
                "marketplace": "amazon_eu",
                "is_active": True,
                "is_readonly": True,
            },
        ]
    },
)

list_adjustments = Operation(
    id="listAdjustments",
    tag="Adjustments",
    summary="Get adjustment history",
    description="All stock adjustments of a SKU, the newest first.",
    parameters={
        **_SKU,
        **_WAREHOUSE,
        "start_date": Parameter(
            "Recorded on or after: a day in the organization's time zone, such as `2026-03-01`, or an instant with its "
            "offset, such as `2026-03-01T08:00:00Z`.",
        ),
        "end_date": Parameter(
            "Recorded on or before; a day is taken in as a whole.",
        ),
    },
    problems=(INVENTORY_NOT_FOUND, WAREHOUSE_NOT_FOUND),
    result=AdjustmentPage,
    answer={
        "data": [
            {
                "id": "adj_01hx000000e0080000000000b1",
                "sku": "SKU-001",
                "warehouse_id": WAREHOUSE_A,
                "before_quantity": 450,
                "after_quantity": 500,
                "delta": 50,
                "reason": "supplier_receipt",
                "note": "PO-2026-0312 received",
                "created_by": "anna@example.com",
                "created_at": "2026-03-12T14:00:00.000Z",
            }
        ],
        "meta": {"total": 1, "limit": 50, "nextCursor": None},
    },
)
