"""The pos contract's changes of stock: from a checked body to one call of the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from inventory.adjustments import adjust
from inventory.api.tags import condition_on
from inventory.item_resolution import WantedItem, resolve_items
from inventory.ledger import Line
from inventory.models import Source
from warehouses.access import Access
from warehouses.http.etags import Expected

__all__ = ["change_items"]


def change_items(
    *, access: Access, rows: Sequence[Mapping[str, Any]], expected: Expected = None
) -> list[UUID]:
    """Change stock items by signed quantities; their keys, in the order of `rows`.

    `expected` are the entity tags of `If-Match`, for a single row.
    """
    wanted = [WantedItem(index, row["id"], row["reason_code"]) for index, row in enumerate(rows)]
    resolved, refused = resolve_items(access=access, permission="inventory.adjust", wanted=wanted)
    lines = [
        Line(
            sku=found.item.sku,
            warehouse=found.item.warehouse,
            # The bin is named too, so that nothing more is put on a shelf that is out of use.
            bin=found.item.bin,
            stock_item_id=found.item.pk,
            quantity=rows[index]["quantity_change"],
            reason=found.reason,
            note=rows[index].get("notes", ""),
            index=index,
        )
        for index, found in resolved.items()
    ]
    adjust(
        organization=access.organization,
        actor=access.actor,
        source=Source.POS,
        lines=lines,
        note=rows[0].get("notes", "") if len(rows) == 1 else "",
        precondition=condition_on(lines, expected),
        refused=refused,
    )
    return [found.item.pk for found in resolved.values()]
