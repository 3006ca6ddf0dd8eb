"""Which rows a listing of SKUs walks: one index each, whatever the caller sees and filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from inventory.api.nexus.records import grouped, record
from inventory.formulas import status_expression
from inventory.models import StockLevel, StockSummary
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["Listing", "listing", "seen_levels"]

Records = Callable[[list[UUID]], list[dict[str, Any]]]
Listing = tuple[QuerySet[Any], Records]


def seen_levels(*, access: Access, warehouse: Warehouse | None) -> QuerySet[StockLevel]:
    """The stock levels that the caller may read, in `warehouse` if one is named."""
    levels = access.narrow(StockLevel.objects.order_by(), "inventory.read")
    return levels if warehouse is None else levels.filter(warehouse=warehouse)


def listing(*, access: Access, warehouse: Warehouse | None) -> Listing:
    """The keys of the SKUs that the caller sees, by `sort_code`, and how keys become records (one query).

    All warehouses: the summaries. One: its levels. Several but not all: the summaries of SKUs that are in one of
    them, with the status over those as `seen_status`; that costs a look at the levels of each SKU passed over.
    """
    levels = seen_levels(access=access, warehouse=warehouse)
    places = access.warehouse_ids("inventory.read")
    if warehouse is not None or (places is not None and len(places) == 1):
        return levels, lambda keys: _records(levels.filter(pk__in=keys), by_level=keys)
    summaries: QuerySet[StockSummary] = StockSummary.objects.order_by().filter(
        organization=access.organization
    )
    if places is not None:
        summaries = _over(summaries, levels)
    return summaries, lambda keys: _records(levels.filter(sku__in=keys), by_sku=keys)


def _over(summaries: QuerySet[StockSummary], levels: QuerySet[StockLevel]) -> QuerySet[StockSummary]:
    of_sku = levels.filter(sku=OuterRef("pk"))

    def total(column: str) -> Coalesce:
        sums = of_sku.values("sku").annotate(total=Sum(column)).values("total")
        return Coalesce(Subquery(sums, output_field=BigIntegerField()), 0)

    columns = ("on_hand", "reserved", "held", "safety_stock", "reorder_point")
    return (
        summaries.filter(Exists(of_sku))
        .alias(**{f"seen_{column}": total(column) for column in columns})
        .alias(seen_status=status_expression("seen_"))
    )


def _records(
    levels: QuerySet[StockLevel], *, by_sku: list[UUID] | None = None, by_level: list[UUID] | None = None
) -> list[dict[str, Any]]:
    found = grouped(levels)
    if by_sku is not None:
        return [record(found[key]) for key in by_sku if key in found]
    # One level a SKU: the listing's order is that of the SKU codes, which the keys stand in.
    places = {rows[0]["pk"]: rows for rows in found.values()}
    return [record(places[key]) for key in by_level or () if key in places]
