"""Stock as it was: what the ledger had recorded by an instant.

The clock is that of recording, not of happening. A movement that is entered late (its `occurred_at` is earlier) changes
no snapshot of the time before it was entered: what was once told of an instant stays true of it, but for the last
moments, of which a transaction may still be about to commit. Quantities are those of the instant; names, prices and
rooms are today's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TypedDict
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from inventory.models import Movement, StockItem
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["ItemAt", "items_at", "read_items_at", "walk_items_at"]

_ROWS_AT_ONCE: Final = 1000


class ItemAt(TypedDict):
    """A stock item with `quantity`, its units on hand at the instant."""

    pk: UUID
    sku__code: str
    sku__title: str
    sku__product_id: UUID
    warehouse_id: UUID
    bin__room__room_type: str
    quantity: int


def items_at(*, access: Access, instant: datetime, warehouse: Warehouse | None = None) -> QuerySet[StockItem]:
    """The stock items that there were by `instant`, those that were empty too, where the caller may read; oldest first.

    Walked in an index, so that a page costs the same whatever came later.
    """
    items = access.narrow(StockItem.objects.order_by("created_at", "id"), "inventory.read")
    items = items.filter(created_at__lte=instant)
    return items if warehouse is None else items.filter(warehouse=warehouse)


def read_items_at(keys: Sequence[UUID], *, instant: datetime) -> list[ItemAt]:
    """The items of `keys` in their order, as of `instant`. One query, in it one index look-up for each item."""
    last = Movement.objects.filter(stock_item=OuterRef("pk"), recorded_at__lte=instant).order_by(
        "-recorded_at", "-level_version"
    )
    rows: QuerySet[Any, Any] = (
        StockItem.objects.order_by()
        .filter(pk__in=keys)
        .annotate(quantity=Coalesce(Subquery(last.values("item_after")[:1]), 0))
        .values(*ItemAt.__annotations__)
    )
    found = {row["pk"]: row for row in rows}
    return [found[key] for key in keys if key in found]


def walk_items_at(items: QuerySet[StockItem], *, instant: datetime) -> Iterator[list[ItemAt]]:
    """All of `items`, which are `items_at(instant)`, a thousand at a time: two queries each, and no more in memory."""
    rest = items
    while found := list(rest.values_list("pk", "created_at")[:_ROWS_AT_ONCE]):
        yield read_items_at([key for key, _ in found], instant=instant)
        last, when = found[-1]
        rest = items.filter(Q(created_at__gt=when) | Q(pk__gt=last), created_at__gte=when)
