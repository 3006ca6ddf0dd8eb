"""Folding what many statements wrote down into a total for each bucket, and into blocks for the places in a list.

Each step is one statement, so that it takes away and puts back what is visible in one snapshot; whatever is written
meanwhile stays what it is, a change. One packer at a time works on a list: an advisory lock sees to that, and nobody
who writes stock ever waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from inventory.models import TallyKind
from inventory.tallies.kinds import KINDS, Kind

__all__ = ["pack", "pack_due"]

#: Rows of a block. A page looks at half as many index entries, and adds up as many blocks as there are: with 10,000, at
#: four million rows, both take half a millisecond.
ROWS: Final = 10_000
#: Fewer changes than that may stay as they are.
ENOUGH: Final = 200
_LOCK: Final = 7_226_014
_COLUMNS: Final = "organization_id, warehouse_id, kind, form, status, is_low, mark, amount"

# Of one list; `marked` is what has a place in it. A mark before all blocks, which were emptied, begins a new one.
_FOLD: Final = f"""
    WITH gone AS (
        DELETE FROM inventory_stocktally WHERE organization_id = %(organization)s AND kind = %(kind)s
        AND (form = 'total' OR (form = 'change' AND mark IS NOT NULL))
        RETURNING form, warehouse_id, status, is_low, mark, amount
    ), marks AS (
        SELECT DISTINCT mark FROM inventory_stocktally
        WHERE organization_id = %(organization)s AND kind = %(kind)s AND form = 'block'
    ), placed AS (
        SELECT COALESCE((SELECT MAX(m.mark) FROM marks m WHERE m.mark <= g.mark), '') AS mark,
            warehouse_id, is_low, amount
        FROM gone g WHERE form = 'change' AND EXISTS (SELECT FROM marks)
    ), merged AS (
        DELETE FROM inventory_stocktally t USING (SELECT DISTINCT mark FROM placed) p
        WHERE t.organization_id = %(organization)s AND t.kind = %(kind)s AND t.form = 'block' AND t.mark = p.mark
        RETURNING t.mark, t.warehouse_id, t.is_low, t.amount
    )
    INSERT INTO inventory_stocktally ({_COLUMNS})
    SELECT %(organization)s::uuid, warehouse_id, %(kind)s, 'total', status, is_low, '', SUM(amount)
    FROM gone GROUP BY warehouse_id, status, is_low HAVING SUM(amount) <> 0
    UNION ALL
    SELECT %(organization)s::uuid, warehouse_id, %(kind)s, 'block', '', is_low, mark, SUM(amount)
    FROM (SELECT * FROM placed UNION ALL SELECT * FROM merged) b
    GROUP BY warehouse_id, is_low, mark HAVING SUM(amount) <> 0
    """


def pack_due() -> int:
    """Pack the lists in which enough has changed, of every organization; how many lists that were."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT organization_id, kind FROM inventory_stocktally WHERE form = 'change' GROUP BY 1, 2"
            " HAVING COUNT(*) >= %s OR BOOL_OR(mark IS NULL)"
            " UNION SELECT organization_id, kind FROM inventory_stocktally t WHERE form = 'total' AND kind = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM inventory_stocktally b WHERE b.organization_id = t.organization_id"
            " AND b.kind = t.kind AND b.form = 'block') GROUP BY 1, 2 HAVING SUM(amount) > %s",
            [ENOUGH, [kind.name.value for kind in KINDS.values() if kind.order], 2 * ROWS],
        )
        due = cursor.fetchall()
    return sum(pack(organization_id, TallyKind(kind)) for organization_id, kind in due)


def pack(organization_id: UUID, name: TallyKind) -> bool:
    """Fold the changes of one list; False where somebody else is at it.

    A list that is long and has no blocks gets them, and blocks that have grown too large are split, from its rows.
    """
    kind = KINDS[name]
    given: dict[str, Any] = {"organization": organization_id, "kind": name.value}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, f"{organization_id}{name}"]
        )
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SET LOCAL statement_timeout = 0")
        if not kind.order:
            # What a list without an order has no place in: all of it may be folded.
            cursor.execute(
                "UPDATE inventory_stocktally SET mark = '' WHERE organization_id = %(organization)s AND kind = %(kind)s"
                " AND form = 'change' AND mark IS NULL",
                given,
            )
        cursor.execute(_FOLD, given)
        if kind.order:
            for low, high in _to_count(cursor, kind, given):
                _count(cursor, kind, given, low, high)
    return True


def _to_count(cursor: Any, kind: Kind, given: dict[str, Any]) -> Sequence[tuple[str, str | None]]:
    """The parts of the list, from a mark to before another, whose rows have to be counted."""
    cursor.execute(
        "SELECT COALESCE(BOOL_OR(mark IS NULL), false), COALESCE(BOOL_OR(form = 'block'), false),"
        " COALESCE(SUM(amount) FILTER (WHERE form = 'total'), 0) FROM inventory_stocktally"
        " WHERE organization_id = %(organization)s AND kind = %(kind)s",
        given,
    )
    has_unplaced, has_blocks, total = cursor.fetchone()
    if has_unplaced or (not has_blocks and total > 2 * ROWS):
        return [("", None)]
    cursor.execute(
        "SELECT mark, next FROM (SELECT mark, SUM(amount) AS amount, LEAD(mark) OVER (ORDER BY mark) AS next"
        " FROM inventory_stocktally WHERE organization_id = %(organization)s AND kind = %(kind)s AND form = 'block'"
        " GROUP BY mark) b WHERE amount > %(most)s",
        {**given, "most": 2 * ROWS},
    )
    found: list[tuple[str, str | None]] = cursor.fetchall()
    return found


def _count(cursor: Any, kind: Kind, given: dict[str, Any], low: str, high: str | None) -> None:
    """Make the blocks of a part of the list anew. Rows with the same place are in one block, however many."""
    is_whole = not low and high is None
    marks = "mark >= %(low)s" + ("" if high is None else " AND mark < %(high)s")
    places = f"r.{kind.order} >= {kind.of_mark('%(low)s')}"
    if high is not None:
        places += f" AND r.{kind.order} < {kind.of_mark('%(high)s')}"
    cursor.execute(
        f"""
        WITH gone AS (
            DELETE FROM inventory_stocktally WHERE organization_id = %(organization)s AND kind = %(kind)s
            AND form IN ('block', 'change') AND ({marks}{" OR mark IS NULL" if is_whole else ""})
            RETURNING form, warehouse_id, status, is_low, amount
        ), ranked AS (
            SELECT {kind.warehouse("r")} AS warehouse_id, {kind.is_low("r")} AS is_low, r.{kind.order} AS place,
                (RANK() OVER (ORDER BY r.{kind.order}) - 1) / %(rows)s AS number
            FROM {kind.table} r WHERE r.organization_id = %(organization)s AND {places}
        ), counted AS (
            SELECT warehouse_id, is_low, number, COUNT(*) AS amount,
                MIN(MIN(place)) OVER (PARTITION BY number) AS place
            FROM ranked GROUP BY warehouse_id, is_low, number
        )
        INSERT INTO inventory_stocktally ({_COLUMNS})
        SELECT %(organization)s::uuid, warehouse_id, %(kind)s, 'total', status, is_low, '', SUM(amount)
        FROM gone WHERE form = 'change' GROUP BY warehouse_id, status, is_low HAVING SUM(amount) <> 0
        UNION ALL
        SELECT %(organization)s::uuid, warehouse_id, %(kind)s, 'block', '', is_low,
            CASE WHEN number = 0 THEN %(low)s ELSE {kind.as_mark("place")} END, amount
        FROM counted
        """,
        {**given, "low": low, "high": high, "rows": ROWS},
    )
