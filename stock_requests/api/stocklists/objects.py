"""Stocklists as they are shown."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Sum

from stock_requests.models import Priority, Stocklist, StocklistLine
from warehouses.http.instants import instant
from warehouses.http.paging import in_order

__all__ = ["stocklist_object", "stocklist_rows", "version_of"]

_RELATED: Final = ("from_warehouse", "to_warehouse", "to_room", "department", "category")


def version_of(stocklist: Stocklist) -> str:
    return f"{stocklist.pk.hex}-{stocklist.version}"


def stocklist_rows(keys: list[UUID]) -> list[dict[str, Any]]:
    """The stocklists of `keys` in their order, without their lines. Two queries."""
    found = Stocklist.objects.filter(pk__in=keys).select_related(*_RELATED)
    lines = StocklistLine.objects.order_by().filter(stocklist__in=keys).values_list("stocklist")
    sums = {key: (count, int(units)) for key, count, units in lines.annotate(Count("pk"), Sum("quantity"))}
    return [_row(stocklist, *sums.get(stocklist.pk, (0, 0))) for stocklist in in_order(keys, found)]


def stocklist_object(stocklist: Stocklist) -> dict[str, Any]:
    """A stocklist with its lines, whose ends are at hand. One query."""
    lines = list(stocklist.lines.select_related("sku").order_by("position"))
    return {
        **_row(stocklist, len(lines), sum(line.quantity for line in lines)),
        "lines": [
            {
                "id": line.public_id,
                "position": line.position,
                "sku": line.sku.code,
                "skuId": line.sku.public_id,
                "title": line.sku.title,
                "quantity": line.quantity,
            }
            for line in lines
        ],
    }


def _row(stocklist: Stocklist, line_count: int, quantity: int) -> dict[str, Any]:
    return {
        "id": stocklist.public_id,
        "name": stocklist.name,
        "version": stocklist.version,
        "isActive": stocklist.is_active,
        **_named("fromLocation", stocklist.from_warehouse),
        **_named("toLocation", stocklist.to_warehouse),
        **_named("toRoom", stocklist.to_room),
        **_named("toDepartment", stocklist.department),
        **_named("category", stocklist.category),
        "priority": Priority(stocklist.priority).word,
        "note": stocklist.note or None,
        "lineCount": line_count,
        "quantity": quantity,
        "createdAt": instant(stocklist.created_at),
    }


def _named(name: str, record: Any) -> dict[str, Any]:
    return {
        f"{name}Id": record.public_id if record is not None else None,
        f"{name}Name": record.name if record is not None else None,
    }
