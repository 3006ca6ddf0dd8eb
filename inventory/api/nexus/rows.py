"""The adjustment row of nexus: one movement of the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from inventory.models import Adjustment, Movement
from warehouses.http.instants import instant
from warehouses.identifiers import encode
from warehouses.models import Warehouse

__all__ = ["adjustment_rows"]


def adjustment_rows(keys: list[UUID]) -> list[dict[str, Any]]:
    """The rows of movements in the order of `keys`. One query.

    Before and after are the quantities of the SKU in that warehouse. `note` is null where none was given.
    """
    found: dict[UUID, Any] = {
        row["pk"]: row
        for row in Movement.objects.order_by()
        .filter(pk__in=keys)
        .values(
            "pk",
            "sku__code",
            "warehouse_id",
            "level_before",
            "level_after",
            "delta",
            "reason_code__code",
            "note",
            "actor_name",
            "recorded_at",
        )
    }
    return [_row(found[key]) for key in keys]


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": encode(Adjustment.prefix, row["pk"]),
        "sku": row["sku__code"],
        "warehouse_id": encode(Warehouse.prefix, row["warehouse_id"]),
        "before_quantity": row["level_before"],
        "after_quantity": row["level_after"],
        "delta": row["delta"],
        "reason": row["reason_code__code"],
        "note": row["note"] or None,
        "created_by": row["actor_name"],
        "created_at": instant(row["recorded_at"]),
    }
