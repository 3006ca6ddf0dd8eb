"""How the put-away routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.put_away.bodies import PutAwayActionBody, PutAwayBody
from inventory.api.backoffice.put_away.problem_codes import (
    NO_BIN,
    PUT_AWAY_LINE_NOT_FOUND,
    PUT_AWAY_NOT_FOUND,
    SAME_BIN,
)
from inventory.api.backoffice.put_away.schemas import PutAwayPage, PutAwayRecord
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
    READONLY_WAREHOUSE,
    STOCK_UNAVAILABLE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "LOCATION",
    "RECEIVING_BIN",
    "TASK",
    "act_on_put_away",
    "create_put_away",
    "get_put_away",
    "list_put_away",
]

_TAG: Final = "Put-away"
#: The demonstration's open task, its location, and the bin that the goods wait in.
TASK: Final = "put_01hx000000e008000000000021"
LOCATION: Final = "wh_01hx000000e008000000000001"
RECEIVING_BIN: Final = "bin_01hx000000e008000000000022"
_ID: Final = {"id": Parameter("The task's id.", example=TASK)}

_ROW: Final[dict[str, Any]] = {
    "id": TASK,
    "state": "open",
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "referenceId": "GR-2026-0311",
    "note": None,
    "lineCount": 1,
    "quantity": 12,
    "putAway": None,
    "createdBy": "jonas@example.com",
    "createdAt": "2026-03-12T07:55:00.000Z",
    "closedAt": None,
    "version": 1,
}
_LINE: Final[dict[str, Any]] = {
    "id": "ptl_01hx000000e008000000000023",
    "sku": "SKU-002",
    "skuId": "sku_01hx000000e008000000000004",
    "title": "Blue Widget 750ml",
    "lotId": None,
    "lotCode": None,
    "fromBinId": RECEIVING_BIN,
    "fromBinCode": "REC-05",
    "fromRoomName": "Receiving",
    "toBinId": "bin_01hx000000e008000000000024",
    "toBinCode": "A-03-2",
    "toRoomName": "Picking",
    "isSuggested": True,
    "quantity": 12,
    "putAway": None,
}
_CREATED: Final[dict[str, Any]] = {
    "action": "create",
    "fromState": None,
    "toState": "open",
    "quantity": 12,
    "note": None,
    "by": "jonas@example.com",
    "at": "2026-03-12T07:55:00.000Z",
}
_RECORD: Final[dict[str, Any]] = {
    **_ROW,
    "allowedActions": ["complete", "cancel"],
    "lines": [_LINE],
    "history": [_CREATED],
}

list_put_away = Operation(
    id="listPutAwayTasks",
    tag=_TAG,
    summary="List put-away tasks",
    description="The tasks, the newest first, without their lines.",
    result=PutAwayPage,
    answer={"data": [_ROW], "pagination": PAGINATION},
)

create_put_away = Operation(
    id="createPutAwayTask",
    tag=_TAG,
    summary="Create a put-away task",
    description="Plan where goods go that lie in one bin and belong in another. Where no bin is named one is "
    "suggested: a bin that holds the SKU and has room, else an empty one; what fits into none is spread over several. "
    "Nothing moves until the task is completed.",
    problems=(
        WAREHOUSE_NOT_FOUND,
        INVENTORY_NOT_FOUND,
        LOT_NOT_FOUND,
        BIN_NOT_FOUND,
        READONLY_WAREHOUSE,
        WAREHOUSE_INACTIVE,
        BIN_INACTIVE,
        STOCK_UNAVAILABLE,
        NO_BIN,
        SAME_BIN,
        BATCH_REFUSED,
    ),
    body=PutAwayBody,
    example={
        "locationId": LOCATION,
        "lines": [{"sku": "SKU-002", "quantity": 6, "fromBinId": RECEIVING_BIN}],
        "referenceId": "GR-2026-0311",
    },
    result=PutAwayRecord,
    answer=_RECORD,
    status=201,
    is_tagged=True,
)

get_put_away = Operation(
    id="getPutAwayTask",
    tag=_TAG,
    summary="Get a put-away task",
    description="The task with its lines and its history.",
    parameters=_ID,
    problems=(PUT_AWAY_NOT_FOUND,),
    result=PutAwayRecord,
    answer=_RECORD,
    is_tagged=True,
)

act_on_put_away = Operation(
    id="actOnPutAwayTask",
    tag=_TAG,
    summary="Complete or cancel a put-away task",
    description="`complete`: the goods are on their shelves, as planned, or as `lines` say; bins keep to their "
    "capacity. `cancel`: the goods stay where they are.",
    parameters=_ID,
    problems=(
        PUT_AWAY_NOT_FOUND,
        PUT_AWAY_LINE_NOT_FOUND,
        BIN_NOT_FOUND,
        INVALID_QUANTITY,
        READONLY_WAREHOUSE,
        INVALID_TRANSITION,
        STOCK_UNAVAILABLE,
        WAREHOUSE_INACTIVE,
        BIN_INACTIVE,
        BIN_FULL,
        SAME_BIN,
        DUPLICATE_ROW,
        BATCH_REFUSED,
    ),
    body=PutAwayActionBody,
    example={"action": "complete"},
    result=PutAwayRecord,
    answer={
        **_ROW,
        "state": "completed",
        "putAway": 12,
        "closedAt": "2026-03-12T08:20:00.000Z",
        "version": 2,
        "allowedActions": [],
        "lines": [{**_LINE, "putAway": 12}],
        "history": [
            _CREATED,
            {
                "action": "complete",
                "fromState": "open",
                "toState": "completed",
                "quantity": 12,
                "note": None,
                "by": "jonas@example.com",
                "at": "2026-03-12T08:20:00.000Z",
            },
        ],
    },
    is_tagged=True,
    takes_if_match=True,
)
