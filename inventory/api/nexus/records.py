"""The inventory record: a SKU with its totals and a row for each warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import QuerySet

from inventory.formulas import available, promisable, status
from inventory.models import StockLevel
from inventory.versions import level_version, summary_version
from warehouses.identifiers import encode
from warehouses.models import Warehouse, WarehouseType

__all__ = ["LevelRow", "grouped", "record", "version_of"]


class LevelRow(TypedDict):
    """The columns of a stock level that a record shows."""

    pk: UUID
    sku_id: UUID
    sku__code: str
    sku__title: str
    sku__summary__version: int
    on_hand: int
    reserved: int
    held: int
    safety_stock: int
    reorder_point: int
    version: int
    warehouse_id: UUID
    warehouse__name: str
    warehouse__type: str


def grouped(levels: QuerySet[StockLevel]) -> dict[UUID, list[LevelRow]]:
    """The rows of `levels` by SKU, the organization's own warehouses before the others, then by name. One query."""
    found: dict[UUID, list[LevelRow]] = defaultdict(list)
    rows: Iterable[Any] = levels.order_by("warehouse__created_at", "warehouse_id").values(
        *LevelRow.__annotations__
    )
    for row in rows:
        found[row["sku_id"]].append(row)
    return found


def record(rows: Sequence[LevelRow]) -> dict[str, Any]:
    """The documented record of one SKU over the warehouses of `rows`.

    `available` keeps the safety stock back (350 - 18 - 15 = 317); the status is that of the sums. `type` is named
    where the warehouse is not the organization's own, as in the documented example.
    """
    sums = {
        name: sum(row[name] for row in rows)
        for name in ("on_hand", "reserved", "held", "safety_stock", "reorder_point")
    }
    stock = {name: sums[name] for name in ("on_hand", "reserved", "held")}
    return {
        "sku": rows[0]["sku__code"],
        "title": rows[0]["sku__title"],
        "total_on_hand": sums["on_hand"],
        "total_reserved": sums["reserved"],
        "total_available": promisable(**stock, safety_stock=sums["safety_stock"]),
        "safety_stock": sums["safety_stock"],
        "status": status(
            available=available(**stock),
            safety_stock=sums["safety_stock"],
            reorder_point=sums["reorder_point"],
        ).value,
        "warehouses": [_in_warehouse(row) for row in rows],
    }


def version_of(rows: Sequence[LevelRow]) -> str:
    """The version of `record(rows)`."""
    if len(rows) == 1:
        return level_version(rows[0]["pk"], rows[0]["version"])
    return summary_version(rows[0]["sku_id"], rows[0]["sku__summary__version"])


def _in_warehouse(row: LevelRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "warehouse_id": encode(Warehouse.prefix, row["warehouse_id"]),
        "name": row["warehouse__name"],
        "on_hand": row["on_hand"],
        "reserved": row["reserved"],
        "available": promisable(
            on_hand=row["on_hand"],
            reserved=row["reserved"],
            held=row["held"],
            safety_stock=row["safety_stock"],
        ),
    }
    if row["warehouse__type"] != WarehouseType.OWN:
        shown["type"] = row["warehouse__type"]
    return shown
