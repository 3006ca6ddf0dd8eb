"""How the routes of lots and expired goods are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.lots.bodies import (
    DestructionBody,
    LotBody,
    LotChangeBody,
    LotControlBody,
    MarkConsumedBody,
    MarkExpiredBody,
)
from inventory.api.backoffice.lots.problem_codes import (
    DESTRUCTION_NOT_FOUND,
    IN_DESTRUCTION_ROOM,
    LOT_DAY_PASSED,
    LOT_EXISTS,
    LOT_IN_USE,
    NO_DESTRUCTION_ROOM,
    NOT_A_DESTRUCTION_BIN,
    NOT_EXPIRED,
    SEVERAL_LOCATIONS,
)
from inventory.api.backoffice.lots.schemas import (
    DestructionPage,
    DestructionRecord,
    ExpiredPage,
    LotControlResult,
    LotPage,
    LotRecord,
    LotVerdict,
    MarkConsumedResult,
    MarkExpiredResult,
)
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_INACTIVE,
    BIN_NOT_FOUND,
    DUPLICATE_ROW,
    INVENTORY_NOT_FOUND,
    LOT_NOT_FOUND,
    READONLY_WAREHOUSE,
    STOCK_UNAVAILABLE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "DESTRUCTION",
    "EXPIRED_ITEM",
    "FRESH_ITEM",
    "LOCATION",
    "LOT",
    "LOT_CODE",
    "SKU",
    "SOON_ITEM",
    "UNUSED_LOT",
    "change_lot",
    "create_lot",
    "get_destruction",
    "get_lot",
    "get_lot_control",
    "list_destructions",
    "list_expired",
    "list_lots",
    "mark_consumed",
    "mark_expired",
    "remove_lot",
    "transfer_destruction",
    "validate_lots",
]

_TAG: Final = "Lots"
#: The demonstration's gummies: see `inventory.demo.expired_goods`.
SKU: Final = "VITA-GUM-60"
LOT: Final = "lot_01hx000000e008000000000061"
LOT_CODE: Final = "VG-2207"
UNUSED_LOT: Final = "lot_01hx000000e008000000000064"
FRESH_ITEM: Final = "inv_01hx000000e008000000000061"
SOON_ITEM: Final = "inv_01hx000000e008000000000062"
EXPIRED_ITEM: Final = "inv_01hx000000e008000000000063"
DESTRUCTION: Final = "dst_01hx000000e008000000000065"
LOCATION: Final = "wh_01hx000000e008000000000001"

_SKU_ID: Final = "sku_01hx000000e008000000000061"
_BIN: Final = "bin_01hx000000e008000000000061"
_DESTRUCTION_BIN: Final = "bin_01hx000000e008000000000062"
_ID: Final = {"id": Parameter("The lot's id.", example=LOT)}
_GOODS: Final = {
    "sku": SKU,
    "skuId": _SKU_ID,
    "title": "Vitamin gummies, 60 pieces",
}
_PLACE: Final = {
    **_GOODS,
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "binId": _BIN,
    "binCode": "R-15-2",
}
_CREATED: Final[dict[str, Any]] = {
    "action": "create",
    "fromState": None,
    "toState": "active",
    "quantity": None,
    "note": None,
    "by": "manager@demo.example",
    "at": "2026-03-12T14:00:00.000Z",
}
_LOT: Final[dict[str, Any]] = {
    "id": LOT,
    **_GOODS,
    "code": LOT_CODE,
    "state": "active",
    "expiresOn": "2026-10-08",
    "daysLeft": 210,
    "receivedAt": "2025-12-27T14:00:00.000Z",
    "onHand": 60,
    "held": 0,
    "version": 1,
}
_RECORD: Final[dict[str, Any]] = {
    **_LOT,
    "allowedStates": ["expired", "quarantined"],
    "stock": [
        {"locationId": LOCATION, "locationName": "Warehouse A", "bins": 1, "onHand": 60, "held": 0},
    ],
    "history": [],
}
_VERDICT: Final[dict[str, Any]] = {
    **_GOODS,
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "lotId": LOT,
    "lotCode": LOT_CODE,
    "expiresOn": "2026-10-08",
    "quantity": 5,
    "available": 60,
    "valid": False,
    "problems": [
        {
            "code": "NOT_FEFO",
            "detail": "Lot VG-2144 expires on 2026-03-24, before lot VG-2207: it goes first.",
            "available": None,
            "lotId": "lot_01hx000000e008000000000062",
            "lotCode": "VG-2144",
        }
    ],
}
_DESTRUCTION_ROW: Final[dict[str, Any]] = {
    "id": DESTRUCTION,
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "binId": _DESTRUCTION_BIN,
    "binCode": "DES-01",
    "reason": "Past their date and stuck together",
    "note": "Collected by the waste disposal on Friday",
    "lineCount": 1,
    "units": 6,
    "createdBy": "manager@demo.example",
    "createdAt": "2026-03-10T14:00:00.000Z",
    "version": 1,
}


def _destroyed(units: int, reason: str, note: str | None) -> dict[str, Any]:
    return {
        **_DESTRUCTION_ROW,
        "reason": reason,
        "note": note,
        "units": units,
        "lines": [
            {
                **_GOODS,
                "lotId": "lot_01hx000000e008000000000063",
                "lotCode": "VG-2098",
                "fromBinId": _BIN,
                "fromBinCode": "R-15-2",
                "quantity": units,
            }
        ],
        "history": [
            {
                **_CREATED,
                "action": "record",
                "toState": "recorded",
                "quantity": units,
                "note": reason,
            }
        ],
    }


list_lots = Operation(
    id="listLots",
    tag=_TAG,
    summary="List lots",
    description="The lots with what there is of each where the caller may look, by SKU, and of a SKU the first to "
    "expire first. `state` is that of today: from the day after its last one, a lot is `expired`.",
    result=LotPage,
    answer={"data": [_LOT], "pagination": PAGINATION},
)

create_lot = Operation(
    id="createLot",
    tag=_TAG,
    summary="Create a lot",
    description="A lot without stock. Receipts make the lots that they name by themselves.",
    problems=(INVENTORY_NOT_FOUND, LOT_EXISTS),
    body=LotBody,
    example={"sku": SKU, "code": "VG-2290", "expiresOn": "2027-06-30"},
    result=LotRecord,
    answer={
        **_RECORD,
        "code": "VG-2290",
        "expiresOn": "2027-06-30",
        "daysLeft": 475,
        "onHand": 0,
        "stock": [],
        "history": [_CREATED],
    },
    status=201,
    is_tagged=True,
)

get_lot = Operation(
    id="getLot",
    tag=_TAG,
    summary="Get a lot",
    description="The lot, where it is, the states that it may be brought to, and its history.",
    parameters=_ID,
    problems=(LOT_NOT_FOUND,),
    result=LotRecord,
    answer=_RECORD,
    is_tagged=True,
)

change_lot = Operation(
    id="changeLot",
    tag=_TAG,
    summary="Change a lot",
    description="Change its code, its last day or its state: `active → quarantined | expired`, `quarantined → active | "
    "expired`, `expired → quarantined`. It counts from the moment it is answered: what is quarantined or expired "
    "neither leaves nor is promised, in no location. A last day that has passed makes the lot expired at once. Whoever "
    "may change only some locations changes lots that are nowhere else.",
    parameters=_ID,
    problems=(LOT_NOT_FOUND, LOT_EXISTS, LOT_DAY_PASSED, INVALID_TRANSITION),
    body=LotChangeBody,
    example={"state": "quarantined", "note": "The supplier asks for samples"},
    result=LotRecord,
    answer={
        **_RECORD,
        "state": "quarantined",
        "allowedStates": ["active", "expired"],
        "version": 2,
        "history": [
            {
                **_CREATED,
                "action": "quarantine",
                "fromState": "active",
                "toState": "quarantined",
                "quantity": 60,
                "note": "The supplier asks for samples",
            }
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)

remove_lot = Operation(
    id="removeLot",
    tag=_TAG,
    summary="Delete a lot",
    description="Delete a lot that never had stock and that no document names.",
    parameters={"id": Parameter("The lot's id.", example=UNUSED_LOT)},
    problems=(LOT_NOT_FOUND, LOT_IN_USE),
    status=204,
    takes_if_match=True,
)

get_lot_control = Operation(
    id="getLotControl",
    tag=_TAG,
    summary="Validate one lot",
    description="Whether so many units of a lot could be picked in a location, and everything that speaks against it. "
    "Changes nothing.",
    parameters={
        "sku": Parameter("The code of the SKU.", example=SKU, is_required=True),
        "locationId": Parameter("Where it is to be picked.", example=LOCATION, is_required=True),
        "quantity": Parameter("How many units.", example="5", is_required=True),
    },
    problems=(INVENTORY_NOT_FOUND, WAREHOUSE_NOT_FOUND),
    result=LotVerdict,
    answer=_VERDICT,
)

validate_lots = Operation(
    id="validateLots",
    tag=_TAG,
    summary="Validate lots",
    description="Whether up to 500 lines could be picked as they stand; lines about one lot in one location are added "
    "up. `LOT_UNKNOWN`: the SKU has no such lot. `LOT_REQUIRED`: it is lot-controlled, and none is named. "
    "`LOT_EXPIRED`, `LOT_ON_HOLD` (in quarantine, or its units there are held), `LOT_SHORT` (`available` is what there "
    "is). `NOT_FEFO`: another lot there expires earlier and could leave. Changes nothing.",
    problems=(INVENTORY_NOT_FOUND, WAREHOUSE_NOT_FOUND, BATCH_REFUSED),
    body=LotControlBody,
    example={
        "lines": [
            {"sku": SKU, "lotCode": LOT_CODE, "locationId": LOCATION, "quantity": 5},
            {"sku": SKU, "lotCode": "VG-2144", "locationId": LOCATION, "quantity": 5},
        ]
    },
    result=LotControlResult,
    answer={"valid": False, "data": [_VERDICT]},
)

list_expired = Operation(
    id="listExpired",
    tag=_TAG,
    summary="List expired goods",
    description="The stock items with units whose lot is expired or, with `daysAhead`, soon will be; the first to "
    "expire first. On its last day a lot is still good. `totals` are over all pages.",
    problems=(WAREHOUSE_NOT_FOUND,),
    result=ExpiredPage,
    answer={
        "data": [
            {
                "stockItemId": EXPIRED_ITEM,
                **_PLACE,
                "roomType": "storage",
                "lotId": "lot_01hx000000e008000000000063",
                "lotCode": "VG-2098",
                "state": "expired",
                "expiresOn": "2026-03-03",
                "daysLeft": -9,
                "onHand": 24,
                "held": 0,
                "unitCost": 3.85,
                "value": 92.4,
            }
        ],
        "pagination": PAGINATION,
        "totals": {"items": 1, "units": 24, "value": 92.4, "unpricedUnits": 0},
    },
)

mark_expired = Operation(
    id="markExpired",
    tag=_TAG,
    summary="Mark goods as expired",
    description="Where the lines cover all that there is of a lot, or its last day has passed, the lot itself becomes "
    "expired. Otherwise just these units are brought into an expired lot of their own (`VG-2207-EXPIRED`, or "
    "`EXPIRED-2026-03-12` for goods without a lot) by a lot correction, and the rest of the lot stays as it is. "
    "Quantities on hand stay as they are too.",
    problems=(
        INVENTORY_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        DUPLICATE_ROW,
        STOCK_UNAVAILABLE,
        BATCH_REFUSED,
    ),
    body=MarkExpiredBody,
    example={"lines": [{"stockItemId": SOON_ITEM, "quantity": 2}], "note": "Torn packs"},
    result=MarkExpiredResult,
    answer={
        "data": [
            {
                "stockItemId": SOON_ITEM,
                **_PLACE,
                "quantity": 2,
                "outcome": "moved",
                "lotId": "lot_01hx000000e008000000000066",
                "lotCode": "VG-2144-EXPIRED",
            }
        ],
        "adjustmentId": "adj_01hx000000e008000000000061",
    },
)

mark_consumed = Operation(
    id="markConsumed",
    tag=_TAG,
    summary="Mark expired goods as consumed",
    description="Expired goods that were used up leave the stock by an adjustment for the reason `consumed`.",
    problems=(
        INVENTORY_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        DUPLICATE_ROW,
        NOT_EXPIRED,
        STOCK_UNAVAILABLE,
        BATCH_REFUSED,
    ),
    body=MarkConsumedBody,
    example={"lines": [{"stockItemId": EXPIRED_ITEM, "quantity": 2}], "note": "For the team's kitchen"},
    result=MarkConsumedResult,
    answer={
        "data": [{"stockItemId": EXPIRED_ITEM, **_PLACE, "quantity": 2, "onHand": 22}],
        "adjustmentId": "adj_01hx000000e008000000000062",
    },
)

transfer_destruction = Operation(
    id="transferToDestruction",
    tag=_TAG,
    summary="Bring goods to destruction",
    description="Brings units, expired or not, to the destruction room of their location, and leaves a record of what, "
    "how much, who and why. All lines are in one location. Units on hold have to be released first.",
    problems=(
        INVENTORY_NOT_FOUND,
        BIN_NOT_FOUND,
        BIN_INACTIVE,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        DUPLICATE_ROW,
        SEVERAL_LOCATIONS,
        NOT_A_DESTRUCTION_BIN,
        NO_DESTRUCTION_ROOM,
        IN_DESTRUCTION_ROOM,
        STOCK_UNAVAILABLE,
        BATCH_REFUSED,
    ),
    body=DestructionBody,
    example={"lines": [{"stockItemId": EXPIRED_ITEM, "quantity": 3}], "reason": "Past their date"},
    result=DestructionRecord,
    answer=_destroyed(3, "Past their date", None),
    status=201,
    is_tagged=True,
)

list_destructions = Operation(
    id="listDestructions",
    tag=_TAG,
    summary="List destructions",
    description="The records of goods that were brought to destruction, the newest first.",
    problems=(WAREHOUSE_NOT_FOUND,),
    result=DestructionPage,
    answer={"data": [_DESTRUCTION_ROW], "pagination": PAGINATION},
)

get_destruction = Operation(
    id="getDestruction",
    tag=_TAG,
    summary="Get a destruction",
    description="The record with its lines.",
    parameters={"id": Parameter("The record's id.", example=DESTRUCTION)},
    problems=(DESTRUCTION_NOT_FOUND,),
    result=DestructionRecord,
    answer=_destroyed(6, "Past their date and stuck together", "Collected by the waste disposal on Friday"),
    is_tagged=True,
)
