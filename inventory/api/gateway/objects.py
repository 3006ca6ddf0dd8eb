"""The Inventory Object: one stock level, or the sums of a SKU over several warehouses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import QuerySet

from inventory.models import Product, StockLevel
from inventory.versions import level_version, summary_version
from warehouses.http.instants import instant
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["LevelRow", "inventory_object", "level_rows", "sku_object", "version_of"]


class LevelRow(TypedDict):
    """The columns of a stock level that an Inventory Object shows."""

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
    return list(levels.values(*LevelRow.__annotations__))


def inventory_object(row: LevelRow) -> dict[str, Any]:
    """The documented object of one SKU in one warehouse. `availableQuantity` may be negative, it is never clamped."""
    return {
        "sku": row["sku__code"],
        "productId": encode(Product.prefix, row["sku__product_id"]),
        "productName": row["sku__product__name"],
        "quantity": row["on_hand"],
        "reservedQuantity": row["reserved"],
        "availableQuantity": row["available"],
        "reorderPoint": row["reorder_point"],
        "reorderQuantity": row["reorder_quantity"],
        "warehouseId": encode(Warehouse.prefix, row["warehouse_id"]),
        "warehouseName": row["warehouse__name"],
        "lastUpdated": instant(row["updated_at"]),
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
        return level_version(rows[0]["pk"], rows[0]["version"])
    return summary_version(rows[0]["sku_id"], rows[0]["sku__summary__version"])
