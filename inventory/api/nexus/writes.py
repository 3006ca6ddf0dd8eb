"""Nexus's writes: from a checked body to one call of the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from inventory.adjustments import adjust
from inventory.api.tags import condition_on
from inventory.ledger import Line, Mode
from inventory.models import Source
from inventory.resolution import Wanted, resolve
from warehouses.access import Access
from warehouses.http.etags import Expected

__all__ = ["set_levels"]


def set_levels(*, access: Access, rows: Sequence[Mapping[str, Any]], expected: Expected = None) -> list[UUID]:
    """Set absolute quantities of SKUs in warehouses; the keys of the SKUs, in the order of `rows`.

    `expected` are the entity tags of `If-Match`, for a single row.
    """
    wanted = [Wanted(index, row["sku"], row["warehouse_id"], row["reason"]) for index, row in enumerate(rows)]
    resolved, refused = resolve(access=access, permission="inventory.write", wanted=wanted)
    lines = [
        Line(
            sku=found.sku,
            warehouse=found.warehouse,
            quantity=rows[index]["quantity"],
            mode=Mode.TO,
            reason=found.reason,
            note=rows[index].get("note", ""),
            index=index,
        )
        for index, found in resolved.items()
    ]
    adjust(
        organization=access.organization,
        actor=access.actor,
        source=Source.NEXUS,
        lines=lines,
        note=rows[0].get("note", "") if len(rows) == 1 else "",
        precondition=condition_on(lines, expected),
        refused=refused,
    )
    return [line.sku.pk for line in lines]
