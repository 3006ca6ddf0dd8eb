"""The stock of SKUs as one caller sees it: which rows a listing walks, one index each, whatever they see and filter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Sum

from inventory.formulas import StockStatus, status_expression
from inventory.models import StockLevel, StockSummary
from warehouses.access import Access

__all__ = ["MOST_URGENT_FIRST", "SeenStock", "seen_levels", "seen_stock", "with_seen_status"]

_READ: Final = "inventory.read"
#: A sum can only be as bad as its worst part.
MOST_URGENT_FIRST: Final = (
    StockStatus.OUT_OF_STOCK,
    StockStatus.CRITICAL,
    StockStatus.LOW,
    StockStatus.NORMAL,
)


@dataclass(frozen=True, slots=True)
class SeenStock:
    """`rows` has one row for each SKU that the caller sees, with its `sku_id`, `sort_code` and figures; no order.

    `levels` are those that they may read. `adds_up`: they see several warehouses but not all, so that a row's own
    figures, which are those of all, are none of theirs: what they see has to be added up from the levels.
    """

    rows: QuerySet[Any]
    levels: QuerySet[StockLevel]
    adds_up: bool = False

    @property
    def is_by_level(self) -> bool:
        """The rows are the levels of one warehouse."""
        return self.rows.model is StockLevel


def seen_levels(*, access: Access, warehouse_id: UUID | None = None) -> QuerySet[StockLevel]:
    """The stock levels that the caller may read, in the one warehouse if it is named."""
    levels = access.narrow(StockLevel.objects.order_by(), _READ)
    return levels if warehouse_id is None else levels.filter(warehouse=warehouse_id)


def seen_stock(*, access: Access, warehouse_id: UUID | None = None) -> SeenStock:
    """All warehouses: the summaries. One: its levels. Several but not all: the summaries of SKUs in one of them."""
    levels = seen_levels(access=access, warehouse_id=warehouse_id)
    places = access.warehouse_ids(_READ)
    if warehouse_id is not None or (places is not None and len(places) == 1):
        return SeenStock(levels, levels)
    summaries: QuerySet[StockSummary] = StockSummary.objects.order_by().filter(
        organization=access.organization
    )
    if places is None:
        return SeenStock(summaries, levels)
    return SeenStock(summaries.filter(Exists(levels.filter(sku=OuterRef("pk")))), levels, adds_up=True)


def with_seen_status(
    summaries: QuerySet[Any], statuses: Collection[StockStatus], *, levels: QuerySet[StockLevel]
) -> QuerySet[Any]:
    """The SKUs whose stock adds up to one of `statuses` over `levels`; a summary knows all warehouses."""
    wanted = frozenset(statuses)
    if StockStatus.NORMAL not in wanted:
        return summaries.filter(sku__in=_adding_up_to(levels, wanted))
    others = frozenset(StockStatus) - wanted
    return summaries.exclude(sku__in=_adding_up_to(levels, others)) if others else summaries


def _adding_up_to(levels: QuerySet[StockLevel], statuses: Collection[StockStatus]) -> QuerySet[Any]:
    """The SKUs with such a status of their sums. Those without a level so bad are out before anything is added up."""
    mildest = max(MOST_URGENT_FIRST.index(status) for status in statuses)
    as_bad = levels.filter(status__in=MOST_URGENT_FIRST[: mildest + 1]).values("sku")
    columns = ("on_hand", "reserved", "held", "safety_stock", "reorder_point")
    return (
        levels.filter(sku__in=as_bad)
        .values("sku")
        .annotate(**{f"sum_{column}": Sum(column) for column in columns})
        .annotate(seen_status=status_expression("sum_"))
        .filter(seen_status__in=statuses)
        .values("sku")
    )
