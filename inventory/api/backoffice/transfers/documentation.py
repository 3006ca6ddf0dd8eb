"""How the transfer routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.transfers.bodies import TransferActionBody, TransferBody
from inventory.api.backoffice.transfers.problem_codes import (
    SAME_LOCATION,
    SHORTAGE_REASON_REQUIRED,
    SURPLUS_REASON_REQUIRED,
    TRANSFER_LINE_NOT_FOUND,
    TRANSFER_NOT_FOUND,
)
from inventory.api.backoffice.transfers.schemas import TransferBinPage, TransferPage, TransferRecord
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    BIN_FULL,
    BIN_INACTIVE,
    BIN_NOT_FOUND,
    DUPLICATE_ROW,
    INVALID_QUANTITY,
    INVENTORY_NOT_FOUND,
    LOT_NOT_FOUND,
    LOT_REQUIRED,
    QUANTITY_TOO_LARGE,
    READONLY_WAREHOUSE,
    STOCK_UNAVAILABLE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "LOCATION",
    "STORE",
    "TRANSFER",
    "act_on_transfer",
    "create_transfer",
    "get_transfer",
    "list_transfer_bins",
    "list_transfers",
]

_TAG: Final = "Transfers"
#: The demonstration's draft, and its two ends.
TRANSFER: Final = "trf_01hx000000e008000000000011"
LOCATION: Final = "wh_01hx000000e008000000000001"
STORE: Final = "wh_01hz000000e008000000000001"
_ID: Final = {"id": Parameter("The transfer's id.", example=TRANSFER)}

_ROW: Final[dict[str, Any]] = {
    "id": TRANSFER,
    "state": "draft",
    "fromLocationId": LOCATION,
    "fromLocationName": "Warehouse A",
    "toLocationId": STORE,
    "toLocationName": "Store Berlin Mitte",
    "referenceId": "TO-2026-0118",
    "note": "The shop runs short of the large bottles",
    "expectedOn": "2026-03-16",
    "lineCount": 1,
    "quantity": 24,
    "shipped": 0,
    "received": 0,
    "surplus": 0,
    "writtenOff": 0,
    "inTransit": 0,
    "createdBy": "anna@example.com",
    "createdAt": "2026-03-12T14:00:00.000Z",
    "shippedAt": None,
    "closedAt": None,
    "version": 1,
}
_LINE: Final[dict[str, Any]] = {
    "id": "trl_01hx000000e008000000000012",
    "sku": "SKU-002",
    "skuId": "sku_01hx000000e008000000000004",
    "title": "Blue Widget 750ml",
    "lotId": None,
    "lotCode": None,
    "fromBinId": None,
    "fromBinCode": None,
    "toBinId": None,
    "toBinCode": None,
    "quantity": 24,
    "shipped": 0,
    "received": 0,
    "surplus": 0,
    "writtenOff": 0,
    "inTransit": 0,
    "shortageReason": None,
    "lots": [],
}
_CREATED: Final[dict[str, Any]] = {
    "action": "create",
    "fromState": None,
    "toState": "draft",
    "quantity": 24,
    "note": "The shop runs short of the large bottles",
    "by": "anna@example.com",
    "at": "2026-03-12T14:00:00.000Z",
}
_RECORD: Final[dict[str, Any]] = {
    **_ROW,
    "allowedActions": ["ship", "cancel"],
    "lines": [_LINE],
    "history": [_CREATED],
}
_SHIPPED: Final[dict[str, Any]] = {
    **_ROW,
    "state": "in_transit",
    "shipped": 24,
    "inTransit": 24,
    "shippedAt": "2026-03-12T15:30:00.000Z",
    "version": 2,
    "allowedActions": ["receive"],
    "lines": [
        {
            **_LINE,
            "shipped": 24,
            "inTransit": 24,
            "lots": [{"lotId": None, "lotCode": None, "expiresOn": None, "shipped": 24, "inTransit": 24}],
        }
    ],
    "history": [
        _CREATED,
        {
            "action": "ship",
            "fromState": "draft",
            "toState": "in_transit",
            "quantity": 24,
            "note": "Two boxes, with the morning van",
            "by": "anna@example.com",
            "at": "2026-03-12T15:30:00.000Z",
        },
    ],
}
_BIN: Final[dict[str, Any]] = {
    "binId": "bin_01hx000000e008000000000013",
    "binCode": "A-01-1",
    "roomId": "room_01hx000000e008000000000014",
    "roomName": "Picking",
    "roomType": "storage",
    "isSellable": True,
    "isDefault": False,
    "isActive": True,
    "pickSequence": 10,
    "capacity": 600,
    "used": 185,
    "free": 415,
    "holdsSku": None,
    "stock": None,
}

list_transfers = Operation(
    id="listTransfers",
    tag=_TAG,
    summary="List transfers",
    description="The transfers of which the caller may read one end or both, the newest first, without their lines.",
    result=TransferPage,
    answer={"data": [_ROW], "pagination": PAGINATION},
)

create_transfer = Operation(
    id="createTransfer",
    tag=_TAG,
    summary="Create a transfer",
    description="Draft a transfer between two locations, or between bins of one. Nothing leaves or is promised until "
    "it is shipped. Takes the permission in both locations.",
    problems=(
        WAREHOUSE_NOT_FOUND,
        INVENTORY_NOT_FOUND,
        LOT_NOT_FOUND,
        BIN_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        BIN_INACTIVE,
        SAME_LOCATION,
        BATCH_REFUSED,
    ),
    body=TransferBody,
    example={
        "fromLocationId": LOCATION,
        "toLocationId": STORE,
        "lines": [{"sku": "SKU-002", "quantity": 24}],
        "note": "The shop runs short of the large bottles",
        "referenceId": "TO-2026-0118",
        "expectedOn": "2026-03-16",
    },
    result=TransferRecord,
    answer=_RECORD,
    status=201,
    is_tagged=True,
)

get_transfer = Operation(
    id="getTransfer",
    tag=_TAG,
    summary="Get a transfer",
    description="The transfer with its lines, the lots that were shipped for each, and its history. A bin is shown to "
    "those who see its end of the transfer.",
    parameters=_ID,
    problems=(TRANSFER_NOT_FOUND,),
    result=TransferRecord,
    answer=_RECORD,
    is_tagged=True,
)

act_on_transfer = Operation(
    id="actOnTransfer",
    tag=_TAG,
    summary="Ship, receive or cancel a transfer",
    description="`ship`: everything leaves the source, first expired, first out where neither lot nor bin is named; "
    "takes the permission there. `receive`: what has arrived is booked into the destination, lot by lot; takes the "
    "permission there. Without `lines` all that is in transit has arrived. A line's `shortageReason` writes its rest "
    "off; with `isFinal` every short line needs one, and nothing stays in transit. `cancel`: a draft is called off; "
    "takes the permission at the source.",
    parameters=_ID,
    problems=(
        TRANSFER_NOT_FOUND,
        TRANSFER_LINE_NOT_FOUND,
        LOT_NOT_FOUND,
        BIN_NOT_FOUND,
        INVALID_QUANTITY,
        READONLY_WAREHOUSE,
        INVALID_TRANSITION,
        STOCK_UNAVAILABLE,
        WAREHOUSE_INACTIVE,
        BIN_INACTIVE,
        BIN_FULL,
        SHORTAGE_REASON_REQUIRED,
        SURPLUS_REASON_REQUIRED,
        DUPLICATE_ROW,
        LOT_REQUIRED,
        QUANTITY_TOO_LARGE,
        BATCH_REFUSED,
    ),
    body=TransferActionBody,
    example={"action": "ship", "note": "Two boxes, with the morning van"},
    result=TransferRecord,
    answer=_SHIPPED,
    is_tagged=True,
    takes_if_match=True,
)

list_transfer_bins = Operation(
    id="listTransferBins",
    tag=_TAG,
    summary="Get transfer bins",
    description="The bins of a location to choose from, in the order of the pickers' walk: to take from, those that "
    "hold something (of the SKU, where one is named); to bring to, those that are in use.",
    parameters={
        "locationId": Parameter("The location whose bins are asked for.", example=LOCATION, is_required=True),
        "sku": Parameter("Show what of this SKU lies in each bin: its code."),
        "direction": Parameter(
            "`from`: bins to take from. `to`: bins to bring to.",
            schema={"type": "string", "enum": ["from", "to"], "default": "from"},
        ),
    },
    problems=(WAREHOUSE_NOT_FOUND, INVENTORY_NOT_FOUND),
    result=TransferBinPage,
    answer={"data": [_BIN], "pagination": PAGINATION},
)
