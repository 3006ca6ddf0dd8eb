"""How the stocklist routes are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.catalogue.problem_codes import CATEGORY_NOT_FOUND, INVALID_INPUT
from inventory.api.backoffice.objects import PAGINATION
from inventory.api.backoffice.places.problem_codes import ROOM_NOT_FOUND
from inventory.api.problem_codes import (
    BATCH_REFUSED,
    DUPLICATE_ROW,
    INVENTORY_NOT_FOUND,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    WAREHOUSE_NOT_FOUND,
)
from stock_requests.api.requests.documentation import LOCATION, STORE
from stock_requests.api.requests.problem_codes import (
    DEPARTMENT_INACTIVE,
    DEPARTMENT_NOT_FOUND,
    ONE_DESTINATION,
    ROOM_HAS_NO_BIN,
    SAME_LOCATION,
    STOCKLIST_NOT_FOUND,
)
from stock_requests.api.stocklists.bodies import StocklistBody, StocklistChangeBody
from stock_requests.api.stocklists.problem_codes import STOCKLIST_NAME_TAKEN
from stock_requests.api.stocklists.schemas import StocklistPage, StocklistRecord
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "LINE",
    "SPARE_STOCKLIST",
    "STOCKLIST",
    "change_stocklist",
    "create_stocklist",
    "delete_stocklist",
    "get_stocklist",
    "list_stocklists",
]

_TAG: Final = "Stocklists"
#: The demonstration's, and one of which no request was made.
STOCKLIST: Final = "stl_01hx000000e008000000000071"
SPARE_STOCKLIST: Final = "stl_01hx000000e008000000000072"
LINE: Final = "sll_01hx000000e008000000000073"
_OTHER_LINE: Final = "sll_01hx000000e008000000000074"
_ID: Final = {"id": Parameter("The stocklist's id.", example=STOCKLIST)}
_SPARE: Final = {"id": Parameter("The stocklist's id.", example=SPARE_STOCKLIST)}

#: What both ends, the category and the lines can be refused for.
_REFUSALS: Final = (
    WAREHOUSE_NOT_FOUND,
    ROOM_NOT_FOUND,
    DEPARTMENT_NOT_FOUND,
    CATEGORY_NOT_FOUND,
    INVENTORY_NOT_FOUND,
    READONLY_WAREHOUSE,
    WAREHOUSE_INACTIVE,
    DEPARTMENT_INACTIVE,
    SAME_LOCATION,
    ONE_DESTINATION,
    ROOM_HAS_NO_BIN,
    DUPLICATE_ROW,
    BATCH_REFUSED,
    STOCKLIST_NAME_TAKEN,
    INVALID_INPUT,
)

_ROW: Final[dict[str, Any]] = {
    "id": STOCKLIST,
    "name": "Weekly restock of the shop",
    "version": 1,
    "isActive": True,
    "fromLocationId": LOCATION,
    "fromLocationName": "Warehouse A",
    "toLocationId": STORE,
    "toLocationName": "Store Berlin Mitte",
    "toRoomId": None,
    "toRoomName": None,
    "toDepartmentId": None,
    "toDepartmentName": None,
    "categoryId": None,
    "categoryName": None,
    "priority": "normal",
    "note": None,
    "lineCount": 2,
    "quantity": 54,
    "createdAt": "2026-03-02T08:00:00.000Z",
}
_RECORD: Final[dict[str, Any]] = {
    **_ROW,
    "lines": [
        {
            "id": LINE,
            "position": 1,
            "sku": "SKU-002",
            "skuId": "sku_01hx000000e008000000000004",
            "title": "Blue Widget 750ml",
            "quantity": 24,
        },
        {
            "id": _OTHER_LINE,
            "position": 2,
            "sku": "REGEN-002",
            "skuId": "sku_01hx000000e008000000000006",
            "title": "Regenerating Night Cream 50ml",
            "quantity": 30,
        },
    ],
}
_CREATED: Final[dict[str, Any]] = {
    **_ROW,
    "id": "stl_01hx000000e008000000000075",
    "name": "First aid for the shop",
    "priority": "high",
    "note": "Whenever the cupboard is checked",
    "lineCount": 1,
    "quantity": 12,
    "lines": [{**_RECORD["lines"][0], "id": "sll_01hx000000e008000000000076", "quantity": 12}],
}

list_stocklists = Operation(
    id="listStocklists",
    tag=_TAG,
    summary="List stocklists",
    description="The stocklists of which the caller may read requests at one end or both, by name, without their "
    "lines.",
    result=StocklistPage,
    answer={"data": [_ROW], "pagination": PAGINATION},
)

create_stocklist = Operation(
    id="createStocklist",
    tag=_TAG,
    summary="Create a stocklist",
    description="A template of requests: from where, for whom, and how many units of which SKUs. Takes the permission "
    "at one of its ends. Nothing is asked for until a request is made of it, with `stocklistId`.",
    problems=_REFUSALS,
    body=StocklistBody,
    example={
        "name": "First aid for the shop",
        "fromLocationId": LOCATION,
        "toLocationId": STORE,
        "priority": "high",
        "note": "Whenever the cupboard is checked",
        "lines": [{"sku": "SKU-002", "quantity": 12}],
    },
    result=StocklistRecord,
    answer=_CREATED,
    status=201,
    is_tagged=True,
)

get_stocklist = Operation(
    id="getStocklist",
    tag=_TAG,
    summary="Get a stocklist",
    description="The stocklist with its lines.",
    parameters=_ID,
    problems=(STOCKLIST_NOT_FOUND,),
    result=StocklistRecord,
    answer=_RECORD,
    is_tagged=True,
)

change_stocklist = Operation(
    id="changeStocklist",
    tag=_TAG,
    summary="Change a stocklist",
    description="What is not given stays as it is; `lines` are all lines that it shall have. Requests that were made "
    "of it stay as they are. Takes the permission at one of its ends, and where these change at one of the new ones "
    "too.",
    parameters=_ID,
    problems=(STOCKLIST_NOT_FOUND, *_REFUSALS),
    body=StocklistChangeBody,
    example={
        "lines": [{"sku": "SKU-002", "quantity": 36}, {"sku": "REGEN-002", "quantity": 30}],
    },
    result=StocklistRecord,
    answer={
        **_RECORD,
        "version": 2,
        "quantity": 66,
        "lines": [{**_RECORD["lines"][0], "quantity": 36}, _RECORD["lines"][1]],
    },
    is_tagged=True,
    takes_if_match=True,
)

delete_stocklist = Operation(
    id="deleteStocklist",
    tag=_TAG,
    summary="Delete a stocklist",
    description="The requests that were made of it stay, and name no stocklist any more. One that is only not to be "
    "used for a while is set `isActive` false instead.",
    parameters=_SPARE,
    problems=(STOCKLIST_NOT_FOUND,),
    status=204,
    takes_if_match=True,
)
