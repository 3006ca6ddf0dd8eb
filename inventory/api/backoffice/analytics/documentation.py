"""How the report is described."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.backoffice.analytics.schemas import InventoryReport
from inventory.api.backoffice.catalogue.problem_codes import CATEGORY_NOT_FOUND
from inventory.api.problem_codes import WAREHOUSE_NOT_FOUND
from warehouses.http.moments import MOMENT_SCHEMA
from warehouses.http.operations import Operation, Parameter

__all__ = ["get_analytics"]

_MOMENT: Final = "a day in the organization's time zone, or an instant with its offset"
_ANSWER: Final[dict[str, Any]] = {
    "fromDate": "2026-03-11",
    "toDate": "2026-03-12",
    "from": "2026-03-10T23:00:00.000Z",
    "to": "2026-03-12T23:00:00.000Z",
    "timeZone": "Europe/Berlin",
    "currency": "EUR",
    "locationId": None,
    "categoryId": None,
    "totals": {
        "onHand": 48210,
        "reserved": 612,
        "held": 40,
        "available": 47558,
        "value": 391204.55,
        "skuCount": 410,
        "skusInStock": 396,
        "lowCount": 21,
        "criticalCount": 6,
        "outOfStockCount": 14,
        "skusWithoutCost": 0,
    },
    "movements": [{"reasonCode": "SALE", "name": "Retail sale", "unitsIn": 0, "unitsOut": 318, "count": 204}],
    "interval": "day",
    "stockOverTime": [
        {"date": "2026-03-11", "units": 48371, "value": 392770.10},
        {"date": "2026-03-12", "units": 48210, "value": 391204.55},
    ],
    "turnover": {
        "unitsOut": 318,
        "cost": 2610.40,
        "averageValue": 391987.33,
        "ratio": 0.0067,
        "daysOfStock": 300.3,
    },
    "topMovers": [
        {
            "sku": "SKU-001",
            "skuId": "sku_01hx000000e00800000000000a",
            "title": "Blue Widget 500ml",
            "unitsOut": 11,
            "cost": 45.10,
            "onHand": 487,
        }
    ],
    "deadStock": [
        {
            "sku": "REGEN-003",
            "skuId": "sku_01hx000000e008000000000009",
            "title": "Regen warming balm 50 ml",
            "onHand": 64,
            "value": 409.60,
            "lastOutAt": "2026-03-09T09:12:00.000Z",
        }
    ],
}

get_analytics = Operation(
    id="getInventoryAnalytics",
    tag="Analytics",
    summary="Get inventory analytics",
    description="How stock has moved, and what it is worth, at the locations that the caller may see: the last 30 "
    "days, or at most 366 days of your choice. All values are at today's unit costs. **Consumed** are the units that "
    "left for good: sold, returned to a supplier, or found gone by a full sync; not what was transferred, put away, "
    "damaged or counted away, nor what was reversed. **Turnover** is the cost of what was consumed, divided by the "
    "mean of the stock's values at the end of each day. Over more than 92 days, stock over time is told week by week.",
    parameters={
        "locationId": Parameter("Only this location."),
        "fromDate": Parameter(
            f"The first day: {_MOMENT}. 30 days before the end, if left out.", schema=MOMENT_SCHEMA
        ),
        "toDate": Parameter(
            f"The last day: {_MOMENT}; a day is taken in as a whole. Today, if left out.",
            schema=MOMENT_SCHEMA,
        ),
        "categoryId": Parameter("Only products of this category."),
    },
    problems=(WAREHOUSE_NOT_FOUND, CATEGORY_NOT_FOUND),
    result=InventoryReport,
    answer=_ANSWER,
)
