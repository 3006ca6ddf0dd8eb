"""How many rows a filter would leave, where an index says so: never more than a thousand are looked at."""

from __future__ import annotations

from typing import Final

from inventory.explorer.filters import Filters
from inventory.explorer.narrowing import filtered, stock_of
from warehouses.access import Access

__all__ = ["MOST_COUNTED", "count_up_to"]

#: Beyond that it is "1,000+".
MOST_COUNTED: Final = 1000


def count_up_to(*, access: Access, filters: Filters) -> int | None:
    """The number of rows, at most one more than `MOST_COUNTED`; None where counting would have to look further than it
    counts: what is searched for, and figures that are to be added up first. One query.
    """
    stock = stock_of(access=access, filters=filters)
    if stock.adds_up or filters.q or filters.category or filters.lots or filters.stock:
        return None
    return filtered(stock, filters, access=access).order_by()[: MOST_COUNTED + 1].count()
