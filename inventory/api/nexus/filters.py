"""Nexus's query parameters and paging."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters import filters

from inventory.formulas import StockStatus
from inventory.models import Movement, StockSummary, sku_key
from inventory.seen_stock import seen_levels, with_seen_status
from warehouses.http.filters import StrictCharFilter, StrictChoiceFilter, StrictFilterSet
from warehouses.http.moments import MomentFilter, MomentFilterSet
from warehouses.http.organization import require_access
from warehouses.http.paging import CursorPaging

__all__ = ["AdjustmentFilters", "InventoryFilters", "NexusPaging"]


class NexusPaging(CursorPaging):
    default_size = 50
    maximum_size = 200


class InventoryFilters(StrictFilterSet):
    """Over stock summaries or the stock levels of one warehouse; both have `status` and `sort_code`.

    A caller who sees several warehouses but not all is shown, and filters by, the status over those.
    """

    status: ClassVar[filters.Filter] = StrictChoiceFilter(method="with_status", choices=StockStatus.choices)
    sku: ClassVar[filters.Filter] = StrictCharFilter(method="of_sku", max_length=128)

    def with_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        access = require_access(self.request)
        if rows.model is StockSummary and not access.everywhere("inventory.read"):
            return with_seen_status(rows, [StockStatus(value)], levels=seen_levels(access=access))
        return rows.filter(status=value)

    def of_sku(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(sort_code=sku_key(value))


class AdjustmentFilters(MomentFilterSet):
    """`start_date` and `end_date` take in the days they name, in the organization's time zone."""

    moment_column = "recorded_at"

    start_date: ClassVar[filters.Filter] = MomentFilter(
        method="from_start", help_text="Recorded on or after."
    )
    end_date: ClassVar[filters.Filter] = MomentFilter(method="to_end", help_text="Recorded on or before.")
    reason: ClassVar[filters.Filter] = StrictCharFilter(
        method="for_reason", max_length=40, help_text="A reason code, without regard to case."
    )

    def for_reason(self, rows: QuerySet[Movement], name: str, value: str) -> QuerySet[Movement]:
        return rows.filter(reason_code__code_key=value.casefold())
