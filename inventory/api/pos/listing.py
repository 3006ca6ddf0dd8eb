"""Which stock items a list walks, and in which order: the oldest first, so that a new one moves no page before it."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from inventory.models import StockItem
from warehouses.access import Access
from warehouses.models import Warehouse

__all__ = ["sorted_apart", "visible_items"]


def visible_items(*, access: Access, warehouse: Warehouse | None) -> QuerySet[StockItem]:
    """The stock items that the caller may read, in `warehouse` if one is named; in the order of an index."""
    items = access.narrow(StockItem.objects.order_by("created_at", "id"), "inventory.read")
    return items if warehouse is None else items.filter(warehouse=warehouse)


def sorted_apart(items: QuerySet[StockItem]) -> QuerySet[StockItem]:
    """The same in the same order, for items that a filter has picked: found by the filter, then sorted.

    A page then costs what its filter finds, as its exact total does. PostgreSQL would rather walk all items in the
    order asked for until a page is full, which is every one of them where those wanted are the youngest.
    """
    return items.order_by(_Unindexed(F("created_at")), "id")


class _Unindexed(Func):
    """A value as PostgreSQL finds it in no index."""

    template = "%(expressions)s"

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="(%(expressions)s + interval '0')", **context)
