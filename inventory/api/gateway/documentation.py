"""How the gateway's document describes its routes. The examples hold against a fresh demonstration."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.gateway.bodies import AdjustBody, BulkBody, SetBody
from inventory.api.gateway.schemas import BulkResult, InventoryObject, InventoryPage, SkuInventory
from inventory.api.problem_codes import (
    DUPLICATE_ROW,
    INVENTORY_NOT_FOUND,
    LOT_REQUIRED,
    NEGATIVE_QUANTITY,
    QUANTITY_TOO_LARGE,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
    WAREHOUSE_REQUIRED,
)
from warehouses.http.operations import Contract, Operation, Parameter

__all__ = [
    "CONTRACT",
    "WAREHOUSE_A",
    "adjust",
    "bulk_update",
    "get_inventory",
    "list_inventory",
    "low_stock",
    "set_inventory",
]

#: "Warehouse A" of the demonstration.
WAREHOUSE_A: Final = "wh_01hx000000e008000000000001"

CONTRACT: Final = Contract(
    name="gateway",
    title="Tallyhouse: gateway contract",
    urlconf="inventory.api.gateway.urls",
    tags=(("Inventory", "Track and manage inventory levels across warehouses."),),
    fields={
        "sku": "The SKU's code, without regard to case.",
        "reorderPoint": "Threshold that triggers the low-stock alert; left as it is if not given.",
        "reorderQuantity": "Suggested quantity to reorder; left as it is if not given.",
        "referenceId": "The caller's own document, such as the number of a damage report.",
        "updates": "A row for each SKU.",
        "data": "The results.",
        "pagination": "Where this page stands.",
        "warehouses": "A row for each warehouse.",
    },
    description="""\
Stock levels as Inventory Objects: one for each SKU in each warehouse.

**Who is calling.** One API key, in any of three header forms: `X-API-Key: KEY`, `Authorization: Bearer KEY` or
`Authorization: KEY`. A signed-in person's browser session works too.

**Which contract answers.** `GET /api/v1/inventory` and `GET /api/v1/inventory/{sku}` are paths that another
contract has too: `X-API-Key` leads to this one. `X-API-Contract: gateway` makes sure of it, and so does the prefix
`/gateway`.

**Warehouses.** A write changes the warehouse that `warehouse_id` (query) or `warehouseId` (body) names; without either,
the only one that the SKU is in, or the organization's default for a SKU that is in none. A SKU in several warehouses
has to be written with its warehouse: 422 `WAREHOUSE_REQUIRED`.

**Errors** are `application/problem+json` with a stable `code`; `errors` names everything at fault. An unknown parameter
or field is an error, never ignored.

**Retrying.** Send an `Idempotency-Key` with every write: the same request again gets the first answer again.

**Lost updates.** Send the `ETag` of what you read as `If-Match` of the write that follows from it.""",
)

_SKU: Final = {
    "sku": Parameter(
        "The SKU's code, without regard to case. A slash in it may stand as it is or as `%2F`.",
        example="REGEN-001",
    )
}
_READ_WAREHOUSE: Final = {"warehouse_id": Parameter(f"Filter by warehouse: its id, such as `{WAREHOUSE_A}`.")}
_WRITTEN_WAREHOUSE: Final = {
    "warehouse_id": Parameter(
        f"The warehouse to write to, such as `{WAREHOUSE_A}`; needed only where the SKU is in several. The same as "
        "`warehouseId` in the body."
    )
}
_ON_WRITES: Final = (
    READONLY_WAREHOUSE,
    INVENTORY_NOT_FOUND,
    WAREHOUSE_NOT_FOUND,
    WAREHOUSE_INACTIVE,
    NEGATIVE_QUANTITY,
    WAREHOUSE_REQUIRED,
    LOT_REQUIRED,
    QUANTITY_TOO_LARGE,
)


def _object(
    sku: str, product: str, quantity: int, reorder_point: int, reorder_quantity: int
) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "reservedQuantity": 0,
        "availableQuantity": quantity,
        "reorderPoint": reorder_point,
        "reorderQuantity": reorder_quantity,
        "sku": sku,
        "productId": "prod_01hx000000e0080000000000a1",
        "productName": product,
        "warehouseId": WAREHOUSE_A,
        "warehouseName": "Warehouse A",
        "lastUpdated": "2026-03-12T14:00:00.000Z",
    }


_GEL: Final = "Regen recovery gel"

list_inventory = Operation(
    id="listInventory",
    tag="Inventory",
    summary="List inventory levels",
    description="Retrieve inventory levels for all products: an object for every SKU in every warehouse, by SKU code.",
    parameters=_READ_WAREHOUSE,
    problems=(WAREHOUSE_NOT_FOUND,),
    result=InventoryPage,
    answer={
        "data": [_object("REGEN-001", _GEL, 142, 30, 100)],
        "pagination": {"page": 1, "perPage": 50, "total": 1, "totalPages": 1},
    },
)

low_stock = Operation(
    id="listLowStock",
    tag="Inventory",
    summary="Get low stock alerts",
    description="What is below its reorder point: `availableQuantity` < `reorderPoint`.",
    parameters=_READ_WAREHOUSE,
    problems=(WAREHOUSE_NOT_FOUND,),
    result=InventoryPage,
    answer={
        "data": [_object("REGEN-003", "Regen warming balm", 14, 20, 60)],
        "pagination": {"page": 1, "perPage": 50, "total": 1, "totalPages": 1},
    },
)

get_inventory = Operation(
    id="getInventory",
    tag="Inventory",
    summary="Get inventory for a specific SKU",
    description="The Inventory Object of a SKU. In several warehouses: the sums, with each warehouse under "
    "`warehouses`.",
    parameters={**_SKU, **_READ_WAREHOUSE},
    problems=(INVENTORY_NOT_FOUND, WAREHOUSE_NOT_FOUND),
    result=SkuInventory,
    answer=_object("REGEN-001", _GEL, 142, 30, 100),
    is_tagged=True,
)

set_inventory = Operation(
    id="setInventory",
    tag="Inventory",
    summary="Update inventory levels",
    description="Set the absolute quantity of a SKU, for inventory syncs or corrections, and its thresholds where "
    "given. For incremental adjustments, use `/inventory/adjust` instead.",
    parameters={**_SKU, **_WRITTEN_WAREHOUSE},
    problems=_ON_WRITES,
    body=SetBody,
    example={
        "quantity": 200,
        "reorderPoint": 30,
        "reorderQuantity": 100,
        "reason": "Stock replenishment from supplier",
    },
    result=InventoryObject,
    answer=_object("REGEN-001", _GEL, 200, 30, 100),
    is_tagged=True,
    takes_if_match=True,
)

adjust = Operation(
    id="adjustInventory",
    tag="Inventory",
    summary="Adjust inventory (increment/decrement)",
    description="Increment or decrement the quantity of a SKU: a positive `adjustment` adds stock, a negative one "
    "removes it.",
    parameters=_WRITTEN_WAREHOUSE,
    problems=_ON_WRITES,
    body=AdjustBody,
    example={
        "sku": "REGEN-001",
        "adjustment": -5,
        "reason": "Damaged units removed",
        "referenceId": "DMG-2024-001",
    },
    result=InventoryObject,
    answer=_object("REGEN-001", _GEL, 195, 30, 100),
    is_tagged=True,
    takes_if_match=True,
)

bulk_update = Operation(
    id="bulkUpdateInventory",
    tag="Inventory",
    summary="Bulk update inventory",
    description="Set the absolute quantities of up to 100 SKUs, all or nothing: one bad row changes nothing, and "
    "`errors` points at every bad row.",
    parameters=_WRITTEN_WAREHOUSE,
    problems=(*_ON_WRITES, DUPLICATE_ROW),
    body=BulkBody,
    example={
        "updates": [
            {"sku": "REGEN-001", "quantity": 200},
            {"sku": "REGEN-002", "quantity": 150},
            {"sku": "REGEN-003", "quantity": 75},
        ],
        "reason": "Inventory sync from ERP",
    },
    result=BulkResult,
    answer={
        "data": [
            _object("REGEN-001", _GEL, 200, 30, 100),
            _object("REGEN-002", "Regen joint patches", 150, 25, 80),
            _object("REGEN-003", "Regen warming balm", 75, 20, 60),
        ]
    },
)
