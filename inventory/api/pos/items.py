"""The row of the pos contract: one stock item, with its share of what is reserved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, TypedDict
from uuid import UUID

from django.db.models import QuerySet

from inventory.formulas import available
from inventory.models import Product, StockItem
from inventory.shares import read_shares
from inventory.snapshots import ItemAt
from inventory.versions import level_version
from warehouses.http.instants import instant_or_none
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = [
    "SNAPSHOT_COLUMNS",
    "ItemRow",
    "item_at_object",
    "item_object",
    "item_objects",
    "read_items",
    "version_of",
]

#: The members of a snapshot's row, in their order.
SNAPSHOT_COLUMNS: Final = ("id", "product_id", "product_name", "sku", "location_id", "room_type", "quantity")

_CENT: Final = Decimal("0.01")


class ItemRow(TypedDict):
    """The columns of a stock item that are shown, and `share`, what is reserved of it."""

    pk: UUID
    sku__code: str
    sku__title: str
    sku__product_id: UUID
    sku__unit_cost: Decimal | None
    sku__unit_price: Decimal | None
    warehouse_id: UUID
    warehouse__pos_connection__last_synced_at: datetime | None
    bin__room__room_type: str
    on_hand: int
    held: int
    level_id: UUID
    level__reserved: int
    level__version: int
    share: int


_COLUMNS: Final = [name for name in ItemRow.__annotations__ if name != "share"]


def read_items(items: QuerySet[StockItem], *, today: date) -> dict[UUID, ItemRow]:
    """The rows of `items`, by key. One query, and another if something is reserved."""
    rows: Iterable[Any] = items.order_by().values(*_COLUMNS)
    found: dict[UUID, ItemRow] = {row["pk"]: row for row in rows}
    reserved = {row["level_id"] for row in found.values() if row["level__reserved"]}
    shares = read_shares(reserved, today=today) if reserved else {}
    for key, row in found.items():
        row["share"] = shares.get(key, 0)
    return found


def item_objects(keys: Sequence[UUID], *, today: date) -> list[dict[str, Any]]:
    """The documented rows of stock items, in the order of `keys`."""
    found = read_items(StockItem.objects.filter(pk__in=keys), today=today)
    return [item_object(found[key]) for key in keys if key in found]


def item_object(row: ItemRow) -> dict[str, Any]:
    """The documented row. `available_quantity` may be negative, it is never clamped."""
    return {
        **_place_of(row),
        "quantity": row["on_hand"],
        "reserved_quantity": row["share"],
        "available_quantity": available(on_hand=row["on_hand"], reserved=row["share"], held=row["held"]),
        "unit_cost": _money(row["sku__unit_cost"]),
        "unit_price": _money(row["sku__unit_price"]),
        "last_sync": instant_or_none(row["warehouse__pos_connection__last_synced_at"]),
    }


def item_at_object(row: ItemAt) -> dict[str, Any]:
    """The row of a snapshot."""
    return {**_place_of(row), "quantity": row["quantity"]}


def version_of(row: ItemRow) -> str:
    """The version of `item_object(row)`: of the level, for what is reserved there moves the item's share."""
    return level_version(row["level_id"], row["level__version"])


def _place_of(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": encode(StockItem.prefix, row["pk"]),
        "product_id": encode(Product.prefix, row["sku__product_id"]),
        # The SKU's title, not the product's name: the documented row is about one variant, "Blue Dream 1/8", and has
        # no other field from which a cashier could tell it from the next one.
        "product_name": row["sku__title"],
        "sku": row["sku__code"],
        "location_id": encode(Warehouse.prefix, row["warehouse_id"]),
        "room_type": row["bin__room__room_type"],
    }


def _money(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(_CENT, ROUND_HALF_UP)
