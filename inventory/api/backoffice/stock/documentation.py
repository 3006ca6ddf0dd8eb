"""How the stock routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.catalogue.problem_codes import PRODUCT_NOT_FOUND
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.receipts.problem_codes import LOT_EXPIRY_DIFFERS
from inventory.api.backoffice.stock.bodies import (
    AdjustBody,
    AdjustmentActionBody,
    AdjustmentBody,
    LotCorrectionBody,
    RecordedStockBody,
)
from inventory.api.backoffice.stock.problem_codes import (
    ADJUSTMENT_NOT_FOUND,
    ALREADY_REVERSED,
    GOODS_GONE,
    NOTHING_TO_REVERSE,
    REASON_RESERVED,
    SAME_LOT,
)
from inventory.api.backoffice.stock.schemas import (
    AdjustedStockItem,
    AdjustmentPage,
    AdjustmentRecord,
    LocationStockPage,
    ProductLevels,
    ReasonCodePage,
    RecordedStock,
    StockItemPage,
)
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_INACTIVE,
    BIN_NOT_FOUND,
    DUPLICATE_ROW,
    INSUFFICIENT_STOCK,
    INVENTORY_NOT_FOUND,
    LOT_NOT_FOUND,
    LOT_REQUIRED,
    NEGATIVE_QUANTITY,
    QUANTITY_TOO_LARGE,
    READONLY_WAREHOUSE,
    REASON_DIRECTION,
    STOCK_UNAVAILABLE,
    UNKNOWN_REASON_CODE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "ADJUSTMENT",
    "PRODUCT",
    "WAREHOUSE_A",
    "act_on_adjustment",
    "adjust_inventory",
    "correct_lot",
    "create_adjustment",
    "get_adjustment",
    "get_product_levels",
    "list_adjustments",
    "list_inventory_locations",
    "list_reason_codes",
    "list_recorded_stock",
    "list_stock_items",
    "record_stock",
]

_TAG: Final = "Stock"
#: What the demonstration has: a location, an adjustment and a product.
WAREHOUSE_A: Final = "wh_01hx000000e008000000000001"
ADJUSTMENT: Final = "adj_01hx000000e008000000000009"
PRODUCT: Final = "prod_01hx000000e008000000000001"
_ITEM_ID: Final = "inv_01hx000000e008000000000002"
_BIN: Final = "bin_01hx000000e008000000000005"
_LOCATION: Final = {"locationId": Parameter("Only this location.")}
_ID: Final = {"id": Parameter("The adjustment's id.", example=ADJUSTMENT)}

_WHERE: Final = (
    WAREHOUSE_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    BIN_NOT_FOUND,
    LOT_NOT_FOUND,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    BIN_INACTIVE,
)
_CHANGING: Final = (
    *_WHERE,
    UNKNOWN_REASON_CODE,
    REASON_RESERVED,
    NEGATIVE_QUANTITY,
    LOT_REQUIRED,
    QUANTITY_TOO_LARGE,
)

_PLACE: Final = {"locationId": WAREHOUSE_A, "locationName": "Warehouse A"}
_ITEM: Final[dict[str, Any]] = {
    "id": _ITEM_ID,
    "sku": "REGEN-001",
    "skuId": "sku_01hx000000e008000000000007",
    "title": "Regen recovery gel 100 ml",
    "productMasterId": "prod_01hx000000e008000000000007",
    "productName": "Regen recovery gel",
    "categoryId": "cat_01hx000000e008000000000007",
    "categoryName": "Wellness",
    **_PLACE,
    "roomId": "room_01hx000000e008000000000005",
    "roomName": "Picking",
    "roomType": "storage",
    "binId": _BIN,
    "binCode": "A-01-1",
    "lotId": None,
    "lotCode": None,
    "lotState": None,
    "expiresOn": None,
    "onHand": 142,
    "reserved": 6,
    "held": 0,
    "available": 136,
    "unitCost": 11.20,
    "value": 1590.40,
    "version": "018e40000000e008800000000000000a-57",
    "createdAt": "2026-01-02T08:00:00.000Z",
    "updatedAt": "2026-03-12T14:00:00.000Z",
}
_LINE: Final[dict[str, Any]] = {
    "stockItemId": _ITEM_ID,
    "sku": "REGEN-002",
    "skuId": "sku_01hx000000e008000000000008",
    "title": "Regen joint patches, pack of 10",
    **_PLACE,
    "binId": _BIN,
    "binCode": "A-01-1",
    "lotId": None,
    "lotCode": None,
    "reasonCode": "ADJUSTMENT",
    "quantityBefore": 118,
    "quantityChange": -4,
    "quantityAfter": 114,
}
_ADJUSTMENT: Final[dict[str, Any]] = {
    "id": ADJUSTMENT,
    "kind": "adjustment",
    "state": "posted",
    "reasonCode": "ADJUSTMENT",
    "note": "Found on the shelf beside it",
    "referenceId": "SHELF-CHECK",
    "source": "admin",
    "locations": [_PLACE],
    "lineCount": 2,
    "unitsIn": 4,
    "unitsOut": 4,
    "reversesId": None,
    "reversedById": None,
    "createdBy": "system",
    "createdAt": "2026-03-12T14:00:00.000Z",
}
_POSTED: Final[dict[str, Any]] = {
    "action": "post",
    "fromState": None,
    "toState": "posted",
    "quantity": None,
    "note": "Found on the shelf beside it",
    "by": "system",
    "at": "2026-03-12T14:00:00.000Z",
}
_OTHER_BIN: Final = {"binId": "bin_01hx000000e008000000000006", "binCode": "R-15-2"}
_RECORD: Final[dict[str, Any]] = {
    **_ADJUSTMENT,
    "lines": [
        _LINE,
        {
            **_LINE,
            "stockItemId": "inv_01hx000000e008000000000004",
            **_OTHER_BIN,
            "quantityBefore": 0,
            "quantityChange": 4,
            "quantityAfter": 4,
        },
    ],
    "history": [_POSTED],
}
_NEW: Final = {
    "id": "adj_01hx000000e008000000000008",
    "source": "backoffice",
    "note": None,
    "referenceId": None,
    "createdBy": "Integration",
    "lineCount": 1,
}
_NEW_HISTORY: Final = {"history": [{**_POSTED, "note": None, "by": "Integration"}]}

list_stock_items = Operation(
    id="listStockItems",
    tag=_TAG,
    summary="List inventory items",
    description="Stock by bin and lot, the oldest item first. A key's request without any of `page`, `locationId`, "
    "`productMasterId`, `lotId` and `binId` is answered by the nexus contract, unless `X-API-Contract` or the prefix "
    "says otherwise.",
    parameters=_LOCATION,
    problems=(WAREHOUSE_NOT_FOUND,),
    result=StockItemPage,
    answer={"data": [_ITEM], "pagination": {**PAGINATION, "limit": 20}},
)

adjust_inventory = Operation(
    id="adjustInventoryItem",
    tag=_TAG,
    summary="Adjust inventory",
    description="Change one stock item, or a SKU at a location. Without bin and lot, goods leave first-expired-first "
    "and come to the default bin. For a reason by which goods leave, only what is available can be taken; other "
    "reasons put the record right.",
    problems=(*_CHANGING, INSUFFICIENT_STOCK, REASON_DIRECTION),
    body=AdjustBody,
    example={
        "sku": "REGEN-001",
        "locationId": WAREHOUSE_A,
        "quantityChange": 2,
        "reasonCode": "found",
        "note": "Behind the shelf",
    },
    result=AdjustedStockItem,
    answer={
        **_ITEM,
        "onHand": 144,
        "available": 138,
        "value": 1612.80,
        "adjustmentId": ADJUSTMENT,
        "changes": [
            {
                "stockItemId": _ITEM_ID,
                "binCode": "A-01-1",
                "lotCode": None,
                "quantityBefore": 142,
                "quantityChange": 2,
                "quantityAfter": 144,
            }
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)

list_adjustments = Operation(
    id="listInventoryAdjustments",
    tag=_TAG,
    summary="List inventory adjustments",
    description="The documents that changed stock, the newest first. Who is limited to locations sees those that "
    "touched one of them, and their own; lines and sums are of these locations alone.",
    result=AdjustmentPage,
    answer={"data": [_ADJUSTMENT], "pagination": PAGINATION},
)

create_adjustment = Operation(
    id="createInventoryAdjustment",
    tag=_TAG,
    summary="Create an inventory adjustment",
    description="Change up to 500 lines for one reason, all or nothing: each by `quantityChange` or to `newQuantity`. "
    "Changes of one stock item are added up; two lines that set the same stock are refused. Where every line asks for "
    "what is there already, the document has no lines.",
    problems=(*_CHANGING, INSUFFICIENT_STOCK, REASON_DIRECTION, DUPLICATE_ROW, BATCH_REFUSED),
    body=AdjustmentBody,
    example={
        "reasonCode": "DAMAGE",
        "note": "Water damage, bay 7",
        "referenceId": "DMG-2026-014",
        "lines": [
            {"sku": "REGEN-003", "locationId": WAREHOUSE_A, "quantityChange": -1},
            {"sku": "SKU-002", "locationId": WAREHOUSE_A, "quantityChange": -2},
        ],
    },
    result=AdjustmentRecord,
    answer={
        **_RECORD,
        **_NEW,
        "reasonCode": "DAMAGE",
        "note": "Water damage, bay 7",
        "referenceId": "DMG-2026-014",
        "unitsIn": 0,
        "unitsOut": 1,
        "lines": [
            {**_LINE, "reasonCode": "DAMAGE", "quantityChange": -1, "quantityAfter": 117},
        ],
        **_NEW_HISTORY,
    },
    status=201,
    is_tagged=True,
)

get_adjustment = Operation(
    id="getInventoryAdjustment",
    tag=_TAG,
    summary="Get an inventory adjustment",
    description="The document with its lines and its history.",
    parameters=_ID,
    problems=(ADJUSTMENT_NOT_FOUND,),
    result=AdjustmentRecord,
    answer=_RECORD,
    is_tagged=True,
)

act_on_adjustment = Operation(
    id="actOnInventoryAdjustment",
    tag=_TAG,
    summary="Reverse an inventory adjustment",
    description="`reverse`: a new adjustment with the opposite movements on the same stock items; both stay on record "
    "and name each other. It needs the right in every location that the adjustment touched, and the goods to be where "
    "it left them. The answer is the adjustment that was reversed.",
    parameters=_ID,
    problems=(
        ADJUSTMENT_NOT_FOUND,
        ALREADY_REVERSED,
        NOTHING_TO_REVERSE,
        GOODS_GONE,
        QUANTITY_TOO_LARGE,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        BATCH_REFUSED,
    ),
    body=AdjustmentActionBody,
    example={"action": "reverse", "note": "Counted again: they were in the right place"},
    result=AdjustmentRecord,
    answer={
        **_RECORD,
        "state": "reversed",
        "reversedById": "adj_01hx000000e008000000000008",
        "history": [
            _POSTED,
            {
                **_POSTED,
                "action": "reverse",
                "fromState": "posted",
                "toState": "reversed",
                "note": "Counted again: they were in the right place",
                "by": "Integration",
            },
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)

correct_lot = Operation(
    id="createLotCorrection",
    tag=_TAG,
    summary="Create a lot correction",
    description="Say that goods are of another lot than the books do. Nothing moves: each bin gets two movements that "
    "add up to nothing. What is on hold or expired can be corrected too; what is on hold is touched last, and its hold "
    "stays with the lot that it was put on. `toLot` is made if the SKU has no lot of that code.",
    problems=(*_WHERE, STOCK_UNAVAILABLE, SAME_LOT, LOT_EXPIRY_DIFFERS),
    body=LotCorrectionBody,
    example={
        "sku": "SKU-002",
        "locationId": WAREHOUSE_A,
        "fromLotId": None,
        "toLot": {"code": "W750-0426", "expiresOn": "2031-04-30"},
        "quantity": 5,
        "note": "Label read again",
    },
    result=AdjustmentRecord,
    answer={
        **_RECORD,
        **_NEW,
        "kind": "lot_correction",
        "reasonCode": "lot_correction",
        "note": "Label read again",
        "lineCount": 2,
        "unitsIn": 5,
        "unitsOut": 5,
        "lines": [
            {**_LINE, "reasonCode": "lot_correction", "quantityChange": -5, "quantityAfter": 113},
            {
                **_LINE,
                "stockItemId": "inv_01hx000000e008000000000004",
                "lotId": "lot_01hx000000e008000000000009",
                "lotCode": "W750-0426",
                "reasonCode": "lot_correction",
                "quantityBefore": 0,
                "quantityChange": 5,
                "quantityAfter": 5,
            },
        ],
        **_NEW_HISTORY,
    },
    status=201,
    is_tagged=True,
)

list_reason_codes = Operation(
    id="listAdjustmentReasonCodes",
    tag=_TAG,
    summary="List adjustment reason codes",
    description="The reasons in use, by code. With those that are not selectable the product itself writes documents "
    "of their own: they are there to filter by.",
    result=ReasonCodePage,
    answer={
        "data": [
            {
                "code": "DAMAGE",
                "name": "Damaged goods",
                "direction": "out",
                "nature": "correction",
                "isBuiltIn": False,
                "isSelectable": True,
            }
        ],
        "pagination": PAGINATION,
    },
)

list_recorded_stock = Operation(
    id="listRecordedStockAdjustments",
    tag=_TAG,
    summary="List recorded stock",
    description="The adjustments that stated what is there, the newest first. One without lines found all as the books "
    "had it.",
    result=AdjustmentPage,
    answer={"data": [{**_ADJUSTMENT, "kind": "statement", "reasonCode": "AUDIT"}], "pagination": PAGINATION},
)

record_stock = Operation(
    id="recordStockAdjustment",
    tag=_TAG,
    summary="Record what is there",
    description="State what is physically there, and have the difference posted: of the SKU at the location, or in the "
    "bin or of the lot that a line names. What no line names stays as it is; goods that are held or promised do not "
    "stand in the way. `recorded` in the answer has every line, also where the books were right.",
    problems=(*_CHANGING, DUPLICATE_ROW, BATCH_REFUSED),
    body=RecordedStockBody,
    example={
        "locationId": WAREHOUSE_A,
        "note": "Shelf check before the weekend",
        "lines": [{"sku": "REGEN-003", "quantity": 64}, {"sku": "SKU-002", "quantity": 184}],
    },
    result=RecordedStock,
    answer={
        **_RECORD,
        **_NEW,
        "kind": "statement",
        "reasonCode": "AUDIT",
        "note": "Shelf check before the weekend",
        "unitsIn": 0,
        "unitsOut": 1,
        "lines": [
            {
                **_LINE,
                "sku": "SKU-002",
                "title": "Blue Widget 750ml",
                "reasonCode": "AUDIT",
                "quantityBefore": 185,
                "quantityChange": -1,
                "quantityAfter": 184,
            }
        ],
        **_NEW_HISTORY,
        "recorded": [
            {
                "sku": "REGEN-003",
                "skuId": "sku_01hx000000e008000000000009",
                "title": "Regen warming balm 50 ml",
                "binId": None,
                "binCode": None,
                "lotId": None,
                "lotCode": None,
                "before": 64,
                "after": 64,
                "difference": 0,
            },
            {
                "sku": "SKU-002",
                "skuId": "sku_01hx00000ae008000000000001",
                "title": "Blue Widget 750ml",
                "binId": None,
                "binCode": None,
                "lotId": None,
                "lotCode": None,
                "before": 185,
                "after": 184,
                "difference": -1,
            },
        ],
    },
    status=201,
    is_tagged=True,
)

list_inventory_locations = Operation(
    id="listInventoryLocations",
    tag=_TAG,
    summary="List inventory by location",
    description="What is at each location, by name: quantities, value, and how many SKUs are short.",
    result=LocationStockPage,
    answer={
        "data": [
            {
                **_PLACE,
                "type": "own",
                "isActive": True,
                "isReadonly": False,
                "roomCount": 9,
                "binCount": 293,
                "skuCount": 410,
                "skusInStock": 396,
                "onHand": 48210,
                "reserved": 612,
                "held": 40,
                "available": 47558,
                "value": 391204.55,
                "lowCount": 21,
                "criticalCount": 6,
                "outOfStockCount": 14,
                "lastMovementAt": "2026-03-12T14:00:00.000Z",
            }
        ],
        "pagination": PAGINATION,
    },
)

get_product_levels = Operation(
    id="getProductInventoryLevels",
    tag=_TAG,
    summary="Get a product's inventory levels",
    description="The product with its stock, and its SKUs by code, each with its stock at every location that the "
    "caller may see.",
    parameters={"id": Parameter("The product's id.", example=PRODUCT), **_LOCATION},
    problems=(PRODUCT_NOT_FOUND, WAREHOUSE_NOT_FOUND),
    result=ProductLevels,
    answer={
        "product": {
            "id": PRODUCT,
            "name": "Discovery set",
            "categoryId": "cat_01hx000000e008000000000001",
            "categoryName": "Sample packs",
            "onHand": 120,
            "reserved": 0,
            "held": 0,
            "available": 120,
            "value": 384.00,
        },
        "data": [
            {
                "sku": "SAMPLE-5",
                "skuId": "sku_01hx000000e008000000000001",
                "title": "Discovery set, 5 samples",
                "isActive": True,
                "isLotControlled": False,
                "unitCost": 3.20,
                "onHand": 120,
                "reserved": 0,
                "held": 0,
                "available": 120,
                "value": 384.00,
                "status": "normal",
                "levels": [
                    {
                        **_PLACE,
                        "onHand": 120,
                        "reserved": 0,
                        "held": 0,
                        "available": 120,
                        "safetyStock": 10,
                        "reorderPoint": 40,
                        "reorderQuantity": 120,
                        "isLow": False,
                        "status": "normal",
                        "version": "018e40000000e008800000000000000b-1",
                        "updatedAt": "2026-03-12T14:00:00.000Z",
                    }
                ],
            }
        ],
        "pagination": PAGINATION,
    },
)
