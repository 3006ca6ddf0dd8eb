"""Many changes of stock at once, as set-based SQL: as fast as it gets with these tables."""

# ruff: noqa: S608 - what is put into the statements is this file's own
from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import psycopg

from tests.bench.callers import Shelf
from warehouses.identifiers import new_id

__all__ = ["set_many"]

_MOVEMENT: Final = (
    "id, organization_id, level_id, stock_item_id, sku_id, warehouse_id, delta, level_before, level_after,"
    " item_after, level_version, reason_code_id, note, reference, actor_type, actor_name, document_type,"
    " document_id, recorded_at"
)
_WANTED: Final = "unnest(%s::uuid[], %s::bigint[], %s::uuid[]) AS v (level_id, quantity, movement_id)"
_JOINED: Final = f"{_WANTED} JOIN inventory_stocklevel l ON l.id = v.level_id"


def set_many(
    connection: psycopg.Connection[Any],
    wanted: Sequence[tuple[Shelf, int]],
    *,
    organization: UUID,
    reason: UUID,
) -> None:
    """Set absolute quantities in one transaction: document, movements, items, levels and summaries, each set-wise."""
    now, document = datetime.now(UTC), new_id()
    rows = (
        [shelf.level_id for shelf, _ in wanted],
        [quantity for _, quantity in wanted],
        [new_id() for _ in wanted],
    )
    with connection.transaction():
        execute = connection.execute
        execute(f"SELECT l.id FROM {_JOINED} ORDER BY l.sku_id, l.warehouse_id FOR NO KEY UPDATE OF l", rows)
        execute(
            "INSERT INTO inventory_adjustment (id, organization_id, source, reason_code_id, note, reference,"
            " line_count, actor_type, actor_name, created_at) VALUES (%s, %s, 'system', %s, '', '', %s,"
            " 'system', 'Yardstick', %s)",
            (document, organization, reason, len(wanted), now),
        )
        execute(
            f"INSERT INTO inventory_movement ({_MOVEMENT}) SELECT v.movement_id, l.organization_id, l.id, i.id,"
            " l.sku_id, l.warehouse_id, v.quantity - l.on_hand, l.on_hand, v.quantity,"
            " i.on_hand + v.quantity - l.on_hand, l.version + 1, %s::uuid, '', '', 'system',"
            " 'Yardstick', 'adjustment', %s::uuid, %s::timestamptz"
            f" FROM {_JOINED} JOIN inventory_stockitem i ON i.level_id = l.id",
            (reason, document, now, *rows),
        )
        execute(
            "UPDATE inventory_stockitem SET on_hand = inventory_stockitem.on_hand + v.quantity - l.on_hand,"
            f" updated_at = %s FROM {_JOINED} WHERE inventory_stockitem.level_id = l.id",
            (now, *rows),
        )
        execute(
            "UPDATE inventory_stocksummary SET on_hand = inventory_stocksummary.on_hand + s.change,"
            " version = version + 1, updated_at = %s"
            f" FROM (SELECT l.sku_id, SUM(v.quantity - l.on_hand) AS change FROM {_JOINED} GROUP BY l.sku_id) AS s"
            " WHERE inventory_stocksummary.sku_id = s.sku_id",
            (now, *rows),
        )
        execute(
            "UPDATE inventory_stocklevel SET on_hand = v.quantity, version = version + 1, updated_at = %s"
            f" FROM {_WANTED} WHERE inventory_stocklevel.id = v.level_id",
            (now, *rows),
        )
