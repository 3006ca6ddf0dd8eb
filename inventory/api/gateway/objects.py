"""The Inventory Object: one stock level, or the sums of a SKU over several warehouses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from inventory.api.public_ids import public_product, public_warehouse
from inventory.formulas import available
from inventory.ledger.shortcut import Reading
from inventory.models import StockLevel
from inventory.versions import level_version, summary_version
from warehouses import prepared
from warehouses.http.instants import instant

__all__ = [
    "LevelRow",
    "inventory_object",
    "inventory_objects",
    "level_rows",
    "row_of",
    "sku_object",
    "version_of",
]


class LevelRow(NamedTuple):
    """The columns of a stock level that an Inventory Object shows: each is where Django finds it from there."""

    pk: UUID
    sku_id: UUID
    sku__code: str
    sku__product_id: UUID
    sku__product__name: str
    sku__summary__version: int
    on_hand: int
    reserved: int
    available: int
    reorder_point: int
    reorder_quantity: int
    version: int
    updated_at: datetime
    warehouse_id: UUID
    warehouse__name: str


def level_rows(levels: QuerySet[StockLevel]) -> list[LevelRow]:
    """Plain rows: on a list, model instances and a serializer would cost more than the query."""
    return list(map(LevelRow._make, levels.values_list(*LevelRow._fields)))


def inventory_objects(keys: Sequence[UUID]) -> list[dict[str, Any]]:
    """The objects of stock levels, in the order of `keys`. One query, on PostgreSQL one that is prepared."""
    rows: Iterable[LevelRow]
    if prepared.is_possible():
        rows = map(LevelRow._make, prepared.fetch(_BY_KEY, [list(keys)]))
    else:
        rows = level_rows(StockLevel.objects.order_by().filter(pk__in=keys))
    found = {row.pk: row for row in rows}
    return [inventory_object(found[key]) for key in keys if key in found]


#: The columns of `LevelRow`, in their order; a test holds the two ways of reading them together.
_BY_KEY: Final = (
    "SELECT l.id, l.sku_id, k.code, k.product_id, p.name, u.version, l.on_hand, l.reserved, l.available,"
    " l.reorder_point, l.reorder_quantity, l.version, l.updated_at, l.warehouse_id, w.name"
    " FROM inventory_stocklevel l JOIN inventory_sku k ON k.id = l.sku_id"
    " JOIN inventory_product p ON p.id = k.product_id JOIN warehouses_warehouse w ON w.id = l.warehouse_id"
    " LEFT JOIN inventory_stocksummary u ON u.sku_id = l.sku_id WHERE l.id = ANY(%s::uuid[])"
)


def row_of(reading: Reading) -> LevelRow:
    """The row of a level that the ledger's short way has read."""
    return LevelRow(
        pk=reading.level_id,
        sku_id=reading.sku_id,
        sku__code=reading.code,
        sku__product_id=reading.product_id,
        sku__product__name=reading.product_name,
        sku__summary__version=reading.summary_version,
        on_hand=reading.on_hand,
        reserved=reading.reserved,
        available=available(on_hand=reading.on_hand, reserved=reading.reserved, held=reading.held),
        reorder_point=reading.reorder_point,
        reorder_quantity=reading.reorder_quantity,
        version=reading.version,
        updated_at=reading.updated_at,
        warehouse_id=reading.warehouse_id,
        warehouse__name=reading.warehouse_name,
    )


def inventory_object(row: LevelRow) -> dict[str, Any]:
    """The documented object of one SKU in one warehouse. `availableQuantity` may be negative, it is never clamped."""
    return {
        "sku": row.sku__code,
        "productId": public_product(row.sku__product_id),
        "productName": row.sku__product__name,
        "quantity": row.on_hand,
        "reservedQuantity": row.reserved,
        "availableQuantity": row.available,
        "reorderPoint": row.reorder_point,
        "reorderQuantity": row.reorder_quantity,
        "warehouseId": public_warehouse(row.warehouse_id),
        "warehouseName": row.warehouse__name,
        "lastUpdated": instant(row.updated_at),
    }


def sku_object(rows: Sequence[LevelRow]) -> dict[str, Any]:
    """The object of a SKU: that of its only warehouse, or the sums over several with each under `warehouses`.

    Sums belong to no warehouse: `warehouseId` and `warehouseName` are null then.
    """
    if len(rows) == 1:
        return inventory_object(rows[0])
    objects = [inventory_object(row) for row in rows]
    of_sku = ("sku", "productId", "productName")
    summed = ("quantity", "reservedQuantity", "availableQuantity", "reorderPoint", "reorderQuantity")
    return {
        **{name: objects[0][name] for name in of_sku},
        **{name: sum(one[name] for one in objects) for name in summed},
        "warehouseId": None,
        "warehouseName": None,
        "lastUpdated": max(one["lastUpdated"] for one in objects),
        "warehouses": [{name: value for name, value in one.items() if name not in of_sku} for one in objects],
    }


def version_of(rows: Sequence[LevelRow]) -> str:
    """The version of `sku_object(rows)`."""
    if len(rows) == 1:
        return level_version(rows[0].pk, rows[0].version)
    return summary_version(rows[0].sku_id, rows[0].sku__summary__version)
