"""Which rows a listing of SKUs walks: one index each, whatever the caller sees and filters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Sum

from inventory.api.nexus.records import grouped, record
from inventory.formulas import StockStatus, status_expression
from inventory.models import StockLevel, StockSummary
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["Listing", "listing", "seen_levels", "with_seen_status"]

Records = Callable[[list[UUID]], list[dict[str, Any]]]
Listing = tuple[QuerySet[Any], Records]


def seen_levels(*, access: Access, warehouse: Warehouse | None) -> QuerySet[StockLevel]:
    """The stock levels that the caller may read, in `warehouse` if one is named."""
    levels = access.narrow(StockLevel.objects.order_by(), "inventory.read")
    return levels if warehouse is None else levels.filter(warehouse=warehouse)


def listing(*, access: Access, warehouse: Warehouse | None) -> Listing:
    """The keys of the SKUs that the caller sees, by `sort_code`, and how keys become records (one query).

    All warehouses: the summaries. One: its levels. Several but not all: the summaries of SKUs that are in one of them;
    their `status` is not that of the warehouses seen (`with_seen_status`).
    """
    levels = seen_levels(access=access, warehouse=warehouse)
    places = access.warehouse_ids("inventory.read")
    if warehouse is not None or (places is not None and len(places) == 1):
        return levels, lambda keys: _records(levels.filter(pk__in=keys), by_level=keys)
    summaries: QuerySet[StockSummary] = StockSummary.objects.order_by().filter(
        organization=access.organization
    )
    if places is not None:
        summaries = summaries.filter(Exists(levels.filter(sku=OuterRef("pk"))))
    return summaries, lambda keys: _records(levels.filter(sku__in=keys), by_sku=keys)


def with_seen_status(
    summaries: QuerySet[StockSummary], *, access: Access, status: StockStatus
) -> QuerySet[StockSummary]:
    """The SKUs whose stock adds up to `status` over the warehouses that the caller sees; a summary knows all.

    A sum can only be as bad as its worst part: SKUs that have no level so bad are out before anything is added up.
    """
    levels = seen_levels(access=access, warehouse=None)
    if status is StockStatus.NORMAL:
        return summaries.exclude(sku__in=_summed(levels, _WORSE[StockStatus.LOW]).exclude(seen_status=status))
    return summaries.filter(sku__in=_summed(levels, _WORSE[status]).filter(seen_status=status))


_WORSE = {
    StockStatus.OUT_OF_STOCK: (StockStatus.OUT_OF_STOCK,),
    StockStatus.CRITICAL: (StockStatus.CRITICAL, StockStatus.OUT_OF_STOCK),
    StockStatus.LOW: (StockStatus.LOW, StockStatus.CRITICAL, StockStatus.OUT_OF_STOCK),
}


def _summed(levels: QuerySet[StockLevel], worst: Sequence[StockStatus]) -> QuerySet[Any]:
    """The SKUs with a level in one of the states `worst`, with the status of their sums as `seen_status`."""
    columns = ("on_hand", "reserved", "held", "safety_stock", "reorder_point")
    return (
        levels.filter(sku__in=levels.filter(status__in=worst).values("sku"))
        .values("sku")
        .annotate(**{f"sum_{column}": Sum(column) for column in columns})
        .annotate(seen_status=status_expression("sum_"))
        .values("sku")
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
