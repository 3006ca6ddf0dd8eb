"""What the books say of a stock item at the instant at which somebody counts it.

A count is compared with the quantity that the item had at that instant, and the difference is posted as a difference:
so nobody has to stand still while somebody counts. That holds only where it is certain which movements belong to the
time before: a level's movements are numbered (`level_version`), and what is read here says up to which number it goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from inventory import statements
from inventory.ledger import rows
from inventory.models import Movement, StockItem, StockLevel
from inventory.statements import field_of, table_of

__all__ = ["Asked", "Booked", "ItemKey", "quantities_at", "read_book"]

#: (SKU, bin, lot): what identifies a stock item.
ItemKey = tuple[UUID, UUID, UUID | None]


@dataclass(frozen=True, slots=True)
class Asked:
    """`at` None: now. `is_new`: of a lot that nobody knows yet, of which the books hold nothing."""

    item: ItemKey
    at: datetime | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """`expected` was on hand `at` the instant, after the level's movements up to `level_version`; 0 for none."""

    expected: int
    level_version: int
    at: datetime


def read_book(*, warehouse_id: UUID, asked: Sequence[Asked]) -> list[Booked]:
    """What the books say to each of `asked`, in its order; the bins are the warehouse's.

    Locks the stock levels, in the ledger's order, until the caller's transaction ends, and reads then: no movement is
    under way, what is recorded later comes after the instant. So the caller holds its documents already, and no
    summary and no bin. Of an instant in the past it is what the ledger had recorded by then. A SKU that was never in
    the warehouse has no level that could be locked, and 0 units.

    One statement for the locks and one for each of: what is asked about now, what about the past; none without `asked`.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The book is read inside a transaction of its caller.")
    if not asked:
        return []
    keys = sorted({(each.item[0], warehouse_id) for each in asked})
    levels = {row[1]: _Level(row[9], row[10]) for row in rows.lock_levels(keys)}
    # The clock is read once the levels are held: whoever waited for them does not count in the past.
    now = timezone.now()
    present = _present([each.item for each in asked if each.at is None])
    past = _past(warehouse_id, [(each.item, each.at) for each in asked if each.at is not None])
    found = []
    for each in asked:
        level = levels.get(each.item[0], _NO_LEVEL)
        if each.at is not None:
            booked = past[each.item, each.at]
        else:
            # Another machine's clock may be ahead: what it has recorded is in the quantity, so it is not later.
            at = max(now, level.updated_at)
            booked = Booked(present.get(each.item, 0), level.version, at)
        found.append(replace(booked, expected=0) if each.is_new else booked)
    return found


def quantities_at(*, warehouse_id: UUID, wanted: Sequence[tuple[ItemKey, datetime]]) -> list[Booked]:
    """What the ledger had recorded of the items by instants in the past, in the order asked. One query, none for none.

    Locks nothing: for instants before which nothing can be recorded any more.
    """
    found = _past(warehouse_id, wanted)
    return [found[item, at] for item, at in wanted]


@dataclass(frozen=True, slots=True)
class _Level:
    version: int
    updated_at: datetime


_NO_LEVEL = _Level(0, datetime(1970, 1, 1, tzinfo=UTC))
_LOT_OF_ITEM = "(i.lot_id = v.lot_id OR (i.lot_id IS NULL AND v.lot_id IS NULL))"


def _present(items: Sequence[ItemKey]) -> Mapping[ItemKey, int]:
    """What is on hand now; nothing of items that there are not. The levels are locked."""
    if not items:
        return {}
    named = [field_of(StockItem, name) for name in ("sku", "bin", "lot")]
    source, parameters = table_of(named, list(dict.fromkeys(items)))
    statement = (
        f"SELECT i.sku_id, i.bin_id, i.lot_id, i.on_hand FROM {source}"
        f" JOIN inventory_stockitem i ON i.sku_id = v.sku_id AND i.bin_id = v.bin_id AND {_LOT_OF_ITEM}"
    )
    found = statements.fetch(statement, parameters, (*named, field_of(StockItem, "on_hand")))
    return {(sku_id, bin_id, lot_id): on_hand for sku_id, bin_id, lot_id, on_hand in found}


def _past(
    warehouse_id: UUID, wanted: Sequence[tuple[ItemKey, datetime]]
) -> Mapping[tuple[ItemKey, datetime], Booked]:
    """The quantity and the level's version by the movements recorded by each instant."""
    if not wanted:
        return {}
    at = field_of(Movement, "recorded_at")
    named = [*(field_of(StockItem, name) for name in ("sku", "bin", "lot")), at]
    source, parameters = table_of(named, [(*item, instant) for item, instant in dict.fromkeys(wanted)])
    place = field_of(StockLevel, "warehouse").get_db_prep_value(warehouse_id, connection)
    # Both walk an index from its newest end: what is counted late was counted today.
    statement = (
        "SELECT v.sku_id, v.bin_id, v.lot_id, v.recorded_at,"
        " COALESCE((SELECT m.item_after FROM inventory_movement m"
        " WHERE m.stock_item_id = i.id AND m.recorded_at <= v.recorded_at"
        " ORDER BY m.recorded_at DESC, m.level_version DESC LIMIT 1), 0),"
        " COALESCE((SELECT m.level_version FROM inventory_movement m"
        " WHERE m.level_id = l.id AND m.recorded_at <= v.recorded_at"
        " ORDER BY m.level_version DESC LIMIT 1), 0)"
        f" FROM {source}"
        " LEFT JOIN inventory_stocklevel l ON l.sku_id = v.sku_id AND l.warehouse_id = %s"
        f" LEFT JOIN inventory_stockitem i ON i.sku_id = v.sku_id AND i.bin_id = v.bin_id AND {_LOT_OF_ITEM}"
    )
    units, version = field_of(Movement, "item_after"), field_of(Movement, "level_version")
    found = statements.fetch(statement, [*parameters, place], (*named, units, version))
    return {
        ((sku_id, bin_id, lot_id), instant): Booked(quantity, number, instant)
        for sku_id, bin_id, lot_id, instant, quantity, number in found
    }
