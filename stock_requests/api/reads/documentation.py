"""How the readings of many requests, and of what can be asked for, are described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.objects import PAGINATION
from inventory.api.problem_codes import WAREHOUSE_NOT_FOUND
from stock_requests.api.reads.schemas import (
    FilterOptions,
    PendingPage,
    RequestCategoryPage,
    RequestDashboard,
    RequestProductPage,
    StocklistStockPage,
)
from stock_requests.api.requests.documentation import LOCATION, STORE, SUBMITTED, list_requests
from stock_requests.api.stocklists.documentation import LINE, STOCKLIST
from warehouses.http.moments import MOMENT_SCHEMA
from warehouses.http.operations import Operation, Parameter

__all__ = [
    "get_request_dashboard",
    "list_pending_approvals",
    "list_request_filters",
    "list_requests_by_category",
    "list_stocklist_stock",
    "search_request_products",
]

_TAG: Final = "Stock requests"
_MOMENT: Final = "a day in the organization's time zone, or an instant"
_ROW: Final[dict[str, Any]] = (list_requests.answer or {"data": [{}]})["data"][0]
_BY_STATUS: Final = {
    "draft": 2,
    "submitted": 2,
    "approved": 1,
    "picking": 0,
    "fulfilled": 6,
    "rejected": 1,
    "cancelled": 0,
}

_DASHBOARD: Final[dict[str, Any]] = {
    "asOf": "2026-03-12T16:00:00.000Z",
    "startDate": "2026-02-11",
    "endDate": "2026-03-12",
    "locationId": LOCATION,
    "locationName": "Warehouse A",
    "byStatus": _BY_STATUS,
    "byPriority": {"low": 0, "normal": 2, "high": 1, "urgent": 0},
    "pending": {
        "count": 2,
        "overdue": 0,
        "oldestAt": "2026-03-12T10:30:00.000Z",
        "value": 512.4,
        "forYou": 2,
    },
    "ageing": [
        {"bucket": "0-4h", "fromHours": 0, "toHours": 4, "count": 1},
        {"bucket": "4-24h", "fromHours": 4, "toHours": 24, "count": 1},
        {"bucket": "1-3d", "fromHours": 24, "toHours": 72, "count": 0},
        {"bucket": ">3d", "fromHours": 72, "toHours": None, "count": 0},
    ],
    "late": 0,
    "drafts": 0,
    "decided": {"approved": 7, "rejected": 1},
    "fulfilled": 6,
    "fillRate": 0.9625,
    "medianHoursToDecision": 3.5,
    "medianHoursToFulfilment": 26.25,
    "currency": "EUR",
    "recent": [_ROW],
}

get_request_dashboard = Operation(
    id="getStockRequestDashboard",
    tag=_TAG,
    summary="Get the dashboard of stock requests",
    description="How the requests that the caller sees are going, or those from or to one location. What waits, how "
    "long it has waited, and what is late, is as of now; what was decided and fulfilled, how much of what was asked "
    "for came, and how long that took, is of the window from `startDate` to `endDate`. `forYou` counts what the caller "
    "may decide on, as `pending-approvals` lists it.",
    parameters={
        "locationId": Parameter("Only requests from or to this location."),
        "startDate": Parameter(
            f"The first day: {_MOMENT}. 30 days before the end, if left out.", schema=MOMENT_SCHEMA
        ),
        "endDate": Parameter(
            f"The last day: {_MOMENT}; a day is taken in as a whole. Today, if left out.",
            schema=MOMENT_SCHEMA,
        ),
    },
    problems=(WAREHOUSE_NOT_FOUND,),
    result=RequestDashboard,
    answer=_DASHBOARD,
)

list_requests_by_category = Operation(
    id="listStockRequestsByCategory",
    tag=_TAG,
    summary="List stock requests by category",
    description="A row for each category that the caller's requests are of, and one for those of none: how many there "
    "are, in which status, and how many units were asked for, approved, fulfilled, and are still open. A request "
    "counts for its own category, whatever its lines are of.",
    result=RequestCategoryPage,
    answer={
        "data": [
            {
                "categoryId": None,
                "categoryName": None,
                "requests": 12,
                "lines": 19,
                "requested": 480,
                "approved": 410,
                "fulfilled": 385,
                "remaining": 71,
                "value": 2310.5,
                "byStatus": _BY_STATUS,
            }
        ],
        "pagination": PAGINATION,
    },
)

list_request_filters = Operation(
    id="listStockRequestFilters",
    tag=_TAG,
    summary="List what stock requests can be filtered by",
    description="For each filter of the list of requests, the values that it takes, what people call them, and how "
    "many of the requests that the caller sees have each.",
    result=FilterOptions,
    answer={
        "statuses": [{"value": "submitted", "label": "Submitted", "count": 2}],
        "priorities": [{"value": "high", "label": "High", "count": 1}],
        "fromLocations": [{"value": LOCATION, "label": "Warehouse A", "count": 12}],
        "toLocations": [{"value": STORE, "label": "Store Berlin Mitte", "count": 11}],
        "departments": [],
        "categories": [],
        "stocklists": [{"value": STOCKLIST, "label": "Weekly restock of the shop", "count": 1}],
        "requesters": [{"value": "anna@example.com", "label": "anna@example.com", "count": 12}],
    },
)

list_pending_approvals = Operation(
    id="listPendingApprovals",
    tag=_TAG,
    summary="List the approvals that wait for the caller",
    description="The submitted requests that the caller may decide on now: those from locations where the caller may "
    "approve, that are not the caller's own, and that still need an approval which the caller's would count for. Each "
    "with what it needs, how long it waits, and what approving it does to the stock of its source.",
    result=PendingPage,
    answer={
        "data": [
            {
                **_ROW,
                "id": SUBMITTED,
                "number": "SR-00043",
                "status": "submitted",
                "version": 2,
                "submittedAt": "2026-03-12T10:30:00.000Z",
                "approvalsNeeded": 1,
                "approvalsGiven": 0,
                "ageHours": 5.5,
                "isOverdue": False,
                "isShort": False,
                "fallsBelowSafety": False,
            }
        ],
        "pagination": PAGINATION,
    },
)

search_request_products = Operation(
    id="searchStockRequestProducts",
    tag=_TAG,
    summary="Search what can be asked for",
    description="SKUs that are dealt in, with what there is of each at the location that the goods are asked of. "
    "`available` is what a request could be promised now: neither reserved, held, expired, quarantined nor to be "
    "destroyed. A scanned barcode finds its SKU first; titles are searched where no barcode is this, and no code "
    "begins with it.",
    parameters={
        "locationId": Parameter(
            "The location that the goods are asked of.", example=LOCATION, is_required=True
        ),
        "toLocationId": Parameter("The location that they go to: what there is there is shown beside it."),
    },
    problems=(WAREHOUSE_NOT_FOUND,),
    result=RequestProductPage,
    answer={
        "data": [
            {
                "sku": "SKU-002",
                "skuId": "sku_01hx000000e008000000000004",
                "title": "Blue Widget 750ml",
                "productName": "Blue Widget",
                "categoryId": "cat_01hx000000e008000000000005",
                "categoryName": "Widgets",
                "barcodes": ["4006381333931"],
                "baseUnit": "each",
                "unitCost": 4.9,
                "onHand": 185,
                "available": 185,
                "onOrder": 0,
                "toLocation": {"onHand": 12, "available": 12},
            }
        ],
        "pagination": PAGINATION,
    },
)

list_stocklist_stock = Operation(
    id="listStocklistStock",
    tag=_TAG,
    summary="List the lines of stocklists with their stock",
    description="What the stocklists in use ask for that the caller sees, line by line, and how much of it could be "
    "promised at the location that it is asked of. Those who see the other end of a stocklist alone are not told of "
    "the stock at its source.",
    result=StocklistStockPage,
    answer={
        "data": [
            {
                "stocklistId": STOCKLIST,
                "stocklistName": "Weekly restock of the shop",
                "lineId": LINE,
                "sku": "SKU-002",
                "skuId": "sku_01hx000000e008000000000004",
                "title": "Blue Widget 750ml",
                "quantity": 24,
                "fromLocationId": LOCATION,
                "fromLocationName": "Warehouse A",
                "available": 185,
                "isShort": False,
                "onOrder": 0,
            }
        ],
        "pagination": PAGINATION,
    },
)
