"""What `verify_stock` asks of the tallies: that they are what would be counted, all in all and up to every block."""

from __future__ import annotations

from typing import Final

from django.db import connection

from inventory.tallies.kinds import KINDS, Kind

__all__ = ["CHECKS"]

_NOTHING: Final = "SELECT 0 WHERE 1 = 0"


def _totals(kind: Kind) -> str:
    buckets = "organization_id, warehouse_id, status, is_low"
    return (
        f"SELECT {buckets}, SUM(counted) AS counted, SUM(tallied) AS tallied FROM ("
        f" SELECT r.organization_id, {kind.warehouse('r')} AS warehouse_id, {kind.status('r')} AS status,"
        f" {kind.is_low('r')} AS is_low, COUNT(*) AS counted, 0 AS tallied FROM {kind.table} r GROUP BY 1, 2, 3, 4"
        f" UNION ALL SELECT {buckets}, 0, SUM(amount) FROM inventory_stocktally"
        f" WHERE kind = '{kind.name}' AND form IN ('total', 'change') GROUP BY {buckets}) b"
        f" GROUP BY {buckets} HAVING SUM(counted) <> SUM(tallied)"
    )


def _blocks(kind: Kind) -> str:
    """From each block's mark to the next one's there are as many rows as the block, and the changes there, say.

    A list has no blocks while it is short, and none that are right while something has come that has no place yet.
    """
    until = f"r.{kind.order} < {kind.before_mark('e.next')}"
    return (
        "WITH lists AS (SELECT organization_id FROM inventory_stocktally"
        f" WHERE kind = '{kind.name}' AND form IN ('block', 'change')"
        " GROUP BY organization_id HAVING BOOL_OR(form = 'block') AND NOT BOOL_OR(mark IS NULL)),"
        " marks AS (SELECT organization_id, '' COLLATE \"C\" AS mark FROM lists"
        " UNION SELECT organization_id, mark FROM inventory_stocktally JOIN lists USING (organization_id)"
        f" WHERE kind = '{kind.name}' AND form = 'block'),"
        " edges AS (SELECT organization_id, mark,"
        " LEAD(mark) OVER (PARTITION BY organization_id ORDER BY mark) AS next FROM marks)"
        f" SELECT organization_id, '{kind.name}' AS kind, warehouse_id, is_low, mark,"
        " SUM(counted) AS counted, SUM(tallied) AS tallied FROM ("
        " SELECT e.organization_id, e.mark, t.warehouse_id, t.is_low, 0 AS counted, t.amount AS tallied"
        " FROM edges e JOIN inventory_stocktally t ON t.organization_id = e.organization_id"
        f" AND t.kind = '{kind.name}' AND t.form IN ('block', 'change')"
        " AND t.mark >= e.mark AND (e.next IS NULL OR t.mark < e.next)"
        " UNION ALL SELECT e.organization_id, e.mark, c.warehouse_id, c.is_low, c.rows, 0 FROM edges e"
        f" CROSS JOIN LATERAL (SELECT {kind.warehouse('r')} AS warehouse_id, {kind.is_low('r')} AS is_low,"
        f" COUNT(*) AS rows FROM {kind.table} r WHERE r.organization_id = e.organization_id"
        f" AND r.{kind.order} >= {kind.of_mark('e.mark')} AND {until} GROUP BY 1, 2) c) b"
        " GROUP BY organization_id, warehouse_id, is_low, mark HAVING SUM(counted) <> SUM(tallied)"
    )


def _of(kinds: list[Kind], query: object) -> str:
    if connection.vendor != "postgresql":
        return _NOTHING
    return " UNION ALL ".join(f"SELECT * FROM ({query(kind)}) {kind.name}" for kind in kinds)  # type: ignore[operator]


def totals() -> str:
    return _of(list(KINDS.values()), _totals)


def blocks() -> str:
    return _of([kind for kind in KINDS.values() if kind.order], _blocks)


def lows() -> str:
    return (
        "SELECT i.id, i.is_low, l.is_low AS level_is_low FROM inventory_stockitem i"
        " JOIN inventory_stocklevel l ON l.id = i.level_id WHERE i.is_low <> l.is_low"
    )


#: Name, promise and query of each.
CHECKS: Final = (
    ("tally-is-count", "The number of rows that a list says it has is what there are.", totals),
    ("tally-places-right", "Up to where a page begins there are as many rows as are skipped.", blocks),
    ("item-low-as-level", "A stock item is low exactly while its stock level is.", lows),
)
