"""The lines of stocklists, with what there is of each where it is asked of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from stock_requests.figures import StockThere, stock_at
from stock_requests.models import StocklistLine
from stock_requests.rights import READ
from stock_requests.stocklists import visible_stocklists
from warehouses.access import Access

__all__ = ["StockedLine", "stocked_lines", "visible_lines"]


@dataclass(frozen=True, slots=True)
class StockedLine:
    """A line with its stocklist, SKU and source at hand. `there` is None for those who do not see the source."""

    line: StocklistLine
    there: StockThere | None


def visible_lines(access: Access) -> QuerySet[StocklistLine]:
    """The lines of the stocklists that the caller sees and that are in use, by stocklist. Raises Forbidden."""
    lists = visible_stocklists(access=access).filter(is_active=True)
    rows = StocklistLine.objects.filter(stocklist__in=lists.order_by().values("pk"))
    return rows.order_by("stocklist__name", "stocklist", "position")


def stocked_lines(keys: Sequence[UUID], *, access: Access) -> list[StockedLine]:
    """The lines of `keys` in their order. Four queries, whatever the number of keys."""
    rows = StocklistLine.objects.filter(pk__in=keys).select_related("sku", "stocklist__from_warehouse")
    found = {line.pk: line for line in rows}
    lines = [found[key] for key in keys if key in found]
    seen = [line for line in lines if access.covers(READ, line.stocklist.from_warehouse_id)]
    there = stock_at(
        organization=access.organization,
        places={(line.sku_id, line.stocklist.from_warehouse_id) for line in seen},
    )
    return [StockedLine(line, there.get((line.sku_id, line.stocklist.from_warehouse_id))) for line in lines]
