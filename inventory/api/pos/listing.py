"""Which stock items a list walks, and in which order: the oldest first, so that a new one moves no page before it."""

from __future__ import annotations

from django.db.models import QuerySet

from inventory.models import StockItem
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["visible_items"]


def visible_items(*, access: Access, warehouse: Warehouse | None) -> QuerySet[StockItem]:
    """The stock items that the caller may read, in `warehouse` if one is named; in the order of an index."""
    items = access.narrow(StockItem.objects.order_by("created_at", "id"), "inventory.read")
    return items if warehouse is None else items.filter(warehouse=warehouse)
