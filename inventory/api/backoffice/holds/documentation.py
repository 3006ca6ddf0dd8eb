"""How the hold routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.holds.bodies import HoldBody, HoldReleaseBody
from inventory.api.backoffice.holds.problem_codes import HOLD_NOT_FOUND
from inventory.api.backoffice.holds.schemas import HoldPage, HoldRecord
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.reservations.problem_codes import MORE_THAN_OPEN
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    BIN_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    LOT_NOT_FOUND,
    READONLY_WAREHOUSE,
    STOCK_UNAVAILABLE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = ["HOLD", "create_hold", "get_hold", "list_holds", "release_hold"]

_TAG: Final = "Holds"
#: The demonstration's hold, and where it is.
HOLD: Final = "hold_01hx000000e008000000000011"
_WAREHOUSE_A: Final = "wh_01hx000000e008000000000001"
_MADE: Final = "2026-03-12T14:00:00.000Z"
_BY: Final = "anna@example.com"
_ROW: Final[dict[str, Any]] = {
    "id": HOLD,
    "state": "active",
    "sku": "REGEN-003",
    "skuId": "sku_01hx000000e008000000000002",
    "title": "Regen warming balm 50 ml",
    "locationId": _WAREHOUSE_A,
    "locationName": "Warehouse A",
    "binId": None,
    "binCode": None,
    "lotId": None,
    "lotCode": None,
    "stockItemId": None,
    "quantity": 8,
    "open": 8,
    "reason": "Leaking caps, waiting for the supplier",
    "referenceId": "QI-2026-014",
    "parts": [
        {
            "stockItemId": "inv_01hx000000e008000000000004",
            "binId": "bin_01hx000000e008000000000005",
            "binCode": "A-02-1",
            "lotId": None,
            "lotCode": None,
            "quantity": 8,
        }
    ],
    "closedAt": None,
    "createdBy": _BY,
    "createdAt": _MADE,
    "version": 1,
}
_CREATED: Final[dict[str, Any]] = {
    "action": "create",
    "fromState": None,
    "toState": "active",
    "quantity": 8,
    "note": "Leaking caps, waiting for the supplier",
    "by": _BY,
    "at": _MADE,
}

list_holds = Operation(
    id="listHolds",
    tag=_TAG,
    summary="List inventory holds",
    description="The holds in the locations that the caller sees, the newest first.",
    problems=(WAREHOUSE_NOT_FOUND,),
    result=HoldPage,
    answer={"data": [_ROW], "pagination": PAGINATION},
)

create_hold = Operation(
    id="createHold",
    tag=_TAG,
    summary="Create inventory hold",
    description="Hold units of a SKU in a location: of one bin, one lot, one stock item, or wherever they are. They "
    "neither leave nor move, and nobody can reserve them, until they are released; they can be counted and corrected. "
    "Without a `quantity`, all that is free there is held.",
    problems=(
        INVENTORY_NOT_FOUND,
        WAREHOUSE_NOT_FOUND,
        BIN_NOT_FOUND,
        LOT_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        STOCK_UNAVAILABLE,
    ),
    body=HoldBody,
    example={
        "sku": "REGEN-003",
        "locationId": _WAREHOUSE_A,
        "quantity": 2,
        "reason": "Leaking caps, waiting for the supplier",
    },
    result=HoldRecord,
    answer={
        **_ROW,
        "id": "hold_01hx000000e008000000000019",
        "quantity": 2,
        "open": 2,
        "referenceId": None,
        "parts": [{**_ROW["parts"][0], "quantity": 2}],
        "history": [{**_CREATED, "quantity": 2}],
    },
    status=201,
    is_tagged=True,
)

get_hold = Operation(
    id="getHold",
    tag=_TAG,
    summary="Get an inventory hold",
    description="A hold with where its units are, and its history.",
    parameters={"id": Parameter("The hold's id.", example=HOLD)},
    problems=(HOLD_NOT_FOUND,),
    result=HoldRecord,
    answer={**_ROW, "history": [_CREATED]},
    is_tagged=True,
)

release_hold = Operation(
    id="releaseHold",
    tag=_TAG,
    summary="Release inventory hold",
    description="Let go of what is held, or of part of it: what was held first is let go of first, in the order of "
    "`parts`. `If-Match` takes the hold's tag.",
    problems=(HOLD_NOT_FOUND, READONLY_WAREHOUSE, WAREHOUSE_INACTIVE, INVALID_TRANSITION, MORE_THAN_OPEN),
    body=HoldReleaseBody,
    example={"holdId": HOLD, "quantity": 3, "note": "Three are sound"},
    result=HoldRecord,
    answer={
        **_ROW,
        "open": 5,
        "parts": [{**_ROW["parts"][0], "quantity": 5}],
        "version": 2,
        "history": [
            _CREATED,
            {
                "action": "release",
                "fromState": "active",
                "toState": "active",
                "quantity": 3,
                "note": "Three are sound",
                "by": _BY,
                "at": "2026-03-12T15:00:00.000Z",
            },
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)
