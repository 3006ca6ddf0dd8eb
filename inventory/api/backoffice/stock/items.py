"""The row of a stock item: one SKU in one bin, of one lot or none, with its share of what is reserved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypedDict
from uuid import UUID

from django.db.models import QuerySet

from inventory.api.backoffice.money import price, worth
from inventory.formulas import available
from inventory.models import Category, Lot, Product, Sku, StockItem
from inventory.shares import read_shares
from inventory.versions import level_version
from warehouses.access import Access
from warehouses.http.instants import instant
from warehouses.identifiers import encode
from warehouses.models import Bin, Room, Warehouse

__all__ = ["ItemRow", "item_object", "item_objects", "read_items", "version_of", "visible_items"]


class ItemRow(TypedDict):
    """The columns of a stock item that are shown, and `share`, what is reserved of it."""

    pk: UUID
    sku_id: UUID
    sku__code: str
    sku__title: str
    sku__unit_cost: Decimal | None
    sku__product_id: UUID
    sku__product__name: str
    sku__product__category_id: UUID | None
    sku__product__category__name: str | None
    warehouse_id: UUID
    warehouse__name: str
    bin_id: UUID
    bin__code: str
    bin__room_id: UUID
    bin__room__name: str
    bin__room__room_type: str
    lot_id: UUID | None
    lot__code: str | None
    lot__state: str | None
    lot__expires_on: date | None
    on_hand: int
    held: int
    level_id: UUID
    level__reserved: int
    level__version: int
    created_at: datetime
    updated_at: datetime
    share: int


_COLUMNS: Final = [name for name in ItemRow.__annotations__ if name != "share"]


def visible_items(*, access: Access, warehouse: Warehouse | None) -> QuerySet[StockItem]:
    """The stock items that the caller may read, in `warehouse` if one is named; the oldest first, as an index has
    them.
    """
    items = access.narrow(StockItem.objects.order_by("created_at", "id"), "inventory.read")
    return items if warehouse is None else items.filter(warehouse=warehouse)


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
    """The rows of stock items, in the order of `keys`."""
    found = read_items(StockItem.objects.filter(pk__in=keys), today=today)
    return [item_object(found[key]) for key in keys if key in found]


def item_object(row: ItemRow) -> dict[str, Any]:
    """`available` may be negative, it is never clamped. `version` is that of the SKU at the location."""
    cost, expires_on = row["sku__unit_cost"], row["lot__expires_on"]
    category, lot = row["sku__product__category_id"], row["lot_id"]
    return {
        "id": encode(StockItem.prefix, row["pk"]),
        "sku": row["sku__code"],
        "skuId": encode(Sku.prefix, row["sku_id"]),
        "title": row["sku__title"],
        "productMasterId": encode(Product.prefix, row["sku__product_id"]),
        "productName": row["sku__product__name"],
        "categoryId": encode(Category.prefix, category) if category else None,
        "categoryName": row["sku__product__category__name"],
        "locationId": encode(Warehouse.prefix, row["warehouse_id"]),
        "locationName": row["warehouse__name"],
        "roomId": encode(Room.prefix, row["bin__room_id"]),
        "roomName": row["bin__room__name"],
        "roomType": row["bin__room__room_type"],
        "binId": encode(Bin.prefix, row["bin_id"]),
        "binCode": row["bin__code"],
        "lotId": encode(Lot.prefix, lot) if lot else None,
        "lotCode": row["lot__code"],
        "lotState": row["lot__state"],
        "expiresOn": expires_on.isoformat() if expires_on else None,
        "onHand": row["on_hand"],
        "reserved": row["share"],
        "held": row["held"],
        "available": available(on_hand=row["on_hand"], reserved=row["share"], held=row["held"]),
        "unitCost": price(cost),
        "value": worth(cost * row["on_hand"]) if cost is not None else None,
        "version": version_of(row),
        "createdAt": instant(row["created_at"]),
        "updatedAt": instant(row["updated_at"]),
    }


def version_of(row: ItemRow) -> str:
    """The version of the level: what is reserved there moves the item's share."""
    return level_version(row["level_id"], row["level__version"])
