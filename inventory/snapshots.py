"""Stock as it was: what the ledger had recorded by an instant.

The clock is that of recording, not of happening. A movement that is entered late (its `occurred_at` is earlier) changes
no snapshot of the time before it was entered: what was once told of an instant stays true of it, but for the last
moments, of which a transaction may still be about to commit. Quantities are those of the instant; names, prices and
rooms are today's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from inventory.models import Movement, StockItem, TallyKind
from inventory.tallies import Tally, tally_of
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["CountedAt", "ItemAt", "counted_items_at", "items_at", "read_items_at", "walk_items_at"]

_ROWS_AT_ONCE: Final = 1000


class ItemAt(NamedTuple):
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


class CountedAt:
    """How many items `items_at` has, and where in them a page begins, for its pages."""

    def __init__(self, tally: Tally, instant: datetime) -> None:
        self._tally = tally
        self._instant = instant

    def total(self) -> int:
        return self._tally.total_by(self._instant)

    def near(self, start: int) -> tuple[Q, int] | None:
        return self._tally.near(start)


def counted_items_at(
    *, access: Access, instant: datetime, warehouse: Warehouse | None = None
) -> CountedAt | None:
    """The count of `items_at` of the same; None on an engine that has to look at them."""
    place = warehouse.pk if warehouse is not None else None
    tally = tally_of(TallyKind.ITEM, access=access, warehouse_id=place)
    return None if tally is None else CountedAt(tally, instant)


def read_items_at(keys: Sequence[UUID], *, instant: datetime) -> list[ItemAt]:
    """The items of `keys` in their order, as of `instant`. One query, in it one index look-up for each item."""
    last = Movement.objects.filter(stock_item=OuterRef("pk"), recorded_at__lte=instant).order_by(
        "-recorded_at", "-level_version"
    )
    rows: QuerySet[Any, Any] = (
        StockItem.objects.order_by()
        .filter(pk__in=keys)
        .annotate(quantity=Coalesce(Subquery(last.values("item_after")[:1]), 0))
        .values_list(*ItemAt._fields)
    )
    found = {row.pk: row for row in map(ItemAt._make, rows)}
    return [found[key] for key in keys if key in found]


def walk_items_at(items: QuerySet[StockItem], *, instant: datetime) -> Iterator[list[ItemAt]]:
    """All of `items`, which are `items_at(instant)`, a thousand at a time: two queries each, and no more in memory."""
    rest = items
    while found := list(rest.values_list("pk", "created_at")[:_ROWS_AT_ONCE]):
        yield read_items_at([key for key, _ in found], instant=instant)
        last, when = found[-1]
        rest = items.filter(Q(created_at__gt=when) | Q(pk__gt=last), created_at__gte=when)
