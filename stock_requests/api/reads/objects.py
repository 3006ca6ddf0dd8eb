"""What is read about many requests, and about what can be asked for, as it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID

from inventory.analytics import Window
from inventory.api.backoffice.money import price, worth
from stock_requests.api.requests.objects import request_rows
from stock_requests.approvals.standing import standings_of
from stock_requests.figures import StockThere, figures_of_many
from stock_requests.models import StockRequest
from stock_requests.reports.by_category import CategorySums
from stock_requests.reports.dashboard import Dashboard
from stock_requests.reports.filter_options import Option
from stock_requests.reports.product_search import FoundProduct
from stock_requests.reports.stocklist_stock import StockedLine
from warehouses.access import Access
from warehouses.http.instants import instant, instant_or_none
from warehouses.models import Warehouse

__all__ = [
    "BUCKETS",
    "category_object",
    "dashboard_object",
    "option_objects",
    "pending_rows",
    "product_object",
    "stocked_object",
]

#: What each bucket of the ageing is called, and from how many hours up to how many it goes.
BUCKETS: Final = {
    "up_to_4_hours": ("0-4h", 0, 4),
    "up_to_24_hours": ("4-24h", 4, 24),
    "up_to_3_days": ("1-3d", 24, 72),
    "longer": (">3d", 72, None),
}
_HOUR: Final = timedelta(hours=1)


def dashboard_object(
    found: Dashboard, *, access: Access, window: Window, warehouse: Warehouse | None
) -> dict[str, Any]:
    """Two queries, for the recent requests."""
    pending, decisions = found.pending, found.decisions
    return {
        "asOf": instant(found.as_of),
        "startDate": window.first.isoformat(),
        "endDate": window.last.isoformat(),
        "locationId": warehouse.public_id if warehouse else None,
        "locationName": warehouse.name if warehouse else None,
        "byStatus": dict(found.by_status),
        "byPriority": {priority.word: count for priority, count in found.by_priority.items()},
        "pending": {
            "count": pending.count,
            "overdue": pending.overdue,
            "oldestAt": instant_or_none(pending.oldest_at),
            "value": worth(pending.value),
            "forYou": pending.for_you,
        },
        "ageing": [
            {"bucket": name, "fromHours": start, "toHours": end, "count": getattr(found.ageing, field)}
            for field, (name, start, end) in BUCKETS.items()
        ],
        "late": found.late,
        "drafts": found.drafts,
        "decided": {"approved": decisions.approved, "rejected": decisions.rejected},
        "fulfilled": decisions.fulfilled,
        "fillRate": _rounded(decisions.fill_rate, "0.0001"),
        "medianHoursToDecision": _rounded(decisions.hours_to_decision, "0.01"),
        "medianHoursToFulfilment": _rounded(decisions.hours_to_fulfilment, "0.01"),
        "currency": access.organization.currency,
        "recent": request_rows(access)(list(found.recent)) if found.recent else [],
    }


def category_object(sums: CategorySums) -> dict[str, Any]:
    return {
        "categoryId": sums.public_id,
        "categoryName": sums.name,
        "requests": sums.requests,
        "lines": sums.lines,
        "requested": sums.requested,
        "approved": sums.approved,
        "fulfilled": sums.fulfilled,
        "remaining": sums.remaining,
        "value": worth(sums.value),
        "byStatus": dict(sums.by_status),
    }


def option_objects(found: Mapping[str, Sequence[Option]]) -> dict[str, Any]:
    return {
        name: [{"value": each.value, "label": each.label, "count": each.count} for each in options]
        for name, options in found.items()
    }


def pending_rows(access: Access, now: datetime) -> Callable[[list[UUID]], list[dict[str, Any]]]:
    """What shows requests that wait for the caller's decision. A constant number of queries."""

    def rows(keys: list[UUID]) -> list[dict[str, Any]]:
        requests = list(StockRequest.objects.filter(pk__in=keys).select_related("organization"))
        by_id = {request.public_id: request for request in requests}
        standings, risks = standings_of(requests), figures_of_many(requests)
        today = access.organization.today()
        shown = []
        for row in request_rows(access)(keys):
            request = by_id.get(row["id"])
            if request is None or request.submitted_at is None:
                continue  # decided or taken back in between
            risk = risks[request.pk]
            shown.append(
                {
                    **row,
                    "approvalsNeeded": standings[request.pk].needed,
                    "approvalsGiven": standings[request.pk].given,
                    "ageHours": _rounded(Decimal((now - request.submitted_at) / _HOUR), "0.1"),
                    "isOverdue": request.needed_by is not None and request.needed_by < today,
                    "isShort": risk.is_short,
                    "fallsBelowSafety": risk.falls_below_safety,
                }
            )
        return shown

    return rows


def product_object(found: FoundProduct) -> dict[str, Any]:
    sku, category = found.sku, found.sku.product.category
    there = found.at_destination
    return {
        "sku": sku.code,
        "skuId": sku.public_id,
        "title": sku.title,
        "productName": sku.product.name,
        "categoryId": category.public_id if category else None,
        "categoryName": category.name if category else None,
        "barcodes": [barcode.code for barcode in sku.barcodes.all()],
        "baseUnit": sku.base_unit,
        "unitCost": price(sku.unit_cost),
        **_stock(found.at_source),
        "toLocation": {"onHand": there.on_hand, "available": there.available} if there else None,
    }


def stocked_object(found: StockedLine) -> dict[str, Any]:
    line, there = found.line, found.there
    stocklist = line.stocklist
    return {
        "stocklistId": stocklist.public_id,
        "stocklistName": stocklist.name,
        "lineId": line.public_id,
        "sku": line.sku.code,
        "skuId": line.sku.public_id,
        "title": line.sku.title,
        "quantity": line.quantity,
        "fromLocationId": stocklist.from_warehouse.public_id,
        "fromLocationName": stocklist.from_warehouse.name,
        "available": there.available if there else None,
        "isShort": there.available < line.quantity if there else None,
        "onOrder": there.on_order if there else None,
    }


def _stock(there: StockThere) -> dict[str, int]:
    return {"onHand": there.on_hand, "available": there.available, "onOrder": there.on_order}


def _rounded(figure: Decimal | None, step: str) -> Decimal | None:
    return None if figure is None else figure.quantize(Decimal(step), ROUND_HALF_UP)
