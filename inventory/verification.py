"""Whether the stock is right: every invariant of the ledger, checked over a whole database.

The database holds most of them with constraints and the ledger the rest; this is the independent check, in SQL that
shares nothing with the code that writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from inventory import guards, tallies

__all__ = ["CHECKS", "Check", "Finding", "checks", "documents", "verify"]

UUID_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Check:
    """`query` selects a row for every break; its first column names the record, the others say what is wrong.

    One that depends on which kinds of documents there are is made when it is run.
    """

    name: str
    promise: str
    query: str | Callable[[], str]


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
_PROMISED = (
    "SELECT level_id, SUM(open) AS units FROM inventory_reservation WHERE state = 'active' GROUP BY level_id"
)
_PARTS = "SELECT hold_id, SUM(quantity) AS units FROM inventory_holdpart GROUP BY hold_id"
_HELD = (
    "SELECT p.stock_item_id, SUM(p.quantity) AS units FROM inventory_holdpart p"
    " JOIN inventory_hold h ON h.id = p.hold_id AND h.state = 'active' GROUP BY p.stock_item_id"
)
# What the movements of each kind of document take and bring, by document and SKU.
_MOVED = (
    "SELECT document_id, sku_id, document_type, SUM(CASE WHEN delta < 0 THEN -delta ELSE 0 END) AS taken,"
    " SUM(CASE WHEN delta > 0 THEN delta ELSE 0 END) AS brought FROM inventory_movement"
    " WHERE document_type IN ('transfer', 'put_away', 'destruction') GROUP BY document_id, sku_id, document_type"
)
_CARRIED = (
    "SELECT transfer_id, sku_id, SUM(shipped) AS shipped, SUM(received) AS received"
    " FROM inventory_transferline GROUP BY transfer_id, sku_id"
)
_PICKED = "SELECT line_id, SUM(quantity) AS taken, SUM(settled) AS settled FROM inventory_transferpick GROUP BY line_id"
# What a task was to bring to the shelves, and what its history says was brought.
_PUT_AWAY = (
    "SELECT l.put_away_id, l.sku_id, SUM(l.quantity) AS planned, SUM(COALESCE(c.quantity, 0)) AS units"
    " FROM inventory_putawayline l LEFT JOIN (SELECT subject_id, SUM(quantity) AS quantity"
    " FROM inventory_statechange WHERE subject_type = 'ptl' AND action = 'complete' GROUP BY subject_id) c"
    " ON c.subject_id = l.id GROUP BY l.put_away_id, l.sku_id"
)
_DESTROYED = (
    "SELECT destruction_id, sku_id, SUM(quantity) AS units FROM inventory_destructionline"
    " GROUP BY destruction_id, sku_id"
)
_REPLENISHED = (
    "SELECT subject_id, SUM(quantity) AS units FROM inventory_statechange"
    " WHERE subject_type = 'rpl' AND action = 'receive' GROUP BY subject_id"
)
#: The tables of the documents that movements and reservations name, by kind. An app above adds its own in
#: `AppConfig.ready`; each has a column for its organization.
documents: dict[str, str] = {
    "adjustment": "inventory_adjustment",
    "reservation": "inventory_reservation",
    "transfer": "inventory_transfer",
    "put_away": "inventory_putaway",
    "destruction": "inventory_destruction",
}


def _with_documents(rows: str) -> str:
    """Joins of what `rows` name by `document_type` and `document_id` with all tables of documents."""
    return "".join(
        f" LEFT JOIN {table} d{place} ON d{place}.id = {rows}.document_id AND {rows}.document_type = '{kind}'"
        for place, (kind, table) in enumerate(documents.items())
    )


def _of_document(column: str) -> str:
    """A column of the document, whichever kind it is of; NULL when there is none."""
    return f"COALESCE({', '.join(f'd{place}.{column}' for place in range(len(documents)))})"


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
        lambda: (
            "SELECT m.id FROM inventory_movement m JOIN inventory_reasoncode r ON r.id = m.reason_code_id"
            f"{_with_documents('m')} WHERE r.organization_id <> m.organization_id"
            f" OR {_of_document('organization_id')} <> m.organization_id"
        ),
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
        "What is reserved of a stock level is the sum of its active reservations.",
        "SELECT l.id, l.reserved, COALESCE(s.units, 0) AS reservations FROM inventory_stocklevel l"
        f" LEFT JOIN ({_PROMISED}) s ON s.level_id = l.id WHERE l.reserved <> COALESCE(s.units, 0)",
    ),
    Check(
        "held-is-backed",
        "What is held of a stock item is the sum of the parts of active holds.",
        "SELECT i.id, i.held, COALESCE(s.units, 0) AS holds FROM inventory_stockitem i"
        f" LEFT JOIN ({_HELD}) s ON s.stock_item_id = i.id WHERE i.held <> COALESCE(s.units, 0)",
    ),
    Check(
        "hold-is-sum-of-parts",
        "What is open of a hold is the sum of its parts.",
        "SELECT h.id, h.state, h.open, COALESCE(s.units, 0) AS parts FROM inventory_hold h"
        f" LEFT JOIN ({_PARTS}) s ON s.hold_id = h.id WHERE h.open <> COALESCE(s.units, 0)",
    ),
    Check(
        "promise-belongs",
        "A reservation and its level, a hold and its stock items are about one SKU, warehouse and organization.",
        "SELECT r.id FROM inventory_reservation r JOIN inventory_stocklevel l ON l.id = r.level_id"
        " LEFT JOIN inventory_channel c ON c.id = r.channel_id"
        " WHERE r.sku_id <> l.sku_id OR r.warehouse_id <> l.warehouse_id OR r.organization_id <> l.organization_id"
        " OR c.organization_id <> r.organization_id"
        " UNION ALL SELECT h.id FROM inventory_hold h JOIN inventory_holdpart p ON p.hold_id = h.id"
        " JOIN inventory_stockitem i ON i.id = p.stock_item_id"
        " WHERE h.sku_id <> i.sku_id OR h.warehouse_id <> i.warehouse_id OR h.organization_id <> i.organization_id"
        " OR h.bin_id <> i.bin_id OR h.lot_id <> i.lot_id OR (h.lot_id IS NOT NULL AND i.lot_id IS NULL)"
        " OR h.stock_item_id <> i.id",
    ),
    Check(
        "reservation-keeps-count",
        "What left with a reservation is what is fulfilled of it, unless it left with the document that has made it;"
        " fulfilled and open are never more than was promised.",
        "SELECT r.id, r.quantity, r.open, r.fulfilled, COALESCE(m.units, 0) AS movements FROM inventory_reservation r"
        " LEFT JOIN (SELECT document_id, -SUM(delta) AS units FROM inventory_movement"
        " WHERE document_type = 'reservation' GROUP BY document_id) m ON m.document_id = r.id"
        " WHERE COALESCE(m.units, 0) <> CASE WHEN r.document_id IS NULL THEN r.fulfilled ELSE 0 END"
        " OR r.open + r.fulfilled > r.quantity",
    ),
    Check(
        "transfer-conserves",
        "What was shipped by a transfer has left, what was received by it has come: neither more nor less.",
        "SELECT t.id, s.sku_id, s.shipped, COALESCE(m.taken, 0) AS taken, s.received,"
        " COALESCE(m.brought, 0) AS brought FROM inventory_transfer t"
        f" JOIN ({_CARRIED}) s ON s.transfer_id = t.id"
        f" LEFT JOIN ({_MOVED}) m ON m.document_id = t.id AND m.sku_id = s.sku_id AND m.document_type = 'transfer'"
        " WHERE s.shipped <> COALESCE(m.taken, 0) OR s.received <> COALESCE(m.brought, 0)",
    ),
    Check(
        "transfer-line-adds-up",
        "What a transfer shipped is received, written off with a reason, or in transit; in transit only while it is.",
        "SELECT l.id, t.state, l.shipped, l.received, l.surplus, l.written_off FROM inventory_transferline l"
        " JOIN inventory_transfer t ON t.id = l.transfer_id"
        " WHERE l.shipped < l.received - l.surplus + l.written_off OR l.surplus > l.received"
        " OR (t.state IN ('draft', 'cancelled') AND l.shipped + l.received + l.written_off <> 0)"
        " OR (t.state = 'received' AND l.shipped <> l.received - l.surplus + l.written_off)"
        " OR (l.written_off > 0 AND l.shortage_reason = '')",
    ),
    Check(
        "transfer-is-under-way",
        "Something of a transfer that is in transit is in transit.",
        "SELECT t.id, SUM(l.shipped - l.received + l.surplus - l.written_off) AS units FROM inventory_transfer t"
        " JOIN inventory_transferline l ON l.transfer_id = t.id WHERE t.state = 'in_transit' GROUP BY t.id"
        " HAVING SUM(l.shipped - l.received + l.surplus - l.written_off) = 0",
    ),
    Check(
        "transfer-picks-add-up",
        "What was taken for a line of a transfer is what it shipped; what is settled of it has come or is written off.",
        "SELECT l.id, l.shipped, COALESCE(s.taken, 0) AS taken, COALESCE(s.settled, 0) AS settled"
        f" FROM inventory_transferline l LEFT JOIN ({_PICKED}) s ON s.line_id = l.id"
        " WHERE l.shipped <> COALESCE(s.taken, 0)"
        " OR l.received - l.surplus + l.written_off <> COALESCE(s.settled, 0)",
    ),
    Check(
        "transfer-ends",
        "A transfer takes from where it starts and brings to where it ends.",
        "SELECT m.id FROM inventory_movement m JOIN inventory_transfer t ON t.id = m.document_id"
        " WHERE m.document_type = 'transfer' AND ((m.delta < 0 AND m.warehouse_id <> t.from_warehouse_id)"
        " OR (m.delta > 0 AND m.warehouse_id <> t.to_warehouse_id))",
    ),
    Check(
        "put-away-moves",
        "A put-away that is completed has moved what its history says, at most what was planned; another one nothing.",
        "SELECT p.id, s.sku_id, p.state, s.planned, s.units, COALESCE(m.taken, 0) AS taken,"
        f" COALESCE(m.brought, 0) AS brought FROM inventory_putaway p JOIN ({_PUT_AWAY}) s ON s.put_away_id = p.id"
        f" LEFT JOIN ({_MOVED}) m ON m.document_id = p.id AND m.sku_id = s.sku_id AND m.document_type = 'put_away'"
        " WHERE s.units <> COALESCE(m.taken, 0) OR s.units <> COALESCE(m.brought, 0) OR s.units > s.planned"
        " OR (p.state <> 'completed' AND s.units <> 0)",
    ),
    Check(
        "destruction-moves",
        "What a record of destruction names was brought to its room.",
        "SELECT s.destruction_id, s.sku_id, s.units, COALESCE(m.taken, 0) AS taken,"
        f" COALESCE(m.brought, 0) AS brought FROM ({_DESTROYED}) s LEFT JOIN ({_MOVED}) m"
        " ON m.document_id = s.destruction_id AND m.sku_id = s.sku_id AND m.document_type = 'destruction'"
        " WHERE s.units <> COALESCE(m.taken, 0) OR s.units <> COALESCE(m.brought, 0)",
    ),
    Check(
        "moves-cancel",
        "What is moved within a warehouse, or corrected to another lot, neither appears nor vanishes.",
        "SELECT document_id, level_id, SUM(delta) AS rest FROM inventory_movement m"
        " LEFT JOIN inventory_adjustment a ON a.id = m.document_id AND a.kind = 'lot_correction'"
        " WHERE document_type IN ('put_away', 'destruction') OR a.id IS NOT NULL"
        " GROUP BY document_id, level_id HAVING SUM(delta) <> 0",
    ),
    Check(
        "replenishment-keeps-count",
        "What has come of an order is what its history says was received, each time once.",
        "SELECT p.id, p.received, COALESCE(c.units, 0) AS history FROM inventory_replenishment p"
        f" LEFT JOIN ({_REPLENISHED}) c ON c.subject_id = p.id WHERE p.received <> COALESCE(c.units, 0)",
    ),
    Check(
        "replenishment-closes",
        "An order is open until it is closed; one at a supplier is received once all of it has come, and not before.",
        "SELECT id, state, quantity, received, closed_at FROM inventory_replenishment"
        " WHERE (state = 'open') <> (closed_at IS NULL) OR (source_type = 'supplier'"
        " AND ((state = 'open' AND received >= quantity) OR (state = 'received' AND received < quantity)))",
    ),
    Check(
        "replenishment-follows-transfer",
        "An order from another location is as far as the line of the transfer that brings it.",
        "SELECT p.id, p.state, t.state AS transfer_state, p.quantity, l.quantity AS line_quantity, p.received,"
        " l.received AS line_received FROM inventory_replenishment p"
        " JOIN inventory_transferline l ON l.id = p.transfer_line_id"
        " JOIN inventory_transfer t ON t.id = l.transfer_id"
        " WHERE p.quantity <> l.quantity OR p.received <> l.received"
        " OR (p.state = 'cancelled') <> (t.state = 'cancelled')"
        " OR (p.state = 'open' AND (t.state = 'received' OR (t.state = 'in_transit' AND l.shipped > 0"
        " AND l.shipped = l.received - l.surplus + l.written_off)))"
        " OR (p.state = 'received' AND (t.state = 'draft'"
        " OR l.shipped <> l.received - l.surplus + l.written_off))",
    ),
    Check(
        "replenishment-belongs",
        "An order and its transfer, a rule and its stock level are about one SKU, warehouse and organization.",
        "SELECT p.id FROM inventory_replenishment p JOIN inventory_sku s ON s.id = p.sku_id"
        " JOIN warehouses_warehouse w ON w.id = p.warehouse_id"
        " LEFT JOIN inventory_transferline l ON l.id = p.transfer_line_id"
        " LEFT JOIN inventory_transfer t ON t.id = l.transfer_id"
        " WHERE s.organization_id <> p.organization_id OR w.organization_id <> p.organization_id"
        " OR t.organization_id <> p.organization_id OR l.sku_id <> p.sku_id OR t.to_warehouse_id <> p.warehouse_id"
        " UNION ALL SELECT r.id FROM inventory_replenishmentrule r"
        " LEFT JOIN inventory_stocklevel v ON v.sku_id = r.sku_id AND v.warehouse_id = r.warehouse_id"
        " LEFT JOIN warehouses_warehouse f ON f.id = r.from_warehouse_id"
        " WHERE v.id IS NULL OR v.organization_id <> r.organization_id OR f.organization_id <> r.organization_id",
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
        lambda: (
            f"SELECT m.id, m.document_id, m.document_type FROM inventory_movement m{_with_documents('m')}"
            f" WHERE {_of_document('id')} IS NULL"
        ),
    ),
    Check(
        "reservation-has-document",
        "A reservation that a document has made has that document, of its own organization.",
        lambda: (
            "SELECT v.id, v.document_type, v.document_id FROM inventory_reservation v"
            f"{_with_documents('v')} WHERE v.document_id IS NOT NULL AND ({_of_document('id')} IS NULL"
            f" OR {_of_document('organization_id')} <> v.organization_id)"
        ),
    ),
    Check(
        "reversal-cancels",
        "An adjustment and its reversal sum to nothing for each stock item.",
        "SELECT a.id, m.stock_item_id, SUM(m.delta) AS rest FROM inventory_adjustment a JOIN inventory_movement m"
        " ON m.document_id IN (a.id, a.reverses_id) WHERE a.reverses_id IS NOT NULL"
        " GROUP BY a.id, m.stock_item_id HAVING SUM(m.delta) <> 0",
    ),
    *(Check(*entry) for entry in tallies.CHECKS),
)


#: The checks of the apps above, which they add in `AppConfig.ready`.
checks: list[Check] = []


def verify(*, limit: int = 100) -> Iterator[Finding]:
    """Yield what is broken, at most `limit` findings of each check; nothing when all is well.

    Reads every ledger table of the database, whatever organization. Each check is one SQL statement; nothing is
    loaded but the breaks themselves.
    """
    for name in guards.missing(connection):
        yield Finding(
            "guards-stand", "The database refuses to change a movement.", name, {"trigger": "missing"}
        )
    for name in tallies.missing(connection):
        yield Finding(
            "guards-stand", "The database keeps count of what lists show.", name, {"trigger": "missing"}
        )
    for check in (*CHECKS, *checks):
        query = check.query if isinstance(check.query, str) else check.query()
        with connection.cursor() as cursor:
            cursor.execute(f"{query} LIMIT {int(limit)}")
            names = [column[0] for column in cursor.description][1:]
            for record, *values in cursor.fetchall():
                yield Finding(check.name, check.promise, _key(record), dict(zip(names, values, strict=True)))


def _key(value: Any) -> str:
    """A primary key in one form on both engines: SQLite keeps UUIDs as bare hexadecimal."""
    return str(UUID(value)) if isinstance(value, str) and len(value) == UUID_DIGITS else str(value)
