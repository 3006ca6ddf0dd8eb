"""Whether the stock is right: every invariant of the ledger, checked over a whole database.

The database holds most of them with constraints and the ledger the rest; this is the independent check, in SQL that
shares nothing with the code that writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from inventory import guards

__all__ = ["CHECKS", "Check", "Finding", "verify"]

UUID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Check:
    """`query` selects a row for every break; its first column names the record, the others say what is wrong."""

    name: str
    promise: str
    query: str


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    promise: str
    record: str
    facts: dict[str, Any]


_ITEM_SUMS = (
    "SELECT level_id, SUM(on_hand) AS on_hand, SUM(held) AS held FROM inventory_stockitem GROUP BY level_id"
)
_MOVEMENT_SUMS = "SELECT stock_item_id, SUM(delta) AS total FROM inventory_movement GROUP BY stock_item_id"
_LEVEL_SUMS = (
    "SELECT sku_id, SUM(on_hand) AS on_hand, SUM(reserved) AS reserved, SUM(held) AS held,"
    " SUM(safety_stock) AS safety_stock, SUM(reorder_point) AS reorder_point"
    " FROM inventory_stocklevel GROUP BY sku_id"
)

CHECKS: tuple[Check, ...] = (
    Check(
        "not-negative",
        "On hand, reserved and held are never negative.",
        "SELECT id, on_hand, reserved, held FROM inventory_stocklevel"
        " WHERE on_hand < 0 OR reserved < 0 OR held < 0"
        " UNION ALL SELECT id, on_hand, 0, held FROM inventory_stockitem WHERE on_hand < 0 OR held < 0",
    ),
    Check(
        "level-is-sum-of-items",
        "A stock level equals the sum of its stock items.",
        "SELECT l.id, l.on_hand, COALESCE(s.on_hand, 0) AS items_on_hand, l.held, COALESCE(s.held, 0) AS items_held"
        f" FROM inventory_stocklevel l LEFT JOIN ({_ITEM_SUMS}) s ON s.level_id = l.id"
        " WHERE l.on_hand <> COALESCE(s.on_hand, 0) OR l.held <> COALESCE(s.held, 0)",
    ),
    Check(
        "item-is-sum-of-movements",
        "A stock item equals the sum of its movements.",
        "SELECT i.id, i.on_hand, COALESCE(s.total, 0) AS movements"
        f" FROM inventory_stockitem i LEFT JOIN ({_MOVEMENT_SUMS}) s ON s.stock_item_id = i.id"
        " WHERE i.on_hand <> COALESCE(s.total, 0)",
    ),
    Check(
        "movements-chain",
        "Each movement's before is the level's previous after; the first starts from nothing.",
        "SELECT id, level_before, previous FROM (SELECT id, level_before, LAG(level_after, 1, 0) OVER"
        " (PARTITION BY level_id ORDER BY level_version) AS previous FROM inventory_movement) m"
        " WHERE level_before <> previous",
    ),
    Check(
        "last-movement-is-level",
        "The last movement's after is what the level holds, and its version is not newer than the level.",
        "SELECT l.id, l.on_hand, m.level_after, l.version, m.level_version FROM inventory_stocklevel l JOIN"
        " (SELECT level_id, level_after, level_version, ROW_NUMBER() OVER"
        " (PARTITION BY level_id ORDER BY level_version DESC) AS place FROM inventory_movement) m"
        " ON m.level_id = l.id AND m.place = 1"
        " WHERE l.on_hand <> m.level_after OR m.level_version > l.version",
    ),
    Check(
        "item-after-runs",
        "Each movement's quantity of the stock item after is the previous one plus its change.",
        "SELECT id, item_after, previous + delta AS expected FROM (SELECT id, item_after, delta,"
        " LAG(item_after, 1, 0) OVER (PARTITION BY stock_item_id ORDER BY level_version) AS previous"
        " FROM inventory_movement) m WHERE item_after <> previous + delta",
    ),
    Check(
        "clock-runs-forward",
        "Within a level, a later movement is never recorded before an earlier one.",
        "SELECT id, recorded_at, previous FROM (SELECT id, recorded_at, LAG(recorded_at) OVER"
        " (PARTITION BY level_id ORDER BY level_version) AS previous FROM inventory_movement) m"
        " WHERE recorded_at < previous",
    ),
    Check(
        "movement-belongs",
        "A movement, its stock item and its level are about one SKU, warehouse and organization.",
        "SELECT m.id FROM inventory_movement m JOIN inventory_stockitem i ON i.id = m.stock_item_id"
        " JOIN inventory_stocklevel l ON l.id = m.level_id"
        " WHERE i.level_id <> m.level_id OR m.sku_id <> l.sku_id OR i.sku_id <> l.sku_id"
        " OR m.warehouse_id <> l.warehouse_id OR i.warehouse_id <> l.warehouse_id"
        " OR m.organization_id <> l.organization_id OR i.organization_id <> l.organization_id",
    ),
    Check(
        "one-organization",
        "A stock item, its SKU, bin, lot and warehouse belong to one organization.",
        "SELECT i.id FROM inventory_stockitem i JOIN inventory_sku s ON s.id = i.sku_id"
        " JOIN warehouses_bin b ON b.id = i.bin_id JOIN warehouses_room r ON r.id = b.room_id"
        " JOIN warehouses_warehouse w ON w.id = i.warehouse_id LEFT JOIN inventory_lot t ON t.id = i.lot_id"
        " WHERE s.organization_id <> i.organization_id OR b.organization_id <> i.organization_id"
        " OR w.organization_id <> i.organization_id OR b.warehouse_id <> i.warehouse_id"
        " OR r.warehouse_id <> b.warehouse_id"
        " OR (t.id IS NOT NULL AND (t.organization_id <> i.organization_id OR t.sku_id <> i.sku_id))",
    ),
    Check(
        "summary-is-sum-of-levels",
        "A SKU's summary equals the sum of its stock levels, and is there as soon as there is a level.",
        "SELECT l.sku_id, l.on_hand, s.on_hand AS summary_on_hand, l.reserved, s.reserved AS summary_reserved,"
        " l.held, s.held AS summary_held, l.safety_stock, s.safety_stock AS summary_safety_stock,"
        " l.reorder_point, s.reorder_point AS summary_reorder_point"
        f" FROM ({_LEVEL_SUMS}) l LEFT JOIN inventory_stocksummary s ON s.sku_id = l.sku_id"
        " WHERE s.sku_id IS NULL OR s.on_hand <> l.on_hand OR s.reserved <> l.reserved OR s.held <> l.held"
        " OR s.safety_stock <> l.safety_stock OR s.reorder_point <> l.reorder_point",
    ),
    Check(
        "summary-has-levels",
        "A SKU without stock levels has nothing in its summary.",
        "SELECT s.sku_id, s.on_hand, s.reserved, s.held, s.safety_stock, s.reorder_point"
        " FROM inventory_stocksummary s LEFT JOIN inventory_stocklevel l ON l.sku_id = s.sku_id"
        " WHERE l.id IS NULL AND (s.on_hand <> 0 OR s.reserved <> 0 OR s.held <> 0"
        " OR s.safety_stock <> 0 OR s.reorder_point <> 0)",
    ),
    Check(
        "level-belongs",
        "A stock level, its summary, SKU and warehouse belong to one organization.",
        "SELECT l.id FROM inventory_stocklevel l JOIN inventory_sku k ON k.id = l.sku_id"
        " JOIN warehouses_warehouse w ON w.id = l.warehouse_id"
        " JOIN inventory_stocksummary u ON u.sku_id = l.sku_id"
        " WHERE k.organization_id <> l.organization_id OR w.organization_id <> l.organization_id"
        " OR u.organization_id <> l.organization_id",
    ),
    Check(
        "item-belongs",
        "A stock item and its level are about one SKU, warehouse and organization.",
        "SELECT i.id FROM inventory_stockitem i JOIN inventory_stocklevel l ON l.id = i.level_id"
        " WHERE i.sku_id <> l.sku_id OR i.warehouse_id <> l.warehouse_id"
        " OR i.organization_id <> l.organization_id",
    ),
    Check(
        "movement-cites-own",
        "The document and the reason of a movement are its organization's.",
        "SELECT m.id FROM inventory_movement m JOIN inventory_reasoncode r ON r.id = m.reason_code_id"
        " LEFT JOIN inventory_adjustment a ON a.id = m.document_id AND m.document_type = 'adjustment'"
        " WHERE r.organization_id <> m.organization_id OR a.organization_id <> m.organization_id",
    ),
    Check(
        "sort-code-follows",
        "The sort codes of levels and summaries are their SKU's.",
        "SELECT l.id, l.sort_code, s.code_key FROM inventory_stocklevel l JOIN inventory_sku s ON s.id = l.sku_id"
        " WHERE l.sort_code <> s.code_key"
        " UNION ALL SELECT u.sku_id, u.sort_code, s.code_key FROM inventory_stocksummary u"
        " JOIN inventory_sku s ON s.id = u.sku_id WHERE u.sort_code <> s.code_key",
    ),
    Check(
        "reserved-is-backed",
        "Reserved is the sum of active reservations, held that of active holds.",
        # Neither can be made yet, so that anything reserved or held has nothing behind it.
        "SELECT id, reserved, held FROM inventory_stocklevel WHERE reserved <> 0 OR held <> 0",
    ),
    Check(
        "adjustment-has-movements",
        "An adjustment has the movements that it counts.",
        "SELECT a.id, a.line_count, COUNT(m.id) AS movements FROM inventory_adjustment a"
        " LEFT JOIN inventory_movement m ON m.document_id = a.id AND m.document_type = 'adjustment'"
        " GROUP BY a.id, a.line_count HAVING a.line_count <> COUNT(m.id)",
    ),
    Check(
        "movement-has-document",
        "Every movement belongs to a document.",
        "SELECT m.id, m.document_id FROM inventory_movement m LEFT JOIN inventory_adjustment a"
        " ON a.id = m.document_id WHERE m.document_type = 'adjustment' AND a.id IS NULL",
    ),
    Check(
        "reversal-cancels",
        "An adjustment and its reversal sum to nothing for each stock item.",
        "SELECT a.id, m.stock_item_id, SUM(m.delta) AS rest FROM inventory_adjustment a JOIN inventory_movement m"
        " ON m.document_id IN (a.id, a.reverses_id) WHERE a.reverses_id IS NOT NULL"
        " GROUP BY a.id, m.stock_item_id HAVING SUM(m.delta) <> 0",
    ),
)


def verify(*, limit: int = 100) -> Iterator[Finding]:
    """Yield what is broken, at most `limit` findings of each check; nothing when all is well.

    Reads every ledger table of the database, whatever organization. Each check is one SQL statement; nothing is
    loaded but the breaks themselves.
    """
    for name in guards.missing(connection):
        yield Finding(
            "guards-stand", "The database refuses to change a movement.", name, {"trigger": "missing"}
        )
    for check in CHECKS:
        with connection.cursor() as cursor:
            cursor.execute(f"{check.query} LIMIT {int(limit)}")
            names = [column[0] for column in cursor.description][1:]
            for record, *values in cursor.fetchall():
                yield Finding(check.name, check.promise, _key(record), dict(zip(names, values, strict=True)))


def _key(value: Any) -> str:
    """A primary key in one form on both engines: SQLite keeps UUIDs as bare hexadecimal."""
    return str(UUID(value)) if isinstance(value, str) and len(value) == UUID_DIGITS else str(value)
