"""Orders of lists whose rows a filter has picked."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from inventory.models import StockItem

__all__ = ["sorted_apart"]


def sorted_apart(items: QuerySet[StockItem]) -> QuerySet[StockItem]:
    """The oldest stock items first, for those that a filter has picked: found by the filter, then sorted.

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
