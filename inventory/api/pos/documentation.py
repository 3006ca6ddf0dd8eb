"""How the pos document describes its routes. The examples hold against a fresh demonstration."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.pos.bodies import BulkBody, ChangeBody, SyncBody
from inventory.api.pos.schemas import (
    BulkResult,
    InventoryItem,
    InventoryPage,
    SnapshotPage,
    SyncRun,
    SyncRunWithProblems,
)
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_INACTIVE,
    INSUFFICIENT_STOCK,
    INVENTORY_NOT_FOUND,
    NEGATIVE_QUANTITY,
    POS_NOT_CONNECTED,
    QUANTITY_TOO_LARGE,
    READONLY_WAREHOUSE,
    REASON_DIRECTION,
    SYNC_IN_PROGRESS,
    SYNC_NOT_FOUND,
    UNKNOWN_REASON_CODE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.moments import MOMENT_SCHEMA
from warehouses.http.operations import Contract, Operation, Parameter

__all__ = [
    "CONTRACT",
    "ITEM",
    "OTHER_ITEM",
    "STORE",
    "SYNC",
    "WAREHOUSE_A",
    "bulk_update",
    "get_inventory",
    "get_sync",
    "list_inventory",
    "snapshot",
    "start_sync",
    "update_inventory",
]

#: What the demonstration has: two locations, an item in each, and a sync of the first.
STORE: Final = "wh_01hz000000e008000000000001"
WAREHOUSE_A: Final = "wh_01hx000000e008000000000001"
ITEM: Final = "inv_01hz000000e008000000000002"
OTHER_ITEM: Final = "inv_01hx000000e008000000000002"
SYNC: Final = "sync_01hz000000e008000000000003"

CONTRACT: Final = Contract(
    name="pos",
    title="Tallyhouse: pos contract",
    urlconf="inventory.api.pos.urls",
    tags=(
        ("Inventory", "Stock items at their locations."),
        ("Sync", "Stock learned from point-of-sale systems."),
        ("Snapshots", "Stock as it was."),
    ),
    fields={
        "id": "The item's id.",
        "notes": "Free text for the history.",
        "updates": "A row for each change.",
        "location_id": "The location's id.",
        "data": "The results.",
        "pagination": "Where this page stands.",
        "problems": "The first hundred rows that were not taken over.",
    },
    description="""\
Stock items as a till sees them: one SKU in one bin of a location, of one lot or of none.

**Who is calling.** One API key, in any of three header forms: `Authorization: Bearer KEY`, `X-API-Key: KEY` or
`Authorization: KEY`. A signed-in person's browser session works too.

**Which contract answers.** `GET /api/v1/inventory` and `GET /api/v1/inventory/{id}` are paths that another contract
has too: `Authorization: Bearer` leads to this one. `X-API-Contract: pos` makes sure of it, and so does the prefix
`/pos`.

**Paging.** Items come in the order in which they came to be, so that new ones are on the last page and move no other.

**Reason codes.** `SALE`, `RETURN`, `ADJUSTMENT`, `DAMAGE`, `THEFT`, `TRANSFER`, `AUDIT`, and whatever else the
organization has. A code may be for adding or for removing only. `SALE` and `TRANSFER` take what is available; the
others put the record right and may take what is reserved, though never more than there is.

**Errors** are `application/problem+json` with a stable `code`; `errors` names everything at fault. An unknown parameter
or field is an error, never ignored.

**Retrying.** Send an `Idempotency-Key` with every write: the same request again gets the first answer again.

**Lost updates.** Send the `ETag` of what you read as `If-Match` of the write that follows from it.""",
)

_ID: Final = {"id": Parameter("The item's id, as lists show it.", example=ITEM)}
_LOCATION: Final = {"location_id": Parameter(f"Filter by location: its id, such as `{STORE}`.")}
_ON_CHANGES: Final = (
    READONLY_WAREHOUSE,
    INVENTORY_NOT_FOUND,
    WAREHOUSE_INACTIVE,
    BIN_INACTIVE,
    UNKNOWN_REASON_CODE,
    REASON_DIRECTION,
    INSUFFICIENT_STOCK,
    NEGATIVE_QUANTITY,
    QUANTITY_TOO_LARGE,
)


def _place(item: str, sku: str, title: str, location: str, room_type: str) -> dict[str, Any]:
    return {
        "id": item,
        "product_id": "prod_01hz000000e0080000000000a1",
        "product_name": title,
        "sku": sku,
        "location_id": location,
        "room_type": room_type,
    }


_BLUE_DREAM: Final = _place(ITEM, "BD-EIGHTH-001", "Blue Dream 1/8", STORE, "sales_floor")
_REGEN: Final = _place(OTHER_ITEM, "REGEN-001", "Regen recovery gel 100 ml", WAREHOUSE_A, "storage")


def _item(
    place: dict[str, Any], quantity: int, cost: float, price: float, sync: str | None
) -> dict[str, Any]:
    return {
        **place,
        "quantity": quantity,
        "reserved_quantity": 0,
        "available_quantity": quantity,
        "unit_cost": cost,
        "unit_price": price,
        "last_sync": sync,
    }


def _blue_dream(quantity: int) -> dict[str, Any]:
    return _item(_BLUE_DREAM, quantity, 25.0, 45.0, "2026-01-27T10:30:00.000Z")


_QUEUED: Final = {
    "id": SYNC,
    "location_id": STORE,
    "sync_type": "full",
    "status": "queued",
    "rows_read": 0,
    "rows_changed": 0,
    "rows_unchanged": 0,
    "rows_repeated": 0,
    "rows_refused": 0,
    "error": None,
    "created_at": "2026-01-27T10:29:58.000Z",
    "started_at": None,
    "finished_at": None,
}

list_inventory = Operation(
    id="listInventory",
    tag="Inventory",
    summary="List inventory",
    description="The stock items of all locations that the caller sees, empty ones too, the oldest first.",
    parameters=_LOCATION,
    problems=(WAREHOUSE_NOT_FOUND,),
    result=InventoryPage,
    answer={"data": [_blue_dream(45)], "pagination": {"page": 1, "limit": 50, "total": 234}},
)

get_inventory = Operation(
    id="getInventoryItem",
    tag="Inventory",
    summary="Get inventory item",
    description="One stock item.",
    parameters=_ID,
    problems=(INVENTORY_NOT_FOUND,),
    result=InventoryItem,
    answer=_blue_dream(45),
    is_tagged=True,
)

update_inventory = Operation(
    id="updateInventoryItem",
    tag="Inventory",
    summary="Update inventory",
    description="Change the quantity of one item, with its reason. The answer is the item as it is now.",
    parameters=_ID,
    problems=_ON_CHANGES,
    body=ChangeBody,
    example={"quantity_change": -5, "reason_code": "SALE", "notes": "Regular sale transaction"},
    result=InventoryItem,
    answer=_blue_dream(40),
    is_tagged=True,
    takes_if_match=True,
)

bulk_update = Operation(
    id="bulkUpdateInventory",
    tag="Inventory",
    summary="Bulk update",
    description="Change up to 500 items, all or nothing: one bad row changes nothing, and `errors` points at every bad "
    "row. Changes of one item are added up.",
    problems=(*_ON_CHANGES, BATCH_REFUSED),
    body=BulkBody,
    example={
        "updates": [
            {"id": ITEM, "quantity_change": -2, "reason_code": "SALE"},
            {"id": OTHER_ITEM, "quantity_change": 10, "reason_code": "TRANSFER"},
        ]
    },
    result=BulkResult,
    answer={"data": [_blue_dream(43), _item(_REGEN, 152, 11.2, 24.9, None)]},
)

start_sync = Operation(
    id="startSync",
    tag="Sync",
    summary="Start a sync",
    description="Ask for a sync of a location with its connected point-of-sale system. It is queued; `Location` tells "
    "how it is getting on. One at a time for each location.",
    problems=(WAREHOUSE_NOT_FOUND, WAREHOUSE_INACTIVE, POS_NOT_CONNECTED, SYNC_IN_PROGRESS),
    body=SyncBody,
    example={"location_id": STORE, "sync_type": "full"},
    result=SyncRun,
    answer=_QUEUED,
    status=202,
)

get_sync = Operation(
    id="getSync",
    tag="Sync",
    summary="Get a sync",
    description="How a sync is getting on, with the rows that were not taken over. Ask again until `status` is "
    "`completed` or `failed`; with `If-None-Match`, an answer without news has no body.",
    parameters={"id": Parameter("The sync's id.", example=SYNC)},
    problems=(SYNC_NOT_FOUND,),
    result=SyncRunWithProblems,
    answer={
        **_QUEUED,
        "status": "completed",
        "rows_read": 214,
        "rows_changed": 12,
        "rows_unchanged": 201,
        "rows_refused": 1,
        "started_at": "2026-01-27T10:29:59.000Z",
        "finished_at": "2026-01-27T10:30:00.000Z",
        "problems": [
            {"row": 87, "code": "INVENTORY_NOT_FOUND", "detail": "There is no SKU 'BD-QUARTER-001'."}
        ],
    },
    is_tagged=True,
)

snapshot = Operation(
    id="getSnapshot",
    tag="Snapshots",
    summary="Get a point-in-time snapshot",
    description="""\
How many units each item had at an instant; items that there were not yet are left out, empty ones are not.

The clock is that of recording: a movement counts from the instant at which it was recorded here. One that is entered
late, such as a sale of a till that was offline, changes no snapshot of the time before. Names and rooms are today's.

`Accept: text/csv` answers a CSV file with a heading: all items, or one page where `page` or `limit` is given. A text
that a spreadsheet would take for a formula has a `'` in front.""",
    parameters={
        "date": Parameter(
            "A day, as in `2026-01-27`: its end in the organization's time zone. Or an instant with its offset, as in "
            "`2026-01-27T14:00:00Z`. Today, and leaving it out, is the present; what is later is refused.",
            schema=MOMENT_SCHEMA,
        ),
        **_LOCATION,
    },
    problems=(WAREHOUSE_NOT_FOUND,),
    result=SnapshotPage,
    answer={
        "data": [{**_BLUE_DREAM, "quantity": 45}],
        "as_of": "2026-01-27T22:59:59.999999Z",
        "pagination": {"page": 1, "limit": 50, "total": 234},
    },
    csv=f"""\
id,product_id,product_name,sku,location_id,room_type,quantity\r
{ITEM},{_BLUE_DREAM["product_id"]},Blue Dream 1/8,BD-EIGHTH-001,{STORE},sales_floor,45\r
""",
)
