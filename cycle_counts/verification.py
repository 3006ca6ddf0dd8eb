"""What `verify_stock` asks of cycle counts: that lines, entries, the books and what was posted say the same."""

from __future__ import annotations

from typing import Final

from inventory.checkpoints import Book
from inventory.verification import Check

__all__ = ["APPEND_ONLY", "BOOK", "CHECKS"]

_BATCH: Final = "cycle_counts_countbatch"
_ENTRY: Final = "cycle_counts_countentry"
#: For `inventory.guards`: what somebody has said that they counted stays what they said.
APPEND_ONLY: Final = {_ENTRY: "id = NEW.id OR (batch_id = NEW.batch_id AND client_id = NEW.client_id)"}
#: For `inventory.checkpoints`.
BOOK: Final = Book(
    "cycle_counts.CountEntry",
    {
        1: (
            *("id", "batch_id", "line_id", "client_id", "quantity", "expected", "level_version"),
            *("counted_at", "recorded_at", "actor_type", "actor_id", "actor_name", "remark", "note"),
        )
    },
    organization="batch__organization_id",
)

_LINES: Final = f"cycle_counts_countline l JOIN {_BATCH} b ON b.id = l.batch_id"
_SAME_LOT: Final = "(i.lot_id = l.lot_id OR (i.lot_id IS NULL AND l.lot_id IS NULL))"
_ITEM: Final = f"inventory_stockitem i ON i.sku_id = l.sku_id AND i.bin_id = l.bin_id AND {_SAME_LOT}"
# What the item held after the level's movements up to the version that the line names.
_BOOK: Final = (
    "COALESCE((SELECT m.item_after FROM inventory_movement m WHERE m.stock_item_id = i.id"
    " AND m.level_version <= l.level_version ORDER BY m.level_version DESC LIMIT 1), 0)"
)
# What was accepted of each item, and what was posted of it, by batch.
_ACCEPTED: Final = (
    "SELECT l.batch_id, b.adjustment_id, i.id AS item_id, SUM(l.variance) AS units"
    f" FROM {_LINES} LEFT JOIN {_ITEM} WHERE b.state = 'resolved' AND l.state = 'accepted' AND l.variance <> 0"
    " GROUP BY l.batch_id, b.adjustment_id, i.id"
)
_POSTED: Final = (
    "SELECT b.id AS batch_id, b.adjustment_id, m.stock_item_id AS item_id, SUM(m.delta) AS units"
    f" FROM {_BATCH} b JOIN inventory_movement m ON m.document_id = b.adjustment_id"
    " AND m.document_type = 'adjustment' GROUP BY b.id, b.adjustment_id, m.stock_item_id"
)
# Each line that counts something again, with all that was counted before it.
_BEFORE: Final = (
    "WITH RECURSIVE earlier(line_id, before_id) AS ("
    "SELECT id, recount_of_id FROM cycle_counts_countline WHERE recount_of_id IS NOT NULL"
    " UNION SELECT e.line_id, o.recount_of_id FROM earlier e JOIN cycle_counts_countline o ON o.id = e.before_id"
    " WHERE o.recount_of_id IS NOT NULL)"
)

CHECKS: Final = (
    Check(
        "count-line-adds-up",
        "What was counted of a SKU is compared with the books, and the variance is the difference; what is not known"
        " or not counted has none.",
        "SELECT l.id, l.counted, l.expected, l.variance, l.level_version FROM cycle_counts_countline l"
        " WHERE (l.counted IS NOT NULL AND l.sku_id IS NOT NULL) <> (l.expected IS NOT NULL)"
        " OR (l.expected IS NULL) <> (l.variance IS NULL) OR (l.expected IS NULL) <> (l.level_version IS NULL)"
        " OR (l.counted IS NULL) <> (l.counted_at IS NULL) OR l.variance <> l.counted - l.expected",
    ),
    Check(
        "count-line-is-last-entry",
        "A line holds what was counted last: the quantity, when, by whom, and what the books said then.",
        f"SELECT l.id, l.counted, e.quantity, l.counted_at, e.counted_at AS entered_at"
        f" FROM cycle_counts_countline l JOIN {_ENTRY} e ON e.line_id = l.id"
        f" WHERE NOT EXISTS (SELECT 1 FROM {_ENTRY} x WHERE x.line_id = l.id AND (x.counted_at > e.counted_at"
        " OR (x.counted_at = e.counted_at AND x.id > e.id)))"
        " AND (COALESCE(e.quantity, -1) <> COALESCE(l.counted, -1) OR (e.quantity IS NOT NULL"
        " AND (l.counted_at <> e.counted_at OR l.counter_type <> e.actor_type OR l.counter_name <> e.actor_name"
        " OR (e.expected IS NOT NULL AND (l.expected <> e.expected OR l.level_version <> e.level_version)))))"
        " UNION ALL SELECT l.id, l.counted, NULL, l.counted_at, NULL FROM cycle_counts_countline l"
        f" WHERE l.counted IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {_ENTRY} x WHERE x.line_id = l.id)",
    ),
    Check(
        "count-entry-belongs",
        "An entry is of a line of its own batch.",
        f"SELECT e.id, e.batch_id, l.batch_id AS of_line FROM {_ENTRY} e"
        " JOIN cycle_counts_countline l ON l.id = e.line_id WHERE l.batch_id <> e.batch_id",
    ),
    Check(
        "count-reads-the-books",
        "What a line expects is what the ledger says of its stock item, by the version that it names.",
        f"SELECT l.id, l.expected, {_BOOK} AS booked, l.level_version FROM {_LINES} LEFT JOIN {_ITEM}"
        " LEFT JOIN inventory_stocklevel v ON v.sku_id = l.sku_id AND v.warehouse_id = b.warehouse_id"
        " LEFT JOIN inventory_sku k ON k.id = l.sku_id"
        " WHERE l.expected IS NOT NULL AND (l.level_version > COALESCE(v.version, 0) OR l.expected <>"
        # Of a lot that nobody had made there is nothing, whatever there is of no lot.
        f" CASE WHEN l.lot_id IS NULL AND l.lot_code <> '' AND k.is_lot_controlled THEN l.expected ELSE {_BOOK} END)",
    ),
    Check(
        "count-is-posted",
        "A resolved count has posted the variances that were accepted, each on its stock item: no more and no less.",
        "SELECT a.batch_id, a.item_id, a.units, COALESCE(p.units, 0) AS posted"
        f" FROM ({_ACCEPTED}) a LEFT JOIN ({_POSTED}) p ON p.batch_id = a.batch_id AND p.item_id = a.item_id"
        " WHERE a.units <> COALESCE(p.units, 0)"
        " UNION ALL SELECT p.batch_id, p.item_id, 0, p.units"
        f" FROM ({_POSTED}) p LEFT JOIN ({_ACCEPTED}) a ON a.batch_id = p.batch_id AND a.item_id = p.item_id"
        " WHERE a.batch_id IS NULL",
    ),
    Check(
        "count-posts-once",
        "What is posted for counts is the adjustment of one resolved count.",
        "SELECT a.id, a.kind, b.id AS batch_id FROM inventory_adjustment a"
        f" LEFT JOIN {_BATCH} b ON b.adjustment_id = a.id WHERE (a.kind = 'count') <> (b.id IS NOT NULL)"
        " OR b.organization_id <> a.organization_id OR b.state <> 'resolved'",
    ),
    Check(
        "count-line-has-its-state",
        "A line is decided on once its batch is submitted, and every counted line is when the batch is resolved.",
        f"SELECT l.id, l.state, b.state AS batch_state FROM {_LINES}"
        " WHERE (b.state = 'draft' AND (l.state <> 'pending' OR l.counted IS NOT NULL))"
        " OR (b.state = 'counting' AND (l.state IN ('accepted', 'recount')"
        " OR (l.state = 'ignored' AND (NOT l.is_found OR l.counted IS NOT NULL))))"
        " OR (b.state = 'resolved' AND l.state = 'counted')"
        " OR (l.state = 'accepted' AND l.sku_id IS NULL) OR (l.is_within AND l.state <> 'accepted')"
        " OR (l.state IN ('counted', 'accepted') AND l.counted IS NULL)"
        " OR (l.state = 'pending' AND l.counted IS NOT NULL)",
    ),
    Check(
        "count-has-its-times",
        "A count was started, submitted and closed when its state says so, and not before.",
        f"SELECT id, state, started_at, submitted_at, closed_at FROM {_BATCH}"
        " WHERE (state = 'draft' AND started_at IS NOT NULL)"
        " OR (state IN ('counting', 'review', 'resolved') AND started_at IS NULL)"
        " OR (state IN ('draft', 'counting') AND submitted_at IS NOT NULL)"
        " OR (state IN ('review', 'resolved') AND submitted_at IS NULL)"
        " OR (state IN ('resolved', 'cancelled')) <> (closed_at IS NOT NULL)"
        " OR submitted_at < started_at OR closed_at < submitted_at",
    ),
    Check(
        "count-number-is-given",
        "No count has a number that was not given yet.",
        f"SELECT b.id, b.number, n.last FROM {_BATCH} b"
        " LEFT JOIN cycle_counts_countnumber n ON n.organization_id = b.organization_id"
        " WHERE n.last IS NULL OR b.number > n.last",
    ),
    Check(
        "recount-is-by-another",
        "What is counted again is counted by somebody who has not counted it before.",
        f"{_BEFORE} SELECT l.id, o.id AS before_id, l.counter_name FROM earlier e"
        " JOIN cycle_counts_countline l ON l.id = e.line_id JOIN cycle_counts_countline o ON o.id = e.before_id"
        " WHERE l.counted IS NOT NULL AND o.counted IS NOT NULL AND (l.counted_by_id = o.counted_by_id"
        " OR (l.counter_type = o.counter_type AND (l.counter_id = o.counter_id"
        " OR (l.counter_id IS NULL AND o.counter_id IS NULL))))",
    ),
    Check(
        "recount-follows",
        "What a recount counts is what the line before it was about, of a batch that has ordered it.",
        f"SELECT l.id, o.id AS before_id, p.state FROM {_LINES} JOIN cycle_counts_countline o ON o.id = l.recount_of_id"
        f" JOIN {_BATCH} p ON p.id = o.batch_id WHERE p.state <> 'resolved' OR o.state <> 'recount'"
        " OR b.recount_of_id IS NULL OR b.recount_of_id <> p.id OR l.bin_id <> o.bin_id"
        " OR (o.sku_id IS NOT NULL AND l.sku_id <> o.sku_id)",
    ),
    Check(
        "count-belongs",
        "A count, its places, lines and what these name are of one warehouse and organization.",
        f"SELECT b.id FROM {_BATCH} b JOIN warehouses_warehouse w ON w.id = b.warehouse_id"
        f" LEFT JOIN {_BATCH} r ON r.id = b.recount_of_id WHERE w.organization_id <> b.organization_id"
        " OR r.organization_id <> b.organization_id OR r.warehouse_id <> b.warehouse_id"
        f" UNION ALL SELECT l.id FROM {_LINES} JOIN warehouses_bin s ON s.id = l.bin_id"
        " LEFT JOIN inventory_sku k ON k.id = l.sku_id LEFT JOIN inventory_lot t ON t.id = l.lot_id"
        " WHERE s.warehouse_id <> b.warehouse_id OR k.organization_id <> b.organization_id"
        " OR t.organization_id <> b.organization_id"
        " OR (t.id IS NOT NULL AND (l.sku_id IS NULL OR t.sku_id <> l.sku_id))"
        f" UNION ALL SELECT c.batch_id FROM cycle_counts_countbin c JOIN {_BATCH} b ON b.id = c.batch_id"
        " JOIN warehouses_bin s ON s.id = c.bin_id WHERE s.warehouse_id <> b.warehouse_id",
    ),
)
