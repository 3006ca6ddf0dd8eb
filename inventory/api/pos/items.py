"""The row of the pos contract: one stock item, with its share of what is reserved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import starmap
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from inventory.api.public_ids import public_product, public_warehouse
from inventory.formulas import available
from inventory.models import StockItem
from inventory.shares import read_shares
from inventory.snapshots import ItemAt
from inventory.versions import level_version
from warehouses import prepared
from warehouses.http.instants import instant_or_none
from warehouses.identifiers import encode

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


class ItemRow(NamedTuple):
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
    share: int = 0


_COLUMNS: Final = ItemRow._fields[:-1]


def read_items(items: QuerySet[StockItem], *, today: date) -> dict[UUID, ItemRow]:
    """The rows of `items`, by key. One query, and another if something is reserved."""
    return _with_shares(starmap(ItemRow, items.order_by().values_list(*_COLUMNS)), today=today)


def item_objects(keys: Sequence[UUID], *, today: date) -> list[dict[str, Any]]:
    """The documented rows of stock items, in the order of `keys`. One query, prepared on PostgreSQL; and another if
    something is reserved.
    """
    if prepared.is_possible():
        found = _with_shares(starmap(ItemRow, prepared.fetch(_BY_KEY, [list(keys)])), today=today)
    else:
        found = read_items(StockItem.objects.filter(pk__in=keys), today=today)
    return [item_object(found[key]) for key in keys if key in found]


#: The columns of `ItemRow`, in their order; a test holds the two ways of reading them together.
_BY_KEY: Final = (
    "SELECT i.id, k.code, k.title, k.product_id, k.unit_cost, k.unit_price, i.warehouse_id, c.last_synced_at,"
    " r.room_type, i.on_hand, i.held, i.level_id, l.reserved, l.version FROM inventory_stockitem i"
    " JOIN inventory_sku k ON k.id = i.sku_id JOIN inventory_stocklevel l ON l.id = i.level_id"
    " JOIN warehouses_bin b ON b.id = i.bin_id JOIN warehouses_room r ON r.id = b.room_id"
    " LEFT JOIN inventory_posconnection c ON c.warehouse_id = i.warehouse_id WHERE i.id = ANY(%s::uuid[])"
)


def _with_shares(rows: Iterable[ItemRow], *, today: date) -> dict[UUID, ItemRow]:
    found = {row.pk: row for row in rows}
    reserved = {row.level_id for row in found.values() if row.level__reserved}
    for key, share in (read_shares(reserved, today=today) if reserved else {}).items():
        if key in found:
            found[key] = found[key]._replace(share=share)
    return found


def item_object(row: ItemRow) -> dict[str, Any]:
    """The documented row. `available_quantity` may be negative, it is never clamped."""
    return {
        **_told(row, row.on_hand),
        "reserved_quantity": row.share,
        "available_quantity": available(on_hand=row.on_hand, reserved=row.share, held=row.held),
        "unit_cost": _money(row.sku__unit_cost),
        "unit_price": _money(row.sku__unit_price),
        "last_sync": instant_or_none(row.warehouse__pos_connection__last_synced_at),
    }


def item_at_object(row: ItemAt) -> dict[str, Any]:
    """The row of a snapshot: what is told of an item whenever it is, and its quantity then."""
    return _told(row, row.quantity)


def _told(row: ItemRow | ItemAt, quantity: int) -> dict[str, Any]:
    return {
        "id": encode(StockItem.prefix, row.pk),
        "product_id": public_product(row.sku__product_id),
        # The SKU's title, not the product's name: the documented row is about one variant, "Blue Dream 1/8", and has
        # no other field from which a cashier could tell it from the next one.
        "product_name": row.sku__title,
        "sku": row.sku__code,
        "location_id": public_warehouse(row.warehouse_id),
        "room_type": row.bin__room__room_type,
        "quantity": quantity,
    }


def version_of(row: ItemRow) -> str:
    """The version of `item_object(row)`: of the level, for what is reserved there moves the item's share."""
    return level_version(row.level_id, row.level__version)


def _money(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(_CENT, ROUND_HALF_UP)
