"""The report as it is shown."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from inventory.analytics import Analytics
from inventory.api.backoffice.money import worth
from inventory.models import Category, Sku
from warehouses.http.instants import instant, instant_or_none
from warehouses.identifiers import encode
from warehouses.models import Organization, Warehouse

__all__ = ["analytics_object"]

_SHARE: Final = Decimal("0.0001")
_TENTH: Final = Decimal("0.1")


def analytics_object(
    report: Analytics,
    *,
    organization: Organization,
    warehouse: Warehouse | None,
    category: Category | None,
) -> dict[str, Any]:
    totals, turnover = report.totals, report.turnover
    return {
        "fromDate": report.window.first.isoformat(),
        "toDate": report.window.last.isoformat(),
        "from": instant(report.window.start),
        "to": instant(report.window.end),
        "timeZone": organization.time_zone,
        "currency": organization.currency,
        "locationId": warehouse.public_id if warehouse else None,
        "categoryId": category.public_id if category else None,
        "totals": {
            "onHand": totals.on_hand,
            "reserved": totals.reserved,
            "held": totals.held,
            "available": totals.available,
            "value": worth(totals.value),
            "skuCount": totals.skus,
            "skusInStock": totals.in_stock,
            "lowCount": totals.low,
            "criticalCount": totals.critical,
            "outOfStockCount": totals.out_of_stock,
            "skusWithoutCost": totals.without_cost,
        },
        "movements": [
            {
                "reasonCode": row.code,
                "name": row.name,
                "unitsIn": row.units_in,
                "unitsOut": row.units_out,
                "count": row.movements,
            }
            for row in report.reasons
        ],
        "interval": "week" if report.is_weekly else "day",
        "stockOverTime": [
            {"date": point.day.isoformat(), "units": point.units, "value": worth(point.value)}
            for point in report.points
        ],
        "turnover": {
            "unitsOut": turnover.units,
            "cost": worth(turnover.cost),
            "averageValue": worth(turnover.average_value),
            "ratio": _rounded(turnover.ratio, _SHARE),
            "daysOfStock": _rounded(turnover.days_of_stock, _TENTH),
        },
        "topMovers": [
            {
                "sku": row.code,
                "skuId": encode(Sku.prefix, row.sku_id),
                "title": row.title,
                "unitsOut": row.units,
                "cost": worth(row.cost),
                "onHand": row.on_hand,
            }
            for row in report.movers
        ],
        "deadStock": [
            {
                "sku": row.code,
                "skuId": encode(Sku.prefix, row.sku_id),
                "title": row.title,
                "onHand": row.on_hand,
                "value": worth(row.value),
                "lastOutAt": instant_or_none(row.last_out_at),
            }
            for row in report.dead
        ],
    }


def _rounded(number: Decimal | None, step: Decimal) -> Decimal | None:
    return None if number is None else number.quantize(step, ROUND_HALF_UP)
