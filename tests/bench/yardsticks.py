"""The same changes of stock as the product's, written by hand in SQL: as fast as it gets with these tables."""

# ruff: noqa: S608 - what is put into the statements is this file's own
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tests.bench.caller import Shelf
from tests.bench.databases import Plain
from warehouses.identifiers import new_id

__all__ = ["Yardstick"]

_MOVEMENT = (
    "id, organization_id, level_id, stock_item_id, sku_id, warehouse_id, delta, level_before, level_after,"
    " item_after, level_version, reason_code_id, note, reference, actor_type, actor_name, document_type,"
    " document_id, recorded_at"
)


@dataclass(frozen=True)
class Yardstick:
    plain: Plain
    organization: UUID
    reason: UUID

    def take(self, shelf: Shelf, amount: int = 1) -> bool:
        """One transaction of four statements; False, and nothing changed, when there is too little."""
        now, execute = _now(), self.plain.execute
        with self.plain.transaction():
            level, before, version = execute(
                "SELECT id, on_hand, version FROM inventory_stocklevel WHERE sku_id = %s AND warehouse_id = %s"
                + self.plain.lock("NO KEY UPDATE"),
                (shelf.sku_id.hex, shelf.warehouse_id.hex),
            ).fetchone()
            if before < amount:
                return False
            execute(
                "UPDATE inventory_stocklevel SET on_hand = %s, version = %s, updated_at = %s WHERE id = %s",
                (before - amount, version + 1, now, level),
            )
            item, after = execute(
                "UPDATE inventory_stockitem SET on_hand = on_hand - %s, updated_at = %s WHERE level_id = %s"
                " RETURNING id, on_hand",
                (amount, now, level),
            ).fetchone()
            execute(
                f"INSERT INTO inventory_movement ({_MOVEMENT}) VALUES ({', '.join(['%s'] * 19)})",
                (
                    *(
                        new_id().hex,
                        self.organization.hex,
                        level,
                        item,
                        shelf.sku_id.hex,
                        shelf.warehouse_id.hex,
                    ),
                    *(-amount, before, before - amount, after, version + 1, self.reason.hex, "", ""),
                    *("system", "Yardstick", "adjustment", new_id().hex, now),
                ),
            )
        return True

    def set_many(self, wanted: Sequence[tuple[Shelf, int]]) -> None:
        """Set absolute quantities: document, movements, items, levels and summaries, each set-wise."""
        now, execute, document = _now(), self.plain.execute, new_id().hex
        source, rows = self._table(
            [(shelf.sku_id.hex, shelf.warehouse_id.hex, quantity, new_id().hex) for shelf, quantity in wanted]
        )
        joined = (
            f"{source} JOIN inventory_stocklevel l ON l.sku_id = v.sku_id AND l.warehouse_id = v.warehouse_id"
        )
        with self.plain.transaction():
            execute(
                f"SELECT l.id FROM {joined} ORDER BY l.sku_id, l.warehouse_id"
                + self.plain.lock("NO KEY UPDATE OF l"),
                rows,
            ).fetchall()
            execute(
                "INSERT INTO inventory_adjustment (id, organization_id, source, reason_code_id, note, reference,"
                " line_count, actor_type, actor_name, created_at) VALUES (%s, %s, 'system', %s, '', '', %s,"
                " 'system', 'Yardstick', %s)",
                (document, self.organization.hex, self.reason.hex, len(wanted), now),
            )
            execute(
                f"INSERT INTO inventory_movement ({_MOVEMENT}) SELECT v.movement_id, l.organization_id, l.id, i.id,"
                " l.sku_id, l.warehouse_id, v.quantity - l.on_hand, l.on_hand, v.quantity,"
                f" i.on_hand + v.quantity - l.on_hand, l.version + 1, {self._typed('uuid')}, '', '', 'system',"
                f" 'Yardstick', 'adjustment', {self._typed('uuid')}, {self._typed('timestamptz')}"
                f" FROM {joined} JOIN inventory_stockitem i ON i.level_id = l.id",
                (self.reason.hex, document, now, *rows),
            )
            execute(
                "UPDATE inventory_stockitem SET on_hand = inventory_stockitem.on_hand + v.quantity - l.on_hand,"
                f" updated_at = %s FROM {joined} WHERE inventory_stockitem.level_id = l.id",
                (now, *rows),
            )
            execute(
                "UPDATE inventory_stocksummary SET on_hand = inventory_stocksummary.on_hand + s.change,"
                " version = version + 1, updated_at = %s"
                f" FROM (SELECT l.sku_id, SUM(v.quantity - l.on_hand) AS change FROM {joined} GROUP BY l.sku_id) AS s"
                " WHERE inventory_stocksummary.sku_id = s.sku_id",
                (now, *rows),
            )
            execute(
                "UPDATE inventory_stocklevel SET on_hand = v.quantity, version = version + 1, updated_at = %s"
                f" FROM {source} WHERE inventory_stocklevel.sku_id = v.sku_id"
                " AND inventory_stocklevel.warehouse_id = v.warehouse_id",
                (now, *rows),
            )

    def fill(self, shelf: Shelf, quantity: int) -> None:
        """Put `quantity` on a shelf, without a trace: what `take` is measured on next."""
        for table, column in (("inventory_stocklevel", "id"), ("inventory_stockitem", "level_id")):
            self.plain.execute(
                f"UPDATE {table} SET on_hand = %s WHERE {column} = %s", (quantity, shelf.level_id.hex)
            )

    def _table(self, rows: Sequence[tuple[Any, ...]]) -> tuple[str, list[Any]]:
        names = ("sku_id", "warehouse_id", "quantity", "movement_id")
        if self.plain.is_postgresql:
            casts = "%s::uuid[], %s::uuid[], %s::bigint[], %s::uuid[]"
            return f"unnest({casts}) AS v({', '.join(names)})", [
                list(column) for column in zip(*rows, strict=True)
            ]
        picked = ", ".join(f"json_extract(value, '$[{place}]') AS {name}" for place, name in enumerate(names))
        return f"(SELECT {picked} FROM json_each(%s)) AS v", [json.dumps(rows)]

    def _typed(self, kind: str) -> str:
        return f"%s::{kind}" if self.plain.is_postgresql else "%s"


def _now() -> str:
    return datetime.now(UTC).isoformat(sep=" ")
