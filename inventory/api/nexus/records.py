"""The inventory record: a SKU with its totals and a row for each warehouse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from inventory.api.public_ids import public_warehouse
from inventory.formulas import available, promisable, status
from inventory.ledger.shortcut import Reading
from inventory.models import StockLevel
from inventory.seen_stock import seen_levels
from inventory.versions import level_version, summary_version
from warehouses import prepared
from warehouses.access import Access
from warehouses.models import WarehouseType

__all__ = [
    "LevelRow",
    "grouped",
    "grouped_after",
    "record",
    "records_of_levels",
    "records_of_skus",
    "version_of",
]


class LevelRow(NamedTuple):
    """The columns of a stock level that a record shows: each is where Django finds it from there."""

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
    rows = levels.order_by("warehouse__created_at", "warehouse_id").values_list(*LevelRow._fields)
    return _by_sku(map(LevelRow._make, rows))


def records_of_skus(keys: Sequence[UUID], *, access: Access) -> list[dict[str, Any]]:
    """The records of SKUs in the order of `keys`, over the warehouses that the caller sees. One query."""
    if prepared.is_possible():
        found = _by_sku(_fetch(_OF_SKUS, list(keys), access=access))
    else:
        found = grouped(seen_levels(access=access).filter(sku__in=keys))
    return [record(found[key]) for key in keys if key in found]


def records_of_levels(keys: Sequence[UUID], *, access: Access) -> list[dict[str, Any]]:
    """The records of SKUs in one warehouse, whose stock levels are `keys`, in their order. One query."""
    rows: Iterable[LevelRow]
    if prepared.is_possible():
        rows = _fetch(_OF_LEVELS, list(keys), access=access)
    else:
        found = seen_levels(access=access).filter(pk__in=keys)
        rows = map(LevelRow._make, found.values_list(*LevelRow._fields))
    by_key = {row.pk: row for row in rows}
    return [record([by_key[key]]) for key in keys if key in by_key]


def grouped_after(*, access: Access, after: Sequence[Reading]) -> dict[UUID, list[LevelRow]]:
    """`grouped` of the SKUs of `after`, which are levels as the ledger's short way is about to leave them. One query,
    on PostgreSQL.
    """
    written = {reading.level_id: reading for reading in after}
    rows = _fetch(_OF_SKUS, list({reading.sku_id for reading in after}), access=access)
    return _by_sku(_left(row, written.get(row.pk)) for row in rows)


def _left(row: LevelRow, reading: Reading | None) -> LevelRow:
    """The row as it will be once `reading`, if there is one, has been written."""
    if reading is None:
        return row
    return row._replace(
        on_hand=reading.on_hand,
        reserved=reading.reserved,
        held=reading.held,
        version=reading.version,
        sku__summary__version=reading.summary_version,
    )


def _by_sku(rows: Iterable[LevelRow]) -> dict[UUID, list[LevelRow]]:
    found: dict[UUID, list[LevelRow]] = defaultdict(list)
    for row in rows:
        found[row.sku_id].append(row)
    return found


def _fetch(condition: str, keys: list[UUID], *, access: Access) -> Iterator[LevelRow]:
    """The rows that the caller may read, on PostgreSQL. One query, prepared."""
    places = access.warehouse_ids("inventory.read")
    narrowed, given = ("", []) if places is None else (_IN_PLACES, [list(places)])
    rows = prepared.fetch(_READING + condition + narrowed + _IN_ORDER, [access.organization.pk, keys, *given])
    return map(LevelRow._make, rows)


#: The columns of `LevelRow`, in their order; a test holds the two ways of reading them together.
_READING: Final = (
    "SELECT l.id, l.sku_id, k.code, k.title, u.version, l.on_hand, l.reserved, l.held, l.safety_stock,"
    " l.reorder_point, l.version, l.warehouse_id, w.name, w.type FROM inventory_stocklevel l"
    " JOIN inventory_sku k ON k.id = l.sku_id LEFT JOIN inventory_stocksummary u ON u.sku_id = l.sku_id"
    " JOIN warehouses_warehouse w ON w.id = l.warehouse_id"
    " WHERE l.organization_id = %s::uuid"
)
_OF_SKUS: Final = " AND l.sku_id = ANY(%s::uuid[])"
_OF_LEVELS: Final = " AND l.id = ANY(%s::uuid[])"
_IN_PLACES: Final = " AND l.warehouse_id = ANY(%s::uuid[])"
_IN_ORDER: Final = " ORDER BY w.created_at, l.warehouse_id"


def record(rows: Sequence[LevelRow]) -> dict[str, Any]:
    """The documented record of one SKU over the warehouses of `rows`.

    `available` keeps the safety stock back (350 - 18 - 15 = 317); the status is that of the sums. `type` is named
    where the warehouse is not the organization's own, as in the documented example.
    """
    on_hand = reserved = held = safety_stock = reorder_point = 0
    for row in rows:
        on_hand += row.on_hand
        reserved += row.reserved
        held += row.held
        safety_stock += row.safety_stock
        reorder_point += row.reorder_point
    return {
        "sku": rows[0].sku__code,
        "title": rows[0].sku__title,
        "total_on_hand": on_hand,
        "total_reserved": reserved,
        "total_available": promisable(
            on_hand=on_hand, reserved=reserved, held=held, safety_stock=safety_stock
        ),
        "safety_stock": safety_stock,
        "status": status(
            available=available(on_hand=on_hand, reserved=reserved, held=held),
            safety_stock=safety_stock,
            reorder_point=reorder_point,
        ).value,
        "warehouses": [_in_warehouse(row) for row in rows],
    }


def version_of(rows: Sequence[LevelRow]) -> str:
    """The version of `record(rows)`."""
    if len(rows) == 1:
        return level_version(rows[0].pk, rows[0].version)
    return summary_version(rows[0].sku_id, rows[0].sku__summary__version)


def _in_warehouse(row: LevelRow) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "warehouse_id": public_warehouse(row.warehouse_id),
        "name": row.warehouse__name,
        "on_hand": row.on_hand,
        "reserved": row.reserved,
        "available": promisable(
            on_hand=row.on_hand, reserved=row.reserved, held=row.held, safety_stock=row.safety_stock
        ),
    }
    if row.warehouse__type != WarehouseType.OWN:
        shown["type"] = row.warehouse__type
    return shown
