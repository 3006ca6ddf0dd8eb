"""How the replenishment routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.replenishment.bodies import (
    ReplenishmentActionBody,
    ReplenishmentBody,
    ReplenishmentConfigBody,
    SuggestionsBody,
)
from inventory.api.backoffice.replenishment.problem_codes import (
    MAXIMUM_TOO_LOW,
    REPLENISHMENT_NOT_FOUND,
    TRANSFER_SHARED,
)
from inventory.api.backoffice.replenishment.schemas import (
    ReplenishmentConfig,
    ReplenishmentConfigPage,
    ReplenishmentPage,
    ReplenishmentRecord,
    SuggestionPage,
)
from inventory.api.backoffice.transfers.problem_codes import SAME_LOCATION
from inventory.api.backoffice.transitions import INVALID_TRANSITION
from inventory.api.problem_codes import (
    INVENTORY_NOT_FOUND,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "ORDER",
    "TO_CANCEL",
    "act_on_replenishment",
    "create_replenishment",
    "get_replenishment",
    "list_config",
    "list_replenishments",
    "set_config",
    "suggest_replenishment",
]

_TAG: Final = "Replenishment"
#: The demonstration's warehouse, its open order at a supplier, and one that may be cancelled.
_WAREHOUSE: Final = "wh_01hx000000e008000000000001"
ORDER: Final = "rpl_01hx000000e008000000000031"
TO_CANCEL: Final = "rpl_01hx000000e008000000000032"
_LOCATION: Final = {"locationId": Parameter("Only of this location.")}
_SUPPLIER: Final[dict[str, Any]] = {
    "type": "supplier",
    "name": "Regen Labs",
    "fromLocationId": None,
    "fromLocationName": None,
}
_PLACE: Final[dict[str, Any]] = {
    "sku": "REGEN-002",
    "skuId": "sku_01hx000000e008000000000002",
    "title": "Regen joint patches, pack of 10",
    "locationId": _WAREHOUSE,
    "locationName": "Warehouse A",
}
_CONFIG: Final[dict[str, Any]] = {
    **_PLACE,
    "safetyStock": 10,
    "reorderPoint": 25,
    "reorderQuantity": 80,
    "maximum": 200,
    "orderMultiple": 10,
    "leadTimeDays": 7,
    "windowDays": 30,
    "source": _SUPPLIER,
    "isDefault": False,
}
_RECORD: Final[dict[str, Any]] = {
    "id": ORDER,
    "state": "open",
    **_PLACE,
    "quantity": 80,
    "received": 0,
    "inbound": 80,
    "source": _SUPPLIER,
    "transferId": None,
    "transferState": None,
    "expectedOn": "2026-03-19",
    "referenceId": "PO-2026-0311",
    "note": None,
    "version": 1,
    "createdBy": "Web shop",
    "createdAt": "2026-03-12T14:00:00.000Z",
    "closedAt": None,
}
_CREATED: Final[dict[str, Any]] = {
    "action": "create",
    "fromState": None,
    "toState": "open",
    "quantity": 80,
    "note": None,
    "by": "Web shop",
    "at": "2026-03-12T14:00:00.000Z",
}

list_config = Operation(
    id="listReplenishmentConfig",
    tag=_TAG,
    summary="List replenishment rules",
    description="One record for each SKU at each location that has ever stocked it, by SKU. Where nobody has set a "
    "rule, it shows what holds then (`isDefault`).",
    parameters=_LOCATION,
    problems=(WAREHOUSE_NOT_FOUND,),
    result=ReplenishmentConfigPage,
    answer={"data": [_CONFIG], "pagination": PAGINATION},
)

set_config = Operation(
    id="setReplenishmentConfig",
    tag=_TAG,
    summary="Set a replenishment rule",
    description="Sets the rule of a SKU at a location, and makes it where there is none. What is not given stays as it "
    "is. Safety stock, reorder point and reorder quantity are those of the stock level, in every contract.",
    problems=(
        WAREHOUSE_NOT_FOUND,
        INVENTORY_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        MAXIMUM_TOO_LOW,
        SAME_LOCATION,
    ),
    body=ReplenishmentConfigBody,
    example={
        "sku": "REGEN-002",
        "locationId": _WAREHOUSE,
        "maximum": 200,
        "orderMultiple": 10,
        "leadTimeDays": 7,
        "source": {"type": "supplier", "name": "Regen Labs"},
    },
    result=ReplenishmentConfig,
    answer=_CONFIG,
    is_tagged=True,
    takes_if_match=True,
)

suggest_replenishment = Operation(
    id="suggestReplenishment",
    tag=_TAG,
    summary="What should be ordered",
    description="The SKUs of a location whose available and inbound units together are below their reorder point, with "
    "how much to order and every number that leads to it, by SKU. It changes nothing.",
    problems=(WAREHOUSE_NOT_FOUND, INVENTORY_NOT_FOUND),
    body=SuggestionsBody,
    example={"locationId": _WAREHOUSE, "limit": 20},
    result=SuggestionPage,
    answer={
        "data": [
            {
                **_PLACE,
                "quantity": 180,
                "onHand": 18,
                "reserved": 0,
                "held": 0,
                "available": 18,
                "onOrder": 0,
                "inTransit": 5,
                "inbound": 5,
                "position": 23,
                "demand": 51,
                "windowDays": 30,
                "demandPerDay": 1.7,
                "leadTimeDays": 7,
                "safetyStock": 10,
                "reorderPoint": 25,
                "isReorderPointSet": True,
                "reorderQuantity": 80,
                "maximum": 200,
                "orderMultiple": 10,
                "basis": "maximum",
                "target": 200,
                "needed": 177,
                "source": _SUPPLIER,
            }
        ],
        "pagination": {**PAGINATION, "limit": 20},
    },
)

list_replenishments = Operation(
    id="listReplenishments",
    tag=_TAG,
    summary="List replenishments",
    description="What is and was on order, the newest first.",
    parameters=_LOCATION,
    problems=(WAREHOUSE_NOT_FOUND,),
    result=ReplenishmentPage,
    answer={"data": [_RECORD], "pagination": PAGINATION},
)

create_replenishment = Operation(
    id="createReplenishment",
    tag=_TAG,
    summary="Order goods for a location",
    description="Puts units on order: they are inbound until they are received or the order is cancelled. From a "
    "supplier they are an expected receipt, which `POST /api/inventory/record-stock` receives. From another location "
    "they are a draft transfer, and are received with it; that takes `transfers.write` at both locations.",
    problems=(
        WAREHOUSE_NOT_FOUND,
        INVENTORY_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        SAME_LOCATION,
    ),
    body=ReplenishmentBody,
    example={
        "sku": "REGEN-002",
        "locationId": _WAREHOUSE,
        "quantity": 80,
        "source": {"type": "supplier", "name": "Regen Labs"},
        "expectedOn": "2026-03-19",
        "referenceId": "PO-2026-0311",
    },
    result=ReplenishmentRecord,
    answer={**_RECORD, "history": [_CREATED]},
    status=201,
    is_tagged=True,
)

get_replenishment = Operation(
    id="getReplenishment",
    tag=_TAG,
    summary="Get a replenishment",
    description="What is on order, how much of it has come, and what was done about it.",
    parameters={"id": Parameter("The replenishment's id.", example=ORDER)},
    problems=(REPLENISHMENT_NOT_FOUND,),
    result=ReplenishmentRecord,
    answer={**_RECORD, "history": [_CREATED]},
    is_tagged=True,
)

act_on_replenishment = Operation(
    id="actOnReplenishment",
    tag=_TAG,
    summary="Cancel a replenishment",
    description="`cancel`: what has not come is not expected any more; what has come stays received. The draft "
    "transfer of one from another location is cancelled with it; once that is shipped, it is received or written off "
    "instead.",
    parameters={"id": Parameter("The replenishment's id.", example=TO_CANCEL)},
    problems=(REPLENISHMENT_NOT_FOUND, INVALID_TRANSITION, TRANSFER_SHARED),
    body=ReplenishmentActionBody,
    example={"action": "cancel", "note": "The supplier has none."},
    result=ReplenishmentRecord,
    answer={
        **_RECORD,
        "id": TO_CANCEL,
        "state": "cancelled",
        "inbound": 0,
        "referenceId": None,
        "version": 2,
        "closedAt": "2026-03-12T15:00:00.000Z",
        "history": [
            _CREATED,
            {
                "action": "cancel",
                "fromState": "open",
                "toState": "cancelled",
                "quantity": 80,
                "note": "The supplier has none.",
                "by": "Web shop",
                "at": "2026-03-12T15:00:00.000Z",
            },
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)
